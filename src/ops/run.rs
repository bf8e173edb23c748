//! `plugin run`: one command, from the source and in the way that the user names.

use super::dispatch::claimed;
use super::landscape::Landscape;
use super::{World, begin};
use crate::error::{Failure, exit};
use crate::model::{CommandWord, Source, Way};
use crate::resolve::{Candidate, Target, candidates, choose};
use std::convert::Infallible;
use std::ffi::OsString;

/// What to run.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its name.
    pub name: CommandWord,
    /// Only from this source.
    pub source: Option<Source>,
    /// Only in this way.
    pub way: Option<Way>,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

/// Runs it. Comes back only when that fails. Reserved words have no meaning here: whoever names a source
/// means a plugin.
pub fn run(world: &World, request: &Request) -> Result<Infallible, Failure> {
    let words = std::slice::from_ref(&request.name);
    let landscape = Landscape::new(world);
    let wanted = |candidate: &Candidate| match &candidate.target {
        Target::Command(command) => {
            request.source.is_none_or(|source| command.origins().any(|origin| origin.source == source))
                && request.way.is_none_or(|way| command.way() == Some(way))
        }
        Target::Claimed { .. } => request.source.is_none_or(Source::is_remote) && request.way.is_none(),
        Target::BuiltIn(_) | Target::Kept { .. } | Target::Core { .. } => false,
    };
    match choose(candidates(words, &landscape).filter(wanted)).map(|candidate| candidate.target) {
        Some(Target::Command(command)) => begin::begin(world, &command, &request.arguments),
        Some(Target::Claimed { alias, names }) => Err(claimed(&alias, &names)),
        _ => Err(nothing(request)),
    }
}

fn nothing(request: &Request) -> Failure {
    let from = request.source.map(|source| format!(" of source {source}")).unwrap_or_default();
    let by = request.way.map(|way| format!(" that runs as {way}")).unwrap_or_default();
    Failure::new(exit::USAGE, format!("there is no command `{}`{from}{by}", request.name))
        .hint(format!("everestctl plugin which {}", request.name))
}

//! `plugin run`: one command, from the source and in the way that the user names.

use super::World;
use super::run_command::{claimed, plugins_are_off};
use crate::app::landscape::Landscape;
use crate::app::refresh::{self, Occasion};
use crate::app::run_context::Run;
use crate::error::{Failure, exit};
use crate::model::{CommandWord, Problem, Source, Way};
use crate::resolve::{Candidate, Command, Target, candidates, choose};
use crate::runner::{self, Next};
use std::ffi::OsString;

/// What to run.
#[derive(Clone, Debug)]
pub struct Request {
    /// Name of the command.
    pub name: CommandWord,
    /// Only from this source.
    pub source: Option<Source>,
    /// Only in this way.
    pub way: Option<Way>,
    /// Arguments, passed on unchanged.
    pub arguments: Vec<OsString>,
}

/// Runs it. Comes back when that fails, or with a command of a server's plugin, whose arguments the command
/// line parses. Reserved words have no meaning here: whoever names a source
/// means a plugin.
///
/// An unknown name may be new on the server: the index is refreshed once.
pub fn run(world: &World, request: &Request, warn: &mut dyn FnMut(Problem)) -> Result<Command, Failure> {
    if world.options.no_plugins {
        return Err(plugins_are_off(&request.name));
    }
    let words = std::slice::from_ref(&request.name);
    let wanted = |candidate: &Candidate| match &candidate.target {
        Target::Command(command) => {
            request.source.is_none_or(|source| command.origins().any(|origin| origin.source == source))
                && request.way.is_none_or(|way| command.way() == Some(way))
        }
        Target::Claimed { .. } => request.source.is_none_or(Source::is_remote) && request.way.is_none(),
        Target::BuiltIn(_) | Target::Bundled { .. } | Target::Kept { .. } | Target::Core { .. } => false,
    };
    let mut landscape = Landscape::new(world);
    let mut found = choose(candidates(words, &landscape).filter(wanted));
    if found.is_none() && request.source.is_none_or(Source::is_remote) {
        let remote = world.remote()?;
        let refreshed =
            refresh::refresh(world, &remote, &[Source::Server, Source::Cluster], Occasion::Unknown);
        refreshed.problems.into_iter().for_each(&mut *warn);
        landscape = Landscape::with_names(world, refreshed.names);
        found = choose(candidates(words, &landscape).filter(wanted));
    }
    match found.map(|candidate| candidate.target) {
        Some(Target::Command(command)) => {
            let run = Run { world, landscape: &landscape };
            match runner::run(&run, &command, &request.arguments, warn)? {
                Next::Parse => Ok(command),
            }
        }
        Some(Target::Claimed { alias, names }) => Err(claimed(&alias, &names)),
        _ => Err(nothing(request)),
    }
}

/// The plugin of a server that has this name, whatever else has it.
pub fn on_server(
    world: &World,
    name: &CommandWord,
    warn: &mut dyn FnMut(Problem),
) -> Result<Command, Failure> {
    let request = Request { name: name.clone(), source: None, way: Some(Way::Proxy), arguments: Vec::new() };
    run(world, &request, warn)
}

fn nothing(request: &Request) -> Failure {
    let from = request.source.map(|source| format!(" from source {source}")).unwrap_or_default();
    let by = request.way.map(|way| format!(" that runs as {way}")).unwrap_or_default();
    Failure::new(exit::USAGE, format!("no command `{}`{from}{by}", request.name))
        .hint(format!("everestctl plugin which {}", request.name))
}

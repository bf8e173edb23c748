//! `everestctl plugin refresh`.

use crate::cli::{Ending, write};
use crate::error::exit;
use crate::model::Source;
use crate::ops::World;
use crate::ops::known::{self, Remote};
use crate::ops::refresh::{Answered, Occasion, refresh};
use crate::term::Streams;

/// Ask every source again, now
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only these sources
    #[arg(long, value_parser = super::source(), value_delimiter = ',')]
    source: Vec<Source>,
}

pub(super) fn run(streams: &mut Streams, world: &World, args: Args) -> Ending {
    let sources = if args.source.is_empty() { Source::ALL.to_vec() } else { args.source };
    let remote = Remote::of(world)?;
    let mut problems = Vec::new();
    if sources.contains(&Source::Local) {
        let (names, found) = known::scan(world);
        problems.extend(found);
        let count = names.origins().filter(|origin| origin.source == Source::Local).count();
        write(streams, &format!("{}: {}\n", Source::Local, Answered::With(count)))?;
    }
    let refreshed = refresh(world, &remote, &sources, Occasion::Explicit);
    for (source, answered) in &refreshed.outcomes {
        write(streams, &format!("{source}: {answered}\n"))?;
    }
    let _ = streams.flush();
    problems.extend(refreshed.problems);
    for problem in &problems {
        streams.problem(problem);
    }
    let failures = refreshed.outcomes.iter().filter_map(|(_, answered)| match answered {
        Answered::Failed { sign_in } => Some(*sign_in),
        _ => None,
    });
    Ok(match failures.max() {
        None => exit::SUCCESS,
        Some(true) => exit::SIGN_IN,
        Some(false) => exit::FAILURE,
    })
}

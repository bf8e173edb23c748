//! `plugin info`: everything that is known of one command.

use super::World;
use super::dispatch::claimed;
use super::landscape::Landscape;
use super::row::{Ages, Row};
use super::which;
use crate::discovery::local::sidecar;
use crate::error::{Failure, exit};
use crate::model::{CommandWord, Problem, Source};
use crate::resolve::{Command, Target, candidates, choose};
use serde::Serialize;

/// Everything that is known of one command. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The command.
    #[serde(flatten)]
    pub row: Row,
    /// Everyone who claims its name.
    pub candidates: Vec<which::Claim>,
    /// What the user should know.
    pub problems: Vec<Problem>,
}

/// Describes the command that `words` lead to, from what is known: asks no server.
pub fn info(world: &World, words: &[CommandWord]) -> Result<Report, Failure> {
    let landscape = Landscape::new(world);
    let claims = which::which(world, words)?.candidates;
    let command = match choose(candidates(words, &landscape)).map(|candidate| candidate.target) {
        Some(Target::Command(command)) => command,
        Some(Target::Core { origin: Some(core), .. }) => Command::new(core),
        Some(Target::Claimed { alias, names }) => return Err(claimed(&alias, &names)),
        Some(Target::Kept { word, purpose }) => {
            return Err(Failure::new(
                exit::FAILURE,
                format!("`{word}` is kept for {purpose}, and no plugin can have it"),
            ));
        }
        Some(Target::BuiltIn(word)) => {
            return Err(Failure::new(exit::FAILURE, format!("`{word}` is built in, and no plugin"))
                .hint(format!("everestctl {word} --help")));
        }
        Some(Target::Core { word, .. }) => {
            return Err(Failure::new(
                exit::FAILURE,
                format!("`{word}` belongs to OpenEverest's own CLI, which is not here"),
            )
            .hint(format!("everestctl {word}")));
        }
        // `which` has said so already.
        None => return Err(Failure::new(exit::FAILURE, "no such command")),
    };
    let mut problems = Vec::new();
    let command = described(command, &mut problems);
    let ages = Ages::of(landscape.names(), world.policy());
    Ok(Report { row: Row::of_command(&command, &ages), candidates: claims, problems })
}

/// A local command with what its sidecar says; dispatch does without.
fn described(command: Command, problems: &mut Vec<Problem>) -> Command {
    if command.source() != Source::Local {
        return command;
    }
    let mut origin = command.first().clone();
    match origin.path.as_deref().map(sidecar::read) {
        Some(Ok(Some(found))) => sidecar::describe(&mut origin, found),
        Some(Err(problem)) => problems.push(problem),
        _ => {}
    }
    Command::new(origin)
}

//! Why a command that was found may not or cannot run, in whatever way.

use crate::error::{Failure, exit};
use crate::model::{Command, OriginState, quoted};

/// Fails with exit code 126 if the command cannot or may not run.
pub fn is_ready(command: &Command) -> Result<(), Failure> {
    let name = command.name().as_str();
    let more = format!("everestctl plugin info {name}");
    Err(match command.state() {
        OriginState::Ready => return Ok(()),
        OriginState::NotExecutable => {
            let path = command.first().path.as_deref();
            let failure = cannot_run(name, "is not executable");
            match path {
                Some(path) => failure.hint(format!("chmod +x {}", quoted(&path.to_string_lossy()))),
                None => failure,
            }
        }
        OriginState::Invalid { why, hint } => {
            let failure = cannot_run(name, &format!("is not allowed to run: {why}"));
            match hint {
                Some(hint) => failure.hint(hint),
                None => failure.hint(more),
            }
        }
        OriginState::Disabled => cannot_run(name, "is disabled on the server").hint(more),
        OriginState::Incompatible(why) => {
            cannot_run(name, &format!("is not compatible with this server: {why}")).hint(more)
        }
        OriginState::NoCommands => cannot_run(name, "has no commands").hint(more),
    })
}

pub(super) fn cannot_run(name: &str, why: &str) -> Failure {
    Failure::new(exit::CANNOT_RUN, format!("`{name}` {why}"))
}

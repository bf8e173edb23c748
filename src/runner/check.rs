//! Why a command that was found may not or cannot run, in whatever way.

use crate::error::{ExitCode, Explain, Failure, exit};
use crate::model::{CleanText, Command, Origin, OriginState, quoted};
use std::path::{Path, PathBuf};

/// Why a command that was found does not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRunnable {
    /// Its file is no program.
    #[error("`{name}` is not executable")]
    NotExecutable {
        /// The command.
        name: String,
        /// Its file.
        path: Option<PathBuf>,
    },
    /// It must not run.
    #[error("`{name}` is not allowed to run: {why}")]
    NotAllowed {
        /// The command.
        name: String,
        /// What is wrong with it.
        why: CleanText,
        /// How to mend it.
        hint: Option<String>,
    },
    /// It is switched off.
    #[error("`{0}` is disabled on the server")]
    Disabled(String),
    /// It is for another version of the server.
    #[error("`{name}` is not compatible with this server: {why}")]
    Incompatible {
        /// The command.
        name: String,
        /// What does not fit.
        why: CleanText,
    },
    /// It offers nothing to run.
    #[error("`{0}` has no commands")]
    NoCommands(String),
    /// What its way of running needs is not there.
    #[error("`{name}` {what}")]
    Lacking {
        /// The command.
        name: String,
        /// As a sentence about it: `has no file`.
        what: String,
    },
}

impl NotRunnable {
    fn of(command: &Command) -> Option<Self> {
        let name = command.name().as_str().to_owned();
        Some(match command.state() {
            OriginState::Ready => return None,
            OriginState::NotExecutable => Self::NotExecutable { name, path: command.first().path.clone() },
            OriginState::Invalid { why, hint } => {
                Self::NotAllowed { name, why: why.clone(), hint: hint.clone() }
            }
            OriginState::Disabled => Self::Disabled(name),
            OriginState::Incompatible(why) => Self::Incompatible { name, why: why.clone() },
            OriginState::NoCommands => Self::NoCommands(name),
        })
    }
}

impl Explain for NotRunnable {
    fn exit_code(&self) -> ExitCode {
        exit::CANNOT_RUN
    }

    fn hints(&self) -> Vec<String> {
        let more = |name: &str| vec![format!("everestctl plugin info {name}")];
        match self {
            Self::NotExecutable { path, .. } => {
                let mend = |path: &PathBuf| format!("chmod +x {}", quoted(&path.to_string_lossy()));
                path.iter().map(mend).collect()
            }
            Self::NotAllowed { hint: Some(hint), .. } => vec![hint.clone()],
            Self::NotAllowed { name, .. }
            | Self::Disabled(name)
            | Self::Incompatible { name, .. }
            | Self::NoCommands(name) => more(name),
            Self::Lacking { .. } => Vec::new(),
        }
    }
}

/// Fails with exit code 126 if the command cannot or may not run.
pub fn is_ready(command: &Command) -> Result<(), Failure> {
    NotRunnable::of(command).map_or(Ok(()), |error| Err(error.into()))
}

/// The file that `name` runs.
pub(super) fn file_of<'o>(name: &str, origin: &'o Origin) -> Result<&'o Path, Failure> {
    origin.path.as_deref().ok_or_else(|| cannot_run(name, "has no file"))
}

/// The failure of a command that lacks what its way of running needs.
pub(super) fn cannot_run(name: &str, what: &str) -> Failure {
    NotRunnable::Lacking { name: name.to_owned(), what: what.to_owned() }.into()
}

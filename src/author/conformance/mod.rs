//! How a plugin behaves: it is run in the ways in which its users will run it, and some in which they will by accident.
//!
//! * [`checks`]: the table of checks; [`verdict`]: what became of one; [`report`]: of all of them; [`junit`]: for CI servers;
//! * [`declared`]: what an author says may be run, in `plugin-test.yaml`;
//! * [`suite`]: checks one after the other and side by side;
//! * [`local`]: executables, libraries and images, by what they do as processes;
//! * [`server`]: services, behind a development host and on their own socket.
//!
//! Nothing is run but help, words that no plugin knows, the completion protocol and what the author has named. It must not know who asks, or
//! how a report is shown.

pub mod checks;
pub mod declared;
pub mod junit;
pub mod local;
pub mod report;
pub mod server;
pub mod suite;
pub mod verdict;

use crate::error::{ExitCode, Explain, exit};
use crate::model::CleanText;
use std::io;
use std::path::PathBuf;

/// Why nothing was checked, or the report is not where it should be.
#[derive(Debug, thiserror::Error)]
pub enum ConformanceError {
    /// No check has this name.
    #[error("there is no check `{id}`")]
    UnknownCheck {
        /// What was asked for.
        id: CleanText,
        /// What was perhaps meant.
        meant: Option<&'static str>,
    },
    /// What the author says cannot be understood.
    #[error("{}: {why}", path.display())]
    Declared {
        /// The file.
        path: PathBuf,
        /// Why.
        why: CleanText,
    },
    /// There is no room to work in.
    #[error("could not use a temporary folder")]
    Scratch(#[source] io::Error),
    /// The report cannot be written.
    #[error("could not write {}", path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
}

impl Explain for ConformanceError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::UnknownCheck { .. } | Self::Declared { .. } => exit::USAGE,
            Self::Scratch(_) | Self::Report { .. } => exit::HOST_FAILURE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::UnknownCheck { meant, .. } => {
                let meant = meant.map(|meant| format!("did you mean `{meant}`?"));
                meant.into_iter().chain(["docs/plugin-test.md lists all checks".to_owned()]).collect()
            }
            Self::Declared { .. } => vec!["docs/plugin-test.md says what may stand there".to_owned()],
            _ => Vec::new(),
        }
    }
}

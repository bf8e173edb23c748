//! Why a list is not read to its end.

use crate::error::{ExitCode, Explain, exit};
use crate::model::CleanText;

/// Why a list is not read to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ListError {
    /// The next page would be somewhere else.
    #[error("next page {cursor} not requested: it is outside of the command's route")]
    OutsideOfRoute {
        /// Where the server says that it is.
        cursor: CleanText,
    },
    /// It would never end.
    #[error("the server returned the same page again")]
    Repeated,
    /// Some of it has been told.
    #[error("list incomplete: stopped after {count} rows")]
    Incomplete {
        /// So many rows.
        count: u64,
        /// How the rest is had.
        resume: Option<String>,
        /// That of the reason.
        exit_code: ExitCode,
    },
}

impl Explain for ListError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Incomplete { exit_code, .. } => *exit_code,
            Self::OutsideOfRoute { .. } | Self::Repeated => exit::FAILURE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Incomplete { resume, .. } => resume.iter().cloned().collect(),
            Self::OutsideOfRoute { .. } | Self::Repeated => Vec::new(),
        }
    }
}

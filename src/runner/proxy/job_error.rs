//! Why a job is not waited for, or ended badly.

use crate::error::{ExitCode, Explain, exit};
use crate::openapi::UsageError;

/// Why a job is not waited for, or ended badly. What the user can type is in `hints` where only the job knows it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum JobError {
    /// The document names a command that it does not have.
    #[error("the document has no command to poll the job")]
    NoPoll,
    /// The same for the one that stops it.
    #[error("the document has no command to cancel it")]
    NoCancel,
    /// No request can be made of what it is called.
    #[error("the job was started, but cannot be waited for: {0}")]
    NoRequest(UsageError),
    /// The answer does not say where it is.
    #[error("the job was started, but cannot be waited for")]
    NoPlace,
    /// Its ID would lead to another path.
    #[error("the job was started, but its ID `{0}` cannot be used in the path of the command that polls it")]
    UnusableId(String),
    /// It was there, and is no more.
    #[error("the job disappeared; its outcome is unknown")]
    Disappeared {
        /// How to look.
        again: String,
    },
    /// It says that it has failed.
    #[error("the job ended with status `{status}`{}", message.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
    Ended {
        /// What it says.
        status: String,
        /// What it says of the reason.
        message: Option<String>,
    },
    /// It takes longer than the user waits.
    #[error("timed out waiting; the job is still running")]
    TimedOut {
        /// How to look, to wait again, to stop it.
        hints: Vec<String>,
    },
    /// The user waits no more; it runs on.
    #[error("interrupted")]
    Interrupted {
        /// How to wait again, to stop it.
        hints: Vec<String>,
    },
    /// The user waits no more, and it was stopped.
    #[error("interrupted; the job was cancelled")]
    Cancelled {
        /// How to look.
        again: String,
    },
    /// The user waits no more, and it perhaps runs on.
    #[error("interrupted; the job could not be cancelled")]
    NotCancelled,
}

impl Explain for JobError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::TimedOut { .. } => exit::TIMED_OUT,
            Self::Interrupted { .. } | Self::Cancelled { .. } | Self::NotCancelled => exit::INTERRUPTED,
            _ => exit::FAILURE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Disappeared { again } | Self::Cancelled { again } => vec![again.clone()],
            Self::TimedOut { hints } | Self::Interrupted { hints } => hints.clone(),
            _ => Vec::new(),
        }
    }
}

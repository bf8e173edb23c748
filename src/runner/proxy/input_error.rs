//! Why what the user wants to send cannot be sent as it is.

use crate::error::{ExitCode, Explain, exit};
use crate::model::{CleanText, quoted};
use crate::openapi::UsageError;
use std::io;

/// Why what the user wants to send cannot be sent as it is.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputError {
    /// A file, or standard input, cannot be read.
    #[error("could not read file {}", quoted(name))]
    Unreadable {
        /// As the user named it.
        name: String,
        /// What the system says.
        error: io::Error,
    },
    /// A file should have been text.
    #[error("{} is not UTF-8 text", quoted(.0))]
    NotText(String),
    /// Two fields of a form want standard input.
    #[error("standard input can be used for one file of a form only")]
    InputTwice,
    /// The system has no random numbers.
    #[error("could not create the form: {0}")]
    NoBoundary(String),
    /// It is not what the command takes.
    #[error("{what}")]
    Refused {
        /// What is wrong with it.
        what: String,
        /// The line that shows what the command takes.
        help: String,
    },
    /// The same for a command that is not one of a plugin.
    #[error("{0}")]
    Unusable(UsageError),
    /// A request that cannot be shown as a line of curl.
    #[error("curl cannot send a field named `{0}`")]
    NotForCurl(CleanText),
}

impl Explain for InputError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoBoundary(_) | Self::NotForCurl(_) => exit::FAILURE,
            _ => exit::USAGE,
        }
    }

    fn causes(&self) -> Vec<String> {
        match self {
            Self::Unreadable { error, .. } => vec![error.to_string()],
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Refused { help, .. } => vec![help.clone()],
            _ => Vec::new(),
        }
    }
}

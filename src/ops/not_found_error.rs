//! Why a word that was typed is no command, as far as that is known.

use crate::error::{ExitCode, Explain, exit};

/// Why a word that was typed is no command, as far as that is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotFoundError {
    /// Nobody has it.
    #[error("no such command: {0}")]
    Nowhere(String),
    /// Nobody here has it, and no server was ever asked.
    #[error("`{0}` is not a command, and you are not signed in to a server with plugins")]
    NotHere(String),
    /// A server may have it, and does not answer.
    #[error("{message}")]
    NoAnswer {
        /// Why.
        message: String,
        /// What to do about it.
        hint: Option<String>,
        /// Whether that is signing in.
        sign_in: bool,
    },
}

impl Explain for NotFoundError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Nowhere(_) | Self::NotHere(_) => exit::NOT_FOUND,
            Self::NoAnswer { sign_in: true, .. } => exit::SIGN_IN,
            Self::NoAnswer { .. } => exit::HOST_FAILURE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Nowhere(_) => Vec::new(),
            Self::NotHere(_) => vec!["everestctl auth login --server URL".to_owned()],
            Self::NoAnswer { hint, .. } => hint.iter().cloned().collect(),
        }
    }
}

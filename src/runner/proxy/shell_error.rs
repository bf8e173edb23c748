//! Why there is no session of a shell, or no more of it.

use crate::error::Explain;
use crate::openapi::Words;

/// Why there is no session of a shell, or no more of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ShellError {
    /// The answer that opens it does not say what it is called.
    #[error("the response does not name a session")]
    NoSession,
    /// A line without end.
    #[error("a result is too large to be shown")]
    TooLarge,
    /// The document names a command that it does not have.
    #[error("plugin `{plugin}` has no command `{command}`")]
    NoCommand {
        /// The plugin.
        plugin: String,
        /// The command.
        command: Words,
    },
}

impl Explain for ShellError {}

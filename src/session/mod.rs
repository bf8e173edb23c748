//! L3: the session of a context: signing in, renewing, signing out, with the file that keeps it.
//!
//! * [`Session`]: the session of one context as credentials of a connection, renewed when it must be;
//! * [`begin()`]: putting a new session into the file;
//! * [`end()`]: taking one out of it.
//!
//! The Go CLI shares the file and knows no lock; between processes of this program nothing is ever lost.
//! Nothing here knows which context is meant, or prompts for anything.

mod begin;
mod end;
mod renewal;

pub use begin::{NewSession, begin, server_entry};
pub use end::{end, without_context};
pub use renewal::Session;

use crate::client::ClientError;
use crate::config::ConfigError;
use crate::error::{ExitCode, Explain, exit};
use crate::model::limits;

/// Why a session cannot start, go on or end.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The config file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A token of a size that no server takes back.
    #[error("the token is longer than {} bytes and is not stored", limits::TOKEN)]
    TokenTooLong,
    /// The server.
    #[error("{server}: {error}")]
    Server {
        /// Its address, without secrets.
        server: String,
        /// What it is.
        error: ClientError,
    },
}

impl SessionError {
    /// Whether signing in, or signing in otherwise, would help.
    pub fn wants_sign_in(&self) -> bool {
        matches!(self, Self::Server { error, .. } if error.wants_sign_in())
    }
}

impl Explain for SessionError {
    fn exit_code(&self) -> ExitCode {
        if self.wants_sign_in() { exit::SIGN_IN } else { exit::FAILURE }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Config(error) => error.hints(),
            Self::TokenTooLong => Vec::new(),
            Self::Server { error, .. } => error.hint().map(str::to_owned).into_iter().collect(),
        }
    }
}

//! Why an answer has not come, or not whole, or cannot be read. What the user reads of it is in `explain`.

use super::connection_error::ConnectionError;
use crate::client::api_client::what_it_is;
use crate::client::trailing_error::TrailingError;
use crate::client::{ClientError, NetworkError, StopReason};
use crate::error::{ExitCode, Explain, Failure, exit};
use crate::model::CleanText;
use crate::model::limits::Excess;
use crate::openapi::Unread;

/// Why nothing has come, or no more.
#[derive(Debug)]
pub enum RequestError {
    /// It was given up.
    Stopped(StopReason),
    /// The network, or a refusal.
    Client(ClientError),
    /// The network, when a part of the answer had come.
    BrokenOff {
        /// What is wrong with the network.
        error: ClientError,
        /// How many bytes had come.
        came: u64,
        /// What the backend said last.
        words: Option<Box<TrailingError>>,
    },
    /// Something else, in words.
    Failure(Failure),
}

impl From<ConnectionError> for RequestError {
    fn from(error: ConnectionError) -> Self {
        Self::Failure(error.into())
    }
}

impl RequestError {
    /// Whether the same may go well in a while: no connection, a server or a backend that is being restarted.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Client(
                ClientError::Status { status, .. } | ClientError::RefusedByKubernetes { status, .. },
            ) => matches!(status, 408 | 429 | 500..=599),
            // A backend that says why will say it again.
            Self::BrokenOff { words: Some(_), .. } => false,
            Self::Client(ClientError::Network(fault))
            | Self::BrokenOff { error: ClientError::Network(fault), .. } => {
                matches!(
                    fault,
                    NetworkError::Refused
                        | NetworkError::TimedOut
                        | NetworkError::Broken
                        | NetworkError::Proxy { .. }
                        | NetworkError::Other(_)
                )
            }
            Self::Stopped(StopReason::TimedOut) => true,
            _ => false,
        }
    }

    /// The status that it was refused with.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Client(
                ClientError::Status { status, .. } | ClientError::RefusedByKubernetes { status, .. },
            ) => Some(*status),
            _ => None,
        }
    }
}

/// Why an answer that has come cannot be shown or used as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// It exceeds a limit.
    #[error("the response is {0} and cannot be formatted")]
    TooMuch(Excess),
    /// It should have been JSON; the text says what it is.
    #[error("the response is {0}, not JSON")]
    NotJson(&'static str),
    /// It should have been JSON, and nobody sees it.
    #[error("the response is not JSON: {0}")]
    Malformed(String),
    /// A page for a browser.
    #[error("the response is an HTML page, not JSON")]
    Html,
    /// It has a form of its own.
    #[error("the response is {media} and cannot be shown as {wanted}")]
    Unsuitable {
        /// Its media type.
        media: CleanText,
        /// What was asked for.
        wanted: &'static str,
    },
    /// A terminal would act on it.
    #[error("binary output is not printed to a terminal")]
    Binary,
    /// It is nothing that can be changed.
    #[error("`{command}` did not return an object that could be changed")]
    NoObject {
        /// What was asked.
        command: String,
    },
}

impl ResponseError {
    /// Why `body` is not read.
    pub fn unread(why: Unread, body: &[u8]) -> Self {
        match why {
            Unread::NotJson => Self::of_text(body),
            Unread::TooMuch(excess) => Self::TooMuch(excess),
        }
    }

    /// `body` should have been JSON.
    pub fn of_text(body: &[u8]) -> Self {
        Self::NotJson(what_it_is(body))
    }
}

impl Explain for ResponseError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Unsuitable { .. } | Self::Binary => exit::USAGE,
            _ => exit::FAILURE,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::TooMuch(_) => "use `-o raw` to print it, or `--output-file FILE` to save it",
            Self::NotJson(_) => "use `-o raw` to print it unchanged",
            Self::Html => "is there a login page in front of the plugin? use `-o raw` to see the response",
            Self::Unsuitable { .. } => "omit the output options, or ask the command for another format",
            Self::Binary => "use `--output-file FILE` to save it, or `--output-file -` for standard output",
            Self::Malformed(_) | Self::NoObject { .. } => return Vec::new(),
        };
        vec![hint.to_owned()]
    }
}

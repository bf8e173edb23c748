//! Why an answer has not come, or not whole, or cannot be read. What the user reads of it is in `explain`.

use crate::client::api_client::what_it_is;
use crate::client::trailing_error::TrailingError;
use crate::client::{ClientError, NetworkError, StopReason};
use crate::error::{Failure, exit};
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

/// Why an answer is not read.
pub fn unread(why: Unread, body: &[u8]) -> Failure {
    match why {
        Unread::NotJson => not_json(body),
        Unread::TooMuch(excess) => too_much(excess),
    }
}

/// The response exceeds a limit.
pub fn too_much(excess: Excess) -> Failure {
    Failure::new(exit::FAILURE, format!("the response is {excess} and cannot be formatted"))
        .hint("use `-o raw` to print it, or `--output-file FILE` to save it")
}

/// The answer should have been JSON.
pub fn not_json(body: &[u8]) -> Failure {
    let what = what_it_is(body);
    Failure::new(exit::FAILURE, format!("the response is {what}, not JSON"))
        .hint("use `-o raw` to print it unchanged")
}

//! Why a stream that is followed does not go on.

use crate::error::{ExitCode, Explain, exit};
use crate::model::limits;

/// Why a stream that is followed does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum StreamError {
    /// Bytes come, and no line ends.
    #[error("the stream stalled in the middle of a line")]
    Stalled,
    /// Nothing comes, and there is no cursor to resume after.
    #[error("no data received")]
    Silent,
    /// It is over, although it never ends by itself.
    #[error("the stream has ended")]
    Ended,
    /// A message is larger than anything that is shown.
    #[error("a message in the stream is larger than {} MiB", limits::MESSAGE / (1024 * 1024))]
    TooLarge,
}

impl Explain for StreamError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Silent => exit::TIMED_OUT,
            Self::Stalled | Self::Ended | Self::TooLarge => exit::FAILURE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::TooLarge => vec!["use `-o raw` to print it unchanged".to_owned()],
            Self::Stalled | Self::Silent | Self::Ended => Vec::new(),
        }
    }
}

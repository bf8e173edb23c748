//! The question before something is destroyed, changed or installed.
//!
//! It must not know what is done afterwards.

use crate::error::{Failure, exit};
use crate::term::Streams;
use crate::term::prompt::{self, PromptError};

/// Asks; a no, or nobody to ask, is a failure. `declined` says what a no means.
pub(super) fn confirm(streams: &mut Streams, question: &str, declined: &str) -> Result<(), Failure> {
    match prompt::confirm(streams, question) {
        Ok(true) => Ok(()),
        Ok(false) | Err(PromptError::Ended) => Err(Failure::new(exit::FAILURE, declined)),
        Err(PromptError::NoTerminal) => {
            Err(Failure::new(exit::USAGE, format!("confirmation required: {question}"))
                .hint("pass --yes to confirm"))
        }
    }
}

//! The question before something is destroyed or changed.
//!
//! It must not know what is sent.

use super::clap_tree;
use crate::error::{Failure, exit};
use crate::model::CleanText;
use crate::term::Streams;
use crate::term::prompt::{self, PromptError};
use clap::ArgMatches;

/// Asks, unless the user has said yes or nothing is sent.
pub(super) fn confirm(
    streams: &mut Streams,
    question: Option<CleanText>,
    matches: &ArgMatches,
) -> Result<(), Failure> {
    let skip = matches.get_flag(clap_tree::YES) || matches.get_flag(clap_tree::DRY_RUN);
    let Some(question) = question.filter(|_| !skip) else { return Ok(()) };
    match prompt::confirm(streams, question.as_str()) {
        Ok(true) => Ok(()),
        Ok(false) | Err(PromptError::Ended) => Err(Failure::new(exit::FAILURE, "nothing sent")),
        Err(PromptError::NoTerminal) => {
            Err(Failure::new(exit::USAGE, format!("confirmation required: {question}"))
                .hint("pass --yes to confirm"))
        }
    }
}

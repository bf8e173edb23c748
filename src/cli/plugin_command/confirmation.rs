//! The question before a request destroys or changes something.
//!
//! It must not know what is sent.

use super::clap_tree;
use crate::cli::confirmation;
use crate::error::Failure;
use crate::model::CleanText;
use crate::term::Streams;
use clap::ArgMatches;

/// Asks, unless the user has said yes or nothing is sent.
pub(super) fn confirm(
    streams: &mut Streams,
    question: Option<CleanText>,
    matches: &ArgMatches,
) -> Result<(), Failure> {
    let skip = matches.get_flag(clap_tree::YES) || matches.get_flag(clap_tree::DRY_RUN);
    let Some(question) = question.filter(|_| !skip) else { return Ok(()) };
    confirmation::confirm(streams, question.as_str(), "nothing sent")
}

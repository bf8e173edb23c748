//! `everestctl completion SHELL`: a small script that asks `everestctl __tab` when TAB is pressed, and nothing
//! before that.

use super::{CommandResult, write};
use crate::error::exit;
use crate::ops::complete::{SCRIPTS, script};
use crate::term::Streams;
use clap::builder::PossibleValuesParser;

/// Print the script that makes a shell complete commands
///
/// bash: source <(everestctl completion bash), in ~/.bashrc
/// zsh: everestctl completion zsh > DIR/_everestctl, where DIR is in fpath
/// fish: everestctl completion fish > ~/.config/fish/completions/everestctl.fish
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct CompletionArgs {
    /// The shell
    #[arg(value_parser = PossibleValuesParser::new(SCRIPTS.map(|(name, _)| name)))]
    shell: String,
}

/// Prints it.
pub fn run(streams: &mut Streams, args: &CompletionArgs) -> CommandResult {
    write(streams, script(&args.shell).unwrap_or_default())?;
    Ok(exit::SUCCESS)
}

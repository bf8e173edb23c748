//! `everestctl completion SHELL`: a small script that asks `everestctl __tab` when TAB is pressed, and nothing
//! before that.

use super::{CommandResult, write};
use crate::error::{Failure, exit};
use crate::ops::App;
use crate::ops::complete::{SCRIPTS, script};
use crate::term::Streams;
use clap::builder::PossibleValuesParser;

/// Print a shell completion script
#[derive(Debug, clap::Args)]
#[command(after_help = "To set it up:
  bash:  echo 'source <(everestctl completion bash)' >> ~/.bashrc
  zsh:   mkdir -p ~/.zfunc && everestctl completion zsh > ~/.zfunc/_everestctl
         with `fpath+=~/.zfunc` before `compinit` in ~/.zshrc
  fish:  mkdir -p ~/.config/fish/completions
         everestctl completion fish > ~/.config/fish/completions/everestctl.fish

Start a new shell afterwards. With an alias of the shell: complete -F _everestctl ec (bash), compdef ec=everestctl (zsh).")]
pub struct CompletionArgs {
    /// The shell [default: that of $SHELL]
    #[arg(value_parser = PossibleValuesParser::new(SCRIPTS.map(|(name, _)| name)))]
    shell: Option<String>,
}

/// Prints it.
pub fn run(streams: &mut Streams, app: &App, args: &CompletionArgs) -> CommandResult {
    let usual = || app.environment.text("SHELL").and_then(|path| path.rsplit('/').next()).map(str::to_owned);
    let shell = args.shell.clone().or_else(usual);
    let Some(script) = shell.as_deref().and_then(script) else {
        let known = SCRIPTS.map(|(name, _)| name).join(", ");
        return Err(Failure::new(exit::USAGE, "`completion` needs the name of a shell")
            .hint(format!("everestctl completion SHELL, one of: {known}")));
    };
    write(streams, script)?;
    Ok(exit::SUCCESS)
}

//! The command line of a bundled plugin, read as everestctl reads its own: global flags, help, errors, completion and exit
//! codes are the same, and what it shows is `everestctl WORD …`. The plugin brings its commands and what they do.
//!
//! It must not know which bundled plugins there are.

use super::output::NO_SARIF;
use super::{CommandResult, complete, conclude, globals, man, root, set_up, usage};
use crate::error::{ExitCode, Failure, exit};
use crate::ops::App;
use crate::sys::Environment;
use crate::term::Streams;
use std::ffi::OsString;

/// Runs the program of the bundled plugin that is called by `word`, the one command of `Commands`, with the arguments that
/// everestctl has given it: the global flags from before that word, then everything after it. Gives the exit code.
pub fn run<Commands: clap::Subcommand>(
    word: &str,
    arguments: &[OsString],
    environment: Environment,
    act: impl FnOnce(&mut Streams, &App, Commands) -> CommandResult,
) -> ExitCode {
    let mut streams = Streams::from_process(&environment);
    let words = [OsString::from(word)];
    let mut tree = root::tree_of::<Commands>();
    let shown = root::showing_global_options(tree.clone());
    if complete::answer_of(&mut streams, &environment, shown, &words, arguments).is_some() {
        return crate::error::exit::SUCCESS;
    }
    let line = [&words, arguments].concat();
    let ending = interpret(&mut streams, environment, &mut tree, &line, act);
    conclude(&mut streams, ending)
}

/// The manual pages of its commands.
pub fn pages<Commands: clap::Subcommand>() -> Vec<man::ManPage> {
    man::all_below(root::tree_of::<Commands>())
}

fn interpret<Commands: clap::Subcommand>(
    streams: &mut Streams,
    environment: Environment,
    tree: &mut clap::Command,
    line: &[OsString],
    act: impl FnOnce(&mut Streams, &App, Commands) -> CommandResult,
) -> CommandResult {
    let program = std::iter::once(OsString::from("everestctl"));
    let turned = usage::help_at_the_end(tree, line);
    let line = turned.as_deref().unwrap_or(line);
    let matches = tree.try_get_matches_from_mut(program.chain(line.iter().cloned()));
    let read = matches.and_then(|matches| {
        Commands::from_arg_matches(&matches).map(|command| (globals::options_of(&matches), command))
    });
    let (options, command) = match read {
        Ok(read) => read,
        Err(error) => return usage::show(streams, &environment, &error, tree, line),
    };
    let options = options?;
    if options.output() == Some("sarif") {
        return Err(Failure::new(exit::USAGE, NO_SARIF));
    }
    // everestctl has warned of flags that must not become a habit.
    set_up(streams, &options);
    act(streams, &App::new(environment, options)?, command)
}

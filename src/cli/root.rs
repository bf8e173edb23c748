//! The clap tree: the global flags of the table and the built-in commands.

use super::alias::AliasCommand;
use super::auth::AuthCommand;
use super::completion::CompletionArgs;
use super::config::ConfigCommand;
use super::doctor::DoctorArgs;
use super::globals::{GLOBAL, GLOBAL_FLAGS, GlobalFlag};
use super::help::HelpArgs;
use super::plugin::PluginCommand;
use super::version::VersionArgs;
use crate::model::bundled::BUNDLED;
use clap::{ArgMatches, Command, FromArgMatches};
use std::ffi::OsString;

/// The commands of this binary.
#[expect(
    missing_docs,
    reason = "the help of a command is the doc comment of its arguments, which this would replace"
)]
#[derive(Debug, clap::Subcommand)]
pub enum BuiltIn {
    /// List, explain and run commands from plugins
    #[command(subcommand, visible_alias = "extension", alias = "plugins")]
    Plugin(PluginCommand),
    /// Sign in and out, and show the current user
    #[command(subcommand)]
    Auth(AuthCommand),
    /// Manage contexts: which server to use, and as which user
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Manage your own names for commands
    #[command(subcommand)]
    Alias(AliasCommand),
    Completion(CompletionArgs),
    Help(HelpArgs),
    Doctor(DoctorArgs),
    Version(VersionArgs),
}

/// What the arguments ask for.
#[derive(Debug)]
pub enum Subcommand {
    /// A command of this binary.
    BuiltIn(Box<BuiltIn>),
    /// A plugin's command: so many arguments, from its name on.
    External(usize),
    /// No command.
    None,
}

/// The tree of what clap reads here. The global options work everywhere and are shown in one place,
/// [`with_global_options`].
pub fn command() -> Command {
    tree_of::<BuiltIn>()
}

/// The tree of a program that takes the global options of everestctl and has these commands.
pub(super) fn tree_of<Commands: clap::Subcommand>() -> Command {
    let command = Command::new("everestctl")
        .version(env!("CARGO_PKG_VERSION"))
        .after_help(
            "`everestctl plugin list` lists commands from plugins; `everestctl NAME …` runs one.\n\
             Arguments after the name of a local plugin are passed to it unchanged.",
        )
        .override_usage("everestctl [OPTIONS] COMMAND [ARGUMENTS]…")
        .allow_external_subcommands(true)
        .disable_help_subcommand(true)
        .external_subcommand_value_parser(clap::value_parser!(OsString))
        .args_override_self(true)
        .max_term_width(100)
        .args(GLOBAL_FLAGS.iter().map(GlobalFlag::to_clap));
    // The words about the enum must not become those about the program.
    Commands::augment_subcommands(command)
        .about("Every OpenEverest extension as a command")
        .mut_subcommands(and_global)
}

/// The help of every command ends with where the global options are documented.
fn and_global(command: Command) -> Command {
    let text = match command.get_after_help() {
        Some(text) => format!("{text}\n\n{GLOBAL}"),
        None => GLOBAL.to_owned(),
    };
    command.after_help(text).mut_subcommands(and_global)
}

/// What the help of the program itself shows of `tree`: the global options, and the bundled plugins among the built-in commands.
pub fn with_global_options(tree: &Command) -> Command {
    let mut place = 0;
    let spaced = showing_global_options(tree.clone()).mut_subcommands(|command| {
        place += SPACE;
        command.display_order(place)
    });
    // After the first command, `plugin`.
    let bundled = (SPACE + 1..).zip(BUNDLED).map(|(place, bundled)| {
        let commands = bundled.commands.iter().map(|name| Command::new(*name));
        let command = Command::new(bundled.word).about(bundled.summary).subcommands(commands);
        command.display_order(place)
    });
    spaced.subcommands(bundled)
}

/// A tree whose first command shows the global options, and so does whatever completes those below.
pub(super) fn showing_global_options(tree: Command) -> Command {
    tree.mut_args(|argument| argument.hide(false))
}

/// The places between two built-in commands.
const SPACE: usize = BUNDLED.len() + 1;

/// What `matches` of [`command`] ask for.
pub fn subcommand(matches: &ArgMatches) -> Subcommand {
    let Some((_, below)) = matches.subcommand() else { return Subcommand::None };
    match BuiltIn::from_arg_matches(matches) {
        Ok(built_in) => Subcommand::BuiltIn(Box::new(built_in)),
        // The name itself is not among the values.
        Err(_) => Subcommand::External(1 + below.get_many::<OsString>("").map_or(0, Iterator::count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::reserved::{Owner, words_of};

    #[test]
    fn the_tree_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn every_built_in_word_is_reserved_and_the_other_way_round() {
        let mut command = command();
        command.build();
        let mut built_in: Vec<String> = command
            .get_subcommands()
            .flat_map(|sub| std::iter::once(sub.get_name()).chain(sub.get_all_aliases()))
            .map(str::to_owned)
            .collect();
        let mut reserved: Vec<String> = words_of(Owner::BuiltIn).map(str::to_owned).collect();
        built_in.sort();
        reserved.sort();
        assert_eq!(built_in, reserved);
    }
}

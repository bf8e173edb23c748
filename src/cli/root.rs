//! The clap tree: the global flags of the table and the built-in commands.

use super::alias::AliasCommand;
use super::auth::AuthCommand;
use super::completion::CompletionArgs;
use super::config::ConfigCommand;
use super::doctor::DoctorArgs;
use super::globals::{GLOBAL, GLOBAL_FLAGS, GlobalFlag};
use super::help::HelpArgs;
use super::plugin::PluginCommand;
use super::program::TreeParts;
use super::version::VersionArgs;
use crate::model::bundled::BUNDLED;
use clap::{ArgMatches, Args as _, Command, FromArgMatches};
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

/// Who builds this program's command line.
pub const PARTS: TreeParts = TreeParts { whole: command, along, shown: with_global_options };

/// The tree of what clap reads here. The global options work everywhere and are shown in one place,
/// `with_global_options`.
pub fn command() -> Command {
    tree_of::<BuiltIn>()
}

/// A first word, with what the whole tree says of it and what is below.
struct Branch {
    word: &'static str,
    summary: &'static str,
    /// Shown, then hidden.
    aliases: (&'static [&'static str], &'static [&'static str]),
    grow: fn(Command) -> Command,
}

impl Branch {
    const fn new(word: &'static str, summary: &'static str, grow: fn(Command) -> Command) -> Self {
        Self { word, summary, aliases: (&[], &[]), grow }
    }

    fn names(&self, word: &str) -> bool {
        self.word == word || self.aliases.0.contains(&word) || self.aliases.1.contains(&word)
    }

    fn command(&self, is_wanted: bool) -> Command {
        let command = Command::new(self.word);
        let command = if is_wanted { (self.grow)(command) } else { command };
        let (shown, hidden) = self.aliases;
        // What a group of commands says of itself is for those who read the source.
        command.about(self.summary).visible_aliases(shown).aliases(hidden)
    }
}

/// The commands of [`BuiltIn`], which says the same: a test compares them.
const BRANCHES: [Branch; 8] = [
    Branch {
        aliases: (&["extension"], &["plugins"]),
        ..Branch::new("plugin", "List, explain and run commands from plugins", group::<PluginCommand>)
    },
    Branch::new("auth", "Sign in and out, and show the current user", group::<AuthCommand>),
    Branch::new("config", "Manage contexts: which server to use, and as which user", group::<ConfigCommand>),
    Branch::new("alias", "Manage your own names for commands", group::<AliasCommand>),
    Branch::new("completion", "Print a shell completion script", CompletionArgs::augment_args),
    Branch::new("help", "Show help for a command", HelpArgs::augment_args),
    Branch::new("doctor", "Check this installation, the server and the session", DoctorArgs::augment_args),
    Branch::new("version", "Print the version of this program and of the server", VersionArgs::augment_args),
];

fn group<Commands: clap::Subcommand>(command: Command) -> Command {
    Commands::augment_subcommands(command).subcommand_required(true).arg_required_else_help(true)
}

/// The tree of every first word, whole below `word`.
fn along(word: Option<&str>) -> Command {
    let is_wanted = |branch: &Branch| word.is_some_and(|word| branch.names(word));
    let branches = BRANCHES.iter().map(|branch| branch.command(is_wanted(branch)));
    complete(start().subcommands(branches))
}

/// The tree of a program that takes the global options of everestctl and has these commands.
pub(super) fn tree_of<Commands: clap::Subcommand>() -> Command {
    complete(Commands::augment_subcommands(start()))
}

/// What the tree has before it has commands.
fn start() -> Command {
    Command::new("everestctl")
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
        .args(GLOBAL_FLAGS.iter().map(GlobalFlag::to_clap))
}

/// What is said of the tree once it has them.
fn complete(tree: Command) -> Command {
    // The words about the enum must not become those about the program.
    tree.about("Every OpenEverest extension as a command").mut_subcommands(and_global)
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
fn with_global_options(tree: Command) -> Command {
    let mut place = 0;
    let spaced = showing_global_options(tree).mut_subcommands(|command| {
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

    /// Each branch as the whole tree has it, and the words beside it with the same names and summary.
    #[test]
    fn a_part_of_the_tree_says_what_the_whole_one_says() {
        let whole = with_global_options(command());
        assert_eq!(whole.get_subcommands().count(), BRANCHES.len() + BUNDLED.len());
        for branch in &BRANCHES {
            for word in [branch.word].iter().chain(branch.aliases.0).chain(branch.aliases.1) {
                let part = with_global_options(along(Some(word)));
                let of = |tree: &Command| format!("{:?}", tree.find_subcommand(word));
                assert_eq!(of(&part), of(&whole), "{word}");
                let beside = |tree: &Command| {
                    let line = |command: &Command| {
                        let shown: Vec<String> = command.get_visible_aliases().map(str::to_owned).collect();
                        let all: Vec<String> = command.get_all_aliases().map(str::to_owned).collect();
                        let about = command.get_about().map(ToString::to_string);
                        (command.get_name().to_owned(), about, shown, all)
                    };
                    tree.get_subcommands().map(line).collect::<Vec<_>>()
                };
                assert_eq!(beside(&part), beside(&whole));
            }
        }
        let help = |tree: Command| tree.clone().render_help().to_string();
        assert_eq!(help(with_global_options(along(None))), help(whole));
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

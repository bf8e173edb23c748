//! What a run knows of its own command line: the clap tree, built once and whole when somebody first wants all of it, or only
//! along the command that is typed.
//!
//! It must not know a command: [`super::root`] puts the tree together.

use clap::Command;
use std::cell::LazyCell;

/// This program's own command line.
pub struct CommandLine {
    whole: LazyCell<Command>,
    parts: TreeParts,
}

/// Who builds the parts of the tree.
#[derive(Clone, Copy)]
pub struct TreeParts {
    /// All of it.
    pub whole: fn() -> Command,
    /// Every first word, and what is below this one.
    pub along: fn(Option<&str>) -> Command,
    /// What the help of the program itself shows of a tree.
    pub shown: fn(Command) -> Command,
}

impl CommandLine {
    /// The program that `parts` make up.
    pub fn new(parts: TreeParts) -> Self {
        Self { whole: LazyCell::new(parts.whole), parts }
    }

    /// The tree, without what clap adds when it parses.
    pub fn tree(&self) -> &Command {
        &self.whole
    }

    /// The tree as far as one needs it who reads a line with this first word, or with none: whole below the
    /// word, and the others as names with a summary. To build all of it takes longer than anything else that such a run does.
    pub fn along(&self, word: Option<&str>) -> Command {
        (self.parts.along)(word)
    }

    /// The same for the help of the program itself, which shows the global options and the bundled plugins.
    pub fn shown_along(&self, word: Option<&str>) -> Command {
        (self.parts.shown)(self.along(word))
    }

    /// The whole tree, as the help of the program shows it.
    pub fn with_global_options(&self) -> Command {
        (self.parts.shown)(self.tree().clone())
    }

    /// The paths of all commands that are shown, as `plugin list`.
    pub fn paths(&self) -> Vec<String> {
        fn below(tree: &Command, before: &str, paths: &mut Vec<String>) {
            for command in tree.get_subcommands().filter(|command| !command.is_hide_set()) {
                let path = format!("{before}{}", command.get_name());
                below(command, &format!("{path} "), paths);
                paths.push(path);
            }
        }
        let mut paths = Vec::new();
        below(&self.with_global_options(), "", &mut paths);
        paths
    }
}

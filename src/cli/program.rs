//! What a run knows of its own command line: the clap tree, built once, when somebody first wants it.
//!
//! It must not know a command: [`super::root`] puts the tree together.

use clap::Command;
use std::cell::LazyCell;

/// This program's own command line.
pub struct CommandLine {
    tree: LazyCell<Command>,
    show: fn(&Command) -> Command,
}

impl CommandLine {
    /// The program with the tree that `build` makes, and what its own help shows of that.
    pub fn new(build: fn() -> Command, show: fn(&Command) -> Command) -> Self {
        Self { tree: LazyCell::new(build), show }
    }

    /// The tree, without what clap adds when it parses.
    pub fn tree(&self) -> &Command {
        &self.tree
    }

    /// The same for the help of the program itself, which shows the global options and the bundled plugins.
    pub fn with_global_options(&self) -> Command {
        (self.show)(self.tree())
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

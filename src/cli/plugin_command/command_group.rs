//! The clap tree of one plugin: the words of its commands. Only what was typed is opened: of everything beside it there is a name and
//! a line, since a plugin may have more than a thousand commands.
//!
//! It must not know how an argument is typed.

use super::clap_tree::with_command;
use crate::cli::globals::{GLOBAL, GLOBAL_FLAGS, GlobalFlag};
use crate::model::CleanText;
use crate::openapi::{CommandHead, LazyDescriptor};
use crate::runner::PluginApi;
use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;

/// The tree for `everestctl NAME`, of which what the `arguments` name is whole, and everything else a name with a line.
pub(in crate::cli) fn tree(
    name: &str,
    known: &PluginApi,
    arguments: &[OsString],
    verbose: bool,
) -> clap::Command {
    let PluginApi { descriptor, place } = known;
    let root = CommandGroup::new(descriptor, &TypedWords::new(arguments, descriptor));
    let about = descriptor.about.title.to_string();
    let mut tree = root.to_clap(name.to_owned(), &format!("everestctl {name}"), descriptor, verbose);
    tree = tree.about(about).bin_name(format!("everestctl {name}"));
    if let Some(description) = &descriptor.about.description {
        tree = tree.long_about(description.to_string());
    }
    tree.after_help(format!("Commands described by {}.\n{GLOBAL}", CleanText::new(place)))
        .max_term_width(100)
        .args_override_self(true)
        .args(GLOBAL_FLAGS.iter().map(GlobalFlag::to_clap))
}

/// The words that were typed: what none of them names is not opened.
pub(super) struct TypedWords<'t>(HashSet<&'t str>);

impl<'t> TypedWords<'t> {
    /// Among `arguments`, which may be flags and values, too: too much is opened rather than too little. What has an
    /// alias that was typed was typed itself.
    pub(super) fn new(arguments: &'t [OsString], descriptor: &'t LazyDescriptor) -> Self {
        let mut words: HashSet<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
        let mut meant = Vec::new();
        for head in descriptor.heads() {
            let is_typed = |alias: &str| last(alias).is_some_and(|word| words.contains(word));
            if head.aliases().any(is_typed) {
                meant.extend(last(head.words()));
            }
        }
        words.extend(meant);
        Self(words)
    }
}

fn last(words: &str) -> Option<&str> {
    words.rsplit(' ').next()
}

/// The commands below one word.
#[derive(Default)]
pub(super) struct CommandGroup<'a> {
    head: Option<CommandHead<'a>>,
    aliases: Vec<&'a str>,
    below: BTreeMap<&'a str, CommandGroup<'a>>,
    /// In the order of the document.
    order: Vec<&'a str>,
    /// Whether it was typed.
    is_open: bool,
}

impl<'a> CommandGroup<'a> {
    /// All commands of a plugin.
    pub(super) fn new(descriptor: &'a LazyDescriptor, typed: &TypedWords<'_>) -> Self {
        let mut root = Self { is_open: true, ..Self::default() };
        for head in descriptor.heads() {
            root.add(head, typed);
        }
        root
    }

    fn add(&mut self, head: CommandHead<'a>, typed: &TypedWords<'_>) {
        self.at(head.words(), typed, |node| node.head = Some(head));
        for alias in head.aliases() {
            match (alias.rsplit_once(' '), head.words().rsplit_once(' ')) {
                (Some((before, last)), Some((own, _))) if before == own => {
                    self.at(head.words(), typed, |node| node.aliases.push(last));
                }
                (None, None) => self.at(head.words(), typed, |node| node.aliases.push(alias)),
                _ => self.at(alias, typed, |node| node.head = Some(head)),
            }
        }
    }

    /// Does something to the group with these words, unless it is below one that is not open.
    fn at(&mut self, words: &'a str, typed: &TypedWords<'_>, act: impl FnOnce(&mut Self)) {
        let mut node = self;
        let mut is_below_closed = false;
        for word in words.split(' ') {
            if is_below_closed {
                return;
            }
            is_below_closed = !node.is_open;
            if !node.below.contains_key(word) {
                node.order.push(word);
            }
            let is_open = node.is_open && typed.0.contains(word);
            node = node.below.entry(word).or_insert_with(|| Self { is_open, ..Self::default() });
        }
        act(node);
    }

    /// `full` is what is typed before the words of this node, and with them.
    pub(super) fn to_clap(
        &self,
        name: String,
        full: &str,
        descriptor: &LazyDescriptor,
        verbose: bool,
    ) -> clap::Command {
        let mut tree = clap::Command::new(name).disable_help_subcommand(true);
        let command = self.head.filter(|_| self.is_open).and_then(|head| descriptor.get(head.number));
        tree = match (command, self.head) {
            (Some(command), _) => with_command(tree, command, full, verbose),
            (None, Some(head)) => tree.about(head.summary().to_string()).hide(head.is_hidden()),
            (None, None) => {
                tree.about(self.order.join(", ")).subcommand_required(true).arg_required_else_help(true)
            }
        };
        if !self.is_open {
            return tree;
        }
        // A clap tree refuses what is there twice.
        let mut taken: Vec<&str> = self.order.clone();
        for word in &self.order {
            let Some(node) = self.below.get(word) else { continue };
            let mut sub = node.to_clap((*word).to_owned(), &format!("{full} {word}"), descriptor, verbose);
            for alias in &node.aliases {
                if !taken.contains(alias) {
                    taken.push(alias);
                    sub = sub.visible_alias((*alias).to_owned());
                }
            }
            tree = tree.subcommand(sub);
        }
        if !self.order.is_empty() && self.head.is_some() {
            tree = tree.args_conflicts_with_subcommands(true);
        }
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::globals;
    use crate::cli::plugin_command::clap_tree;
    use crate::ops::Options;
    use serde_json::json;

    #[test]
    fn a_parameter_that_is_named_like_a_global_flag_changes_nothing_about_the_flag() {
        for (kind, value) in [("boolean", None), ("string", Some("x"))] {
            let parameters: Vec<_> = GLOBAL_FLAGS
                .iter()
                .flat_map(|flag| [Some(flag.long), flag.alias].into_iter().flatten())
                .map(|name| json!({"name": name, "in": "query", "schema": {"type": kind, "default": value}}))
                .collect();
            let document = json!({"openapi": "3.0.0", "info": {"title": "x", "version": "1"},
                "paths": {"/thing": {"get": {"parameters": parameters, "responses": {}}}}});
            let descriptor = crate::openapi::read(document.to_string().as_bytes()).unwrap();
            let known = PluginApi { descriptor: Box::new(descriptor.into()), place: "test".to_owned() };
            let mut tree = tree("odd", &known, &["thing".into()], false);
            for flag in GLOBAL_FLAGS {
                let typed = match flag.takes {
                    globals::Takes::Nothing | globals::Takes::Count => format!("--{}", flag.long),
                    globals::Takes::OneOf(words) => format!("--{}={}", flag.long, words[words.len() - 1]),
                    globals::Takes::Duration => format!("--{}=3s", flag.long),
                    globals::Takes::Text(_) | globals::Takes::Path(_) => format!("--{}=typed", flag.long),
                };
                let matches = tree.try_get_matches_from_mut(["odd", "thing", &typed]).unwrap();
                let mut options = Options::default();
                globals::apply(&mut options, clap_tree::typed(&matches).1);
                assert_ne!(options, Options::default(), "{typed}");
            }
            let matches = tree.try_get_matches_from_mut(["odd", "thing"]).unwrap();
            let mut options = Options::default();
            globals::apply(&mut options, clap_tree::typed(&matches).1);
            assert_eq!(options, Options::default());
        }
    }
}

//! The clap tree of one plugin: the words of its commands. Only what was typed is opened, since a plugin may have more than a
//! thousand commands: of everything beside it there is a name and a line, and for a line that is only to be read not even
//! that, since clap gives every global option to every name.
//!
//! It must not know how an argument is typed.

use super::clap_tree::{usage, with_command, with_help};
use super::credentials_help;
use super::help_page::{self, HelpItem, HelpLayout, TreeDetail};
use super::search_output;
use crate::cli::globals::{GLOBAL, GLOBAL_FLAGS, GlobalFlag};
use crate::cli::template_text;
use crate::model::CleanText;
use crate::openapi::{ApiCommand, CommandHead, HelpSection, LazyDescriptor};
use crate::runner::PluginApi;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::fmt::Write as _;

/// The tree for `everestctl NAME`, of which what the `arguments` name is whole, and everything else a name with a line.
pub(in crate::cli) fn tree(
    name: &str,
    known: &PluginApi,
    arguments: &[OsString],
    detail: TreeDetail,
) -> clap::Command {
    let PluginApi { name: own_name, descriptor, place } = known;
    let root = CommandGroup::new(descriptor, &TypedWords::new(arguments, descriptor), detail.only_typed);
    let about = descriptor.about.title.to_string();
    let context = TreeContext::new(descriptor, own_name, name, arguments, detail);
    let mut tree = root.to_clap(name.to_owned(), "", &context);
    tree = tree.about(about.clone()).bin_name(format!("everestctl {name}"));
    let mut more = String::new();
    if let Some(description) = &descriptor.about.description {
        match detail.layout {
            Some(_) => {
                let (before, after) = help_page::split(description.as_str());
                tree = tree.long_about(format!("{about}\n\n{before}").trim().to_owned());
                if !after.is_empty() {
                    more = format!("{after}\n\n");
                }
            }
            None => tree = tree.long_about(description.to_string()),
        }
    }
    let end = format!("Commands described by {}.\n{GLOBAL}", CleanText::new(place));
    if !more.is_empty() {
        tree = tree.after_long_help(format!("{more}{end}"));
    }
    tree.after_help(end)
        .max_term_width(100)
        .args_override_self(true)
        .args(GLOBAL_FLAGS.iter().map(GlobalFlag::to_clap))
}

/// What all groups of a tree have in common.
pub(super) struct TreeContext<'d> {
    descriptor: &'d LazyDescriptor,
    plugin: &'d str,
    detail: TreeDetail,
    /// What the document says of a group, by its words.
    groups: HashMap<String, &'d CleanText>,
    /// A command is looked for, and none is needed.
    searches: bool,
    /// The plugin's own name, whatever was typed.
    own_name: &'d str,
}

impl<'d> TreeContext<'d> {
    pub(super) fn new(
        descriptor: &'d LazyDescriptor,
        own_name: &'d str,
        plugin: &'d str,
        arguments: &[OsString],
        detail: TreeDetail,
    ) -> Self {
        let groups = descriptor.about.groups.iter().map(|group| (group.words.to_string(), &group.text));
        let searches = arguments.iter().any(|argument| search_output::is_flag(argument));
        Self { descriptor, plugin, detail, groups: groups.collect(), searches, own_name }
    }

    /// What help says of the credentials that `command` requires.
    fn credentials_of(&self, command: &ApiCommand) -> Vec<String> {
        credentials_help::lines(command, &self.descriptor.about.schemes, self.own_name, self.plugin)
    }
}

/// The words that were typed: what none of them names is not opened.
pub(super) struct TypedWords<'t>(HashSet<&'t str>);

impl<'t> TypedWords<'t> {
    /// Among `arguments`, which may be flags and values, too: too much is opened rather than too little. What has an
    /// alias that was typed was typed itself.
    pub(super) fn new(arguments: &'t [OsString], descriptor: &'t LazyDescriptor) -> Self {
        let mut words: HashSet<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
        let mut meant = Vec::new();
        for head in descriptor.aliased() {
            let is_typed = |alias: &str| last(alias).is_some_and(|word| words.contains(word));
            if head.aliases().any(is_typed) {
                meant.extend(last(head.words()));
            }
        }
        words.extend(meant);
        Self(words)
    }
}

fn first(words: &str) -> &str {
    words.split(' ').next().unwrap_or_default()
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
    /// Whether there is something below it that was not looked at.
    has_more: bool,
}

impl<'a> CommandGroup<'a> {
    /// All commands of a plugin.
    fn new(descriptor: &'a LazyDescriptor, typed: &TypedWords<'_>, only_typed: bool) -> Self {
        let mut root = Self { is_open: true, ..Self::default() };
        for (first, heads) in descriptor.by_first_word() {
            if !only_typed || typed.0.contains(first) {
                heads.for_each(|head| root.add(head, typed));
            } else {
                root.has_more = true;
            }
        }
        if only_typed {
            // Their other names may be what was typed.
            for head in descriptor.aliased().filter(|head| !typed.0.contains(first(head.words()))) {
                root.add(head, typed);
            }
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
                node.has_more = true;
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

    /// Whether there is something to show of it.
    fn is_shown(&self) -> bool {
        match self.head {
            Some(head) => !head.is_hidden() || self.below.values().any(Self::is_shown),
            None => self.has_more || self.below.values().any(Self::is_shown),
        }
    }

    /// The commands below that are shown.
    fn children(&self) -> Vec<&'a str> {
        let is_shown = |word: &&&str| self.below.get(**word).is_some_and(Self::is_shown);
        self.order.iter().filter(is_shown).copied().collect()
    }

    /// What it is, in one line; `words` lead to it.
    fn summary(&self, words: &str, context: &TreeContext<'_>) -> String {
        let own = self.head.map(|head| head.summary().to_string());
        let text = context.groups.get(words).map(|text| text.as_str());
        match (text, own) {
            (Some(text), None) => text.to_owned(),
            (_, own) => help_page::of_children(own.as_deref(), &self.children()),
        }
    }

    /// `words` lead to it from the plugin's name.
    pub(super) fn to_clap(&self, name: String, words: &str, context: &TreeContext<'_>) -> clap::Command {
        let full = format!("everestctl {} {words}", context.plugin);
        let full = full.trim_end();
        let mut tree = clap::Command::new(name).disable_help_subcommand(true);
        let command = self.head.filter(|_| self.is_open);
        let command = command.and_then(|head| context.descriptor.get(head.number));
        tree = match command {
            Some(command) => {
                let tree = with_command(tree, command, full);
                if context.detail.only_typed {
                    tree
                } else {
                    with_help(tree, command, full, context.credentials_of(command), context.detail)
                }
            }
            // Its list says what is below it.
            None if self.is_open && context.detail.layout.is_some() => {
                tree.about(context.groups.get(words).map(ToString::to_string).unwrap_or_default())
            }
            None => tree.about(self.summary(words, context)),
        };
        tree = tree.hide(!self.is_shown());
        if !self.is_open || (self.order.is_empty() && !self.has_more) {
            return tree;
        }
        tree = match command {
            Some(command) => tree
                .args_conflicts_with_subcommands(true)
                .override_usage(format!("{}\n       {full} <COMMAND>", usage(command, full))),
            None => tree
                .override_usage(format!("{full} [OPTIONS] <COMMAND>"))
                .subcommand_required(!context.searches)
                .arg_required_else_help(true)
                .arg(search_output::flag()),
        };
        // A clap tree refuses what is there twice.
        let mut taken: Vec<&str> = self.order.clone();
        let mut items = Vec::new();
        for word in &self.order {
            let Some(node) = self.below.get(word) else { continue };
            let below = format!("{words} {word}");
            let below = below.trim_start();
            let mut sub = node.to_clap((*word).to_owned(), below, context);
            let mut aliases = Vec::new();
            for alias in &node.aliases {
                if !taken.contains(alias) {
                    taken.push(alias);
                    aliases.push(*alias);
                    sub = sub.visible_alias((*alias).to_owned());
                }
            }
            if context.detail.layout.is_some() && node.is_shown() {
                items.push(HelpItem { name: word, summary: node.summary(below, context), aliases });
            }
            tree = tree.subcommand(sub);
        }
        match context.detail.layout {
            Some(layout) => {
                // Only the first words are in sections.
                let sections = if words.is_empty() { &context.descriptor.about.sections[..] } else { &[] };
                with_list(tree, items, sections, layout)
            }
            None => tree,
        }
    }
}

/// The same with this list of its commands in its help. Those of clap are hidden: one long name would double the list.
fn with_list(
    tree: clap::Command,
    items: Vec<HelpItem<'_>>,
    sections: &[HelpSection],
    layout: HelpLayout,
) -> clap::Command {
    let style = *tree.get_styles().get_header();
    let mut lists = String::new();
    for (title, items) in help_page::in_sections(items, sections) {
        let title = template_text::in_template(title);
        let list = template_text::in_template(&help_page::list(&items, layout));
        // Writing into memory does not fail.
        let _ = write!(lists, "{style}{title}:{style:#}\n{list}\n");
    }
    tree.mut_subcommands(|command| command.hide(true)).help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{lists}{{all-args}}{{after-help}}"
    ))
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
            let name = "odd".to_owned();
            let known = PluginApi { name, descriptor: Box::new(descriptor.into()), place: "test".to_owned() };
            let mut tree = tree("odd", &known, &["thing".into()], TreeDetail::default());
            for flag in GLOBAL_FLAGS {
                let typed = match flag.takes {
                    globals::Takes::Nothing | globals::Takes::Count => format!("--{}", flag.long),
                    globals::Takes::OneOf(words) => format!("--{}={}", flag.long, words[words.len() - 1]),
                    globals::Takes::Duration => format!("--{}=3s", flag.long),
                    globals::Takes::Text(_) | globals::Takes::Path(_) => format!("--{}=typed", flag.long),
                };
                let matches = tree.try_get_matches_from_mut(["odd", "thing", &typed]).unwrap();
                let mut options = Options::default();
                globals::apply(&mut options, clap_tree::typed(&matches).1).unwrap();
                assert_ne!(options, Options::default(), "{typed}");
            }
            let matches = tree.try_get_matches_from_mut(["odd", "thing"]).unwrap();
            let mut options = Options::default();
            globals::apply(&mut options, clap_tree::typed(&matches).1).unwrap();
            assert_eq!(options, Options::default());
        }
    }
}

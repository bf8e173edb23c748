//! Walks a clap tree along the typed words: for TAB, and for suggestions.

use clap::{Arg, Command, ValueHint};
use std::ffi::{OsStr, OsString};

/// What belongs where the cursor is.
pub(super) enum CursorTarget<'a> {
    /// A flag of this command.
    Flags(&'a Command),
    /// The value of a flag; `prefix` is what comes before it in the same word.
    Value { argument: &'a Arg, prefix: String, typed: String },
    /// A command below `here`, or the next positional argument.
    Word { here: &'a Command, depth: usize, values: usize, argument: Option<&'a Arg> },
    /// A value that cannot be completed.
    Nothing,
}

impl<'a> CursorTarget<'a> {
    /// The argument of which a value is wanted.
    pub(super) fn argument(&self) -> Option<&'a Arg> {
        match self {
            Self::Value { argument, .. } => Some(argument),
            Self::Word { argument, .. } => *argument,
            Self::Flags(_) | Self::Nothing => None,
        }
    }

    /// The words before it that are whole: not a flag whose value is being typed.
    pub(super) fn whole<'w>(&self, before: &'w [OsString]) -> &'w [OsString] {
        match self {
            Self::Value { prefix, .. } if prefix.is_empty() => &before[..before.len().saturating_sub(1)],
            _ => before,
        }
    }

    /// What is typed of that value, and what comes before it in the same word.
    pub(super) fn typed(&self, current: &OsStr) -> (String, String) {
        match self {
            Self::Value { typed, prefix, .. } => (typed.clone(), prefix.clone()),
            _ => (current.to_string_lossy().into_owned(), String::new()),
        }
    }
}

/// Where some words lead.
struct Position<'a> {
    here: &'a Command,
    depth: usize,
    /// Words that are no command.
    values: usize,
    /// The flag whose value comes next.
    pending: Option<&'a Arg>,
    /// Behind `--`.
    only_values: bool,
}

/// The command that `words` lead to.
pub(super) fn reached<'a>(tree: &'a Command, words: &[OsString]) -> &'a Command {
    along(tree, words).here
}

/// Whether `words` lead to a command below `tree`.
pub(super) fn leads_below(tree: &Command, words: &[OsString]) -> bool {
    along(tree, words).depth > 0
}

fn along<'a>(tree: &'a Command, words: &[OsString]) -> Position<'a> {
    let (mut here, mut depth, mut values) = (tree, 0, 0);
    let mut pending: Option<&Arg> = None;
    let mut only_values = false;
    for word in words {
        let text = word.to_string_lossy();
        if pending.take().is_some() {
            continue;
        }
        if only_values {
            values += 1;
        } else if text == "--" {
            only_values = true;
        } else if let Some(long) = text.strip_prefix("--") {
            let name = long.split('=').next().unwrap_or_default();
            pending = by_long(here, name).filter(|arg| takes_next(arg) && !long.contains('='));
        } else if let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            pending = waiting_letter(here, letters);
        } else if let Some(sub) = here.find_subcommand(text.as_ref()).filter(|_| values == 0) {
            (here, depth) = (sub, depth + 1);
        } else {
            values += 1;
        }
    }
    Position { here, depth, values, pending, only_values }
}

/// Walks along `before`; `current` is the word that is being typed.
pub(super) fn walk<'a>(tree: &'a Command, before: &[OsString], current: &OsStr) -> CursorTarget<'a> {
    let Position { here, depth, values, pending, only_values } = along(tree, before);
    let current = current.to_string_lossy();
    if let Some(argument) = pending {
        return CursorTarget::Value { argument, prefix: String::new(), typed: current.into_owned() };
    }
    if !only_values && current.starts_with('-') {
        if let Some((name, typed)) = current.strip_prefix("--").and_then(|long| long.split_once('=')) {
            return by_long(here, name).map_or(CursorTarget::Nothing, |argument| CursorTarget::Value {
                argument,
                prefix: format!("--{name}="),
                typed: typed.to_owned(),
            });
        }
        if let Some((argument, prefix, typed)) = glued(here, &current) {
            return CursorTarget::Value { argument, prefix, typed };
        }
        return CursorTarget::Flags(here);
    }
    // A flag that is not known here may take what follows as its value.
    if before.last().is_some_and(|word| is_unknown_flag(here, word)) && !only_values {
        return CursorTarget::Nothing;
    }
    let positionals: Vec<&Arg> = here.get_positionals().collect();
    let argument =
        positionals.get(values).or_else(|| positionals.last().filter(|last| is_endless(last))).copied();
    CursorTarget::Word { here, depth, values, argument }
}

/// The letter whose value is in the same word, with what comes before the value: `-o` of `-ojs`, `-o=` of `-o=js`.
fn glued<'a>(here: &'a Command, current: &str) -> Option<(&'a Arg, String, String)> {
    let letters = current.strip_prefix('-').filter(|rest| !rest.is_empty() && !rest.starts_with('-'))?;
    for (at, letter) in letters.char_indices() {
        let argument = here.get_arguments().find(|argument| argument.get_short() == Some(letter))?;
        if takes_next(argument) {
            let value = &letters[at + letter.len_utf8()..];
            let value = value.strip_prefix('=').unwrap_or(value);
            let prefix = current.strip_suffix(value)?;
            return Some((argument, prefix.to_owned(), value.to_owned()));
        }
    }
    None
}

fn is_unknown_flag(here: &Command, word: &OsStr) -> bool {
    let text = word.to_string_lossy();
    let name = text.strip_prefix("--").filter(|name| !name.is_empty() && !name.contains('='));
    name.is_some_and(|name| by_long(here, name).is_none() && !matches!(name, "help" | "version"))
}

fn is_endless(argument: &Arg) -> bool {
    argument.get_num_args().is_some_and(|range| range.max_values() > 1)
        || matches!(argument.get_action(), clap::ArgAction::Append)
}

fn by_long<'a>(here: &'a Command, name: &str) -> Option<&'a Arg> {
    here.get_arguments().find(|arg| {
        arg.get_long() == Some(name) || arg.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
    })
}

/// Whether the next word is its value.
fn takes_next(argument: &Arg) -> bool {
    argument.get_action().takes_values() && !argument.is_require_equals_set()
}

/// The letter of a bundle whose value is the next word.
fn waiting_letter<'a>(here: &'a Command, letters: &str) -> Option<&'a Arg> {
    let mut rest = letters.chars();
    while let Some(letter) = rest.next() {
        let argument = here.get_arguments().find(|arg| arg.get_short() == Some(letter))?;
        if takes_next(argument) {
            return rest.as_str().is_empty().then_some(argument);
        }
    }
    None
}

/// The flags that start like this. The global ones would hide what a command's own are: they are among them where
/// there is no command yet, or once a letter says that one is wanted.
pub(super) fn flags(here: &Command, typed: &str) -> Vec<(String, String)> {
    let with_global = here.has_subcommands() || typed.len() > "--".len();
    let mut found: Vec<(String, String)> = here
        .get_arguments()
        .filter(|arg| !arg.is_hide_set() || (with_global && arg.is_global_set()))
        .filter(|arg| !arg.is_positional())
        .filter_map(|arg| Some((format!("--{}", arg.get_long()?), help(arg.get_help()))))
        .filter(|(flag, _)| flag.starts_with(typed))
        .collect();
    found.sort();
    found
}

/// The commands below that start like this.
pub(super) fn subcommands(here: &Command, typed: &str) -> Vec<(String, String)> {
    here.get_subcommands()
        .filter(|sub| !sub.is_hide_set() && sub.get_name().starts_with(typed))
        .map(|sub| (sub.get_name().to_owned(), help(sub.get_about())))
        .collect()
}

/// The values of a closed set that start like this.
pub(super) fn possible_values(argument: &Arg, typed: &str) -> Vec<(String, String)> {
    argument
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set() && value.get_name().starts_with(typed))
        .map(|value| (value.get_name().to_owned(), help(value.get_help())))
        .collect()
}

/// Whether the names of files are values of it.
pub(super) fn takes_file(argument: &Arg) -> bool {
    matches!(
        argument.get_value_hint(),
        ValueHint::AnyPath
            | ValueHint::FilePath
            | ValueHint::DirPath
            | ValueHint::ExecutablePath
            | ValueHint::CommandWithArguments
    )
}

/// The first line of a help text.
fn help(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(ToString::to_string).unwrap_or_default().lines().next().unwrap_or_default().to_owned()
}

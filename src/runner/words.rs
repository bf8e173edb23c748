//! The words that a plugin declares of its arguments, as TAB offers them: lines as in `run --since <1h|24h>`, each with what
//! it does. Pure.
//!
//! It must not know where they are written.

use super::completion::{Completions, DEFAULT, MOST, NO_FILES};
use everestctl_protocol::sidecar::{Completion, Sidecar};
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};

/// What the words of a plugin's metadata say, if it has any; nothing is run.
pub(super) fn of_metadata(metadata: &Sidecar, typed: &[OsString], current: &OsStr) -> Completions {
    match metadata.completion {
        Completion::Words => {
            let lines = metadata.words.iter();
            let lines = lines.map(|(line, text)| (line.as_str(), text.as_deref().unwrap_or_default()));
            following(lines, typed, &current.to_string_lossy())
        }
        _ => Completions { values: Vec::new(), directive: DEFAULT },
    }
}

/// The words of `lines` that may follow what is typed; flags once a dash says that one is wanted. After a flag that
/// takes a value, its values.
pub(super) fn following<'l>(
    lines: impl Iterator<Item = (&'l str, &'l str)>,
    typed: &[OsString],
    current: &str,
) -> Completions {
    let lines: Vec<WordLine<'_>> = lines.filter_map(|(line, text)| WordLine::new(line, text)).collect();
    let typed: Vec<Cow<'_, str>> = typed.iter().map(|word| word.to_string_lossy()).collect();
    let mut path: Vec<&str> = Vec::new();
    let mut flags: Vec<&str> = Vec::new();
    let mut words = typed.iter().map(AsRef::<str>::as_ref);
    while let Some(word) = words.next() {
        if is_word(word) {
            path.push(word);
            continue;
        }
        flags.push(word);
        let values =
            lines.iter().find(|line| line.before == path && line.last == word).and_then(|line| line.values);
        if let Some(values) = values
            && words.next().is_none()
        {
            let fitting = choices(values).filter(|value| value.starts_with(current));
            let values = fitting.map(|value| (value.to_owned(), String::new())).collect();
            return Completions { values, directive: NO_FILES };
        }
    }
    let mut found: Vec<(String, String)> = lines
        .iter()
        .filter(|line| line.last.starts_with(current) && is_word(line.last) != current.starts_with('-'))
        .filter(|line| !flags.contains(&line.last) && line.before == path)
        .map(|line| (line.last.to_owned(), line.description.to_owned()))
        .collect();
    let directive = if found.is_empty() { DEFAULT } else { NO_FILES };
    found.truncate(MOST);
    Completions { values: found, directive }
}

/// One line.
struct WordLine<'l> {
    before: Vec<&'l str>,
    last: &'l str,
    /// What stands in `<…>` after a flag: its values with `|` between them, or a name for them in upper case.
    values: Option<&'l str>,
    description: &'l str,
}

impl<'l> WordLine<'l> {
    fn new(line: &'l str, description: &'l str) -> Option<Self> {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let inside = |word: &&'l str| word.strip_prefix('<').and_then(|word| word.strip_suffix('>'));
        let values = words.last().and_then(inside);
        if values.is_some() {
            words.pop();
        }
        let last = words.pop()?;
        Some(Self { before: words, last, values, description })
    }
}

fn is_word(word: &str) -> bool {
    !word.starts_with('-')
}

/// The values in `a|b`; none in `DURATION`, which only says what a value is.
fn choices(values: &str) -> impl Iterator<Item = &str> {
    let are_named = !values.contains(|character: char| character.is_ascii_lowercase() || character == '|');
    values.split('|').filter(move |value| !are_named && !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_may_take_values() {
        let lines = [
            ("run", "Start a run"),
            ("run --since <1h|24h>", "Only newer ones"),
            ("run --until <TIME>", "Only older ones"),
            ("run --fast", "Skip the slow checks"),
            ("run all", "Everything"),
        ];
        let offered = |typed: &str, current: &str| {
            let typed: Vec<OsString> = typed.split_whitespace().map(OsString::from).collect();
            let found = following(lines.into_iter(), &typed, current);
            (found.values.into_iter().map(|(value, _)| value).collect::<Vec<_>>().join(" "), found.directive)
        };
        let words = |text: &str| (text.to_owned(), NO_FILES);
        assert_eq!(offered("run", "--"), words("--since --until --fast"));
        assert_eq!(offered("run --since", ""), words("1h 24h"));
        assert_eq!(offered("run --since", "2"), words("24h"));
        // A value that no line knows is not one of its words.
        assert_eq!(offered("run --until", ""), words(""));
        assert_eq!(offered("run --since yesterday", ""), words("all"));
        assert_eq!(offered("run --since 1h --fast", "-"), words("--until"));
        assert_eq!(offered("", ""), words("run"));
    }
}

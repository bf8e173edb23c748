//! A value as it has to be typed, so that the shell gives exactly that value to the program and does nothing else.
//!
//! For bash, by the quote that is open on the line, and for PowerShell. zsh, fish and elvish quote what they insert
//! themselves, by rules and options that only they know. Knows nothing of completion.

use super::reading::Quote;
use crate::model::harmless;
use std::fmt::Write as _;

/// Whether a value can be put on a line: what a terminal acts on, what ends a line and what cannot be seen cannot.
pub(super) fn can_be_typed(value: &str) -> bool {
    let is_kept = |character| !matches!(character, '\u{2028}' | '\u{2029}' | char::REPLACEMENT_CHARACTER);
    !value.is_empty() && value.chars().all(is_kept) && harmless(value) == value
}

/// Whether bash would do something with it, be it between quotes that were taken for open and are not.
fn is_active(character: char) -> bool {
    ";&|<>()$`\\\"'!".contains(character)
}

/// A part of a value for bash, where `quote` is open. The quote stays open; every part of it that could be code is
/// escaped in a way that holds outside of the quote as well, since what was typed on an earlier line is not known here.
pub(super) fn bash(part: &str, quote: Quote) -> String {
    let mut line = String::with_capacity(part.len() * 2);
    for character in part.chars() {
        match quote {
            Quote::None if is_bare(character) => line.push(character),
            Quote::None => line.extend(['\\', character]),
            // `$'`: by number.
            Quote::Ansi if is_active(character) => {
                let _ = write!(line, "\\{:03o}", u32::from(character));
            }
            Quote::Single if is_active(character) => line.extend(['\'', '\\', character, '\'']),
            Quote::Double if is_active(character) => line.extend(['"', '\\', character, '"']),
            Quote::Ansi | Quote::Single | Quote::Double => line.push(character),
        }
    }
    // A part that starts with the end of the quote: readline takes the first of two equal quotes for the one that is
    // there already.
    if let Some(mark) = quote.mark().filter(|mark| line.starts_with(*mark)) {
        line.insert(0, mark);
    }
    line
}

/// What means nothing to bash, wherever it is in a word.
fn is_bare(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_-./,:+=@%".contains(character) || !character.is_ascii()
}

/// A word for PowerShell, which replaces the whole word with its quotes; `None` for what its older versions hand to a
/// program as something else: they put `"` around a word and do not look inside.
pub(super) fn powershell(value: &str) -> Option<String> {
    if value.contains('"') || value.ends_with('\\') {
        return None;
    }
    let is_name = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.chars().all(|character| character.is_ascii_alphanumeric() || "_-".contains(character))
    };
    // `-a.b` would be two arguments, `1kb` a number.
    let is_flag = |flag: &str| {
        let (name, value) = flag.split_once('=').unwrap_or((flag, "x"));
        is_name(name) && (value.is_empty() || is_name(value))
    };
    if is_name(value) || value.strip_prefix("--").is_some_and(is_flag) {
        return Some(value.to_owned());
    }
    let mut word = String::from("'");
    for character in value.chars() {
        if matches!(character, '\'' | '\u{2018}'..='\u{201b}') {
            word.push(character);
        }
        word.push(character);
    }
    word.push('\'');
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::super::reading;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn powershell_gets_closed_quotes_and_nothing_that_its_older_versions_change() {
        assert_eq!(powershell("steam").as_deref(), Some("steam"));
        assert_eq!(powershell("--kind=steam").as_deref(), Some("--kind=steam"));
        assert_eq!(powershell("--%").as_deref(), Some("'--%'"));
        assert_eq!(powershell("it's; rm").as_deref(), Some("'it''s; rm'"));
        assert_eq!(powershell("a\u{2019};rm").as_deref(), Some("'a\u{2019}\u{2019};rm'"));
        assert_eq!((powershell("a\" --yes \"b"), powershell("a b\\")), (None, None));
    }

    proptest! {
        #[test]
        fn powershell_reads_back_the_value(value in "[ -~\u{2018}-\u{201e}]{1,12}|\\PC{1,8}") {
            if let Some(word) = powershell(&value) {
                let read = reading::powershell(&format!("e {word} ")).unwrap();
                prop_assert_eq!(&read.words[1..], &[value]);
                prop_assert!(!read.is_expanded);
            }
        }
    }
}

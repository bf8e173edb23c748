//! What is known of a text while it is typed: whether it is whole, what its parts are, what can come next.

use crate::openapi::Shell;
use crate::openapi::shell::{ShellAction, StatementSyntax};
use crate::openapi::statements::{PartKind, is_whole, parts};
use crate::term::line_editor::{Assistant, PartStyle, TextCompletion};
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// The largest number of values that are offered.
const MOST: usize = 200;

/// Knows the words of one shell.
pub(super) struct ShellAssistant {
    syntax: StatementSyntax,
    /// In small letters.
    keywords: Vec<String>,
    /// Words of the shell, with what they do.
    words: Vec<(String, String)>,
    forget: Vec<String>,
    /// What the plugin offers, with what it is.
    values: RwLock<Vec<(String, String)>>,
}

impl ShellAssistant {
    pub(super) fn new(shell: &Shell) -> Self {
        let mut words: BTreeMap<String, String> = BTreeMap::new();
        for word in &shell.words {
            // Of several with one name, the one for which nothing has to follow says what it is.
            let is_alone =
                !matches!(&word.does, ShellAction::Command { pattern, .. } if !pattern.as_str().is_empty());
            let summary = words.entry(word.word.to_string()).or_default();
            if is_alone || summary.is_empty() {
                *summary = word.summary.to_string();
            }
        }
        let small = |words: &[crate::model::CleanText]| {
            words.iter().map(|word| word.as_str().to_lowercase()).collect()
        };
        Self {
            syntax: shell.syntax.clone(),
            keywords: small(&shell.keywords),
            words: words.into_iter().collect(),
            forget: small(&shell.forget),
            values: RwLock::default(),
        }
    }

    /// Offers these from now on.
    pub(super) fn offer(&self, values: Vec<(String, String)>) {
        *self.values.write().unwrap_or_else(PoisonError::into_inner) = values;
    }

    fn has_word(&self, word: &str) -> bool {
        self.words.iter().any(|(other, _)| other == word)
    }
}

impl Assistant for ShellAssistant {
    fn is_whole(&self, text: &str) -> bool {
        is_whole(&self.syntax, text, &|word| self.has_word(word))
    }

    fn parts(&self, text: &str) -> Vec<(PartStyle, String)> {
        let mut styled = Vec::new();
        let mut of_word = false;
        for part in parts(&self.syntax, text) {
            let starts_line = || text[..part.at].rsplit('\n').next().unwrap_or_default().trim().is_empty();
            of_word = (of_word && !part.text.contains(char::is_whitespace))
                || (part.kind == PartKind::Other && part.text == "\\" && starts_line());
            let style = match part.kind {
                _ if of_word => PartStyle::Word,
                PartKind::Comment => PartStyle::Comment,
                PartKind::Quote => PartStyle::Quote,
                PartKind::Word if part.text.starts_with(|first: char| first.is_ascii_digit()) => {
                    PartStyle::Number
                }
                PartKind::Word if self.keywords.contains(&part.text.to_lowercase()) => PartStyle::Keyword,
                _ => PartStyle::Plain,
            };
            styled.push((style, part.text.to_owned()));
        }
        styled
    }

    fn candidates(&self, text: &str) -> Vec<TextCompletion> {
        if let Some(last) = parts(&self.syntax, text).last()
            && last.open
            && !last.text.starts_with('"')
        {
            return Vec::new();
        }
        let is_part = |character: char| character.is_alphanumeric() || "_.\"\\+?".contains(character);
        let start = text.char_indices().rev().take_while(|(_, character)| is_part(*character)).last();
        let start = start.map_or(text.len(), |(at, _)| at);
        let typed = &text[start..];
        // Behind the end of a statement, nothing has begun.
        if typed.is_empty() && !text.ends_with(|last: char| last.is_whitespace() || "(,".contains(last)) {
            return Vec::new();
        }
        let candidate = |value: &str, description: &str| TextCompletion {
            value: value.to_owned(),
            description: description.to_owned(),
            start,
        };
        if typed.starts_with('\\') {
            let fitting = self.words.iter().filter(|(word, _)| word.starts_with(typed));
            return fitting.map(|(word, what)| candidate(word, what)).collect();
        }
        let small = typed.to_lowercase();
        let values = self.values.read().unwrap_or_else(PoisonError::into_inner);
        let bare = small.trim_start_matches('"');
        let fits =
            |value: &&(String, String)| value.0.trim_start_matches('"').to_lowercase().starts_with(bare);
        let mut found: Vec<TextCompletion> =
            values.iter().filter(fits).map(|(value, what)| candidate(value, what)).collect();
        // After a word of the shell come names alone.
        if !small.is_empty() && !text.trim_start().starts_with('\\') {
            let is_small = !typed.chars().any(char::is_uppercase);
            let spelled = |word: &String| if is_small { word.clone() } else { word.to_uppercase() };
            let fitting = self.keywords.iter().filter(|word| word.starts_with(&small));
            found.extend(fitting.map(|word| candidate(&spelled(word), "")));
        }
        found.truncate(MOST);
        found
    }

    fn is_kept(&self, text: &str) -> bool {
        let small = text.to_lowercase();
        !self.forget.iter().any(|word| small.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assistant() -> ShellAssistant {
        let syntax = StatementSyntax {
            end: ";".to_owned(),
            quotes: vec!['\'', '"'],
            line_comment: Some("--".to_owned()),
            ..StatementSyntax::default()
        };
        let assistant = ShellAssistant {
            syntax,
            keywords: vec!["select".to_owned(), "set".to_owned()],
            words: vec![("\\d".to_owned(), "Describe".to_owned()), ("\\dt".to_owned(), String::new())],
            forget: vec!["password".to_owned()],
            values: RwLock::default(),
        };
        assistant.offer(vec![
            ("orders".to_owned(), "table".to_owned()),
            ("\"Weird Name\"".to_owned(), "table".to_owned()),
            ("sales.orders".to_owned(), String::new()),
        ]);
        assistant
    }

    #[test]
    fn what_can_come_next_is_offered() {
        let offered = |text: &str| -> Vec<String> {
            let found = assistant().candidates(text).into_iter();
            found.map(|one| format!("{}{}", &text[..one.start], one.value)).collect()
        };
        assert_eq!(offered("se"), ["select", "set"]);
        assert_eq!(offered("SE"), ["SELECT", "SET"]);
        assert_eq!(offered("select * from or"), ["select * from orders"]);
        assert_eq!(offered("select * from we"), ["select * from \"Weird Name\""]);
        assert_eq!(offered("table \"We"), ["table \"Weird Name\""]);
        assert_eq!(offered("select sales.o"), ["select sales.orders"]);
        assert_eq!(offered("\\d"), ["\\d", "\\dt"]);
        assert_eq!(offered("\\d or"), ["\\d orders"]);
        assert!(offered("select 'or").is_empty() && offered("-- or").len() <= 1);
    }

    #[test]
    fn the_parts_of_a_text_have_their_styles() {
        let parts = assistant().parts("select 'a' x -- b");
        let styles: Vec<PartStyle> =
            parts.iter().map(|(style, _)| *style).filter(|style| *style != PartStyle::Plain).collect();
        assert_eq!(styles, [PartStyle::Keyword, PartStyle::Quote, PartStyle::Comment]);
        let text: String = parts.into_iter().map(|(_, text)| text).collect();
        assert_eq!(text, "select 'a' x -- b");
        assert_eq!(assistant().parts("\\dt x")[1], (PartStyle::Word, "dt".to_owned()));
    }

    #[test]
    fn a_password_is_not_remembered() {
        assert!(!assistant().is_kept("alter role x PASSWORD 'y'") && assistant().is_kept("select 1"));
    }
}

//! What finding, listing and suggesting a command needs of it, in one line of text, so that the rest is read only for the
//! command that was typed.
//!
//! It must not know where the lines are kept.

use super::words::Words;
use super::{ApiCommand, Method};
use crate::model::CleanText;
use std::fmt::Write as _;

/// What stands between two fields of a line: no field can contain it, nor the end of a line.
const FIELD: char = '\t';
/// What stands between two aliases.
const ALIAS: char = '|';

/// One command, as a line describes it. Its texts lie in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandHead<'a> {
    /// Its place among the commands.
    pub number: usize,
    line: &'a str,
}

impl<'a> CommandHead<'a> {
    pub(super) fn new(number: usize, line: &'a str) -> Self {
        Self { number, line }
    }

    /// Its words below the plugin's name, separated by blanks.
    pub fn words(self) -> &'a str {
        self.field(0)
    }

    /// Other words for the same.
    pub fn aliases(self) -> impl Iterator<Item = &'a str> {
        self.field(1).split(ALIAS).filter(|alias| !alias.is_empty())
    }

    /// Its words and its aliases.
    pub fn all_words(self) -> impl Iterator<Item = &'a str> {
        std::iter::once(self.words()).chain(self.aliases())
    }

    /// What it answers to without showing it: what it was called by an earlier version, and by its tag.
    pub fn other_words(self) -> impl Iterator<Item = &'a str> {
        self.field(2).split(ALIAS).filter(|words| !words.is_empty())
    }

    /// It runs and is not shown.
    pub fn is_hidden(self) -> bool {
        self.has(Trait::Hidden)
    }

    /// The document advises against it.
    pub fn is_deprecated(self) -> bool {
        self.has(Trait::Deprecated)
    }

    /// Whether what follows its words may be a value.
    pub fn takes_words(self) -> bool {
        self.has(Trait::TakesWords)
    }

    /// Whether such a value may be a secret.
    pub fn takes_private_words(self) -> bool {
        self.has(Trait::TakesPrivateWords)
    }

    /// It waits for what another command has started.
    pub fn attaches(self) -> bool {
        self.has(Trait::Attaches)
    }

    /// The method of the request.
    pub fn method(self) -> &'a str {
        self.field(4)
    }

    /// The route below the plugin.
    pub fn route(self) -> &'a str {
        self.field(5)
    }

    /// Whether its request has this method and this route.
    pub fn requests(self, method: Method, route: &str) -> bool {
        self.method() == method.as_str() && self.route() == route
    }

    /// What it does, in one line.
    pub fn summary(self) -> CleanText {
        CleanText::new(self.field(6))
    }

    fn has(self, wanted: Trait) -> bool {
        self.field(3).contains(wanted.letter())
    }

    fn field(self, number: usize) -> &'a str {
        self.line.split(FIELD).nth(number).unwrap_or_default()
    }
}

/// What is true of a command or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trait {
    Hidden,
    Deprecated,
    TakesWords,
    TakesPrivateWords,
    Attaches,
}

impl Trait {
    const ALL: [Self; 5] =
        [Self::Hidden, Self::Deprecated, Self::TakesWords, Self::TakesPrivateWords, Self::Attaches];

    fn letter(self) -> char {
        match self {
            Self::Hidden => 'h',
            Self::Deprecated => 'd',
            Self::TakesWords => 'w',
            Self::TakesPrivateWords => 'p',
            Self::Attaches => 'a',
        }
    }

    fn is_of(self, command: &ApiCommand) -> bool {
        let mut values = command.arguments.iter().filter(|argument| argument.is_positional());
        match self {
            Self::Hidden => command.hidden,
            Self::Deprecated => command.deprecated,
            Self::TakesWords => values.next().is_some(),
            Self::TakesPrivateWords => values.any(super::Argument::is_private),
            Self::Attaches => command.attaches,
        }
    }
}

/// Adds the line of `command` to `text`.
pub(super) fn write(text: &mut String, command: &ApiCommand) {
    let aliases: Vec<String> = command.aliases.iter().map(Words::to_string).collect();
    let others: Vec<String> =
        command.former.iter().chain(&command.other_words).map(Words::to_string).collect();
    let traits: String = Trait::ALL.into_iter().filter(|one| one.is_of(command)).map(Trait::letter).collect();
    // Words, routes and clean texts have no control characters.
    let _ = writeln!(
        text,
        "{}\t{}\t{}\t{traits}\t{}\t{}\t{}",
        command.words,
        aliases.join("|"),
        others.join("|"),
        command.method,
        command.route,
        CleanText::new(command.summary.as_str())
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_says_what_the_command_says() {
        let document = json!({"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {
            "/runs/{id}": {"delete": {
                "summary": "Delete\ta\nrun", "deprecated": true, "x-cli-aliases": ["rm", "runs kill"],
                "x-cli-hidden": true, "responses": {}}},
            "/runs": {"get": {"responses": {}}},
        }});
        let descriptor = crate::openapi::read(document.to_string().as_bytes()).unwrap();
        let mut text = String::new();
        for command in &descriptor.commands {
            write(&mut text, command);
        }
        for (number, (line, command)) in text.lines().zip(&descriptor.commands).enumerate() {
            let head = CommandHead::new(number, line);
            assert_eq!(head.words(), command.words.to_string());
            let aliases: Vec<String> = command.aliases.iter().map(Words::to_string).collect();
            assert_eq!(head.aliases().collect::<Vec<_>>(), aliases);
            let others: Vec<String> = command.former.iter().map(Words::to_string).collect();
            assert_eq!(head.other_words().collect::<Vec<_>>(), others);
            assert_eq!((head.is_hidden(), head.is_deprecated()), (command.hidden, command.deprecated));
            assert_eq!(
                head.takes_words(),
                command.arguments.iter().any(super::super::Argument::is_positional)
            );
            assert!(head.requests(command.method, command.route.as_str()));
            assert_eq!(head.summary(), command.summary);
        }
        let odd = CommandHead::new(0, "only words");
        assert_eq!(
            (odd.words(), odd.route(), odd.is_hidden(), odd.other_words().count()),
            ("only words", "", false, 0)
        );
    }
}

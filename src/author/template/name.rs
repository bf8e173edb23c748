//! What a new plugin can be called, so that it is found, installed and published under that name everywhere.

use crate::error::{ExitCode, Explain, exit};
use crate::model::{CleanText, CommandWord, reserved};
use everestctl_protocol::word::InvalidWord;
use std::fmt;

/// No release of helm has a longer name, and the chart is installed under the plugin's.
const LONGEST: usize = 53;

/// The name of a new plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginName(CommandWord);

impl PluginName {
    /// Checks `text` against the rules of commands, of Kubernetes and of helm.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let wrong = |why| NameError { name: CleanText::new(text), why };
        let word = CommandWord::new(text).map_err(|why| wrong(WrongName::Word(why)))?;
        if text.ends_with('-') {
            return Err(wrong(WrongName::End));
        }
        if text.len() > LONGEST {
            return Err(wrong(WrongName::TooLong));
        }
        match reserved::owner(text) {
            Some(_) => Err(wrong(WrongName::Reserved)),
            None => Ok(Self(word)),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The name in languages and file names where a `-` means something else.
    pub fn with_underscores(&self) -> String {
        self.as_str().replace('-', "_")
    }

    /// The name as people write it: `slow-query` is `Slow query`.
    pub fn title(&self) -> String {
        let words = self.as_str().replace('-', " ");
        let (first, rest) = words.split_at(1);
        first.to_uppercase() + rest
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A text that no plugin can be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a plugin cannot be named `{name}`: {why}")]
pub struct NameError {
    name: CleanText,
    why: WrongName,
}

/// The rule that a name breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum WrongName {
    #[error("{0}")]
    Word(InvalidWord),
    #[error("a name must end with a letter or a digit, as in Kubernetes")]
    End,
    #[error("a name can have at most 53 characters, as releases of helm")]
    TooLong,
    #[error("it is a command of everestctl")]
    Reserved,
}

impl Explain for NameError {
    fn exit_code(&self) -> ExitCode {
        exit::USAGE
    }

    fn hints(&self) -> Vec<String> {
        let words = self.name.to_string().to_lowercase();
        let words = words.split(|letter: char| !letter.is_ascii_alphanumeric());
        let better: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let mut better = better.join("-");
        better.truncate(LONGEST);
        match PluginName::new(better.trim_end_matches('-')) {
            Ok(name) => vec![format!("everestctl plugin new {name}")],
            Err(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        PluginName::new(text).unwrap_err().to_string()
    }

    #[test]
    fn each_rule_is_said() {
        for (text, why) in [
            ("", "a name cannot be empty"),
            ("Greet", "only letters from a to z, digits and `-`"),
            ("9lives", "must start with a letter"),
            ("..", "only letters"),
            ("a/../b", "only letters"),
            ("greet-", "must end with a letter or a digit"),
            ("plugin", "it is a command of everestctl"),
            ("host", "it is a command of everestctl"),
        ] {
            assert!(refused(text).contains(why), "{text}: {}", refused(text));
        }
        assert!(refused(&"a".repeat(54)).contains("at most 53"));
        assert!(PluginName::new(&"a".repeat(53)).is_ok());
        assert!(!refused("a\u{1b}[31m").contains('\u{1b}'));
    }

    #[test]
    fn a_name_that_would_do_is_offered() {
        let hints = |text: &str| PluginName::new(text).unwrap_err().hints();
        assert_eq!(hints("Slow Query"), ["everestctl plugin new slow-query"]);
        assert_eq!(hints("../etc/passwd"), ["everestctl plugin new etc-passwd"]);
        assert!(hints("plugin").is_empty() && hints("").is_empty() && hints("9").is_empty());
    }

    #[test]
    fn the_forms_of_a_name() {
        let name = PluginName::new("slow-query").unwrap();
        assert_eq!((name.with_underscores().as_str(), name.title().as_str()), ("slow_query", "Slow query"));
    }
}

//! The words of a command and the names of its arguments, checked when they are made and when they are read
//! back. It must not know how they were chosen.

use crate::model::{CommandWord, InvalidWord};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The most words of a command.
const MOST_WORDS: usize = 8;

/// The words of a command below its plugin's name, as `orders log`; at least one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Words(Vec<CommandWord>);

/// Why a text cannot be the words of a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWords {
    /// There is nothing in it.
    #[error("it contains no word")]
    None,
    /// There are too many.
    #[error("a command has at most 8 words")]
    TooMany,
    /// `help` belongs to everestctl.
    #[error("`help` is reserved")]
    Help,
    /// One of them is not a word.
    #[error("{0}")]
    Word(#[from] InvalidWord),
}

impl Words {
    /// Reads words separated by white space.
    pub fn new(text: &str) -> Result<Self, InvalidWords> {
        Self::from_words(text.split_whitespace().map(str::to_owned))
    }

    /// Checks words one by one.
    pub fn from_words(words: impl IntoIterator<Item = String>) -> Result<Self, InvalidWords> {
        let mut checked = Vec::new();
        for word in words {
            if checked.len() == MOST_WORDS {
                return Err(InvalidWords::TooMany);
            }
            let check = if checked.is_empty() { CommandWord::new } else { CommandWord::new_below };
            checked.push(check(&word)?);
        }
        match checked.first() {
            None => Err(InvalidWords::None),
            Some(first) if first.as_str() == "help" => Err(InvalidWords::Help),
            Some(_) => Ok(Self(checked)),
        }
    }

    /// The words.
    pub fn as_slice(&self) -> &[CommandWord] {
        &self.0
    }

    /// The same with `last` instead of the last word.
    #[must_use]
    pub fn with_last(&self, last: CommandWord) -> Self {
        let mut words = self.0.clone();
        words.pop();
        words.push(last);
        Self(words)
    }

    /// The last word.
    pub fn last(&self) -> &str {
        self.0.last().map(CommandWord::as_str).unwrap_or_default()
    }

    /// Whether `typed` starts with these words.
    pub fn begin(&self, typed: &[&str]) -> bool {
        typed.len() >= self.0.len() && self.0.iter().zip(typed).all(|(word, typed)| word.as_str() == *typed)
    }
}

impl fmt::Display for Words {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.0.iter().map(CommandWord::as_str).collect();
        formatter.pad(&words.join(" "))
    }
}

impl Serialize for Words {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The name of an argument: of a flag without its dashes, or of a positional argument in lower case. Lower-case
/// letters, digits, `-`, and `.` between the names of nested properties.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArgumentName(String);

impl ArgumentName {
    /// The greatest length, in bytes.
    const LONGEST: usize = 100;

    /// Checks `text`.
    pub fn new(text: &str) -> Option<Self> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
        let good = text.len() <= Self::LONGEST
            && text.bytes().all(allowed)
            && text.split('.').all(|part| !part.is_empty() && !part.starts_with('-') && !part.ends_with('-'));
        good.then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ArgumentName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl Serialize for ArgumentName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ArgumentName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).ok_or_else(|| serde::de::Error::custom("not the name of an argument"))
    }
}

/// The plugin's own command words, where they are kept as a list.
pub(super) mod word_list {
    use crate::model::CommandWord;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(words: &[CommandWord], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(words.iter().map(CommandWord::as_str))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<CommandWord>, D::Error> {
        let words = Vec::<String>::deserialize(deserializer)?;
        words.iter().map(|word| CommandWord::new(word).map_err(serde::de::Error::custom)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_checked_when_made_and_when_read_back() {
        assert_eq!(Words::new(" orders  log ").unwrap().to_string(), "orders log");
        assert_eq!(Words::new(""), Err(InvalidWords::None));
        assert_eq!(Words::new("help me"), Err(InvalidWords::Help));
        assert!(Words::new("orders help").is_ok());
        assert!(Words::new("account 2fa").is_ok() && Words::new("2fa").is_err());
        assert!(Words::new("plugin").is_ok());
        assert_eq!(Words::new("a b c d e f g h i"), Err(InvalidWords::TooMany));
        for bad in ["Orders", "a \u{1b}[31m", "../x", "--yes"] {
            assert!(Words::new(bad).is_err(), "{bad}");
            assert!(serde_json::from_value::<Words>(bad.into()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_of_an_argument_cannot_be_taken_for_something_else() {
        for good in ["a", "address.city", "k8s-cluster", "2fa"] {
            assert!(ArgumentName::new(good).is_some(), "{good}");
        }
        for bad in ["", "-a", "a-", "a..b", ".a", "A", "a=b", "a b", "größe", &"a".repeat(101)] {
            assert!(ArgumentName::new(bad).is_none(), "{bad}");
            assert!(serde_json::from_value::<ArgumentName>(bad.into()).is_err(), "{bad}");
        }
    }

    #[test]
    fn words_begin_what_was_typed() {
        let words = Words::new("orders log").unwrap();
        assert!(words.begin(&["orders", "log", "7"]));
        assert!(!words.begin(&["orders"]));
        assert_eq!(words.with_last(CommandWord::new("history").unwrap()).to_string(), "orders history");
    }
}

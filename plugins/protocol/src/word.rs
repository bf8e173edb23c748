//! The rule that every command word obeys: `^[a-z][a-z0-9-]{0,62}$` (spec 003, section 7.1).

use std::fmt;

/// The greatest length of a word, in bytes.
pub const LONGEST: usize = 63;

/// One word of a command, known to obey the rule: nothing in it can leave a folder, reach a terminal as
/// an escape, or be taken for a flag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandWord(String);

/// Why a text is not a command word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWord {
    /// There is nothing in it.
    #[error("a name cannot be empty")]
    Empty,
    /// It has more than [`LONGEST`] bytes.
    #[error("a name can have at most 63 characters")]
    TooLong,
    /// It does not start with a lower-case letter.
    #[error("a name must start with a letter from a to z")]
    Start,
    /// It contains characters other than lower-case letters, digits and `-`.
    #[error("a name can contain only letters from a to z, digits and `-`")]
    Character,
}

impl CommandWord {
    /// Checks `text` against the rule.
    pub fn new(text: &str) -> Result<Self, InvalidWord> {
        let word = Self::new_below(text)?;
        if text.starts_with(|first: char| first.is_ascii_lowercase()) {
            Ok(word)
        } else {
            Err(InvalidWord::Start)
        }
    }

    /// The same for a word below another, which may also begin with a digit (`account 2fa`).
    pub fn new_below(text: &str) -> Result<Self, InvalidWord> {
        let first = text.bytes().next().ok_or(InvalidWord::Empty)?;
        if text.bytes().any(|byte| !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
            return Err(InvalidWord::Character);
        }
        if !first.is_ascii_lowercase() && !first.is_ascii_digit() {
            return Err(InvalidWord::Start);
        }
        if text.len() > LONGEST {
            return Err(InvalidWord::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CommandWord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl AsRef<str> for CommandWord {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_limits_of_the_rule() {
        assert_eq!(CommandWord::new(""), Err(InvalidWord::Empty));
        assert_eq!(CommandWord::new("9lives"), Err(InvalidWord::Start));
        assert_eq!(CommandWord::new("-x"), Err(InvalidWord::Start));
        assert_eq!(CommandWord::new("my.plugin"), Err(InvalidWord::Character));
        assert_eq!(CommandWord::new("../x"), Err(InvalidWord::Character));
        assert_eq!(CommandWord::new("a\u{1b}[31m"), Err(InvalidWord::Character));
        assert_eq!(CommandWord::new("Hello"), Err(InvalidWord::Character));
        assert!(CommandWord::new(&"a".repeat(63)).is_ok());
        assert_eq!(CommandWord::new(&"a".repeat(64)), Err(InvalidWord::TooLong));
    }

    proptest! {
        #[test]
        fn what_obeys_the_rule_is_taken_as_it_is(text in "[a-z][a-z0-9-]{0,62}") {
            let word = CommandWord::new(&text).unwrap();
            prop_assert_eq!(word.as_str(), text);
        }

        #[test]
        fn what_is_taken_obeys_the_rule(text in ".{0,70}") {
            if let Ok(word) = CommandWord::new(&text) {
                let bytes = word.as_str().as_bytes();
                prop_assert!(bytes[0].is_ascii_lowercase() && bytes.len() <= LONGEST);
                prop_assert!(bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-'));
            }
        }
    }
}

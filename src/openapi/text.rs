//! Descriptions of several lines, made harmless, and reading text back from the index.
//!
//! It must not know where a text came from.

use super::limits;
use crate::model::{CleanText, harmless};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Clean text of bounded length that keeps its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Text(String);

impl Text {
    /// Cleans `text`: control, format and bidirectional characters go, line ends stay, tabs become spaces,
    /// several empty lines become one; what is longer than [`limits::DESCRIPTION`] ends in `…`.
    pub fn new(text: &str) -> Self {
        let mut clean = String::new();
        let mut room = limits::DESCRIPTION;
        let mut empty_lines = 0;
        // What is cut off in the end need not be cleaned first.
        let text: String = text.chars().take(4 * limits::DESCRIPTION).collect();
        for line in text.replace("\r\n", "\n").replace('\r', "\n").split('\n') {
            let line = harmless(&line.replace('\t', "    "));
            let line = line.trim_end();
            if line.is_empty() {
                empty_lines += 1;
                continue;
            }
            if !clean.is_empty() {
                let ends = 1 + usize::from(empty_lines > 0);
                if room <= ends + 1 {
                    clean.push('…');
                    break;
                }
                clean.push_str(&"\n".repeat(ends));
                room -= ends;
            }
            empty_lines = 0;
            let length = line.chars().count();
            if length >= room {
                clean.extend(line.chars().take(room.saturating_sub(1)));
                clean.push('…');
                break;
            }
            clean.push_str(line);
            room -= length;
        }
        Self(clean)
    }

    /// Cleans `text`, `None` when nothing is left of it.
    pub fn non_empty(text: &str) -> Option<Self> {
        let text = Self::new(text);
        (!text.0.is_empty()).then_some(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first line.
    pub fn first_line(&self) -> CleanText {
        CleanText::new(self.0.lines().next().unwrap_or_default())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(&String::deserialize(deserializer)?))
    }
}

/// What comes back from the index is cleaned again: it costs little, and the index is only a file.
impl<'de> Deserialize<'de> for CleanText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(&String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_stay_and_escapes_go() {
        let text = Text::new("one\r\n\u{1b}[31mtwo \n\n\n\n\tthree\u{202e}\n");
        assert_eq!(text.as_str(), "one\n[31mtwo\n\n    three");
        assert_eq!(text.first_line().as_str(), "one");
        assert_eq!(Text::non_empty("\n \u{7}\n"), None);
    }

    proptest! {
        #[test]
        fn a_text_is_short_and_stays_as_it_is(part in "\\PC{0,9}[ab\\p{C} \n]{0,9}", times in 0..900_usize) {
            let text = part.repeat(times);
            let clean = Text::new(&text);
            prop_assert!(clean.as_str().chars().count() <= limits::DESCRIPTION);
            prop_assert!(!clean.as_str().chars().any(|c| c.is_control() && c != '\n'));
            prop_assert_eq!(Text::new(clean.as_str()), clean);
        }
    }
}

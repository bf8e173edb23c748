//! Text from outside, made harmless at the border.
//!
//! Server answers, custom resources, sidecars and file names may hold anything: escape sequences that
//! rewrite the terminal (kubectl CVE-2021-25743), bidirectional overrides, ten thousand characters. A
//! [`CleanText`] is the text without all of that, so that it can be printed as it is.

use serde::{Serialize, Serializer};
use std::fmt;

/// One line of clean text: of bounded length by [`CleanText::new`], whole by [`CleanText::exact`].
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CleanText(String);

impl CleanText {
    /// The greatest length of a line, in characters: what the hub allows for a description.
    pub const LONGEST: usize = 500;

    /// Cleans `text`: white space of any kind and amount becomes one space; control, format and
    /// bidirectional characters go; what is longer than [`CleanText::LONGEST`] ends in `…`.
    pub fn new(text: &str) -> Self {
        if is_clean_ascii(text) {
            return Self(text.to_owned());
        }
        let mut clean = String::with_capacity(text.len().min(Self::LONGEST));
        let mut room = Self::LONGEST;
        let mut space = false;
        let mut before = ' ';
        for character in text.chars() {
            if character.is_whitespace() {
                (space, before) = (!clean.is_empty(), ' ');
                continue;
            }
            if is_harmful_behind(before, character) {
                continue;
            }
            before = character;
            if room <= 1 + usize::from(space) {
                clean.push('…');
                break;
            }
            if std::mem::take(&mut space) {
                clean.push(' ');
                room -= 1;
            }
            clean.push(character);
            room -= 1;
        }
        Self(clean)
    }

    /// `text` with nothing lost: every blank stays, and what would break the line, act on a terminal or cannot be seen
    /// is shown by its picture, `␊`, or as an escape, `\u{202e}`. For data, of which each character counts.
    pub fn exact(text: &str) -> Self {
        // Persian and emoji are spelled with joiners, which do nothing else.
        let is_joiner = |character| matches!(character, '\u{200c}' | '\u{200d}');
        let is_odd = |character| is_harmful(character) && !is_joiner(character);
        if !text.contains(is_odd) {
            return Self(text.to_owned());
        }
        let mut clean = String::with_capacity(text.len() + 16);
        let mut before = ' ';
        for character in text.chars() {
            let behind = std::mem::replace(&mut before, character);
            match character {
                character if is_presentation(behind, character) => clean.push(character),
                // The block Control Pictures has them in the same order.
                '\0'..='\u{1f}' => clean.extend(char::from_u32(u32::from(character) + 0x2400)),
                '\u{7f}' => clean.push('␡'),
                character if is_odd(character) => clean.extend(character.escape_default()),
                character => clean.push(character),
            }
        }
        Self(clean)
    }

    /// Cleans `text`, `None` when nothing is left of it.
    pub fn non_empty(text: &str) -> Option<Self> {
        let line = Self::new(text);
        (!line.0.is_empty()).then_some(line)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `text` without the characters that a terminal would act on; its length and its spaces stay.
///
/// For whole messages, parts of which may come from anywhere: paths, names in a config file.
pub fn harmless(text: &str) -> String {
    without_harm(text, |_| false)
}

/// As [`harmless`], but lines and tabs stay: for text that is shown as it is.
pub fn harmless_lines(text: &str) -> String {
    without_harm(text, |character| matches!(character, '\n' | '\t'))
}

fn without_harm(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut before = ' ';
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        if stays(character) || !is_harmful_behind(before, character) {
            clean.push(character);
            before = character;
        }
    }
    clean
}

/// `text` as a user would type it in a shell, harmless.
pub fn quoted(text: &str) -> String {
    let text = harmless(text);
    let plain = |character: char| character.is_alphanumeric() || "/._-+@:,=".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Whether `text` is as most texts are: nothing to be done. An index holds ten thousand of them.
fn is_clean_ascii(text: &str) -> bool {
    let plain = |byte: &u8| matches!(byte, b' '..=b'~');
    text.len() <= CleanText::LONGEST
        && text.as_bytes().iter().all(plain)
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && !text.contains("  ")
}

/// Characters that change how a terminal shows what is around them, or that cannot be seen: all that Unicode calls
/// default-ignorable, what else controls a format, and letters and symbols that are blank.
fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1345f}' | '\u{16fe4}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

fn is_harmful_behind(before: char, character: char) -> bool {
    is_harmful(character) && !is_presentation(before, character)
}

/// Whether it only says that the symbol before it is to be shown as a text or as an emoji.
fn is_presentation(before: char, character: char) -> bool {
    let is_symbol =
        matches!(before, '\u{203c}'..='\u{27ff}' | '\u{2900}'..='\u{303d}' | '\u{1f000}'..='\u{1faff}');
    matches!(character, '\u{fe0e}' | '\u{fe0f}') && is_symbol && !is_harmful(before)
}

impl fmt::Display for CleanText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl AsRef<str> for CleanText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Serialize for CleanText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_and_overrides_go_and_words_stay() {
        assert_eq!(CleanText::new("a\u{1b}[31mb\u{9b}1m\u{7}").as_str(), "a[31mb1m");
        assert_eq!(CleanText::new("abc\u{202e}fed").as_str(), "abcfed");
        assert_eq!(CleanText::new(" two\r\n\t lines ").as_str(), "two lines");
        assert_eq!(CleanText::new("Größe 数").as_str(), "Größe 数");
        assert_eq!(CleanText::non_empty("\u{200b}\n"), None);
    }

    #[test]
    fn what_cannot_be_seen_goes_and_emoji_stay() {
        for range in [
            0xad..=0xad,
            0x34f..=0x34f,
            0x115f..=0x1160,
            0x17b4..=0x17b5,
            0x180b..=0x180f,
            0x200b..=0x200f,
            0x202a..=0x202e,
            0x2060..=0x206f,
            0x2800..=0x2800,
            0x3164..=0x3164,
            0xfe00..=0xfe0f,
            0xfeff..=0xfeff,
            0xffa0..=0xffa0,
            0xfff0..=0xfffb,
            0x1bca0..=0x1bca3,
            0x1d173..=0x1d17a,
            0xe0000..=0xe0fff,
        ] {
            for character in range.filter_map(char::from_u32) {
                let text = format!("admin{character}istrator");
                assert_eq!(CleanText::new(&text).as_str(), "administrator", "{character:?}");
                assert_eq!(harmless(&text), "administrator", "{character:?}");
                let exact = CleanText::exact(&text);
                let is_joiner = matches!(character, '\u{200c}' | '\u{200d}');
                assert_eq!(exact.as_str().contains(character), is_joiner, "{character:?}");
            }
        }
        assert_eq!(CleanText::new("\u{2764}\u{fe0f} ok\u{fe0f}").as_str(), "\u{2764}\u{fe0f} ok");
        assert_eq!(CleanText::new("\u{2764}\u{fe0f}\u{fe0f}").as_str(), "\u{2764}\u{fe0f}");
        assert_eq!(CleanText::exact("\u{2764}\u{fe0f}\u{fe01}").as_str(), "\u{2764}\u{fe0f}\\u{fe01}");
    }

    #[test]
    fn data_keeps_every_character() {
        assert_eq!(CleanText::exact("  a  b ").as_str(), "  a  b ");
        assert_eq!(CleanText::exact("a\r\n\tb\u{1b}[31m\u{7f}\u{9b}").as_str(), r"a␍␊␉b␛[31m␡\u{9b}");
        assert_eq!(CleanText::exact(r"a\nb").as_str(), r"a\nb");
        assert_eq!(CleanText::exact("a\u{202e}b\u{2028}größe 数").as_str(), r"a\u{202e}b\u{2028}größe 数");
        assert_eq!(CleanText::exact("می\u{200c}خواهم").as_str(), "می\u{200c}خواهم");
        assert_eq!(CleanText::exact(&"x".repeat(10_000)).as_str().len(), 10_000);
    }

    #[test]
    fn ten_thousand_characters_become_five_hundred() {
        let line = CleanText::new(&"x".repeat(10_000));
        assert_eq!(line.as_str().chars().count(), CleanText::LONGEST);
        assert!(line.as_str().ends_with('…'));
    }

    #[test]
    fn words_are_quoted_as_a_shell_wants_them() {
        assert_eq!(quoted("/home/dana/bin"), "/home/dana/bin");
        assert_eq!(quoted("/my plugins/it's"), r"'/my plugins/it'\''s'");
        assert_eq!(quoted("x; rm -rf ~\u{1b}"), "'x; rm -rf ~'");
        assert_eq!(quoted(""), "''");
    }

    proptest! {
        #[test]
        fn a_line_is_clean_short_and_stays_as_it_is(text in "\\PC{0,40}.{0,600}\\p{C}{0,40}") {
            let line = CleanText::new(&text);
            prop_assert!(line.as_str().chars().count() <= CleanText::LONGEST);
            let seen = line.as_str().replace(['\u{fe0e}', '\u{fe0f}'], "");
            prop_assert!(!seen.chars().any(is_harmful));
            prop_assert_eq!(CleanText::new(line.as_str()), line);
        }
    }
}

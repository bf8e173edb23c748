//! What a plugin says beforehand of its own arguments, for TAB: lines of words, as in `run --since <1h|24h>`.
//!
//! It must not know where that is written.

use super::CleanText;

/// The most lines of one plugin.
const MOST: usize = 500;
/// The longest line, and the longest description, in characters.
const LONGEST: usize = 200;

/// What a plugin says of its arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredWords {
    /// Lines of words, each with what it does, which may be empty.
    pub lines: Vec<(CleanText, CleanText)>,
    /// Whether its program answers a TAB itself, by `__complete`.
    pub has_completer: bool,
}

impl DeclaredWords {
    /// The words in `lines`; why not, where they are more than anybody types.
    pub fn new<L: AsRef<str>>(
        lines: impl ExactSizeIterator<Item = (L, Option<L>)>,
        has_completer: bool,
    ) -> Result<Self, String> {
        if lines.len() > MOST {
            return Err(format!("more than {MOST} lines"));
        }
        let lines = lines.map(|(line, text)| {
            let clean = |text: &str| CleanText::new(text);
            (clean(line.as_ref()), text.map(|text| clean(text.as_ref())).unwrap_or_default())
        });
        let lines: Vec<_> = lines.filter(|(line, _)| !line.as_str().is_empty()).collect();
        let is_long = |text: &CleanText| text.as_str().chars().count() > LONGEST;
        if lines.iter().any(|(line, text)| is_long(line) || is_long(text)) {
            return Err(format!("a line of more than {LONGEST} characters"));
        }
        Ok(Self { lines, has_completer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_clean_and_not_without_limit() {
        let words =
            DeclaredWords::new([("run\u{1b}[2J", Some("a\nb")), ("", None)].into_iter(), true).unwrap();
        assert_eq!(words.lines.len(), 1);
        assert!(!words.lines[0].0.as_str().contains('\u{1b}'));
        assert_eq!(words.lines[0].1.as_str(), "a b");
        let many = (0..=MOST).map(|number| (number.to_string(), None)).collect::<Vec<_>>();
        assert_eq!(DeclaredWords::new(many.into_iter(), false).unwrap_err(), "more than 500 lines");
        let long = "x".repeat(LONGEST + 1);
        assert!(DeclaredWords::new([(long, None)].into_iter(), false).is_err());
    }
}

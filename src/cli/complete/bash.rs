//! TAB in bash: what readline replaces on the line, and what it is to be replaced by.
//!
//! readline puts the common start of all that it is given on the line, whatever it is: so everything is quoted, and
//! what a value is for stands beside it only where nothing is inserted.

use super::listing;
use super::quote::{bash as quoted, can_be_typed};
use super::reading::{LineToCursor, Quote, posix};
use crate::runner::completion::{Completions, NO_FILES};

/// What readline says of a TAB.
pub(super) struct Press<'a> {
    /// The line up to the cursor.
    pub(super) line: &'a str,
    /// The end of it, which is replaced.
    pub(super) text: &'a str,
    /// `COMP_TYPE`: what readline does with the answer.
    pub(super) kind: &'a str,
    /// How wide the terminal is.
    pub(super) columns: usize,
}

/// A TAB that lists and inserts nothing.
const LISTS: &str = "63";
/// One that inserts, and lists where that is ambiguous (`show-all-if-ambiguous`, `show-all-if-unmodified`).
const INSERTS_AND_LISTS: [&str; 2] = ["33", "64"];
/// One that inserts all of them.
const INSERTS_ALL: &str = "42";

impl Press<'_> {
    /// The words, and the start of the part that is replaced; `None` where it is not certain what would come of it.
    pub(super) fn read(&self) -> Option<(LineToCursor, LineToCursor)> {
        let kept = self.line.strip_suffix(self.text)?;
        let (reading, before) = (posix(self.line)?, posix(kept)?);
        let opened = readline_quote(self.line);
        let mark = before.quote.mark();
        // readline closes the quote that it sees: it has to be the one that bash sees.
        let is_agreed = opened == mark
            && match mark {
                Some(mark) => kept.ends_with(mark) && !before.is_intricate,
                // Here readline would take a quote that is closed for one to close.
                None => {
                    self.text.is_empty()
                        || !kept.ends_with(['\'', '"'])
                        || kept.ends_with("\\'")
                        || kept.ends_with("\\\"")
                }
            };
        (is_agreed && reading.start == before.start && !before.is_escaping).then_some((reading, before))
    }

    /// What to hand to readline.
    pub(super) fn offer(
        &self,
        reading: &LineToCursor,
        before: &LineToCursor,
        answer: &Completions,
    ) -> Vec<String> {
        if reading.is_expanded || reading.is_redirected {
            return Vec::new();
        }
        let rest = |value: &str| {
            value
                .strip_prefix(&before.current)
                .filter(|_| value.starts_with(&reading.current))
                .map(str::to_owned)
        };
        let found: Vec<(String, &str)> = answer
            .values
            .iter()
            .filter(|(value, _)| can_be_typed(value))
            .filter_map(|(value, description)| Some((rest(value)?, description.as_str())))
            // readline would not close a quote with nothing in it.
            .filter(|(rest, _)| before.quote == Quote::None || !rest.is_empty())
            .collect();
        let typed: Vec<String> = found.iter().map(|(rest, _)| finished(rest, before.quote)).collect();
        let parts: Vec<&str> = found.iter().map(|(rest, _)| rest.as_str()).collect();
        let common = quoted(common_beginning(&parts), before.quote);
        if typed.len() < 2 {
            return typed;
        }
        let inserts_nothing =
            self.kind == LISTS || (INSERTS_AND_LISTS.contains(&self.kind) && common == self.text);
        if inserts_nothing {
            let described = typed.iter().map(String::as_str).zip(found.iter().map(|(_, text)| *text));
            return listing::lines(described, "  (", ")", self.columns);
        }
        if self.kind == INSERTS_ALL {
            if before.quote == Quote::Ansi {
                // Its `$` stays on the line, and the quote does not.
                return Vec::new();
            }
            return typed.into_iter().map(|text| closed(&text, before.quote)).collect();
        }
        with_beginning(typed, common)
    }

    /// Whether the shell may look for files.
    pub(super) fn wants_files(reading: &LineToCursor, answer: &Completions) -> bool {
        answer.directive & NO_FILES == 0 || reading.is_redirected
    }
}

/// The quote that readline takes for open: it knows no `$'`.
fn readline_quote(line: &str) -> Option<char> {
    let mut open = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (open, character) {
            (None | Some('"'), '\\') => {
                characters.next();
            }
            (None, '\'' | '"') => open = Some(character),
            (Some(mark), _) if mark == character => open = None,
            _ => {}
        }
    }
    open
}

/// A whole value. readline closes the open quote unless there is such a quote at the end.
fn finished(rest: &str, quote: Quote) -> String {
    let mut text = quoted(rest, quote);
    text.extend(quote.mark().filter(|mark| text.ends_with(*mark)));
    text
}

/// With its quotes: when all are inserted side by side, the open quote goes.
fn closed(text: &str, quote: Quote) -> String {
    let Some(mark) = quote.mark() else { return text.to_owned() };
    let open = if text.starts_with(mark) { "" } else { &mark.to_string() };
    let close = if text.ends_with(mark) { "" } else { &mark.to_string() };
    format!("{open}{text}{close}")
}

fn common_beginning<'a>(parts: &[&'a str]) -> &'a str {
    let Some((first, others)) = parts.split_first() else { return "" };
    let shared = |other: &&str| {
        first
            .char_indices()
            .zip(other.chars())
            .find(|((_, a), b)| a != b)
            .map_or(first.len().min(other.len()), |((at, _), _)| at)
    };
    &first[..others.iter().map(shared).min().unwrap_or(first.len())]
}

/// Adds the common start where readline would find another one, which ends in the middle of an escape.
fn with_beginning(mut typed: Vec<String>, common: String) -> Vec<String> {
    let lower: Vec<String> = typed.iter().map(|text| text.to_lowercase()).collect();
    let folded = common_beginning(&lower.iter().map(String::as_str).collect::<Vec<_>>()).len();
    let exact = common_beginning(&typed.iter().map(String::as_str).collect::<Vec<_>>()).len();
    if exact != common.len() || folded != common.to_lowercase().len() {
        // Nothing starts like a blank.
        typed.push(if common.is_empty() { " ".to_owned() } else { common });
    }
    typed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    fn offered(line: &str, text: &str, kind: &str, values: &[&str]) -> Vec<String> {
        let press = Press { line, text, kind, columns: 80 };
        let values = values.iter().map(|value| ((*value).to_owned(), format!("what {value} is"))).collect();
        let Some((reading, before)) = press.read() else { return Vec::new() };
        press.offer(&reading, &before, &Completions { values, directive: NO_FILES })
    }

    #[test]
    fn what_readline_inserts_is_quoted_and_descriptions_are_only_listed() {
        let code = ["x;touch a;1", "x;touch a;2"];
        assert_eq!(offered("e --v ", "", "9", &code), [r"x\;touch\ a\;1", r"x\;touch\ a\;2"]);
        assert_eq!(offered("e --v ", "", "33", &code), [r"x\;touch\ a\;1", r"x\;touch\ a\;2"]);
        let listed = offered("e --v ", "", "63", &code);
        assert_eq!(listed[0], r"x\;touch\ a\;1  (what x;touch a;1 is)");
        assert_eq!(offered("e 'x", "x", "9", &["x;y z"]), [r"x'\;'y z"]);
        assert_eq!(offered("e \"", "", "9", &["$(x)"]), ["\"\"\\$\"\"\\(\"x\"\\)\"\""]);
        assert_eq!(offered("e $'x", "x", "9", &["x;'y"]), [r"x\073\047y"]);
        assert_eq!(offered("e --v=c5:o", "o", "9", &["--v=c5:one"]), ["one"]);
        // Where they differ in an escape, the common start is one of ours.
        assert_eq!(offered("e ", "", "9", &["a;", "a&"]), [r"a\;", r"a\&", "a"]);
        assert_eq!(offered("e ", "", "9", &[";", "&"]), [r"\;", r"\&", " "]);
        // What cannot be typed, and where it is not certain which quote is open.
        assert_eq!(offered("e ", "", "9", &["a\nb", "a\u{1b}b", "a\0b", "a\u{202e}b", ""]), [""; 0]);
        for (line, text) in [
            ("e $(a) 'x", "x"),
            ("e $HO", "$HO"),
            ("e $'it\\'s 'x", "x"),
            ("e 'a' x", "a' x"),
            ("e \"a\"x", "x"),
            ("e # x", "x"),
        ] {
            assert_eq!(offered(line, text, "9", &["x;y", "a' x", "$HOME", "ax"]), [""; 0], "{line}");
        }
    }

    /// Thousands of values as they are put on a line, read by one interactive bash.
    #[test]
    #[allow(clippy::disallowed_methods, reason = "a shell is the judge")]
    fn bash_reads_exactly_the_value_whatever_quote_is_open() {
        let pieces = prop_oneof![
            "[ -~]{1,6}",
            "[;&|<>()$`\\\\\"'!~#*?{}=:@ ]{1,8}",
            "\\PC{1,3}",
            "(!!|!e|\\$\\(echo x\\)|`echo x`|~root|-x)"
        ];
        let values = proptest::collection::vec(pieces, 1..4).prop_map(|pieces| pieces.concat());
        let mut runner = TestRunner::deterministic();
        let (mut script, mut expected) = (String::from("set -H\necho earlier\n"), Vec::new());
        for _ in 0..600 {
            let value = values.new_tree(&mut runner).unwrap().current();
            for (open, close) in [("", ""), ("'", "'"), ("\"", "\""), ("$'", "'")] {
                let line = format!("printf {open}");
                let found = offered(&line, "", "9", &[&value]);
                let [text] = found.as_slice() else { continue };
                // What readline does with it.
                let doubled = open.len() == 1 && text.starts_with(open);
                let kept = if doubled { "" } else { open };
                let close = if !close.is_empty() && text.ends_with(close) { "" } else { close };
                script.extend(["printf '%s\\0' ", kept, text, close, "\n"]);
                expected.push(value.clone());
            }
        }
        assert!(expected.len() > 1500);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("script");
        std::fs::write(&file, script).unwrap();
        let output = std::process::Command::new("bash")
            .args(["--norc", "--noprofile", "-i"])
            .env("LC_ALL", "C.UTF-8")
            .env("HISTFILE", "")
            .stdin(std::fs::File::open(&file).unwrap())
            .stderr(std::process::Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let read: Vec<&str> = text.strip_prefix("earlier\n").unwrap().split_terminator('\0').collect();
        for (read, expected) in read.iter().zip(&expected) {
            assert_eq!(read, expected);
        }
        assert_eq!(read.len(), expected.len());
    }
}

//! The one door into the log: whatever goes through is one clean line of bounded length, and a field of it cannot
//! pass for two.
//!
//! Names and paths come from any process that reaches the port. Without this they would write escape sequences to the
//! developer's terminal, and lines that look like the host's own. It must not know who shows the lines.

use everestctl::model::CleanText;
use std::fmt::{self, Write as _};
use std::sync::Arc;

/// How much a line matters, and so who wants to see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// What happens all the time, such as a client that looks for a document.
    Detail,
    /// What happened.
    Event,
    /// What is new of a plugin's commands, for whoever is changing them.
    Change,
    /// What keeps something from working.
    Trouble,
    /// An event again that belongs to trouble, for whoever does not see events.
    Recalled,
}

/// A line of the log.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// How much it matters.
    pub weight: Weight,
    /// What it says.
    pub text: CleanText,
    /// Of a line that a page has reported, its parts.
    pub page: Option<PageReport>,
}

/// What a page says of a plugin's bundle.
#[derive(Clone, Debug)]
pub struct PageReport {
    /// The plugin.
    pub plugin: CleanText,
    /// `info`, `warning` or `error`.
    pub level: &'static str,
    /// What happened.
    pub text: CleanText,
}

/// Gets each line of the log.
pub type LogSink = Arc<dyn Fn(LogLine) + Send + Sync>;

/// Writes one line for one thing that happened.
#[derive(Clone)]
pub struct Log(LogSink);

impl fmt::Debug for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Log")
    }
}

impl Log {
    /// What happens all the time.
    pub fn detail(&self, text: &str) {
        self.say(Weight::Detail, text, None);
    }

    /// What happened.
    pub fn event(&self, text: &str) {
        self.say(Weight::Event, text, None);
    }

    /// What keeps something from working.
    pub fn trouble(&self, text: &str) {
        self.say(Weight::Trouble, text, None);
    }

    /// An event again, for whoever does not see events.
    pub fn recalled(&self, text: &str) {
        self.say(Weight::Recalled, text, None);
    }

    /// What a page says of the bundle of `plugin`. `info` is an event, everything else is trouble.
    pub(super) fn page(&self, plugin: &str, level: &'static str, text: &str) {
        let weight = if level == "info" { Weight::Event } else { Weight::Trouble };
        let name = if level == "info" { String::new() } else { format!("{level}: ") };
        let line = format!("ui plugin={} {name}{}", field(plugin, LONGEST_NAME), field(text, LONGEST_REPORT));
        let cut = |text: &str, longest| CleanText::new(&text.chars().take(longest).collect::<String>());
        let page = PageReport { plugin: cut(plugin, LONGEST_NAME), level, text: cut(text, LONGEST_REPORT) };
        self.say(weight, &line, Some(page));
    }

    fn say(&self, weight: Weight, text: &str, page: Option<PageReport>) {
        (self.0)(LogLine { weight, text: CleanText::new(text), page });
    }
}

/// The longest name in a line, in characters.
pub(super) const LONGEST_NAME: usize = 64;
/// The longest path in a line, in characters: with everything else it stays below [`CleanText::LONGEST`].
pub(super) const LONGEST_PATH: usize = 200;

/// The longest text that a page reports, in characters.
const LONGEST_REPORT: usize = 400;

/// The door to `lines`.
pub(super) fn door(lines: LogSink) -> Log {
    Log(lines)
}

/// `text` as one field of a line, cut to `longest` characters: as it is if it is plain, else in quotes, in which
/// blanks, `=` and quotes stand for nothing but themselves.
pub(super) fn field(text: &str, longest: usize) -> String {
    let cut = text.chars().count() > longest;
    let text: String = text.chars().take(longest.saturating_sub(usize::from(cut))).collect();
    let end = if cut { "…" } else { "" };
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text + end;
    }
    let mut quoted = String::with_capacity(text.len() + 8);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' => quoted.push(character),
            character if character.is_alphanumeric() => quoted.push(character),
            character => {
                let _ = write!(quoted, "{}", character.escape_unicode());
            }
        }
    }
    quoted + end + "\""
}

/// What means nothing in a line.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b'=')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Mutex;

    #[test]
    fn what_is_plain_stays_and_the_rest_is_quoted() {
        for (text, expected) in [
            ("/v1/clusters/main/plugins/x%20y", "/v1/clusters/main/plugins/x%20y"),
            ("admin", "admin"),
            ("", r#""""#),
            ("x user=admin", r#""x user=admin""#),
            ("a=b", r#""a=b""#),
            ("x\u{1b}]0;owned\u{7}\naudit", r#""x\u{1b}]0;owned\u{7}\u{a}audit""#),
            (r#"" user="#, r#""\" user=""#),
            ("\u{202e}x\u{2028}y\u{a0}z", r#""\u{202e}x\u{2028}y\u{a0}z""#),
            ("größe", r#""größe""#),
        ] {
            assert_eq!(field(text, 64), expected);
        }
        assert_eq!(field(&"x".repeat(100), 10), "xxxxxxxxx…");
        assert_eq!(field(&" ".repeat(100), 3), "\"  …\"");
    }

    #[test]
    fn whatever_is_said_is_one_line() {
        let said = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&said);
        let log = door(Arc::new(move |line| kept.lock().unwrap().push(line.text.to_string())));
        log.event("x\u{1b}[2J\r\naudit user=admin\u{9b}1m");
        assert_eq!(*said.lock().unwrap(), ["x[2J audit user=admin1m"]);
    }

    proptest! {
        #[test]
        fn a_field_is_one_word_or_one_quotation(text in "\\PC{0,40}.{0,40}\\p{C}{0,10}", longest in 1_usize..80) {
            let field = field(&text, longest);
            if let Some(inside) = field.strip_prefix('"') {
                let inside = inside.strip_suffix('"').unwrap();
                let mut escaped = false;
                for character in inside.chars() {
                    prop_assert!(escaped || character != '"');
                    prop_assert!(character == '…' || character == ' ' || !character.is_whitespace());
                    escaped = !escaped && character == '\\';
                }
                prop_assert!(!escaped);
            } else {
                prop_assert!(!field.contains([' ', '=', '"']) && !field.contains(char::is_whitespace));
            }
        }
    }
}

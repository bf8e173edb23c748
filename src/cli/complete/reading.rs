//! What is typed, as a shell reads it: the words before the cursor without their quotes, and which quote is open.
//!
//! Nothing is expanded here: what a shell would replace (`$HOME`, `$(…)`) is only seen. Knows the words of bash and zsh,
//! of fish and of PowerShell; elvish hands over words that it has read itself.

use std::iter::Peekable;
use std::str::CharIndices;

/// A quote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Quote {
    /// None is open.
    #[default]
    None,
    /// `'`.
    Single,
    /// `"`.
    Double,
    /// `$'` of bash and zsh.
    Ansi,
}

impl Quote {
    /// What closes it.
    pub(super) fn mark(self) -> Option<char> {
        match self {
            Self::None => None,
            Self::Single | Self::Ansi => Some('\''),
            Self::Double => Some('"'),
        }
    }
}

/// A line up to the cursor.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LineToCursor {
    /// The whole words of the last command, its name first.
    pub(super) words: Vec<String>,
    /// What is typed of the last one.
    pub(super) current: String,
    /// Where that starts in the line, in bytes.
    pub(super) start: usize,
    /// The quote that is open.
    pub(super) quote: Quote,
    /// It ends in the middle of an escape.
    pub(super) is_escaping: bool,
    /// The last word holds what the shell replaces.
    pub(super) is_expanded: bool,
    /// There are substitutions, in which quotes may be that are not seen here.
    pub(super) is_intricate: bool,
    /// The last word is the file of a redirection.
    pub(super) is_redirected: bool,
}

/// Reads a line of bash or zsh; `None` where no word can be told, as in a comment.
pub(super) fn posix(line: &str) -> Option<LineToCursor> {
    let mut reader = LineReader::new(line);
    while let Some((at, character)) = reader.rest.next() {
        match (reader.found.quote, character) {
            (Quote::Single | Quote::Ansi, '\'') | (Quote::Double, '"') => reader.found.quote = Quote::None,
            (Quote::Ansi, '\\') => reader.ansi_escape(at),
            (Quote::Double, '\\') => reader.double_escape(at),
            (Quote::None | Quote::Double, '$' | '`') => reader.dollar(at, character)?,
            (Quote::Single | Quote::Ansi | Quote::Double, _) => reader.push(at, character),
            (Quote::None, _) => reader.plain(at, character)?,
        }
    }
    Some(reader.end(line.len()))
}

/// Reads a line of fish.
pub(super) fn fish(line: &str) -> Option<LineToCursor> {
    let mut reader = LineReader::new(line);
    while let Some((at, character)) = reader.rest.next() {
        match (reader.found.quote, character) {
            (Quote::Single, '\'') | (Quote::Double, '"') => reader.found.quote = Quote::None,
            (Quote::Single, '\\') => reader.kept_escape(at, &['\\', '\'']),
            (Quote::Double, '\\') => reader.kept_escape(at, &['\\', '"', '$', '\n']),
            (Quote::None | Quote::Double, '$' | '(') => {
                reader.found.is_expanded = true;
                reader.found.is_intricate |= character == '(' || reader.next_is('(');
                reader.push(at, character);
            }
            (Quote::None, '\\') => reader.ansi_escape(at),
            (Quote::None, '<' | '>' | '#') if reader.is_word => reader.push(at, character),
            (Quote::None, _) => reader.plain(at, character)?,
            (Quote::Single | Quote::Ansi | Quote::Double, _) => reader.push(at, character),
        }
    }
    Some(reader.end(line.len()))
}

/// Reads a line of PowerShell, in which curly quotes are quotes.
pub(super) fn powershell(line: &str) -> Option<LineToCursor> {
    let single = |character| matches!(character, '\'' | '\u{2018}'..='\u{201b}');
    let double = |character| matches!(character, '"' | '\u{201c}'..='\u{201e}');
    let mut reader = LineReader::new(line);
    while let Some((at, character)) = reader.rest.next() {
        match reader.found.quote {
            // Twice is the quote itself, as the second one is written.
            Quote::Single if single(character) => match reader.take_if(single) {
                Some(second) => reader.push(at, second),
                None => reader.found.quote = Quote::None,
            },
            Quote::Double if double(character) => match reader.take_if(double) {
                Some(second) => reader.push(at, second),
                None => reader.found.quote = Quote::None,
            },
            Quote::Single => reader.push(at, character),
            _ if character == '`' => match reader.rest.next() {
                Some((_, escaped)) => reader.push(at, escaped),
                None => reader.escaping(at),
            },
            _ if character == '$'
                || (character == '@' && reader.found.quote == Quote::None && !reader.is_word) =>
            {
                reader.found.is_expanded = true;
                reader.found.is_intricate |= reader.next_is('(') || reader.next_is('{');
                reader.push(at, character);
            }
            Quote::None if single(character) => reader.open(at, Quote::Single),
            Quote::None if double(character) => reader.open(at, Quote::Double),
            Quote::None if matches!(character, '{' | '}' | ')') => reader.next_command(),
            Quote::None if character == '\\' => reader.push(at, character),
            Quote::None => reader.plain(at, character)?,
            Quote::Double | Quote::Ansi => reader.push(at, character),
        }
    }
    Some(reader.end(line.len()))
}

struct LineReader<'a> {
    rest: Peekable<CharIndices<'a>>,
    found: LineToCursor,
    /// A word has started, be it empty: `''`.
    is_word: bool,
    /// The next word is the file of a redirection.
    is_file: bool,
}

impl<'a> LineReader<'a> {
    fn new(line: &'a str) -> Self {
        Self {
            rest: line.char_indices().peekable(),
            found: LineToCursor::default(),
            is_word: false,
            is_file: false,
        }
    }

    fn begin(&mut self, at: usize) {
        if !std::mem::replace(&mut self.is_word, true) {
            self.found.start = at;
            self.found.is_redirected = std::mem::take(&mut self.is_file);
        }
    }

    fn push(&mut self, at: usize, character: char) {
        self.begin(at);
        self.found.current.push(character);
    }

    fn open(&mut self, at: usize, quote: Quote) {
        self.begin(at);
        self.found.quote = quote;
    }

    fn escaping(&mut self, at: usize) {
        self.begin(at);
        self.found.is_escaping = true;
    }

    fn next_is(&mut self, character: char) -> bool {
        self.rest.peek().is_some_and(|(_, next)| *next == character)
    }

    fn take_if(&mut self, fits: impl Fn(char) -> bool) -> Option<char> {
        self.rest.next_if(|(_, next)| fits(*next)).map(|(_, next)| next)
    }

    fn end_word(&mut self) {
        if std::mem::take(&mut self.is_word) {
            let word = std::mem::take(&mut self.found.current);
            let is_first = self.found.words.is_empty();
            let is_file = std::mem::take(&mut self.found.is_redirected);
            let is_variable = is_first && is_assignment(&word);
            if !is_file && !is_variable {
                self.found.words.push(word);
            }
            self.found.is_expanded = false;
        }
    }

    fn next_command(&mut self) {
        self.end_word();
        self.found.words.clear();
        self.is_file = false;
    }

    fn end(mut self, length: usize) -> LineToCursor {
        self.begin(length);
        self.found
    }

    /// What is outside of all quotes.
    fn plain(&mut self, at: usize, character: char) -> Option<()> {
        match character {
            ' ' | '\t' => self.end_word(),
            '\n' | ';' | '|' | '&' | '(' | ')' => self.next_command(),
            '<' | '>' => {
                // The number before it is that of a descriptor.
                if self.is_word && self.found.current.chars().all(|digit| digit.is_ascii_digit()) {
                    self.is_word = false;
                    self.found.current.clear();
                }
                self.end_word();
                self.take_if(|next| matches!(next, '<' | '>' | '&' | '|'));
                self.is_file = true;
                if self.next_is('(') {
                    self.rest.next();
                    self.found.is_intricate = true;
                    self.begin(at);
                    self.nested('(', ')')?;
                }
            }
            '\'' => self.open(at, Quote::Single),
            '"' => self.open(at, Quote::Double),
            '#' if !self.is_word => return None,
            '\\' => match self.rest.next() {
                Some((_, '\n')) => {}
                Some((_, escaped)) => self.push(at, escaped),
                None => self.escaping(at),
            },
            _ => self.push(at, character),
        }
        Some(())
    }

    fn double_escape(&mut self, at: usize) {
        self.kept_escape(at, &['$', '`', '"', '\\', '\n']);
    }

    /// A backslash that escapes only some characters, and is itself before all others.
    fn kept_escape(&mut self, at: usize, escaped: &[char]) {
        match self.take_if(|next| escaped.contains(&next)) {
            Some('\n') => {}
            Some(character) => self.push(at, character),
            None if self.rest.peek().is_none() => self.escaping(at),
            None => self.push(at, '\\'),
        }
    }

    /// A backslash in `$'`, or in a bare word of fish.
    fn ansi_escape(&mut self, at: usize) {
        let Some((_, character)) = self.rest.next() else { return self.escaping(at) };
        let plain = match character {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\x07',
            'b' => '\x08',
            'e' | 'E' => '\x1b',
            'f' => '\x0c',
            'v' => '\x0b',
            'x' | 'X' => return self.number(at, 2, 16, None),
            'u' => return self.number(at, 4, 16, None),
            'U' => return self.number(at, 8, 16, None),
            '0'..='7' => return self.number(at, 2, 8, character.to_digit(8)),
            other => other,
        };
        self.push(at, plain);
    }

    /// An escape by number. One that could go on is half of one.
    fn number(&mut self, at: usize, most: usize, radix: u32, first: Option<u32>) {
        let mut value = first.unwrap_or(0);
        for _ in 0..most {
            let Some(digit) = self.take_if(|next| next.is_digit(radix)) else {
                if self.rest.peek().is_none() {
                    return self.escaping(at);
                }
                break;
            };
            value = value * radix + digit.to_digit(radix).unwrap_or(0);
        }
        self.push(at, char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
    }

    /// `$` or a backtick, bare or between double quotes.
    fn dollar(&mut self, at: usize, character: char) -> Option<()> {
        if self.found.quote == Quote::None
            && character == '$'
            && let Some(mark) = self.take_if(|next| matches!(next, '\'' | '"'))
        {
            self.open(at, if mark == '"' { Quote::Double } else { Quote::Ansi });
            return Some(());
        }
        self.push(at, character);
        let next = self.rest.peek().map(|(_, next)| *next);
        let replaces = |next: char| next.is_ascii_alphanumeric() || "_{([@*#?$!-".contains(next);
        self.found.is_expanded |= character == '`' || next.is_some_and(replaces);
        let nested = match (character, next) {
            ('`', _) => Some(('`', '`')),
            (_, Some('(')) => Some(('(', ')')),
            (_, Some('{')) => Some(('{', '}')),
            _ => None,
        };
        if let Some((open, close)) = nested {
            self.found.is_intricate = true;
            if character == '$' {
                self.rest.next();
            }
            self.nested(open, close)?;
        }
        Some(())
    }

    /// Skips to the end of a substitution that has started; `None` if that is not there.
    fn nested(&mut self, open: char, close: char) -> Option<()> {
        let mut depth = 1;
        let mut quote = None;
        while depth > 0 {
            let (_, character) = self.rest.next()?;
            match (quote, character) {
                (Some('\''), '\\') => {}
                (_, '\\') => {
                    self.rest.next();
                }
                (Some(opened), _) if opened == character => quote = None,
                (None, '\'' | '"') => quote = Some(character),
                (None, _) if character == close => depth -= 1,
                (None, _) if character == open => depth += 1,
                _ => {}
            }
        }
        Some(())
    }
}

/// `NAME=…` before a command.
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let name = name.strip_suffix('+').unwrap_or(name);
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(reading: &LineToCursor) -> Vec<&str> {
        reading.words.iter().map(String::as_str).chain([reading.current.as_str()]).collect()
    }

    #[test]
    fn words_are_read_as_bash_reads_them() {
        let all: &[(&str, &[&str], Quote)] = &[
            ("e p x ", &["e", "p", "x", ""], Quote::None),
            (r"e 'a b' c\ d", &["e", "a b", "c d"], Quote::None),
            (r#"e "a\$b\c" 'c6 p"#, &["e", r"a$b\c", "c6 p"], Quote::Single),
            (r#"e --v="c6 p"#, &["e", "--v=c6 p"], Quote::Double),
            (r"e $'a\'\x41\n", &["e", "a'A\n"], Quote::Ansi),
            ("e '' ", &["e", "", ""], Quote::None),
            ("A=b C+=d e x=y", &["e", "x=y"], Quote::None),
            ("e a 2>/dev/null b", &["e", "a", "b"], Quote::None),
            ("x; e a", &["e", "a"], Quote::None),
            ("e $(a 'b )') c", &["e", "$", "c"], Quote::None),
        ];
        for (line, expected, quote) in all {
            let reading = posix(line).unwrap();
            assert_eq!((words(&reading).as_slice(), reading.quote), (*expected, *quote), "{line}");
        }
        assert_eq!((posix("e # x"), posix("e $(a"), posix("e `a")), (None, None, None));
        assert!(posix(r"e a\").unwrap().is_escaping && posix("e \"a\\").unwrap().is_escaping);
        assert!(posix("e $HOME/a").unwrap().is_expanded && posix("e \"$HOME").unwrap().is_expanded);
        assert!(!posix("e '$HOME").unwrap().is_expanded && !posix("e $HOME a").unwrap().is_expanded);
        assert!(posix("e $(a) 'b").unwrap().is_intricate && posix("e > ").unwrap().is_redirected);
        assert_eq!(posix("e  --v='a").unwrap().start, 3);
    }

    #[test]
    fn words_are_read_as_fish_and_powershell_read_them() {
        let reading = fish(r#"e c6\ p 'a\'b\n' "x\"y"#).unwrap();
        assert_eq!((words(&reading), reading.quote), (vec!["e", "c6 p", r"a'b\n", "x\"y"], Quote::Double));
        assert!(fish("e $HOME/x").unwrap().is_expanded && fish("e (x").unwrap().is_expanded);
        assert_eq!(words(&fish("e a#b").unwrap()), ["e", "a#b"]);
        let reading = powershell("& 'e' 'it''s' a`'b \u{2018}x\u{2019}\u{2019}y").unwrap();
        assert_eq!((words(&reading), reading.quote), (vec!["e", "it's", "a'b", "x\u{2019}y"], Quote::Single));
        assert_eq!(words(&powershell(r"C:\b\e.exe a\b").unwrap()), [r"C:\b\e.exe", r"a\b"]);
    }
}

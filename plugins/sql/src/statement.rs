//! What can be seen of a statement without running it: how it starts, where it ends, the line that an error is in.
//!
//! It reads SQL no further than to know comments and quotes. That a text is one statement and not several, the database
//! itself has said before anything here matters.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Whether there is nothing to run: blanks, comments, semicolons.
pub(crate) fn is_empty(sql: &str) -> bool {
    start(sql, ";").is_empty()
}

/// What follows the comments, blanks and other characters to pass that `sql` starts with.
fn start<'s>(sql: &'s str, passed: &str) -> &'s str {
    let mut rest = sql;
    loop {
        rest = rest
            .trim_start_matches(|character: char| character.is_whitespace() || passed.contains(character));
        match skipped(rest) {
            Some((StatementPart::Comment, length)) => rest = &rest[length..],
            _ => return rest,
        }
    }
}

/// The first word in small letters, after comments, parentheses and semicolons.
pub(crate) fn first_word(sql: &str) -> String {
    let rest = start(sql, "(;");
    let end = rest.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(rest.len());
    rest[..end].to_ascii_lowercase()
}

/// The statement up to its semicolon, so that it can be within another.
pub(crate) fn without_end(sql: &str) -> &str {
    let end = tokens(sql).find(|token| token.kind == TokenKind::Symbol && token.text == ";");
    end.map_or(sql, |end| &sql[..end.at])
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Comment,
    /// A text or a name in quotes.
    Quote,
    Word,
    /// One character, blanks included.
    Symbol,
}

/// A part of a text of SQL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'s> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'s str,
    /// Where it starts, in bytes.
    pub(crate) at: usize,
}

impl Token<'_> {
    /// Whether it is this word, which is in small letters, however it is written.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }
}

/// The tokens of `sql`, which together are the whole of it.
pub(crate) fn tokens(sql: &str) -> impl Iterator<Item = Token<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = sql.get(at..)?;
        let next = rest.chars().next()?;
        // A word is passed as a whole: `a$b$` starts no quote.
        let word = |character: char| character.is_alphanumeric() || "_$".contains(character);
        let (kind, length) = match skipped(rest) {
            Some((StatementPart::Comment, length)) => (TokenKind::Comment, length),
            Some((StatementPart::Quote, length)) => (TokenKind::Quote, length),
            None if word(next) => {
                (TokenKind::Word, rest.find(|character| !word(character)).unwrap_or(rest.len()))
            }
            None => (TokenKind::Symbol, next.len_utf8()),
        };
        let token = Token { kind, text: &rest[..length], at };
        at += length;
        Some(token)
    })
}

/// The words outside of quotes, comments and parentheses, in small letters.
pub(crate) fn outer_words(sql: &str) -> impl Iterator<Item = String> {
    let mut depth = 0_usize;
    tokens(sql).filter_map(move |token| match (token.kind, token.text) {
        (TokenKind::Symbol, "(") => {
            depth += 1;
            None
        }
        (TokenKind::Symbol, ")") => {
            depth = depth.saturating_sub(1);
            None
        }
        (TokenKind::Word, word) if depth == 0 => Some(word.to_ascii_lowercase()),
        _ => None,
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StatementPart {
    Comment,
    Quote,
}

/// The comment or quote that `text` starts with, and its length. One without an end continues to the end of the text.
fn skipped(text: &str) -> Option<(StatementPart, usize)> {
    let until =
        |end: &str, from: usize| text[from..].find(end).map_or(text.len(), |at| from + at + end.len());
    let first = text.chars().next()?;
    match first {
        '-' if text.starts_with("--") => Some((StatementPart::Comment, until("\n", 2))),
        '/' if text.starts_with("/*") => Some((StatementPart::Comment, block(text))),
        // A doubled quote ends one and starts the next, which comes to the same.
        '\'' | '"' => Some((StatementPart::Quote, until(if first == '"' { "\"" } else { "'" }, 1))),
        'e' | 'E' if text[1..].starts_with('\'') => Some((StatementPart::Quote, escaped(text))),
        '$' => {
            let tag = text[1..].find('$').map(|end| &text[..end + 2])?;
            let name = &tag[1..tag.len() - 1];
            let is_tag = name.chars().all(|character| character.is_alphanumeric() || character == '_')
                && !name.starts_with(|character: char| character.is_ascii_digit());
            is_tag.then(|| (StatementPart::Quote, until(tag, tag.len())))
        }
        _ => None,
    }
}

/// The length of a comment that may hold others.
fn block(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (step, change) = match rest {
            rest if rest.starts_with("/*") => (2, 1_isize),
            rest if rest.starts_with("*/") => (2, -1),
            rest => (rest.chars().next().map_or(1, char::len_utf8), 0),
        };
        depth = depth.saturating_add_signed(change);
        at += step;
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of `E'…'`, in which a backslash keeps the next character from ending it.
fn escaped(text: &str) -> usize {
    let mut characters = text.char_indices().skip(2);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '\'' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// How much of a line is shown before and after the position.
const AROUND: usize = 60;

/// The line that the character at `position` (counted from 1) is in, and a caret below it, as psql shows it.
pub(crate) fn excerpt(sql: &str, position: u32) -> Option<String> {
    let at = usize::try_from(position).ok()?.checked_sub(1)?;
    let before: usize = sql.chars().take(at).map(char::len_utf8).sum();
    let start = sql[..before].rfind('\n').map_or(0, |end| end + 1);
    let number = sql[..start].matches('\n').count() + 1;
    let end = sql[before..].find('\n').map_or(sql.len(), |end| before + end);
    let shown = |text: &str| -> String {
        text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
    };
    let mut left: Vec<char> = shown(&sql[start..before]).chars().rev().take(AROUND + 1).collect();
    left.reverse();
    let cut = if left.len() > AROUND { "…" } else { "" };
    let left: String = left.into_iter().take(AROUND).collect();
    let right = shown(&sql[before..end]);
    let rest = if right.chars().count() > AROUND { "…" } else { "" };
    let right: String = right.chars().take(AROUND).collect();
    let label = format!("LINE {number}: {cut}");
    let indent = label.width() + left.chars().filter_map(char::width).sum::<usize>();
    Some(format!("{label}{left}{right}{rest}\n{}^", " ".repeat(indent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_stands_behind_comments_and_parentheses() {
        for (sql, word) in [
            ("select 1", "select"),
            (" -- a\n /* b /* c */ */ (( VALUES (1)))", "values"),
            ("With x as (select 1) table x", "with"),
            ("show all", "show"),
            ("; /* a */ ;(commit", "commit"),
            ("'select'", ""),
            ("/* open", ""),
            ("", ""),
        ] {
            assert_eq!(first_word(sql), word, "{sql}");
        }
    }

    #[test]
    fn nothing_to_run_is_seen() {
        for sql in ["", " \n", ";", "-- only", "/* a */ ; -- b"] {
            assert!(is_empty(sql), "{sql}");
        }
        assert!(!is_empty("/* a */ select") && !is_empty("'") && !is_empty("("));
    }

    #[test]
    fn a_semicolon_ends_it_unless_it_is_quoted() {
        for (sql, without) in [
            ("select 1;", "select 1"),
            ("select ';' ; -- the end", "select ';' "),
            ("select ';''', \";\" /* ; */ -- ;\n", "select ';''', \";\" /* ; */ -- ;\n"),
            (r"select E'\';', 1;", r"select E'\';', 1"),
            ("select $$;$$, $a_1$ ; $$ $a_1$;", "select $$;$$, $a_1$ ; $$ $a_1$"),
            ("select $1;", "select $1"),
            ("select a$b$ from t; --$b$", "select a$b$ from t"),
            ("select 'größe;", "select 'größe;"),
        ] {
            assert_eq!(without_end(sql), without, "{sql}");
        }
    }

    #[test]
    fn a_caret_stands_below_the_place() {
        assert_eq!(excerpt("select x", 8).unwrap(), "LINE 1: select x\n               ^");
        assert_eq!(excerpt("select 1,\n\t数, y\nfrom t", 15).unwrap(), "LINE 2:  数, y\n             ^");
        let long = format!("select {}, nix, {}", "1, ".repeat(100), "2, ".repeat(100));
        let place = u32::try_from(long.find("nix").unwrap() + 1).unwrap();
        let excerpt = excerpt(&long, place).unwrap();
        let (line, caret) = excerpt.split_once('\n').unwrap();
        assert_eq!(line.chars().position(|c| c == 'x').unwrap() - 2, caret.len() - 1, "{excerpt}");
        assert!(line.starts_with("LINE 1: …") && line.ends_with('…'), "{excerpt}");
        assert!(super::excerpt("select", 7).is_some() && super::excerpt("", 0).is_none());
    }
}

//! Where statements end, by the syntax that a document declares: for a shell that has to know when to send one.
//!
//! It must not know a language, nor what becomes of a statement.

use super::shell::StatementSyntax;

/// What a part of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// For people only.
    Comment,
    /// In quotes.
    Quote,
    /// A word or a number.
    Word,
    /// What ends a statement.
    End,
    /// One other character.
    Other,
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextPart<'t> {
    /// What it is.
    pub kind: PartKind,
    /// Its text.
    pub text: &'t str,
    /// Where it starts, in bytes.
    pub at: usize,
    /// It has no end in this text.
    pub open: bool,
}

/// The parts of `text`, which together are the whole of it.
pub fn parts<'t>(syntax: &StatementSyntax, text: &'t str) -> Vec<TextPart<'t>> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (kind, length, open) = next(syntax, rest);
        let length = length.clamp(1, rest.len());
        let length = (length..=rest.len()).find(|end| rest.is_char_boundary(*end)).unwrap_or(rest.len());
        parts.push(TextPart { kind, text: &rest[..length], at, open });
        at += length;
    }
    parts
}

fn next(syntax: &StatementSyntax, rest: &str) -> (PartKind, usize, bool) {
    let Some(first) = rest.chars().next() else { return (PartKind::Other, 0, false) };
    let until = |end: &str, from: usize| match rest.get(from..).and_then(|rest| rest.find(end)) {
        Some(at) => (from + at + end.len(), false),
        None => (rest.len(), true),
    };
    if let Some(start) = syntax.line_comment.as_ref().filter(|start| rest.starts_with(start.as_str())) {
        let (length, _) = until("\n", start.len());
        return (PartKind::Comment, length, false);
    }
    if let Some((start, end)) =
        syntax.block_comment.as_ref().filter(|(start, _)| rest.starts_with(start.as_str()))
    {
        let (length, open) = block(rest, start, end);
        return (PartKind::Comment, length, open);
    }
    if syntax.escapes.iter().any(|escape| escape.eq_ignore_ascii_case(&first)) {
        let quote = rest.chars().nth(1).filter(|quote| syntax.quotes.contains(quote));
        if let Some(quote) = quote {
            let (length, open) = escaped(rest, quote);
            return (PartKind::Quote, length, open);
        }
    }
    if syntax.quotes.contains(&first) {
        let (length, open) = until(first.encode_utf8(&mut [0; 4]), first.len_utf8());
        return (PartKind::Quote, length, open);
    }
    if let Some(tag) = syntax.tagged.filter(|mark| *mark == first).and_then(|mark| tag(rest, mark)) {
        let (length, open) = until(tag, tag.len());
        return (PartKind::Quote, length, open);
    }
    if !syntax.end.is_empty() && rest.starts_with(&syntax.end) {
        return (PartKind::End, syntax.end.len(), false);
    }
    let is_word =
        |character: char| character.is_alphanumeric() || character == '_' || syntax.tagged == Some(character);
    if first.is_alphanumeric() || first == '_' {
        return (PartKind::Word, rest.find(|character| !is_word(character)).unwrap_or(rest.len()), false);
    }
    (PartKind::Other, first.len_utf8(), false)
}

/// The tag that `rest` starts with: `$$`, `$name$`.
fn tag(rest: &str, mark: char) -> Option<&str> {
    let inner = rest.get(mark.len_utf8()..)?;
    let end = inner.find(mark)?;
    let name = &inner[..end];
    let is_name = name.chars().all(|character| character.is_alphanumeric() || character == '_')
        && !name.starts_with(|first: char| first.is_ascii_digit());
    is_name.then(|| &rest[..end + 2 * mark.len_utf8()])
}

/// The length of a comment that may hold others, and whether it has no end.
fn block(text: &str, start: &str, end: &str) -> (usize, bool) {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(start) {
            (depth, at) = (depth + 1, at + start.len());
        } else if rest.starts_with(end) {
            (depth, at) = (depth.saturating_sub(1), at + end.len());
            if depth == 0 {
                return (at, false);
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    (text.len(), true)
}

/// The length of a quote after its prefix, in which a backslash keeps the next character from ending it.
fn escaped(text: &str, quote: char) -> (usize, bool) {
    let mut characters = text.char_indices().skip(2);
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == quote {
            return (at + quote.len_utf8(), false);
        }
    }
    (text.len(), true)
}

/// What comes next in what somebody types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed<'t> {
    /// A statement with its end.
    Statement(&'t str),
    /// A word of the shell with what follows it on its line, after a statement without an end, perhaps.
    Word {
        /// What stands before it.
        before: &'t str,
        /// The word.
        word: &'t str,
        /// What follows it.
        rest: &'t str,
    },
    /// The beginning of a statement.
    Rest(&'t str),
}

/// What stands first in `text`, and what is left. `is_word` says which words are the shell's.
pub fn first<'t>(
    syntax: &StatementSyntax,
    text: &'t str,
    is_word: &dyn Fn(&str) -> bool,
) -> (Typed<'t>, &'t str) {
    let (mut depth, mut blocks) = (0_usize, 0_usize);
    let mut last = String::new();
    for part in parts(syntax, text) {
        let end = part.at + part.text.len();
        match part.kind {
            PartKind::End if depth == 0 && blocks == 0 => {
                return (Typed::Statement(text[..end].trim_start()), &text[end..]);
            }
            PartKind::Other if part.text == "\\" => {
                let line = text[part.at..].split('\n').next().unwrap_or_default();
                let word = line.split_whitespace().next().unwrap_or_default();
                // One that is not known is one all the same, where a statement cannot start like it.
                if is_word(word) || text[..part.at].trim().is_empty() {
                    let rest = line.get(word.len()..).unwrap_or_default().trim();
                    let after = text.get(part.at + line.len()..).unwrap_or_default();
                    return (Typed::Word { before: text[..part.at].trim(), word, rest }, after);
                }
            }
            PartKind::Other => match (part.text.chars().next(), syntax.brackets) {
                (Some(character), Some((open, _))) if character == open => depth += 1,
                (Some(character), Some((_, close))) if character == close => depth = depth.saturating_sub(1),
                _ => {}
            },
            PartKind::Word => {
                let word = part.text.to_lowercase();
                let pair = format!("{last} {word}");
                let has = |words: &[String]| words.iter().any(|one| *one == word || *one == pair);
                if has(&syntax.blocks.start) || (blocks > 0 && has(&syntax.blocks.nested)) {
                    blocks += 1;
                } else if has(&syntax.blocks.end) {
                    blocks = blocks.saturating_sub(1);
                }
                last = word;
            }
            _ => {}
        }
    }
    (Typed::Rest(text), "")
}

/// Whether all of `text` can be worked on: nothing has begun that has no end.
pub fn is_whole(syntax: &StatementSyntax, text: &str, is_word: &dyn Fn(&str) -> bool) -> bool {
    let mut left = text;
    loop {
        match first(syntax, left, is_word) {
            (Typed::Rest(rest), _) => return is_blank(syntax, rest),
            (_, after) => left = after,
        }
    }
}

/// Whether there is nothing in `text` but blanks and comments.
pub fn is_blank(syntax: &StatementSyntax, text: &str) -> bool {
    parts(syntax, text)
        .iter()
        .all(|part| !part.open && (part.kind == PartKind::Comment || part.text.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::shell::Blocks;

    fn syntax() -> StatementSyntax {
        StatementSyntax {
            end: ";".to_owned(),
            quotes: vec!['\'', '"'],
            escapes: vec!['E'],
            tagged: Some('$'),
            line_comment: Some("--".to_owned()),
            block_comment: Some(("/*".to_owned(), "*/".to_owned())),
            brackets: Some(('(', ')')),
            blocks: Blocks {
                start: vec!["begin atomic".to_owned()],
                nested: vec!["case".to_owned()],
                end: vec!["end".to_owned()],
            },
        }
    }

    fn whole(text: &str) -> bool {
        is_whole(&syntax(), text, &|word| matches!(word, "\\d" | "\\g"))
    }

    #[test]
    fn a_statement_goes_on_until_its_end() {
        for text in [
            "",
            "-- note",
            "select 1;",
            "select ';' as \";\", E'\\';', $$;$$, $a$;$a$; -- ;",
            "select 1; select 2; ",
            "create function f() begin atomic select case when 1 then 2 end; end;",
            "\\d orders",
            "select 1 \\g",
            "\\unknown x",
            "select 1; /* ; */",
        ] {
            assert!(whole(text), "{text}");
        }
        for text in [
            "select 1",
            "select ';",
            "select $$;",
            "select (1;",
            "select /* ;",
            "create function f() begin atomic select 1;",
            "select '\\d'",
            "select 1; select 2",
            "select 1 \\what",
        ] {
            assert!(!whole(text), "{text}");
        }
    }

    #[test]
    fn statements_and_words_come_one_by_one() {
        let is_word = |word: &str| word == "\\d";
        let text = "select 1;\n\\d  a b\nselect 2 \\d x\nrest";
        let (one, after) = first(&syntax(), text, &is_word);
        assert_eq!(one, Typed::Statement("select 1;"));
        let (two, after) = first(&syntax(), after, &is_word);
        assert_eq!(two, Typed::Word { before: "", word: "\\d", rest: "a b" });
        let (three, after) = first(&syntax(), after, &is_word);
        assert_eq!(three, Typed::Word { before: "select 2", word: "\\d", rest: "x" });
        assert_eq!(first(&syntax(), after, &is_word), (Typed::Rest("\nrest"), ""));
        // Texts of any kind are cut between characters.
        for odd in ["größe '数", "$ü$ ü $", "E", "\\", "/", "-"] {
            assert_eq!(parts(&syntax(), odd).iter().map(|part| part.text).collect::<String>(), odd);
        }
    }
}

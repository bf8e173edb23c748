//! A text of several statements: where each of them ends, and the variables in it, as psql has both.
//!
//! It must not know what becomes of the statements.

use crate::inline_rows;
use crate::problem::ProblemBody;
use crate::statement::{Token, TokenKind, is_empty, tokens};
use crate::tag;
use std::collections::HashMap;

/// One statement of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScriptStatement {
    /// The statement, without the semicolon.
    pub(crate) text: String,
    /// The line of the script that it starts in, counted from 1.
    pub(crate) line: usize,
    /// The rows that it takes, of `COPY … FROM STDIN`.
    pub(crate) rows: Option<String>,
}

/// The statements of a script, with the values of its variables in them. Rows have no variables.
pub(crate) fn split(
    script: &str,
    variables: &HashMap<String, String>,
) -> Result<Vec<ScriptStatement>, ProblemBody> {
    let (script, mut rows) = inline_rows::taken_out(script.trim_start_matches('\u{feff}'));
    let script = with_variables(&script, variables);
    let mut statements = Vec::new();
    let mut start = 0;
    while let Some((text, end)) = statement_end(&script[start..]) {
        add(&mut statements, &script, start, start + text)?;
        start += end;
    }
    add(&mut statements, &script, start, script.len())?;
    for one in statements.iter_mut().filter(|one| tag::is_copy_in(&one.text)) {
        let found = rows.pop_front().flatten();
        one.rows = Some(found.ok_or_else(|| without_rows(one.line))?);
    }
    Ok(statements)
}

/// Where the text of the statement that `script` starts with ends, and what ends it; none where nothing does.
pub(crate) fn statement_end(script: &str) -> Option<(usize, usize)> {
    let mut nesting = Nesting::default();
    let end = tokens(script).find(|token| nesting.ends(token))?;
    Some((end.at, end.at + end.text.len()))
}

fn without_rows(line: usize) -> ProblemBody {
    ProblemBody::bad(format!("line {line}: COPY from stdin needs its rows in the lines after it"))
        .hint("end the rows with a line `\\.`, or use `sql import` for a file")
}

fn command_of_psql(script: &str, at: usize) -> ProblemBody {
    let line = line_of(script, at);
    let word = script[at..].split_whitespace().next().unwrap_or_default();
    let word: String = word.chars().take(40).filter(|character| !character.is_control()).collect();
    ProblemBody::bad(format!("line {line}: `{word}` is a command of psql, not a statement"))
        .hint("use the script's SQL only; `sql shell` has commands such as \\d and \\copy")
}

fn line_of(script: &str, at: usize) -> usize {
    script[..at].matches('\n').count() + 1
}

fn add(
    statements: &mut Vec<ScriptStatement>,
    script: &str,
    start: usize,
    end: usize,
) -> Result<(), ProblemBody> {
    let text = &script[start..end];
    if is_empty(text) {
        return Ok(());
    }
    let blank = text.len() - text.trim_start().len();
    let first = tokens(&text[blank..])
        .find(|token| token.kind != TokenKind::Comment && !token.text.starts_with(char::is_whitespace));
    // The comment before a statement belongs to it, and its line is that of its first word.
    let at = start + blank + first.as_ref().map_or(0, |token| token.at);
    if first.is_some_and(|token| token.text == "\\") {
        return Err(command_of_psql(script, at));
    }
    statements.push(ScriptStatement { text: text.trim().to_owned(), line: line_of(script, at), rows: None });
    Ok(())
}

/// How deep in parentheses, and in the body of a function written in SQL, the text is: a semicolon there ends nothing.
#[derive(Default)]
struct Nesting {
    parentheses: usize,
    blocks: usize,
    /// The first words of the statement.
    words: Vec<String>,
}

impl Nesting {
    /// Whether `token` ends the statement.
    fn ends(&mut self, token: &Token<'_>) -> bool {
        match (token.kind, token.text) {
            (TokenKind::Symbol, "(") => self.parentheses += 1,
            (TokenKind::Symbol, ")") => self.parentheses = self.parentheses.saturating_sub(1),
            (TokenKind::Symbol, ";") => return self.parentheses == 0 && self.blocks == 0,
            (TokenKind::Word, _) => self.word(token),
            _ => {}
        }
        false
    }

    fn word(&mut self, token: &Token<'_>) {
        if self.words.len() < 4 {
            self.words.push(token.text.to_ascii_lowercase());
        }
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        let makes_a_routine = matches!(
            words.as_slice(),
            ["create", "function" | "procedure", ..] | ["create", "or", "replace", "function" | "procedure"]
        );
        if !makes_a_routine || self.parentheses > 0 {
            return;
        }
        if token.is("begin") || (token.is("case") && self.blocks > 0) {
            self.blocks += 1;
        } else if token.is("end") {
            self.blocks = self.blocks.saturating_sub(1);
        }
    }
}

/// The text with the values of its variables: `:name` as it is, `:'name'` as a literal, `:"name"` as an identifier. One
/// without a value stays, as in psql: `a[1:n]` and `::text` are no variables.
fn with_variables(sql: &str, variables: &HashMap<String, String>) -> String {
    if variables.is_empty() {
        return sql.to_owned();
    }
    let all: Vec<Token<'_>> = tokens(sql).collect();
    let mut out = String::with_capacity(sql.len());
    let mut at = 0;
    while let Some(token) = all.get(at) {
        let is_colon = |token: Option<&Token<'_>>| token.is_some_and(|token| token.text == ":");
        let single =
            token.text == ":" && !is_colon(all.get(at + 1)) && !(at > 0 && is_colon(all.get(at - 1)));
        let value = all.get(at + 1).filter(|_| single).and_then(|next| value(next, variables));
        if let Some(value) = value {
            out.push_str(&value);
            at += 2;
        } else {
            out.push_str(token.text);
            at += 1;
        }
    }
    out
}

/// What stands for the variable that `token` names, if it names one.
fn value(token: &Token<'_>, variables: &HashMap<String, String>) -> Option<String> {
    let quoted = |quote: char| token.text.strip_prefix(quote)?.strip_suffix(quote);
    match (token.kind, token.text.chars().next()?) {
        (TokenKind::Word, _) => variables.get(token.text).cloned(),
        (TokenKind::Quote, '\'') => variables.get(quoted('\'')?).map(|value| literal(value)),
        (TokenKind::Quote, '"') => {
            variables.get(quoted('"')?).map(|value| format!("\"{}\"", value.replace('"', "\"\"")))
        }
        _ => None,
    }
}

/// `value` as a literal, whatever `standard_conforming_strings` is.
fn literal(value: &str) -> String {
    let doubled = value.replace('\'', "''");
    if value.contains('\\') {
        format!(" E'{}'", doubled.replace('\\', "\\\\"))
    } else {
        format!("'{doubled}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(script: &str) -> Vec<(String, usize)> {
        split(script, &HashMap::new()).ok().unwrap().into_iter().map(|one| (one.text, one.line)).collect()
    }

    #[test]
    fn statements_end_where_psql_ends_them() {
        let one = |text: &str, line| (text.to_owned(), line);
        assert_eq!(texts("select 1; select 2"), [one("select 1", 1), one("select 2", 1)]);
        assert_eq!(texts(" ;; -- nothing\n/* ; */ ;"), []);
        assert_eq!(
            texts("\u{feff}-- first\nselect ';' as \";\";\n\nselect $a$;$a$ -- ;\n;"),
            [one("-- first\nselect ';' as \";\"", 2), one("select $a$;$a$ -- ;", 4)]
        );
        let function = "create or replace function f() returns int language sql begin atomic select case when true then 1 end; select 2; end";
        assert_eq!(texts(&format!("{function}; select 3")), [one(function, 1), one("select 3", 1)]);
        // A word that is only called so starts no body.
        assert_eq!(texts("begin; select 1; end;").len(), 3);
        assert_eq!(texts("create rule r as on insert to t do (select 1; select 2); select 3").len(), 2);
        assert_eq!(texts("do $$ begin perform 1; end $$; select 1").len(), 2);
        assert_eq!(texts("select 'open; select 2"), [one("select 'open; select 2", 1)]);
    }

    #[test]
    fn a_command_of_psql_is_named_with_its_line() {
        let error = split("select 1;\n\\copy t from x", &HashMap::new()).err().unwrap().to_string();
        assert_eq!(error, "line 2: `\\copy` is a command of psql, not a statement");
        assert!(split("select E'\\\\', '\\'", &HashMap::new()).is_ok());
    }

    #[test]
    fn a_copy_takes_the_rows_behind_it_as_they_are() {
        let variables = [("n".to_owned(), "7".to_owned())].into();
        let script = "select :n;\ncopy t from stdin;\n:n\t;\n\\.\n-- then\nselect :n";
        let all = split(script, &variables).ok().unwrap();
        let all: Vec<_> = all.iter().map(|one| (one.text.as_str(), one.line, one.rows.as_deref())).collect();
        assert_eq!(
            all,
            [
                ("select 7", 1, None),
                ("copy t from stdin", 2, Some(":n\t;\n")),
                ("-- then\nselect 7", 6, None)
            ]
        );
        let error = split("select 1;\ncopy t from stdin;", &variables).err().unwrap().to_string();
        assert_eq!(error, "line 2: COPY from stdin needs its rows in the lines after it");
    }

    #[test]
    fn variables_are_quoted_as_they_ask() {
        let variables = [("n", "7"), ("t", "o'b\\"), ("c", "a\"b"), ("1", "no")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let made = |sql: &str| with_variables(sql, &variables);
        assert_eq!(made("select :n, :'t', :\"c\""), "select 7,  E'o''b\\\\', \"a\"\"b\"");
        for same in ["select ':n', $$:n$$ -- :n", "select 1::n, x::text", "select :other, :'other'", "a := n"]
        {
            assert_eq!(made(same), same);
        }
    }
}

//! What stands in a script beside its statements, as `pg_dump` writes it: the rows behind `COPY … FROM STDIN`, up to a line
//! `\.`, and the lines `\restrict` and `\unrestrict`, which only forbid commands of psql that are not run here anyway.
//!
//! It must not know what becomes of the rows.

use crate::script::statement_end;
use crate::statement::{TokenKind, tokens};
use crate::tag;
use std::collections::VecDeque;

/// Ends the rows.
const END: &str = "\\.";
/// What a line of psql that has no effect here starts with.
const IGNORED: [&str; 2] = ["\\restrict", "\\unrestrict"];

/// A script without what stands beside its statements; empty lines are in its place, so that each statement keeps its line.
pub(crate) fn taken_out(script: &str) -> (String, VecDeque<Option<String>>) {
    let mut left = String::with_capacity(script.len());
    let mut all = VecDeque::new();
    let mut rest = script;
    loop {
        if let Some((before, after)) = ignored_line(rest) {
            left.push_str(&rest[..before]);
            rest = &rest[after..];
            continue;
        }
        let Some((text, end)) = statement_end(rest) else { break };
        let is_copy = tag::is_copy_in(&rest[..text]);
        left.push_str(&rest[..end]);
        rest = &rest[end..];
        if is_copy {
            let (rows, after) = rows(rest);
            left.extend(std::iter::repeat_n('\n', rest[..after].matches('\n').count()));
            rest = &rest[after..];
            all.push_back(rows);
        }
    }
    left.push_str(rest);
    (left, all)
}

/// The rows that `text`, what follows a statement, starts with, and how long they are with their end. They start in the next
/// line; none where the script ends before.
fn rows(text: &str) -> (Option<String>, usize) {
    let Some(start) = text.find('\n').map(|at| at + 1).filter(|start| text[..*start].trim().is_empty())
    else {
        return (None, 0);
    };
    let (mut rows, mut at) = (String::new(), start);
    for line in text[start..].split_inclusive('\n') {
        at += line.len();
        if line.trim_end_matches(['\r', '\n']) == END {
            return (Some(rows), at);
        }
        rows.push_str(line);
    }
    // As in psql, the end of the script is that of the rows.
    if rows.trim().is_empty() { (None, 0) } else { (Some(rows), at) }
}

/// Where the line that has no effect starts and ends, if `script` starts with one, after comments and blanks.
fn ignored_line(script: &str) -> Option<(usize, usize)> {
    let is_blank = |text: &str| text.starts_with(char::is_whitespace);
    let start = tokens(script).find(|token| token.kind != TokenKind::Comment && !is_blank(token.text))?.at;
    let line = script[start..].split('\n').next()?;
    let word = line.split_whitespace().next()?;
    IGNORED.contains(&word).then_some((start, start + line.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(script: &str) -> (String, Vec<Option<String>>) {
        let (left, rows) = taken_out(script);
        assert_eq!(left.matches('\n').count(), script.matches('\n').count(), "{script:?}");
        (left, rows.into())
    }

    #[test]
    fn rows_stand_between_a_copy_and_a_line_with_a_dot() {
        let one = |rows: &str| vec![Some(rows.to_owned())];
        let dump = "copy t (a) from stdin;\n1\t;'x\n\\\\.\n\\.\nselect 1;\n";
        let left = "copy t (a) from stdin;\n\n\n\nselect 1;\n".to_owned();
        assert_eq!(out(dump), (left, one("1\t;'x\n\\\\.\n")));
        let (left, rows) = out("COPY t FROM STDIN WITH (FORMAT csv);  \r\na,b\r\n\\.\r\ntable t");
        assert_eq!(
            (left.trim_start_matches("COPY t FROM STDIN WITH (FORMAT csv);").trim(), rows),
            ("table t", one("a,b\r\n"))
        );
        // The end of the script is theirs, too.
        assert_eq!(out("copy t from stdin;\n1\n2").1, one("1\n2"));
        assert_eq!(out("copy t from stdin;\n\\.\n").1, one(""));
        for none in [
            "copy t from stdin",
            "copy t from stdin;",
            "copy t from stdin; \n",
            "copy t from stdin; select 1;\n1\n\\.\n",
        ] {
            assert!(!matches!(&out(none).1[..], [Some(_)]), "{none}");
        }
        for other in
            ["select 'copy t from stdin;'\n;", "copy t to stdout;\n1\n", "-- copy t from stdin;\nselect 1;\n"]
        {
            assert_eq!(out(other), (other.to_owned(), Vec::new()));
        }
    }

    #[test]
    fn what_only_psql_needs_has_no_effect() {
        let dump = "-- a dump\n\\restrict abc\n\nselect 1;\n\n\\unrestrict abc\n";
        assert_eq!(out(dump), ("-- a dump\n\n\nselect 1;\n\n\n".to_owned(), Vec::new()));
        assert_eq!(out("\\restricted x\n").0, "\\restricted x\n");
    }

    proptest::proptest! {
        #[test]
        fn every_line_keeps_its_number(script in "(copy t from stdin;|\\\\\\.|\\\\restrict x|select ';'|;|\r?\n|[a-z' ]){0,40}") {
            out(&script);
        }
    }
}

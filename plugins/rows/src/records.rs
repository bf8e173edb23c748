//! Records of a table for other programs: CSV (RFC 4180, with line feeds), TSV (as jq's `@tsv` writes it), and tables of
//! Markdown and HTML for documents.
//!
//! It must not know where records come from.

use crate::markup;
use std::borrow::Cow;

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFormat {
    /// CSV: a comma between two values; what holds one is quoted.
    Comma,
    /// TSV: a tab; what holds one is escaped with a backslash.
    Tab,
    /// A table of Markdown, as GitHub has it.
    Markdown,
    /// A page of HTML with one table.
    Html,
}

impl RecordFormat {
    /// Whether a person reads it in the end, and no program that wants every column.
    pub fn is_document(self) -> bool {
        matches!(self, Self::Markdown | Self::Html)
    }

    /// What stands before the first record: the headings, where they are wanted.
    pub fn begin(self, headers: &[&str], shows_headers: bool) -> String {
        let head = || headers.iter().map(|header| Some(*header));
        match self {
            Self::Comma | Self::Tab if shows_headers => self.record(head()),
            Self::Comma | Self::Tab => String::new(),
            Self::Markdown => [self.record(head()), markup::markdown_rule(headers.len())].concat(),
            Self::Html => markup::html_begin(if shows_headers { headers } else { &[] }),
        }
    }

    /// A record as a line. A value that is not there is nothing; in CSV an empty text is `""`.
    pub fn record<'a>(self, values: impl IntoIterator<Item = Option<&'a str>>) -> String {
        match self {
            Self::Markdown => return markup::markdown_row(values),
            Self::Html => return markup::html_row(values),
            Self::Comma | Self::Tab => {}
        }
        let mut line = String::new();
        for (at, value) in values.into_iter().enumerate() {
            if at > 0 {
                line.push(if self == Self::Comma { ',' } else { '\t' });
            }
            let Some(value) = value.map(inert) else { continue };
            if self == Self::Comma { quoted(&mut line, &value) } else { escaped(&mut line, &value) }
        }
        line.push('\n');
        line
    }

    /// What stands behind the last record.
    pub fn end(self) -> &'static str {
        if self == Self::Html { markup::HTML_END } else { "" }
    }
}

/// A value that a spreadsheet would run as a formula, as the text that it is: with an apostrophe before it, as spreadsheets
/// themselves mark a text. A number is no formula.
fn inert(value: &str) -> Cow<'_, str> {
    let is_number = || {
        let digits = value.trim_start_matches(['+', '-']);
        digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
            && value.parse::<f64>().is_ok()
    };
    let begins_one = value.starts_with(['=', '+', '-', '@', '\t', '\r']) && value.chars().nth(1).is_some();
    if begins_one && !is_number() { Cow::Owned(format!("'{value}")) } else { Cow::Borrowed(value) }
}

fn quoted(line: &mut String, value: &str) {
    if !value.is_empty() && !value.contains(['"', ',', '\n', '\r']) {
        line.push_str(value);
        return;
    }
    line.push('"');
    for (at, part) in value.split('"').enumerate() {
        line.push_str(if at > 0 { "\"\"" } else { "" });
        line.push_str(part);
    }
    line.push('"');
}

fn escaped(line: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '\t' => line.push_str("\\t"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\\' => line.push_str("\\\\"),
            other => line.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RecordFormat::{Comma, Html, Markdown, Tab};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_would_end_a_value_does_not() {
        let values = || [Some("a"), None, Some(""), Some("b,c"), Some("say \"x\"\nnow"), Some("d\te\\")];
        assert_eq!(Comma.record(values()), "a,,\"\",\"b,c\",\"say \"\"x\"\"\nnow\",d\te\\\n");
        assert_eq!(Tab.record(values()), "a\t\t\tb,c\tsay \"x\"\\nnow\td\\te\\\\\n");
    }

    #[test]
    fn no_value_is_a_formula_and_every_number_is_a_number() {
        for formula in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-inf"] {
            assert_eq!(inert(formula), format!("'{formula}"), "{formula:?}");
        }
        for plain in ["", "-", "=", "-5", "+49", "-1.5e-3", "-.5", "a=1", "1-2", "'=1"] {
            assert_eq!(inert(plain), plain);
        }
        assert_eq!(Comma.record([Some("=HYPERLINK(\"x\",1)")]), "\"'=HYPERLINK(\"\"x\"\",1)\"\n");
        assert_eq!(Comma.begin(&["=1"], true), "'=1\n");
    }

    #[test]
    fn a_document_has_a_table_with_a_head_and_an_end() {
        assert_eq!(Markdown.begin(&["NAME", "A|B"], true), "| NAME | A\\|B |\n| --- | --- |\n");
        assert_eq!(Tab.begin(&["NAME"], false), "");
        let page = [Html.begin(&["NAME"], true), Html.record([Some("<b>")]), Html.end().to_owned()].concat();
        assert!(page.starts_with("<!doctype html>"), "{page}");
        assert!(page.contains("<thead><tr><th>NAME</th></tr></thead>"), "{page}");
        assert!(page.contains("<tr><td>&lt;b&gt;</td></tr>"), "{page}");
        assert!(!Html.begin(&["NAME"], false).contains("<th>"));
    }

    proptest! {
        #[test]
        fn each_record_is_one_row_of_as_many_cells(values in proptest::collection::vec("\\PC*|[|\\\\\\n\\r<>&`*_]{0,8}", 1..5)) {
            let cells = || values.iter().map(|value| Some(value.as_str()));
            let row = Markdown.record(cells());
            prop_assert_eq!(row.matches('\n').count(), 1);
            let mut bars = 0;
            let mut is_escaped = false;
            for character in row.chars() {
                bars += usize::from(character == '|' && !is_escaped);
                is_escaped = character == '\\' && !is_escaped;
            }
            prop_assert_eq!(bars, values.len() + 1);
            let row = Html.record(cells());
            prop_assert_eq!(row.matches("<td>").count(), values.len());
            prop_assert_eq!(row.matches('<').count(), 2 * values.len() + 2 + row.matches("<br>").count());
        }
    }
}

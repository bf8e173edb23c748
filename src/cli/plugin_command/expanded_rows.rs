//! Rows that are wider than the terminal, each as lines of its own: `psql` calls it expanded.
//!
//! It must not know where rows come from.

use crate::model::CleanText;
use crate::openapi::Cell;
use unicode_width::UnicodeWidthStr as _;

/// Whether a line of `text` is wider than the terminal.
pub(super) fn is_wider(text: &str, width: Option<usize>) -> bool {
    width.is_some_and(|width| text.lines().any(|line| line.width() > width))
}

/// The text of `rows`, which are numbered from `first` on.
pub(super) fn rendered(headers: &[CleanText], rows: &[Vec<Cell>], first: u64) -> String {
    let label = headers.iter().map(|header| header.as_str().width()).max().unwrap_or_default();
    let mut text = String::new();
    for (number, row) in (first..).zip(rows) {
        text.extend(["-[ ", &number.to_string(), " ]-\n"]);
        for (header, cell) in headers.iter().map(CleanText::as_str).zip(row) {
            let padding = " ".repeat(label - header.width());
            let line = [header, &padding, "  ", cell.text.as_str()].concat();
            text.extend([line.trim_end(), "\n"]);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_stands_behind_its_name() {
        let headers = [CleanText::new("id"), CleanText::new("größe")];
        let cell = |text: &str| Cell { text: CleanText::exact(text), right: false };
        let rows = [vec![cell("7"), cell("数 ")], vec![cell("8"), cell("")]];
        assert_eq!(rendered(&headers, &rows, 3), "-[ 3 ]-\nid     7\ngröße  数\n-[ 4 ]-\nid     8\ngröße\n");
        assert!(is_wider("a\nabc", Some(2)) && !is_wider("数", Some(2)) && !is_wider("abc", None));
    }
}

//! Rows one below the other, each value on a line of its own behind the name of its column: for rows that are wider than
//! the terminal. `psql` calls it expanded, `mysql` vertical.
//!
//! It must not know where rows come from.

use unicode_width::UnicodeWidthStr as _;

/// Whether a line of `text` is wider than the terminal.
pub fn is_wider(text: &str, width: Option<usize>) -> bool {
    width.is_some_and(|width| text.lines().any(|line| line.width() > width))
}

/// The text of `rows`, which are numbered from `first` on.
pub fn rendered<'a, R>(headers: &[&str], rows: impl IntoIterator<Item = R>, first: u64) -> String
where
    R: IntoIterator<Item = &'a str>,
{
    let label = headers.iter().map(|header| header.width()).max().unwrap_or_default();
    let mut text = String::new();
    for (number, row) in (first..).zip(rows) {
        text.extend(["-[ ", &number.to_string(), " ]-\n"]);
        for (header, cell) in headers.iter().zip(row) {
            let padding = " ".repeat(label - header.width());
            let line = [header, padding.as_str(), "  ", cell].concat();
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
        let rows = [["7", "数 "], ["8", ""]];
        let text = rendered(&["id", "größe"], rows, 3);
        assert_eq!(text, "-[ 3 ]-\nid     7\ngröße  数\n-[ 4 ]-\nid     8\ngröße\n");
        assert!(is_wider("a\nabc", Some(2)) && !is_wider("数", Some(2)) && !is_wider("abc", None));
    }
}

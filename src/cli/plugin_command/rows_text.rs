//! Rows as text, side by side or one below the other. It must not know where they come from.

use crate::model::CleanText;
use crate::openapi::Cell;
use crate::term::table::{Table, TableColor};
use everestctl_rows::vertical;
use unicode_width::UnicodeWidthStr as _;

/// The text of a table: numbers at the right, and at least as wide as `widths`.
pub(super) fn rendered(
    headers: &[CleanText],
    rows: &[Vec<Cell>],
    shows_headers: bool,
    widths: &[usize],
    width: Option<usize>,
    color: Option<TableColor>,
) -> String {
    let right: Vec<usize> = (0..headers.len())
        .filter(|column| rows.iter().any(|row| row.get(*column).is_some_and(|cell| cell.right)))
        .collect();
    // The first column says which row it is, and is cut last.
    let flexible: Vec<usize> = (1..headers.len()).rev().filter(|column| !right.contains(column)).collect();
    let mut rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(text_of_cell).collect()).collect();
    for (column, (cell, width)) in rows.iter_mut().take(1).flatten().zip(widths).enumerate() {
        let missing = " ".repeat(width.saturating_sub(cell.width()));
        if right.contains(&column) { cell.insert_str(0, &missing) } else { cell.push_str(&missing) }
    }
    let headers: Vec<&str> = headers.iter().map(CleanText::as_str).collect();
    let headers = shows_headers.then_some(&headers[..]);
    Table { headers, rows, flexible: &flexible, right: &right, keeps_blanks: true, color }.render(width)
}

/// The text of rows one below the other, which are numbered from `first` on.
pub(super) fn vertical(headers: &[CleanText], rows: &[Vec<Cell>], first: u64) -> String {
    let headers: Vec<&str> = headers.iter().map(CleanText::as_str).collect();
    vertical::rendered(&headers, rows.iter().map(|row| row.iter().map(|cell| cell.text.as_str())), first)
}

fn text_of_cell(cell: &Cell) -> String {
    cell.text.to_string()
}

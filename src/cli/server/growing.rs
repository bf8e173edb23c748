//! A table whose rows come bit by bit: what comes first decides the columns and how wide they are at least.

use super::show::{self, Wishes};
use crate::model::Line;
use crate::openapi::{Command, Table};
use crate::sys::clock;
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

/// A table that grows.
#[derive(Default)]
pub(super) struct Growing {
    table: Option<Table>,
    widths: Vec<usize>,
}

impl Growing {
    /// The text of further rows, with the headers before the first ones.
    pub(super) fn text(
        &mut self,
        command: &Command,
        wishes: &Wishes,
        rows: &[Value],
        wide: bool,
        width: Option<usize>,
    ) -> String {
        let begins = self.table.is_none();
        let wanted: Option<Vec<&str>> =
            wishes.columns.as_ref().map(|columns| columns.iter().map(String::as_str).collect());
        let table =
            self.table.get_or_insert_with(|| Table::new(command, &rows.iter(), wide, wanted.as_deref()));
        let headers = table.headers();
        let cells: Vec<Vec<_>> = rows.iter().map(|row| table.row(row, clock::now())).collect();
        let text = show::rendered(&headers, &cells, begins && !wishes.no_headers, &self.widths, width);
        if begins {
            let widest = |(column, header): (usize, &Line)| {
                let cells =
                    cells.iter().filter_map(|row| row.get(column)).map(|cell| cell.text.as_str().width());
                cells.fold(header.as_str().width(), usize::max)
            };
            self.widths = headers.iter().enumerate().map(widest).collect();
        }
        text
    }
}

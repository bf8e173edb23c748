//! A table whose rows come bit by bit: the first row decides the columns, and what comes first how wide they are at
//! least.

use super::rows_text;
use super::show::{self, OutputOptions};
use crate::cli::output::OutputFormat;
use crate::error::Failure;
use crate::model::CleanText;
use crate::openapi::{ApiCommand, Cell, ColumnSet, ResponseRow, ResponseTable};
use crate::sys::clock;
use crate::term::table::TableColor;
use everestctl_rows::records::RecordFormat;
use everestctl_rows::vertical;
use serde_json::Value;
use serde_json::value::RawValue;
use std::{iter, mem};
use unicode_width::UnicodeWidthStr as _;

/// So many rows of a list are laid out together.
const MOST_KEPT: usize = 1000;

/// A table that grows.
pub(super) struct StreamingTable<'a> {
    command: &'a ApiCommand,
    wishes: &'a OutputOptions,
    form: OutputFormat,
    color: bool,
    table: Option<ResponseTable>,
    /// Rows that are shown with those that come at once, with their JSON where it counts.
    kept: Vec<(Value, Option<Box<RawValue>>)>,
    /// How wide the columns are at least; nothing before the first rows.
    widths: Option<Vec<usize>>,
    /// How many rows were shown one below the other.
    records: Option<u64>,
}

impl<'a> StreamingTable<'a> {
    pub(super) fn new(
        command: &'a ApiCommand,
        wishes: &'a OutputOptions,
        form: OutputFormat,
        color: bool,
    ) -> Self {
        Self { command, wishes, form, color, table: None, kept: Vec::new(), widths: None, records: None }
    }

    /// Keeps a row, which was read from `json`, for [`Self::kept`]; not one that has nothing that the table shows.
    pub(super) fn keep(&mut self, row: Value, json: &str) -> Result<bool, Failure> {
        let is_asked_for = self.wishes.columns.is_some();
        // One message of many says little of what others have, where nothing describes them.
        let says_all = !is_asked_for || !self.command.answer.columns.is_empty();
        let table = self.table(&iter::once(&row).filter(|_| says_all))?;
        if !is_asked_for && !table.fits(&row) {
            return Ok(false);
        }
        let is_exact = table.has_data() || matches!(self.form, OutputFormat::Records(_));
        let json = if is_exact { RawValue::from_string(json.to_owned()).ok() } else { None };
        self.kept.push((row, json));
        Ok(true)
    }

    /// Keeps the rows of a page, so that the columns of several have one width; whether there are enough of them.
    pub(super) fn keep_page(&mut self, rows: &[Value]) -> bool {
        self.kept.extend(rows.iter().map(|row| (row.clone(), None)));
        self.kept.len() >= MOST_KEPT
    }

    /// The text of the rows that were kept.
    pub(super) fn kept(&mut self, width: Option<usize>) -> Result<String, Failure> {
        let kept = mem::take(&mut self.kept);
        let rows: Vec<ResponseRow<'_>> =
            kept.iter().map(|(value, json)| ResponseRow { value, json: json.as_deref() }).collect();
        self.text(&rows, width)
    }

    /// The text of further rows, with the headers before the first ones.
    pub(super) fn text(&mut self, rows: &[ResponseRow<'_>], width: Option<usize>) -> Result<String, Failure> {
        if rows.is_empty() {
            return Ok(String::new());
        }
        if let OutputFormat::Records(format) = self.form {
            return self.as_records(rows, format);
        }
        let table = self.table(&rows.iter().map(|row| row.value))?;
        let (headers, is_data) = (table.headers(), table.has_data());
        let cells: Vec<Vec<_>> = rows.iter().map(|row| table.row(*row, clock::now())).collect();
        let as_rows =
            if self.records.is_none() { self.as_rows(&headers, &cells, is_data, width) } else { None };
        Ok(as_rows.unwrap_or_else(|| self.as_lines(&headers, &cells)))
    }

    /// The headings of what the rows have, nobody knew of, and the table does not show.
    pub(super) fn more(&self) -> &[CleanText] {
        self.table.as_ref().map_or(&[], ResponseTable::more)
    }

    /// What stands behind the last record.
    pub(super) fn end(&mut self) -> Result<String, Failure> {
        let OutputFormat::Records(format) = self.form else { return Ok(String::new()) };
        let mut text = String::new();
        if self.widths.is_none() && format.is_document() {
            let shows_headers = !self.wishes.no_headers;
            text = show::headings(format, &self.table(&iter::empty::<&Value>())?.headers(), shows_headers);
        }
        text.push_str(format.end());
        Ok(text)
    }

    /// The text of rows for a program.
    fn as_records(&mut self, rows: &[ResponseRow<'_>], format: RecordFormat) -> Result<String, Failure> {
        let is_first = self.widths.replace(Vec::new()).is_none();
        let shows_headers = !self.wishes.no_headers;
        let table = self.table(&rows.iter().map(|row| row.value))?;
        let mut text = String::new();
        if is_first {
            text = show::headings(format, &table.headers(), shows_headers);
        }
        for row in rows {
            text.push_str(&show::record_line(format, &table.record(*row)));
        }
        Ok(text)
    }

    /// The text of rows side by side; none where they are to be one below the other: as asked for, or where the first ones
    /// are data and wider than the terminal.
    fn as_rows(
        &mut self,
        headers: &[CleanText],
        cells: &[Vec<Cell>],
        is_data: bool,
        width: Option<usize>,
    ) -> Option<String> {
        let is_first = self.widths.is_none();
        let text = rows_text::rendered(
            headers,
            cells,
            is_first && !self.wishes.no_headers,
            self.widths.as_deref().unwrap_or_default(),
            // Of data, nothing is cut.
            width.filter(|_| !is_data),
            self.color.then_some(TableColor { column: None, style: None }),
        );
        let is_wider =
            is_first && is_data && self.form != OutputFormat::Wide && vertical::is_wider(&text, width);
        if self.wishes.is_vertical.unwrap_or(is_wider) {
            return None;
        }
        let widest = |(column, header): (usize, &CleanText)| {
            let cells = cells.iter().filter_map(|row| row.get(column)).map(|cell| cell.text.as_str().width());
            cells.fold(header.as_str().width(), usize::max)
        };
        let known = self.widths.take().unwrap_or_default();
        let wider = headers.iter().enumerate().map(widest);
        let wider = wider.enumerate().map(|(at, width)| known.get(at).copied().unwrap_or(0).max(width));
        self.widths = Some(wider.collect());
        Some(text)
    }

    /// The text of rows as lines, as all further ones are then.
    fn as_lines(&mut self, headers: &[CleanText], cells: &[Vec<Cell>]) -> String {
        let shown = self.records.get_or_insert(0);
        let text = rows_text::vertical(headers, cells, *shown + 1);
        *shown += cells.len() as u64;
        text
    }

    fn table<'v>(
        &mut self,
        first: &(impl Iterator<Item = &'v Value> + Clone),
    ) -> Result<&ResponseTable, Failure> {
        let table = if let Some(table) = self.table.take() {
            table
        } else {
            let wanted = show::wanted(self.wishes);
            let set = match self.form {
                OutputFormat::Records(format) => show::column_set(format),
                OutputFormat::Wide | OutputFormat::Vertical => ColumnSet::Wide,
                _ => ColumnSet::Narrow,
            };
            ResponseTable::new(self.command, first, set, wanted.as_deref())
                .map_err(|unknown| show::no_column(&unknown))?
        };
        Ok(self.table.insert(table))
    }
}

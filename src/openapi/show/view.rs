//! What of an answer is shown, and in which of three forms.

use super::cell::{Cell, plain};
use super::guess;
use super::object::{ObjectPart, ObjectStyle, parts};
use super::table::{ColumnSet, ResponseRow, ResponseTable, UnknownColumn, has, named, own_columns};
use crate::model::{CleanText, harmless_lines};
use crate::openapi::wrapping::noun;
use crate::openapi::{ApiCommand, Argument, ArgumentPlace, DeclaredResponse, Pointer, TableColumn};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::time::SystemTime;

/// An answer for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponseView {
    /// A table.
    Rows {
        /// The headings.
        headers: Vec<CleanText>,
        /// As many cells in each as there are headings.
        rows: Vec<Vec<Cell>>,
        /// They are data, of which each character counts.
        data: bool,
        /// What is left out, that nobody knew of.
        more: Vec<CleanText>,
        /// What stands below them.
        below: BelowRows,
    },
    /// Names and values, with what is nested.
    Object(Vec<ObjectPart>),
    /// One value.
    Scalar(Cell),
}

/// What stands below rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BelowRows {
    /// More data, in lines.
    pub text: Option<String>,
    /// One line that sums them up, or says what was done where there are none.
    pub footer: Option<CleanText>,
}

impl BelowRows {
    fn of(answer: &DeclaredResponse, value: &Value) -> Self {
        let text = |pointer: &Option<Pointer>| pointer.as_ref()?.find(value)?.as_str();
        Self {
            text: text(&answer.below).map(harmless_lines).filter(|text| !text.trim().is_empty()),
            footer: text(&answer.footer).and_then(CleanText::non_empty),
        }
    }
}

/// How `value`, which `command` answered in `body`, is shown. After [`select`], `value` is what was selected.
pub fn view(
    command: &ApiCommand,
    value: &Value,
    body: &[u8],
    wide: bool,
    wanted: Option<&[&str]>,
    now: SystemTime,
) -> Result<ResponseView, UnknownColumn> {
    let columns = own_columns(&command.answer, value);
    let below = BelowRows::of(&command.answer, value);
    let set = if wide { ColumnSet::Wide } else { ColumnSet::Narrow };
    let own = columns.map(|columns| ApiCommand {
        answer: DeclaredResponse { columns, chosen: true, ..command.answer.clone() },
        ..command.clone()
    });
    let command = own.as_ref().unwrap_or(command);
    if let Some(rows) = rows(command, value) {
        let table = ResponseTable::new(command, &rows.iter(), set, wanted)?;
        let json = if table.has_data() { raw_rows(command, value, body) } else { None };
        let json = json.unwrap_or_default();
        let row = |(at, value)| table.row(ResponseRow { value, json: json.get(at).copied() }, now);
        let (headers, rows) = (table.headers(), rows.iter().enumerate().map(row).collect());
        let (data, more) = (table.has_data(), table.more().to_vec());
        return Ok(ResponseView::Rows { headers, rows, data, more, below });
    }
    let Value::Object(members) = value else {
        return Ok(ResponseView::Scalar(Cell { text: plain(value), right: value.is_number() }));
    };
    let answer = &command.answer;
    let one = selector(command).is_some();
    if !one && (answer.by_name || (answer.unknown && guess::is_by_name(members))) {
        // The name stands before the columns anyway.
        let others: Option<Vec<&str>> = wanted
            .map(|wanted| wanted.iter().copied().filter(|name| !name.eq_ignore_ascii_case("name")).collect());
        let table = ResponseTable::new(command, &members.values(), set, others.as_deref())?;
        let headers = std::iter::once(CleanText::new("NAME")).chain(table.headers()).collect();
        let row = |(name, row): (&String, &Value)| {
            let name = Cell { text: CleanText::new(name), right: false };
            std::iter::once(name).chain(table.row(ResponseRow::from_value(row), now)).collect()
        };
        let (rows, more) = (members.iter().map(row).collect(), table.more().to_vec());
        return Ok(ResponseView::Rows { headers, rows, data: false, more, below: BelowRows::default() });
    }
    let is_there = |column: &TableColumn| column.path.find(value).is_some();
    let columns: Vec<_> = match wanted {
        Some(wanted) => {
            let known = [answer.columns.clone(), guess::columns(std::iter::once(value), "")].concat();
            let one = |name: &&str| {
                let column = named(name, &known);
                column.filter(|column| answer.columns.contains(column) || has(value, column)).ok_or_else(
                    || {
                        let known = known.iter().map(|column| column.header.clone()).collect();
                        UnknownColumn { wanted: CleanText::new(name), known }
                    },
                )
            };
            wanted.iter().map(one).collect::<Result<_, _>>()?
        }
        // What a plugin chose hides nothing when it fits nothing that came.
        None if answer.chosen && answer.columns.iter().any(is_there) => {
            answer.columns.iter().filter(|column| wide || !column.wide).cloned().collect()
        }
        None => Vec::new(),
    };
    if !columns.is_empty() {
        let line = |column: &TableColumn| ObjectPart::Line {
            depth: 0,
            name: column.header.clone(),
            cell: Cell::new(column.path.find(value), column.format, false, now),
        };
        return Ok(ResponseView::Object(columns.iter().map(line).collect()));
    }
    let style = ObjectStyle { wide, now, is_stored: answer.stored };
    Ok(ResponseView::Object(parts(answer, members, style)))
}

/// The rows of an answer; `None` when it is not a table. A wrapper without its rows has none.
pub fn rows<'v>(command: &ApiCommand, value: &'v Value) -> Option<&'v [Value]> {
    if selector(command).is_some() {
        return None;
    }
    all_rows(command, value)
}

fn all_rows<'v>(command: &ApiCommand, value: &'v Value) -> Option<&'v [Value]> {
    match place(command, value)?.find(value) {
        Some(Value::Array(items)) => Some(items),
        _ => Some(&[]),
    }
}

/// Where the rows are, or would be if there were any.
pub fn place(command: &ApiCommand, value: &Value) -> Option<Pointer> {
    let answer = &command.answer;
    if let Some(pointer) = &answer.rows {
        let is_there = match pointer.find(value) {
            Some(found) => found.is_array() || found.is_null(),
            None => value.as_object().is_some_and(guess::wraps_nothing),
        };
        if is_there {
            return Some(pointer.clone());
        }
    }
    match value {
        Value::Array(_) => Some(Pointer::default()),
        // Where the rows are not where they should be, they may be somewhere else.
        Value::Object(members) if answer.unknown || answer.rows.is_some() => {
            guess::place(members, &noun(command.route.as_str()))
        }
        _ => None,
    }
}

/// The same rows as they are in `body`, which `value` was read from: digit for digit.
pub fn raw_rows<'b>(command: &ApiCommand, value: &Value, body: &'b [u8]) -> Option<Vec<&'b RawValue>> {
    let rows = rows(command, value)?;
    let found = place(command, value)?.find_raw(value, serde_json::from_slice(body).ok()?);
    found.and_then(|found| serde_json::from_str(found.get()).ok()).or_else(|| rows.is_empty().then(Vec::new))
}

/// The argument by which the user says which row is meant (`x-cli-select`).
pub fn selector(command: &ApiCommand) -> Option<&Argument> {
    command.arguments.iter().find(|argument| matches!(argument.place, ArgumentPlace::Row(_)))
}

/// The one row whose field is `wanted`; `None` when there is no such row, or the command does not select.
pub fn select<'v>(command: &ApiCommand, value: &'v Value, wanted: &str) -> Option<&'v Value> {
    let ArgumentPlace::Row(field) = &selector(command)?.place else { return None };
    let is_wanted = |row: &&Value| match field.find(row) {
        Some(found @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => {
            found.as_str().map_or_else(|| found.to_string(), str::to_owned) == wanted
        }
        _ => false,
    };
    match (all_rows(command, value), value) {
        (Some(rows), _) => rows.iter().find(is_wanted),
        (None, Value::Object(members)) => members.values().find(is_wanted),
        _ => None,
    }
}

/// The one field that is printed as it is (`x-cli-field`); `None` when it is not there or null.
pub fn field<'v>(command: &ApiCommand, value: &'v Value) -> Option<Cow<'v, str>> {
    match command.answer.field.as_ref()?.find(value)? {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        other => Some(Cow::Owned(other.to_string())),
    }
}

/// What `-o name` prints: of each row its `name`, `id` or first column, of an object its own.
pub fn names(command: &ApiCommand, value: &Value) -> Vec<CleanText> {
    let name = |row: &Value| {
        let own = ["/name", "/id", "/metadata/name"].iter().find_map(|key| row.pointer(key));
        let column = || command.answer.columns.first()?.path.find(row);
        match row {
            Value::Object(_) => own.or_else(column).map(plain),
            other => Some(plain(other)),
        }
    };
    match (rows(command, value), value) {
        (Some(rows), _) => rows.iter().filter_map(name).collect(),
        (None, Value::Object(members)) if command.answer.by_name => {
            members.keys().map(|name| CleanText::new(name)).collect()
        }
        (None, value) => name(value).into_iter().collect(),
    }
}

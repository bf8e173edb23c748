//! The columns of a table and its rows, one by one: so that a stream and a second page look like the first.
//!
//! It must not know where rows come from.

use super::cell::{Cell, RecordValue, plain, record_value};
use super::guess;
use crate::model::CleanText;
use crate::openapi::columns::joined;
use crate::openapi::secrecy::is_secret_name;
use crate::openapi::wrapping::{heading, noun};
use crate::openapi::{ApiCommand, CellFormat, DeclaredResponse, Pointer, TableColumn};
use everestctl_rows::case::kebab;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::time::SystemTime;

/// A table whose columns are decided.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseTable {
    columns: Columns,
    more: Vec<CleanText>,
}

#[derive(Clone, Debug, PartialEq)]
enum Columns {
    /// One for each of these.
    Of(Vec<TableColumn>),
    /// The row itself, under this heading.
    Itself(CleanText),
}

/// Which of the columns that nobody asked for are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnSet {
    /// Those that a person looks for.
    Narrow,
    /// All that a person could read.
    Wide,
    /// Each member of a row once, whole: for programs.
    Whole,
}

/// One row of an answer.
#[derive(Clone, Copy, Debug)]
pub struct ResponseRow<'v> {
    /// The row as JSON.
    pub value: &'v Value,
    /// The JSON that the value was read from, if it is at hand: data is shown digit for digit.
    pub json: Option<&'v RawValue>,
}

impl<'v> ResponseRow<'v> {
    /// A row without its JSON.
    pub fn from_value(value: &'v Value) -> Self {
        Self { value, json: None }
    }

    /// The JSON of its members.
    fn members(&self) -> HashMap<String, &'v RawValue> {
        self.json.and_then(|json| serde_json::from_str(json.get()).ok()).unwrap_or_default()
    }
}

/// A column that the user asks for and that is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no column `{wanted}`; columns: {}", listed(.known))]
pub struct UnknownColumn {
    /// What was asked for.
    pub wanted: CleanText,
    /// What could be.
    pub known: Vec<CleanText>,
}

fn listed(names: &[CleanText]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(CleanText::as_str).collect::<Vec<_>>().join(", ")
}

impl ResponseTable {
    /// The table for rows like `first`. `wanted` are columns that the user asks for: the name of a column or a
    /// property, `.path.to.value`, or `NAME=.path`. It fails for one that neither is described nor in a row.
    pub fn new<'v>(
        command: &ApiCommand,
        first: &(impl Iterator<Item = &'v Value> + Clone),
        set: ColumnSet,
        wanted: Option<&[&str]>,
    ) -> Result<Self, UnknownColumn> {
        let answer = &command.answer;
        let noun = noun(command.route.as_str());
        let is_empty = first.clone().next().is_none();
        let is_own = answer.chosen && answer.columns_from.is_some();
        let fits =
            || first.clone().any(|row| answer.columns.iter().any(|column| column.path.find(row).is_some()));
        // What a plugin chose hides nothing when it fits nothing that came.
        let is_chosen = answer.chosen && (is_own || is_empty || fits());
        let mut more = Vec::new();
        let mut all = if is_chosen {
            answer.columns.clone()
        } else if !answer.columns.is_empty() && !answer.chosen && (is_empty || fits()) {
            let (within, undeclared) = undeclared(answer, first, &noun);
            let declared = answer.columns.clone();
            let declared = if within.is_empty() { declared } else { joined(declared, within, &noun) };
            more = undeclared;
            [declared, more.clone()].concat()
        } else if answer.columns_from.is_some() {
            members(first.clone().next())
        } else if answer.stored {
            guess::stored_columns(first.clone())
        } else {
            guess::columns(first.clone(), &noun)
        };
        if set == ColumnSet::Whole && !is_chosen {
            // A part of what is in another column would be there twice.
            all.retain(|column| column.path.steps().len() < 2);
        }
        if let Some(wanted) = wanted {
            let is_sure = is_own || !is_empty;
            let column = |name: &&str| {
                let column = named(name, &all);
                let is_there = column.as_ref().is_some_and(|column| {
                    !is_sure || is_like(column, &all) || first.clone().any(|row| has(row, column))
                });
                column.filter(|_| is_there).ok_or_else(|| UnknownColumn {
                    wanted: CleanText::new(name),
                    known: all.iter().map(|column| column.header.clone()).collect(),
                })
            };
            let columns = wanted.iter().map(column).collect::<Result<_, _>>()?;
            return Ok(Self { columns: Columns::Of(columns), more: Vec::new() });
        }
        let objects = first.clone().all(Value::is_object);
        if !is_own && (all.is_empty() || (!is_chosen && !objects)) {
            let name = answer.rows.as_ref().and_then(|rows| rows.steps().last());
            let heading = name.map_or_else(|| CleanText::new("VALUE"), |name| heading(name));
            return Ok(Self { columns: Columns::Itself(heading), more: Vec::new() });
        }
        let is_narrow = all.iter().any(|column| !column.wide);
        let is_shown = |column: &TableColumn| match set {
            // Rows of nothing but lists and objects are shown, too.
            ColumnSet::Narrow => (!is_narrow || !column.wide) && !column.part,
            ColumnSet::Wide => !column.part,
            ColumnSet::Whole => true,
        };
        let shown: Vec<TableColumn> = all.into_iter().filter(is_shown).collect();
        more.retain(|column| !shown.contains(column));
        let more = more.into_iter().map(|column| column.header).collect();
        Ok(Self { columns: Columns::Of(shown), more })
    }

    /// The headings of what the rows have beside what their description knows, and the table does not show.
    pub fn more(&self) -> &[CleanText] {
        &self.more
    }

    /// The headings.
    pub fn headers(&self) -> Vec<CleanText> {
        match &self.columns {
            Columns::Of(columns) => columns.iter().map(|column| column.header.clone()).collect(),
            Columns::Itself(name) => vec![name.clone()],
        }
    }

    /// Whether `row` has anything that is in one of the columns.
    pub fn fits(&self, row: &Value) -> bool {
        match &self.columns {
            Columns::Of(columns) => columns.iter().any(|column| column.path.find(row).is_some()),
            Columns::Itself(_) => true,
        }
    }

    /// One row.
    pub fn row(&self, row: ResponseRow<'_>, now: SystemTime) -> Vec<Cell> {
        let columns = match &self.columns {
            Columns::Of(columns) => columns,
            Columns::Itself(_) => return vec![Cell::of(plain(row.value), row.value.is_number())],
        };
        let members = if self.has_data() { row.members() } else { HashMap::new() };
        let cell =
            |column: &TableColumn| match (column.path.find(row.value), column.format, column.path.steps()) {
                (Some(value), CellFormat::Exact, [name]) => {
                    Cell::exact(value, members.get(name).copied(), column.right)
                }
                (value, format, _) => Cell::new(value, format, column.right, now),
            };
        columns.iter().map(cell).collect()
    }

    /// One row as a record: its values as they came.
    pub fn record(&self, row: ResponseRow<'_>) -> Vec<RecordValue> {
        let Columns::Of(columns) = &self.columns else { return vec![record_value(row.value, row.json)] };
        let members = row.members();
        let value = |column: &TableColumn| {
            let json = match column.path.steps() {
                [name] => members.get(name).copied(),
                _ => None,
            };
            record_value(column.path.find(row.value)?, json)
        };
        columns.iter().map(value).collect()
    }

    /// Whether something in it is data, of which each character counts.
    pub fn has_data(&self) -> bool {
        let is_data = |column: &TableColumn| column.format == CellFormat::Exact;
        matches!(&self.columns, Columns::Of(columns) if columns.iter().any(is_data))
    }
}

/// The columns that the answer itself names, as it spells them: texts, or objects with `name`, `key` (the property, when
/// it has another name) and `numeric`.
pub(super) fn own_columns(answer: &DeclaredResponse, value: &Value) -> Option<Vec<TableColumn>> {
    let items = answer.columns_from.as_ref()?.find(value)?.as_array()?;
    let column = |item: &Value| {
        let text = |name: &str| item.get(name).and_then(Value::as_str);
        let name = item.as_str().or_else(|| text("name"))?;
        Some(TableColumn {
            header: CleanText::new(name),
            path: Pointer::from_property(text("key").unwrap_or(name)),
            format: CellFormat::Exact,
            wide: false,
            part: false,
            right: item.get("numeric").and_then(Value::as_bool).unwrap_or(false),
        })
    };
    Some(items.iter().filter_map(column).collect())
}

/// What rows have beside what their description knows of: what is within objects that it says nothing more of, and the rest,
/// which is wide, and never a secret.
fn undeclared<'v>(
    answer: &DeclaredResponse,
    first: &(impl Iterator<Item = &'v Value> + Clone),
    noun: &str,
) -> (Vec<TableColumn>, Vec<TableColumn>) {
    let begin = |column: &TableColumn| column.path.steps().first().cloned().unwrap_or_default();
    let is_hidden = |name: &str| {
        name == "$schema" || is_secret_name(name) || answer.left_out.iter().any(|other| other == name)
    };
    let columns = guess::columns(first.clone(), noun).into_iter();
    let columns = columns.filter(|column| !column.path.steps().iter().any(|step| is_hidden(step)));
    let (known, more): (Vec<_>, Vec<_>) =
        columns.partition(|column| answer.columns.iter().any(|known| begin(known) == begin(column)));
    let is_blank = |column: &TableColumn| {
        let mut same = answer.columns.iter().filter(|known| begin(known) == begin(column));
        same.all(|known| known.path.steps().len() == 1 && known.wide)
    };
    let within = known.into_iter().filter(|column| column.path.steps().len() > 1 && is_blank(column));
    let more = more.into_iter().filter(|column| column.path.steps().len() == 1);
    (within.collect(), more.map(|column| TableColumn { wide: true, part: false, ..column }).collect())
}

/// Whether a column that the user asks for begins where a known one does: what is below may be left out of every row.
fn is_like(column: &TableColumn, known: &[TableColumn]) -> bool {
    known.iter().any(|known| known.path.steps().first() == column.path.steps().first())
}

/// Whether `row` has where a column begins.
pub(super) fn has(row: &Value, column: &TableColumn) -> bool {
    match column.path.steps().first() {
        Some(step) if step != "*" => Pointer::from_property(step).find(row).is_some(),
        _ => true,
    }
}

/// The columns of an answer that would name them itself, where there are only rows: the members of the first one.
fn members(first: Option<&Value>) -> Vec<TableColumn> {
    let names = first.and_then(Value::as_object).into_iter().flat_map(|members| members.keys());
    let column = |name: &String| TableColumn {
        header: CleanText::new(name),
        path: Pointer::from_property(name),
        format: CellFormat::Exact,
        wide: false,
        part: false,
        right: false,
    };
    names.map(column).collect()
}

/// The column that the user means by `wanted`.
pub(super) fn named(wanted: &str, known: &[TableColumn]) -> Option<TableColumn> {
    let (name, path) = match wanted.split_once('=') {
        Some((name, path)) => (Some(name), path),
        None => (None, wanted),
    };
    let same = |column: &&TableColumn| {
        kebab(column.header.as_str()) == kebab(path)
            || column.path.steps().last().is_some_and(|step| step == path)
            || Pointer::new(path).is_some_and(|path| path == column.path)
    };
    let mut column = if let Some(column) = known.iter().find(same) {
        column.clone()
    } else {
        let path = Pointer::new(path)?;
        let header = heading(path.steps().last().map_or("value", String::as_str));
        TableColumn { header, path, format: CellFormat::Plain, wide: false, part: false, right: false }
    };
    if let Some(name) = name {
        column.header = CleanText::new(&name.to_uppercase());
    }
    Some(column)
}

//! One object for a person: a line for each value, what is nested indented below its name, lists of objects as small tables.
//!
//! It must not know of columns that somebody chose.

use super::cell::{Cell, plain};
use super::guess;
use super::moment::ago;
use super::series;
use crate::model::CleanText;
use crate::openapi::column_names::is_moment;
use crate::openapi::{DeclaredResponse, TableColumn};
use everestctl_rows::case::kebab;
use serde_json::{Map, Value};
use std::time::SystemTime;

/// What lies deeper is shown as JSON.
const DEEPEST: usize = 6;

/// A part of an object, as deep as it is nested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectPart {
    /// A name and a value.
    Line {
        /// How deep it is.
        depth: usize,
        /// The name.
        name: CleanText,
        /// The value.
        cell: Cell,
    },
    /// The name of what follows one step deeper.
    Title {
        /// How deep it is.
        depth: usize,
        /// The name.
        name: CleanText,
    },
    /// A list of objects.
    Table {
        /// How deep it is.
        depth: usize,
        /// The headings.
        headers: Vec<CleanText>,
        /// As many cells in each as there are headings.
        rows: Vec<Vec<Cell>>,
    },
}

/// How an object is shown.
#[derive(Clone, Copy)]
pub(super) struct ObjectStyle {
    pub(super) wide: bool,
    pub(super) now: SystemTime,
    /// Somebody stored it: nothing is added to a value.
    pub(super) is_stored: bool,
}

/// The parts of `members`, in the order of the document as far as it has one.
pub(super) fn parts(
    answer: &DeclaredResponse,
    members: &Map<String, Value>,
    style: ObjectStyle,
) -> Vec<ObjectPart> {
    let place = |name: &String| answer.members.iter().position(|other| other == name).unwrap_or(usize::MAX);
    let mut members: Vec<(&String, &Value)> = members.iter().filter(|(name, _)| *name != "$schema").collect();
    members.sort_by_key(|(name, _)| place(name));
    let mut parts = Vec::new();
    style.add(&mut parts, members.into_iter(), 0);
    parts
}

impl ObjectStyle {
    fn add<'v>(
        self,
        parts: &mut Vec<ObjectPart>,
        members: impl Iterator<Item = (&'v String, &'v Value)>,
        depth: usize,
    ) {
        for (name, value) in members {
            let title = || ObjectPart::Title { depth, name: CleanText::new(name) };
            match value {
                Value::Object(inner) if !inner.is_empty() && depth < DEEPEST => {
                    parts.push(title());
                    self.add(parts, inner.iter(), depth + 1);
                }
                Value::Array(items) if is_list(items) && series::summary(items).is_none() => {
                    parts.push(title());
                    parts.push(self.table(items, depth + 1));
                }
                _ => parts.push(self.line(name, value, depth)),
            }
        }
    }

    fn line(self, name: &str, value: &Value, depth: usize) -> ObjectPart {
        let summary = value.as_array().and_then(|items| series::summary(items));
        let mut text = summary.map_or_else(|| plain(value), |summary| CleanText::new(&summary));
        if !self.is_stored
            && is_moment(&kebab(name))
            && let Some(ago) = ago(value, self.now)
        {
            text = CleanText::new(&format!("{text} ({ago})"));
        }
        ObjectPart::Line { depth, name: CleanText::new(name), cell: Cell { text, right: false } }
    }

    fn table(self, items: &[Value], depth: usize) -> ObjectPart {
        let columns = if self.is_stored {
            guess::stored_columns(items.iter())
        } else {
            guess::columns(items.iter(), "")
        };
        let is_narrow = columns.iter().any(|column| !column.wide);
        let is_shown = |wide: bool, part: bool| !part && (self.wide || !is_narrow || !wide);
        let columns: Vec<_> =
            columns.into_iter().filter(|column| is_shown(column.wide, column.part)).collect();
        let row = |item: &Value| {
            let cell = |column: &TableColumn| {
                Cell::new(column.path.find(item), column.format, column.right, self.now)
            };
            columns.iter().map(cell).collect()
        };
        ObjectPart::Table {
            depth,
            headers: columns.iter().map(|column| column.header.clone()).collect(),
            rows: items.iter().map(row).collect(),
        }
    }
}

/// Whether a list is shown as a table.
fn is_list(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(|item| item.as_object().is_some_and(|item| !item.is_empty()))
}

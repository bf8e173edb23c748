//! What an answer seems to be, when its document does not tell.

use super::cell;
use crate::model::CleanText;
use crate::openapi::call::read_moment;
use crate::openapi::wrapping::{heading, is_identity, is_paging, names_a_row};
use crate::openapi::{CellFormat, Pointer, TableColumn, limits};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// How many rows are looked at to learn the columns.
const LOOKED_AT: usize = 100;

/// The rows in an object that seems to wrap them.
pub(super) fn wrapped(members: &Map<String, Value>) -> Option<(&str, &[Value])> {
    let mut found = None;
    for (name, value) in members {
        match value {
            Value::Array(_) if found.is_some() => return None,
            Value::Array(items) => found = Some((name.as_str(), items.as_slice())),
            _ if is_paging(name) => {}
            Value::Object(_) => return None,
            _ if is_identity(name) => return None,
            _ => {}
        }
    }
    let (name, items) = found?;
    let others = members.keys().filter(|other| *other != name);
    let only_paging = others.into_iter().all(|other| is_paging(other));
    (only_paging || items.iter().all(Value::is_object)).then_some((name, items))
}

/// Whether an object without its rows has nothing but what stands around rows.
pub(super) fn wraps_nothing(members: &Map<String, Value>) -> bool {
    members.iter().all(|(name, value)| match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty() || is_paging(name),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty() || is_paging(name),
        Value::Number(number) => number.as_f64() == Some(0.0) || is_paging(name),
        Value::Bool(true) => is_paging(name),
    })
}

/// Whether the members of an object seem to be rows of their own.
pub(super) fn is_by_name(members: &Map<String, Value>) -> bool {
    members.len() > 1 && members.values().all(Value::is_object)
}

/// The columns of rows that are objects: what names a row first, plain values in the order in which they appear; lists
/// and objects are wide.
pub(super) fn columns<'v>(rows: impl Iterator<Item = &'v Value>) -> Vec<TableColumn> {
    let mut seen: Vec<PropertySample<'v>> = Vec::new();
    let mut position: HashMap<&str, usize> = HashMap::new();
    for (name, value) in rows.take(LOOKED_AT).filter_map(Value::as_object).flatten() {
        let next = seen.len();
        let at = if next < limits::COLUMNS {
            *position.entry(name).or_insert(next)
        } else {
            position.get(name.as_str()).copied().unwrap_or(next)
        };
        if at == next && next < limits::COLUMNS {
            seen.push(PropertySample { name, nested: false, moments: false, others: false });
        }
        if let Some(column) = seen.get_mut(at) {
            column.look(value);
        }
    }
    seen.sort_by_key(|column| (column.is_nested(), !names_a_row(column.name)));
    let column = |(at, seen): (usize, &PropertySample<'_>)| TableColumn {
        header: heading(seen.name),
        path: Pointer::from_property(seen.name),
        format: if seen.moments && !seen.others { CellFormat::Age } else { CellFormat::Plain },
        wide: seen.is_nested() || at >= limits::NARROW_COLUMNS,
        right: false,
    };
    seen.iter().enumerate().map(column).collect()
}

/// What has been seen of one property.
struct PropertySample<'v> {
    name: &'v str,
    nested: bool,
    moments: bool,
    others: bool,
}

impl PropertySample<'_> {
    /// Whether it is never what a cell can hold.
    fn is_nested(&self) -> bool {
        self.nested && !self.moments && !self.others
    }

    fn look(&mut self, value: &Value) {
        match value {
            Value::Null => {}
            Value::Array(items) if items.iter().all(is_plain) => self.others = true,
            Value::Object(_) | Value::Array(_) => self.nested = true,
            Value::String(text) if read_moment(text).is_some() => self.moments = true,
            _ => self.others = true,
        }
    }
}

/// The lines of an object, objects of plain values within it as lines of their own.
pub(super) fn lines<'v>(members: impl Iterator<Item = (&'v String, &'v Value)>) -> Vec<(String, CleanText)> {
    let mut lines = Vec::new();
    for (name, value) in members.filter(|(name, _)| *name != "$schema") {
        match value {
            Value::Object(inner) if !inner.is_empty() && inner.values().all(is_plain) => {
                lines.extend(inner.iter().map(|(key, value)| (format!("{name}.{key}"), cell::plain(value))));
            }
            _ => lines.push((name.clone(), cell::plain(value))),
        }
    }
    lines
}

/// A row with the plain values of the objects in it as members of its own, `state.reason`.
pub(super) fn flat(row: &Value) -> Value {
    let Value::Object(members) = row else { return row.clone() };
    let mut found = Map::new();
    for (name, value) in members {
        match value {
            Value::Object(inner) if !inner.is_empty() && inner.values().all(is_plain) => {
                found.extend(inner.iter().map(|(key, value)| (format!("{name}.{key}"), value.clone())));
            }
            _ => {
                found.insert(name.clone(), value.clone());
            }
        }
    }
    Value::Object(found)
}

fn is_plain(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

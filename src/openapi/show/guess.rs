//! What an answer seems to be, when its document does not tell.

use super::moment::point_in_time;
use crate::openapi::call::read_moment;
use crate::openapi::column_names::is_moment;
use crate::openapi::columns::{RowMember, RowMemberForm, arranged, as_stored};
use crate::openapi::wrapping::{ENVELOPE_DEPTH, MemberKind, RowsPlace, is_paging, rows_place};
use crate::openapi::{Pointer, TableColumn, limits};
use everestctl_rows::case::kebab;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// How many rows are looked at to learn the columns.
const LOOKED_AT: usize = 100;

/// How deep the members of a row are looked at.
const MEMBER_DEPTH: usize = 2;

/// Longer texts fill a line.
const LONGEST: usize = 80;

/// Where the rows in an object that seems to wrap them are.
pub(super) fn place(members: &Map<String, Value>, noun: &str) -> Option<Pointer> {
    let mut steps = Vec::new();
    let mut members = members;
    while steps.len() < ENVELOPE_DEPTH {
        let kinds: Vec<(&str, MemberKind)> =
            members.iter().map(|(name, value)| (name.as_str(), kind(value))).collect();
        match rows_place(&kinds, noun)? {
            RowsPlace::List(at) => {
                steps.push(kinds.get(at)?.0.to_owned());
                return Some(Pointer::from_steps(steps));
            }
            RowsPlace::Within(at) => {
                let (name, _) = kinds.get(at)?;
                steps.push((*name).to_owned());
                members = members.get(*name)?.as_object()?;
            }
        }
    }
    None
}

fn kind(value: &Value) -> MemberKind {
    match value {
        Value::Array(items) if items.iter().any(is_plain) => MemberKind::Plains,
        Value::Array(_) => MemberKind::Objects,
        Value::Object(_) => MemberKind::Object,
        _ => MemberKind::Plain,
    }
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

/// The columns of rows that are objects; `noun` is what they are called.
pub(super) fn columns<'v>(rows: impl Iterator<Item = &'v Value>, noun: &str) -> Vec<TableColumn> {
    arranged(&members(rows.take(LOOKED_AT), MEMBER_DEPTH), noun)
}

/// The columns of rows that somebody stored.
pub(super) fn stored_columns<'v>(rows: impl Iterator<Item = &'v Value>) -> Vec<TableColumn> {
    as_stored(&members(rows.take(LOOKED_AT), 0))
}

/// What rows have, in the order in which it appears.
fn members<'v>(rows: impl Iterator<Item = &'v Value>, depth: usize) -> Vec<RowMember> {
    let mut seen: Vec<PropertySample<'v>> = Vec::new();
    let mut position: HashMap<&str, usize> = HashMap::new();
    for (name, value) in rows.filter_map(Value::as_object).flatten() {
        let next = seen.len();
        let at = *position.entry(name).or_insert(next);
        if at == next && next < limits::ROW_MEMBERS {
            seen.push(PropertySample { name, values: Vec::new() });
        }
        if let Some(property) = seen.get_mut(at) {
            property.values.push(value);
        }
    }
    seen.iter().map(|property| property.member(depth)).collect()
}

/// What has been seen of one property.
struct PropertySample<'v> {
    name: &'v str,
    values: Vec<&'v Value>,
}

impl PropertySample<'_> {
    fn member(&self, depth: usize) -> RowMember {
        let values = || self.values.iter().copied().filter(|value| !value.is_null());
        let all = |is: &dyn Fn(&Value) -> bool| values().next().is_some() && values().all(is);
        let is_named_moment = is_moment(&kebab(self.name));
        let is_moment = |value: &Value| match value {
            Value::String(text) => read_moment(text).is_some(),
            Value::Number(_) => is_named_moment && point_in_time(value).is_some(),
            _ => false,
        };
        let is_objects = |value: &Value| {
            value.as_array().is_some_and(|items| !items.is_empty() && !items.iter().all(is_plain))
        };
        let is_nested = |value: &Value| value.is_object() || is_objects(value);
        let form = match () {
            () if all(&is_objects) => RowMemberForm::Objects,
            () if all(&is_nested) => RowMemberForm::Object,
            () if all(&is_moment) => RowMemberForm::Moment,
            () if all(&Value::is_number) => RowMemberForm::Number,
            () if all(&Value::is_boolean) => RowMemberForm::Boolean,
            () => RowMemberForm::Text,
        };
        let is_deep = form == RowMemberForm::Object && depth > 0 && all(&Value::is_object);
        RowMember {
            name: self.name.to_owned(),
            form,
            is_bulky: values().any(is_bulky),
            is_constant: false,
            members: if is_deep { members(values(), depth - 1) } else { Vec::new() },
        }
    }
}

/// Whether a value is an address, or too long for a line.
fn is_bulky(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        text.contains("://") || text.trim_end().contains('\n') || text.chars().nth(LONGEST).is_some()
    })
}

pub(super) fn is_plain(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

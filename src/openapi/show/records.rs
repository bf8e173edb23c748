//! An answer as records for programs: each value as it came, nothing formatted, nothing cut.
//!
//! It must not know how records are written.

use super::cell::{RecordValue, record_value};
use super::guess;
use super::points::point_records;
use super::table::{ColumnSet, ResponseRow, ResponseTable, UnknownColumn, own_columns};
use super::view::{raw_rows, rows};
use crate::model::CleanText;
use crate::openapi::{ApiCommand, DeclaredResponse};
use serde_json::Value;

/// The columns and records of `value`, which `command` answered in `body`. `set` and `wanted` as in [`ResponseTable::new`].
pub fn records(
    command: &ApiCommand,
    value: &Value,
    body: &[u8],
    set: ColumnSet,
    wanted: Option<&[&str]>,
) -> Result<(Vec<CleanText>, Vec<Vec<RecordValue>>), UnknownColumn> {
    let own = own_columns(&command.answer, value).map(|columns| ApiCommand {
        answer: DeclaredResponse { columns, chosen: true, ..command.answer.clone() },
        ..command.clone()
    });
    let command = own.as_ref().unwrap_or(command);
    if wanted.is_none()
        && set == ColumnSet::Whole
        && let Some(found) = point_records(command, value)
    {
        return Ok(found);
    }
    if let Some(rows) = rows(command, value) {
        let table = ResponseTable::new(command, &rows.iter(), set, wanted)?;
        let json = raw_rows(command, value, body).unwrap_or_default();
        let row = |(at, value)| table.record(ResponseRow { value, json: json.get(at).copied() });
        return Ok((table.headers(), rows.iter().enumerate().map(row).collect()));
    }
    Ok(match value {
        Value::Object(members)
            if command.answer.by_name || (command.answer.unknown && guess::is_by_name(members)) =>
        {
            let table = ResponseTable::new(command, &members.values(), set, wanted)?;
            let headers = std::iter::once(CleanText::new("NAME")).chain(table.headers()).collect();
            let row = |(name, value): (&String, &Value)| {
                let record = table.record(ResponseRow::from_value(value));
                std::iter::once(Some(name.clone())).chain(record).collect()
            };
            (headers, members.iter().map(row).collect())
        }
        Value::Object(members) if wanted.is_none() => {
            let headers = members.keys().map(|name| CleanText::new(name)).collect();
            (headers, vec![members.values().map(|value| record_value(value, None)).collect()])
        }
        other => {
            let table = ResponseTable::new(command, &std::iter::once(other), set, wanted)?;
            (table.headers(), vec![table.record(ResponseRow::from_value(other))])
        }
    })
}

//! `--sort-by`: the rows of a list in another order, digit for digit as they came. `-COLUMN` is the reverse order.
//!
//! It must not know where rows come from, nor how they are shown.

use crate::cli::list_output::RowOrder;
use crate::error::{Failure, exit};
use crate::openapi::{self, ApiCommand, ColumnSet, RecordValue, ResponseRow, ResponseTable};
use serde_json::Value;
use serde_json::value::RawValue;

/// The rows of `value`, which was read from `body`, by `column`: a list, and the JSON of that.
pub(super) fn sorted(
    command: &ApiCommand,
    value: &Value,
    body: &[u8],
    column: &str,
) -> Result<(Value, Vec<u8>), Failure> {
    let not_a_list = || {
        Failure::new(exit::USAGE, "--sort-by needs a list: the response is not one")
            .hint(format!("everestctl … --jq 'sort_by(.{})'", column.trim_start_matches(['-', '.'])))
    };
    let rows = openapi::rows(command, value).ok_or_else(not_a_list)?;
    let exact = openapi::raw_rows(command, value, body).ok_or_else(not_a_list)?;
    let order = RowOrder::new(column);
    let mut places: Vec<(RecordValue, usize)> = keys(command, rows, &exact, order.column)?;
    places.sort_by(|(first, _), (second, _)| match (first, second) {
        // What has no value comes last.
        (None, None) => std::cmp::Ordering::Equal,
        (None, _) => std::cmp::Ordering::Greater,
        (_, None) => std::cmp::Ordering::Less,
        (Some(first), Some(second)) => order.compare(first, second),
    });
    let values = places.iter().filter_map(|(_, at)| rows.get(*at).cloned()).collect();
    let texts: Vec<&str> = places.iter().filter_map(|(_, at)| exact.get(*at)).map(|row| row.get()).collect();
    Ok((values, format!("[{}]", texts.join(",")).into_bytes()))
}

/// What each row has in `column`, with its place.
fn keys(
    command: &ApiCommand,
    rows: &[Value],
    exact: &[&RawValue],
    column: &str,
) -> Result<Vec<(RecordValue, usize)>, Failure> {
    let all = rows.iter();
    let table = ResponseTable::new(command, &all, ColumnSet::Wide, Some(&[column]))
        .map_err(|unknown| Failure::new(exit::USAGE, format!("--sort-by: {unknown}")))?;
    let key = |(at, value)| {
        let row = ResponseRow { value, json: exact.get(at).copied() };
        (table.record(row).pop().flatten(), at)
    };
    Ok(rows.iter().enumerate().map(key).collect())
}

//! One value in a table. It must not know its column's neighbours.

use super::moment::{age, span};
use super::point_place;
use super::series;
use super::spark::spark;
use crate::model::CleanText;
use crate::openapi::CellFormat;
use serde_json::Value;
use serde_json::value::RawValue;
use std::time::{Duration, SystemTime};

/// As many small bars are in one row.
const SPARK: usize = 24;

/// One field of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What is in it.
    pub text: CleanText,
    /// It is a number, and is at the right.
    pub right: bool,
}

impl Cell {
    /// A text that is not data: where there is none, `-` stands for it.
    pub(super) fn of(text: CleanText, right: bool) -> Self {
        Self { text: if text.as_str().is_empty() { CleanText::new("-") } else { text }, right }
    }

    /// `value` as `format` has it.
    pub(super) fn new(value: Option<&Value>, format: CellFormat, right: bool, now: SystemTime) -> Self {
        let Some(value) = value else { return Self::of(CleanText::default(), right) };
        let right = right || (value.is_number() && format != CellFormat::Age);
        let formatted = match format {
            CellFormat::Exact => return Self::exact(value, None, right),
            CellFormat::Plain => None,
            CellFormat::Age => age(value, now),
            CellFormat::Bytes => bytes(value),
            CellFormat::Duration => {
                value.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).map(span)
            }
            CellFormat::Count => count(value),
            CellFormat::Points => points(value),
            CellFormat::Spark => point_place::values(value).map(|values| spark(&values, SPARK)),
        };
        let is_number = |text: &String| format == CellFormat::Points && text.parse::<u64>().is_ok();
        let right = right || formatted.as_ref().is_some_and(is_number);
        let text = formatted.map_or_else(|| plain(value), |text| CleanText::new(&text));
        Self::of(text, right)
    }

    /// A value of which each character counts, as it is in `json`, which it was read from.
    pub(super) fn exact(value: &Value, json: Option<&RawValue>, right: bool) -> Self {
        let text = match (value, json) {
            (Value::Null, _) => CleanText::new("NULL"),
            // The text is not what NULL is.
            (Value::String(text), _) if text == "NULL" => CleanText::new("'NULL'"),
            (Value::String(text), _) => CleanText::exact(text),
            (_, Some(json)) => CleanText::exact(json.get()),
            (other, None) => CleanText::exact(&other.to_string()),
        };
        // One that no value holds is there as a text.
        let is_long_number = json.is_some_and(|json| !json.get().starts_with('"')) && value.is_string();
        Self { text, right: right || value.is_number() || is_long_number }
    }
}

/// A value of a record: a text as it is, anything else as JSON; `None` for null and for what is not there.
pub type RecordValue = Option<String>;

/// One value of a record, as it is in `json`, which it was read from.
pub(super) fn record_value(value: &Value, json: Option<&RawValue>) -> RecordValue {
    match (value, json) {
        (Value::Null, _) => None,
        (Value::String(text), _) => Some(text.clone()),
        (_, Some(json)) => Some(json.get().to_owned()),
        (other, None) => Some(other.to_string()),
    }
}

/// A value in one line: texts without quotes, lists of plain values with commas, the rest as JSON.
pub(super) fn plain(value: &Value) -> CleanText {
    match value {
        Value::Null => CleanText::default(),
        Value::String(text) => CleanText::new(text),
        Value::Array(items) if items.iter().all(|item| !item.is_array() && !item.is_object()) => {
            // What a line cannot hold need not be written first.
            let items: Vec<String> = items
                .iter()
                .take(CleanText::LONGEST)
                .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                .collect();
            CleanText::new(&items.join(", "))
        }
        _ => CleanText::new(&value.to_string()),
    }
}

fn points(value: &Value) -> Option<String> {
    let items = value.as_array()?;
    let is_of_objects = || items.iter().all(Value::is_object).then(|| items.len().to_string());
    series::summary(items).or_else(is_of_objects)
}

fn count(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) => Some(items.len().to_string()),
        Value::Object(members) => Some(members.len().to_string()),
        Value::Null => Some("0".to_owned()),
        _ => None,
    }
}

fn bytes(value: &Value) -> Option<String> {
    let mut amount = value.as_f64()?;
    let mut units = ["Ki", "Mi", "Gi", "Ti", "Pi"].iter();
    let mut unit = "";
    while amount.abs() >= 1024.0 {
        let Some(next) = units.next() else { break };
        amount /= 1024.0;
        unit = next;
    }
    let digits = usize::from(!unit.is_empty() && amount.abs() < 10.0);
    Some(format!("{amount:.digits$}{unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::call::read_moment;
    use proptest::prelude::*;
    use serde_json::json;

    fn shown(value: &Value, format: CellFormat) -> String {
        let now = read_moment("2026-03-02T12:00:00Z").unwrap();
        Cell::new(Some(value), format, false, now).text.to_string()
    }

    #[test]
    fn values_as_people_read_them() {
        for (value, format, expected) in [
            (json!("2026-03-02T11:58:30Z"), CellFormat::Age, "90s"),
            (json!("2026-03-02T11:55:00+00:00"), CellFormat::Age, "5m"),
            (json!("2026-03-01T11:00:00"), CellFormat::Age, "25h"),
            (json!("2026-02-27T08:00:00Z"), CellFormat::Age, "3d4h"),
            (json!("2020-02-27T08:00:00Z"), CellFormat::Age, "6y5d"),
            (json!("2026-03-02T12:05:00Z"), CellFormat::Age, "in 5m"),
            (json!(1_772_452_500), CellFormat::Age, "5m"),
            (json!(1_772_452_500_000_i64), CellFormat::Age, "5m"),
            (json!("soon"), CellFormat::Age, "soon"),
            (json!(5400), CellFormat::Age, "5400"),
            (json!(1_772_452_500_000_000_000_i64), CellFormat::Age, "5m"),
            (json!([[1_772_452_200, 1], [1_772_452_500, 2]]), CellFormat::Points, "2 points over 5m"),
            (json!([{"a": 1}]), CellFormat::Points, "1"),
            (json!([[1_772_452_200, 1], [1_772_452_500, 2]]), CellFormat::Spark, "▁█"),
            (json!([1, null, 8]), CellFormat::Spark, "▁ █"),
            (json!("x"), CellFormat::Spark, "x"),
            (json!(null), CellFormat::Age, "-"),
            (json!(1536), CellFormat::Bytes, "1.5Ki"),
            (json!(999), CellFormat::Bytes, "999"),
            (json!(10_737_418_240_u64), CellFormat::Bytes, "10Gi"),
            (json!(5400), CellFormat::Duration, "90m"),
            (json!([1, 2, 3]), CellFormat::Count, "3"),
            (json!(null), CellFormat::Count, "0"),
            (json!(["a", "b", 1]), CellFormat::Plain, "a, b, 1"),
            (json!({"a": [1]}), CellFormat::Plain, "{\"a\":[1]}"),
            (json!("a\u{1b}[2Jb\nc"), CellFormat::Plain, "a[2Jb c"),
            (json!(""), CellFormat::Plain, "-"),
            (json!("a\u{1b}[2Jb\n  c "), CellFormat::Exact, "a␛[2Jb␊  c "),
            (json!(""), CellFormat::Exact, ""),
            (json!(null), CellFormat::Exact, "NULL"),
            (json!([1, null, "a b"]), CellFormat::Exact, r#"[1,null,"a b"]"#),
            (json!([]), CellFormat::Exact, "[]"),
            (json!({"a": 1.5}), CellFormat::Exact, r#"{"a":1.5}"#),
            (json!(18_446_744_073_709_551_615_u64), CellFormat::Plain, "18446744073709551615"),
        ] {
            assert_eq!(shown(&value, format), expected, "{value} {format:?}");
        }
    }

    proptest! {
        #[test]
        fn no_number_is_too_large(number in any::<f64>(), whole in any::<i64>()) {
            for format in [CellFormat::Age, CellFormat::Bytes, CellFormat::Duration, CellFormat::Count, CellFormat::Points, CellFormat::Spark, CellFormat::Exact] {
                shown(&json!(number), format);
                shown(&json!(whole), format);
            }
        }
    }
}

//! JSON of an answer → a value, whatever numbers and texts are in it: one that no value can hold, `1e400` or half of a
//! surrogate pair, is there as the text that it was, and so is a number with more digits than a value keeps. One odd cell
//! must not spoil a table, and no digit is lost.
//!
//! It must not know what the answer means.

use crate::model::limits::{self, Excess};
use crate::openapi::exact::Members;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cell::OnceCell;

/// How deep it is looked for what is odd: an object, its rows, one of them, a cell.
const DEEPEST: usize = 4;

/// Why an answer is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is not JSON.
    NotJson,
    /// It is more than is read.
    TooMuch(Excess),
}

/// The JSON of an answer with its value, which is read when something is first asked of it, and once.
#[derive(Debug)]
pub struct JsonAnswer<'a> {
    json: Cow<'a, [u8]>,
    value: OnceCell<Result<Value, Unread>>,
}

impl<'a> JsonAnswer<'a> {
    /// What came, which may be anything.
    pub fn new(json: impl Into<Cow<'a, [u8]>>) -> Self {
        Self { json: json.into(), value: OnceCell::new() }
    }

    /// Byte for byte as it came.
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// Its value.
    pub fn value(&self) -> Result<&Value, Unread> {
        self.value.get_or_init(|| read_answer(&self.json)).as_ref().map_err(|why| *why)
    }
}

/// The value.
pub fn read_answer(json: &[u8]) -> Result<Value, Unread> {
    limits::check(json).map_err(Unread::TooMuch)?;
    let exact = || Some(value(serde_json::from_slice(json).ok()?, DEEPEST));
    match serde_json::from_slice(json) {
        Ok(usual) if !has_long_number(json) => Ok(usual),
        Ok(usual) => Ok(exact().unwrap_or(usual)),
        Err(_) => exact().ok_or(Unread::NotJson),
    }
}

fn value(json: &RawValue, depth: usize) -> Value {
    let text = json.get();
    let usual = serde_json::from_str::<Value>(text).ok();
    let loses_nothing = match &usual {
        Some(Value::Number(number)) => is_same(text, &number.to_string()),
        Some(Value::Array(_) | Value::Object(_)) => !has_long_number(text.as_bytes()),
        Some(_) => true,
        None => false,
    };
    let as_it_is = || Value::String(text.to_owned());
    match (usual, depth.checked_sub(1)) {
        (Some(usual), _) if loses_nothing => usual,
        (Some(Value::Number(_)), _) | (None, None) => as_it_is(),
        // What is that deep is shown as the JSON that it is.
        (Some(usual), None) => usual,
        (_, Some(depth)) => {
            if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(text) {
                return items.into_iter().map(|item| value(item, depth)).collect();
            }
            let Ok(Members(members)) = serde_json::from_str(text) else { return as_it_is() };
            Value::Object(members.into_iter().map(|(name, member)| (name, value(member, depth))).collect())
        }
    }
}

/// Whether a number in it may have more digits than the value of a number holds.
fn has_long_number(json: &[u8]) -> bool {
    /// As many decimal digits as every floating point number keeps.
    const KEPT: usize = 15;
    let (mut digits, mut in_text, mut is_escaped) = (0, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => (in_text, digits) = (!in_text, 0),
            _ if in_text => {}
            b'0'..=b'9' => digits += 1,
            b'.' => {}
            _ => digits = 0,
        }
        if digits > KEPT {
            return true;
        }
    }
    false
}

/// Whether two numbers of JSON are the same, digit for digit.
fn is_same(one: &str, other: &str) -> bool {
    parts(one).is_some_and(|parts| Some(parts) == self::parts(other))
}

/// The sign, the digits without zeros around them, and the power of ten of the last one.
fn parts(number: &str) -> Option<(bool, String, i64)> {
    let (is_negative, number) = number.strip_prefix('-').map_or((false, number), |number| (true, number));
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.parse::<i64>().ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let digits = [whole, fraction].concat();
    let digits = digits.trim_start_matches('0');
    let zeros = digits.len() - digits.trim_end_matches('0').len();
    let digits = digits.trim_end_matches('0').to_owned();
    let exponent = if digits.is_empty() { 0 } else { exponent + i64::try_from(zeros).ok()? };
    Some((is_negative && !digits.is_empty(), digits, exponent))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn what_no_value_holds_stands_there_as_text() {
        let inner = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let deep = format!("[{inner}]");
        let body = format!(
            r#"{{"z": 1, "rows": [{{"b": 1e400, "a": "\ud800", "d": {{"x": [1e999]}}, "deep": {deep}}}]}}"#
        );
        let read = read_answer(body.as_bytes()).unwrap();
        assert_eq!(
            read,
            json!({"z": 1, "rows": [{"b": "1e400", "a": r#""\ud800""#, "d": {"x": "[1e999]"}, "deep": [inner]}]})
        );
        let names: Vec<_> = read["rows"][0].as_object().unwrap().keys().collect();
        assert_eq!(names, ["b", "a", "d", "deep"]);
        for wrong in ["", "{", "[1,]", "nul", "{\"a\": 1e400", "<html>"] {
            assert_eq!(read_answer(wrong.as_bytes()), Err(Unread::NotJson), "{wrong}");
        }
        let deep = "[".repeat(50_000);
        assert_eq!(read_answer(deep.as_bytes()), Err(Unread::TooMuch(Excess::Depth)));
    }

    #[test]
    fn an_answer_is_read_once_and_only_when_it_is_asked_for() {
        let answer = JsonAnswer::new(&b"{\"a\": 1}"[..]);
        assert!(answer.value.get().is_none());
        let first: *const Value = answer.value().unwrap();
        assert!(std::ptr::eq(first, answer.value().unwrap()));
        assert_eq!(JsonAnswer::new(b"<html>".to_vec()).value(), Err(Unread::NotJson));
    }

    #[test]
    fn every_digit_of_a_number_is_there() {
        let body = r#"{"rows": [{"a": 12345678901234567890123, "b": 0.10000000000000000001, "c": 0.1234567890123456,
            "d": 18446744073709551615, "e": "12345678901234567890123", "f": [1e22, 12345678901234567.25], "g": -1.0e2}]}"#;
        assert_eq!(
            read_answer(body.as_bytes()).unwrap(),
            json!({"rows": [{"a": "12345678901234567890123", "b": "0.10000000000000000001", "c": 0.123_456_789_012_345_6,
                "d": 18_446_744_073_709_551_615_u64, "e": "12345678901234567890123", "f": [1e22, "12345678901234567.25"], "g": -100.0}]})
        );
        assert!(is_same("1.50", "1.5") && is_same("-0", "0") && is_same("100", "1e2") && !is_same("1", "-1"));
    }

    proptest! {
        #[test]
        fn what_is_usual_is_read_as_usual(text in r#"[\[\]{}",:0-9a-z\\ .e-]{0,40}"#) {
            if let Ok(value) = serde_json::from_str::<Value>(&text).map_err(drop) && !has_long_number(text.as_bytes()) {
                prop_assert_eq!(read_answer(text.as_bytes()), Ok(value));
            }
        }
    }
}

//! One text from the command line → the text or the JSON value that is sent, checked against what its argument takes.
//!
//! It must not know where the value goes.

use super::{UsageError, moment};
use crate::model::harmless;
use crate::openapi::{Argument, Range, Repeat, ValueKind};
use serde_json::{Map, Number, Value};
use std::time::SystemTime;

/// The text for a path, a query, a header or a field.
pub(super) fn text(argument: &Argument, given: &str, now: SystemTime) -> Result<String, UsageError> {
    check(argument, given, now).map_err(|why| wrong(argument, given, why))
}

/// The JSON value for a body.
pub(super) fn value(argument: &Argument, given: &str, now: SystemTime) -> Result<Value, UsageError> {
    let is_text = matches!(
        argument.kind,
        ValueKind::Text | ValueKind::Length { .. } | ValueKind::Content | ValueKind::File
    );
    if argument.nullable && given == "null" && !is_text {
        return Ok(Value::Null);
    }
    let checked = check(argument, given, now).map_err(|why| wrong(argument, given, why))?;
    typed(argument, checked).map_err(|why| wrong(argument, given, why))
}

/// The JSON value of all that was given for one argument.
pub(super) fn values(argument: &Argument, given: &[&str], now: SystemTime) -> Result<Value, UsageError> {
    match argument.repeat {
        Repeat::Once => given.last().map_or(Ok(Value::Null), |given| value(argument, given, now)),
        Repeat::List => given.iter().map(|given| value(argument, given, now)).collect(),
        Repeat::Map => {
            let members = given.iter().map(|given| {
                let (key, given) = pair(argument, given)?;
                Ok((key.to_owned(), value(argument, given, now)?))
            });
            members.collect::<Result<Map<_, _>, _>>().map(Value::Object)
        }
    }
}

/// `key=value`.
pub(super) fn pair<'g>(argument: &Argument, given: &'g str) -> Result<(&'g str, &'g str), UsageError> {
    let pair = given.split_once('=').filter(|(key, _)| !key.is_empty());
    pair.ok_or_else(|| wrong(argument, given, "is not `key=value`".to_owned()))
}

/// An error about what was given, which is not repeated when it is a secret.
pub(super) fn wrong(argument: &Argument, given: &str, why: String) -> UsageError {
    let value = if argument.is_private() {
        "the value".to_owned()
    } else {
        let shown: String = given.chars().take(60).collect();
        let more = if shown.len() < given.len() { "…" } else { "" };
        format!("`{}{more}`", harmless(&shown))
    };
    UsageError::Value { argument: argument.shown(), value, why }
}

/// JSON if it is not a string, else the text itself.
pub(super) fn guessed(text: &str) -> Result<Value, String> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Number(number)) if is_whole(text.trim()) && number.is_f64() => Err(too_large()),
        Ok(value) if !value.is_string() => Ok(value),
        _ => Ok(Value::String(text.to_owned())),
    }
}

fn too_large() -> String {
    "is too large to be sent without losing digits".to_owned()
}

fn check(argument: &Argument, given: &str, now: SystemTime) -> Result<String, String> {
    match &argument.kind {
        ValueKind::Text | ValueKind::Any | ValueKind::Content | ValueKind::File => Ok(given.to_owned()),
        ValueKind::Length { least, most } => length(given, *least, *most),
        ValueKind::Integer(range) => whole(given, range),
        ValueKind::Number(range) => number(given, range),
        ValueKind::Boolean => match given {
            "true" | "false" => Ok(given.to_owned()),
            _ => Err("is neither `true` nor `false`".to_owned()),
        },
        ValueKind::Choice(choices) => {
            if choices.iter().any(|choice| plain(choice) == given) {
                return Ok(given.to_owned());
            }
            let all: Vec<String> = choices.iter().map(plain).collect();
            Err(format!("is not one of {}", harmless(&all.join(", "))))
        }
        ValueKind::DateTime => moment::typed(given, now).ok_or_else(|| {
            "is not a date-time: expected `2026-01-31`, `2026-01-31T18:00:00Z`, or a duration such as `24h`".to_owned()
        }),
        ValueKind::Date => moment::typed_day(given, now)
            .ok_or_else(|| "is not a date: expected `2026-01-31`, or a duration such as `7d`".to_owned()),
        ValueKind::Json => match serde_json::from_str::<serde::de::IgnoredAny>(given) {
            Ok(_) => Ok(given.to_owned()),
            Err(error) => Err(format!("is not JSON: line {}, column {}", error.line(), error.column())),
        },
    }
}

/// What was checked, as JSON.
fn typed(argument: &Argument, checked: String) -> Result<Value, String> {
    match &argument.kind {
        ValueKind::Integer(_) => {
            let signed = checked.parse::<i64>().map(Number::from);
            let number = signed.or_else(|_| checked.parse::<u64>().map(Number::from));
            number.map(Value::Number).map_err(|_| too_large())
        }
        ValueKind::Number(_) => match serde_json::from_str::<Number>(&checked) {
            Ok(number) if number.is_f64() && is_whole(&checked) => Err(too_large()),
            Ok(number) => Ok(Value::Number(number)),
            Err(_) => {
                let number = checked.parse().ok().and_then(Number::from_f64);
                number.map(Value::Number).ok_or_else(|| "is not a number".to_owned())
            }
        },
        ValueKind::Boolean => Ok(Value::Bool(checked == "true")),
        ValueKind::Choice(choices) => {
            let chosen = choices.iter().find(|choice| plain(choice) == checked).cloned();
            Ok(chosen.unwrap_or(Value::String(checked)))
        }
        ValueKind::Json => serde_json::from_str(&checked).map_err(|_| "is not JSON".to_owned()),
        ValueKind::Any => guessed(&checked),
        ValueKind::Text
        | ValueKind::Length { .. }
        | ValueKind::DateTime
        | ValueKind::Date
        | ValueKind::Content
        | ValueKind::File => Ok(Value::String(checked)),
    }
}

/// A plain value as it is typed.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn length(given: &str, least: u64, most: Option<u64>) -> Result<String, String> {
    let length = given.chars().count() as u64;
    match most {
        _ if length < least => Err(format!("has fewer than {least} characters")),
        Some(most) if length > most => Err(format!("has more than {most} characters")),
        _ => Ok(given.to_owned()),
    }
}

fn whole(given: &str, range: &Range) -> Result<String, String> {
    let text = given.strip_prefix('+').unwrap_or(given);
    if !is_whole(text) {
        return Err("is not a whole number".to_owned());
    }
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let digits = digits.trim_start_matches('0');
    let text = if digits.is_empty() { "0".to_owned() } else { format!("{sign}{digits}") };
    within(&text, range).map(|()| text)
}

fn number(given: &str, range: &Range) -> Result<String, String> {
    let text = given.strip_prefix('+').unwrap_or(given);
    // `inf` and `nan` are numbers to the library, and not to JSON.
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b".-+eE".contains(&byte));
    match text.parse::<f64>() {
        Ok(value) if plain && value.is_finite() => within(text, range).map(|()| text.to_owned()),
        _ => Err("is not a number".to_owned()),
    }
}

fn within(text: &str, range: &Range) -> Result<(), String> {
    let order = |bound: &Number| {
        let bound = bound.to_string();
        match (text.parse::<i128>(), bound.parse::<i128>()) {
            (Ok(value), Ok(bound)) => Some(value.cmp(&bound)),
            _ => text.parse::<f64>().ok()?.partial_cmp(&bound.parse::<f64>().ok()?),
        }
    };
    let low = range
        .least
        .as_ref()
        .and_then(order)
        .is_some_and(|order| order.is_lt() || (order.is_eq() && range.above));
    let high = range
        .most
        .as_ref()
        .and_then(order)
        .is_some_and(|order| order.is_gt() || (order.is_eq() && range.below));
    if low || high { Err(format!("is not {}", allowed(range))) } else { Ok(()) }
}

/// A range in words.
fn allowed(range: &Range) -> String {
    let least = range
        .least
        .as_ref()
        .map(|least| if range.above { format!("greater than {least}") } else { format!("at least {least}") });
    let most = range
        .most
        .as_ref()
        .map(|most| if range.below { format!("less than {most}") } else { format!("at most {most}") });
    match (range, least, most) {
        (Range { least: Some(least), most: Some(most), above: false, below: false }, ..) => {
            format!("from {least} to {most}")
        }
        (_, Some(least), Some(most)) => format!("{least} and {most}"),
        (_, Some(bound), None) | (_, None, Some(bound)) => bound,
        (_, None, None) => "allowed".to_owned(),
    }
}

//! One text from the command line → the text or the JSON value that is sent, checked against what its argument takes.
//!
//! It must not know where the value goes.

use super::{UsageError, moment, yaml_text};
use crate::model::harmless;
use crate::openapi::{Argument, ExactJson, Range, Repeat, ValueKind};
use serde_json::{Number, Value};
use std::time::SystemTime;

/// The text for a path, a query, a header or a field.
pub(super) fn text(argument: &Argument, given: &str, now: SystemTime) -> Result<String, UsageError> {
    check(argument, given, now).map_err(|why| wrong(argument, given, why))
}

/// The JSON value for a body.
pub(super) fn value(argument: &Argument, given: &str, now: SystemTime) -> Result<ExactJson, UsageError> {
    if let ValueKind::Union { plain, .. } = &argument.kind {
        return object(given).map_or_else(|| value(&of_kind(argument, plain), given, now), Ok);
    }
    if given == "null" && !argument.is_text() && argument.nullable {
        return Ok(ExactJson::Null);
    }
    let checked = check(argument, given, now).map_err(|why| wrong(argument, given, why))?;
    typed(argument, checked).map_err(|why| wrong(argument, given, why))
}

/// The same for `--set`, where `null` is null for a text that may be null, too: the flag itself is there for the word.
pub(super) fn assigned(argument: &Argument, given: &str, now: SystemTime) -> Result<ExactJson, UsageError> {
    if argument.nullable && given == "null" { Ok(ExactJson::Null) } else { value(argument, given, now) }
}

/// The JSON value of all that was given for one argument.
pub(super) fn values(argument: &Argument, given: &[&str], now: SystemTime) -> Result<ExactJson, UsageError> {
    if let ValueKind::Union { plain, member: Some(member) } = &argument.kind {
        return union(argument, (plain, member), given, now);
    }
    let each = || given.iter().map(|given| value(argument, given, now)).collect::<Result<Vec<_>, _>>();
    match argument.repeat {
        Repeat::Either if given.len() > 1 => each().map(ExactJson::List),
        Repeat::Once | Repeat::Either => {
            given.last().map_or(Ok(ExactJson::Null), |given| value(argument, given, now))
        }
        Repeat::List => Ok(ExactJson::List(elements(&argument.kind, each()?))),
        Repeat::Map => {
            let members = given.iter().map(|given| {
                let (key, given) = pair(argument, given)?;
                Ok((key.to_owned(), value(argument, given, now)?))
            });
            members.collect::<Result<Vec<_>, _>>().map(ExactJson::Object)
        }
    }
}

/// An object in JSON.
fn object(given: &str) -> Option<ExactJson> {
    ExactJson::read(given).filter(|value| matches!(value, ExactJson::Object(_)))
}

/// The same argument with values of another kind.
fn of_kind(argument: &Argument, kind: &ValueKind) -> Argument {
    Argument { kind: kind.clone(), repeat: Repeat::Once, ..argument.clone() }
}

/// A map or a plain value: what has a `=` is a member, unless it is one of the plain values that there are.
fn union(
    argument: &Argument,
    (plain, member): (&ValueKind, &ValueKind),
    given: &[&str],
    now: SystemTime,
) -> Result<ExactJson, UsageError> {
    if let [one] = given {
        let is_choice =
            matches!(plain, ValueKind::Choice(_)) && check(&of_kind(argument, plain), one, now).is_ok();
        if is_choice || object(one).is_some() || !one.contains('=') {
            return value(argument, one, now);
        }
    }
    let member = of_kind(argument, member);
    let members = given.iter().map(|given| {
        let (key, given) = pair(argument, given)?;
        Ok((key.to_owned(), value(&member, given, now)?))
    });
    members.collect::<Result<Vec<_>, _>>().map(ExactJson::Object)
}

/// The elements of a list of what is not plain: each was given by itself, or the list as a whole.
fn elements(kind: &ValueKind, given: Vec<ExactJson>) -> Vec<ExactJson> {
    match (kind, &given[..]) {
        (ValueKind::JsonList, [ExactJson::List(items)])
            if !items.is_empty() && items.iter().all(|item| matches!(item, ExactJson::List(_))) =>
        {
            items.clone()
        }
        (ValueKind::Json, _) => {
            let spliced = given.into_iter().flat_map(|value| match value {
                ExactJson::List(items) => items,
                other => vec![other],
            });
            spliced.collect()
        }
        _ => given,
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
pub(super) fn guessed(text: &str) -> ExactJson {
    ExactJson::read(text).filter(|value| !matches!(value, ExactJson::Text(_))).unwrap_or_else(|| text.into())
}

fn check(argument: &Argument, given: &str, now: SystemTime) -> Result<String, String> {
    match &argument.kind {
        ValueKind::Text
        | ValueKind::Any
        | ValueKind::Content
        | ValueKind::Base64
        | ValueKind::Base64Url
        | ValueKind::Union { .. }
        | ValueKind::File => Ok(given.to_owned()),
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
        ValueKind::Json | ValueKind::JsonList => match serde_json::from_str::<serde::de::IgnoredAny>(given) {
            Ok(_) if argument.kind == ValueKind::JsonList && !given.trim_start().starts_with('[') => {
                Err("is not a list in JSON".to_owned())
            }
            Ok(_) => Ok(given.to_owned()),
            Err(error) => yaml(&argument.kind, given).ok_or_else(|| format!("is not JSON: line {}, column {}", error.line(), error.column())),
        },
    }
}

/// YAML where JSON is expected, as JSON.
fn yaml(kind: &ValueKind, given: &str) -> Option<String> {
    let value = yaml_text::read(given)?;
    (*kind != ValueKind::JsonList || matches!(value, ExactJson::List(_))).then(|| value.to_string())
}

/// What was checked, as JSON.
fn typed(argument: &Argument, checked: String) -> Result<ExactJson, String> {
    match &argument.kind {
        ValueKind::Integer(_) | ValueKind::Number(_) => Ok(ExactJson::Number(checked)),
        ValueKind::Boolean => Ok(ExactJson::Bool(checked == "true")),
        ValueKind::Choice(choices) => {
            let chosen = choices.iter().find(|choice| plain(choice) == checked);
            Ok(chosen.map_or(ExactJson::Text(checked), ExactJson::from))
        }
        ValueKind::Json | ValueKind::JsonList => {
            ExactJson::read(&checked).ok_or_else(|| "is not JSON that can be sent".to_owned())
        }
        ValueKind::Any | ValueKind::Union { .. } => Ok(guessed(&checked)),
        ValueKind::Text
        | ValueKind::Length { .. }
        | ValueKind::DateTime
        | ValueKind::Date
        | ValueKind::Content
        | ValueKind::Base64
        | ValueKind::Base64Url
        | ValueKind::File => Ok(ExactJson::Text(checked)),
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
        Ok(value) if plain && value.is_finite() => within(text, range).map(|()| as_json(text)),
        _ => Err("is not a number".to_owned()),
    }
}

/// A decimal number as JSON spells it, with all of its digits: `.5` is `0.5`, `007.` is `7`.
fn as_json(text: &str) -> String {
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |text| ("-", text));
    let (mantissa, exponent) = text.find(['e', 'E']).map_or((text, ""), |at| text.split_at(at));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    [sign, whole, point, fraction, exponent].concat()
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

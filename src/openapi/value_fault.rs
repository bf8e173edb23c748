//! What is wrong with one value by itself: its type, its choices, its bounds; and that in words, without the value.
//!
//! It must not know what lies within the value, nor where the value stands.

use super::kept_schema::{Bounds, SchemaNode, SchemaTypes};
use super::{ExactJson, Range};
use crate::model::CleanText;
use std::fmt::Write as _;

/// More names or values than anybody reads.
const LISTED: usize = 12;

/// What is wrong with a value by itself.
pub(super) fn own_fault(node: &SchemaNode, value: &ExactJson) -> Option<String> {
    if !has_type(node.types, value) {
        return Some(format!("is not {}", kinds(node.types)));
    }
    if let Some(choices) = &node.choices
        && !is_choice(choices, value)
    {
        let all: Vec<String> = choices.iter().map(|choice| ExactJson::from(choice).plain()).collect();
        return Some(format!("is not one of {}", joined(&all)));
    }
    match value {
        ExactJson::Text(text) => outside(node.length, text.chars().count(), "character"),
        ExactJson::List(items) => outside(node.count, items.len(), "item"),
        ExactJson::Number(digits) => outside_range(&node.range, digits),
        _ => None,
    }
}

pub(super) fn has_type(types: SchemaTypes, value: &ExactJson) -> bool {
    let kind = match value {
        _ if types.are_unsaid() => return true,
        ExactJson::Null => SchemaTypes::NULL,
        ExactJson::Bool(_) => SchemaTypes::BOOLEAN,
        ExactJson::Number(digits) if is_whole(digits) => SchemaTypes::INTEGER.and(SchemaTypes::NUMBER),
        ExactJson::Number(_) => SchemaTypes::NUMBER,
        ExactJson::Text(_) => SchemaTypes::STRING,
        ExactJson::List(_) => SchemaTypes::ARRAY,
        ExactJson::Object(_) => SchemaTypes::OBJECT,
    };
    types.has(kind)
}

/// The types as they are read: `a string or a list`.
fn kinds(types: SchemaTypes) -> String {
    let words = SchemaTypes::ALL.iter().filter(|(kind, _)| types.has(*kind)).map(|(_, name)| match *name {
        "string" => "a string",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        "object" => "an object",
        _ => "null",
    });
    words.collect::<Vec<_>>().join(" or ")
}

/// `1` and `1.0` are the same number.
pub(super) fn is_choice(choices: &[serde_json::Value], value: &ExactJson) -> bool {
    choices.iter().any(|choice| match (choice, value) {
        (serde_json::Value::Number(number), ExactJson::Number(digits)) => {
            number.to_string() == *digits || number.as_f64() == digits.parse().ok()
        }
        (choice, value) => ExactJson::from(choice) == *value,
    })
}

/// `1.0` and `1e3` are whole numbers, too.
pub(super) fn is_whole(digits: &str) -> bool {
    !digits.contains(['.', 'e', 'E']) || digits.parse::<f64>().is_ok_and(|number| number.fract() == 0.0)
}

/// Whether a number is outside its bounds, in words.
pub(super) fn outside_range(range: &Range, digits: &str) -> Option<String> {
    let number: f64 = digits.parse().ok()?;
    let bound = |bound: &Option<serde_json::Number>| bound.as_ref().and_then(serde_json::Number::as_f64);
    let is_less = bound(&range.least).is_some_and(|least| number < least || (range.above && number <= least));
    let is_more = bound(&range.most).is_some_and(|most| number > most || (range.below && number >= most));
    let mut said = String::from(if is_less { "is too small: " } else { "is too large: " });
    let (word, bound) = match (is_less, is_more) {
        (true, _) => (if range.above { "more than" } else { "at least" }, &range.least),
        (_, true) => (if range.below { "less than" } else { "at most" }, &range.most),
        _ => return None,
    };
    let _ = write!(said, "{word} {}", bound.as_ref()?);
    Some(said)
}

/// Whether something has too few or too many parts, in words.
fn outside(bounds: Bounds, number: usize, what: &str) -> Option<String> {
    let Bounds(least, most) = bounds;
    let number = number as u64;
    let parts = |number: u64| if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") };
    if number < least {
        return Some(format!("is too short: at least {}", parts(least)));
    }
    most.filter(|most| number > *most).map(|most| format!("is too long: at most {}", parts(most)))
}

/// Words in a line, as many as are worth reading.
pub(super) fn joined(words: &[String]) -> String {
    let more = if words.len() > LISTED { ", …" } else { "" };
    let words = words.iter().take(LISTED).map(|word| CleanText::new(word).to_string());
    words.collect::<Vec<_>>().join(", ") + more
}

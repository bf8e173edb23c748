//! Whether a body that was given whole is what the schema says, as far as the arguments of the command know it: kinds,
//! choices, ranges, lengths. What no argument stands for is left to the server.
//!
//! It must not know where the body comes from.

use super::{ApiCommand, Argument, ArgumentPlace, ExactJson, Range, Repeat, ValueKind};

/// The first thing that is wrong with `body`, without its value, which may be a secret.
pub fn body_fault(command: &ApiCommand, body: &ExactJson) -> Option<String> {
    command.arguments.iter().find_map(|argument| {
        let ArgumentPlace::Body(place) = &argument.place else { return None };
        let value = place.steps().iter().try_fold(body, |value, step| value.get(step))?;
        if value.is_null() && (argument.nullable || command.sends_difference()) {
            return None;
        }
        fault(argument, value).map(|why| format!("`{}` {why}", place.steps().join(".")))
    })
}

fn fault(argument: &Argument, value: &ExactJson) -> Option<String> {
    let one = |value: &ExactJson| fault_of_one(&argument.kind, value);
    // Whether null is allowed within a list is not known.
    let within = |value: &ExactJson| if value.is_null() { None } else { one(value) };
    match (argument.repeat, value) {
        (Repeat::Either | Repeat::List, ExactJson::List(items)) => items.iter().find_map(within),
        (Repeat::Once | Repeat::Either, value) => one(value),
        (Repeat::List, _) => Some("is not a list".to_owned()),
        (Repeat::Map, ExactJson::Object(members)) => members.iter().find_map(|(_, value)| within(value)),
        (Repeat::Map, _) => Some("is not an object".to_owned()),
    }
}

fn fault_of_one(kind: &ValueKind, value: &ExactJson) -> Option<String> {
    let wrong = |why: &str| Some(why.to_owned());
    match (kind, value) {
        (ValueKind::Length { least, most }, ExactJson::Text(text)) => {
            let length = text.chars().count() as u64;
            let is_short = length < *least;
            (is_short || most.is_some_and(|most| length > most)).then(|| {
                let bound = if is_short { *least } else { most.unwrap_or_default() };
                format!("is too {}: {bound} characters", if is_short { "short" } else { "long" })
            })
        }
        (
            ValueKind::Text
            | ValueKind::Content
            | ValueKind::Length { .. }
            | ValueKind::DateTime
            | ValueKind::Date,
            value,
        ) => {
            if matches!(value, ExactJson::Text(_)) {
                None
            } else {
                wrong("is not a string")
            }
        }
        (ValueKind::Integer(range), ExactJson::Number(digits)) => {
            if is_whole(digits) {
                out_of(range, digits)
            } else {
                wrong("is not a whole number")
            }
        }
        (ValueKind::Integer(_), _) => wrong("is not a whole number"),
        (ValueKind::Number(range), ExactJson::Number(digits)) => out_of(range, digits),
        (ValueKind::Number(_), _) => wrong("is not a number"),
        (ValueKind::Boolean, value) => {
            if matches!(value, ExactJson::Bool(_)) {
                None
            } else {
                wrong("is neither `true` nor `false`")
            }
        }
        (ValueKind::Choice(choices), value) => {
            let is_one = choices.iter().any(|choice| ExactJson::from(choice) == *value);
            let all = || choices.iter().map(|choice| ExactJson::from(choice).plain()).collect::<Vec<_>>();
            (!is_one).then(|| format!("is not one of {}", all().join(", ")))
        }
        _ => None,
    }
}

/// `1.0` and `1e3` are whole numbers, too.
fn is_whole(digits: &str) -> bool {
    !digits.contains(['.', 'e', 'E']) || digits.parse::<f64>().is_ok_and(|number| number.fract() == 0.0)
}

fn out_of(range: &Range, digits: &str) -> Option<String> {
    let number: f64 = digits.parse().ok()?;
    let bound = |bound: &Option<serde_json::Number>| bound.as_ref().and_then(serde_json::Number::as_f64);
    let is_less = bound(&range.least).is_some_and(|least| number < least || (range.above && number <= least));
    let is_more = bound(&range.most).is_some_and(|most| number > most || (range.below && number >= most));
    (is_less || is_more).then(|| format!("is too {}", if is_less { "small" } else { "large" }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn faults(body: &Value) -> Option<String> {
        let properties = json!({
            "name": {"type": "string", "minLength": 2}, "size": {"type": "integer", "minimum": 1, "maximum": 9},
            "ratio": {"type": "number", "exclusiveMinimum": 0}, "on": {"type": "boolean"}, "kind": {"enum": ["a", "b"]},
            "tags": {"type": "array", "items": {"type": "string"}}, "maybe": {"type": ["string", "null"]},
            "labels": {"type": "object", "additionalProperties": {"type": "integer"}}, "any": {},
            "spec": {"type": "object", "properties": {"cpu": {"type": "integer"}}}});
        let document = json!({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/things": {"post": {
            "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": properties}}}}, "responses": {}}}}});
        let descriptor = crate::openapi::read(document.to_string().as_bytes()).unwrap();
        body_fault(&descriptor.commands[0], &ExactJson::from(body))
    }

    #[test]
    fn what_the_schema_does_not_allow_is_named_without_its_value() {
        for good in [
            json!({}),
            json!({"name": "ab", "size": 9, "ratio": 0.1, "on": true, "kind": "a", "tags": ["x", null], "maybe": null}),
            json!({"labels": {"x": 1}, "any": [1], "spec": {"cpu": 1.0}, "unknown": 1}),
        ] {
            assert_eq!(faults(&good), None, "{good}");
        }
        for (bad, said) in [
            (json!({"name": 7}), "`name` is not a string"),
            (json!({"name": null}), "`name` is not a string"),
            (json!({"name": "a"}), "`name` is too short: 2 characters"),
            (json!({"size": 0}), "`size` is too small"),
            (json!({"size": 1.5}), "`size` is not a whole number"),
            (json!({"size": "1"}), "`size` is not a whole number"),
            (json!({"ratio": 0}), "`ratio` is too small"),
            (json!({"on": "true"}), "`on` is neither `true` nor `false`"),
            (json!({"kind": "c"}), "`kind` is not one of a, b"),
            (json!({"tags": "x"}), "`tags` is not a list"),
            (json!({"tags": [1]}), "`tags` is not a string"),
            (json!({"labels": []}), "`labels` is not an object"),
            (json!({"spec": {"cpu": true}}), "`spec.cpu` is not a whole number"),
        ] {
            assert_eq!(faults(&bad).as_deref(), Some(said), "{bad}");
        }
    }
}

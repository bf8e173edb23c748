//! Whether a body is what the schema says that is kept with the command; where it was too large to be kept whole, as far as
//! the arguments of the command know it, too: kinds, choices, ranges, lengths. What neither knows is left to the server.
//!
//! It must not know where the body comes from.

use super::schema_check::schema_fault;
use super::value_fault::{is_whole, outside_range};
use super::{ApiCommand, Argument, ArgumentPlace, ExactJson, Repeat, ValueKind};

/// The first thing that is wrong with `body`, without its value, which may be a secret.
pub fn body_fault(command: &ApiCommand, body: &ExactJson) -> Option<String> {
    let schema = command.body.as_ref().and_then(|body| body.schema.as_deref());
    let by_schema = schema.and_then(|schema| schema_fault(schema, body, command.sends_difference()));
    let is_whole = schema.is_some_and(|schema| !schema.is_cut);
    by_schema.or_else(|| if is_whole { None } else { fault_by_arguments(command, body) })
}

/// The same by the arguments.
fn fault_by_arguments(command: &ApiCommand, body: &ExactJson) -> Option<String> {
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
                outside_range(range, digits)
            } else {
                wrong("is not a whole number")
            }
        }
        (ValueKind::Integer(_), _) => wrong("is not a whole number"),
        (ValueKind::Number(range), ExactJson::Number(digits)) => outside_range(range, digits),
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
        let mut command = crate::openapi::read(document.to_string().as_bytes()).unwrap().commands.remove(0);
        let by_schema = body_fault(&command, &ExactJson::from(body));
        if let Some(body) = &mut command.body {
            body.schema = None;
        }
        let by_arguments = body_fault(&command, &ExactJson::from(body));
        assert_eq!(by_schema.is_some(), by_arguments.is_some(), "{by_schema:?} {by_arguments:?}");
        by_arguments
    }

    #[test]
    fn what_the_schema_does_not_allow_is_named_without_its_value() {
        for good in [
            json!({}),
            json!({"name": "ab", "size": 9, "ratio": 0.1, "on": true, "kind": "a", "tags": ["x"], "maybe": null}),
            json!({"labels": {"x": 1}, "any": [1], "spec": {"cpu": 1.0}, "unknown": 1}),
        ] {
            assert_eq!(faults(&good), None, "{good}");
        }
        for (bad, said) in [
            (json!({"name": 7}), "`name` is not a string"),
            (json!({"name": null}), "`name` is not a string"),
            (json!({"name": "a"}), "`name` is too short: 2 characters"),
            (json!({"size": 0}), "`size` is too small: at least 1"),
            (json!({"size": 1.5}), "`size` is not a whole number"),
            (json!({"size": "1"}), "`size` is not a whole number"),
            (json!({"ratio": 0}), "`ratio` is too small: more than 0"),
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

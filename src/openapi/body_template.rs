//! An example of the body of a command, out of what its arguments say: their examples, defaults and kinds.
//!
//! It must not know what was typed.

use super::{ApiCommand, Argument, ArgumentForm, ArgumentPlace, BodyKind, ExactJson, Repeat, ValueKind};

/// An example of the JSON body of `command`; `None` where it takes none that is made of properties.
pub fn body_template(command: &ApiCommand) -> Option<ExactJson> {
    let body = command.body.as_ref().filter(|body| body.kind == BodyKind::Json && body.object)?;
    let mut template = ExactJson::Object(Vec::new());
    for argument in &command.arguments {
        let ArgumentPlace::Body(place) = &argument.place else { continue };
        put(&mut template, place.steps(), example(argument));
    }
    let is_known = matches!(&template, ExactJson::Object(members) if !members.is_empty());
    (is_known || body.object).then_some(template)
}

fn put(value: &mut ExactJson, steps: &[String], new: ExactJson) {
    let Some((step, rest)) = steps.split_first() else {
        *value = new;
        return;
    };
    if !matches!(value, ExactJson::Object(_)) {
        *value = ExactJson::Object(Vec::new());
    }
    if let Some(below) = value.entry(step) {
        put(below, rest, new);
    }
}

fn example(argument: &Argument) -> ExactJson {
    if let ArgumentForm::Constant(constant) = &argument.form {
        return constant.into();
    }
    let given = argument.default.as_ref().map(ExactJson::from);
    let one = || {
        let example = argument.example.as_ref().map(crate::model::CleanText::as_str);
        of_kind(&argument.kind, example.unwrap_or_default())
    };
    match (given, argument.repeat) {
        (Some(default), _) => default,
        (None, Repeat::Once | Repeat::Either) => one(),
        (None, Repeat::List) => ExactJson::List(vec![one()]),
        (None, Repeat::Map) => ExactJson::Object(vec![("key".to_owned(), one())]),
    }
}

/// A value of this kind; `example` is one as it is typed, or empty.
fn of_kind(kind: &ValueKind, example: &str) -> ExactJson {
    let text = |otherwise: &str| ExactJson::from(if example.is_empty() { otherwise } else { example });
    let number = |range: &super::Range| {
        let least = range.least.as_ref().map(ToString::to_string);
        let next = || range.least.as_ref()?.as_i64()?.checked_add(1);
        let next = if range.above { next().map(|next| next.to_string()) } else { None };
        ExactJson::Number(next.or(least).unwrap_or_else(|| "0".to_owned()))
    };
    let json = |otherwise| ExactJson::read(example).unwrap_or(otherwise);
    match kind {
        ValueKind::Integer(range) | ValueKind::Number(range) => match ExactJson::read(example) {
            Some(given @ ExactJson::Number(_)) => given,
            _ => number(range),
        },
        ValueKind::Boolean => ExactJson::Bool(example == "true"),
        ValueKind::Choice(values) => {
            let given = values.iter().find(|value| value.as_str() == Some(example));
            given.or(values.first()).map_or(ExactJson::Null, ExactJson::from)
        }
        ValueKind::DateTime => text("2026-01-31T18:00:00Z"),
        ValueKind::Date => text("2026-01-31"),
        ValueKind::Json => json(ExactJson::Object(Vec::new())),
        ValueKind::JsonList => json(ExactJson::List(Vec::new())),
        ValueKind::Any => json(text("")),
        _ => text("string"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_template_has_every_property_that_can_be_sent() {
        let properties = json!({
            "name": {"type": "string", "example": "orders"}, "size": {"type": "integer", "minimum": 2, "exclusiveMinimum": true},
            "on": {"type": "boolean", "default": true}, "tags": {"type": "array", "items": {"type": "string"}},
            "kind": {"enum": ["a", "b"]}, "at": {"type": "string", "format": "date-time"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "spec": {"type": "object", "properties": {"cpu": {"type": "number"}}},
            "id": {"type": "string", "readOnly": true}});
        let document = json!({"openapi": "3.0.0", "info": {"title": "x", "version": "1"}, "paths": {"/things": {
            "get": {"responses": {}},
            "post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": properties}}}}, "responses": {}}}}});
        let descriptor = crate::openapi::read(document.to_string().as_bytes()).unwrap();
        let of = |at: usize| {
            body_template(&descriptor.commands[at])
                .map(|template| serde_json::from_str::<Value>(&template.to_string()).unwrap())
        };
        assert_eq!(of(0), None);
        assert_eq!(
            of(1).unwrap(),
            json!({"name": "orders", "size": 3, "on": true, "tags": ["string"], "kind": "a", "at": "2026-01-31T18:00:00Z",
                "labels": {"key": "string"}, "spec": {"cpu": 0}})
        );
    }
}

//! Whether a value is what a schema of an OpenAPI document says: 3.0 with `nullable`, 3.1 with lists of types, Swagger 2.0. Pure.
//!
//! What is not known here (`pattern`, `not`, conditions, most formats) is taken for right: a check that is wrong is worse than one that
//! is missing.

use serde_json::{Map, Value};

/// How deep it is looked; a schema may refer to itself.
const DEEPEST: usize = 64;

/// What is wrong with `value`, if something is: where, and what was wanted.
pub(super) fn fault(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    Judge { document }.fault(schema, value, "", 0)
}

/// What `#/…` in `schema` leads to, or the schema itself.
pub(super) fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    let mut schema = schema;
    for _ in 0..DEEPEST {
        let pointer = schema.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'));
        match pointer.and_then(|pointer| document.pointer(pointer)) {
            Some(target) => schema = target,
            None => return schema,
        }
    }
    schema
}

struct Judge<'d> {
    document: &'d Value,
}

impl Judge<'_> {
    fn fault(&self, schema: &Value, value: &Value, place: &str, depth: usize) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        let schema = match resolved(self.document, schema) {
            Value::Bool(false) => return Some(format!("{} must not be there", shown(place))),
            Value::Object(schema) => schema,
            _ => return None,
        };
        if value.is_null() && may_be_null(schema) {
            return None;
        }
        Self::own(schema, value, place)
            .or_else(|| self.members(schema, value, place, depth))
            .or_else(|| self.items(schema, value, place, depth))
            .or_else(|| self.parts(schema, value, place, depth))
    }

    /// What the schema says of the value itself.
    fn own(schema: &Map<String, Value>, value: &Value, place: &str) -> Option<String> {
        let types = types(schema);
        if !types.is_empty() && !types.iter().any(|name| is_of_type(value, name)) {
            return Some(format!("{} is {}, not {}", shown(place), kind(value), types.join(" or ")));
        }
        let choices = schema.get("enum").and_then(Value::as_array);
        if choices.is_some_and(|choices| !choices.contains(value)) {
            return Some(format!("{} is none of its values (enum)", shown(place)));
        }
        if schema.get("const").is_some_and(|only| only != value) {
            return Some(format!("{} is not its only value (const)", shown(place)));
        }
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        let size = match value {
            Value::String(text) => {
                let count = text.chars().count();
                Some((count, "minLength", "maxLength"))
            }
            Value::Array(items) => Some((items.len(), "minItems", "maxItems")),
            _ => None,
        };
        if let Some((size, least, most)) = size {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a size is compared with a bound that is as rough"
            )]
            let size = size as f64;
            if bound(least).is_some_and(|bound| size < bound) || bound(most).is_some_and(|bound| size > bound)
            {
                return Some(format!("{} has {size} elements or characters ({least}, {most})", shown(place)));
            }
        }
        if let Some(number) = value.as_f64()
            && (bound("minimum").is_some_and(|bound| number < bound)
                || bound("maximum").is_some_and(|bound| number > bound))
        {
            return Some(format!("{} is out of its range (minimum, maximum)", shown(place)));
        }
        let is_moment = schema.get("format").and_then(Value::as_str) == Some("date-time");
        let text = value.as_str().filter(|_| is_moment)?;
        // RFC 3339: `2026-01-02T03:04:05Z`, with fractions and offsets.
        text.parse::<jiff::Timestamp>().is_err().then(|| format!("{} is no moment (date-time)", shown(place)))
    }

    fn members(
        &self,
        schema: &Map<String, Value>,
        value: &Value,
        place: &str,
        depth: usize,
    ) -> Option<String> {
        let members = value.as_object()?;
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let missing = required.filter_map(Value::as_str).find(|name| !members.contains_key(*name));
        if let Some(name) = missing {
            // What only a request has is in no answer.
            let property = schema.get("properties").and_then(|all| all.get(name));
            let is_write_only = property.is_some_and(|property| {
                resolved(self.document, property).get("writeOnly") == Some(&Value::Bool(true))
            });
            if !is_write_only {
                return Some(format!("{} is missing", shown(&below(place, name))));
            }
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let additional = schema.get("additionalProperties");
        members.iter().find_map(|(name, member)| {
            let place = below(place, name);
            match (properties.and_then(|all| all.get(name)), additional) {
                (Some(property), _) => self.fault(property, member, &place, depth + 1),
                (None, Some(Value::Bool(false))) => Some(format!("{} is not in the schema", shown(&place))),
                (None, Some(additional)) => self.fault(additional, member, &place, depth + 1),
                (None, None) => None,
            }
        })
    }

    fn items(&self, schema: &Map<String, Value>, value: &Value, place: &str, depth: usize) -> Option<String> {
        let items = schema.get("items")?;
        let list = value.as_array()?;
        let mut each = list.iter().enumerate();
        each.find_map(|(at, item)| self.fault(items, item, &format!("{place}[{at}]"), depth + 1))
    }

    /// `allOf`, `anyOf` and `oneOf`.
    fn parts(&self, schema: &Map<String, Value>, value: &Value, place: &str, depth: usize) -> Option<String> {
        let list = |name: &str| schema.get(name).and_then(Value::as_array);
        let all = list("allOf").into_iter().flatten();
        let fault = all.map(|part| self.fault(part, value, place, depth + 1)).find_map(|fault| fault);
        fault.or_else(|| {
            ["anyOf", "oneOf"].into_iter().find_map(|name| {
                let parts = list(name).filter(|parts| !parts.is_empty())?;
                let faults: Vec<String> =
                    parts.iter().map_while(|part| self.fault(part, value, place, depth + 1)).collect();
                (faults.len() == parts.len()).then(|| faults.into_iter().next()).flatten()
            })
        })
    }
}

fn may_be_null(schema: &Map<String, Value>) -> bool {
    schema.get("nullable") == Some(&Value::Bool(true))
        || schema.get("x-nullable") == Some(&Value::Bool(true))
        || types(schema).contains(&"null")
}

fn types(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => true,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn below(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

fn shown(place: &str) -> String {
    if place.is_empty() { "the body".to_owned() } else { format!("`{place}`") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_does_not_fit_is_named() {
        let document = json!({"components": {"schemas": {
            "Note": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "string", "minLength": 1},
                "at": {"type": "string", "format": "date-time"},
                "next": {"$ref": "#/components/schemas/Note"},
                "old": {"type": "string", "nullable": true},
                "new": {"type": ["string", "null"]},
                "any": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                "kind": {"enum": ["a", "b"]},
            }, "additionalProperties": false},
        }}});
        let schema = json!({"$ref": "#/components/schemas/Note"});
        let fault = |value: Value| fault(&document, &schema, &value);
        let good = json!({"id": "1", "at": "2026-01-02T03:04:05.6+01:00", "old": null, "new": null, "any": 1, "kind": "a", "next": {"id": "2"}});
        assert_eq!(fault(good), None);
        for (value, why) in [
            (json!([]), "the body is a list, not object"),
            (json!({}), "`id` is missing"),
            (json!({"id": 1}), "`id` is a number, not string"),
            (json!({"id": ""}), "minLength"),
            (json!({"id": "1", "next": {}}), "`next.id` is missing"),
            (json!({"id": "1", "surprise": 1}), "`surprise` is not in the schema"),
            (json!({"id": "1", "at": "yesterday"}), "`at` is no moment"),
            (json!({"id": "1", "any": []}), "`any` is a list, not string"),
            (json!({"id": "1", "kind": "c"}), "`kind` is none of its values"),
        ] {
            let found = fault(value.clone()).unwrap_or_else(|| panic!("{value}"));
            assert!(found.contains(why), "{found}");
        }
        let circle = json!({"$ref": "#/x"});
        assert_eq!(super::fault(&json!({"x": {"$ref": "#/x"}}), &circle, &json!(1)), None);
    }
}

//! What a schema allows → what one argument may be. It must not know where the argument goes.

use super::reference::{DocumentReader, Spoilt};
use super::schema::{BASE64, BASE64URL, CONTENT};
use super::shape::{Additional, SchemaShape, Types};
use crate::model::CleanText;
use crate::openapi::{Range, Repeat, ValueKind, limits};
use serde_json::{Number, Value};

impl<'a> DocumentReader<'a> {
    /// What an argument for `shape` may be, and whether it repeats.
    pub(super) fn kind(&self, shape: &SchemaShape<'a>) -> Result<(ValueKind, Repeat), Spoilt> {
        if shape.is_array() {
            let items = self.shape(&shape.items)?;
            if let Some(kind) = single(&items).filter(|_| !shape.items.is_empty()) {
                return Ok((kind, Repeat::List));
            }
            let any = items.types.is_unknown() && !items.mixed;
            let kind = match () {
                () if any => ValueKind::Any,
                () if items.is_array() => ValueKind::JsonList,
                () => ValueKind::Json,
            };
            return Ok((kind, Repeat::List));
        }
        if let (Some(object), Some(plain)) = (&shape.object, &shape.plain) {
            let single = |shape: &SchemaShape<'a>| {
                single(shape).map(|kind| if kind == ValueKind::File { ValueKind::Text } else { kind })
            };
            let member = match &object.additional {
                Additional::Schema(schemas) if object.properties().is_empty() => {
                    single(&self.shape(schemas)?)
                }
                _ => None,
            };
            let repeat = if member.is_some() { Repeat::Either } else { Repeat::Once };
            let plain = Box::new(single(plain).unwrap_or(ValueKind::Any));
            return Ok((ValueKind::Union { plain, member: member.map(Box::new) }, repeat));
        }
        if shape.mixed && shape.one_or_several {
            return Ok((ValueKind::Any, Repeat::Either));
        }
        if shape.is_object() && shape.properties().is_empty() {
            return Ok(match &shape.additional {
                Additional::Schema(schemas) => match single(&self.shape(schemas)?) {
                    Some(kind) => (kind, Repeat::Map),
                    None => (ValueKind::Json, Repeat::Once),
                },
                _ => (ValueKind::Json, Repeat::Once),
            });
        }
        Ok((
            single(shape).unwrap_or(if could_be_text(shape) { ValueKind::Any } else { ValueKind::Json }),
            Repeat::Once,
        ))
    }
}

fn could_be_text(shape: &SchemaShape<'_>) -> bool {
    shape.types.has(Types::STRING) || (shape.types.is_unknown() && !shape.mixed)
}

/// The kind of one plain value; `None` for lists, objects and what is unknown.
fn single(shape: &SchemaShape<'_>) -> Option<ValueKind> {
    if shape.mixed || !shape.types.are_plain() {
        return None;
    }
    if shape.types == Types::STRING && shape.format == Some("binary") {
        // Whatever a document says of it: which file it is, is the user's to say.
        return Some(ValueKind::File);
    }
    if !shape.kinds.is_empty() && shape.choices.is_none() && shape.types == Types::STRING {
        return Some(ValueKind::Choice(shape.kinds.iter().map(|kind| Value::from(*kind)).collect()));
    }
    if let Some(choices) = &shape.choices
        && let Some(choices) = usable(choices)
    {
        return Some(ValueKind::Choice(choices));
    }
    Some(match shape.types {
        Types::BOOLEAN => ValueKind::Boolean,
        Types::INTEGER => ValueKind::Integer(range(shape)),
        types if types == Types::NUMBER || types == Types::NUMBER.and(Types::INTEGER) => {
            ValueKind::Number(range(shape))
        }
        Types::STRING => text(shape),
        _ => ValueKind::Any,
    })
}

fn text(shape: &SchemaShape<'_>) -> ValueKind {
    match shape.format {
        Some("date-time") => ValueKind::DateTime,
        Some("date") => ValueKind::Date,
        Some(CONTENT) => ValueKind::Content,
        Some(BASE64) => ValueKind::Base64,
        Some(BASE64URL) => ValueKind::Base64Url,
        _ if shape.shortest > 0 || shape.longest.is_some() => {
            ValueKind::Length { least: shape.shortest, most: shape.longest }
        }
        _ => ValueKind::Text,
    }
}

/// The choices that can be typed; `None` when there are none or too many, so that they restrict nothing.
fn usable(choices: &[&Value]) -> Option<Vec<Value>> {
    let typed = |value: &&&Value| match value {
        Value::String(text) => CleanText::new(text).as_str() == text,
        Value::Number(_) | Value::Bool(_) => true,
        _ => false,
    };
    if choices.len() > limits::CHOICES {
        return None;
    }
    let usable: Vec<Value> = choices.iter().filter(typed).map(|value| (*value).clone()).collect();
    (!usable.is_empty()).then_some(usable)
}

/// Generators write `1000.0` where they mean 1000.
#[expect(clippy::cast_possible_truncation, reason = "it is a small whole number")]
fn whole(number: &Number) -> Number {
    /// Up to here every whole number is exact.
    const EXACT: f64 = 9e15;
    match number.as_f64() {
        Some(value) if number.is_f64() && value.fract() == 0.0 && value.abs() < EXACT => {
            Number::from(value as i64)
        }
        _ => number.clone(),
    }
}

fn range(shape: &SchemaShape<'_>) -> Range {
    Range {
        least: shape.least.map(|(number, _)| whole(number)),
        most: shape.most.map(|(number, _)| whole(number)),
        above: shape.least.is_some_and(|(_, outside)| outside),
        below: shape.most.is_some_and(|(_, outside)| outside),
    }
}

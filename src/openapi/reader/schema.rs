//! Schemas → what they allow, with `$ref`, `allOf`, `oneOf` and `anyOf` merged.
//!
//! Properties stay as they are in the document and are read when they are needed, so that a schema that
//! holds itself costs nothing. It must not know of arguments or tables.

use super::member::member;
use super::property::Property;
use super::reference::{DocumentReader, Spoilt};
use super::shape::{Additional, SchemaShape, Types, guessed};
use crate::openapi::limits;
use serde_json::{Map, Value};

/// The format of a text that is the content of something: a document, a statement.
pub(super) const CONTENT: &str = "content";

/// The format of a text that is bytes in base64.
pub(super) const BASE64: &str = "byte";

/// The same in the alphabet for addresses.
pub(super) const BASE64URL: &str = "base64url";

fn is_base64(encoding: &str) -> bool {
    encoding.eq_ignore_ascii_case("base64")
}

/// What a string that is a `media_type` is for a command line.
fn content(media_type: &str) -> &'static str {
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_text = media_type.starts_with("text/")
        || ["sql", "json", "yaml", "xml", "graphql"]
            .iter()
            .any(|name| media_type.strip_prefix("application/") == Some(name));
    if is_text { CONTENT } else { "binary" }
}

impl<'a> DocumentReader<'a> {
    /// What all of `schemas` together allow.
    pub(super) fn shape(&self, schemas: &[&'a Value]) -> Result<SchemaShape<'a>, Spoilt> {
        if let [only] = schemas {
            return self.one(only, 0);
        }
        let mut shape = SchemaShape::default();
        for schema in schemas {
            let one = self.one(schema, 0)?;
            self.merge(&mut shape, one)?;
        }
        Ok(shape)
    }

    /// What a property allows.
    pub(super) fn property(&self, property: &Property<'a>) -> Result<SchemaShape<'a>, Spoilt> {
        if !property.one_of {
            return self.shape(property.schemas());
        }
        let parts = property.schemas().iter().map(|schema| self.one(schema, 0)).collect::<Result<_, _>>()?;
        self.either(parts)
    }

    /// What a property of `object` allows.
    pub(super) fn property_of(
        &self,
        object: &SchemaShape<'a>,
        property: &Property<'a>,
    ) -> Result<SchemaShape<'a>, Spoilt> {
        let mut shape = self.property(property)?;
        if let Some(discriminator) = object.discriminator.as_ref()
            && discriminator.property == property.name
            && shape.constant.is_none()
        {
            shape.kinds.clone_from(&discriminator.kinds);
        }
        Ok(shape)
    }

    pub(super) fn one(&self, schema: &'a Value, depth: usize) -> Result<SchemaShape<'a>, Spoilt> {
        if self.is_shallow() {
            return Ok(self.surface(schema));
        }
        self.work(1)?;
        if depth > limits::SCHEMA_DEPTH {
            return Err(Spoilt("a schema in it is nested too deeply".to_owned()));
        }
        let members = match schema {
            Value::Object(members) => members,
            Value::Bool(_) => return Ok(SchemaShape::default()),
            _ => return Err(Spoilt("a schema in it is not an object".to_owned())),
        };
        if let Some(found) = self.only_referred(members) {
            let shape = self.referred(found, depth + 1)?;
            self.work(shape.order.len() + shape.required.len())?;
            return Ok(shape);
        }
        let mut shape = self.own(members)?;
        let references = ["$ref", "$dynamicRef", "$recursiveRef"];
        for reference in references.iter().filter_map(|key| member(members, key)?.as_str()) {
            match self.find(reference) {
                Ok(found) => {
                    let found = self.referred(found, depth + 1)?;
                    self.merge(&mut shape, found)?;
                }
                // It may be anything, which is better than no command.
                Err(Spoilt(why)) => self.remark(why),
            }
        }
        for part in list(members, "allOf") {
            let part = self.shapes().extending(members, || self.one(part, depth + 1))?;
            self.merge(&mut shape, part)?;
        }
        for union in ["oneOf", "anyOf"] {
            if let Some(Value::Array(parts)) = member(members, union) {
                let parts =
                    parts.iter().map(|part| self.one(part, depth + 1)).collect::<Result<Vec<_>, _>>()?;
                let either = self.either(parts)?;
                self.merge(&mut shape, either)?;
            }
        }
        self.discriminate(&mut shape, members, depth)?;
        if shape.types.is_unknown() && !shape.mixed {
            shape.types = guessed(&shape);
        }
        Ok(shape)
    }

    /// What a schema refers to that says nothing itself.
    fn only_referred(&self, members: &'a Map<String, Value>) -> Option<&'a Value> {
        if members.len() > 1 {
            return None;
        }
        self.find(members.get("$ref")?.as_str()?).ok()
    }

    /// What a schema allows that is referred to, maybe by many: it costs its work once.
    pub(super) fn referred(&self, schema: &'a Value, depth: usize) -> Result<SchemaShape<'a>, Spoilt> {
        if self.is_shallow() {
            return self.one(schema, depth);
        }
        if let Some(known) = self.shapes().known(schema) {
            self.work(1)?;
            return Ok(known);
        }
        let (begun, remarks) = (self.shapes().begin(), self.count_of_remarks());
        let shape = self.one(schema, depth)?;
        // What is remarked has to be remarked about each operation.
        if remarks == self.count_of_remarks() {
            self.shapes().remember(begun, schema, &shape);
        }
        Ok(shape)
    }

    /// What a schema says at first sight.
    fn surface(&self, schema: &'a Value) -> SchemaShape<'a> {
        let members = self.resolve(schema).ok().filter(|members| members.len() <= limits::SURFACE);
        let mut shape = members.and_then(|members| self.own(members).ok()).unwrap_or_default();
        if shape.types.is_unknown() {
            shape.types = guessed(&shape);
        }
        shape
    }

    /// What the schema says itself.
    fn own(&self, members: &'a Map<String, Value>) -> Result<SchemaShape<'a>, Spoilt> {
        let text = |key: &str| member(members, key).and_then(Value::as_str);
        let flag = |key: &str| member(members, key).and_then(Value::as_bool).unwrap_or(false);
        let mut shape = SchemaShape {
            nullable: flag("nullable"),
            format: if text("contentEncoding").is_some_and(is_base64) {
                Some(BASE64)
            } else if text("contentEncoding").is_some_and(|name| name.eq_ignore_ascii_case(BASE64URL)) {
                Some(BASE64URL)
            } else {
                text("format").or_else(|| text("contentMediaType").map(content))
            },
            constant: member(members, "const"),
            default: member(members, "default"),
            example: member(members, "example").or_else(|| list(members, "examples").first()),
            description: text("description"),
            pattern: text("pattern"),
            least: bound(members, "minimum", "exclusiveMinimum"),
            most: bound(members, "maximum", "exclusiveMaximum"),
            shortest: member(members, "minLength").and_then(Value::as_u64).unwrap_or(0),
            longest: member(members, "maxLength").and_then(Value::as_u64),
            read_only: flag("readOnly"),
            write_only: flag("writeOnly"),
            deprecated: flag("deprecated"),
            ..SchemaShape::default()
        };
        if text("type") == Some("file") {
            shape.format = Some("binary");
        }
        if member(members, "contentMediaType").is_some() && member(members, "type").is_none() {
            shape.add_type("string");
        }
        match member(members, "type") {
            Some(Value::String(name)) => shape.add_type(name),
            Some(Value::Array(names)) => {
                self.work(names.len())?;
                names
                    .iter()
                    .take(limits::LIST)
                    .filter_map(Value::as_str)
                    .for_each(|name| shape.add_type(name));
            }
            _ => {}
        }
        if let Some(Value::Array(choices)) = member(members, "enum")
            && (choices.len() <= limits::CHOICES || !self.is_shallow())
        {
            self.work(choices.len())?;
            shape.nullable |= choices.iter().any(Value::is_null);
            shape.choices = Some(choices.iter().filter(|choice| !choice.is_null()).collect());
        }
        if let Some(items) = member(members, "items") {
            shape.items.push(items);
        }
        if self.is_shallow() {
            if member(members, "properties").is_some() && shape.types.is_unknown() {
                shape.add_type("object");
            }
        } else if let Some(Value::Object(properties)) = member(members, "properties") {
            self.work(properties.len())?;
            for (name, schema) in properties {
                shape.add_property(Property::new(name, schema), false);
            }
        }
        let required = if self.is_shallow() { &[] } else { list(members, "required") };
        self.work(required.len())?;
        shape.required = required.iter().filter_map(Value::as_str).collect();
        let patterns = member(members, "patternProperties").and_then(Value::as_object);
        let additional =
            member(members, "additionalProperties").or_else(|| member(members, "unevaluatedProperties"));
        shape.additional = match additional {
            None | Some(Value::Bool(false)) if patterns.is_some_and(|patterns| !patterns.is_empty()) => {
                let mut schemas = patterns.into_iter().flat_map(Map::values);
                match (schemas.next(), schemas.next()) {
                    (Some(only), None) => Additional::Schema(vec![only]),
                    _ => Additional::Anything,
                }
            }
            None => Additional::Unsaid,
            Some(Value::Bool(false)) => Additional::Nothing,
            Some(Value::Object(schema)) if !schema.is_empty() => {
                // What a pattern allows, it may be, too.
                if patterns.is_none() {
                    Additional::Schema(additional.into_iter().collect())
                } else {
                    Additional::Anything
                }
            }
            Some(_) => Additional::Anything,
        };
        let keys = members.iter().filter(|(key, _)| key.starts_with("x-cli-"));
        shape.keys = keys.map(|(key, value)| (key.as_str(), value)).collect();
        Ok(shape)
    }

    /// `allOf`: what `shape` already says goes before what `other` says.
    fn merge(&self, shape: &mut SchemaShape<'a>, other: SchemaShape<'a>) -> Result<(), Spoilt> {
        self.work(other.order.len() + other.required.len() + other.choices.as_ref().map_or(0, Vec::len))?;
        if shape.types.is_unknown() {
            shape.types = other.types;
        }
        shape.nullable |= other.nullable;
        shape.format = shape.format.or(other.format);
        shape.choices = shape.choices.take().or(other.choices);
        shape.constant = shape.constant.or(other.constant);
        shape.default = shape.default.or(other.default);
        shape.example = shape.example.or(other.example);
        shape.description = shape.description.or(other.description);
        shape.pattern = shape.pattern.or(other.pattern);
        shape.least = shape.least.or(other.least);
        shape.most = shape.most.or(other.most);
        shape.shortest = shape.shortest.max(other.shortest);
        shape.longest = shape.longest.or(other.longest);
        shape.read_only |= other.read_only;
        shape.write_only |= other.write_only;
        shape.deprecated |= other.deprecated;
        shape.mixed |= other.mixed;
        shape.one_or_several |= other.one_or_several;
        shape.object = shape.object.take().or(other.object);
        shape.plain = shape.plain.take().or(other.plain);
        shape.discriminator = shape.discriminator.take().or(other.discriminator);
        shape.items.extend(other.items);
        shape.required.extend(other.required);
        if matches!(shape.additional, Additional::Unsaid) {
            shape.additional = other.additional;
        }
        for property in other.order {
            shape.add_property(property, false);
        }
        for (key, value) in other.keys {
            shape.keys.entry(key).or_insert(value);
        }
        Ok(())
    }

    /// `oneOf`, `anyOf`: a form that all of them have, as far as there is one.
    fn either(&self, parts: Vec<SchemaShape<'a>>) -> Result<SchemaShape<'a>, Spoilt> {
        let nullable = parts.iter().any(|part| part.nullable);
        let mut parts: Vec<_> = parts.into_iter().filter(|part| !part.is_null()).collect();
        if parts.len() < 2 {
            let mut only = parts.pop().unwrap_or_default();
            only.nullable |= nullable;
            return Ok(only);
        }
        let mut either = SchemaShape { nullable, ..SchemaShape::default() };
        if parts.iter().all(SchemaShape::says_nothing) {
            // `anyOf: [{required: [a]}, {required: [b]}]`
            return Ok(either);
        }
        if parts.iter().all(SchemaShape::is_object) {
            either.types = Types::OBJECT;
            let mut required = parts.first().map(|part| part.required.clone()).unwrap_or_default();
            required.retain(|name| parts.iter().all(|part| part.required.contains(name)));
            either.required = required;
            for part in parts {
                self.work(part.order.len())?;
                for property in part.order {
                    either.add_property(property, true);
                }
            }
            return Ok(either);
        }
        let (objects, others): (Vec<_>, Vec<_>) = parts.iter().cloned().partition(SchemaShape::is_object);
        if !objects.is_empty() && others.iter().all(|part| part.types.are_plain() && !part.mixed) {
            either.object = Some(Box::new(self.either(objects)?));
            either.plain = Some(Box::new(self.either(others)?));
        }
        let plain = parts.iter().all(|part| part.types.are_plain());
        either.types = parts.iter().fold(Types::default(), |types, part| types.and(part.types));
        let unknown = parts.iter().any(|part| part.types.is_unknown() && !part.mixed);
        either.mixed =
            !plain && (unknown || parts.iter().any(|part| part.types != either.types || part.mixed));
        if unknown {
            either.types = Types::default();
        }
        let one_or_several =
            |part: &SchemaShape<'a>| !part.mixed && (part.types.are_plain() || part.is_array());
        if either.mixed && parts.iter().all(one_or_several) {
            let lists = parts.iter().filter(|part| part.is_array());
            let of_plain = lists.map(|part| Ok(self.shape(&part.items)?.types.are_plain()));
            either.one_or_several =
                of_plain.collect::<Result<Vec<_>, Spoilt>>()?.into_iter().all(|plain| plain);
        }
        let format = parts.first().and_then(|part| part.format);
        either.format = format.filter(|format| parts.iter().all(|part| part.format == Some(format)));
        if plain && parts.iter().all(|part| part.choices.is_some() || part.constant.is_some()) {
            let choices = parts
                .iter()
                .flat_map(|part| part.constant.into_iter().chain(part.choices.iter().flatten().copied()));
            either.choices = Some(choices.collect());
        } else if either.is_array() {
            // Lists of this or of that: lists of what both have in common, if it is the same schema.
            either.items = parts.first().map(|part| part.items.clone()).unwrap_or_default();
            let same = parts.iter().all(|part| part.items == either.items);
            either.mixed = !same;
        }
        Ok(either)
    }
}

/// A bound, and whether it lies outside itself: 3.0 says so by a boolean, 3.1 by another number.
pub(super) fn bound<'a>(
    members: &'a Map<String, Value>,
    key: &str,
    exclusive: &str,
) -> Option<(&'a serde_json::Number, bool)> {
    let number = |key: &str| match member(members, key) {
        Some(Value::Number(number)) => Some(number),
        _ => None,
    };
    match (member(members, exclusive), number(key)) {
        (Some(Value::Number(number)), _) => Some((number, true)),
        (Some(Value::Bool(exclusive)), Some(number)) => Some((number, *exclusive)),
        (_, number) => number.map(|number| (number, false)),
    }
}

/// The list `key` of `members`, empty when there is none.
pub(super) fn list<'a>(members: &'a Map<String, Value>, key: &str) -> &'a [Value] {
    member(members, key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

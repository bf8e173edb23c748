//! `discriminator` → the values that its property may have, and what the kinds of a thing add to it.
//!
//! Kinds are named by the mapping, by the union that the discriminator belongs to, or by schemas that extend it (`allOf`).
//! It must not know of arguments or tables.

use super::member::member;
use super::reference::{DocumentReader, Spoilt};
use super::schema::list;
use super::shape::{Discriminator, SchemaShape};
use crate::openapi::limits;
use serde_json::{Map, Value};

impl<'a> DocumentReader<'a> {
    /// Adds to `shape` what the discriminator of its schema `members` says.
    pub(super) fn discriminate(
        &self,
        shape: &mut SchemaShape<'a>,
        members: &'a Map<String, Value>,
        depth: usize,
    ) -> Result<(), Spoilt> {
        let Some(Value::Object(discriminator)) = member(members, "discriminator") else { return Ok(()) };
        let Some(property) = member(discriminator, "propertyName").and_then(Value::as_str) else {
            return Ok(());
        };
        let shapes = self.shapes();
        let mapping = member(discriminator, "mapping").and_then(Value::as_object);
        let mut kinds: Vec<(&'a str, &'a str)> = Vec::new();
        for (name, target) in mapping.into_iter().flatten() {
            kinds.extend(target.as_str().map(|target| (name.as_str(), target)));
        }
        let members_of_union = list(members, "oneOf").iter().chain(list(members, "anyOf"));
        let references = members_of_union.filter_map(|part| part.get("$ref")?.as_str());
        let mut named: Vec<&'a str> = references.collect();
        let is_union = !named.is_empty();
        if is_union {
            // Of more of them none is a choice, and comparing each with each would cost their square.
            named.truncate(limits::CHOICES + 1);
        } else {
            shapes.note_kinds();
            if shapes.is_entered(members) {
                return Ok(());
            }
        }
        let name = |reference: &'a str| (reference.rsplit('/').next().unwrap_or_default(), reference);
        if !is_union && kinds.is_empty() {
            kinds = self.extensions_of(members).iter().map(|extension| name(extension)).collect();
        }
        for reference in named {
            if kinds.iter().all(|(_, target)| !is_same(target, reference)) {
                kinds.push(name(reference));
            }
        }
        self.work(kinds.len())?;
        if kinds.len() <= limits::CHOICES && !kinds.is_empty() {
            let kinds = kinds.iter().map(|(name, _)| *name).collect();
            shape.discriminator = Some(Discriminator { property, kinds });
        }
        // What the members of a union have is known already.
        if is_union {
            return Ok(());
        }
        // What extends it is one of its kinds, and none of the others.
        let is_it =
            |target: &str| self.named_schema(target).is_ok_and(|schema| shapes.is_extended_by(schema));
        let is_kind = shapes.is_extending() && kinds.iter().any(|(_, target)| is_it(target));
        if is_kind {
            return Ok(());
        }
        shapes.entering(members, || {
            kinds.iter().try_for_each(|(_, target)| self.add_kind(shape, target, depth))
        })
    }

    /// The schema that a discriminator names by a reference, or by the name that the document has for it.
    fn named_schema(&self, target: &str) -> Result<&'a Value, Spoilt> {
        if target.contains(['#', '/']) {
            self.find(target)
        } else {
            self.find(&format!("#/components/schemas/{target}"))
        }
    }

    /// Adds the properties of one kind, none of which a thing of another kind needs.
    fn add_kind(&self, shape: &mut SchemaShape<'a>, target: &str, depth: usize) -> Result<(), Spoilt> {
        match self.named_schema(target) {
            Ok(schema) => {
                for property in self.referred(schema, depth + 1)?.order {
                    shape.add_property(property, true);
                }
            }
            Err(Spoilt(why)) => self.remark(why),
        }
        Ok(())
    }
}

/// The property of the discriminator of the union `members`, and the one word that it has for `part`; `None` where it has
/// several.
pub(super) fn kind_of_part<'a>(
    members: &'a Map<String, Value>,
    part: &'a Value,
) -> Option<(&'a str, &'a str)> {
    let discriminator = member(members, "discriminator")?.as_object()?;
    let property = member(discriminator, "propertyName")?.as_str()?;
    let reference = part.get("$ref")?.as_str()?;
    let mapping = member(discriminator, "mapping").and_then(Value::as_object);
    let is_it = |target: &Value| target.as_str().is_some_and(|target| is_same(target, reference));
    let mut kinds = mapping.into_iter().flatten().filter(|(_, target)| is_it(target));
    match (kinds.next(), kinds.next()) {
        (Some((kind, _)), None) => Some((property, kind)),
        (None, _) => Some((property, reference.rsplit('/').next()?)),
        _ => None,
    }
}

/// Whether two ways to name a schema name the same.
fn is_same(target: &str, reference: &str) -> bool {
    target == reference || (!target.contains('/') && reference.rsplit('/').next() == Some(target))
}

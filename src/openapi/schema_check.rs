//! Whether a value is what a kept schema says: types, choices, bounds, required and unknown names, lists and objects to any
//! depth, `allOf`, and unions. What is not kept, such as patterns and formats, is left to the server.
//!
//! It says where the fault is and what is allowed, and never the value, which may be a secret. It must not know what a body is.

use super::kept_schema::{KeptSchema, SchemaNode, SchemaTypes};
use super::value_fault::{has_type, is_choice, joined, own_fault};
use super::{ExactJson, limits};
use crate::model::CleanText;
use std::cell::Cell;
use std::collections::HashMap;

/// The first thing that is wrong with `value`. With `is_difference`, null removes, and nothing is required.
pub(super) fn schema_fault(schema: &KeptSchema, value: &ExactJson, is_difference: bool) -> Option<String> {
    let check = ValueCheck { schema, is_difference, steps: Cell::new(limits::CHECKING_WORK) };
    check.value(&schema.root, value).map(Fault::shown)
}

/// What is wrong, and where.
#[derive(PartialEq, Eq)]
struct Fault {
    /// From the innermost step outwards.
    steps: Vec<String>,
    /// `is not a string`.
    why: String,
}

impl Fault {
    fn new(why: impl Into<String>) -> Self {
        Self { steps: Vec::new(), why: why.into() }
    }

    fn below(mut self, step: String) -> Self {
        self.steps.push(step);
        self
    }

    fn shown(self) -> String {
        let mut place = String::new();
        for step in self.steps.iter().rev() {
            if !place.is_empty() && !step.starts_with('[') {
                place.push('.');
            }
            place.push_str(step);
        }
        let place = if place.is_empty() { "it".to_owned() } else { format!("`{}`", CleanText::new(&place)) };
        format!("{place} {}", self.why)
    }
}

/// The names that an object may have, with whether only the server says them.
type AllowedNames<'s> = HashMap<&'s str, bool>;

/// A value that is compared with a schema.
struct ValueCheck<'s> {
    schema: &'s KeptSchema,
    is_difference: bool,
    steps: Cell<usize>,
}

impl<'s> ValueCheck<'s> {
    /// A value with all that is said of it.
    fn value(&self, node: &'s SchemaNode, value: &ExactJson) -> Option<Fault> {
        if value.is_null() && (self.is_difference || self.may_be_null(node, 0)) {
            return None;
        }
        let mut names = AllowedNames::new();
        if matches!(value, ExactJson::Object(_)) {
            self.add_names(node, &mut names, 0);
        }
        self.node(node, value, &names, 0)
    }

    /// A value with what one schema says of it; `names` are those of all schemas that hold.
    fn node(
        &self,
        node: &'s SchemaNode,
        value: &ExactJson,
        names: &AllowedNames<'s>,
        depth: usize,
    ) -> Option<Fault> {
        if depth > limits::SCHEMA_DEPTH || !self.pays() {
            return None;
        }
        if let Some(why) = own_fault(node, value) {
            return Some(Fault::new(why));
        }
        let below = match value {
            ExactJson::List(items) => self.items(node, items),
            ExactJson::Object(members) => self.members(node, members, names),
            _ => None,
        };
        let referred =
            || self.schema.referred(node).and_then(|referred| self.node(referred, value, names, depth + 1));
        let all = || node.all.iter().find_map(|part| self.node(part, value, names, depth + 1));
        below.or_else(referred).or_else(all).or_else(|| self.union(node, value, names, depth))
    }

    fn items(&self, node: &'s SchemaNode, items: &[ExactJson]) -> Option<Fault> {
        let schema = node.items.as_deref()?;
        items
            .iter()
            .enumerate()
            .find_map(|(at, item)| self.value(schema, item).map(|fault| fault.below(format!("[{at}]"))))
    }

    fn members(
        &self,
        node: &'s SchemaNode,
        members: &[(String, ExactJson)],
        names: &AllowedNames<'s>,
    ) -> Option<Fault> {
        let has = |name: &String| members.iter().any(|(other, _)| other == name);
        let is_needed = |name: &&String| names.get(name.as_str()) != Some(&true) && !has(name);
        if !self.is_difference
            && let Some(missing) = node.required.iter().find(is_needed)
        {
            return Some(Fault::new("is missing").below(missing.clone()));
        }
        for (name, value) in members {
            if !self.pays() {
                return None;
            }
            let known = node.properties.iter().find(|(other, _)| other == name).map(|(_, schema)| schema);
            let is_other = !names.contains_key(name.as_str());
            if node.closed && is_other {
                return Some(
                    Fault::new(format!("is unknown; allowed: {}", listed(names))).below(name.clone()),
                );
            }
            let schema = known.or(node.additional.as_deref().filter(|_| is_other));
            if let Some(fault) = schema.and_then(|schema| self.value(schema, value)) {
                return Some(fault.below(name.clone()));
            }
        }
        None
    }

    /// One of several schemas holds, or what is wrong with the one that was surely meant.
    fn union(
        &self,
        node: &'s SchemaNode,
        value: &ExactJson,
        names: &AllowedNames<'s>,
        depth: usize,
    ) -> Option<Fault> {
        let mut faults = Vec::new();
        for part in &node.any {
            match self.node(part, value, names, depth + 1) {
                Some(fault) => faults.push((part, fault)),
                None => return None,
            }
        }
        if faults.is_empty() || value.is_null() && self.may_be_null(node, 0) {
            return None;
        }
        let is_meant =
            |(at, (part, _)): (usize, &(&'s SchemaNode, Fault))| self.is_meant(part, value, 0).then_some(at);
        let meant: Vec<usize> = faults.iter().enumerate().filter_map(is_meant).collect();
        let are_same = faults.iter().all(|(_, fault)| *fault == faults[0].1);
        Some(match meant.as_slice() {
            [only] => faults.swap_remove(*only).1,
            _ if are_same => faults.swap_remove(0).1,
            _ => Fault::new("fits none of the forms that are allowed"),
        })
    }

    /// Whether a schema of a union is the one that was meant: its type is right, and so is each name that has one value only.
    fn is_meant(&self, node: &'s SchemaNode, value: &ExactJson, depth: usize) -> bool {
        if depth > limits::SCHEMA_DEPTH || !self.pays() {
            return false;
        }
        if !has_type(node.types, value) {
            return false;
        }
        let is_right = |(name, schema): &(String, SchemaNode)| match (value.get(name), &schema.choices) {
            (Some(value), Some(choices)) if choices.len() == 1 => is_choice(choices, value),
            _ => true,
        };
        node.properties.iter().all(is_right)
            && node.all.iter().all(|part| self.is_meant(part, value, depth + 1))
            && self.schema.referred(node).is_none_or(|referred| self.is_meant(referred, value, depth + 1))
    }

    fn may_be_null(&self, node: &'s SchemaNode, depth: usize) -> bool {
        depth <= limits::SCHEMA_DEPTH
            && self.pays()
            && (node.nullable
                || node.types.has(SchemaTypes::NULL)
                || node.all.iter().chain(&node.any).any(|part| self.may_be_null(part, depth + 1))
                || self.schema.referred(node).is_some_and(|referred| self.may_be_null(referred, depth + 1)))
    }

    fn add_names(&self, node: &'s SchemaNode, names: &mut AllowedNames<'s>, depth: usize) {
        if depth > limits::SCHEMA_DEPTH || !self.pays() {
            return;
        }
        for (name, schema) in &node.properties {
            *names.entry(name).or_default() |= schema.read_only;
        }
        for part in self.schema.referred(node).into_iter().chain(&node.all).chain(&node.any) {
            self.add_names(part, names, depth + 1);
        }
    }

    fn pays(&self) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(1));
        left > 0
    }
}

fn listed(names: &AllowedNames<'_>) -> String {
    let mut names: Vec<String> = names.keys().map(|name| CleanText::new(name).to_string()).collect();
    names.sort_unstable();
    if names.is_empty() { "nothing".to_owned() } else { joined(&names) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// What is wrong with `body` by `schema`, beside which the document has `others`.
    fn fault_of(schema: &Value, others: &Value, body: &Value) -> Option<String> {
        let document = json!({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "components": {"schemas": others},
            "paths": {"/things": {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": {}}}}});
        let descriptor = crate::openapi::read(document.to_string().as_bytes()).unwrap();
        let kept = descriptor.commands[0].body.as_ref().unwrap().schema.as_ref().unwrap();
        schema_fault(kept, &ExactJson::from(body), false)
    }

    fn check(schema: &Value, others: &Value, cases: &[(Value, Option<&str>)]) {
        for (body, expected) in cases {
            assert_eq!(fault_of(schema, others, body).as_deref(), *expected, "{body}");
        }
    }

    #[test]
    fn a_discriminator_says_which_form_is_meant() {
        let form = |needed: &str| json!({"type": "object", "required": ["pet", needed], "properties": {"pet": {"type": "string"}, needed: {"type": "integer"}}});
        let reference = |name: &str| format!("#/components/schemas/{name}");
        let schema = json!({"oneOf": [{"$ref": reference("Cat")}, {"$ref": reference("Dog")}],
            "discriminator": {"propertyName": "pet", "mapping": {"kitty": reference("Cat")}}});
        check(
            &schema,
            &json!({"Cat": form("lives"), "Dog": form("age")}),
            &[
                (json!({"pet": "kitty", "lives": 9}), None),
                (json!({"pet": "kitty", "age": 9}), Some("`lives` is missing")),
                (json!({"pet": "Dog", "age": 9}), None),
                (json!({"pet": "Dog"}), Some("`age` is missing")),
                (json!({"pet": "cow", "age": 9}), Some("it fits none of the forms that are allowed")),
            ],
        );
    }

    #[test]
    fn every_depth_is_checked_and_the_place_is_named() {
        let line = json!({"type": "object", "required": ["sku"], "additionalProperties": false,
            "properties": {"sku": {"type": "string", "minLength": 2}, "count": {"type": "integer", "maximum": 9}}});
        let schema = json!({"type": "object", "required": ["lines"], "properties": {
            "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Line"}},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "id": {"type": "string", "readOnly": true}}});
        check(
            &schema,
            &json!({"Line": line}),
            &[
                (json!({"lines": [{"sku": "ab", "count": 9}], "labels": {"a": "b"}, "more": 1}), None),
                (json!([]), Some("it is not an object")),
                (json!({}), Some("`lines` is missing")),
                (json!({"lines": []}), Some("`lines` is too short: at least 1 item")),
                (json!({"lines": [{"sku": "ab"}, {"count": 1}]}), Some("`lines[1].sku` is missing")),
                (
                    json!({"lines": [{"sku": "a"}]}),
                    Some("`lines[0].sku` is too short: at least 2 characters"),
                ),
                (
                    json!({"lines": [{"sku": "ab", "count": 10}]}),
                    Some("`lines[0].count` is too large: at most 9"),
                ),
                (
                    json!({"lines": [{"sku": "ab", "cuont": 1}]}),
                    Some("`lines[0].cuont` is unknown; allowed: count, sku"),
                ),
                (json!({"lines": [{"sku": "ab"}], "labels": {"a": 1}}), Some("`labels.a` is not a string")),
                (json!({"lines": [null]}), Some("`lines[0]` is not an object")),
            ],
        );
    }

    #[test]
    fn all_of_several_hold_and_one_of_a_union() {
        let others = json!({
            "Named": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}, "additionalProperties": false},
            "Card": {"type": "object", "required": ["kind", "number"], "properties": {"kind": {"const": "card"}, "number": {"type": "string"}}},
            "Cash": {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "cash"}}},
        });
        let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let schema = json!({"allOf": [reference("Named"), {"properties": {
            "pay": {"oneOf": [reference("Card"), reference("Cash")]}, "size": {"anyOf": [{"type": "integer"}, {"enum": ["small"]}]},
            "off": {"type": ["string", "null"]}}}]});
        check(
            &schema,
            &others,
            &[
                (json!({"name": "a", "pay": {"kind": "cash"}, "size": "small", "off": null}), None),
                (json!({"name": "a", "size": 3}), None),
                (json!({"pay": {"kind": "cash"}}), Some("`name` is missing")),
                (json!({"name": "a", "pay": {"kind": "card"}}), Some("`pay.number` is missing")),
                (
                    json!({"name": "a", "pay": {"kind": "iou"}}),
                    Some("`pay` fits none of the forms that are allowed"),
                ),
                (json!({"name": "a", "size": "big"}), Some("`size` is not one of small")),
                (
                    json!({"name": "a", "colour": 1}),
                    Some("`colour` is unknown; allowed: name, off, pay, size"),
                ),
            ],
        );
    }

    #[test]
    fn what_is_unknown_never_refuses_and_circles_end() {
        let others = json!({
            "A": {"$ref": "#/components/schemas/A"}, "B": {"allOf": [{"$ref": "#/components/schemas/B"}, {"$ref": "#/components/schemas/B"}]},
            "Tree": {"type": "object", "properties": {"name": {"type": "string"}, "below": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}},
        });
        let schema = json!({"properties": {
            "a": {"$ref": "#/components/schemas/A"}, "b": {"$ref": "#/components/schemas/B"}, "tree": {"$ref": "#/components/schemas/Tree"},
            "odd": {"type": "money", "not": {}, "if": {"type": "string"}, "pattern": "^x$", "format": "odd", "minimum": "1", "enum": 7, "items": 3, "required": "x"},
            "gone": {"$ref": "#/nothing"}, "never": false, "tuple": {"prefixItems": [{"type": "string"}], "items": {"type": "string"}}}});
        let body = json!({"a": 1, "b": {"c": [1]}, "odd": [1], "gone": {}, "never": 1, "tuple": [1],
            "tree": {"name": "x", "below": [{"below": [{"name": "y"}]}]}});
        check(
            &schema,
            &others,
            &[
                (body, None),
                (
                    json!({"tree": {"below": [{"below": [{"name": 1}]}]}}),
                    Some("`tree.below[0].below[0].name` is not a string"),
                ),
            ],
        );
    }

    #[test]
    fn a_large_schema_is_cut_where_it_is_deepest() {
        let wide = |below: &Value| -> Value {
            let properties: serde_json::Map<String, Value> =
                (0..40).map(|at| (format!("property-with-a-long-name-{at}"), below.clone())).collect();
            json!({"type": "object", "properties": properties})
        };
        let schema = wide(&wide(&wide(&json!({"type": "string", "minLength": 3}))));
        let document = json!({"openapi": "3.1.0", "info": {"title": "x", "version": "1"},
            "paths": {"/things": {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": {}}}}});
        let descriptor = crate::openapi::read(document.to_string().as_bytes()).unwrap();
        let kept = descriptor.commands[0].body.as_ref().unwrap().schema.as_ref().unwrap();
        assert!(kept.is_cut && serde_json::to_string(kept).unwrap().len() <= limits::KEPT_SCHEMA);
        let fault = |body: &Value| schema_fault(kept, &ExactJson::from(body), false);
        assert_eq!(
            fault(&json!({"property-with-a-long-name-1": 1})).unwrap(),
            "`property-with-a-long-name-1` is not an object"
        );
    }
}

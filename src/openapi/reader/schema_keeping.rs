//! A schema of the document → what is kept of it ([`crate::openapi::KeptSchema`]), as deep as it stays small enough.
//!
//! It must not know what the schema is kept for. It costs nothing of the work that commands and flags are made by, and what
//! it costs itself is bounded for the whole document.

use super::kept_shares::Direction;
use super::member::member;
use super::polymorphism::kind_of_part;
use super::reference::DocumentReader;
use super::schema::{bound, list};
use crate::openapi::kept_schema::{Bounds, KeptSchema, SchemaNode, SchemaTypes};
use crate::openapi::{Range, limits};
use serde_json::{Map, Value};
use std::collections::{HashMap, VecDeque};
use std::io::{self, Write};

impl<'a> DocumentReader<'a> {
    /// What is kept of `schema`.
    pub(super) fn kept(&self, schema: &'a Value, direction: Direction) -> KeptSchema {
        let shares = self.shares();
        // Those who refer to the same one have the same.
        let is_bare = schema.as_object().is_some_and(|members| members.len() == 1);
        let reference = schema.get("$ref").and_then(Value::as_str).filter(|_| is_bare);
        let referred = reference.and_then(|reference| self.find(reference).ok()).unwrap_or(schema);
        let place = (std::ptr::from_ref(referred), direction);
        if let Some(known) = shares.known(place) {
            return known;
        }
        let most = shares.most(direction);
        let kept = direction.depths().iter().find_map(|deepest| {
            let kept = Keeper::new(self, direction, *deepest, most).keep(schema)?;
            (size_of(&kept) <= most).then_some(kept)
        });
        let kept = kept.unwrap_or_else(KeptSchema::too_large);
        shares.remember(place, &kept);
        kept
    }
}

/// How many bytes it has in the index.
fn size_of(kept: &KeptSchema) -> usize {
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, kept).map_or(usize::MAX, |()| counter.0)
}

/// Counts what is written.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One schema that is being kept.
struct Keeper<'s, 'a> {
    source: &'s DocumentReader<'a>,
    direction: Direction,
    deepest: usize,
    numbers: HashMap<*const Value, usize>,
    /// What is referred to and not kept yet, with how deep it lies.
    left: VecDeque<(&'a Value, usize)>,
    nodes: usize,
    is_cut: bool,
    /// How many bytes there are at least left for names; none once they were too few.
    room: Option<usize>,
}

impl<'s, 'a> Keeper<'s, 'a> {
    fn new(source: &'s DocumentReader<'a>, direction: Direction, deepest: usize, room: usize) -> Self {
        let nodes = limits::KEPT_NODES;
        Self {
            source,
            direction,
            deepest,
            numbers: HashMap::new(),
            left: VecDeque::new(),
            nodes,
            is_cut: false,
            room: Some(room),
        }
    }

    /// What is kept; nothing if it surely has no room.
    fn keep(mut self, schema: &'a Value) -> Option<KeptSchema> {
        let root = self.node(schema, 0);
        let mut shared = Vec::new();
        // The nearest first: what lies deep is the first to be cut.
        while let Some((schema, depth)) = self.left.pop_front() {
            let node = self.node(schema, depth);
            shared.push(node);
        }
        self.room.map(|_| KeptSchema { root, shared, is_cut: self.is_cut })
    }

    /// Pays for one step; what cannot be paid is cut.
    fn pays(&mut self) -> bool {
        let pays = self.nodes > 0 && self.room.is_some() && self.source.shares().pays();
        self.nodes = self.nodes.saturating_sub(1);
        self.is_cut |= !pays;
        pays
    }

    fn node(&mut self, schema: &'a Value, depth: usize) -> SchemaNode {
        let Some(members) = schema.as_object().filter(|members| !members.is_empty()) else {
            return SchemaNode::default();
        };
        if !self.pays() {
            return SchemaNode::default();
        }
        let mut node = surface(members);
        node.choices = self.choices(members, &mut node.nullable);
        let is_deep = depth >= self.deepest;
        if let Some(reference) = member(members, "$ref").and_then(Value::as_str) {
            node.reference = self.reference(reference, depth);
        }
        let has_more = [
            "items",
            "properties",
            "additionalProperties",
            "allOf",
            "oneOf",
            "anyOf",
            "required",
            "unevaluatedProperties",
        ]
        .iter()
        .any(|key| member(members, key).is_some());
        if is_deep {
            self.is_cut |= has_more;
            return node;
        }
        if has_more {
            self.nested(&mut node, members, depth);
        }
        node
    }

    /// The number of what is referred to; `None` where that is not there, or too deep.
    fn reference(&mut self, reference: &str, depth: usize) -> Option<usize> {
        let found = self.source.find(reference).ok()?;
        let place = std::ptr::from_ref(found);
        if let Some(number) = self.numbers.get(&place) {
            return Some(*number);
        }
        if self.numbers.len() >= limits::KEPT_NODES || !self.pays() {
            self.is_cut = true;
            return None;
        }
        let number = self.numbers.len();
        self.numbers.insert(place, number);
        self.left.push_back((found, depth));
        Some(number)
    }

    /// What lies below a schema.
    fn nested(&mut self, node: &mut SchemaNode, members: &'a Map<String, Value>, depth: usize) {
        if let Some(items @ Value::Object(_)) =
            member(members, "items").filter(|_| member(members, "prefixItems").is_none())
        {
            node.items = Some(Box::new(self.node(items, depth + 1)));
        }
        self.properties(node, members, depth);
        for part in list(members, "allOf").iter().take(limits::KEPT_PROPERTIES) {
            let part = self.node(part, depth);
            node.all.push(part);
        }
        // Both at once are rare: each of them holds.
        let unions = ["oneOf", "anyOf"].map(|key| list(members, key));
        for parts in unions.into_iter().filter(|parts| !parts.is_empty()) {
            if parts.len() > limits::LIST {
                self.is_cut = true;
                continue;
            }
            let any = parts.iter().map(|part| self.part_of_union(part, members, depth)).collect();
            node.all.push(SchemaNode { any, ..SchemaNode::default() });
        }
        if let [SchemaNode { any, .. }] = node.all.as_mut_slice()
            && !any.is_empty()
            && list(members, "allOf").is_empty()
        {
            node.any = std::mem::take(any);
            node.all.clear();
        }
    }

    /// A part of the union `members`, with the word that its discriminator has for it.
    fn part_of_union(
        &mut self,
        part: &'a Value,
        members: &'a Map<String, Value>,
        depth: usize,
    ) -> SchemaNode {
        let mut node = self.node(part, depth);
        if let Some((property, kind)) = kind_of_part(members, part).filter(|(property, _)| {
            property.len() <= limits::NAME && !node.properties.iter().any(|(name, _)| name == property)
        }) {
            let choices = self.few(&[Value::from(kind)]);
            node.properties.push((property.to_owned(), SchemaNode { choices, ..SchemaNode::default() }));
        }
        node
    }

    fn properties(&mut self, node: &mut SchemaNode, members: &'a Map<String, Value>, depth: usize) {
        let mut is_whole = true;
        let properties = member(members, "properties").and_then(Value::as_object);
        for (name, schema) in properties.into_iter().flatten() {
            if name.len() > limits::NAME || node.properties.len() >= limits::KEPT_PROPERTIES {
                (self.is_cut, is_whole) = (true, false);
                continue;
            }
            let found = self.source.resolve(schema).ok();
            let is = |key: &str| found.and_then(|found| member(found, key)) == Some(&Value::Bool(true));
            let (read_only, write_only) = (is("readOnly"), is("writeOnly"));
            if write_only && self.direction == Direction::Response {
                continue;
            }
            // `["name",{}]`
            self.room = self.room.and_then(|room| room.checked_sub(name.len() + 7));
            if self.room.is_none() {
                return;
            }
            match self.direction {
                Direction::Request if read_only => {
                    node.properties.push((name.clone(), SchemaNode { read_only, ..SchemaNode::default() }));
                }
                _ => {
                    let below = self.node(schema, depth + 1);
                    node.properties.push((name.clone(), below));
                }
            }
        }
        let required = list(members, "required").iter().filter_map(Value::as_str);
        node.required = required
            .filter(|name| name.len() <= limits::NAME)
            .take(limits::KEPT_PROPERTIES)
            .map(str::to_owned)
            .collect();
        let has_patterns = member(members, "patternProperties").is_some();
        let additional =
            member(members, "additionalProperties").or_else(|| member(members, "unevaluatedProperties"));
        match additional.filter(|_| is_whole && !has_patterns) {
            Some(Value::Bool(false)) => node.closed = true,
            Some(schema @ Value::Object(_)) => {
                node.additional = Some(Box::new(self.node(schema, depth + 1)));
            }
            _ => {}
        }
    }

    /// `enum` and `const`, without null.
    fn choices(&mut self, members: &Map<String, Value>, nullable: &mut bool) -> Option<Vec<Value>> {
        if let Some(constant) = member(members, "const").filter(|constant| !constant.is_null()) {
            return self.few(std::slice::from_ref(constant));
        }
        let Some(Value::Array(choices)) = member(members, "enum") else { return None };
        *nullable |= choices.iter().any(Value::is_null);
        self.few(choices).filter(|choices| !choices.is_empty())
    }

    /// Values, if they are few and small enough to be kept.
    fn few(&mut self, values: &[Value]) -> Option<Vec<Value>> {
        let size = |value: &Value| match value {
            Value::String(text) => text.len(),
            Value::Array(_) | Value::Object(_) => limits::KEPT_CHOICES + 1,
            _ => 8,
        };
        let is_few = values.len() <= limits::CHOICES;
        if !is_few || values.iter().map(size).sum::<usize>() > limits::KEPT_CHOICES {
            self.is_cut = true;
            return None;
        }
        Some(values.iter().filter(|value| !value.is_null()).cloned().collect())
    }
}

/// What a schema says of the value itself.
fn surface(members: &Map<String, Value>) -> SchemaNode {
    let mut node = SchemaNode {
        nullable: member(members, "nullable") == Some(&Value::Bool(true)),
        ..SchemaNode::default()
    };
    match member(members, "type") {
        Some(Value::String(name)) => node.types = SchemaTypes::named(name),
        Some(Value::Array(names)) => {
            let names = names.iter().take(limits::LIST).filter_map(Value::as_str);
            node.types = names.map(SchemaTypes::named).fold(node.types, SchemaTypes::and);
        }
        _ => {}
    }
    let number = |key: &str| member(members, key).and_then(Value::as_u64);
    node.length = Bounds(number("minLength").unwrap_or(0), number("maxLength"));
    node.count = Bounds(number("minItems").unwrap_or(0), number("maxItems"));
    let (least, most) =
        (bound(members, "minimum", "exclusiveMinimum"), bound(members, "maximum", "exclusiveMaximum"));
    node.range = Range {
        least: least.map(|(number, _)| number.clone()),
        most: most.map(|(number, _)| number.clone()),
        above: least.is_some_and(|(_, is_outside)| is_outside),
        below: most.is_some_and(|(_, is_outside)| is_outside),
    };
    let format = member(members, "format").and_then(Value::as_str);
    node.format = format.filter(|format| is_telling(format)).map(str::to_owned);
    node
}

/// Whether a format says more of a text than that it is one.
fn is_telling(format: &str) -> bool {
    matches!(
        format,
        "date-time"
            | "date"
            | "time"
            | "duration"
            | "uuid"
            | "uri"
            | "url"
            | "email"
            | "byte"
            | "binary"
            | "hostname"
            | "ipv4"
            | "ipv6"
    )
}

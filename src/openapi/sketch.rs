//! A kept schema as a sketch of its shape: `{name: string, size?: integer, tags: [string]}`, in one line where that is short, else
//! a line for each member.
//!
//! It must not know how wide a terminal is, nor where the sketch stands.

use super::kept_schema::{KeptSchema, SchemaNode, SchemaTypes};
use super::{ExactJson, limits};
use crate::model::CleanText;
use std::cell::Cell;

/// Deeper objects are `{…}`.
const DEEPEST: usize = 5;
/// Values of a choice, and forms of a union.
const FORMS: usize = 8;
/// Pieces of one sketch: the last ones are left out.
const PIECES: usize = 400;
/// A longer value is cut.
const LONGEST: usize = 40;
const INDENT: &str = "  ";
const MORE: &str = "…";

/// The lines of the sketch of `schema`, no more than `most` of them; `None` where nothing is known of it. A line that is
/// longer than `width` is one that cannot be divided.
pub fn sketch(schema: &KeptSchema, width: usize, most: usize) -> Option<Vec<String>> {
    if schema.says_nothing() {
        return None;
    }
    let drawing = Drawing { schema, pieces: Cell::new(PIECES) };
    let piece = drawing.piece(&schema.root, &mut Vec::new(), 0);
    let mut lines = Vec::new();
    piece.write(width, "", "", "", &mut lines);
    if lines.len() > most {
        lines.truncate(most.saturating_sub(1));
        lines.push(format!("{INDENT}{MORE}"));
    }
    Some(lines)
}

/// A part of a sketch.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// It has no parts.
    Word(String),
    /// What a list has.
    List(Box<Self>),
    /// The members of an object, by what stands before each.
    Object(Vec<(String, Self)>),
    /// One of these.
    Union(Vec<Self>),
}

impl Piece {
    fn word(text: &str) -> Self {
        Self::Word(text.to_owned())
    }

    /// In one line.
    fn flat(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::List(item) => format!("[{}]", item.flat()),
            Self::Object(members) => {
                let members: Vec<String> =
                    members.iter().map(|(name, piece)| format!("{name}{}", piece.flat())).collect();
                format!("{{{}}}", members.join(", "))
            }
            Self::Union(pieces) => pieces.iter().map(Self::flat).collect::<Vec<_>>().join(" | "),
        }
    }

    /// Writes it after `before` and before `after`, `indent` deep.
    fn write(&self, width: usize, indent: &str, before: &str, after: &str, lines: &mut Vec<String>) {
        let line = format!("{indent}{before}{}{after}", self.flat());
        if line.chars().count() <= width {
            return lines.push(line);
        }
        match self {
            Self::Word(_) => lines.push(line),
            Self::List(item) => item.write(width, indent, &format!("{before}["), &format!("]{after}"), lines),
            Self::Object(members) => {
                lines.push(format!("{indent}{before}{{"));
                let below = format!("{indent}{INDENT}");
                for (name, piece) in members {
                    piece.write(width, &below, name, ",", lines);
                }
                lines.push(format!("{indent}}}{after}"));
            }
            Self::Union(pieces) => {
                for (at, piece) in pieces.iter().enumerate() {
                    let before = if at == 0 { before.to_owned() } else { "| ".to_owned() };
                    let after = if at + 1 == pieces.len() { after } else { "" };
                    piece.write(width, indent, &before, after, lines);
                }
            }
        }
    }
}

struct Drawing<'s> {
    schema: &'s KeptSchema,
    /// How many pieces may still be drawn.
    pieces: Cell<usize>,
}

/// All that schemas which hold together say.
#[derive(Default)]
struct Merged<'s> {
    types: SchemaTypes,
    nullable: bool,
    format: Option<&'s str>,
    choices: Option<&'s Vec<serde_json::Value>>,
    items: Option<&'s SchemaNode>,
    properties: Vec<(&'s str, &'s SchemaNode)>,
    required: Vec<&'s str>,
    additional: Option<&'s SchemaNode>,
    unions: Vec<&'s [SchemaNode]>,
    /// What was referred to on the way.
    entered: Vec<usize>,
    /// Something refers to what it is a part of.
    is_circular: bool,
}

impl<'s> Drawing<'s> {
    fn piece(&self, node: &'s SchemaNode, above: &mut Vec<usize>, depth: usize) -> Piece {
        let left = self.pieces.get();
        self.pieces.set(left.saturating_sub(1));
        if left == 0 {
            return Piece::word(MORE);
        }
        let mut merged = Merged::default();
        self.merge(&mut merged, node, above, 0);
        let entered = merged.entered.len();
        above.extend(&merged.entered);
        let piece = self.of_merged(&merged, above, depth);
        above.truncate(above.len() - entered);
        piece
    }

    fn merge(&self, merged: &mut Merged<'s>, node: &'s SchemaNode, above: &[usize], depth: usize) {
        if depth > limits::SCHEMA_DEPTH {
            return;
        }
        if merged.types.are_unsaid() {
            merged.types = node.types;
        }
        merged.nullable |= node.nullable || node.types.has(SchemaTypes::NULL);
        merged.format = merged.format.or(node.format.as_deref());
        merged.choices = merged.choices.or(node.choices.as_ref());
        merged.items = merged.items.or(node.items.as_deref());
        merged.additional = merged.additional.or(node.additional.as_deref());
        merged.required.extend(node.required.iter().map(String::as_str));
        for (name, schema) in &node.properties {
            if !merged.properties.iter().any(|(other, _)| *other == name) {
                merged.properties.push((name, schema));
            }
        }
        if !node.any.is_empty() {
            merged.unions.push(&node.any);
        }
        if let Some(number) = node.reference {
            if above.contains(&number) || merged.entered.contains(&number) {
                merged.is_circular = true;
            } else if let Some(referred) = self.schema.shared.get(number) {
                merged.entered.push(number);
                self.merge(merged, referred, above, depth + 1);
            }
        }
        for part in &node.all {
            self.merge(merged, part, above, depth + 1);
        }
    }

    fn of_merged(&self, merged: &Merged<'s>, above: &mut Vec<usize>, depth: usize) -> Piece {
        let (mut pieces, mut is_null) = (Vec::new(), merged.nullable);
        let is_object = !merged.properties.is_empty() || merged.additional.is_some();
        if let Some(choices) = merged.choices {
            pieces.extend(choices.iter().take(FORMS).map(|choice| Piece::Word(value(choice))));
            if choices.len() > FORMS {
                pieces.push(Piece::word(MORE));
            }
        } else if is_object || (merged.types == SchemaTypes::OBJECT && merged.unions.is_empty()) {
            pieces.push(self.object(merged, above, depth));
        } else if merged.unions.is_empty() {
            pieces.extend(self.plain(merged, above, depth));
        }
        for union in merged.unions.iter().filter(|_| merged.choices.is_none()) {
            let forms = union.iter().take(FORMS).map(|part| self.piece(part, above, depth));
            let forms: Vec<Piece> = forms.collect();
            // `anyOf: [{required: [a]}, {required: [b]}]` says nothing of a shape.
            let is_telling = |piece: &Piece| *piece != Piece::word("any") && *piece != Piece::word("null");
            is_null |= forms.contains(&Piece::word("null"));
            for form in forms {
                if is_telling(&form) && !pieces.contains(&form) {
                    pieces.push(form);
                }
            }
            if union.len() > FORMS {
                pieces.push(Piece::word(MORE));
            }
        }
        if merged.is_circular && pieces.is_empty() {
            pieces.push(Piece::word("{…}"));
        }
        if is_null {
            pieces.retain(|piece| *piece != Piece::word("null"));
            pieces.push(Piece::word("null"));
        }
        match pieces.len() {
            0 => Piece::word("any"),
            1 => pieces.remove(0),
            _ => Piece::Union(pieces),
        }
    }

    /// Values that are no object.
    fn plain(&self, merged: &Merged<'s>, above: &mut Vec<usize>, depth: usize) -> Vec<Piece> {
        let is_list = merged.items.is_some() && merged.types.are_unsaid();
        let types = if is_list { SchemaTypes::ARRAY } else { merged.types };
        let mut pieces = Vec::new();
        for (kind, name) in SchemaTypes::ALL {
            if !types.has(kind) {
                continue;
            }
            pieces.push(match kind {
                SchemaTypes::ARRAY => {
                    let item = merged.items.map(|items| self.piece(items, above, depth + 1));
                    Piece::List(Box::new(item.unwrap_or_else(|| Piece::word("any"))))
                }
                SchemaTypes::OBJECT => Piece::word("{…}"),
                SchemaTypes::STRING => Piece::word(merged.format.unwrap_or(name)),
                _ => Piece::word(name),
            });
        }
        pieces
    }

    fn object(&self, merged: &Merged<'s>, above: &mut Vec<usize>, depth: usize) -> Piece {
        if depth >= DEEPEST {
            return Piece::word("{…}");
        }
        let mut members = Vec::new();
        for (name, schema) in merged.properties.iter().filter(|(_, schema)| !schema.read_only) {
            let mark = if merged.required.contains(name) { "" } else { "?" };
            let name = cut(CleanText::new(name).as_str());
            members.push((format!("{name}{mark}: "), self.piece(schema, above, depth + 1)));
        }
        if let Some(additional) = merged.additional {
            members.push(("KEY: ".to_owned(), self.piece(additional, above, depth + 1)));
        }
        if members.is_empty() { Piece::word("{…}") } else { Piece::Object(members) }
    }
}

/// A value of a choice as JSON has it.
fn value(choice: &serde_json::Value) -> String {
    cut(CleanText::new(&ExactJson::from(choice).to_string()).as_str())
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).collect::<String>() + MORE
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn sketches(schema: &Value, width: usize) -> (Vec<String>, Vec<String>) {
        let media = json!({"content": {"application/json": {"schema": schema}}});
        let others = json!({
            "Tree": {"type": "object", "properties": {"name": {"type": "string"}, "below": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}},
            "A": {"$ref": "#/components/schemas/A"},
        });
        let document = json!({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "components": {"schemas": others},
            "paths": {"/things": {"post": {"requestBody": media, "responses": {"200": media}}}}});
        let descriptor = crate::openapi::read(document.to_string().as_bytes()).unwrap();
        let command = &descriptor.commands[0];
        let of = |schema: Option<&KeptSchema>| {
            schema.and_then(|schema| sketch(schema, width, 20)).unwrap_or_default()
        };
        (of(command.body.as_ref().unwrap().schema.as_deref()), of(command.answer.schema.as_deref()))
    }

    #[test]
    fn a_short_one_is_one_line() {
        let schema = json!({"type": "object", "required": ["name", "tags"], "properties": {
            "name": {"type": "string"}, "size": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}},
            "id": {"type": "string", "format": "uuid", "readOnly": true}, "password": {"type": "string", "writeOnly": true}}});
        let (body, response) = sketches(&schema, 100);
        assert_eq!(body, ["{name: string, size?: integer, tags: [string], password?: string}"]);
        assert_eq!(response, ["{name: string, size?: integer, tags: [string], id?: uuid}"]);
    }

    #[test]
    fn a_long_one_has_a_line_for_each_member() {
        let schema = json!({"type": "array", "items": {"allOf": [{"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["a", "b", 3]}}},
            {"properties": {"spec": {"type": "object", "properties": {"cpu": {"type": ["number", "null"]}, "limits": {"type": "object", "additionalProperties": {"type": "integer"}}}},
                "pay": {"oneOf": [{"type": "string"}, {"type": "object", "properties": {"card": {"type": "string"}}}]}, "any": {}}}]}});
        let (body, _) = sketches(&schema, 50);
        assert_eq!(
            body,
            [
                "[{",
                "  kind: \"a\" | \"b\" | 3,",
                "  spec?: {",
                "    cpu?: number | null,",
                "    limits?: {KEY: integer},",
                "  },",
                "  pay?: string | {card?: string},",
                "  any?: any,",
                "}]"
            ]
        );
    }

    #[test]
    fn what_holds_itself_ends_and_is_bounded() {
        let (body, response) = sketches(&json!({"$ref": "#/components/schemas/Tree"}), 100);
        assert_eq!(body, ["{name?: string, below?: [{…}]}"]);
        assert_eq!(response, body);
        assert_eq!(sketches(&json!({"$ref": "#/components/schemas/A"}), 100).0, ["{…}"]);
        assert_eq!(sketches(&json!({}), 100).0, [""; 0]);
        let many: serde_json::Map<String, Value> =
            (0..100).map(|at| (format!("p{at}\u{1b}[2J"), json!({"type": "string"}))).collect();
        let (body, _) = sketches(&json!({"type": "object", "properties": many}), 60);
        assert_eq!((body.len(), body.last().unwrap().as_str()), (20, "  …"));
        assert!(!body.join("").contains('\u{1b}'));
    }
}

//! What is kept of a schema with the command that it belongs to: what is said of types, names, choices and bounds, without
//! texts, with what it refers to. The keys are short, since there is one for each body and each response in the index.
//!
//! It must not know how a schema is written in a document (that is `reader`), nor what it is used for.

use super::descriptor::is_default;
use super::{Range, limits};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Schemas that say more of one place than these are not asked.
const MOST_AT_A_PLACE: usize = 200;

/// A schema.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSchema {
    #[serde(rename = "s", skip_serializing_if = "is_default", default)]
    pub(super) root: SchemaNode,
    /// What is referred to, by its number.
    #[serde(rename = "d", skip_serializing_if = "Vec::is_empty", default)]
    pub(super) shared: Vec<SchemaNode>,
    /// Some of it was too large to be kept, and allows anything.
    #[serde(rename = "x", skip_serializing_if = "is_default", default)]
    pub is_cut: bool,
}

/// One schema within it. All that it says holds together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SchemaNode {
    /// It is this one of the shared ones, and what it says itself.
    #[serde(rename = "r", skip_serializing_if = "Option::is_none", default)]
    pub(super) reference: Option<usize>,
    #[serde(rename = "t", skip_serializing_if = "is_default", default)]
    pub(super) types: SchemaTypes,
    #[serde(rename = "z", skip_serializing_if = "is_default", default)]
    pub(super) nullable: bool,
    /// Its value is one of these.
    #[serde(rename = "e", skip_serializing_if = "Option::is_none", default)]
    pub(super) choices: Option<Vec<Value>>,
    /// The word of its format, where that says more than its type.
    #[serde(rename = "f", skip_serializing_if = "Option::is_none", default)]
    pub(super) format: Option<String>,
    #[serde(rename = "n", skip_serializing_if = "is_default", default)]
    pub(super) range: Range,
    /// How many characters a text has.
    #[serde(rename = "l", skip_serializing_if = "is_default", default)]
    pub(super) length: Bounds,
    /// How many items a list has.
    #[serde(rename = "m", skip_serializing_if = "is_default", default)]
    pub(super) count: Bounds,
    #[serde(rename = "i", skip_serializing_if = "Option::is_none", default)]
    pub(super) items: Option<Box<Self>>,
    #[serde(rename = "p", skip_serializing_if = "Vec::is_empty", default)]
    pub(super) properties: Vec<(String, Self)>,
    /// Names that must be there.
    #[serde(rename = "q", skip_serializing_if = "Vec::is_empty", default)]
    pub(super) required: Vec<String>,
    /// No other names are allowed.
    #[serde(rename = "c", skip_serializing_if = "is_default", default)]
    pub(super) closed: bool,
    /// What members of other names are.
    #[serde(rename = "a", skip_serializing_if = "Option::is_none", default)]
    pub(super) additional: Option<Box<Self>>,
    /// All of these hold, too.
    #[serde(rename = "A", skip_serializing_if = "Vec::is_empty", default)]
    pub(super) all: Vec<Self>,
    /// One of these holds, too.
    #[serde(rename = "O", skip_serializing_if = "Vec::is_empty", default)]
    pub(super) any: Vec<Self>,
    /// Only the server says it: nobody needs to send it.
    #[serde(rename = "o", skip_serializing_if = "is_default", default)]
    pub(super) read_only: bool,
}

/// The least and the greatest number of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bounds(pub(super) u64, pub(super) Option<u64>);

/// The types that a value may have; without any, it may have all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct SchemaTypes(u8);

impl SchemaTypes {
    pub(super) const NULL: Self = Self(1);
    pub(super) const BOOLEAN: Self = Self(2);
    pub(super) const INTEGER: Self = Self(4);
    pub(super) const NUMBER: Self = Self(8);
    pub(super) const STRING: Self = Self(16);
    pub(super) const ARRAY: Self = Self(32);
    pub(super) const OBJECT: Self = Self(64);

    /// Each of them, with its name.
    pub(super) const ALL: [(Self, &str); 7] = [
        (Self::STRING, "string"),
        (Self::INTEGER, "integer"),
        (Self::NUMBER, "number"),
        (Self::BOOLEAN, "boolean"),
        (Self::ARRAY, "array"),
        (Self::OBJECT, "object"),
        (Self::NULL, "null"),
    ];

    /// The type of this name; none for a name that is not one.
    pub(super) fn named(name: &str) -> Self {
        Self::ALL.iter().find(|(_, known)| *known == name).map_or(Self(0), |(kind, _)| *kind)
    }

    pub(super) fn are_unsaid(self) -> bool {
        self.0 == 0
    }

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl SchemaNode {
    /// What it says of a member, or of an element.
    fn below(&self, step: Option<&str>) -> Option<&Self> {
        let Some(name) = step else { return self.items.as_deref() };
        let known = self.properties.iter().find(|(known, _)| known == name).map(|(_, node)| node);
        known.or(self.additional.as_deref())
    }
}

impl KeptSchema {
    /// A schema of which nothing could be kept.
    pub(super) fn too_large() -> Self {
        Self { is_cut: true, ..Self::default() }
    }

    /// What `node` refers to.
    pub(super) fn referred(&self, node: &SchemaNode) -> Option<&SchemaNode> {
        self.shared.get(node.reference?)
    }

    /// What is said of the place below `steps`, where `None` is any element of a list; nothing where nothing is known of it.
    pub(super) fn at(&self, steps: &[Option<&str>]) -> Vec<&SchemaNode> {
        let mut nodes = self.same_place(&self.root, 0);
        for step in steps {
            let inner = nodes.into_iter().filter_map(|node| node.below(*step));
            nodes = inner.flat_map(|node| self.same_place(node, 0)).take(MOST_AT_A_PLACE).collect();
        }
        nodes
    }

    /// A schema, what it refers to, and its parts.
    fn same_place<'n>(&'n self, node: &'n SchemaNode, depth: usize) -> Vec<&'n SchemaNode> {
        let mut nodes = vec![node];
        if depth < limits::SCHEMA_DEPTH {
            for part in self.referred(node).into_iter().chain(&node.all).chain(&node.any) {
                if nodes.len() >= MOST_AT_A_PLACE {
                    break;
                }
                nodes.extend(self.same_place(part, depth + 1));
            }
        }
        nodes
    }

    /// Whether nothing is known of it.
    pub fn says_nothing(&self) -> bool {
        self.root == SchemaNode::default()
    }
}

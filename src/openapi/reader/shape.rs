//! What a schema allows, as far as commands need it: the noun that [`super::schema`] makes.
//!
//! It must not know how schemas are written.

use super::property::Property;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// The types a value may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Types(u8);

impl Types {
    pub(super) const STRING: Self = Self(1);
    pub(super) const INTEGER: Self = Self(2);
    pub(super) const NUMBER: Self = Self(4);
    pub(super) const BOOLEAN: Self = Self(8);
    pub(super) const ARRAY: Self = Self(16);
    pub(super) const OBJECT: Self = Self(32);

    pub(super) fn of(name: &str) -> Self {
        match name {
            "string" | "file" => Self::STRING,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER,
            "boolean" => Self::BOOLEAN,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            _ => Self(0),
        }
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Nothing is said of them.
    pub(super) fn is_unknown(self) -> bool {
        self.0 == 0
    }

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Neither lists nor objects.
    pub(super) fn are_plain(self) -> bool {
        !self.is_unknown() && !self.has(Self(16 | 32))
    }
}

/// What the members of an object that have no name in the schema may be.
#[derive(Clone, Debug, Default)]
pub(super) enum Additional<'a> {
    #[default]
    Unsaid,
    Nothing,
    Anything,
    Schema(Vec<&'a Value>),
}

/// The property that says which kind something is, and the kinds there are.
#[derive(Clone, Debug)]
pub(super) struct Discriminator<'a> {
    pub(super) property: &'a str,
    pub(super) kinds: Vec<&'a str>,
}

/// What a schema allows.
#[derive(Clone, Debug, Default)]
pub(super) struct SchemaShape<'a> {
    pub(super) types: Types,
    pub(super) nullable: bool,
    pub(super) format: Option<&'a str>,
    pub(super) choices: Option<Vec<&'a Value>>,
    pub(super) constant: Option<&'a Value>,
    pub(super) default: Option<&'a Value>,
    pub(super) example: Option<&'a Value>,
    pub(super) description: Option<&'a str>,
    pub(super) pattern: Option<&'a str>,
    pub(super) least: Option<(&'a serde_json::Number, bool)>,
    pub(super) most: Option<(&'a serde_json::Number, bool)>,
    pub(super) shortest: u64,
    pub(super) longest: Option<u64>,
    pub(super) read_only: bool,
    pub(super) write_only: bool,
    pub(super) deprecated: bool,
    pub(super) items: Vec<&'a Value>,
    pub(super) additional: Additional<'a>,
    pub(super) required: HashSet<&'a str>,
    /// `x-cli-*`; of several, the outermost counts.
    pub(super) keys: HashMap<&'a str, &'a Value>,
    /// It is one of several things that have no common form.
    pub(super) mixed: bool,
    /// It is mixed of plain values and lists of them.
    pub(super) one_or_several: bool,
    /// It is mixed of objects and of what is none: the objects.
    pub(super) object: Option<Box<SchemaShape<'a>>>,
    /// Beside `object`: what is none.
    pub(super) plain: Option<Box<SchemaShape<'a>>>,
    pub(super) discriminator: Option<Discriminator<'a>>,
    /// The values that a discriminator gives it.
    pub(super) kinds: Vec<&'a str>,
    pub(super) order: Vec<Property<'a>>,
    /// Where they are in the order, once there are many.
    pub(super) position: HashMap<&'a str, usize>,
}

impl<'a> SchemaShape<'a> {
    /// Its properties in the order of the document.
    pub(super) fn properties(&self) -> &[Property<'a>] {
        &self.order
    }

    /// `alternative`: what is known of the property and this need not both hold.
    pub(super) fn add_property(&mut self, property: Property<'a>, alternative: bool) {
        let Some(at) = self.place_of(property.name) else {
            if !self.position.is_empty() {
                self.position.insert(property.name, self.order.len());
            }
            self.order.push(property);
            return;
        };
        if let Some(known) = self.order.get_mut(at) {
            known.add(&property, alternative);
        }
    }

    fn place_of(&mut self, name: &str) -> Option<usize> {
        /// So many names are compared as quickly as they are hashed.
        const FEW: usize = 16;
        if self.order.len() <= FEW {
            return self.order.iter().position(|known| known.name == name);
        }
        if self.position.is_empty() {
            self.position = self.order.iter().enumerate().map(|(at, known)| (known.name, at)).collect();
        }
        self.position.get(name).copied()
    }

    pub(super) fn is_object(&self) -> bool {
        self.types == Types::OBJECT && !self.mixed
    }

    /// Whether a document marks what it describes as a secret.
    pub(super) fn is_secret(&self) -> bool {
        self.format == Some("password") || self.write_only
    }

    pub(super) fn is_array(&self) -> bool {
        self.types == Types::ARRAY && !self.mixed
    }
}

impl SchemaShape<'_> {
    pub(super) fn add_type(&mut self, name: &str) {
        if name == "null" {
            self.nullable = true;
        } else {
            self.types = self.types.and(Types::of(name));
        }
    }

    pub(super) fn says_nothing(&self) -> bool {
        self.types.is_unknown() && !self.mixed && self.order.is_empty()
    }

    /// It allows null and nothing else.
    pub(super) fn is_null(&self) -> bool {
        self.nullable
            && self.types.is_unknown()
            && !self.mixed
            && self.choices.as_ref().is_none_or(Vec::is_empty)
    }
}

/// The type of a schema that does not tell it.
pub(super) fn guessed(shape: &SchemaShape<'_>) -> Types {
    if !shape.order.is_empty() || !matches!(shape.additional, Additional::Unsaid) {
        return Types::OBJECT;
    }
    if !shape.items.is_empty() {
        return Types::ARRAY;
    }
    let values = shape.constant.into_iter().chain(shape.choices.iter().flatten().copied());
    values.fold(Types::default(), |types, value| {
        types.and(match value {
            Value::String(_) => Types::STRING,
            Value::Number(number) if number.is_f64() => Types::NUMBER,
            Value::Number(_) => Types::INTEGER,
            Value::Bool(_) => Types::BOOLEAN,
            Value::Array(_) => Types::ARRAY,
            Value::Object(_) => Types::OBJECT,
            Value::Null => Types::default(),
        })
    })
}

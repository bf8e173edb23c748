//! Reading one value of a document, from JSON or YAML, and counting: how deep, how many, how much text.
//!
//! It must not know what the value means.

use crate::openapi::limits;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::Cell;
use std::fmt;

/// How much has been read.
pub(super) struct Count {
    most: usize,
    nodes: Cell<usize>,
    bytes: Cell<usize>,
    exceeded: Cell<bool>,
    too_deep: Cell<bool>,
}

impl Count {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            nodes: Cell::new(0),
            bytes: Cell::new(0),
            exceeded: Cell::new(false),
            too_deep: Cell::new(false),
        }
    }

    fn value<E: serde::de::Error>(&self, bytes: usize) -> Result<(), E> {
        self.nodes.set(self.nodes.get() + 1);
        self.text(bytes)
    }

    fn text<E: serde::de::Error>(&self, bytes: usize) -> Result<(), E> {
        self.bytes.set(self.bytes.get() + bytes);
        if self.nodes.get() > self.most || self.bytes.get() > limits::EXPANDED {
            self.exceed()
        } else {
            Ok(())
        }
    }

    fn exceed<T, E: serde::de::Error>(&self) -> Result<T, E> {
        self.exceeded.set(true);
        Err(E::custom("too much"))
    }

    /// How many values have been read.
    pub(super) fn used(&self) -> usize {
        self.nodes.get()
    }

    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded.get()
    }

    /// Whether that was for its depth.
    pub(super) fn is_too_deep(&self) -> bool {
        self.too_deep.get()
    }
}

/// One value of the document, counted.
#[derive(Clone, Copy)]
pub(super) struct CountedValue<'c> {
    pub(super) count: &'c Count,
    pub(super) depth: usize,
    pub(super) place: ValuePlace,
}

/// Where in a document a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValuePlace {
    Root,
    Components,
    Elsewhere,
}

impl ValuePlace {
    fn of(self, member: &str) -> Self {
        if self == Self::Root && member == "components" { Self::Components } else { Self::Elsewhere }
    }

    /// Whether nothing is ever made of a member: shared examples are as large as shared schemas, and for other readers.
    fn ignores(self, member: &str) -> bool {
        self == Self::Components && member == "examples"
    }
}

impl CountedValue<'_> {
    fn below<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= limits::DEPTH {
            self.count.too_deep.set(true);
            self.count.exceed()
        } else {
            Ok(Self { depth: self.depth + 1, place: ValuePlace::Elsewhere, ..self })
        }
    }
}

impl<'de> DeserializeSeed<'de> for CountedValue<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for CountedValue<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Value, E> {
        self.count.value(0)?;
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        self.count.value(0)?;
        Ok(value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        self.count.value(0)?;
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        self.count.value(0)?;
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.count.value(value.len())?;
        Ok(value.into())
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        self.count.value(value.len())?;
        Ok(value.into())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        self.count.value(0)?;
        Ok(Value::Null)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Value, E> {
        self.visit_unit()
    }

    fn visit_some<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut reader: A) -> Result<Value, A::Error> {
        self.count.value(0)?;
        let below = self.below()?;
        let mut items = Vec::new();
        while let Some(item) = reader.next_element_seed(below)? {
            items.push(item);
        }
        items.shrink_to_fit();
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut reader: A) -> Result<Value, A::Error> {
        self.count.value(0)?;
        let below = self.below()?;
        let mut read: Vec<(String, Value)> = Vec::new();
        while let Some(key) = reader.next_key::<String>()? {
            self.count.text::<A::Error>(key.len())?;
            if self.place.ignores(&key) {
                reader.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = reader.next_value_seed(Self { place: self.place.of(&key), ..below })?;
            read.push((key, value));
        }
        // A map that is made at once has no room for what does not come: a third of a document would be that.
        let count = read.len();
        let mut members = Map::with_capacity(count);
        members.extend(read);
        if members.len() < count {
            return Err(A::Error::custom("duplicate key"));
        }
        Ok(Value::Object(members))
    }
}

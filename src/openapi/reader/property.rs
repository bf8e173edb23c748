//! One property of an object, and what is said of it: nearly always one schema, so that no list is made for that.
//!
//! It must not know what a schema says.

use crate::openapi::limits;
use serde_json::Value;

/// One property of an object.
#[derive(Clone, Debug)]
pub(super) struct Property<'a> {
    pub(super) name: &'a str,
    schemas: Schemas<'a>,
    /// One of its schemas holds, and not all of them.
    pub(super) one_of: bool,
}

#[derive(Clone, Debug)]
enum Schemas<'a> {
    One(&'a Value),
    Several(Vec<&'a Value>),
}

impl<'a> Property<'a> {
    pub(super) fn new(name: &'a str, schema: &'a Value) -> Self {
        Self { name, schemas: Schemas::One(schema), one_of: false }
    }

    /// Its schemas: all of them hold, or one of them.
    pub(super) fn schemas(&self) -> &[&'a Value] {
        match &self.schemas {
            Schemas::One(schema) => std::slice::from_ref(schema),
            Schemas::Several(schemas) => schemas,
        }
    }

    /// Adds what `other` says of the same property. `alternative`: both need not hold.
    pub(super) fn add(&mut self, other: &Self, alternative: bool) {
        if self.is_anything() {
            return;
        }
        self.one_of |= other.one_of;
        for schema in other.schemas() {
            // The same one twice, as in unions of like members, says nothing new.
            if !self.schemas().iter().any(|old| same(old, schema)) {
                self.push(schema);
                self.one_of |= alternative;
            }
        }
        if self.schemas().len() > limits::LIST {
            *self = Self::new(self.name, &ANYTHING);
        }
    }

    fn push(&mut self, schema: &'a Value) {
        match &mut self.schemas {
            Schemas::One(only) => self.schemas = Schemas::Several(vec![*only, schema]),
            Schemas::Several(schemas) => schemas.push(schema),
        }
    }

    /// Too much is said of it: nothing more is looked at, or a union of thousands would cost its square.
    fn is_anything(&self) -> bool {
        matches!(self.schemas(), [only] if std::ptr::eq(*only, &raw const ANYTHING))
    }
}

/// The schema of a property of which too many things are said.
static ANYTHING: Value = Value::Bool(true);

/// Whether two schemas are surely the same. Looking into them would cost more than it is worth.
fn same(one: &Value, other: &Value) -> bool {
    let references = (one.get("$ref"), other.get("$ref"));
    std::ptr::eq(one, other)
        || matches!(references, (Some(Value::String(one)), Some(Value::String(other))) if one == other)
}

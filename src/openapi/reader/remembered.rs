//! The shapes of what is referred to, read once: most of a document is the same few schemas, referred to again and again.
//!
//! It must not know how a schema is read.

use super::shape::SchemaShape;
use crate::openapi::limits;
use serde_json::{Map, Value};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// What was read of schemas that are referred to, and what is being read now.
#[derive(Default)]
pub(super) struct RememberedShapes<'a> {
    shapes: RefCell<HashMap<*const Value, RememberedShape<'a>>>,
    /// Properties in all of them.
    size: Cell<usize>,
    /// Schemas whose kinds are being read: a kind holds what it is a kind of.
    entered: RefCell<Vec<*const Map<String, Value>>>,
    /// Schemas whose `allOf` is being read.
    extending: RefCell<Vec<*const Map<String, Value>>>,
    /// How many schemas with kinds have been read.
    with_kinds: Cell<usize>,
}

struct RememberedShape<'a> {
    shape: SchemaShape<'a>,
    /// It is the same wherever it is read from.
    is_free: bool,
}

/// Before a schema is read: how many with kinds had been.
#[derive(Clone, Copy)]
pub(super) struct ReadingBegun(usize);

impl<'a> RememberedShapes<'a> {
    /// What is known of the schema at this place.
    pub(super) fn known(&self, schema: &'a Value) -> Option<SchemaShape<'a>> {
        let shapes = self.shapes.borrow();
        let known = shapes.get(&std::ptr::from_ref(schema))?;
        (known.is_free || self.is_outermost()).then(|| known.shape.clone())
    }

    pub(super) fn begin(&self) -> ReadingBegun {
        ReadingBegun(self.with_kinds.get())
    }

    /// Remembers what was read of `schema`, as long as there is room. A schema with kinds has all of them only where it is
    /// not itself read for one of them.
    pub(super) fn remember(&self, begun: ReadingBegun, schema: &'a Value, shape: &SchemaShape<'a>) {
        let is_free = begun.0 == self.with_kinds.get();
        let size = self.size.get() + 1 + shape.order.len();
        if size <= limits::REMEMBERED && (is_free || self.is_outermost()) {
            self.size.set(size);
            let known = RememberedShape { shape: shape.clone(), is_free };
            self.shapes.borrow_mut().insert(std::ptr::from_ref(schema), known);
        }
    }

    /// A schema with kinds is being read: what is made of it depends on what it is read for.
    pub(super) fn note_kinds(&self) {
        self.with_kinds.set(self.with_kinds.get() + 1);
    }

    fn is_outermost(&self) -> bool {
        self.entered.borrow().is_empty() && !self.is_extending()
    }

    /// Whether a schema is being read for one that extends it.
    pub(super) fn is_extending(&self) -> bool {
        !self.extending.borrow().is_empty()
    }

    /// Whether the kinds of `schema` are being read.
    pub(super) fn is_entered(&self, schema: &Map<String, Value>) -> bool {
        self.entered.borrow().contains(&std::ptr::from_ref(schema))
    }

    /// What `read` gives while the kinds of `schema` are being read.
    pub(super) fn entering<T>(&self, schema: &Map<String, Value>, read: impl FnOnce() -> T) -> T {
        self.entered.borrow_mut().push(schema);
        let done = read();
        self.entered.borrow_mut().pop();
        done
    }

    /// What `read` gives while the `allOf` of `schema` is being read.
    pub(super) fn extending<T>(&self, schema: &Map<String, Value>, read: impl FnOnce() -> T) -> T {
        self.extending.borrow_mut().push(schema);
        let done = read();
        self.extending.borrow_mut().pop();
        done
    }

    /// Whether what is being read extends something by being `schema`.
    pub(super) fn is_extended_by(&self, schema: &Value) -> bool {
        schema.as_object().is_some_and(|schema| self.extending.borrow().contains(&std::ptr::from_ref(schema)))
    }
}

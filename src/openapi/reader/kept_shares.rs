//! How much may be kept of the schemas of a document, and what was kept already.
//!
//! It must not know what a schema says.

use crate::openapi::kept_schema::KeptSchema;
use crate::openapi::limits;
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// Who sends what a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Direction {
    /// The user: what is read-only is not needed.
    Request,
    /// The server: what is write-only does not come.
    Response,
}

impl Direction {
    /// The depths that are tried, until it is small enough.
    pub(super) fn depths(self) -> &'static [usize] {
        match self {
            Self::Request => &[24, 8, 5, 3, 2, 1],
            Self::Response => &[4, 3, 2, 1],
        }
    }
}

/// What may still be kept of the schemas of a document.
#[derive(Debug)]
pub(super) struct KeptShares {
    /// Steps for all of them.
    work: Cell<usize>,
    request: Cell<usize>,
    response: Cell<usize>,
    /// Schemas that were asked for before, by where they are.
    known: RefCell<HashMap<(*const Value, Direction), KeptSchema>>,
}

impl Default for KeptShares {
    fn default() -> Self {
        Self {
            work: Cell::new(limits::KEEPING_WORK),
            request: Cell::new(limits::KEPT_SCHEMA),
            response: Cell::new(limits::KEPT_RESPONSE),
            known: RefCell::default(),
        }
    }
}

impl KeptShares {
    /// Shares the room among so many operations, of which so many have a body.
    pub(super) fn divide(&self, operations: usize, bodies: usize) {
        let share = |all: usize, among: usize, most: usize| (all / among.max(1)).min(most);
        self.request.set(share(limits::KEPT_SCHEMAS, bodies, limits::KEPT_SCHEMA));
        self.response.set(share(limits::KEPT_RESPONSES, operations, limits::KEPT_RESPONSE));
    }

    pub(super) fn most(&self, direction: Direction) -> usize {
        match direction {
            Direction::Request => self.request.get(),
            Direction::Response => self.response.get(),
        }
    }

    /// Pays for one step, if there is one left.
    pub(super) fn pays(&self) -> bool {
        let left = self.work.get();
        self.work.set(left.saturating_sub(1));
        left > 0
    }

    /// What was kept of the schema at this place.
    pub(super) fn known(&self, place: (*const Value, Direction)) -> Option<KeptSchema> {
        self.known.borrow().get(&place).cloned()
    }

    /// Remembers what was kept of the schema at this place.
    pub(super) fn remember(&self, place: (*const Value, Direction), kept: &KeptSchema) {
        self.known.borrow_mut().insert(place, kept.clone());
    }
}

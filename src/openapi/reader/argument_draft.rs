//! What becomes an argument, of a parameter, a property or a key, before it has a name.
//!
//! It must not know how it is typed.

use super::keys::Extensions;
use super::reference::DocumentReader;
use super::shape::SchemaShape;
use crate::openapi::{ArgumentPlace, Encoding, Pointer, Repeat, ValueKind};
use serde_json::{Map, Value};

/// What becomes an argument.
pub(super) struct ArgumentDraft<'a> {
    /// Its own name on the wire.
    pub(super) wire: &'a str,
    /// The name it would have: for a property, with those of the objects around it.
    pub(super) wanted: String,
    pub(super) place: ArgumentPlace,
    /// What is always sent, where no schema says it.
    pub(super) fixed: Option<String>,
    pub(super) encoding: Encoding,
    /// See [`crate::openapi::Argument::reserved`].
    pub(super) reserved: bool,
    /// The content type of its part of a form.
    pub(super) content_type: Option<&'a str>,
    /// It is one of several ways to say the same.
    pub(super) hidden: bool,
    pub(super) shape: SchemaShape<'a>,
    /// The parameter object, whose keys go before those of its schema.
    pub(super) layer: Option<&'a Map<String, Value>>,
    pub(super) description: Option<&'a str>,
    pub(super) example: Option<&'a Value>,
    pub(super) required: bool,
    /// See [`crate::openapi::Argument::within`].
    pub(super) within: usize,
    /// It stands where a file can be sent.
    pub(super) takes_files: bool,
    /// It, or something around it, comes back in no answer.
    pub(super) write_only: bool,
    pub(super) deprecated: bool,
}

impl<'a> ArgumentDraft<'a> {
    /// What is known of `{name}` in a route that declares no more of it.
    pub(super) fn path(name: &'a str) -> Self {
        Self {
            wire: name,
            wanted: name.to_owned(),
            place: ArgumentPlace::Path(name.to_owned()),
            fixed: None,
            encoding: Encoding::Usual,
            reserved: false,
            content_type: None,
            hidden: false,
            shape: SchemaShape::default(),
            layer: None,
            description: None,
            example: None,
            required: true,
            within: 0,
            takes_files: false,
            write_only: false,
            deprecated: false,
        }
    }

    /// Its `x-cli-*` keys.
    pub(super) fn keys<'s>(&'s self, source: &'s DocumentReader<'a>) -> Extensions<'s, 'a> {
        Extensions { source, layers: self.layer.into_iter().collect(), schema: Some(&self.shape.keys) }
    }
}

impl ArgumentDraft<'_> {
    /// A file is one in a form that takes files. Elsewhere it is a text, and the user may say in which file it stands.
    pub(super) fn in_its_place(&self, (kind, repeat): (ValueKind, Repeat)) -> (ValueKind, Repeat) {
        match (kind, repeat, &self.place) {
            (ValueKind::File, Repeat::Map, _)
            | (
                ValueKind::File,
                _,
                ArgumentPlace::Path(_) | ArgumentPlace::Header(_) | ArgumentPlace::Cookie(_),
            ) => (ValueKind::Text, repeat),
            // JSON has bytes in base64 only.
            (ValueKind::File, _, ArgumentPlace::Body(_)) => (ValueKind::Base64, repeat),
            (ValueKind::File, ..) if !self.takes_files => (ValueKind::Content, repeat),
            decided => (decided.0, decided.1),
        }
    }
}

/// An argument that chooses one row of the answer.
pub(super) fn row_argument(name: &str, field: Pointer) -> ArgumentDraft<'_> {
    ArgumentDraft { place: ArgumentPlace::Row(field), ..ArgumentDraft::path(name) }
}

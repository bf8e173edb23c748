//! Lists whose document describes one of their rows: generators that take the type of a list for that of its rows, and
//! people who write the same. What creates a thing answers the thing: a list that is said to answer the same is a list of
//! them, and so is one that is asked for page by page and is said to answer one thing.
//!
//! It must not know how rows are shown: where an object comes all the same, it is shown as one.

use super::found_pages::{BY_CURSOR, BY_NUMBER, BY_OFFSET};
use super::operation::OperationContext;
use super::reference::DocumentReader;
use crate::openapi::wrapping::{is_identity, noun};
use crate::openapi::{DeclaredResponse, Method, Pointer, ResponseKind, Words, limits};
use everestctl_rows::case::kebab;
use serde_json::{Map, Value};

impl<'a> OperationContext<'_, 'a> {
    /// Gives `answer` rows and columns, where it is one of these lists.
    pub(super) fn take_for_list(&self, answer: &mut DeclaredResponse, words: &Words) {
        let is_list = words.as_slice().last().is_some_and(|word| word.as_ref() == "list");
        let has_none = answer.rows.is_none() && !answer.by_name && !answer.unknown && !answer.chosen;
        if !is_list || !has_none || self.method != Method::Get || answer.kind != ResponseKind::Json {
            return;
        }
        let source = self.source;
        let Some(schema) = source.content(self.operation).2 else { return };
        if !(self.creates_the_same(schema) || self.has_pages()) {
            return;
        }
        let Ok(shape) = source.shape(&[schema]) else { return };
        let has_identity =
            shape.is_object() && shape.properties().iter().any(|property| is_identity(&kebab(property.name)));
        if !has_identity {
            return;
        }
        if let Ok((columns, left_out)) = source.columns(&shape, &noun(self.route)) {
            (answer.columns, answer.left_out) = (columns, left_out);
            answer.rows = Some(Pointer::default());
        }
    }

    /// Whether the same route creates something that is described by the same `schema`.
    fn creates_the_same(&self, schema: &Value) -> bool {
        let create = self.item.iter().find_map(|layer| layer.get("post"));
        let create = create.and_then(|create| self.source.resolve(create).ok());
        let created = create.and_then(|create| self.source.content(create).2);
        let reference = |schema: &'a Value| schema.get("$ref").and_then(Value::as_str);
        let own = schema.get("$ref").and_then(Value::as_str);
        own.is_some() && created.and_then(reference) == own
    }

    /// Whether it is asked for page by page.
    fn has_pages(&self) -> bool {
        let layers = std::iter::once(self.operation).chain(self.item.iter().copied());
        let parameters =
            layers.filter_map(|layer: &'a Map<String, Value>| layer.get("parameters")?.as_array());
        parameters.flatten().take(limits::PARAMETERS).any(|parameter| is_place(self.source, parameter))
    }
}

/// Whether a parameter says which page is meant.
fn is_place<'a>(source: &DocumentReader<'a>, parameter: &'a Value) -> bool {
    let Ok(members) = source.resolve(parameter) else { return false };
    let text = |key: &str| members.get(key).and_then(Value::as_str);
    let name = text("name").map(kebab).unwrap_or_default();
    text("in") == Some("query")
        && [BY_NUMBER, BY_OFFSET, BY_CURSOR].iter().any(|names| names.contains(&name.as_str()))
}

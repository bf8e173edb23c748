//! Reading `x-cli-*` keys: a key of the wrong shape is a remark and counts as absent.
//!
//! It must not know what the keys are for.

use super::reference::DocumentReader;
use crate::model::CleanText;
use crate::openapi::{Pointer, limits};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// The keys of one thing. Where several layers have a key, the first counts.
pub(super) struct Extensions<'s, 'a> {
    pub(super) source: &'s DocumentReader<'a>,
    pub(super) layers: Vec<&'a Map<String, Value>>,
    pub(super) schema: Option<&'s HashMap<&'a str, &'a Value>>,
}

impl<'a> Extensions<'_, 'a> {
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        let layered = self.layers.iter().find_map(|layer| layer.get(key));
        layered.or_else(|| self.schema?.get(key).copied()).filter(|value| !value.is_null())
    }

    fn wrong(&self, key: &str, expected: &str) {
        self.source.remark(format!("`{key}` is not {expected}"));
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        let flag = self.get(key)?.as_bool();
        if flag.is_none() {
            self.wrong(key, "true or false");
        }
        flag
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        let text = self.get(key)?.as_str();
        if text.is_none() {
            self.wrong(key, "a string");
        }
        text
    }

    /// A list of texts; one text is a list of one.
    pub(super) fn texts(&self, key: &str) -> Vec<&'a str> {
        match self.get(key) {
            None => Vec::new(),
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
                items.iter().filter_map(Value::as_str).take(limits::LIST).collect()
            }
            Some(_) => {
                self.wrong(key, "a list of strings");
                Vec::new()
            }
        }
    }

    /// A list of whatever; anything else is a list of one.
    pub(super) fn items(&self, key: &str) -> Vec<&'a Value> {
        match self.get(key) {
            None => Vec::new(),
            Some(Value::Array(items)) => items.iter().take(limits::LIST).collect(),
            Some(item) => vec![item],
        }
    }

    pub(super) fn pointer(&self, key: &str) -> Option<Pointer> {
        let pointer = Pointer::new(self.text(key)?);
        if pointer.is_none() {
            self.wrong(key, "a place in the response");
        }
        pointer
    }

    /// One place in the response, or several.
    pub(super) fn pointers(&self, key: &str) -> Vec<Pointer> {
        let texts = self.texts(key);
        let pointers: Vec<Pointer> = texts.iter().filter_map(|text| Pointer::new(text)).collect();
        if pointers.len() < texts.len() {
            self.wrong(key, "a place in the response");
        }
        pointers
    }

    /// The keys within `key`, when it is an object.
    pub(super) fn within(&self, key: &str) -> Option<Self> {
        let Some(members) = self.get(key)?.as_object() else {
            self.wrong(key, "an object");
            return None;
        };
        Some(self.of(members))
    }

    /// The keys of `members`.
    pub(super) fn of(&self, members: &'a Map<String, Value>) -> Self {
        Self { source: self.source, layers: vec![members], schema: None }
    }

    pub(super) fn line(&self, key: &str) -> Option<CleanText> {
        CleanText::non_empty(self.text(key)?)
    }
}

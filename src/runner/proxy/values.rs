//! Values for TAB that only a plugin knows: the request for them, and what its answer holds.
//!
//! It must not know who asks, nor that anything is remembered.

use super::connection::PluginConnection;
use super::error::ResponseError;
use crate::client::Deadline;
use crate::client::plugin_request::PluginRequest;
use crate::error::Failure;
use crate::model::{CleanText, harmless, limits};
use crate::openapi::Pointer;
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;

/// How long the plugin may take in the background.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The maximum number of candidates.
const MOST: usize = 5000;
/// The longest value that is offered, in bytes.
const LONGEST: usize = 1024;

/// Where an answer has values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointers {
    /// The values.
    pub values: Pointer,
    /// What they are.
    pub describe: Option<Pointer>,
}

/// Asks the plugin. `target` is path and query below it.
pub fn ask(
    plugin: &PluginConnection,
    target: &str,
    pointers: &Pointers,
) -> Result<Vec<(String, String)>, Failure> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let call = PluginRequest { query: query.to_owned(), timeout: Some(TIMEOUT), ..PluginRequest::get(path) };
    let begun = plugin.begin(&call, Deadline::NEVER);
    let whole = begun.and_then(|mut incoming| incoming.json(limits::COMPLETION, Deadline::NEVER));
    let body = whole.map_err(|trouble| plugin.explain(trouble))?;
    let answer: Value =
        serde_json::from_slice(&body).map_err(|error| ResponseError::Malformed(error.to_string()))?;
    Ok(found(pointers, &answer))
}

/// The values in an answer, each once.
fn found(pointers: &Pointers, answer: &Value) -> Vec<(String, String)> {
    let values = pointers.values.find_all(answer);
    let described = pointers.describe.as_ref().map(|pointer| pointer.find_all(answer)).unwrap_or_default();
    // A description for each value, or none can be told apart.
    let described = if described.len() == values.len() { described } else { Vec::new() };
    let mut found: Vec<(String, String)> = Vec::new();
    for (at, value) in values.into_iter().enumerate() {
        let Some(value) = text(value).filter(|value| !value.is_empty() && value.len() <= LONGEST) else {
            continue;
        };
        // A value that a terminal would act on cannot be typed either.
        if harmless(&value) == value {
            let description = described.get(at).and_then(|value| text(value)).unwrap_or_default();
            found.push((value, CleanText::new(&description).to_string()));
        }
        if found.len() == MOST {
            break;
        }
    }
    once(found)
}

/// Each value once; one that means several things says them all, as an instance of one name in two namespaces does.
fn once(found: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut each: Vec<(String, String)> = Vec::new();
    for (value, description) in found {
        if let Some(at) = places.get(&value) {
            let (_, said) = &mut each[*at];
            let is_new = !description.is_empty() && said.split(", ").all(|part| part != description);
            if is_new && said.len() < LONGEST {
                said.push_str(if said.is_empty() { "" } else { ", " });
                said.push_str(&description);
            }
            continue;
        }
        places.insert(value.clone(), each.len());
        each.push((value, description));
    }
    each
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pointers(values: &str, describe: &str) -> Pointers {
        Pointers { values: Pointer::new(values).unwrap(), describe: Pointer::new(describe) }
    }

    #[test]
    fn values_are_found_once_and_only_those_that_can_be_typed() {
        let answer = json!({"items": [
            {"name": "a", "kind": "steam"}, {"name": "a\u{1b}[31m", "kind": "x"}, {"name": 5, "kind": "y\nz"},
            {"name": null, "kind": ""}, {"name": "a", "kind": "again"},
        ]});
        let pairs = found(&pointers("/items/*/name", "/items/*/kind"), &answer);
        assert_eq!(pairs, [("a".to_owned(), "steam, again".to_owned()), ("5".to_owned(), "y z".to_owned())]);
        let bare = found(&pointers("/items/*/name", "/items/0/kind"), &answer);
        assert_eq!(bare[0], ("a".to_owned(), String::new()));
    }
}

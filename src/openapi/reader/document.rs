//! The text of a document → a [`Value`], within the limits, and which version of OpenAPI it is. Errors say where
//! and never quote the text.
//!
//! It must not know what is below the root.

use super::value::{Count, CountedValue, ValuePlace};
use crate::model::CleanText;
use crate::openapi::limits;
use crate::openapi::yaml_options::yaml_options;
use serde::de::DeserializeSeed;
use serde_json::{Map, Value};

/// Why a whole document is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It has more than [`limits::DOCUMENT`] bytes.
    #[error("it is larger than 16 MiB")]
    TooLarge,
    /// It is not text.
    #[error("it is not UTF-8 text")]
    NotText,
    /// It is HTML, as a login page or the page of a web application is.
    #[error("it is a web page, not an OpenAPI document")]
    WebPage,
    /// It is neither JSON nor YAML.
    #[error("it is not {format}: line {line}, column {column}")]
    Syntax {
        /// What it was read as.
        format: &'static str,
        /// Counted from 1.
        line: u64,
        /// Counted from 1.
        column: u64,
    },
    /// The same, and the place is not known.
    #[error("it is not YAML")]
    NotYaml,
    /// It nests more than [`limits::DEPTH`] levels.
    #[error("it is too deep: nested deeper than 64 levels")]
    TooDeep,
    /// It has, or repeats, more than two million values or, in YAML, a million.
    #[error("it is too complex: more than 2,000,000 values, or 1,000,000 in YAML")]
    TooMuch,
    /// It says nothing of OpenAPI.
    #[error("it is not an OpenAPI document: `openapi` is missing")]
    NotOpenApi,
    /// It is for another version.
    #[error("OpenAPI {0} is not supported (only 3.0, 3.1, 3.2 and Swagger 2.0)")]
    Version(CleanText),
    /// It is the version before.
    #[error("Swagger {0} is not supported (only Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2)")]
    Swagger(CleanText),
}

/// What a document may still have, with all of its files.
#[derive(Debug)]
pub(super) struct Budget {
    bytes: usize,
    nodes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: limits::DOCUMENT, nodes: limits::NODES }
    }
}

/// Reads `bytes`; gives the root of a document of a version that can be read.
pub(super) fn root(bytes: &[u8], left: &mut Budget) -> Result<Map<String, Value>, DocumentError> {
    let Value::Object(root) = value(bytes, left)? else { return Err(DocumentError::NotOpenApi) };
    let version = |key: &str| match root.get(key) {
        Some(Value::String(text)) => Some(CleanText::new(text)),
        // YAML without quotes.
        Some(Value::Number(number)) => Some(CleanText::new(&number.to_string())),
        _ => None,
    };
    match (version("openapi"), version("swagger")) {
        (Some(version), _) if is_readable(version.as_str()) => Ok(root),
        (Some(version), _) => Err(DocumentError::Version(version)),
        (None, Some(version)) if is_swagger(version.as_str()) => Ok(root),
        (None, Some(version)) => Err(DocumentError::Swagger(version)),
        (None, None) => Err(DocumentError::NotOpenApi),
    }
}

fn is_readable(version: &str) -> bool {
    ["3.0", "3.1", "3.2"].iter().any(|readable| {
        version.strip_prefix(readable).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

fn is_swagger(version: &str) -> bool {
    // YAML without quotes may have made a number of it.
    matches!(version, "2.0" | "2")
}

/// Reads one file.
pub(super) fn value(bytes: &[u8], left: &mut Budget) -> Result<Value, DocumentError> {
    left.bytes = left.bytes.checked_sub(bytes.len()).ok_or(DocumentError::TooLarge)?;
    let text = std::str::from_utf8(bytes).map_err(|_| DocumentError::NotText)?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    match text.chars().next() {
        Some('{') => json(text, left),
        Some('<') => Err(DocumentError::WebPage),
        _ => yaml(text, left),
    }
}

fn json(text: &str, left: &mut Budget) -> Result<Value, DocumentError> {
    let count = Count::new(left.nodes);
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = CountedValue { count: &count, depth: 0, place: ValuePlace::Root }.deserialize(&mut reader);
    left.nodes -= count.used().min(left.nodes);
    value.and_then(|value| reader.end().map(|()| value)).map_err(|error| {
        if count.is_exceeded() {
            return exceeded(&count);
        }
        let (line, column) = (error.line() as u64, error.column() as u64);
        DocumentError::Syntax { format: "JSON", line, column }
    })
}

fn yaml(text: &str, left: &mut Budget) -> Result<Value, DocumentError> {
    let count = Count::new(limits::YAML_NODES.min(left.nodes));
    let options = yaml_options(2 * limits::YAML_NODES, limits::YAML_NODES);
    let value = serde_yaml::with_deserializer_from_str_with_options(text, options, |reader| {
        CountedValue { count: &count, depth: 0, place: ValuePlace::Root }.deserialize(reader)
    });
    left.nodes -= count.used().min(left.nodes);
    value.map_err(|error| {
        let place = error.location().filter(|place| place.line() > 0);
        match place {
            _ if count.is_exceeded() => exceeded(&count),
            _ if is_depth(&error) => DocumentError::TooDeep,
            _ if is_budget(&error) => DocumentError::TooMuch,
            Some(place) => {
                DocumentError::Syntax { format: "YAML", line: place.line(), column: place.column() }
            }
            None => DocumentError::NotYaml,
        }
    })
}

fn exceeded(count: &Count) -> DocumentError {
    if count.is_too_deep() { DocumentError::TooDeep } else { DocumentError::TooMuch }
}

/// Whether the YAML reader gave up because of how deep it nests.
fn is_depth(error: &serde_yaml::Error) -> bool {
    use serde_yaml::{Error, budget::BudgetBreach};
    match error {
        Error::AliasError { error, .. } | Error::WithSnippet { error, .. } => is_depth(error),
        Error::Budget { breach, .. } => matches!(breach, BudgetBreach::Depth { .. }),
        _ => false,
    }
}

/// Whether the YAML reader gave up because of its own limits.
fn is_budget(error: &serde_yaml::Error) -> bool {
    use serde_yaml::Error;
    match error {
        Error::AliasError { error, .. } | Error::WithSnippet { error, .. } => is_budget(error),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn root(bytes: &[u8]) -> Result<Map<String, Value>, DocumentError> {
        super::root(bytes, &mut Budget::default())
    }

    #[test]
    fn json_and_yaml_give_the_same() {
        let json = br#"{"openapi": "3.0.3", "paths": {"/a": {"get": {"responses": {"200": {}}}}}}"#;
        let yaml =
            b"\xef\xbb\xbfopenapi: 3.0.3\npaths:\n  /a:\n    get:\n      responses:\n        200: {}\n";
        assert_eq!(root(json).unwrap(), root(yaml).unwrap());
    }

    #[test]
    fn yaml_words_stay_words() {
        let text = b"openapi: 3.1\nx: [on, no, y, 007, 1.10, ~, null, true, 1e3, 12345678901234567890123]\n";
        let root = root(text).unwrap();
        assert_eq!(root["openapi"], json!(3.1));
        let x = root["x"].as_array().unwrap();
        assert_eq!(x[..4], [json!("on"), json!("no"), json!("y"), json!("007")]);
        assert_eq!(x[5..8], [json!(null), json!(null), json!(true)]);
    }

    #[test]
    fn versions_are_named() {
        let error = |text: &str| root(text.as_bytes()).unwrap_err();
        assert_eq!(error("swagger: '1.2'"), DocumentError::Swagger(CleanText::new("1.2")));
        assert_eq!(error("openapi: 3.3.0"), DocumentError::Version(CleanText::new("3.3.0")));
        assert_eq!(error("openapi: 3.10.0"), DocumentError::Version(CleanText::new("3.10.0")));
        assert_eq!(error("{}"), DocumentError::NotOpenApi);
        assert_eq!(error("[]"), DocumentError::NotOpenApi);
        assert_eq!(error(""), DocumentError::NotOpenApi);
        assert_eq!(error("ok"), DocumentError::NotOpenApi);
        assert_eq!(error("<!doctype html><title>Sign in</title>"), DocumentError::WebPage);
        assert_eq!(root(b"\xff\xfe"), Err(DocumentError::NotText));
        assert_eq!(root(&vec![b' '; limits::DOCUMENT + 1]), Err(DocumentError::TooLarge));
    }

    #[test]
    fn an_error_says_where_and_not_what() {
        for text in
            ["{\"hunter2\": [hunter2]}", "a: [hunter2", "hunter2: {a: b", "{\"a\": 1} hunter2", "a: 1\na: 2"]
        {
            let error = root(text.as_bytes()).unwrap_err();
            assert!(matches!(error, DocumentError::Syntax { line: 1.., .. }), "{text}: {error:?}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn nesting_and_repeating_have_an_end() {
        let deep = |open: &str, close: &str| format!("{}{}", open.repeat(2_000), close.repeat(2_000));
        let nested = deep("{\"a\":[", "]}");
        assert_eq!(root(nested.as_bytes()), Err(DocumentError::TooDeep));
        // The YAML reader counts brackets itself.
        assert!(matches!(root(deep("[", "]").as_bytes()), Err(DocumentError::Syntax { line: 1, .. })));
        let indented: String =
            (0..2_000).fold(String::new(), |text, depth| format!("{text}{}a:\n", " ".repeat(depth)));
        assert_eq!(root(indented.as_bytes()), Err(DocumentError::TooDeep));
        let many = format!("{{\"a\":[{}0]}}", "0,".repeat(limits::NODES));
        assert_eq!(root(many.as_bytes()), Err(DocumentError::TooMuch));
        // The messages name the limits.
        assert_eq!((limits::DEPTH, limits::NODES, limits::YAML_NODES), (64, 2_000_000, 1_000_000));
    }

    #[test]
    fn an_alias_bomb_does_not_go_off() {
        let mut bomb = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
        for level in 1..20 {
            let before = format!("*a{}, ", level - 1).repeat(10);
            let line = format!("a{level}: &a{level} [{}]\n", before.trim_end_matches(", "));
            bomb.push_str(&line);
        }
        assert_eq!(root(bomb.as_bytes()), Err(DocumentError::TooMuch));
        let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(10_000), "*a, ".repeat(20_000));
        assert_eq!(root(text.as_bytes()), Err(DocumentError::TooMuch));
    }
}

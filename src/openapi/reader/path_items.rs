//! The path items of a document → its operations, each with its route and its method.
//!
//! A path item may refer to another one and say more beside it: both count, its own first. It must not know what is in
//! an operation.

use super::Problems;
use super::reference::{DocumentReader, Spoilt};
use crate::model::CleanText;
use crate::openapi::{Method, limits};
use serde_json::{Map, Value};

/// What is under a route: the path item itself, then what it refers to.
pub(super) type PathItem<'a> = Vec<&'a Map<String, Value>>;

/// An operation, not yet looked into.
pub(super) struct FoundOperation<'a> {
    pub(super) route: &'a str,
    pub(super) method: Method,
    pub(super) item: PathItem<'a>,
    pub(super) operation: &'a Value,
}

/// All operations of a document, in its order.
pub(super) fn operations<'a>(
    source: &DocumentReader<'a>,
    root: &'a Map<String, Value>,
    problems: &mut Problems,
) -> Vec<FoundOperation<'a>> {
    let paths = match root.get("paths") {
        Some(Value::Object(paths)) => paths,
        Some(_) => {
            problems.add("`paths` is not an object");
            return Vec::new();
        }
        None => return Vec::new(),
    };
    let mut found = Vec::new();
    for (route, value) in paths.iter().filter(|(route, _)| !route.starts_with("x-")) {
        source.begin_operation();
        match item(source, value) {
            Ok(item) => {
                let before = found.len();
                of_item(route, &item, &mut found, problems);
                if item.len() > 1 && found.len() == before {
                    let route = CleanText::new(route);
                    problems.add(&format!("{route}: what it refers to has no operations"));
                }
            }
            Err(Spoilt(why)) => problems.add(&format!("{}: {why}", CleanText::new(route))),
        }
        problems.take(source, route);
    }
    found
}

/// A path item, and what it refers to.
fn item<'a>(source: &DocumentReader<'a>, value: &'a Value) -> Result<PathItem<'a>, Spoilt> {
    let mut layers: PathItem<'a> = Vec::new();
    let mut next = Some(value);
    while let Some(value) = next {
        let Value::Object(members) = value else {
            return Err(Spoilt("it is not an object".to_owned()));
        };
        if layers.len() == limits::SCHEMA_DEPTH {
            return Err(Spoilt("a reference in it is circular".to_owned()));
        }
        layers.push(members);
        next = match members.get("$ref").and_then(Value::as_str).map(|reference| source.find(reference)) {
            Some(Ok(found)) => Some(found),
            Some(Err(why)) if members.len() == 1 => return Err(why),
            Some(Err(Spoilt(why))) => {
                source.remark(why);
                None
            }
            None => None,
        };
    }
    Ok(layers)
}

fn of_item<'a>(
    route: &'a str,
    item: &PathItem<'a>,
    found: &mut Vec<FoundOperation<'a>>,
    problems: &mut Problems,
) {
    let start = found.len();
    for layer in item {
        let others = layer.get("additionalOperations").and_then(Value::as_object);
        let fields = layer.iter().filter_map(|(name, value)| Some((field(name)?, value)));
        let others = others.into_iter().flatten().map(|(name, value)| (name.as_str(), value));
        for (name, operation) in fields.chain(others) {
            let Some(method) = Method::new(name) else {
                let name = CleanText::new(&name.to_uppercase());
                problems.add(&format!("{name} {}: no command is made of this method", CleanText::new(route)));
                continue;
            };
            if found[start..].iter().all(|other| other.method != method) {
                found.push(FoundOperation { route, method, item: item.clone(), operation });
            }
        }
    }
}

/// The method of a field of a path item that has an operation.
fn field(name: &str) -> Option<&'static str> {
    let known = Method::FIELDS.iter().map(|(field, _)| *field).chain(["trace"]);
    known.into_iter().find(|field| *field == name)
}

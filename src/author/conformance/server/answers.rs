//! What the GETs of the document answer.

use super::document::needed;
use super::operations::{NOTHING, Operation};
use super::wire::{Answer, request, said};
use super::{Fetched, ServerPlugin, schema};
use crate::author::conformance::checks;
use crate::author::conformance::declared::FILE;
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::Verdict;
use serde_json::Value;
use std::sync::PoisonError;

pub(super) const PROBES: &[Probe<ServerPlugin>] = &[
    Probe::new(checks::GET_STATUS, status),
    Probe::new(checks::GET_SCHEMA, fits),
    Probe::new(checks::GET_TYPE, content_type),
    Probe::new(checks::GET_SAME, same),
    Probe::new(checks::HEAD, head),
    Probe::new(checks::OPTIONS, options),
    Probe::new(checks::ERROR_SHAPE, error_shape),
    Probe::new(checks::ERROR_TRACE, error_trace),
];

/// The first GET in which something is wrong.
fn judged(
    plugin: &ServerPlugin,
    fault: impl Fn(&Operation<'_>, &Fetched, &Answer) -> Option<String>,
    all: &str,
) -> Verdict {
    if let Err(verdict) = needed(plugin) {
        return verdict;
    }
    let operations = plugin.operations();
    let fetched = plugin.fetched();
    let could = operations.iter().filter(|operation| plugin.can_be_asked(operation)).count();
    if fetched.is_empty() {
        return Verdict::skipped(format!(
            "no GET can be asked: {FILE} can give values for required parameters"
        ));
    }
    for found in fetched {
        let did = format!("asked GET {}", found.path);
        match &found.answer {
            Err(error) => return Verdict::failed(did, error.clone()),
            Ok(answer) => {
                if let Some(fault) = operations.get(found.operation).and_then(|it| fault(it, found, answer)) {
                    return Verdict::failed(did, fault);
                }
            }
        }
    }
    let left = could - fetched.len();
    let left = if left > 0 {
        format!(", and {left} not: {FILE} has no values for their parameters")
    } else {
        String::new()
    };
    Verdict::passed(format!("asked {} GETs such as {}{left}", fetched.len(), fetched[0].path), all)
}

fn status(plugin: &ServerPlugin) -> Verdict {
    let fault = |operation: &Operation<'_>, _: &Fetched, answer: &Answer| {
        if answer.status >= 500 {
            return Some(format!("{}: it fails", answer.status));
        }
        let is_known = operation.response(answer.status).is_some();
        (!is_known).then(|| format!("{}, which the document does not have", answer.status))
    };
    judged(plugin, fault, "each status is in the document")
}

fn fits(plugin: &ServerPlugin) -> Verdict {
    let null = Value::Null;
    let document = plugin.document.as_ref().map_or(&null, |document| &document.value);
    let fault = |operation: &Operation<'_>, _: &Fetched, answer: &Answer| {
        let is_json = answer.media_type().ends_with("json");
        let content = operation.content(answer.status);
        let schema =
            content.iter().find(|(name, _)| name.ends_with("json")).and_then(|(_, schema)| *schema)?;
        if !is_json {
            return None;
        }
        let Some(body) = answer.json() else { return Some("a body that is no JSON".to_owned()) };
        schema::fault(document, schema, &body)
    };
    judged(plugin, fault, "each body is as its schema says")
}

fn content_type(plugin: &ServerPlugin) -> Verdict {
    let fault = |operation: &Operation<'_>, _: &Fetched, answer: &Answer| {
        let content = operation.content(answer.status);
        if content.is_empty() || answer.body.is_empty() {
            return None;
        }
        let media = answer.media_type();
        let fits = |declared: &str| {
            declared == media
                || declared == "*/*"
                || declared.strip_suffix("/*").is_some_and(|start| media.starts_with(start))
        };
        let names: Vec<&str> = content.iter().map(|(name, _)| name.as_str()).collect();
        let shown = if media.is_empty() { "no content type".to_owned() } else { format!("`{media}`") };
        (!names.iter().any(|name| fits(name))).then(|| format!("{shown} instead of {}", names.join(" or ")))
    };
    judged(plugin, fault, "each content type is in the document")
}

fn same(plugin: &ServerPlugin) -> Verdict {
    let fault = |_: &Operation<'_>, found: &Fetched, answer: &Answer| match plugin.get(&found.path) {
        Ok(again) if again.status == answer.status => None,
        Ok(again) => Some(format!("first {}, then {}", answer.status, again.status)),
        Err(error) => Some(format!("first {}, then: {error}", answer.status)),
    };
    judged(plugin, fault, "each answers the same status again")
}

/// A path that answers GET with 2xx.
pub(super) fn good_path(plugin: &ServerPlugin) -> String {
    let is_good =
        |found: &&Fetched| found.answer.as_ref().is_ok_and(|answer| (200..300).contains(&answer.status));
    let found = plugin.fetched().iter().find(is_good);
    found.map_or_else(|| plugin.server.readiness.clone(), |found| found.path.clone())
}

fn head(plugin: &ServerPlugin) -> Verdict {
    let path = good_path(plugin);
    let did = format!("asked HEAD {path}");
    let bearer = format!("Bearer {}", plugin.server.token);
    let address = &plugin.server.address;
    let headers = [("Authorization", bearer.as_str()), ("Connection", "close")];
    let asked = || -> Result<(u16, usize), String> {
        let mut wire = address.connect().map_err(|error| said(&error))?;
        wire.send(&request(address, "HEAD", &path, &headers, b"")).map_err(|error| said(&error))?;
        Ok((wire.answer(true)?.status, wire.rest()))
    };
    match asked() {
        Err(error) => Verdict::failed(did, error),
        Ok((status, 0)) => {
            let is_right = status < 300 || matches!(status, 404 | 405 | 501);
            Verdict::of(did, (!is_right).then(|| status.to_string()), status.to_string())
        }
        Ok((status, count)) => Verdict::failed(did, format!("{status} with a body of {count} bytes")),
    }
}

fn options(plugin: &ServerPlugin) -> Verdict {
    let path = good_path(plugin);
    let did = format!("asked OPTIONS {path}");
    match plugin.send("OPTIONS", &path, &[], b"") {
        Ok(answer) => {
            let is_wrong = answer.status >= 500 && answer.status != 501;
            Verdict::of(did, is_wrong.then(|| answer.status.to_string()), answer.status.to_string())
        }
        Err(error) => Verdict::failed(did, error),
    }
}

/// Whether JSON says what went wrong, in a way that is shown.
fn says_why(value: &Value) -> bool {
    const KEYS: &[&str] =
        &["error", "message", "detail", "title", "errors", "error_description", "msg", "reason"];
    KEYS.iter().any(|key| value.get(key).is_some_and(|it| !it.is_null() && it != ""))
}

fn error_shape(plugin: &ServerPlugin) -> Verdict {
    if let Err(verdict) = needed(plugin) {
        return verdict;
    }
    let operations = plugin.operations();
    let one = operations.iter().find(|it| it.is_get() && it.route.contains('{') && !it.is_stream());
    let path = one.map_or_else(|| format!("/{NOTHING}"), |operation| operation.path_with(NOTHING));
    let did = format!("asked GET {path}");
    match plugin.get(&path) {
        Err(error) => Verdict::failed(did, error),
        Ok(answer) if answer.status < 400 => {
            Verdict::skipped(format!("GET {path} is no error: it answers {}", answer.status))
        }
        Ok(answer) => {
            let value = answer.json();
            let fault = match value {
                None => Some(format!("{} with `{}`, and no JSON", answer.status, answer.media_type())),
                Some(value) if !says_why(&value) => {
                    Some(format!("{} with JSON that has no `error`", answer.status))
                }
                Some(_) if answer.status >= 500 => Some(answer.status.to_string()),
                Some(_) => None,
            };
            Verdict::of(did, fault, format!("{} with JSON that says why", answer.status))
        }
    }
}

fn error_trace(plugin: &ServerPlugin) -> Verdict {
    for path in [format!("/{NOTHING}"), "/%ff%00".to_owned(), format!("{}?{NOTHING}=%ff", good_path(plugin))]
    {
        // Whatever it answers is looked at.
        let _ = plugin.get(&path);
    }
    for operation in plugin.operations().iter().filter(|it| it.body_schema().is_some()).take(5) {
        let _ = plugin.send(&operation.method.to_uppercase(), &operation.path_with(NOTHING), &[], b"{");
    }
    let traces = plugin.traces.lock().unwrap_or_else(PoisonError::into_inner);
    let did = "looked at all answers that are errors, and provoked some more";
    Verdict::of(did, traces.first().cloned(), "no stack trace")
}

//! Who calls, and who only says so.

use super::ServerPlugin;
use super::document::needed;
use super::operations::{NOTHING, Operation};
use crate::author::conformance::checks;
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::Verdict;
use serde_json::Value;

pub(super) const PROBES: &[Probe<ServerPlugin>] = &[
    Probe::new(checks::CALLER_NONE, none),
    Probe::new(checks::CALLER_UNKNOWN, unknown),
    Probe::new(checks::CALLER_FORGED, forged),
];

/// Headers by which somebody may say who calls.
const FORGED: [(&str, &str); 7] = [
    ("X-Everest-User", "admin"),
    ("X-Forwarded-User", "admin"),
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Remote-User", "admin"),
    ("Remote-User", "admin"),
    ("X-Auth-Request-User", "admin"),
    ("X-Original-URL", "/healthz"),
];

/// Whether an operation wants to know who calls.
fn is_guarded(plugin: &ServerPlugin, operation: &Operation<'_>) -> bool {
    let document = plugin.document.as_ref().map(|document| &document.value);
    let requires = |value: &Value| {
        value
            .as_array()
            .is_some_and(|all| !all.is_empty() && all.iter().all(|it| it != &serde_json::json!({})))
    };
    let security = operation.value.get("security").or_else(|| document.and_then(|it| it.get("security")));
    operation.declares(401) || operation.declares(403) || security.is_some_and(requires)
}

/// Asks each guarded GET with these headers; the first that is answered is a fault.
fn refused(plugin: &ServerPlugin, headers: &[(&str, &str)], how: &str) -> Verdict {
    if let Err(verdict) = needed(plugin) {
        return verdict;
    }
    let operations = plugin.operations();
    let guarded: Vec<&Operation<'_>> =
        operations.iter().filter(|it| it.is_get() && is_guarded(plugin, it)).collect();
    if guarded.is_empty() {
        return Verdict::skipped("no GET of the document declares 401, 403 or `security`");
    }
    for operation in &guarded {
        let path = operation.path(&plugin.declared.server.parameters);
        let path = path.unwrap_or_else(|_| operation.path_with(NOTHING));
        let mut all = vec![("Connection", "close")];
        all.extend_from_slice(headers);
        let did = format!("asked GET {path} {how}");
        match plugin.exchange("GET", &path, &all, b"") {
            Err(error) => return Verdict::failed(did, error),
            Ok(answer) if !matches!(answer.status, 401 | 403) => {
                return Verdict::failed(did, answer.status.to_string());
            }
            Ok(_) => {}
        }
    }
    Verdict::passed(
        format!("asked {} GETs such as {} {how}", guarded.len(), guarded[0].route),
        "401 or 403 each time",
    )
}

fn none(plugin: &ServerPlugin) -> Verdict {
    refused(plugin, &[], "without a token")
}

fn unknown(plugin: &ServerPlugin) -> Verdict {
    let headers = [("Authorization", "Bearer token-that-nobody-has-given")];
    refused(plugin, &headers, "with a token that nobody has given")
}

fn forged(plugin: &ServerPlugin) -> Verdict {
    refused(plugin, &FORGED, "with X-Everest-User, X-Forwarded-User and others, and no token")
}

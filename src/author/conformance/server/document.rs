//! The document of a server, and whether it answers at all.

use super::{Document, ServerPlugin};
use crate::author::conformance::checks;
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::Verdict;
use crate::openapi;
use crate::yaml;
use serde_json::Value;

pub(super) const PROBES: &[Probe<ServerPlugin>] = &[
    Probe::new(checks::SERVER_STARTS, starts),
    Probe::new(checks::DOCUMENT_FOUND, found),
    Probe::new(checks::DOCUMENT_VALID, valid),
    Probe::new(checks::DOCUMENT_MAPPED, mapped),
    Probe::new(checks::DOCUMENT_SAME, same),
    Probe::new(checks::HEALTH, health),
];

/// Where a document usually is.
const USUAL: [&str; 4] = ["/openapi.json", "/openapi.yaml", "/api/openapi.json", "/api/openapi.yaml"];

/// The document, where it is found.
pub(super) fn find(plugin: &ServerPlugin) -> Option<Document> {
    places(plugin).into_iter().find_map(|path| {
        let answer = plugin.get(&path).ok().filter(|answer| answer.status == 200)?;
        let value: Value = yaml::explained(&answer.body).ok()?;
        let is_one = value.get("paths").is_some()
            && (value.get("openapi").is_some() || value.get("swagger").is_some());
        is_one.then_some(Document { path, text: answer.body, value })
    })
}

fn places(plugin: &ServerPlugin) -> Vec<String> {
    let named = plugin.server.document.iter().cloned();
    named.chain(USUAL.map(str::to_owned)).collect()
}

/// The document, or that there is none.
pub(super) fn needed(plugin: &ServerPlugin) -> Result<&Document, Verdict> {
    plugin.document.as_ref().ok_or_else(|| Verdict::skipped("there is no document (see document-found)"))
}

fn starts(plugin: &ServerPlugin) -> Verdict {
    Verdict::passed(plugin.server.did.clone(), format!("{} answers", plugin.server.readiness))
}

fn found(plugin: &ServerPlugin) -> Verdict {
    let did = format!("asked for {}", places(plugin).join(", "));
    match &plugin.document {
        Some(document) => Verdict::passed(did, format!("it is at {}", document.path)),
        None => Verdict::failed(did, "no OpenAPI document"),
    }
}

fn valid(plugin: &ServerPlugin) -> Verdict {
    let document = match needed(plugin) {
        Ok(document) => document,
        Err(verdict) => return verdict,
    };
    let did = format!("read {}", document.path);
    match openapi::read(&document.text) {
        Ok(descriptor) => Verdict::passed(did, format!("{} commands", descriptor.commands.len())),
        Err(error) => Verdict::failed(did, error.to_string()),
    }
}

fn mapped(plugin: &ServerPlugin) -> Verdict {
    let document = match needed(plugin) {
        Ok(document) => document,
        Err(verdict) => return verdict,
    };
    let did = format!("made commands of {}", document.path);
    match openapi::read(&document.text) {
        Ok(descriptor) => {
            let fault = descriptor.problems.first().map(ToString::to_string);
            Verdict::of(
                did,
                fault,
                format!("{} commands, and nothing is left over", descriptor.commands.len()),
            )
        }
        Err(_) => Verdict::skipped("it cannot be read (see document-valid)"),
    }
}

fn same(plugin: &ServerPlugin) -> Verdict {
    let document = match needed(plugin) {
        Ok(document) => document,
        Err(verdict) => return verdict,
    };
    let did = format!("asked for {} twice", document.path);
    match plugin.get(&document.path) {
        Ok(answer) if answer.body == document.text => Verdict::passed(did, "the same document"),
        Ok(_) => Verdict::failed(did, "another document"),
        Err(error) => Verdict::failed(did, error),
    }
}

fn health(plugin: &ServerPlugin) -> Verdict {
    let path = &plugin.server.readiness;
    let did = format!("asked GET {path} without a token");
    match plugin.exchange("GET", path, &[("Connection", "close")], b"") {
        Ok(answer) => Verdict::of(
            did,
            (answer.status != 200).then(|| answer.status.to_string()),
            answer.status.to_string(),
        ),
        Err(error) => Verdict::failed(did, error),
    }
}

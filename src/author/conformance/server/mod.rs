//! A server plugin: started by a development host, and asked on its own socket, where nothing stands between.
//!
//! * `start`: the host and what it tells; `wire`: requests as bytes; `operations`, `schema`: the document;
//! * `document`, `answers`, `callers`, `requests`, `load`, `flows`, `ending`: the checks.
//!
//! Of operations that change something, only those that plugin-test.yaml names are asked, and those that cannot work: with bodies that are no
//! JSON, and for things that are not there.

mod answers;
mod callers;
mod document;
mod ending;
mod flows;
mod load;
mod operations;
mod requests;
mod schema;
mod start;
mod wire;

use super::ConformanceError;
use super::checks::{self, Check};
use super::declared::Declared;
use super::report::{CheckOutcome, ConformanceReport};
use super::suite::{self, Probe, Selection};
use super::verdict::Verdict;
use crate::sys::Environment;
use operations::{Operation, operations};
use serde_json::Value;
use start::RunningServer;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use wire::{Answer, request};

/// A plugin of a folder.
#[derive(Clone, Debug)]
pub struct FoundServer {
    /// The name of the Plugin.
    pub name: String,
    /// Where manifest.yaml and host.yaml are.
    pub folder: PathBuf,
}

/// A server plugin that is tried.
pub(super) struct ServerPlugin {
    name: String,
    server: RunningServer,
    declared: Declared,
    document: Option<Document>,
    fetched: OnceLock<Vec<Fetched>>,
    end: OnceLock<ending::ServiceEnding>,
    /// Answers with a stack trace, with what was asked.
    traces: Mutex<Vec<String>>,
}

/// Its document.
struct Document {
    /// Where it was.
    path: String,
    text: Vec<u8>,
    value: Value,
}

/// What became of a GET of the document.
struct Fetched {
    /// Its place among the operations.
    operation: usize,
    path: String,
    answer: Result<Answer, String>,
}

const GROUPS: [&[Probe<ServerPlugin>]; 7] = [
    document::PROBES,
    answers::PROBES,
    callers::PROBES,
    requests::PROBES,
    load::PROBES,
    flows::PROBES,
    ending::PROBES,
];

/// Runs all checks of `found` that are wanted; `everestctl` is this program.
pub fn check(
    found: &FoundServer,
    declared: Declared,
    environment: &Environment,
    everestctl: &Path,
    only: &[&'static Check],
) -> Result<ConformanceReport, ConformanceError> {
    let start = Instant::now();
    let skipped = declared.skip.clone();
    let outcomes = match RunningServer::start(found, environment, everestctl) {
        Ok(server) => {
            let token = server.token.clone();
            let selection = Selection { only, skipped: &skipped, secret: &token };
            let plugin = ServerPlugin::new(found, server, declared);
            suite::run_in_order(&plugin, &GROUPS, selection)
        }
        Err(start) => without_server(&start, only),
    };
    Ok(ConformanceReport::new(&found.name, "server", outcomes, start.elapsed()))
}

/// The outcomes where the server does not run.
fn without_server(start: &start::NotStarted, only: &[&'static Check]) -> Vec<CheckOutcome> {
    let wanted = |check: &&'static Check| only.is_empty() || only.iter().any(|it| it.id == check.id);
    let all = GROUPS.iter().copied().flatten().map(|probe| probe.check).filter(wanted);
    let outcome = |check: &'static Check| {
        let verdict = if check.id == checks::SERVER_STARTS.id {
            Verdict::failed(start.did.clone(), start.saw.clone())
        } else {
            Verdict::skipped("the server does not run (see server-starts)")
        };
        CheckOutcome::new(check, &verdict, Duration::ZERO, "")
    };
    // That it does not start is told even where something else was asked for.
    let outcomes: Vec<CheckOutcome> = all.map(outcome).collect();
    let is_told = outcomes.iter().any(|outcome| outcome.id == checks::SERVER_STARTS.id);
    let told = (!is_told).then(|| outcome(checks::SERVER_STARTS));
    told.into_iter().chain(outcomes).collect()
}

/// The ids of the checks that there are here, for a test of the table.
#[cfg(test)]
pub(super) fn ids() -> Vec<&'static str> {
    GROUPS.iter().copied().flatten().map(|probe| probe.check.id).collect()
}

impl ServerPlugin {
    fn new(found: &FoundServer, server: RunningServer, declared: Declared) -> Self {
        let mut plugin = Self {
            name: found.name.clone(),
            server,
            declared,
            document: None,
            fetched: OnceLock::new(),
            end: OnceLock::new(),
            traces: Mutex::default(),
        };
        plugin.document = document::find(&plugin);
        plugin.prepare();
        plugin
    }

    /// Makes what the author wants to be there.
    fn prepare(&self) {
        for wish in &self.declared.server.prepare {
            let operations = self.operations();
            let Some(operation) = operations.iter().find(|operation| operation.id() == wish.operation) else {
                continue;
            };
            let Ok(path) = operation.path(&self.declared.server.parameters) else { continue };
            let body = wish.body.as_ref().map(ToString::to_string).unwrap_or_default();
            for _ in 0..wish.times.clamp(1, 100) {
                // What was not made is missing in the checks that need it, which say so.
                let _ = self.send(&operation.method.to_uppercase(), &path, &[], body.as_bytes());
            }
        }
    }

    /// The operations of the document; none without one.
    fn operations(&self) -> Vec<Operation<'_>> {
        self.document.as_ref().map(|document| operations(&document.value)).unwrap_or_default()
    }

    /// Asks as the user, with a body of JSON if there is one.
    fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, String> {
        let bearer = format!("Bearer {}", self.server.token);
        let mut all = vec![("Authorization", bearer.as_str()), ("Connection", "close")];
        if !body.is_empty() {
            all.push(("Content-Type", "application/json"));
        }
        all.extend_from_slice(headers);
        self.exchange(method, path, &all, body)
    }

    fn get(&self, path: &str) -> Result<Answer, String> {
        self.send("GET", path, &[], b"")
    }

    /// Asks with exactly these headers.
    fn exchange(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, String> {
        let address = &self.server.address;
        let mut wire = address.connect().map_err(|error| wire::said(&error))?;
        let bytes = request(address, method, path, headers, body);
        // One that refuses before it has read everything has answered all the same.
        let sent = wire.send(&bytes);
        let answer = match (wire.answer(method == "HEAD"), sent) {
            (Ok(answer), _) => answer,
            (Err(_), Err(error)) => return Err(wire::said(&error)),
            (Err(error), Ok(())) => return Err(error),
        };
        self.look_at(&format!("{method} {path}"), &answer);
        Ok(answer)
    }

    /// Keeps in mind an answer with a stack trace.
    fn look_at(&self, asked: &str, answer: &Answer) {
        const TRACES: &[&str] = &[
            "Traceback (most recent call last)",
            "panicked at",
            "goroutine ",
            "    at ",
            "stack backtrace",
            "Stack trace",
            "Exception in thread",
            "/site-packages/",
            "node_modules/",
        ];
        if answer.status < 400 {
            return;
        }
        let text = String::from_utf8_lossy(&answer.body);
        if let Some(trace) = TRACES.iter().find(|trace| text.contains(**trace)) {
            let mut traces = self.traces.lock().unwrap_or_else(PoisonError::into_inner);
            traces.push(format!("{asked} answers {} with `{}`", answer.status, trace.trim()));
        }
    }

    /// Why it does not answer any more as it did, if it does not.
    fn is_dead(&self) -> Option<String> {
        match self.exchange("GET", &self.server.readiness, &[("Connection", "close")], b"") {
            Ok(answer) if answer.status < 500 => None,
            Ok(answer) => Some(format!("afterwards GET {} answers {}", self.server.readiness, answer.status)),
            Err(error) => Some(format!("afterwards GET {}: {error}", self.server.readiness)),
        }
    }

    /// The answers of all GETs that can be asked, asked once.
    fn fetched(&self) -> &[Fetched] {
        self.fetched.get_or_init(|| {
            let operations = self.operations();
            let wanted = operations.iter().enumerate().filter(|(_, operation)| self.can_be_asked(operation));
            let ask = |(at, operation): (usize, &Operation<'_>)| {
                let path = operation.path(&self.declared.server.parameters).ok()?;
                Some(Fetched { operation: at, answer: self.get(&path), path })
            };
            wanted.filter_map(ask).collect()
        })
    }

    fn can_be_asked(&self, operation: &Operation<'_>) -> bool {
        let is_ignored = self.declared.server.ignore.contains(&operation.route);
        operation.is_get() && !operation.is_stream() && !is_ignored
    }

    /// Whether the server was started, and is stopped, by the host of this run.
    fn is_ours(&self) -> bool {
        self.server.is_ours
    }
}

//! What the web shell asks for beside the API: what the list of plugins leaves out, and where it reports what became of them.
//!
//! These routes are this host's own; no other server has them.

use super::caller::Caller;
use super::{empty, message};
use crate::Host;
use crate::plugins::ServedPlugin;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// At most this many reports in one request.
const MOST_REPORTS: usize = 50;

/// `GET /shell/plugins`: every plugin that the caller may read, enabled or not.
pub(super) async fn plugins(caller: Caller, State(host): State<Arc<Host>>) -> Response {
    if caller.plugin().is_some() {
        return not_for_plugins();
    }
    let all = host.registry.all();
    let readable = all.iter().filter(|(name, _)| caller.may(&host, "plugins", "read", name));
    let entries: Vec<Value> = readable.map(|(name, plugin)| entry(&host, name, plugin)).collect();
    Json(entries).into_response()
}

fn entry(host: &Host, name: &str, plugin: &ServedPlugin) -> Value {
    let spec = &plugin.manifest.spec;
    let frontend = spec.frontend.as_ref();
    json!({
        "name": name,
        "enabled": spec.is_enabled(),
        "hasFrontend": frontend.is_some(),
        "bundleIntegrity": frontend.and_then(|frontend| frontend.bundle_integrity.as_deref()),
        "revision": revision(plugin, host.backends.changed().count(name)),
    })
}

/// What changes with the manifest, with a bundle that the host has itself, and when the backend comes back after a change: it
/// may have another bundle, too.
fn revision(plugin: &ServedPlugin, changes: u64) -> String {
    let mut hasher = DefaultHasher::new();
    changes.hash(&mut hasher);
    format!("{:?}", plugin.manifest).hash(&mut hasher);
    if let (Some(files), Some(frontend)) = (&plugin.frontend, &plugin.manifest.spec.frontend) {
        files.state(frontend.bundle_path()).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

#[derive(Deserialize)]
pub(super) struct Reports {
    reports: Vec<Report>,
}

#[derive(Deserialize)]
struct Report {
    plugin: String,
    level: Level,
    text: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Info,
    Warning,
    Error,
}

/// `POST /shell/reports`: lines for whoever looks at the terminal.
pub(super) async fn reports(
    caller: Caller,
    State(host): State<Arc<Host>>,
    body: Result<Json<Reports>, JsonRejection>,
) -> Response {
    if caller.plugin().is_some() {
        return not_for_plugins();
    }
    let Ok(Json(body)) = body else { return message(StatusCode::BAD_REQUEST, "invalid request body") };
    if body.reports.len() > MOST_REPORTS {
        return message(StatusCode::PAYLOAD_TOO_LARGE, &format!("more than {MOST_REPORTS} reports"));
    }
    for report in &body.reports {
        let level = match report.level {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        host.log.page(&report.plugin, level, &report.text);
    }
    empty(StatusCode::NO_CONTENT)
}

fn not_for_plugins() -> Response {
    message(StatusCode::FORBIDDEN, "these routes are for the web shell, not for plugins")
}

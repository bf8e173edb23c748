//! Version, settings, permissions, clusters, namespaces.

use super::auth::Caller;
use super::message;
use crate::host::Host;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// The only cluster.
pub(super) const MAIN: &str = "main";

pub(super) async fn version(_: Caller) -> Json<Value> {
    // `dev` is what upstream's own development builds say: plugins do not check their host ranges against it.
    Json(json!({"projectName": "everestctl development host", "version": "dev", "fullCommit": ""}))
}

pub(super) async fn settings() -> Json<Value> {
    Json(json!({"oidcConfig": {"clientId": "", "issuerURL": "", "scopes": []}}))
}

pub(super) async fn permissions(caller: Caller, State(host): State<Arc<Host>>) -> Json<Value> {
    Json(if host.policy.is_enabled() {
        json!({"enabled": true, "permissions": host.policy.permissions_of(caller.user())})
    } else {
        json!({"enabled": false})
    })
}

pub(super) async fn clusters(_: Caller, State(host): State<Arc<Host>>) -> Json<Value> {
    Json(json!({"items": [{"name": MAIN, "server": format!("http://{}", host.settings.listen)}]}))
}

pub(super) async fn namespaces(
    caller: Caller,
    State(host): State<Arc<Host>>,
    Path(cluster): Path<String>,
) -> Response {
    if cluster != MAIN {
        return unknown_cluster();
    }
    Json(readable_namespaces(&host, &caller, &cluster)).into_response()
}

pub(super) async fn plugin_context(
    caller: Caller,
    State(host): State<Arc<Host>>,
    Path(cluster): Path<String>,
) -> Response {
    if cluster != MAIN {
        return unknown_cluster();
    }
    Json(json!({"user": caller.user(), "groups": [], "namespaces": readable_namespaces(&host, &caller, &cluster)}))
        .into_response()
}

pub(super) async fn plugin_context_of_main(caller: Caller, state: State<Arc<Host>>) -> Response {
    plugin_context(caller, state, Path(MAIN.to_owned())).await
}

pub(super) fn unknown_cluster() -> Response {
    message(StatusCode::NOT_FOUND, "cluster not found")
}

fn readable_namespaces(host: &Host, caller: &Caller, cluster: &str) -> Vec<String> {
    let namespaces = host.settings.namespaces.iter();
    namespaces
        .filter(|namespace| {
            host.policy.allows(caller.user(), "namespaces", "read", &format!("{cluster}/{namespace}"))
        })
        .cloned()
        .collect()
}

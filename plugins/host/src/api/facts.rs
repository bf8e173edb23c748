//! Version, settings, permissions, clusters, namespaces.

use super::auth::Caller;
use super::message;
use crate::Host;
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
    Json(readable_namespaces(&host, caller.user())).into_response()
}

pub(super) async fn plugin_context(
    caller: Caller,
    State(host): State<Arc<Host>>,
    Path(cluster): Path<String>,
) -> Response {
    if cluster != MAIN {
        return unknown_cluster();
    }
    Json(
        json!({"user": caller.user(), "groups": [], "namespaces": readable_namespaces(&host, caller.user())}),
    )
    .into_response()
}

pub(super) async fn plugin_context_of_main(caller: Caller, state: State<Arc<Host>>) -> Response {
    plugin_context(caller, state, Path(MAIN.to_owned())).await
}

pub(super) fn unknown_cluster() -> Response {
    message(StatusCode::NOT_FOUND, "cluster not found")
}

/// The namespaces that the policy lets this user read.
pub(super) fn readable_namespaces(host: &Host, user: &str) -> Vec<String> {
    let is_readable =
        |namespace: &&String| host.policy.allows(user, "namespaces", "read", &format!("{MAIN}/{namespace}"));
    host.settings.namespaces.iter().filter(is_readable).cloned().collect()
}

//! Version, settings, permissions, clusters, namespaces.

use super::auth::Caller;
use super::message;
use crate::Host;
use axum::Json;
use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
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

/// The one cluster that there is, in the path of a request; another one is not found.
pub(super) struct MainCluster;

impl FromRequestParts<Arc<Host>> for MainCluster {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, host: &Arc<Host>) -> Result<Self, Response> {
        let parameters = RawPathParams::from_request_parts(parts, host).await;
        let parameters = parameters.map_err(IntoResponse::into_response)?;
        let is_main = parameters.iter().any(|(name, value)| name == "cluster" && value == MAIN);
        if is_main { Ok(Self) } else { Err(unknown_cluster()) }
    }
}

pub(super) async fn namespaces(
    caller: Caller,
    _: MainCluster,
    State(host): State<Arc<Host>>,
) -> Json<Vec<String>> {
    Json(readable_namespaces(&host, caller.user()))
}

pub(super) async fn plugin_context(
    caller: Caller,
    _: MainCluster,
    State(host): State<Arc<Host>>,
) -> Json<Value> {
    let namespaces = readable_namespaces(&host, caller.user());
    Json(json!({"user": caller.user(), "groups": [], "namespaces": namespaces}))
}

pub(super) async fn plugin_context_of_main(caller: Caller, state: State<Arc<Host>>) -> Json<Value> {
    plugin_context(caller, MainCluster, state).await
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

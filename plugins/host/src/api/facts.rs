//! Version, settings, permissions, clusters, namespaces.

use super::caller::Caller;
use super::message;
use crate::Host;
use axum::Json;
use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use everestctl_protocol::policy::matches;
use serde_json::{Value, json};
use std::sync::Arc;

/// What a policy of this host can be about.
const RESOURCES: [&str; 5] = ["namespaces", "instances", "providers", "plugins", "events"];
const ACTIONS: [&str; 6] = ["read", "read-connection", "create", "update", "delete", "use"];

/// The only cluster.
pub(super) const MAIN: &str = "main";

pub(super) async fn version(_: Caller, State(host): State<Arc<Host>>) -> Json<Value> {
    let version = &host.settings.version;
    Json(json!({"projectName": "everestctl development host", "version": version, "fullCommit": ""}))
}

pub(super) async fn settings() -> Json<Value> {
    Json(json!({"oidcConfig": {"clientId": "", "issuerURL": "", "scopes": []}}))
}

pub(super) async fn permissions(caller: Caller, State(host): State<Arc<Host>>) -> Json<Value> {
    Json(if host.policy.is_enabled() {
        let rows = host.policy.permissions_of(caller.user());
        json!({"enabled": true, "permissions": within(&caller, rows)})
    } else {
        json!({"enabled": false})
    })
}

/// The rows as far as the caller may use them: a plugin sees those of what it declares, one for each, and every denial.
fn within(caller: &Caller, rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    if caller.plugin().is_none() {
        return rows;
    }
    let narrowed = |row: Vec<String>| -> Vec<Vec<String>> {
        let [user, resource, action, object] = row.as_slice() else { return vec![row] };
        let known =
            RESOURCES.iter().flat_map(|resource| ACTIONS.iter().map(move |action| (*resource, *action)));
        known
            .filter(|(of, to)| matches(of, resource) && matches(to, action) && caller.covers(of, to))
            .map(|(of, to)| [user, of, to, object].map(str::to_owned).to_vec())
            .collect()
    };
    rows.into_iter().flat_map(narrowed).collect()
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

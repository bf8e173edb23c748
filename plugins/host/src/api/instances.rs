//! Database instances: the list, one of them, and how to connect to it (reference, section 3.5).

use super::auth::Caller;
use super::facts::{MAIN, MainCluster};
use super::message;
use crate::Host;
use crate::instances::Instance;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use url::Url;

const API_VERSION: &str = "core.openeverest.io/v1alpha1";

pub(super) async fn list(
    caller: Caller,
    _: MainCluster,
    State(host): State<Arc<Host>>,
    Path((_, namespace)): Path<(String, String)>,
) -> Json<Value> {
    let readable = |instance: &&Instance| allows(&host, &caller, &instance.namespace, &instance.name, "read");
    let items: Vec<Value> = host.instances.of(&namespace).filter(readable).map(resource).collect();
    Json(json!({"apiVersion": API_VERSION, "kind": "InstanceList", "items": items}))
}

pub(super) async fn get(
    caller: Caller,
    _: MainCluster,
    State(host): State<Arc<Host>>,
    Path((_, namespace, name)): Path<(String, String, String)>,
) -> Response {
    match find(&host, &caller, &namespace, &name, "read") {
        Ok(instance) => Json(resource(instance)).into_response(),
        Err(refusal) => refusal,
    }
}

pub(super) async fn connection(
    caller: Caller,
    _: MainCluster,
    State(host): State<Arc<Host>>,
    Path((_, namespace, name)): Path<(String, String, String)>,
) -> Response {
    match find(&host, &caller, &namespace, &name, "read-connection") {
        Ok(instance) => Json(json!({
            "type": instance.engine,
            "provider": instance.provider,
            "host": instance.host,
            "port": instance.port.to_string(),
            "username": instance.username,
            "password": instance.password,
            "uri": uri(instance),
        }))
        .into_response(),
        Err(refusal) => refusal,
    }
}

/// The instance, if the caller may do `action` to it. Others do not learn whether it exists.
#[expect(clippy::result_large_err, reason = "it goes out as it is, once for each request")]
fn find<'h>(
    host: &'h Host,
    caller: &Caller,
    namespace: &str,
    name: &str,
    action: &str,
) -> Result<&'h Instance, Response> {
    if !allows(host, caller, namespace, name, action) {
        return Err(message(StatusCode::FORBIDDEN, "insufficient permissions"));
    }
    host.instances.find(namespace, name).ok_or_else(|| {
        let text = format!("instances.core.openeverest.io \"{name}\" not found");
        message(StatusCode::NOT_FOUND, &text)
    })
}

fn allows(host: &Host, caller: &Caller, namespace: &str, name: &str, action: &str) -> bool {
    host.policy.allows(caller.user(), "instances", action, &format!("{MAIN}/{namespace}/{name}"))
}

fn resource(instance: &Instance) -> Value {
    json!({
        "apiVersion": API_VERSION,
        "kind": "Instance",
        "metadata": {"name": instance.name, "namespace": instance.namespace},
        "spec": {"providerRef": {"name": instance.provider}},
        "status": {"phase": "Ready"},
    })
}

/// The address in one text; none for the folder of a socket, which no address can hold as a host.
fn uri(instance: &Instance) -> String {
    if !instance.uri.is_empty() {
        return instance.uri.clone();
    }
    let made = || {
        let mut url = Url::parse(&format!("{}://host", instance.engine)).ok()?;
        url.set_host(Some(&instance.host)).ok()?;
        url.set_port(Some(instance.port)).ok()?;
        url.set_username(&instance.username).ok()?;
        if !instance.password.is_empty() {
            url.set_password(Some(&instance.password)).ok()?;
        }
        Some(url.to_string())
    };
    made().unwrap_or_default()
}

//! Database instances: the list, one of them, and how to connect to it (reference, section 3.5).

use super::auth::Caller;
use super::facts::{MAIN, unknown_cluster};
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
    State(host): State<Arc<Host>>,
    Path((cluster, namespace)): Path<(String, String)>,
) -> Response {
    if cluster != MAIN {
        return unknown_cluster();
    }
    let readable = |instance: &&Instance| {
        allows(&host, &caller, (&cluster, &instance.namespace, &instance.name), "read")
    };
    let items: Vec<Value> = host.instances.of(&namespace).filter(readable).map(resource).collect();
    Json(json!({"apiVersion": API_VERSION, "kind": "InstanceList", "items": items})).into_response()
}

pub(super) async fn get(
    caller: Caller,
    State(host): State<Arc<Host>>,
    Path((cluster, namespace, name)): Path<(String, String, String)>,
) -> Response {
    match find(&host, &caller, (&cluster, &namespace, &name), "read") {
        Ok(instance) => Json(resource(instance)).into_response(),
        Err(refusal) => refusal,
    }
}

pub(super) async fn connection(
    caller: Caller,
    State(host): State<Arc<Host>>,
    Path((cluster, namespace, name)): Path<(String, String, String)>,
) -> Response {
    match find(&host, &caller, (&cluster, &namespace, &name), "read-connection") {
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
    place: InstancePlace<'_>,
    action: &str,
) -> Result<&'h Instance, Response> {
    let (cluster, namespace, name) = place;
    if cluster != MAIN {
        return Err(unknown_cluster());
    }
    if !allows(host, caller, place, action) {
        return Err(message(StatusCode::FORBIDDEN, "insufficient permissions"));
    }
    host.instances.find(namespace, name).ok_or_else(|| {
        let text = format!("instances.core.openeverest.io \"{name}\" not found");
        message(StatusCode::NOT_FOUND, &text)
    })
}

/// A cluster, a namespace, an instance.
type InstancePlace<'a> = (&'a str, &'a str, &'a str);

fn allows(host: &Host, caller: &Caller, (cluster, namespace, name): InstancePlace<'_>, action: &str) -> bool {
    host.policy.allows(caller.user(), "instances", action, &format!("{cluster}/{namespace}/{name}"))
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

//! Database instances: the list, one of them, how to connect to it, and its backups (reference, section 3.5).

use super::caller::Caller;
use super::facts::MainCluster;
use super::message;
use crate::Host;
use crate::instances::{Backup, Instance};
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
) -> Response {
    if let Err(refusal) = caller.needs("instances", "read") {
        return refusal;
    }
    let readable = |instance: &&Instance| {
        caller.may(&host, "instances", "read", &format!("{}/{}", instance.namespace, instance.name))
    };
    let items: Vec<Value> = host.instances.of(&namespace).filter(readable).map(resource).collect();
    Json(json!({"apiVersion": API_VERSION, "kind": "InstanceList", "items": items})).into_response()
}

/// The providers that instances of this host have, as `Provider` resources.
pub(super) async fn providers(caller: Caller, _: MainCluster, State(host): State<Arc<Host>>) -> Response {
    if let Err(refusal) = caller.needs("providers", "read") {
        return refusal;
    }
    let readable = |name: &&str| caller.may(&host, "providers", "read", name);
    let items: Vec<Value> =
        host.instances.providers().into_iter().filter(readable).map(provider_resource).collect();
    Json(json!({"apiVersion": API_VERSION, "kind": "ProviderList", "items": items})).into_response()
}

pub(super) async fn provider(
    caller: Caller,
    _: MainCluster,
    State(host): State<Arc<Host>>,
    Path((_, name)): Path<(String, String)>,
) -> Response {
    if let Err(refusal) = caller.needs("providers", "read") {
        return refusal;
    }
    if !caller.may(&host, "providers", "read", &name) {
        return message(StatusCode::FORBIDDEN, "insufficient permissions");
    }
    let providers = host.instances.providers();
    let Some(name) = providers.get(name.as_str()) else {
        let text = format!("providers.core.openeverest.io \"{name}\" not found");
        return message(StatusCode::NOT_FOUND, &text);
    };
    Json(provider_resource(name)).into_response()
}

fn provider_resource(name: &str) -> Value {
    json!({"apiVersion": API_VERSION, "kind": "Provider", "metadata": {"name": name}})
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

/// The backups of an instance. Who may see them is decided by the instance, not by their own names.
pub(super) async fn backups(
    caller: Caller,
    _: MainCluster,
    State(host): State<Arc<Host>>,
    Path((_, namespace, name)): Path<(String, String, String)>,
) -> Response {
    match find_of(&host, &caller, "backups", &namespace, &name, "read") {
        Ok(instance) => {
            let resource = |backup: &Backup| backup_resource(instance, backup);
            let items: Vec<Value> = instance.backups.iter().map(resource).collect();
            Json(json!({"apiVersion": API_VERSION, "kind": "BackupList", "items": items})).into_response()
        }
        Err(refusal) => refusal,
    }
}

fn backup_resource(instance: &Instance, backup: &Backup) -> Value {
    let mut status = json!({"state": backup.state});
    if let Some(at) = &backup.completed_at {
        status["completedAt"] = at.as_str().into();
    }
    json!({
        "apiVersion": API_VERSION,
        "kind": "Backup",
        "metadata": {"name": backup.name, "namespace": instance.namespace},
        "spec": {"instanceName": instance.name},
        "status": status,
    })
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
    find_of(host, caller, "instances", namespace, name, action)
}

/// The same where the caller may do `action` to what belongs to it, a resource of another type.
#[expect(clippy::result_large_err, reason = "it goes out as it is, once for each request")]
fn find_of<'h>(
    host: &'h Host,
    caller: &Caller,
    resource: &str,
    namespace: &str,
    name: &str,
    action: &str,
) -> Result<&'h Instance, Response> {
    caller.needs(resource, action)?;
    if !caller.may(host, resource, action, &format!("{namespace}/{name}")) {
        return Err(message(StatusCode::FORBIDDEN, "insufficient permissions"));
    }
    host.instances.find(namespace, name).ok_or_else(|| {
        let text = format!("instances.core.openeverest.io \"{name}\" not found");
        message(StatusCode::NOT_FOUND, &text)
    })
}

fn resource(instance: &Instance) -> Value {
    json!({
        "apiVersion": API_VERSION,
        "kind": "Instance",
        "metadata": {"name": instance.name, "namespace": instance.namespace, "labels": instance.labels},
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
        if !instance.database.is_empty() {
            url.path_segments_mut().ok()?.push(&instance.database);
        }
        Some(url.to_string())
    };
    made().unwrap_or_default()
}

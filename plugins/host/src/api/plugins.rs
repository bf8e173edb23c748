//! The list of plugins, and the way through the proxy (reference, sections 3.3 and 5).

use super::auth::Caller;
use super::facts::{MAIN, MainCluster, readable_namespaces, unknown_cluster};
use super::{empty, error, message};
use crate::plugins::ServedPlugin;
use crate::proxy::{Forward, Unreachable};
use crate::settings::Compat;
use crate::{Host, log};
use axum::Json;
use axum::body::Body;
use axum::extract::{ConnectInfo, RawPathParams, State};
use axum::http::header::{HeaderValue, UPGRADE};
use axum::http::{Method, Request, StatusCode};
use axum::response::Response;
use everestctl::model::below;
use everestctl_protocol::manifest::{DEFAULT_BUNDLE, Frontend};
use http_body::Body as _;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

/// How long a statement about the caller holds for a backend, in seconds.
const STATEMENT: u64 = 60;

pub(super) async fn list(caller: Caller, _: MainCluster, State(host): State<Arc<Host>>) -> Json<Vec<Value>> {
    listed(&host, &caller, &format!("/v1/clusters/{MAIN}/plugins"))
}

/// The list under its older path, with the older addresses in it.
pub(super) async fn list_of_main(caller: Caller, State(host): State<Arc<Host>>) -> Json<Vec<Value>> {
    listed(&host, &caller, "/v1/plugins")
}

fn listed(host: &Host, caller: &Caller, base: &str) -> Json<Vec<Value>> {
    let readable =
        |name: &str| host.policy.allows(caller.user(), "plugins", "read", &format!("{MAIN}/{name}"));
    let all = host.registry.all();
    let shown = all.iter().filter(|(name, plugin)| plugin.manifest.spec.is_enabled() && readable(name));
    Json(shown.map(|(name, plugin)| entry(plugin, &format!("{base}/{name}"))).collect())
}

/// One entry; optional keys that are empty are left out, as Go does it.
fn entry(plugin: &ServedPlugin, base: &str) -> Value {
    let spec = &plugin.manifest.spec;
    let below = |path: &str| if path.starts_with('/') { format!("{base}{path}") } else { path.to_owned() };
    let bundle = spec.frontend.as_ref().map_or(DEFAULT_BUNDLE, Frontend::bundle_path);
    let mut entry =
        json!({"name": plugin.manifest.name(), "displayName": spec.display_name, "bundleUrl": below(bundle)});
    for (key, value) in [
        ("description", spec.description.clone()),
        ("version", spec.version.clone()),
        ("vendor", spec.vendor.clone()),
        ("icon", spec.icon.as_deref().map(below)),
        ("compatibleHostVersions", spec.compatible_host_versions.clone()),
        ("compatibleUiContractVersions", spec.compatible_ui_contract_versions.clone()),
    ] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            entry[key] = value.into();
        }
    }
    let points = spec.frontend.as_ref().and_then(|frontend| frontend.extension_points.as_ref());
    if let Some(points) = points.filter(|points| !points.is_empty()) {
        entry["extensionPoints"] = json!(points);
    }
    entry
}

/// Whatever goes to a plugin's backend.
pub(super) async fn proxy(
    State(host): State<Arc<Host>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    parameters: RawPathParams,
    request: Request<Body>,
) -> Response {
    let started = Instant::now();
    let parameter =
        |wanted: &str| parameters.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned());
    let cluster = parameter("cluster").unwrap_or_else(|| MAIN.to_owned());
    let name = parameter("name").unwrap_or_default();
    let line = format!(
        "{} {}",
        log::field(request.method().as_str(), log::LONGEST_NAME),
        log::field(request.uri().path(), log::LONGEST_PATH)
    );
    let caller = Caller::of(request.headers(), request.extensions(), &host);
    let user = caller
        .as_ref()
        .map_or_else(|_| "-".to_owned(), |caller| log::field(caller.user(), log::LONGEST_NAME));
    // Another cluster has plugins of its own, whatever the policy says of them.
    let answer = if cluster == MAIN {
        forward(&host, &name, from, caller, request).await
    } else {
        Err(unknown_cluster())
    };
    let response = answer.unwrap_or_else(std::convert::identity);
    let milliseconds = started.elapsed().as_millis();
    let name = log::field(&name, log::LONGEST_NAME);
    (host.log)(&format!(
        "audit user={user} plugin={name} {line} {} {milliseconds}ms",
        response.status().as_u16()
    ));
    response
}

async fn forward(
    host: &Host,
    name: &str,
    from: SocketAddr,
    caller: Result<Caller, Response>,
    request: Request<Body>,
) -> Result<Response, Response> {
    let compat = host.settings.compat;
    let path_and_query = behind_name(request.uri(), name);
    let path = path_and_query.split('?').next().unwrap_or_default();
    let plugin = host.registry.find(name);
    if compat == Compat::Upstream && matches!(*request.method(), Method::HEAD | Method::OPTIONS) {
        return Err(message(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"));
    }
    let is_open = is_bare(&request)
        && match compat {
            // Upstream: every GET below a plugin, for the sake of its bundle.
            Compat::Upstream => request.method() == Method::GET && !path.is_empty(),
            Compat::Spec => plugin.as_ref().is_some_and(|plugin| is_public(plugin, path)),
        };
    let caller = if is_open { None } else { Some(caller?) };
    if let Some(caller) = &caller
        && !host.policy.allows(caller.user(), "plugins", "use", &format!("{MAIN}/{name}"))
    {
        return Err(message(StatusCode::FORBIDDEN, "insufficient permissions"));
    }
    let plugin = plugin.ok_or_else(|| error(StatusCode::NOT_FOUND, &format!("plugin not found: {name}")))?;
    if !plugin.manifest.spec.is_enabled() {
        return Err(error(StatusCode::NOT_FOUND, &format!("plugin is disabled: {name}")));
    }
    if below::climbs(path) {
        return Err(error(StatusCode::BAD_REQUEST, "the path leaves the plugin: a part of it is `..`"));
    }
    let user = caller.as_ref().and_then(|caller| statement(host, caller, name));
    let forward = Forward { plugin: &plugin, path_and_query: &path_and_query, user, compat, from: from.ip() };
    host.proxy.forward(request, forward, &host.backends).await.map_err(|why| match why {
        Unreachable::NoBackend => {
            error(StatusCode::NOT_FOUND, &format!("plugin has no backend configured: {name}"))
        }
        Unreachable::Unresolved(why) => {
            error(StatusCode::INTERNAL_SERVER_ERROR, &format!("cannot resolve plugin backend: {why}"))
        }
        Unreachable::Dead => empty(StatusCode::BAD_GATEWAY),
    })
}

/// The path after the plugin's name with its encoding kept, and the query.
fn behind_name(uri: &axum::http::Uri, name: &str) -> String {
    let whole = uri.path_and_query().map_or("/", |whole| whole.as_str());
    let start = if whole.starts_with("/v1/plugins/") { 3 } else { 5 };
    let path = whole.split('?').next().unwrap_or_default();
    let behind = path.match_indices('/').nth(start).map_or(path.len(), |(position, _)| position);
    debug_assert!(path[..behind].ends_with(name) || path.contains('%'), "{path} {name}");
    whole[behind..].to_owned()
}

/// Whether nothing goes to the backend but the address: without a session neither a body nor another protocol does.
fn is_bare(request: &Request<Body>) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
        && !request.headers().contains_key(UPGRADE)
        && request.body().is_end_stream()
}

/// The bundle and the icon are public.
fn is_public(plugin: &ServedPlugin, path: &str) -> bool {
    let spec = &plugin.manifest.spec;
    spec.frontend.as_ref().is_some_and(|frontend| frontend.bundle_path() == path)
        || spec.icon.as_deref().is_some_and(|icon| icon == path)
}

/// A short-lived signed statement of who calls (spec 003, section 10.1).
fn statement(host: &Host, caller: &Caller, plugin: &str) -> Option<HeaderValue> {
    let now = crate::accounts::now();
    let mut known = host.statements.lock().unwrap_or_else(PoisonError::into_inner);
    known.retain(|_, (made, _)| *made + STATEMENT / 2 > now);
    let key = (caller.user().to_owned(), plugin.to_owned());
    if let Some((_, value)) = known.get(&key) {
        return Some(value.clone());
    }
    let statement = json!({
        "iss": "everest",
        "sub": caller.user(),
        "namespaces": readable_namespaces(host, caller.user()),
        "pluginName": plugin,
        "exp": now + STATEMENT,
    });
    let value = HeaderValue::from_str(&host.accounts.sign(&statement)?).ok()?;
    known.insert(key, (now, value.clone()));
    Some(value)
}

//! The list of plugins, and the way through the proxy (reference, sections 3.3 and 5).

use super::caller::Caller;
use super::facts::{MAIN, MainCluster, readable_namespaces, unknown_cluster};
use super::{empty, error, message};
use crate::accounts::{self, STATEMENT_LIFETIME, Statement};
use crate::plugins::ServedPlugin;
use crate::proxy::{Forward, Unreachable};
use crate::settings::Compat;
use crate::{Host, log};
use axum::Json;
use axum::body::Body;
use axum::extract::{ConnectInfo, RawPathParams, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, UPGRADE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use everestctl::model::below;
use everestctl_protocol::manifest::{DEFAULT_BUNDLE, ExtensionPoint, Frontend};
use http_body::Body as _;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

pub(super) async fn list(caller: Caller, _: MainCluster, State(host): State<Arc<Host>>) -> Response {
    listed(&host, &caller, &format!("/v1/clusters/{MAIN}/plugins"))
}

/// The list under its older path, with the older addresses in it.
pub(super) async fn list_of_main(caller: Caller, State(host): State<Arc<Host>>) -> Response {
    listed(&host, &caller, "/v1/plugins")
}

fn listed(host: &Host, caller: &Caller, base: &str) -> Response {
    if let Err(refusal) = caller.needs("plugins", "read") {
        return refusal;
    }
    let readable = |name: &str| caller.may(host, "plugins", "read", name);
    let all = host.registry.all();
    let shown = all.iter().filter(|(name, plugin)| plugin.manifest.spec.is_enabled() && readable(name));
    let entries: Vec<Value> = shown.map(|(name, plugin)| entry(plugin, &format!("{base}/{name}"))).collect();
    Json(entries).into_response()
}

/// One entry; optional keys that are empty are left out, as Go does it.
fn entry(plugin: &ServedPlugin, base: &str) -> Value {
    let spec = &plugin.manifest.spec;
    let is_prefixed = |path: &str| path.strip_prefix(base).is_some_and(|rest| rest.starts_with('/'));
    let below = |path: &str| match on_backend(path) {
        Some(path) if !is_prefixed(&path) => format!("{base}{path}"),
        _ => path.to_owned(),
    };
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
        let shown = points.iter().map(|point| {
            let icon = point.icon.as_deref().map(below);
            json!(ExtensionPoint { icon, ..point.clone() })
        });
        entry["extensionPoints"] = shown.collect();
    }
    entry
}

/// The path on the plugin's backend that a manifest means; `None` for an address elsewhere and for the name of a symbol
/// of the interface, such as `waving_hand`.
fn on_backend(path: &str) -> Option<String> {
    if path.starts_with('/') {
        return Some(path.to_owned());
    }
    let is_address = path.split_once(':').is_some_and(|(scheme, _)| !scheme.contains('/'));
    (!is_address && path.contains(['/', '.'])).then(|| format!("/{path}"))
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
    let is_search = is_search(&request);
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
    let line =
        format!("audit user={user} plugin={name} {line} {} {milliseconds}ms", response.status().as_u16());
    if is_search && response.status().is_client_error() {
        host.log.detail(&line);
    } else {
        host.log.event(&line);
    }
    response
}

/// Whether a client looks for the description of a plugin, at one of the places where it may be: most are not.
fn is_search(request: &Request<Body>) -> bool {
    let name = request.uri().path().rsplit('/').next().unwrap_or_default();
    *request.method() == Method::GET && matches!(name, "openapi.json" | "openapi.yaml")
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
    // Who looks without a session for what there is learns that it is down; not why.
    if caller.is_err()
        && is_bare(&request)
        && !request.headers().contains_key(AUTHORIZATION)
        && host.backends.is_down(name)
    {
        return Err(empty(StatusCode::BAD_GATEWAY));
    }
    // Not across a pause: a body is for one thread at a time.
    let is_bare = is_bare(&request);
    if is_bare && let Some(response) = own_file(plugin.as_deref(), path).await {
        return Ok(response);
    }
    let caller = if is_open { None } else { Some(caller?) };
    if let Some(caller) = &caller {
        // Its caller asked for this plugin and for no other.
        if caller.plugin().is_some() {
            return Err(message(StatusCode::FORBIDDEN, "a plugin cannot call plugins in its caller's name"));
        }
        if !caller.may(host, "plugins", "use", name) {
            return Err(message(StatusCode::FORBIDDEN, "insufficient permissions"));
        }
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
        // Upstream's proxy says nothing, and what a backend has printed is for its callers only.
        Unreachable::Dead(_) if compat == Compat::Upstream || is_open => empty(StatusCode::BAD_GATEWAY),
        Unreachable::Dead(why) => {
            error(StatusCode::BAD_GATEWAY, &format!("the backend of plugin `{name}` is not running: {why}"))
        }
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

/// A file of the plugin's frontend that the host has itself. They are public as the bundle is.
async fn own_file(plugin: Option<&ServedPlugin>, path: &str) -> Option<Response> {
    let plugin = plugin.filter(|plugin| plugin.manifest.spec.is_enabled())?;
    let file = plugin.frontend.as_ref()?.read(path).await?;
    let headers =
        [(CONTENT_TYPE, file.media), (CACHE_CONTROL, "no-cache"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    Some((headers, file.content).into_response())
}

/// Whether nothing goes to the backend but the address: without a session neither a body nor another protocol does.
fn is_bare(request: &Request<Body>) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
        && !request.headers().contains_key(UPGRADE)
        && request.body().is_end_stream()
}

/// The bundle and the icons are public: a page loads them without a header of its own.
fn is_public(plugin: &ServedPlugin, path: &str) -> bool {
    let spec = &plugin.manifest.spec;
    let frontend = spec.frontend.as_ref();
    let points = frontend.and_then(|frontend| frontend.extension_points.as_deref()).unwrap_or_default();
    let mut icons = points.iter().map(|point| &point.icon).chain([&spec.icon]).flatten();
    let is_icon =
        |icon: &String| on_backend(icon).is_some_and(|icon| icon.split(['?', '#']).next() == Some(path));
    frontend.is_some_and(|frontend| frontend.bundle_path() == path) || icons.any(is_icon)
}

/// A short-lived signed statement of who calls (spec 003, section 10.1).
fn statement(host: &Host, caller: &Caller, plugin: &str) -> Option<HeaderValue> {
    let now = accounts::now();
    let mut known = host.statements.lock().unwrap_or_else(PoisonError::into_inner);
    known.retain(|_, (made, _)| *made + STATEMENT_LIFETIME / 2 > now);
    let key = (caller.user().to_owned(), plugin.to_owned());
    if let Some((_, value)) = known.get(&key) {
        return Some(value.clone());
    }
    let namespaces = readable_namespaces(host, caller.user());
    let statement = Statement::new(caller.user(), namespaces, plugin, now);
    let value = HeaderValue::from_str(&host.accounts.sign(&statement)?).ok()?;
    known.insert(key, (now, value.clone()));
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_on_the_backend_leads_there() {
        for (path, expected) in [
            ("/icon.svg", Some("/icon.svg")),
            ("icon.svg", Some("/icon.svg")),
            ("assets/icon", Some("/assets/icon")),
            ("waving_hand", None),
            ("", None),
            ("https://example.com/icon.svg", None),
            ("data:image/png;base64,AA==", None),
        ] {
            assert_eq!(on_backend(path).as_deref(), expected, "{path}");
        }
    }
}

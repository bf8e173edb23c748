//! The routes, with the shapes, statuses and error bodies of the reference (section 3).
//!
//! * `auth`: signing in, refreshing, revoking;
//! * `caller`: who calls, and within which limits;
//! * `facts`: version, settings, permissions, clusters, namespaces;
//! * `instances`: databases, how to connect to them, and their backups;
//! * `plugins`: the list, and the way through the proxy;
//! * `events`: the stream of events;
//! * `shell`: what the web shell needs beside these.

mod auth;
mod caller;
mod events;
mod facts;
mod instances;
mod plugins;
mod shell;

use super::{Host, accounts, ui};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

/// The largest body of a request to the host's own routes, in bytes.
const LARGEST_BODY: usize = 64 * 1024;
/// How long a request to the host's own routes may take.
const LONGEST: Duration = Duration::from_secs(30);

/// All routes.
pub(crate) fn router(host: Arc<Host>) -> Router {
    let shell = Router::new()
        .route("/shell/plugins", get(shell::plugins))
        .route("/shell/reports", post(shell::reports));
    let own = if host.settings.ui { shell } else { Router::new() };
    let own = own
        .route("/v1/version", get(facts::version))
        .route("/v1/settings", get(facts::settings))
        .route("/v1/permissions", get(facts::permissions))
        .route("/v1/clusters", get(facts::clusters))
        .route("/v1/clusters/{cluster}/namespaces", get(facts::namespaces))
        .route("/v1/clusters/{cluster}/namespaces/{namespace}/instances", get(instances::list))
        .route("/v1/clusters/{cluster}/namespaces/{namespace}/instances/{name}", get(instances::get))
        .route(
            "/v1/clusters/{cluster}/namespaces/{namespace}/instances/{name}/connection",
            get(instances::connection),
        )
        .route(
            "/v1/clusters/{cluster}/namespaces/{namespace}/instances/{name}/backups",
            get(instances::backups),
        )
        .route("/v1/clusters/{cluster}/providers", get(instances::providers))
        .route("/v1/clusters/{cluster}/providers/{name}", get(instances::provider))
        .route("/v1/clusters/{cluster}/plugin-context", get(facts::plugin_context))
        .route("/v1/clusters/{cluster}/plugins", get(plugins::list))
        .route("/v1/plugins", get(plugins::list_of_main))
        .route("/v1/plugins/context", get(facts::plugin_context_of_main))
        .route("/v1/auth/token", post(auth::token))
        .route("/v1/auth/revoke", post(auth::revoke))
        .layer(RequestBodyLimitLayer::new(LARGEST_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, LONGEST));
    // What streams has no limits.
    let streams = Router::new()
        .route("/v1/events", get(events::stream))
        .route("/v1/clusters/{cluster}/plugins/{name}", any(plugins::proxy))
        .route("/v1/clusters/{cluster}/plugins/{name}/", any(plugins::proxy))
        .route("/v1/clusters/{cluster}/plugins/{name}/{*path}", any(plugins::proxy))
        .route("/v1/plugins/{name}", any(plugins::proxy))
        .route("/v1/plugins/{name}/", any(plugins::proxy))
        .route("/v1/plugins/{name}/{*path}", any(plugins::proxy));
    let all = own.merge(streams);
    let all = all.method_not_allowed_fallback(|| async {
        message(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
    });
    all.fallback(unknown).with_state(host)
}

/// A route that is not there: the web shell, if it is wanted. Below `/v1` it says that to callers only, as upstream's router
/// does.
async fn unknown(State(host): State<Arc<Host>>, request: Request<Body>) -> Response {
    let path = request.uri().path();
    let is_below = path.starts_with("/v1/");
    let is_page = host.settings.ui && !is_below && matches!(*request.method(), Method::GET | Method::HEAD);
    if is_page && let Some(response) = ui::answer(path, &host.settings, &accounts::nonce()) {
        return response;
    }
    match caller::Caller::of(request.headers(), request.extensions(), &host) {
        Err(refusal) if is_below => refusal,
        _ => message(StatusCode::NOT_FOUND, "Not Found"),
    }
}

/// An error of the host's own routes: `{"message": …}`.
pub(crate) fn message(status: StatusCode, text: &str) -> Response {
    (status, axum::Json(json!({"message": text}))).into_response()
}

/// An error of the proxy: `{"error": …}`.
fn error(status: StatusCode, text: &str) -> Response {
    (status, axum::Json(json!({"error": text}))).into_response()
}

/// Too many requests: try again in a moment.
fn too_many(text: &str) -> Response {
    ([(RETRY_AFTER, "1")], message(StatusCode::TOO_MANY_REQUESTS, text)).into_response()
}

/// An answer without a body.
fn empty(status: StatusCode) -> Response {
    (status, Body::empty()).into_response()
}

//! The requests that the plugin answers.
//!
//! * `query`: the values of an expression;
//! * `boards`: dashboards;
//! * `top`: databases by what they use;
//! * `alerts`: what is wrong now;
//! * `names`: metrics and labels;
//! * `access`: what the caller of a request may see.

mod access;
pub(crate) mod alerts;
pub(crate) mod boards;
pub(crate) mod names;
pub(crate) mod query;
pub(crate) mod top;

pub(crate) use access::{Access, Place};

use crate::dashboards::DashboardFolder;
use crate::document;
use crate::everest::Everest;
use crate::problem::ProblemBody;
use crate::prometheus::Prometheus;
use crate::room::Room;
use crate::settings::PluginSettings;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH};
use http::request::Parts;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use utoipa::ToSchema;

/// State shared by all requests.
#[derive(Clone)]
pub(crate) struct MetricsPlugin {
    everest: Everest,
    prometheus: Prometheus,
    room: Room,
    dashboards: DashboardFolder,
    settings: PluginSettings,
}

/// A list.
#[derive(Serialize, ToSchema)]
pub(crate) struct ItemList<T> {
    items: Vec<T>,
}

/// The query of a request, or what is wrong with it: that is said to who has been let in, and as everything else is.
pub(crate) struct Words<T>(pub(crate) Result<T, ProblemBody>);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Words<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let read = axum::extract::Query::from_request_parts(parts, state).await;
        let wrong = |error: QueryRejection| ProblemBody::bad(error.body_text());
        Ok(Self(read.map(|axum::extract::Query(words)| words).map_err(wrong)))
    }
}

/// All routes.
pub(crate) fn router(settings: PluginSettings) -> io::Result<Router> {
    let plugin = MetricsPlugin {
        everest: Everest::new(&settings.service.api).map_err(io::Error::other)?,
        prometheus: Prometheus::new(&settings)?,
        room: Room::default(),
        dashboards: DashboardFolder::new(settings.dashboards.clone(), settings.longest_range),
        settings,
    };
    let document = document::text();
    let mut hasher = DefaultHasher::new();
    document.hash(&mut hasher);
    let etag = format!("\"{:x}\"", hasher.finish());
    let described = async move |headers: HeaderMap| described(&document, &etag, &headers);
    Ok(Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/openapi.json", get(described))
        .route("/api/query", get(query::run))
        .route("/api/top", get(top::run))
        .route("/api/dashboards", get(boards::list))
        .route("/api/dashboards/{dashboard}", get(boards::show))
        .route("/api/alerts", get(alerts::list))
        .route("/api/labels", get(names::labels))
        .route("/api/metrics", get(names::metrics))
        .fallback(async |request: Request| {
            ProblemBody::new(StatusCode::NOT_FOUND, format!("{} not found", request.uri().path()))
        })
        .layer(DefaultBodyLimit::max(1024))
        .with_state(plugin))
}

fn described(document: &str, etag: &str, headers: &HeaderMap) -> Response {
    let tag: HeaderMap = HeaderValue::from_str(etag).map(|value| (ETAG, value)).into_iter().collect();
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, tag).into_response();
    }
    let kind = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (tag, [kind], document.to_owned()).into_response()
}

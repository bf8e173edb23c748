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
use axum::routing::get;
use everestctl_plugin_service::files::file;
use http::StatusCode;
use http::request::Parts;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
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

/// What a bundle is.
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// All routes.
pub(crate) fn router(settings: PluginSettings) -> io::Result<Router> {
    let plugin = MetricsPlugin {
        everest: Everest::new(&settings.service.api).map_err(io::Error::other)?,
        prometheus: Prometheus::new(&settings)?,
        room: Room::default(),
        dashboards: DashboardFolder::new(settings.dashboards.clone(), settings.longest_range),
        settings,
    };
    Ok(Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/openapi.json", file(document::text(), "application/json"))
        // The page, which everybody gets, as the bundle of every plugin. It is built from `ui`, and a part of this program, so that
        // building it needs no Node.
        .route("/main.js", file(include_bytes!("../../ui/dist/main.js").as_slice(), JAVASCRIPT))
        .route(
            "/licenses.txt",
            file(include_bytes!("../../ui/dist/licenses.txt").as_slice(), "text/plain; charset=utf-8"),
        )
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

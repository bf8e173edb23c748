//! The requests that the plugin answers.
//!
//! * `catalog`: instances, databases, schemas, tables;
//! * `describe`: one table; `details`: what belongs to it beside its columns;
//! * `relation`: how both find and name tables;
//! * `query`: a statement and its rows;
//! * `explain`: how the server would run a statement;
//! * `export`: rows for a file;
//! * `activity`: what runs now, and an end to it;
//! * `run`: scripts, and statements in a session;
//! * `sessions`: what outlives a request;
//! * `import`: rows from a file;
//! * `objects`: columns, functions, roles.

pub(crate) mod activity;
pub(crate) mod catalog;
pub(crate) mod describe;
mod details;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod objects;
pub(crate) mod query;
mod relation;
pub(crate) mod run;
pub(crate) mod sessions;

use crate::database::{Connection, Rules, Whose};
use crate::document;
use crate::everest::{CallerToken, Everest};
use crate::problem::ProblemBody;
use crate::room::{Room, Stay};
use crate::sessions::Sessions;
use crate::settings::PluginSettings;
use crate::target::{ConnectionTarget, StatementTarget};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::routing::{get, post};
use axum::{Json, Router};
use everestctl_plugin_service::files::file;
use http::StatusCode;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Default timeout of a statement.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The largest body, in bytes: it is mostly a statement.
const LARGEST: usize = 16 * 1024 * 1024;

/// The body of a request. What is wrong with one is said as everything else is.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = ProblemBody;

    async fn from_request(request: Request, state: &S) -> Result<Self, ProblemBody> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(ProblemBody::new(error.status(), "the statement is larger than 16 MiB"))
            }
            Err(error) => Err(ProblemBody::new(error.status(), error.body_text())),
        }
    }
}

/// State shared by all requests.
#[derive(Clone)]
pub(crate) struct SqlExplorer {
    everest: Everest,
    room: Room,
    sessions: Sessions,
}

/// What a bundle is.
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// All routes.
pub(crate) fn router(settings: &PluginSettings) -> Result<Router, reqwest::Error> {
    let plugin = SqlExplorer {
        everest: Everest::new(&settings.service.api)?,
        room: Room::default(),
        sessions: Sessions::new(settings.session_idle),
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
        .route("/api/instances", get(catalog::instances))
        .route("/api/databases", get(catalog::databases))
        .route("/api/schemas", get(catalog::schemas))
        .route("/api/tables", get(catalog::tables))
        .route("/api/columns", get(objects::columns))
        .route("/api/functions", get(objects::functions))
        .route("/api/roles", get(objects::roles))
        .route("/api/table", get(describe::describe))
        .route("/api/query", post(query::run))
        .route("/api/explain", post(explain::run))
        .route("/api/export", post(export::run))
        .route("/api/run", post(run::script))
        .route("/api/import", post(import::run).layer(DefaultBodyLimit::disable()))
        .route("/api/sessions", get(sessions::list).post(sessions::open))
        .route("/api/sessions/{session}", get(sessions::show).delete(sessions::close))
        .route("/api/sessions/{session}/run", post(run::in_session))
        .route("/api/sessions/{session}/cancel", post(sessions::cancel))
        .route("/api/activity", get(activity::list))
        .route("/api/activity/{id}/cancel", post(activity::cancel))
        .fallback(async |request: Request| {
            ProblemBody::new(StatusCode::NOT_FOUND, format!("{} not found", request.uri().path()))
        })
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(plugin))
}

impl SqlExplorer {
    /// A connection to the target, as the caller.
    async fn connect(
        &self,
        caller: &CallerToken,
        target: &StatementTarget,
        stay: Stay,
    ) -> Result<Connection, ProblemBody> {
        let place = target.place(&self.everest, caller).await?;
        Connection::open(&self.room, &place, stay).await
    }

    /// The same, and a transaction for statements of our own.
    async fn look(&self, caller: &CallerToken, target: &StatementTarget) -> Result<Connection, ProblemBody> {
        let mut connection = self.connect(caller, target, Stay::Statement).await?;
        connection.begin(Rules { whose: Whose::Ours, timeout: Some(TIMEOUT) }).await?;
        Ok(connection)
    }

    /// Whether the caller may change what is in the instance: the plugin's manifest declares this permission.
    async fn may_write(&self, caller: &CallerToken, place: &ConnectionTarget) -> Result<(), ProblemBody> {
        if self.everest.allows(caller, "instances", "update", &place.object).await? {
            return Ok(());
        }
        let hint = format!("ask for the grant `instances, update, {}`", place.object);
        Err(ProblemBody::new(StatusCode::FORBIDDEN, "permission denied: you may not write to this instance")
            .hint(hint))
    }
}

/// A duration such as `30s`, `5m`, `250ms`; `0` means no limit.
fn span(text: &str) -> Result<Option<Duration>, ProblemBody> {
    let wrong = || ProblemBody::bad(format!("`{}` is not a duration such as 30s or 5m", text.escape_debug()));
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let milliseconds = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    // What the server holds.
    let milliseconds = number.checked_mul(milliseconds).filter(|all| i32::try_from(*all).is_ok());
    let milliseconds = milliseconds.ok_or_else(wrong)?;
    Ok(Some(Duration::from_millis(milliseconds)).filter(|span| !span.is_zero()))
}

/// The limit that a request asks for.
fn limit_of_time(asked: Option<&str>, otherwise: Option<Duration>) -> Result<Option<Duration>, ProblemBody> {
    asked.map_or(Ok(otherwise), span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time() {
        let milliseconds = |text: &str| span(text).ok().map(|span| span.map(|span| span.as_millis()));
        assert_eq!(milliseconds("250ms"), Some(Some(250)));
        assert_eq!(
            (milliseconds("2"), milliseconds("5m"), milliseconds("0")),
            (Some(Some(2000)), Some(Some(300_000)), Some(None))
        );
        for wrong in ["", "s", "5d", "-1s", "99999999999999999999s", "1000h", "1 s"] {
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
    }
}

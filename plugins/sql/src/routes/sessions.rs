//! Sessions: opening, looking at, cancelling and closing them. What runs in one is in `run`.

use super::{JsonBody, SqlExplorer, limit_of_time};
use crate::body::{LINES, Pieces, at_once};
use crate::database::Connection;
use crate::everest::CallerToken;
use crate::executor::Executor;
use crate::problem::ProblemBody;
use crate::room::Stay;
use crate::sessions::{Session, SessionHold};
use crate::subject::Subject;
use crate::tag::TransactionState;
use crate::target::{ConnectionTarget, StatementTarget};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

/// How often a request that holds a session shows that it is alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// A session to open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenSession {
    #[serde(flatten)]
    target: StatementTarget,
    /// Allow changes; requires the permission `update` on the instance
    #[serde(default)]
    write: bool,
    /// Statement timeout, for example 30s or 5m [default: none]
    #[schema(pattern = "^[0-9]+(ms|s|m|min|h)?$")]
    timeout: Option<String>,
    /// Keep the response open; the session ends with it
    #[serde(default)]
    hold: bool,
}

/// A session.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionDescription {
    /// What names it.
    id: String,
    /// Database instance.
    instance: String,
    /// Namespace of the instance.
    namespace: String,
    /// Database.
    database: String,
    /// The role that runs its statements.
    user: String,
    /// Whether its statements may change something.
    write: bool,
    /// Where it is with its transaction.
    transaction: TransactionState,
    /// Time since its last statement, in seconds.
    idle_seconds: u64,
    /// It ends after so many seconds without a statement.
    idle_limit_seconds: u64,
}

/// The caller's sessions.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionList {
    items: Vec<SessionDescription>,
}

/// Open a session
#[utoipa::path(
    description = "A connection to the database that stays open for several requests, so that transactions and settings \
        last. It ends when it is closed, and after a time without statements. With `hold` the response is a stream whose \
        first line describes the session; the session ends when the stream is no longer read.",
    post, path = "/api/sessions", operation_id = "openSession", request_body = OpenSession,
    responses((status = 201, description = "The session", content(
            (SessionDescription = "application/json"), (Object = "application/x-ndjson"))),
        (status = 429, description = "Too many sessions", body = ProblemBody)))]
pub(crate) async fn open(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    JsonBody(wanted): JsonBody<OpenSession>,
) -> Result<Response, ProblemBody> {
    let OpenSession { target, write, timeout, hold } = wanted;
    let timeout = limit_of_time(timeout.as_deref(), None)?;
    let place = target.place(&plugin.everest, &caller).await?;
    if write {
        plugin.may_write(&caller, &place).await?;
    }
    let connection = Connection::open(&plugin.room, &place, Stay::Session).await?;
    let executor = Executor::new(connection, write, timeout).await?;
    let user = place.config.get_user().unwrap_or_default().to_owned();
    let database = place.config.get_dbname().unwrap_or(&user).to_owned();
    let ConnectionTarget { object, subject, .. } = place;
    let namespace = object.split('/').nth(1).map(str::to_owned);
    let target = StatementTarget { namespace, database: Some(database), ..target };
    let session = plugin.sessions.add(subject, object, target, executor, user);
    let described = described(&plugin, &session);
    if hold {
        let hold = SessionHold::new(&plugin.sessions, &session.id);
        let mut response = at_once(HeldSession { first: Some(described), hold }, LINES);
        *response.status_mut() = StatusCode::CREATED;
        return Ok(response);
    }
    Ok((StatusCode::CREATED, Json(described)).into_response())
}

/// The response that a session lives as long as.
struct HeldSession {
    first: Option<SessionDescription>,
    hold: SessionHold,
}

impl Pieces for HeldSession {
    async fn next(&mut self) -> Result<Option<Bytes>, ProblemBody> {
        if let Some(first) = self.first.take() {
            let line = serde_json::to_string(&first).unwrap_or_default();
            return Ok(Some(format!("{line}\n").into()));
        }
        tokio::time::sleep(SIGN_OF_LIFE).await;
        Ok(self.hold.is_open().then(|| Bytes::from_static(b"\n")))
    }
}

fn described(plugin: &SqlExplorer, session: &Session) -> SessionDescription {
    SessionDescription {
        id: session.id.clone(),
        instance: session.target.instance.clone(),
        namespace: session.target.namespace.clone().unwrap_or_default(),
        database: session.target.database.clone().unwrap_or_default(),
        user: session.user.clone(),
        write: session.writes,
        transaction: session.state(),
        idle_seconds: session.idle().as_secs(),
        idle_limit_seconds: plugin.sessions.idle_limit().as_secs(),
    }
}

/// The session `id`, if it is the caller's and the caller may still connect to its instance.
pub(super) async fn own(
    plugin: &SqlExplorer,
    caller: &CallerToken,
    id: &str,
) -> Result<Arc<Session>, ProblemBody> {
    let missing = || {
        let minutes = plugin.sessions.idle_limit().as_secs() / 60;
        ProblemBody::new(StatusCode::NOT_FOUND, format!("session `{}` not found", id.escape_debug())).hint(
            format!("sessions end after {minutes} minutes without a statement, and sooner in a transaction"),
        )
    };
    let session = plugin.sessions.get(id).ok_or_else(missing)?;
    let place = session.target.place(&plugin.everest, caller).await?;
    if place.subject != session.subject || place.object != session.object {
        return Err(missing());
    }
    if session.writes {
        plugin.may_write(caller, &place).await?;
    }
    Ok(session)
}

/// Selects sessions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionFilter {
    /// OpenEverest cluster
    k8s_cluster: Option<String>,
}

/// List your open sessions
#[utoipa::path(get, path = "/api/sessions", operation_id = "listSessions", params(SessionFilter),
    responses((status = 200, description = "The sessions", body = SessionList)))]
pub(crate) async fn list(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    Query(SessionFilter { k8s_cluster }): Query<SessionFilter>,
) -> Result<Json<SessionList>, ProblemBody> {
    let cluster = k8s_cluster.as_deref().unwrap_or("main");
    // Only a token that the server has just accepted says who calls.
    plugin.everest.namespaces(&caller, cluster).await?;
    let subject = Subject::from_caller(&plugin.everest, &caller, cluster).await;
    let items = plugin.sessions.of(&subject).iter().map(|session| described(&plugin, session)).collect();
    Ok(Json(SessionList { items }))
}

/// Show a session
#[utoipa::path(get, path = "/api/sessions/{session}", operation_id = "getSession",
    params(("session" = String, Path, description = "ID from `sql sessions`")),
    responses((status = 200, description = "The session", body = SessionDescription),
        (status = 404, description = "No such session", body = ProblemBody)))]
pub(crate) async fn show(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    Path(id): Path<String>,
) -> Result<Json<SessionDescription>, ProblemBody> {
    let session = own(&plugin, &caller, &id).await?;
    Ok(Json(described(&plugin, &session)))
}

/// The answer to a cancel request.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionCancelled {
    /// What names the session.
    id: String,
    /// Whether something was running.
    cancelled: bool,
}

/// Cancel the statement that is running in a session
#[utoipa::path(post, path = "/api/sessions/{session}/cancel", operation_id = "cancelSession",
    params(("session" = String, Path, description = "ID from `sql sessions`")),
    responses((status = 200, description = "The cancel request was sent", body = SessionCancelled),
        (status = 404, description = "No such session", body = ProblemBody)))]
pub(crate) async fn cancel(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    Path(id): Path<String>,
) -> Result<Json<SessionCancelled>, ProblemBody> {
    let cancelled = own(&plugin, &caller, &id).await?.cancel().await;
    Ok(Json(SessionCancelled { id, cancelled }))
}

/// Close a session; an open transaction is rolled back
#[utoipa::path(delete, path = "/api/sessions/{session}", operation_id = "closeSession",
    params(("session" = String, Path, description = "ID from `sql sessions`")),
    responses((status = 204, description = "Closed"),
        (status = 404, description = "No such session", body = ProblemBody)))]
pub(crate) async fn close(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    Path(id): Path<String>,
) -> Result<StatusCode, ProblemBody> {
    let session = own(&plugin, &caller, &id).await?;
    plugin.sessions.end(&session.id);
    Ok(StatusCode::NO_CONTENT)
}

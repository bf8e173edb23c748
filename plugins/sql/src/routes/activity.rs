//! What runs in an instance now, and an end to it.

use super::SqlExplorer;
use crate::body::{LINES, Pieces, at_once};
use crate::cursor;
use crate::database::{Connection, Rules, Whose};
use crate::everest::CallerToken;
use crate::problem::ProblemBody;
use crate::room::Stay;
use crate::target::{APPLICATION, StatementTarget};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio_postgres::types::{FromSql, Type};
use utoipa::{IntoParams, ToSchema};

/// How often the list is fetched again.
const PAUSE: Duration = Duration::from_secs(1);
/// Timeout of one fetch.
const LOOK: Duration = Duration::from_secs(10);

/// Whether to go on looking.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Going {
    /// Keep listing new statements as they are seen
    #[serde(default)]
    follow: bool,
}

/// A statement that runs.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RunningStatement {
    /// What cancels it and no other one: the number of the process, and when within its life the statement started.
    id: String,
    /// The number of its process, as `pg_cancel_backend` takes it.
    pid: i32,
    /// Database that it runs in.
    database: Option<String>,
    /// The role that runs it.
    user: Option<String>,
    /// Application that sent it.
    application: String,
    /// State: active, idle in transaction, …
    state: String,
    /// Time since its start, in seconds.
    seconds: f64,
    /// Event that it waits for.
    waits: Option<String>,
    /// The statement.
    statement: String,
}

/// The running statements.
#[derive(Serialize, ToSchema)]
pub(crate) struct Activity {
    items: Vec<RunningStatement>,
}

/// List running statements
#[utoipa::path(get, path = "/api/activity", operation_id = "listActivity", params(StatementTarget, Going),
    responses((status = 200, description = "The statements", content(
        (Activity = "application/json"), (RunningStatement = "application/x-ndjson")))))]
pub(crate) async fn list(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    Query(target): Query<StatementTarget>,
    Query(Going { follow }): Query<Going>,
) -> Result<Response, ProblemBody> {
    let stay = if follow { Stay::Endless } else { Stay::Statement };
    let mut connection = plugin.connect(&caller, &target, stay).await?;
    if follow {
        return Ok(at_once(ActivityFeed { connection, seen: BTreeSet::new() }, LINES));
    }
    let items = look(&mut connection).await?;
    Ok(Json(Activity { items }).into_response())
}

/// When in the life of its process a statement started, in milliseconds.
const BEGUN: &str = "pg_catalog.floor(pg_catalog.date_part('epoch'::pg_catalog.text, \
     a.query_start OPERATOR(pg_catalog.-) a.backend_start) OPERATOR(pg_catalog.*) 1000::pg_catalog.float8)::pg_catalog.int8";

/// Selects sessions of clients, not the server's own processes.
const OF_CLIENT: &str = "a.backend_type OPERATOR(pg_catalog.=) 'client backend'::pg_catalog.text";

/// A text that may be of another database, and of its encoding.
struct Lossy(String);

impl<'r> FromSql<'r> for Lossy {
    fn from_sql(_: &Type, bytes: &'r [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(String::from_utf8_lossy(bytes).into_owned()))
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::TEXT
    }
}

/// The running statements.
async fn look(connection: &mut Connection) -> Result<Vec<RunningStatement>, ProblemBody> {
    connection.begin(Rules { whose: Whose::Ours, timeout: Some(LOOK) }).await?;
    let sql = format!(
        "SELECT a.pid, {BEGUN}, a.datname, a.usename, a.application_name, a.state,
            pg_catalog.date_part('epoch'::pg_catalog.text, pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.query_start),
            a.wait_event, a.query
        FROM pg_catalog.pg_stat_activity AS a
        WHERE {OF_CLIENT} AND a.state OPERATOR(pg_catalog.<>) 'idle'::pg_catalog.text
            AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
        ORDER BY a.query_start, a.pid"
    );
    let rows = connection.client().query(&sql, &[]).await.map_err(ProblemBody::from_own_statement)?;
    // Each look is a transaction, which sees what has changed.
    connection.client().batch_execute("ROLLBACK").await.map_err(ProblemBody::from_own_statement)?;
    connection.rest();
    let running = |row: &tokio_postgres::Row| {
        let process: i32 = row.try_get(0)?;
        let begun: Option<i64> = row.try_get(1)?;
        let seconds: f64 = row.try_get::<_, Option<f64>>(6)?.unwrap_or_default();
        let application: Option<String> = row.try_get(4)?;
        let statement = row.try_get::<_, Option<Lossy>>(8)?.map_or_else(String::new, |Lossy(text)| text);
        let is_ours = application.as_deref() == Some(APPLICATION);
        // What this plugin asks the catalogs is nobody's statement.
        if is_ours && statement.contains("OPERATOR(pg_catalog.") {
            return Ok(None);
        }
        Ok(Some(RunningStatement {
            pid: process,
            id: begun.map_or_else(|| process.to_string(), |begun| format!("{process}.{begun}")),
            database: row.try_get(2)?,
            user: row.try_get(3)?,
            application: application.unwrap_or_default(),
            state: row.try_get::<_, Option<String>>(5)?.unwrap_or_default(),
            seconds: (seconds.max(0.0) * 1000.0).round() / 1000.0,
            waits: row.try_get(7)?,
            statement: if is_ours { cursor::shown(&statement).to_owned() } else { statement },
        }))
    };
    rows.iter()
        .filter_map(|row| running(row).transpose())
        .collect::<Result<_, _>>()
        .map_err(ProblemBody::from_own_statement)
}

/// Each statement once, when it is first seen.
struct ActivityFeed {
    connection: Connection,
    /// Those of the last look; there are no more than connections.
    seen: BTreeSet<String>,
}

impl Pieces for ActivityFeed {
    async fn next(&mut self) -> Result<Option<Bytes>, ProblemBody> {
        loop {
            let running = look(&mut self.connection).await?;
            let mut lines = String::new();
            for new in running.iter().filter(|running| !self.seen.contains(&running.id)) {
                lines.push_str(&serde_json::to_string(new).unwrap_or_default());
                lines.push('\n');
            }
            self.seen = running.into_iter().map(|running| running.id).collect();
            if !lines.is_empty() {
                return Ok(Some(lines.into()));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Result of a cancel request.
#[derive(Serialize, ToSchema)]
pub(crate) struct Cancelled {
    /// Selects the statement.
    id: String,
    /// Whether its server was told to stop it.
    cancelled: bool,
}

/// Cancel a running statement
#[utoipa::path(post, path = "/api/activity/{id}/cancel", operation_id = "cancelStatement",
    params(
        ("id" = String, Path, description = "ID from `sql activity`; without the part after the dot, \
            whatever that process runs now"),
        StatementTarget,
    ),
    responses((status = 200, description = "The cancel request was sent", body = Cancelled),
        (status = 404, description = "No such statement", body = ProblemBody)))]
pub(crate) async fn cancel(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    Path(id): Path<String>,
    Query(target): Query<StatementTarget>,
) -> Result<Json<Cancelled>, ProblemBody> {
    let (process, begun) = numbers(&id)
        .ok_or_else(|| ProblemBody::bad(format!("`{}` is not a statement ID", id.escape_debug())))?;
    let mut connection = plugin.look(&caller, &target).await?;
    let sql = format!(
        "SELECT pg_catalog.pg_cancel_backend(a.pid) FROM pg_catalog.pg_stat_activity AS a
        WHERE a.pid OPERATOR(pg_catalog.=) $1::pg_catalog.int4
            AND ($2::pg_catalog.int8 IS NULL OR {BEGUN} OPERATOR(pg_catalog.=) $2::pg_catalog.int8)
            AND {OF_CLIENT} AND a.state OPERATOR(pg_catalog.=) 'active'::pg_catalog.text"
    );
    let found = connection.client().query_opt(&sql, &[&process, &begun]).await;
    let found = found.map_err(ProblemBody::from_own_statement)?;
    connection.rest();
    match found.map(|row| row.try_get(0)) {
        Some(Ok(true)) => Ok(Json(Cancelled { id, cancelled: true })),
        _ => Err(ProblemBody::new(StatusCode::NOT_FOUND, format!("statement {id} is not running"))
            .hint("use `sql activity` to list running statements")),
    }
}

/// The process, and when its statement started where that is said.
fn numbers(id: &str) -> Option<(i32, Option<i64>)> {
    match id.split_once('.') {
        Some((process, begun)) => Some((process.parse().ok()?, Some(begun.parse().ok()?))),
        None => Some((id.parse().ok()?, None)),
    }
}

//! A statement and its rows.

use super::run::unbounded_problem;
use super::{JsonBody, SqlExplorer, TIMEOUT, limit_of_time};
use crate::body::{HELD_BACK, RowFormat, Written, answer};
use crate::database::{Connection, Rules, Whose};
use crate::everest::CallerToken;
use crate::problem::ProblemBody;
use crate::room::Stay;
use crate::rows::RunningQuery;
use crate::tag::is_unbounded;
use crate::target::StatementTarget;
use crate::value::ResultColumn;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many rows there are at most, unless it is said, of a statement that only reads. What one that writes gives back
/// cannot be had again.
const LIMIT: u64 = 1000;

/// A statement to run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueryRequest {
    /// A single SQL statement without parameters
    #[schema(content_media_type = "application/sql")]
    sql: String,
    #[serde(flatten)]
    target: StatementTarget,
    /// Maximum number of rows [default: 1000; all with --write]
    #[schema(minimum = 1, maximum = 100_000)]
    limit: Option<u64>,
    /// Stream all rows
    #[serde(default)]
    all: bool,
    /// Allow changes; requires the permission `update` on the instance
    #[serde(default)]
    write: bool,
    /// Refuse all changes, as without `write`
    #[serde(default)]
    read_only: bool,
    /// Statement timeout, for example 30s or 5m; 0 for none
    #[schema(default = "30s", pattern = "^[0-9]+(ms|s|m|min|h)?$")]
    timeout: Option<String>,
}

/// The rows of a statement.
#[derive(Serialize, ToSchema)]
pub(crate) struct QueryResult {
    /// What the rows consist of.
    columns: Vec<ResultColumn>,
    /// The rows, each an object with a member for each column.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<serde_json::Value>,
    /// How many rows were changed; only where there are no columns.
    affected: Option<u64>,
    /// Whether there are more.
    truncated: bool,
    /// Whether a statement that has changed something gave more.
    withheld: bool,
    /// What the database has noted beside them.
    notices: Vec<String>,
    /// How many rows there are, or what was done: `(3 rows)`, `UPDATE 4`.
    summary: String,
}

/// Run a statement and print its rows
#[utoipa::path(
    description = "The transaction only reads, and is never kept, unless `write` says otherwise. Numbers, texts, lists \
        and JSON come exactly as the database has them; `numeric`, times and everything else as the texts that the \
        database writes. Of columns with one name, the second is `name_2`.",
    post, path = "/api/query", operation_id = "query", request_body = QueryRequest,
    responses(
        (status = 200, description = "The rows", content(
            (QueryResult = "application/json"), (Object = "application/x-ndjson"))),
        (status = 400, description = "The database rejected the statement", body = ProblemBody),
        (status = 403, description = "Permission denied", body = ProblemBody),
        (status = 502, description = "No connection to the database", body = ProblemBody),
    )
)]
pub(crate) async fn run(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    JsonBody(query): JsonBody<QueryRequest>,
) -> Result<Response, ProblemBody> {
    let QueryRequest { sql, target, limit, all, write, read_only, timeout } = query;
    if write && read_only {
        return Err(ProblemBody::bad("`write` and `readOnly` cannot be combined"));
    }
    let whose = match (write, all) {
        (true, _) => Whose::Writing,
        (false, true) => Whose::All,
        (false, false) => Whose::First,
    };
    if write && is_unbounded(&sql) {
        return Err(unbounded_problem(&sql).hint("add `where true` to change all rows"));
    }
    let rules = Rules { whose, timeout: limit_of_time(timeout.as_deref(), Some(TIMEOUT))? };
    let place = target.place(&plugin.everest, &caller).await?;
    if write {
        plugin.may_write(&caller, &place).await?;
    }
    let connection = Connection::open(&plugin.room, &place, Stay::Statement).await?;
    let limit = match limit {
        _ if all => u64::MAX,
        Some(limit) => limit.max(1),
        None if write => u64::MAX,
        None => LIMIT,
    };
    let rows = RunningQuery::of(connection, sql, rules, limit).await?;
    let form = if all { RowFormat::Lines } else { RowFormat::Whole };
    // With all rows, the first ones may be wanted while the others are computed.
    let enough = if all && !write { 1 } else { HELD_BACK };
    answer(Written::new(rows, form, limit), form.kind(), enough).await
}

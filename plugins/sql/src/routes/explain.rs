//! How the server would run a statement.

use super::{JsonBody, SqlExplorer, TIMEOUT, limit_of_time};
use crate::database::{Connection, Rules, Whose};
use crate::everest::CallerToken;
use crate::problem::ProblemBody;
use crate::room::Stay;
use crate::rows;
use crate::target::StatementTarget;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use tokio_postgres::SimpleQueryMessage;
use utoipa::ToSchema;

/// A statement to explain.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExplainRequest {
    /// A single SQL statement without parameters
    #[schema(content_media_type = "application/sql")]
    sql: String,
    #[serde(flatten)]
    target: StatementTarget,
    /// Also run the statement and show timings; it still cannot change data
    #[serde(default)]
    analyze: bool,
    /// Format of the plan
    #[serde(default)]
    #[schema(inline, default = "text")]
    format: ExplainFormat,
    /// Statement timeout, for example 30s or 5m; 0 for none
    #[schema(default = "30s", pattern = "^[0-9]+(ms|s|m|min|h)?$")]
    timeout: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ExplainFormat {
    #[default]
    Text,
    Json,
    Yaml,
    Xml,
}

impl ExplainFormat {
    /// As the database calls it, and what it is in an answer.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("TEXT", "text/plain; charset=utf-8"),
            Self::Json => ("JSON", "application/json"),
            Self::Yaml => ("YAML", "text/yaml"),
            Self::Xml => ("XML", "text/xml"),
        }
    }
}

/// Show the query plan of a statement
#[utoipa::path(
    post, path = "/api/explain", operation_id = "explain", request_body = ExplainRequest,
    responses(
        (status = 200, description = "The plan", body = String, content_type = "text/plain"),
        (status = 400, description = "The database rejected the statement", body = ProblemBody),
    )
)]
pub(crate) async fn run(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    JsonBody(explain): JsonBody<ExplainRequest>,
) -> Result<Response, ProblemBody> {
    explained(plugin, caller, explain).await.map_err(|problem| {
        problem.with_way_to_write("leave out `--analyze`, which runs the statement and cannot change data")
    })
}

async fn explained(
    plugin: SqlExplorer,
    caller: CallerToken,
    explain: ExplainRequest,
) -> Result<Response, ProblemBody> {
    let ExplainRequest { sql, target, analyze, format, timeout } = explain;
    let rules = Rules { whose: Whose::First, timeout: limit_of_time(timeout.as_deref(), Some(TIMEOUT))? };
    let mut connection: Connection = plugin.connect(&caller, &target, Stay::Statement).await?;
    connection.begin(rules).await?;
    rows::prepared(&connection, &sql).await?;
    connection.hand_over().await?;
    let (format, kind) = format.names();
    let more = if analyze { ", ANALYZE, BUFFERS" } else { "" };
    let start = format!("EXPLAIN (FORMAT {format}{more}) ");
    let told = connection.client().simple_query(&format!("{start}{sql}")).await;
    let prefix = u32::try_from(start.len()).unwrap_or_default();
    let told = told.map_err(|error| ProblemBody::from_statement(&error, &sql, prefix))?;
    connection.rest();
    let mut plan = String::new();
    for message in &told {
        if let SimpleQueryMessage::Row(row) = message {
            plan.push_str(row.try_get(0).ok().flatten().unwrap_or_default());
            plan.push('\n');
        }
    }
    Ok(([(CONTENT_TYPE, HeaderValue::from_static(kind))], plan).into_response())
}

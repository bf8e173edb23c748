//! Rows for a file, however many there are.

use super::{JsonBody, SqlExplorer, limit_of_time};
use crate::body::{CSV, HELD_BACK, LINES, PIECE, Pieces, RowFormat, Written, answer};
use crate::database::{Connection, Rules, Whose};
use crate::everest::CallerToken;
use crate::problem::ProblemBody;
use crate::room::Stay;
use crate::rows::{self, RunningQuery};
use crate::statement;
use crate::target::StatementTarget;
use axum::extract::State;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt as _, StreamExt as _};
use serde::Deserialize;
use std::pin::Pin;
use tokio_postgres::CopyOutStream;
use utoipa::ToSchema;

/// What precedes a statement whose rows the server writes itself.
const COPY: &str = "COPY (";

/// A statement whose rows are wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Export {
    /// A single SQL statement without parameters
    #[schema(content_media_type = "application/sql")]
    sql: String,
    #[serde(flatten)]
    target: StatementTarget,
    /// Output format
    #[serde(default)]
    #[schema(inline, default = "csv")]
    format: ExportFormat,
    /// Statement timeout, for example 30s or 5m [default: none]
    #[schema(pattern = "^[0-9]+(ms|s|m|min|h)?$")]
    timeout: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ExportFormat {
    #[default]
    Csv,
    Jsonl,
}

/// Export the rows of a statement
///
/// Writes CSV with a header, or one JSON object per line.
#[utoipa::path(
    post, path = "/api/export", operation_id = "export", request_body = Export,
    responses(
        (status = 200, description = "The rows", content(
            (String = "text/csv"), (Object = "application/x-ndjson"))),
        (status = 400, description = "The database rejected the statement", body = ProblemBody),
    )
)]
pub(crate) async fn run(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    JsonBody(export): JsonBody<Export>,
) -> Result<Response, ProblemBody> {
    exported(plugin, caller, export)
        .await
        .map_err(|problem| problem.with_way_to_write("use `sql query --write`: an export cannot change data"))
}

async fn exported(plugin: SqlExplorer, caller: CallerToken, export: Export) -> Result<Response, ProblemBody> {
    let Export { sql, target, format, timeout } = export;
    let rules = Rules { whose: Whose::All, timeout: limit_of_time(timeout.as_deref(), None)? };
    let connection = plugin.connect(&caller, &target, Stay::Statement).await?;
    match format {
        ExportFormat::Csv => answer(Copy::of(connection, sql, rules).await?, CSV, HELD_BACK).await,
        ExportFormat::Jsonl => {
            let rows = RunningQuery::of(connection, sql, rules, u64::MAX).await?;
            answer(Written::new(rows, RowFormat::Lines, u64::MAX), LINES, HELD_BACK).await
        }
    }
}

/// Rows that the server writes.
struct Copy {
    connection: Connection,
    sql: String,
    stream: Pin<Box<CopyOutStream>>,
    over: bool,
}

impl Copy {
    async fn of(mut connection: Connection, sql: String, rules: Rules) -> Result<Self, ProblemBody> {
        connection.begin(rules).await?;
        // What is one statement by itself cannot end the parentheses around it.
        rows::prepared(&connection, &sql).await?;
        connection.hand_over().await?;
        // The line end keeps a comment from hiding what follows.
        let copy = format!("{COPY}{}\n) TO STDOUT WITH (FORMAT csv, HEADER)", statement::without_end(&sql));
        let stream = connection.client().copy_out(&copy).await;
        let stream = stream.map_err(|error| problem(&error, &sql))?;
        Ok(Self { connection, sql, stream: Box::pin(stream), over: false })
    }
}

impl Pieces for Copy {
    async fn next(&mut self) -> Result<Option<Bytes>, ProblemBody> {
        if self.over {
            return Ok(None);
        }
        let mut together = BytesMut::new();
        let mut next = self.stream.next().await;
        loop {
            let Some(row) = next else {
                self.over = true;
                self.connection.rest();
                return Ok(Some(together.freeze()).filter(|rows| !rows.is_empty()));
            };
            together.extend_from_slice(&row.map_err(|error| problem(&error, &self.sql))?);
            // A row is small: those that are there already go out with it.
            let more = if together.len() < PIECE { self.stream.next().now_or_never() } else { None };
            match more {
                Some(more) => next = more,
                None => return Ok(Some(together.freeze())),
            }
        }
    }
}

fn problem(error: &tokio_postgres::Error, sql: &str) -> ProblemBody {
    ProblemBody::from_statement(error, sql, u32::try_from(COPY.len()).unwrap_or_default())
}

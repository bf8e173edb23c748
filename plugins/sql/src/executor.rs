//! Statements one after the other on one connection, as a client such as psql runs them: each is kept when it is done,
//! unless the caller has begun a transaction.
//!
//! It must not know whether a script or a session asks, nor in which form results go out.

use crate::database::{Canceller, Connection};
use crate::problem::ProblemBody;
use crate::script::ScriptStatement;
use crate::statement::{first_word, is_empty};
use crate::tag::{self, TransactionState, TransactionStep};
use crate::value::{self, Delimiters, ResultColumn};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Serialize;
use serde_json::value::RawValue;
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Error, SimpleQueryMessage, SimpleQueryRow};
use utoipa::ToSchema;

/// How much of the rows of one statement is kept, in bytes.
const LARGEST: usize = 32 * 1024 * 1024;

/// How many bytes of rows go to the database at once.
const PIECE: usize = 64 * 1024;

/// What reads, or serves a transaction or session that only reads. Others can do things that a read-only transaction does
/// not forbid, such as writing a file on the server.
const READING: [&str; 24] = [
    "select",
    "values",
    "table",
    "with",
    "show",
    "explain",
    "begin",
    "start",
    "commit",
    "end",
    "rollback",
    "abort",
    "savepoint",
    "release",
    "set",
    "reset",
    "declare",
    "fetch",
    "move",
    "close",
    "prepare",
    "execute",
    "deallocate",
    "discard",
];
/// What may give rows. The database is asked which columns they have.
const WITH_ROWS: [&str; 13] = [
    "select", "values", "table", "with", "insert", "update", "delete", "merge", "show", "explain", "fetch",
    "execute", "call",
];

/// What a statement has given.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatementResult {
    /// The line of the script that the statement starts in.
    pub(crate) line: usize,
    /// What the rows consist of; empty when there are none.
    columns: Vec<ResultColumn>,
    /// The rows, each an object with a member for each column.
    #[schema(value_type = Vec<Object>)]
    rows: Vec<Box<RawValue>>,
    /// How many rows the statement gave or changed.
    row_count: u64,
    /// Whether some rows are not in `rows`.
    truncated: bool,
    /// The command and how many rows it has changed or given: `UPDATE 4`.
    command: String,
    /// The same in words: `(3 rows)`, `UPDATE 4`.
    summary: String,
    /// How long it took, in milliseconds.
    milliseconds: f64,
    /// What the database has noted beside it.
    notices: Vec<String>,
    /// Where the session is with its transaction.
    transaction: TransactionState,
}

/// A connection on which statements run one after the other.
pub(crate) struct Executor {
    connection: Connection,
    writes: bool,
    state: TransactionState,
}

impl Executor {
    /// Prepares the connection.
    pub(crate) async fn new(
        connection: Connection,
        writes: bool,
        timeout: Option<Duration>,
    ) -> Result<Self, ProblemBody> {
        connection.begin_session(timeout).await?;
        Ok(Self { connection, writes, state: TransactionState::None })
    }

    pub(crate) fn writes(&self) -> bool {
        self.writes
    }

    pub(crate) fn state(&self) -> TransactionState {
        self.state
    }

    pub(crate) fn canceller(&self) -> Canceller {
        self.connection.canceller()
    }

    /// Whether the connection is gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.connection.client().is_closed()
    }

    /// Waits until nothing runs any more, after it was cancelled.
    pub(crate) async fn settle(&mut self) {
        // It is answered after everything that came before.
        let _ = self.connection.client().batch_execute("").await;
        self.connection.rest();
        if self.state == TransactionState::Open {
            self.state = TransactionState::Failed;
        }
    }

    /// Runs one statement, and keeps `limit` of its rows.
    pub(crate) async fn run(
        &mut self,
        statement: &ScriptStatement,
        limit: u64,
    ) -> Result<StatementResult, ProblemBody> {
        let ScriptStatement { text: sql, line, rows } = statement;
        check(sql, self.writes)?;
        let step = TransactionStep::of(sql);
        let begun = Instant::now();
        // What it notes is told with it, and nothing of what came before.
        self.connection.take_notices();
        self.connection.busy();
        // Its own transaction, which only reads.
        let wrapped = !self.writes && self.state == TransactionState::None && step == TransactionStep::Other;
        let ran = match rows {
            Some(rows) => self.copy(sql, rows).await,
            None => self.run_within(sql, limit, wrapped).await,
        };
        self.connection.rest();
        let is_syntax = ran.as_ref().is_err_and(|problem| problem.has_code(&SqlState::SYNTAX_ERROR));
        self.state = self.state.after(step, ran.is_ok(), is_syntax);
        let mut result = ran?;
        if !self.writes && self.state == TransactionState::Open && step != TransactionStep::Other {
            // The snapshot keeps it from becoming one that writes.
            self.only_read().await?;
        }
        result.line = *line;
        result.milliseconds = (begun.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        result.notices = self.connection.take_notices();
        result.transaction = self.state;
        Ok(result)
    }

    async fn run_within(&self, sql: &str, limit: u64, wrapped: bool) -> Result<StatementResult, ProblemBody> {
        if !wrapped {
            return self.collect(sql, limit, self.state != TransactionState::None).await;
        }
        self.plain("BEGIN").await?;
        self.only_read().await?;
        let ran = self.collect(sql, limit, true).await;
        match &ran {
            Ok(_) => self.plain("COMMIT").await?,
            Err(_) => self.plain("ROLLBACK").await?,
        }
        ran
    }

    /// Runs a statement that takes rows. All of them are taken, or none.
    async fn copy(&self, sql: &str, rows: &str) -> Result<StatementResult, ProblemBody> {
        let problem = |error: Error| ProblemBody::from_statement(&error, sql, 0);
        let mut sink = pin!(self.connection.client().copy_in::<_, Bytes>(sql).await.map_err(problem)?);
        for piece in rows.as_bytes().chunks(PIECE) {
            sink.send(Bytes::copy_from_slice(piece)).await.map_err(problem)?;
        }
        let taken = sink.finish().await.map_err(problem)?;
        Ok(StatementResult {
            line: 0,
            command: tag::tag(sql, taken),
            summary: tag::summary(sql, false, 0, 0, taken, false),
            columns: Vec::new(),
            rows: Vec::new(),
            row_count: taken,
            truncated: false,
            milliseconds: 0.0,
            notices: Vec::new(),
            transaction: self.state,
        })
    }

    async fn only_read(&self) -> Result<(), ProblemBody> {
        self.plain("SET TRANSACTION READ ONLY; SELECT 1").await
    }

    /// Runs a statement that looks up no name.
    async fn plain(&self, sql: &str) -> Result<(), ProblemBody> {
        let done = self.connection.client().batch_execute(sql).await;
        done.map_err(|error| ProblemBody::from_statement(&error, "", 0))
    }

    async fn columns(&self, sql: &str, in_transaction: bool) -> Result<Vec<ResultColumn>, ProblemBody> {
        let asks = self.state != TransactionState::Failed && WITH_ROWS.contains(&first_word(sql).as_str());
        if self.writes && !asks {
            return Ok(Vec::new());
        }
        // That a text is one statement, the database has to say where it must not be two: how it reads quotes can be set.
        let statement = if asks {
            self.connection.read_in_session(sql, in_transaction).await
        } else {
            self.connection.client().prepare(sql).await
        };
        let statement = statement.map_err(|error| ProblemBody::from_statement(&error, sql, 0))?;
        if !statement.params().is_empty() {
            return Err(ProblemBody::bad("statements with parameters (`$1`) are not supported")
                .hint("use variables such as `:name`"));
        }
        let described = statement.columns().iter().map(|column| (column.name(), column.type_()));
        Ok(value::columns(described, &Delimiters::new()))
    }

    async fn collect(
        &self,
        sql: &str,
        limit: u64,
        in_transaction: bool,
    ) -> Result<StatementResult, ProblemBody> {
        let columns = self.columns(sql, in_transaction).await?;
        let problem = |error: Error| ProblemBody::from_statement(&error, sql, 0);
        let mut stream = pin!(self.connection.client().simple_query_raw(sql).await.map_err(problem)?);
        let (mut rows, mut count, mut size, mut affected) = (Vec::new(), 0_u64, 0, 0);
        let mut stopped = false;
        while let Some(message) = stream.next().await {
            match message {
                Ok(SimpleQueryMessage::Row(row)) => {
                    count += 1;
                    if count <= limit && size < LARGEST {
                        let row = json(&columns, &row)?;
                        size += row.get().len();
                        rows.push(row);
                    } else if !self.writes && !stopped && first_word(sql) != "execute" {
                        // It has nothing left to do but to give rows that nobody reads.
                        stopped = true;
                        if !in_transaction_of_caller(self.state) {
                            self.canceller().cancel().await;
                        }
                    }
                }
                Ok(SimpleQueryMessage::CommandComplete(number)) => affected = number,
                Ok(_) => {}
                Err(error) if stopped && error.code() == Some(&SqlState::QUERY_CANCELED) => {
                    // The transaction around it is one of ours, and has nothing to keep.
                    self.plain("ROLLBACK; BEGIN").await?;
                    break;
                }
                Err(error) => return Err(problem(error)),
            }
        }
        let truncated = count > rows.len() as u64;
        let row_count = if columns.is_empty() { affected } else { count };
        Ok(StatementResult {
            line: 0,
            command: tag::tag(sql, affected.max(if columns.is_empty() { 0 } else { count })),
            summary: tag::summary(sql, !columns.is_empty(), rows.len() as u64, count, affected, stopped),
            columns,
            rows,
            row_count,
            truncated,
            milliseconds: 0.0,
            notices: Vec::new(),
            transaction: self.state,
        })
    }
}

fn in_transaction_of_caller(state: TransactionState) -> bool {
    state != TransactionState::None
}

/// Whether a statement may run here at all.
fn check(sql: &str, writes: bool) -> Result<(), ProblemBody> {
    if is_empty(sql) {
        return Err(ProblemBody::bad("no statement given"));
    }
    if sql.contains('\0') {
        return Err(ProblemBody::bad("a statement cannot contain NUL"));
    }
    if tag::is_copy_out(sql) {
        return Err(ProblemBody::bad("COPY to stdout is not supported").hint("use `sql export`"));
    }
    let word = first_word(sql);
    let prepares_a_commit = TransactionStep::of(sql) == TransactionStep::End && word == "prepare";
    if !writes && (!READING.contains(&word.as_str()) || prepares_a_commit) {
        return Err(ProblemBody::not_reading(&word));
    }
    Ok(())
}

fn json(columns: &[ResultColumn], row: &SimpleQueryRow) -> Result<Box<RawValue>, ProblemBody> {
    let mut out = Vec::from(*b"{");
    for (at, column) in columns.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let value = row.try_get(at).map_err(|_| {
            ProblemBody::bad(format!("a value in column `{}` is not valid UTF-8", column.name))
        })?;
        column.write(value, &mut out);
    }
    out.push(b'}');
    let text = String::from_utf8(out).map_err(|_| ProblemBody::bad("a value is not valid UTF-8"))?;
    RawValue::from_string(text).map_err(|_| ProblemBody::bad("a value cannot be written as JSON"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_read_needs_a_session_that_writes() {
        for sql in ["select 1", "begin", "SET search_path = x", "prepare q as select 1"] {
            assert!(check(sql, false).is_ok(), "{sql}");
        }
        for sql in [
            "delete from t",
            "vacuum",
            "do $$ begin end $$",
            "copy t to '/x'",
            "copy t from stdin",
            "prepare transaction 'x'",
            "listen x",
        ] {
            assert!(check(sql, false).is_err(), "{sql}");
        }
        assert!(check("delete from t", true).is_ok() && check("copy t to stdout", true).is_err());
    }
}

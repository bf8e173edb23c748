//! Scripts, and what runs in a session: several statements, each with its result in a line.

use super::sessions::own;
use super::{JsonBody, SqlExplorer, limit_of_time};
use crate::body::{LINES, Pieces, answer};
use crate::database::Connection;
use crate::everest::CallerToken;
use crate::executor::{Executor, StatementResult};
use crate::problem::ProblemBody;
use crate::room::Stay;
use crate::script::{ScriptStatement, split};
use crate::sessions::SessionTurn;
use crate::statement::first_word;
use crate::tag::{TransactionState, TransactionStep, is_unbounded};
use crate::target::StatementTarget;
use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use serde::Deserialize;
use std::collections::{HashMap, VecDeque};
use utoipa::ToSchema;

/// How many rows of each statement there are at most, unless it is said.
const LIMIT: u64 = 1000;

/// A script to run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScriptRequest {
    /// SQL statements, separated by semicolons
    #[schema(content_media_type = "application/sql")]
    sql: String,
    #[serde(flatten)]
    target: StatementTarget,
    /// Value of a variable: `:name` stands for it, `:'name'` for it as a literal, `:"name"` as an identifier
    #[serde(default)]
    variables: HashMap<String, String>,
    /// Run all statements in one transaction: all of them are kept, or none
    #[serde(default)]
    single_transaction: bool,
    /// Maximum number of rows of each statement
    #[schema(minimum = 1, maximum = 100_000, default = 1000)]
    limit: Option<u64>,
    /// Allow changes; requires the permission `update` on the instance
    #[serde(default)]
    write: bool,
    /// Timeout of each statement, for example 30s or 5m [default: none]
    #[schema(pattern = "^[0-9]+(ms|s|m|min|h)?$")]
    timeout: Option<String>,
}

/// Run a script of SQL statements
#[utoipa::path(
    description = "Runs the statements one after the other and stops at the first error. Each one is kept when it is done, \
        unless the script begins a transaction or `singleTransaction` asks for one. Statements that cannot run in a \
        transaction, such as `vacuum`, work here.",
    post, path = "/api/run", operation_id = "runScript", request_body = ScriptRequest,
    responses(
        (status = 200, description = "The result of each statement, one per line",
            body = StatementResult, content_type = "application/x-ndjson"),
        (status = 400, description = "The database rejected a statement", body = ProblemBody),
        (status = 403, description = "Permission denied", body = ProblemBody),
    )
)]
pub(crate) async fn script(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    JsonBody(request): JsonBody<ScriptRequest>,
) -> Result<Response, ProblemBody> {
    let ScriptRequest { sql, target, variables, single_transaction, limit, write, timeout } = request;
    let mut statements = split(&sql, &variables)?;
    if statements.is_empty() {
        return Err(ProblemBody::bad("no statement given")
            .hint("pass statements, `-f FILE`, or pipe them to standard input"));
    }
    if single_transaction {
        let ends = |one: &&ScriptStatement| {
            matches!(
                TransactionStep::of(&one.text),
                TransactionStep::Begin | TransactionStep::End | TransactionStep::Chain
            )
        };
        if let Some(one) = statements.iter().find(ends) {
            let word = first_word(&one.text).to_uppercase();
            return Err(ProblemBody::bad(format!(
                "line {}: {word} cannot be combined with a single transaction",
                one.line
            )));
        }
        let own = |text: &str| ScriptStatement { text: text.to_owned(), line: 0, rows: None };
        statements.insert(0, own("begin"));
        statements.push(own("commit"));
    }
    let place = target.place(&plugin.everest, &caller).await?;
    if write {
        plugin.may_write(&caller, &place).await?;
    }
    let timeout = limit_of_time(timeout.as_deref(), None)?;
    let connection = Connection::open(&plugin.room, &place, Stay::Statement).await?;
    let executor = Executor::new(connection, write, timeout).await?;
    let run = ScriptRun {
        on: RunsOn::Own(Box::new(executor)),
        several: statements.len() > 1,
        whole: single_transaction,
        statements: statements.into(),
        limit: limit.unwrap_or(LIMIT),
    };
    answer(run, LINES, 1).await
}

/// Statements to run in a session.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionRequest {
    /// SQL statements, separated by semicolons
    #[schema(content_media_type = "application/sql")]
    sql: String,
    /// Value of a variable: `:name` stands for it, `:'name'` for it as a literal, `:"name"` as an identifier
    #[serde(default)]
    variables: HashMap<String, String>,
    /// Maximum number of rows of each statement
    #[schema(minimum = 1, maximum = 100_000, default = 1000)]
    limit: Option<u64>,
    /// Refuse DELETE and UPDATE without WHERE outside of a transaction
    #[serde(default)]
    safe_updates: bool,
}

/// Run statements in a session
#[utoipa::path(
    description = "When the request is given up, the statement is cancelled; the session stays.",
    post, path = "/api/sessions/{session}/run", operation_id = "runInSession", request_body = SessionRequest,
    params(("session" = String, Path, description = "ID from `sql sessions`")),
    responses(
        (status = 200, description = "The result of each statement, one per line",
            body = StatementResult, content_type = "application/x-ndjson"),
        (status = 400, description = "The database rejected a statement", body = ProblemBody),
        (status = 404, description = "No such session", body = ProblemBody),
        (status = 409, description = "Another statement is running in the session", body = ProblemBody),
    )
)]
pub(crate) async fn in_session(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    Path(id): Path<String>,
    JsonBody(request): JsonBody<SessionRequest>,
) -> Result<Response, ProblemBody> {
    let SessionRequest { sql, variables, limit, safe_updates } = request;
    let session = own(&plugin, &caller, &id).await?;
    let statements = split(&sql, &variables)?;
    if statements.is_empty() {
        return Err(ProblemBody::bad("no statement given"));
    }
    let mut turn = session.turn().await?;
    let state = turn.executor().map(|executor| executor.state());
    let unbounded = statements.iter().find(|one| safe_updates && is_unbounded(&one.text));
    if let Some(one) = unbounded.filter(|_| state == Some(TransactionState::None)) {
        return Err(unbounded_problem(&one.text)
            .hint("add `where true` to change all rows, or start a transaction with `begin`"));
    }
    let run = ScriptRun {
        on: RunsOn::Session { turn, end: Some((plugin.clone(), session.id.clone())) },
        several: statements.len() > 1,
        whole: false,
        statements: statements.into(),
        limit: limit.unwrap_or(LIMIT),
    };
    answer(run, LINES, 1).await
}

/// What is said of a statement without `where` that would change all rows.
pub(super) fn unbounded_problem(sql: &str) -> ProblemBody {
    let word = crate::tag::main_word(sql).to_uppercase();
    ProblemBody::bad(format!("{word} without WHERE would change all rows of the table"))
}

/// The connection that a script runs on.
enum RunsOn {
    /// One of its own.
    Own(Box<Executor>),
    /// That of a session, which ends when its connection is gone.
    Session { turn: SessionTurn, end: Option<(SqlExplorer, String)> },
}

/// Statements that run one after the other.
struct ScriptRun {
    on: RunsOn,
    statements: VecDeque<ScriptStatement>,
    several: bool,
    /// All of it is undone when one statement fails.
    whole: bool,
    limit: u64,
}

impl ScriptRun {
    async fn run(&mut self, one: &ScriptStatement) -> Result<StatementResult, ProblemBody> {
        match &mut self.on {
            RunsOn::Own(executor) => executor.run(one, self.limit).await,
            RunsOn::Session { turn, end } => {
                turn.runs = true;
                let Some(executor) = turn.executor() else {
                    return Err(ProblemBody::bad("the session has ended"));
                };
                let ran = executor.run(one, self.limit).await;
                let is_closed = executor.is_closed();
                turn.runs = false;
                if let Some((plugin, id)) = end.take_if(|_| is_closed) {
                    plugin.sessions.end(&id);
                }
                ran
            }
        }
    }
}

impl Pieces for ScriptRun {
    async fn next(&mut self) -> Result<Option<Bytes>, ProblemBody> {
        while let Some(one) = self.statements.pop_front() {
            let ran = self.run(&one).await;
            if ran.is_err() {
                self.statements.clear();
            }
            let result = ran.map_err(|problem| {
                let problem = problem.with_way_to_write("use `--write` to run statements that change data");
                let problem = if self.whole { problem.nothing_kept() } else { problem };
                if self.several && one.line > 0 { problem.at_line(one.line) } else { problem }
            })?;
            // What was added around a script is none of its statements.
            if one.line > 0 {
                let line =
                    serde_json::to_string(&result).map_err(|_| ProblemBody::bad("the result is not JSON"))?;
                return Ok(Some(format!("{line}\n").into()));
            }
        }
        match &self.on {
            RunsOn::Own(executor) if executor.state() != TransactionState::None => {
                Err(ProblemBody::bad("the script ended within a transaction, which was rolled back")
                    .hint("add `commit` to the end of the script"))
            }
            _ => Ok(None),
        }
    }
}

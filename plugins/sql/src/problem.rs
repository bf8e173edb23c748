//! What went wrong, in words, and as a response.
//!
//! Errors of the database keep its code, the place in the statement and its hint. Nothing here knows a password.

use crate::statement;
use axum::Json;
use axum::response::{IntoResponse, Response};
use everestctl_plugin_service::everest::EverestError;
use http::StatusCode;
use serde::Serialize;
use tokio_postgres::error::{DbError, ErrorPosition, SqlState};
use utoipa::ToSchema;

/// What to do about a statement that is not allowed to change anything.
const WRITE: &str = "use `sql query --write` to run statements that change data";
/// What to do about a command of psql, which no database knows.
const BACKSLASH: &str =
    "commands that start with a backslash work in `sql shell`; \\d is `sql describe`, \\dt is `sql tables`";
/// No message of the database is shown longer than this, and nothing that it adds longer than that, in characters.
const LONGEST: usize = 300;
const LONGEST_ADDED: usize = 2000;

/// The body of an error response.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ProblemBody {
    #[serde(skip)]
    status: StatusCode,
    /// What happened.
    error: String,
    /// More about it, in lines: the line of the statement with a caret below the place, what the database adds.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The code of the SQL standard and of PostgreSQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    sqlstate: Option<String>,
    /// The character in the statement where it went wrong, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position: Option<u32>,
}

impl ProblemBody {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), detail: None, hint: None, sqlstate: None, position: None }
    }

    /// The request is not valid.
    pub(crate) fn bad(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    /// A statement of this kind cannot be known to change nothing; in the database's own words for one that does.
    pub(crate) fn not_reading(word: &str) -> Self {
        let code = SqlState::READ_ONLY_SQL_TRANSACTION.code();
        let error =
            format!("cannot execute {} in a read-only transaction (SQLSTATE {code})", word.to_uppercase());
        Self { sqlstate: Some(code.to_owned()), ..Self::new(StatusCode::FORBIDDEN, error) }.hint(WRITE)
    }

    /// The connection was lost during a commit.
    pub(crate) fn in_doubt() -> Self {
        let error = "outcome unknown: the connection was lost during the commit";
        Self::new(StatusCode::BAD_GATEWAY, error)
            .hint("it may have been carried out: check before you run it again")
    }

    /// Whether the database gave this code.
    pub(crate) fn has_code(&self, code: &SqlState) -> bool {
        self.sqlstate.as_deref() == Some(code.code())
    }

    /// Says another way to run a statement that changes data, where `--write` is none.
    #[must_use]
    pub(crate) fn with_way_to_write(mut self, way: &str) -> Self {
        if self.hint.as_deref() == Some(WRITE) {
            self.hint = Some(way.to_owned());
        }
        self
    }

    /// Says where in a script it happened, of several statements.
    #[must_use]
    pub(crate) fn at_line(mut self, line: usize) -> Self {
        self.error = format!("line {line}: {}", self.error);
        self
    }

    /// Says that a script has left nothing behind.
    #[must_use]
    pub(crate) fn nothing_kept(mut self) -> Self {
        let kept =
            "the transaction was rolled back: no statement of the script has changed anything".to_owned();
        self.detail = Some(self.detail.map_or_else(|| kept.clone(), |detail| format!("{detail}\n{kept}")));
        self
    }

    /// Says where in a file it happened, as far as that is known.
    #[must_use]
    pub(crate) fn at_line_or_later(mut self, line: u64) -> Self {
        self.error = format!("at line {line} or later: {}", self.error);
        self
    }

    /// What may be in a log: nothing that a statement or its rows could hold.
    pub(crate) fn in_brief(&self) -> String {
        let code = self.sqlstate.as_deref().unwrap_or_else(|| self.status.as_str());
        format!("response interrupted ({code})")
    }

    /// Adds a hint.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What the database says of one of our own statements, of which no place is shown.
    #[expect(clippy::needless_pass_by_value, reason = "it is for map_err")]
    pub(crate) fn from_own_statement(error: tokio_postgres::Error) -> Self {
        Self::from_statement(&error, "", 0)
    }

    /// What the database says of `sql`, in front of which stood `prefix` characters of our own.
    pub(crate) fn from_statement(error: &tokio_postgres::Error, sql: &str, prefix: u32) -> Self {
        let Some(said) = error.as_db_error() else { return Self::from_connection(error) };
        let mut problem = Self::from_database(said);
        if let Some(ErrorPosition::Original(position)) = said.position() {
            // A place in what we have added is no place in the statement.
            problem.position = position.checked_sub(prefix).filter(|position| *position > 0);
        }
        let excerpt = problem.position.and_then(|position| statement::excerpt(sql, position));
        let lines: Vec<String> = excerpt.into_iter().chain(problem.detail).collect();
        problem.detail = Some(lines.join("\n")).filter(|lines| !lines.is_empty());
        if sql.trim_start().starts_with('\\') {
            problem.hint = Some(BACKSLASH.to_owned());
        }
        problem
    }

    /// What the database says of a connection, or of none.
    pub(crate) fn from_connection(error: &tokio_postgres::Error) -> Self {
        if let Some(said) = error.as_db_error() {
            return Self::from_database(said);
        }
        if error.is_closed() {
            return Self::new(StatusCode::BAD_GATEWAY, "the database closed the connection");
        }
        let mut words = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            words = format!("{words}: {error}");
            cause = error.source();
        }
        Self::new(StatusCode::BAD_GATEWAY, format!("could not connect to the database: {words}"))
    }

    fn from_database(said: &DbError) -> Self {
        let code = said.code();
        let (status, ours) = match code {
            &SqlState::READ_ONLY_SQL_TRANSACTION => (StatusCode::FORBIDDEN, Some(WRITE)),
            &SqlState::INSUFFICIENT_PRIVILEGE => (StatusCode::FORBIDDEN, None),
            &SqlState::QUERY_CANCELED if said.message().contains("timeout") => {
                (StatusCode::GATEWAY_TIMEOUT, Some("use `--timeout` to give it more time"))
            }
            &SqlState::ACTIVE_SQL_TRANSACTION => (
                StatusCode::BAD_REQUEST,
                Some("use `sql run --write`, which runs it outside of a transaction"),
            ),
            &SqlState::INVALID_CATALOG_NAME => {
                (StatusCode::NOT_FOUND, Some("use `sql databases` to list the databases"))
            }
            // Who may use the database at all is between the plugin and the server.
            &SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                (StatusCode::BAD_GATEWAY, None)
            }
            // The class of what the server itself suffers: it goes down, it has no room.
            code if matches!(code.code().get(..2), Some("57" | "53" | "58" | "XX"))
                && *code != SqlState::QUERY_CANCELED =>
            {
                (StatusCode::BAD_GATEWAY, None)
            }
            _ => (StatusCode::BAD_REQUEST, None),
        };
        let mut problem =
            Self::new(status, format!("{} (SQLSTATE {})", short(said.message(), LONGEST), code.code()));
        problem.sqlstate = Some(code.code().to_owned());
        let context = said.where_().map(|text| format!("CONTEXT: {}", short(text, LONGEST_ADDED)));
        let lines: Vec<String> =
            said.detail().map(|text| short(text, LONGEST_ADDED)).into_iter().chain(context).collect();
        problem.detail = Some(lines.join("\n")).filter(|lines| !lines.is_empty());
        problem.hint = said.hint().or(ours).map(|text| short(text, LONGEST_ADDED));
        problem
    }
}

/// A message may quote the value that it is about, however large that is.
pub(crate) fn short(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl std::fmt::Display for ProblemBody {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.error)
    }
}

impl From<EverestError> for ProblemBody {
    fn from(error: EverestError) -> Self {
        let problem = Self::new(error.status(), error.to_string());
        if error.status() == StatusCode::FORBIDDEN {
            return problem.hint("connecting requires the permission `read-connection` on the instance");
        }
        problem
    }
}

impl IntoResponse for ProblemBody {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

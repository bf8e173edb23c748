//! A statement that runs, row by row: however many there are, one piece of them is in memory.
//!
//! A statement that only reads goes through a cursor, so that the server makes no more rows than are wanted. It must
//! not know in which form rows go out.

use crate::cursor;
use crate::database::{Connection, Rules, Whose};
use crate::problem::ProblemBody;
use crate::statement;
use crate::tag;
use crate::value::{self, Delimiters, ResultColumn};
use futures_util::StreamExt as _;
use std::pin::Pin;
use std::time::{Duration, Instant};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Error, SimpleQueryMessage, SimpleQueryRow, SimpleQueryStream, Statement};

/// How many rows are fetched first, if the client waits for a page of them.
const FIRST: u64 = 50;
/// And at most.
const MOST: u64 = 5000;
/// Rows that take longer than this come in no larger pieces, and are sent at once: a client may be waiting for each.
pub(crate) const SOON: Duration = Duration::from_millis(100);

/// A statement that runs.
pub(crate) struct RunningQuery {
    connection: Connection,
    sql: String,
    columns: Vec<ResultColumn>,
    stream: Pin<Box<SimpleQueryStream>>,
    /// How many rows the cursor was asked for; `None` without one.
    batch: Option<u64>,
    /// When the rows were requested.
    asked: Instant,
    /// When the server has worked long enough on the whole.
    deadline: Option<Instant>,
    /// How many of them have come.
    came: u64,
    /// How many more may be asked for.
    left: u64,
    /// What the server says that it has done, when there are no rows.
    affected: u64,
    writes: bool,
    over: bool,
}

/// Makes sure that `sql` is one statement, and learns its columns. The database reads it and does not run it; before
/// it runs, the connection has to be handed over.
pub(crate) async fn prepared(connection: &Connection, sql: &str) -> Result<Statement, ProblemBody> {
    if statement::is_empty(sql) {
        return Err(ProblemBody::bad("no statement given")
            .hint("pass the statement, `@FILE`, or `-` for standard input"));
    }
    if sql.contains('\0') {
        return Err(ProblemBody::bad("a statement cannot contain NUL"));
    }
    let statement = connection.read(sql).await;
    let statement = statement.map_err(|error| {
        let problem = ProblemBody::from_statement(&error, sql, 0);
        // An error in a statement has a place; that there are several has none.
        let several = problem.position.is_none() && error.code() == Some(&SqlState::SYNTAX_ERROR);
        if several {
            problem.hint("use `sql run` for several statements: it takes a file, or standard input")
        } else {
            problem
        }
    })?;
    if statement.params().is_empty() {
        Ok(statement)
    } else {
        Err(ProblemBody::bad("statements with parameters (`$1`) are not supported")
            .hint("put the values into the statement"))
    }
}

impl RunningQuery {
    /// Runs `sql` in its own transaction. Returns at most `limit` rows, and whether there are more.
    pub(crate) async fn of(
        mut connection: Connection,
        sql: String,
        rules: Rules,
        limit: u64,
    ) -> Result<Self, ProblemBody> {
        let asked = Instant::now();
        connection.begin(rules).await?;
        let statement = prepared(&connection, &sql).await?;
        let delimiters = delimiters(&connection, &statement).await?;
        let described = statement.columns().iter();
        let columns = value::columns(described.map(|column| (column.name(), column.type_())), &delimiters);
        let writes = rules.whose == Whose::Writing;
        let way = ExecutionMode::of(&sql, writes)?;
        let wanted = limit.saturating_add(1);
        let first = wanted.min(if rules.whose == Whose::All { 1 } else { FIRST });
        connection.hand_over().await?;
        let declared = way == ExecutionMode::Cursor && cursor::declare(&mut connection, rules, &sql).await?;
        let stream = if declared {
            cursor::fetch(connection.client(), first, None, &sql).await
        } else {
            connection.client().simple_query_raw(&sql).await
        };
        let stream = Box::pin(stream.map_err(|error| problem(&error, &sql, 0))?);
        Ok(Self {
            connection,
            sql,
            columns,
            stream,
            batch: declared.then_some(first),
            asked,
            // However many rows are wanted, each piece of them has its time.
            deadline: rules.timeout.filter(|_| rules.whose != Whose::All).map(|timeout| asked + timeout),
            came: 0,
            left: wanted - first,
            affected: 0,
            writes,
            over: false,
        })
    }

    /// The columns; none when the statement gives no rows.
    pub(crate) fn columns(&self) -> &[ResultColumn] {
        &self.columns
    }

    /// How many rows the statement has changed.
    pub(crate) fn affected(&self) -> u64 {
        self.affected
    }

    /// What psql writes below the rows, of which `shown` are shown and perhaps some are `cut`.
    pub(crate) fn summary(&self, has_rows: bool, shown: u64, cut: bool) -> String {
        let count = if has_rows { shown + u64::from(cut) } else { 0 };
        tag::summary(&self.sql, has_rows, shown, count, self.affected, cut)
    }

    /// What the database has noted so far beside the rows.
    pub(crate) fn notices(&self) -> Vec<String> {
        self.connection.notices()
    }

    /// Whether it may change something, and so has to finish.
    pub(crate) fn writes(&self) -> bool {
        self.writes
    }

    /// Whether the next row has to be asked for.
    pub(crate) fn waits(&self) -> bool {
        self.batch == Some(self.came)
    }

    /// Whether the statement gives rows, though it may be that they have no columns: `select from t`.
    pub(crate) async fn gives_rows(&mut self) -> Result<bool, ProblemBody> {
        if !self.columns.is_empty() {
            return Ok(true);
        }
        let message = self.stream.next().await.transpose();
        let gives = match message.map_err(|error| self.problem(&error))? {
            Some(SimpleQueryMessage::RowDescription(_)) => true,
            Some(SimpleQueryMessage::CommandComplete(affected)) => {
                self.affected = affected;
                false
            }
            _ => false,
        };
        Ok(gives)
    }

    /// The next row; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<SimpleQueryRow>, ProblemBody> {
        while !self.over {
            let message = self.stream.next().await.transpose();
            match message.map_err(|error| self.problem(&error))? {
                Some(SimpleQueryMessage::Row(row)) => {
                    self.came += 1;
                    return Ok(Some(row));
                }
                Some(SimpleQueryMessage::CommandComplete(affected)) => self.affected = affected,
                Some(_) => {}
                None => match self.batch {
                    Some(batch) if self.came == batch && self.left > 0 => {
                        let grown = if self.asked.elapsed() < SOON { batch * 4 } else { batch };
                        let batch = grown.min(MOST).min(self.left);
                        self.left -= batch;
                        self.asked = Instant::now();
                        let time = self.deadline.map(|deadline| deadline.duration_since(self.asked));
                        let next = cursor::fetch(self.connection.client(), batch, time, &self.sql).await;
                        self.stream = Box::pin(next.map_err(|error| self.problem(&error))?);
                        (self.batch, self.came) = (Some(batch), 0);
                    }
                    _ => self.over = true,
                },
            }
        }
        Ok(None)
    }

    /// Makes what was changed last, once all rows have been read.
    pub(crate) async fn finish(&mut self) -> Result<(), ProblemBody> {
        if self.writes {
            let done = self.connection.client().batch_execute("COMMIT").await;
            done.map_err(|error| match error.as_db_error() {
                Some(_) => self.problem(&error),
                None => ProblemBody::in_doubt(),
            })?;
        }
        self.connection.rest();
        Ok(())
    }

    fn problem(&self, error: &Error) -> ProblemBody {
        // The place of an error in a cursor is one in the statement with what we put in front of it.
        problem(error, &self.sql, if self.batch.is_some() { cursor::prefix() } else { 0 })
    }
}

/// What went wrong with a statement that runs.
fn problem(error: &Error, sql: &str, prefix: u32) -> ProblemBody {
    // The database started to speak of a copy. Nothing but its text tells this error from others.
    if error.to_string() == "unexpected message from server" {
        return ProblemBody::bad("this kind of statement is not supported")
            .hint("use `sql export` to write rows to a file");
    }
    ProblemBody::from_statement(error, sql, prefix)
}

/// The delimiters of arrays whose elements are of user-defined types.
async fn delimiters(connection: &Connection, statement: &Statement) -> Result<Delimiters, ProblemBody> {
    const SQL: &str = "SELECT t.typdelim FROM pg_catalog.pg_type AS t WHERE t.oid OPERATOR(pg_catalog.=) $1::pg_catalog.oid";
    let mut found = Delimiters::new();
    for element in statement.columns().iter().filter_map(|column| value::added_element(column.type_())) {
        if found.contains_key(&element) {
            continue;
        }
        let row = connection.client().query_one(SQL, &[&element]).await;
        let delimiter = row.and_then(|row| row.try_get::<_, i8>(0));
        let delimiter = delimiter.map_err(ProblemBody::from_own_statement)?;
        found.insert(element, delimiter.cast_unsigned());
    }
    Ok(found)
}

/// How a statement is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExecutionMode {
    /// By a cursor.
    Cursor,
    /// As it is.
    Whole,
}

/// Commands for a transaction or session that outlives the statement, and so have no effect here.
const OF_A_SESSION: [&str; 22] = [
    "abort",
    "begin",
    "close",
    "commit",
    "deallocate",
    "declare",
    "discard",
    "end",
    "execute",
    "fetch",
    "listen",
    "load",
    "lock",
    "move",
    "prepare",
    "release",
    "reset",
    "rollback",
    "savepoint",
    "set",
    "start",
    "unlisten",
];

impl ExecutionMode {
    /// By the first word. A statement that must not change data has to start with a word that reads: others can do things
    /// that a read-only transaction does not forbid, such as writing a file on the server.
    fn of(sql: &str, writes: bool) -> Result<Self, ProblemBody> {
        match statement::first_word(sql).as_str() {
            word if OF_A_SESSION.contains(&word) => {
                let error = format!("{} has no effect here", word.to_uppercase());
                Err(ProblemBody::bad(error).hint(
                    "every statement has its own transaction and session: use `sql shell` or `sql run`",
                ))
            }
            _ if writes => Ok(Self::Whole),
            "select" | "values" | "table" | "with" => Ok(Self::Cursor),
            "show" | "explain" => Ok(Self::Whole),
            word => Err(ProblemBody::not_reading(word)),
        }
    }
}

//! A statement that runs, row by row: however many there are, one piece of them is in memory.
//!
//! A statement that only reads goes through a cursor, so that the server makes no more rows than are wanted. It must
//! not know in which form rows go out.

use crate::database::{Connection, Rules, Whose};
use crate::problem::Problem;
use crate::statement;
use crate::value::{self, Column};
use futures_util::StreamExt as _;
use std::pin::Pin;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, SimpleQueryMessage, SimpleQueryRow, SimpleQueryStream, Statement};

/// What stands in front of a statement with a cursor.
const DECLARE: &str = "DECLARE c NO SCROLL CURSOR FOR ";
/// How many rows are asked for at first: somebody waits for them.
const FIRST: u64 = 50;
/// And at most.
const MOST: u64 = 5000;
/// How much of a statement the server's list of what runs needs, in characters.
const SHOWN: usize = 1000;

/// A statement that runs.
pub(crate) struct Rows {
    connection: Connection,
    sql: String,
    columns: Vec<Column>,
    stream: Pin<Box<SimpleQueryStream>>,
    /// How many rows the cursor was asked for; `None` without one.
    batch: Option<u64>,
    /// How many of them have come.
    came: u64,
    /// How many more may be asked for.
    left: u64,
    /// What the server says that it has done, when there are no rows.
    affected: u64,
    writes: bool,
    over: bool,
}

/// Makes sure that `sql` is one statement, and learns its columns. The database reads it and does not run it.
pub(crate) async fn prepared(connection: &Connection, sql: &str) -> Result<Statement, Problem> {
    if statement::is_empty(sql) {
        return Err(Problem::bad("there is no statement").hint("a text, `@FILE`, or `-` for standard input"));
    }
    if sql.contains('\0') {
        return Err(Problem::bad("a statement holds no NUL"));
    }
    let statement = connection.client().prepare(sql).await;
    let statement = statement.map_err(|error| Problem::of_statement(&error, sql, 0))?;
    if statement.params().is_empty() {
        Ok(statement)
    } else {
        Err(Problem::bad("a statement with parameters (`$1`) cannot be run").hint("write the values into it"))
    }
}

impl Rows {
    /// Runs `sql` in a transaction of its own. Somebody wants at most `limit` rows, and to know whether there are more.
    pub(crate) async fn of(
        mut connection: Connection,
        sql: String,
        rules: Rules,
        limit: u64,
    ) -> Result<Self, Problem> {
        connection.begin(rules).await?;
        let statement = prepared(&connection, &sql).await?;
        let described = statement.columns().iter();
        let columns = value::columns(described.map(|column| (column.name(), column.type_())));
        let writes = rules.whose == Whose::Writing;
        let has_cursor = !writes
            && !columns.is_empty()
            && matches!(statement::first_word(&sql).as_str(), "select" | "values" | "table" | "with");
        let client = connection.client();
        let wanted = limit.saturating_add(1);
        let first = wanted.min(FIRST);
        let (stream, batch) = if has_cursor {
            let declared = client.batch_execute(&format!("{DECLARE}{sql}")).await;
            declared.map_err(|error| not_declared(&error, &sql))?;
            (fetch(client, first, &sql).await, Some(first))
        } else {
            (client.simple_query_raw(&sql).await, None)
        };
        let stream = Box::pin(stream.map_err(|error| Problem::of_statement(&error, &sql, 0))?);
        Ok(Self {
            connection,
            sql,
            columns,
            stream,
            batch,
            came: 0,
            left: wanted - first,
            affected: 0,
            writes,
            over: false,
        })
    }

    /// The columns; none when the statement gives no rows.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How many rows the statement has changed.
    pub(crate) fn affected(&self) -> u64 {
        self.affected
    }

    /// Whether it may change something, and so has to come to its end.
    pub(crate) fn writes(&self) -> bool {
        self.writes
    }

    /// Whether the next row has to be asked for.
    pub(crate) fn waits(&self) -> bool {
        self.batch == Some(self.came)
    }

    /// The next row; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<SimpleQueryRow>, Problem> {
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
                        let batch = (batch * 4).min(MOST).min(self.left);
                        self.left -= batch;
                        let next = fetch(self.connection.client(), batch, &self.sql).await;
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
    pub(crate) async fn finish(&mut self) -> Result<(), Problem> {
        if self.writes {
            let done = self.connection.client().batch_execute("COMMIT").await;
            done.map_err(|error| self.problem(&error))?;
        }
        self.connection.rest();
        Ok(())
    }

    fn problem(&self, error: &Error) -> Problem {
        if error.as_db_error().is_none() && !error.is_closed() && !self.connection.client().is_closed() {
            // It began to speak of a copy.
            return Problem::bad("this kind of statement cannot be run here")
                .hint("`sql export` writes rows to a file");
        }
        // The place of an error in a cursor is one in the statement with what we put in front of it.
        let prefix = if self.batch.is_some() { DECLARE.len() } else { 0 };
        Problem::of_statement(error, &self.sql, u32::try_from(prefix).unwrap_or_default())
    }
}

/// Why there is no cursor for a statement that is right by itself.
fn not_declared(error: &Error, sql: &str) -> Problem {
    const NO_CURSOR: [&SqlState; 3] =
        [&SqlState::SYNTAX_ERROR, &SqlState::FEATURE_NOT_SUPPORTED, &SqlState::INVALID_CURSOR_DEFINITION];
    if error.code().is_some_and(|code| NO_CURSOR.contains(&code)) {
        return Problem::changes();
    }
    Problem::of_statement(error, sql, u32::try_from(DECLARE.len()).unwrap_or_default())
}

/// Asks for the next rows. In the server's list of what runs, the statement stands behind it.
async fn fetch(client: &Client, rows: u64, sql: &str) -> Result<SimpleQueryStream, Error> {
    let shown = sql.chars().take(SHOWN).map(|character| if character.is_control() { ' ' } else { character });
    client.simple_query_raw(&format!("FETCH FORWARD {rows} FROM c -- {}", shown.collect::<String>())).await
}

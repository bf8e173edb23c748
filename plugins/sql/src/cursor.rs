//! A cursor of the database: made of a statement, and asked for rows.
//!
//! It must not know what becomes of them.

use crate::database::{Connection, Rules};
use crate::problem::ProblemBody;
use std::time::Duration;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, SimpleQueryStream};

/// What precedes the statement.
const DECLARE: &str = "DECLARE c NO SCROLL CURSOR FOR ";
/// How much of a statement the server's list of what runs needs, in characters.
const SHOWN: usize = 1000;

/// Makes a cursor of `sql`; false where the database has none for it. Whether it may run at all, the database says when
/// it runs by itself.
pub(crate) async fn declare(
    connection: &mut Connection,
    rules: Rules,
    sql: &str,
) -> Result<bool, ProblemBody> {
    const NO_CURSOR: [&SqlState; 3] =
        [&SqlState::SYNTAX_ERROR, &SqlState::FEATURE_NOT_SUPPORTED, &SqlState::INVALID_CURSOR_DEFINITION];
    let Err(error) = connection.client().batch_execute(&format!("{DECLARE}{sql}")).await else {
        return Ok(true);
    };
    if !error.code().is_some_and(|code| NO_CURSOR.contains(&code)) {
        return Err(ProblemBody::from_statement(&error, sql, prefix()));
    }
    let ended = connection.client().batch_execute("ROLLBACK").await;
    ended.map_err(|error| ProblemBody::from_connection(&error))?;
    connection.begin(rules).await?;
    connection.hand_over().await?;
    Ok(false)
}

/// The statement of the caller's in one that this plugin sends for it, as the server lists it.
pub(crate) fn shown(sent: &str) -> &str {
    let of_fetch = || {
        let fetch =
            sent.strip_prefix("SET LOCAL ").map_or(Some(sent), |rest| Some(rest.split_once("; ")?.1))?;
        Some(fetch.strip_prefix("FETCH FORWARD ")?.split_once(" -- ")?.1)
    };
    sent.strip_prefix(DECLARE).or_else(of_fetch).unwrap_or(sent)
}

/// How many characters stand in front of the statement in a cursor.
pub(crate) fn prefix() -> u32 {
    u32::try_from(DECLARE.len()).unwrap_or_default()
}

/// Asks for the next rows, which may take `time`. The server lists the statement after it.
pub(crate) async fn fetch(
    client: &Client,
    rows: u64,
    time: Option<Duration>,
    sql: &str,
) -> Result<SimpleQueryStream, Error> {
    let shown = sql.chars().take(SHOWN).map(|character| if character.is_control() { ' ' } else { character });
    let limit = time.map(|time| format!("SET LOCAL statement_timeout = {}; ", time.as_millis().max(1)));
    let limit = limit.unwrap_or_default();
    client
        .simple_query_raw(&format!("{limit}FETCH FORWARD {rows} FROM c -- {}", shown.collect::<String>()))
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_listed_as_its_author_wrote_it() {
        for sent in [
            "DECLARE c NO SCROLL CURSOR FOR select 1",
            "FETCH FORWARD 50 FROM c -- select 1",
            "SET LOCAL statement_timeout = 30000; FETCH FORWARD 50 FROM c -- select 1",
            "select 1",
        ] {
            assert_eq!(shown(sent), "select 1");
        }
    }
}

//! What a statement is, by its words: the tag that the database gives it when it is done (`UPDATE 4`), which the driver
//! keeps to itself, and what it does to a transaction.
//!
//! It must not run anything.

use crate::statement::{first_word, outer_words};
use serde::Serialize;
use utoipa::ToSchema;

/// Words that stand between `create` and what is created.
const OF_CREATE: [&str; 13] = [
    "or",
    "replace",
    "temp",
    "temporary",
    "unlogged",
    "unique",
    "global",
    "local",
    "recursive",
    "constraint",
    "trusted",
    "procedural",
    "concurrently",
];

/// The word that says what a statement does: that behind the queries of a `with`.
pub(crate) fn main_word(sql: &str) -> String {
    let first = first_word(sql);
    if first != "with" {
        return first;
    }
    let does = |word: &String| {
        matches!(word.as_str(), "select" | "insert" | "update" | "delete" | "merge" | "values" | "table")
    };
    outer_words(sql).skip(1).find(does).unwrap_or(first)
}

/// The tag of a statement that has changed or given so many rows.
pub(crate) fn tag(sql: &str, rows: u64) -> String {
    let main = main_word(sql);
    match main.as_str() {
        "insert" => format!("INSERT 0 {rows}"),
        "select" | "values" | "table" => format!("SELECT {rows}"),
        "update" | "delete" | "merge" | "fetch" | "move" | "copy" => {
            format!("{} {rows}", main.to_uppercase())
        }
        "create" if rows > 0 => format!("SELECT {rows}"),
        "create" | "drop" | "alter" => format!("{} {}", main.to_uppercase(), kind(sql)).trim_end().to_owned(),
        "start" => "START TRANSACTION".to_owned(),
        "end" => "COMMIT".to_owned(),
        "abort" => "ROLLBACK".to_owned(),
        "refresh" => "REFRESH MATERIALIZED VIEW".to_owned(),
        "prepare" if outer_words(sql).nth(1).as_deref() == Some("transaction") => {
            "PREPARE TRANSACTION".to_owned()
        }
        _ => main.to_uppercase(),
    }
}

/// What psql writes below the rows, or instead of them.
pub(crate) fn summary(
    sql: &str,
    has_rows: bool,
    shown: u64,
    count: u64,
    affected: u64,
    stopped: bool,
) -> String {
    let tag = tag(sql, affected.max(if has_rows { count } else { 0 }));
    if !has_rows {
        return tag;
    }
    let rows = if count == 1 { "row" } else { "rows" };
    let number = match (shown < count, stopped) {
        (false, _) => format!("{count}"),
        (true, true) => format!("first {shown}"),
        (true, false) => format!("{shown} of {count}"),
    };
    let changes = ["INSERT", "UPDATE", "DELETE", "MERGE"].iter().any(|word| tag.starts_with(word));
    if changes { format!("({number} {rows}, {tag})") } else { format!("({number} {rows})") }
}

/// What is created, dropped or altered: `TABLE`, `MATERIALIZED VIEW`.
fn kind(sql: &str) -> String {
    let mut words = outer_words(sql).skip(1).skip_while(|word| OF_CREATE.contains(&word.as_str()));
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let two = matches!(
        (first.as_str(), second.as_str()),
        ("materialized", "view")
            | ("foreign", "table" | "data")
            | ("event", "trigger")
            | ("access", "method")
            | ("user", "mapping")
            | ("operator", "class" | "family")
            | ("default", "privileges")
            | ("text", "search")
            | ("large", "object")
    );
    let kind = match first.as_str() {
        _ if two => format!("{first} {second}"),
        "user" | "group" => "role".to_owned(),
        _ => first,
    };
    kind.to_uppercase()
}

/// Whether a statement changes or deletes all rows of a table: one without `where`.
pub(crate) fn is_unbounded(sql: &str) -> bool {
    let main = main_word(sql);
    matches!(main.as_str(), "update" | "delete") && !outer_words(sql).any(|word| word == "where")
}

/// Whether a statement takes rows through the connection itself.
pub(crate) fn is_copy_in(sql: &str) -> bool {
    is_copy_with(sql, "stdin")
}

/// Whether a statement gives rows through the connection itself, which only a client of the database can take.
pub(crate) fn is_copy_out(sql: &str) -> bool {
    is_copy_with(sql, "stdout")
}

fn is_copy_with(sql: &str, place: &str) -> bool {
    first_word(sql) == "copy" && outer_words(sql).any(|word| word == place)
}

/// Where a session is with its transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TransactionState {
    /// Each statement is kept when it is done.
    #[default]
    None,
    /// What is done is kept at the commit.
    Open,
    /// A statement has failed: nothing goes on before the rollback.
    Failed,
}

/// What a statement is to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransactionStep {
    Begin,
    End,
    /// The end of one, and the beginning of the next.
    Chain,
    BackToSavepoint,
    Other,
}

impl TransactionStep {
    pub(crate) fn of(sql: &str) -> Self {
        let words: Vec<String> = outer_words(sql).take(6).collect();
        let has = |word: &str| words.iter().any(|other| other == word);
        match words.first().map(String::as_str) {
            Some("begin" | "start") => Self::Begin,
            Some("rollback" | "abort") if has("to") => Self::BackToSavepoint,
            // What was prepared is of another transaction.
            Some("commit" | "rollback") if has("prepared") => Self::Other,
            Some("commit" | "end" | "rollback" | "abort") if has("chain") && !has("no") => Self::Chain,
            Some("commit" | "end" | "rollback" | "abort") => Self::End,
            Some("prepare") if words.get(1).is_some_and(|word| word == "transaction") => Self::End,
            _ => Self::Other,
        }
    }
}

impl TransactionState {
    /// What it is after a statement. `is_syntax` says that the database did not even understand it.
    pub(crate) fn after(self, step: TransactionStep, done: bool, is_syntax: bool) -> Self {
        match (self, step, done) {
            (Self::None, TransactionStep::Begin, true) => Self::Open,
            (Self::None, _, _) | (_, TransactionStep::End, true) => Self::None,
            (_, TransactionStep::Chain | TransactionStep::BackToSavepoint, true) => Self::Open,
            // A commit that fails is a rollback.
            (_, TransactionStep::End | TransactionStep::Chain, false) if !is_syntax => Self::None,
            (_, _, false) => Self::Failed,
            (state, _, true) => state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_those_of_the_database() {
        for (sql, rows, expected) in [
            ("update t set x = 1", 4, "UPDATE 4"),
            ("insert into t values (1)", 1, "INSERT 0 1"),
            ("with x as (select 1) delete from t", 2, "DELETE 2"),
            ("with x as (delete from t) select 1", 1, "SELECT 1"),
            ("create unique index concurrently i on t (id)", 0, "CREATE INDEX"),
            ("create or replace view v as select 1", 0, "CREATE VIEW"),
            ("create temp table t (id int)", 0, "CREATE TABLE"),
            ("create table t as select 1", 1, "SELECT 1"),
            ("create materialized view v as select 1", 0, "CREATE MATERIALIZED VIEW"),
            ("drop user x", 0, "DROP ROLE"),
            ("vacuum full t", 0, "VACUUM"),
            ("end", 0, "COMMIT"),
            ("do $$ begin end $$", 0, "DO"),
        ] {
            assert_eq!(tag(sql, rows), expected, "{sql}");
        }
    }

    #[test]
    fn a_transaction_is_where_its_statements_lead() {
        use TransactionState::{Failed, None, Open};
        for (state, sql, done, after) in [
            (None, "begin", true, Open),
            (None, "start transaction isolation level serializable", true, Open),
            (None, "select x", false, None),
            (Open, "select 1", true, Open),
            (Open, "select x", false, Failed),
            (Failed, "select 1", false, Failed),
            (Failed, "rollback to savepoint a", true, Open),
            (Failed, "commit", true, None),
            (Open, "commit", false, None),
            (Open, "commit and chain", true, Open),
            (Open, "commit and no chain", true, None),
            (Open, "prepare transaction 'x'", true, None),
            (Open, "prepare x as select 1", true, Open),
            (None, "rollback prepared 'x'", true, None),
        ] {
            assert_eq!(state.after(TransactionStep::of(sql), done, false), after, "{state:?} {sql}");
        }
        assert_eq!(Open.after(TransactionStep::of("commit foo"), false, true), Failed);
    }

    #[test]
    fn what_a_statement_is_shows_in_its_words() {
        assert!(is_unbounded("delete from t") && is_unbounded("update t set x = (select 1 where true)"));
        assert!(!is_unbounded("delete from t where id = 1") && !is_unbounded("select 1"));
        assert!(is_copy_in("copy t from stdin") && is_copy_out("COPY (select 1) TO STDOUT"));
        assert!(!is_copy_in("copy t from '/stdin'") && !is_copy_in("copy t to stdout"));
    }

    #[test]
    fn a_summary_counts_as_psql_does() {
        assert_eq!(summary("select 1", true, 1, 1, 1, false), "(1 row)");
        assert_eq!(summary("select 1", true, 0, 0, 0, false), "(0 rows)");
        assert_eq!(summary("table t", true, 10, 25, 25, false), "(10 of 25 rows)");
        assert_eq!(summary("table t", true, 10, 11, 0, true), "(first 10 rows)");
        assert_eq!(summary("update t set x = 1", false, 0, 0, 4, false), "UPDATE 4");
        assert_eq!(summary("delete from t returning id", true, 2, 2, 2, false), "(2 rows, DELETE 2)");
    }
}

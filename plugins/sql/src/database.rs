//! A connection to a database for one request. When its result is no longer needed, the statement is cancelled on the
//! server, not only forgotten here.

use crate::notices::Notices;
use crate::problem::ProblemBody;
use crate::room::{ConnectionSeat, Full, Room, Stay};
use crate::target::ConnectionTarget;
use everestctl_postgres_tls::Tls;
use http::StatusCode;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::{CancelToken, Client, Error, SimpleQueryMessage, Statement};

/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(10);
/// How long it may take to say that a statement is no longer wanted.
const CANCEL: Duration = Duration::from_secs(5);

/// What a transaction may do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Whose statements run in it.
    pub(crate) whose: Whose,
    /// How long the server may work on one statement; `None` for as long as it takes.
    pub(crate) timeout: Option<Duration>,
}

/// Whose statements run in a transaction, and what they may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// This plugin's own, which read.
    Ours,
    /// The caller's, to read the first rows soon.
    First,
    /// The caller's, to read all rows.
    All,
    /// The caller's, to change something.
    Writing,
}

impl Whose {
    /// What its transaction starts with, after `BEGIN`.
    fn beginning(self) -> &'static str {
        match self {
            // None waits for others before it starts, whatever is the custom of the database.
            Self::Ours => "READ ONLY, NOT DEFERRABLE, ISOLATION LEVEL READ COMMITTED",
            Self::First => "READ ONLY, NOT DEFERRABLE",
            Self::All => "READ ONLY, NOT DEFERRABLE; SET LOCAL cursor_tuple_fraction = 1",
            Self::Writing => "READ WRITE",
        }
    }
}

/// How values are written, whatever is the custom of the database: floats with all their digits, times as ISO 8601 has
/// them, bytes as `\x…`; and where a text within a statement ends, which has to be where its author sees the end.
const CUSTOMS: &str = "SET LOCAL extra_float_digits = 1; SET LOCAL datestyle = 'ISO'; SET LOCAL bytea_output = 'hex'; \
     SET LOCAL standard_conforming_strings = on";

/// Where the names of our own statements are looked up: in what PostgreSQL itself comes with. A function, an operator, a
/// type or a table that a user has created in the database is never taken for one of those, and temporary tables are no
/// exception. `SET` itself looks up nothing.
const OUR_PATH: &str = "SET LOCAL search_path = pg_catalog, pg_temp";
/// Where those of the caller's statements are: as the server, the database and the role have it.
const THEIR_PATH: &str = "SET LOCAL search_path TO DEFAULT";

/// One connection.
pub(crate) struct Connection {
    client: Client,
    cancel: CancelToken,
    tls: Tls,
    /// The client still waits for the result.
    busy: bool,
    notices: Notices,
    task: JoinHandle<()>,
    _seat: ConnectionSeat,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(room: &Room, place: &ConnectionTarget, stay: Stay) -> Result<Self, ProblemBody> {
        let full = |full: Full| {
            ProblemBody::new(StatusCode::TOO_MANY_REQUESTS, full.to_string())
                .hint("try again when one of them has finished")
        };
        let seat = room.seat(&place.subject, stay).map_err(full)?;
        let unusable = |error: everestctl_postgres_tls::Error| {
            ProblemBody::new(
                StatusCode::BAD_GATEWAY,
                format!("TLS connection to the database failed: {error}"),
            )
        };
        // What is not encrypted needs no certificates to trust.
        let verified = place.verified && place.config.get_ssl_mode() != SslMode::Disable;
        let tls = Tls::new(verified).map_err(unusable)?;
        let connecting = tokio::time::timeout(CONNECT, place.config.connect(tls.clone())).await;
        let late = |_| ProblemBody::new(StatusCode::BAD_GATEWAY, "the database timed out");
        let (client, connection) =
            connecting.map_err(late)?.map_err(|error| ProblemBody::from_connection(&error))?;
        let notices = Notices::default();
        let task = tokio::spawn(notices.clone().collect(connection));
        let cancel = client.cancel_token();
        Ok(Self { client, cancel, tls, busy: false, notices, task, _seat: seat })
    }

    /// Starts a transaction, in which our own statements can run, and the caller's after [`Self::hand_over`].
    pub(crate) async fn begin(&mut self, rules: Rules) -> Result<(), ProblemBody> {
        let beginning = rules.whose.beginning();
        let timeout = rules.timeout.map_or(0, |timeout| timeout.as_millis().max(1));
        // The last line takes a snapshot: after it, the transaction cannot become one that writes. And it lets the server
        // notice, where it can, that this plugin has gone.
        let start = format!(
            "BEGIN {beginning}; {OUR_PATH}; {CUSTOMS}; SET LOCAL statement_timeout = {timeout}; \
             SELECT pg_catalog.set_config(s.name, '2s'::pg_catalog.text, false) FROM pg_catalog.pg_settings AS s \
             WHERE s.name OPERATOR(pg_catalog.=) 'client_connection_check_interval'::pg_catalog.text"
        );
        self.busy = true;
        let begun = self.client.batch_execute(&start).await;
        begun.map_err(|error| ProblemBody::from_connection(&error))
    }

    /// Prepares the connection for a session of the caller's: values are written as everywhere here, and the limit of
    /// time is one that the caller may change.
    pub(crate) async fn begin_session(&self, timeout: Option<Duration>) -> Result<(), ProblemBody> {
        let timeout = timeout.map_or(0, |timeout| timeout.as_millis().max(1));
        let customs = CUSTOMS.replace("SET LOCAL", "SET");
        let start = format!("{customs}; SET statement_timeout = {timeout}");
        let begun = self.client.batch_execute(&start).await;
        begun.map_err(|error| ProblemBody::from_connection(&error))
    }

    /// The same as [`Self::read`] in a session of the caller's, in a transaction of theirs or outside of one: the path
    /// by which names are looked up is afterwards what it was.
    pub(crate) async fn read_in_session(&self, sql: &str, in_transaction: bool) -> Result<Statement, Error> {
        let local = if in_transaction { "LOCAL " } else { "" };
        let shown = self.client.simple_query("SHOW search_path").await?;
        let path = shown.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).filter(|path| !path.is_empty()),
            _ => None,
        });
        let ours = OUR_PATH.replace("LOCAL ", local);
        let theirs = format!("SET {local}search_path = {}", path.unwrap_or("''"));
        let (statement, changed) =
            tokio::join!(biased; self.client.prepare(sql), self.client.batch_execute(&ours));
        // What the database could not read has ended the transaction, and with it this change.
        if changed.is_ok() {
            self.client.batch_execute(&theirs).await?;
        }
        statement
    }

    /// Lets the database read a statement of the caller's, which does not run it. What the types of its columns are is
    /// asked by statements of the driver: those are our own.
    pub(crate) async fn read(&self, sql: &str) -> Result<Statement, Error> {
        // All three are on their way before the first answer, and so before the driver asks anything.
        let (theirs, statement, ours) = tokio::join!(
            biased;
            self.client.batch_execute(THEIR_PATH),
            self.client.prepare(sql),
            self.client.batch_execute(OUR_PATH),
        );
        theirs?;
        let statement = statement?;
        ours?;
        Ok(statement)
    }

    /// From here to the end of the transaction, names mean what they mean to the caller. Nothing of ours may follow but
    /// what looks up no name: `SET`, `FETCH`, `COMMIT` and their like.
    pub(crate) async fn hand_over(&self) -> Result<(), ProblemBody> {
        let handed = self.client.batch_execute(THEIR_PATH).await;
        handed.map_err(|error| ProblemBody::from_connection(&error))
    }

    /// The schemas in which the caller's statements find what they name, the first one first.
    pub(crate) async fn their_schemas(&self) -> Result<Vec<String>, ProblemBody> {
        let schemas = "SELECT pg_catalog.unnest(pg_catalog.current_schemas(true))";
        let all = self.client.simple_query(&format!("{THEIR_PATH}; {schemas}; {OUR_PATH}")).await;
        let name = |message: SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        all.map(|all| all.into_iter().filter_map(name).collect())
            .map_err(|error| ProblemBody::from_connection(&error))
    }

    /// What the database has noted so far: `NOTICE: …`.
    pub(crate) fn notices(&self) -> Vec<String> {
        self.notices.all()
    }

    /// What the database has noted since the last time.
    pub(crate) fn take_notices(&self) -> Vec<String> {
        self.notices.take()
    }

    /// What stops a statement from outside.
    pub(crate) fn canceller(&self) -> Canceller {
        Canceller { token: self.cancel.clone(), tls: self.tls.clone() }
    }

    /// The way to the database.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Something runs, which is cancelled when nobody waits for it any more.
    pub(crate) fn busy(&mut self) {
        self.busy = true;
    }

    /// Nothing runs any more.
    pub(crate) fn rest(&mut self) {
        self.busy = false;
    }
}

/// What stops the statement that runs on a connection.
#[derive(Clone)]
pub(crate) struct Canceller {
    token: CancelToken,
    tls: Tls,
}

impl Canceller {
    /// Tells the database that the statement is no longer wanted.
    pub(crate) async fn cancel(self) {
        // A database that is not reached has lost the connection, too.
        let _ = tokio::time::timeout(CANCEL, self.token.cancel_query(self.tls)).await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.busy {
            tokio::spawn(self.canceller().cancel());
        }
        // The rest of the response is not needed.
        self.task.abort();
    }
}

//! A connection to a database for one request. When nobody wants its result any more, the statement is cancelled on the
//! server, not only forgotten here.

use crate::everest::Caller;
use crate::notices::Notices;
use crate::problem::Problem;
use crate::room::{Room, Seat};
use crate::target::Place;
use crate::tls::Tls;
use http::StatusCode;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::{CancelToken, Client};

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
    /// This plugin's own, which read. Their functions are those of the database itself, whatever a schema of the same
    /// database offers by these names.
    Ours,
    /// The caller's, to read the first rows soon.
    First,
    /// The caller's, to read all rows.
    All,
    /// The caller's, to change something.
    Writing,
}

impl Whose {
    /// What its transaction begins with, behind `BEGIN`.
    fn beginning(self) -> &'static str {
        match self {
            Self::Ours => {
                // The path may be empty, and then no comma may stand before it.
                "READ ONLY; SELECT pg_catalog.set_config('search_path', pg_catalog.btrim(pg_catalog.concat( \
                 'pg_catalog, ', pg_catalog.current_setting('search_path')), ', '), true)"
            }
            Self::First => "READ ONLY",
            Self::All => "READ ONLY; SET LOCAL cursor_tuple_fraction = 1",
            Self::Writing => "READ WRITE",
        }
    }
}

/// How values are written, whatever is the custom of the database: floats with all their digits, times as ISO 8601 has
/// them, bytes as `\x…`.
const CUSTOMS: &str =
    "SET LOCAL extra_float_digits = 1; SET LOCAL datestyle = 'ISO'; SET LOCAL bytea_output = 'hex'";

/// One connection.
pub(crate) struct Connection {
    client: Client,
    cancel: CancelToken,
    tls: Tls,
    /// Somebody still waits for what the server does.
    busy: bool,
    notices: Notices,
    task: JoinHandle<()>,
    _seat: Seat,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(room: &Room, caller: &Caller, place: &Place) -> Result<Self, Problem> {
        let full = || Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many statements run at once");
        let seat = room.seat(caller).ok_or_else(full)?;
        let unusable = |error: rustls::Error| {
            Problem::new(StatusCode::BAD_GATEWAY, format!("no encrypted connection to the database: {error}"))
        };
        // What is not encrypted needs no certificates to trust.
        let verified = place.verified && place.config.get_ssl_mode() != SslMode::Disable;
        let tls = Tls::new(verified).map_err(unusable)?;
        let connecting = tokio::time::timeout(CONNECT, place.config.connect(tls.clone())).await;
        let late = |_| Problem::new(StatusCode::BAD_GATEWAY, "the database does not answer in time");
        let (client, connection) =
            connecting.map_err(late)?.map_err(|error| Problem::of_connection(&error))?;
        let notices = Notices::default();
        let task = tokio::spawn(notices.clone().collect(connection));
        let cancel = client.cancel_token();
        Ok(Self { client, cancel, tls, busy: false, notices, task, _seat: seat })
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&mut self, rules: Rules) -> Result<(), Problem> {
        let beginning = rules.whose.beginning();
        let timeout = rules.timeout.map_or(0, |timeout| timeout.as_millis().max(1));
        // The last line takes a snapshot: after it nobody can make a transaction one that writes. And it lets the server
        // notice, where it can, that this plugin has gone.
        let start = format!(
            "BEGIN {beginning}; {CUSTOMS}; SET LOCAL statement_timeout = {timeout}; \
             SELECT pg_catalog.set_config(name, '2s', false) FROM pg_catalog.pg_settings \
             WHERE name OPERATOR(pg_catalog.=) 'client_connection_check_interval'"
        );
        self.busy = true;
        let begun = self.client.batch_execute(&start).await;
        begun.map_err(|error| Problem::of_connection(&error))
    }

    /// What the database has noted so far: `NOTICE: …`.
    pub(crate) fn notices(&self) -> Vec<String> {
        self.notices.all()
    }

    /// The way to the database.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Nothing runs any more.
    pub(crate) fn rest(&mut self) {
        self.busy = false;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.busy {
            let (cancel, tls) = (self.cancel.clone(), self.tls.clone());
            tokio::spawn(async move {
                let _ = tokio::time::timeout(CANCEL, cancel.cancel_query(tls)).await;
            });
        }
        // What is still on its way is for nobody.
        self.task.abort();
    }
}

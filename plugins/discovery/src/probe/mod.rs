//! Hosts, asked what they are by the protocol of a database. Each has its time, and only so many are asked at once.
//!
//! What a host answers is judged strictly and within limits: it may be anything, and it may mean harm.

mod mysql;
mod postgres;

pub(crate) use postgres::Login;

use crate::database::{Database, Encryption, Kind, Source};
use crate::hosts::Target;
use crate::scan::{Problem, Scan};
use everestctl_postgres_tls::Tls;
use futures_util::{StreamExt as _, stream};
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;

/// How hosts are asked.
pub(crate) struct ProbeManner {
    pub(crate) source: Source,
    /// How long one host may take altogether.
    pub(crate) patience: Duration,
    /// How many are asked at once.
    pub(crate) at_once: usize,
    /// As whom, where versions are only told to users.
    pub(crate) login: Option<Login>,
}

/// What a host has said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    engine: &'static str,
    version: Option<String>,
    tls: Option<Encryption>,
    authentication: Option<&'static str>,
    note: Option<String>,
}

/// Why a host is no database of this kind.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Silence {
    #[error("it did not answer in time")]
    Late,
    #[error("it cannot be reached: {0}")]
    Unreachable(io::Error),
    #[error("it speaks something else ({0})")]
    Other(&'static str),
    #[error("no encrypted connection: {0}")]
    Tls(io::Error),
}

impl From<io::Error> for Silence {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                Self::Other("it ended the connection")
            }
            _ => Self::Unreachable(error),
        }
    }
}

/// How many hosts were what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) found: usize,
    pub(crate) other: usize,
    pub(crate) silent: usize,
}

/// Asks all of them; `told` hears how many have been.
pub(crate) async fn scan(
    targets: Vec<Target>,
    manner: &ProbeManner,
    mut told: impl FnMut(usize),
) -> (Scan, Counts) {
    let encryption = Tls::new(false).ok();
    let all = targets.len();
    let asked = targets.into_iter().map(|target| async {
        let answer = tokio::time::timeout(manner.patience, ask(&target, manner, encryption.as_ref())).await;
        (target, answer.unwrap_or(Err(Silence::Late)))
    });
    let mut answers = stream::iter(asked).buffer_unordered(manner.at_once.max(1));
    let (mut places, mut databases, mut problems) = (Vec::with_capacity(all), Vec::new(), Vec::new());
    let mut counts = Counts::default();
    while let Some((target, answer)) = answers.next().await {
        let place = format!("{}/{target}", manner.source.word());
        match answer {
            Ok(found) => {
                counts.found += 1;
                databases.push(database(manner, &target, place.clone(), &found));
            }
            Err(silence) => {
                if matches!(silence, Silence::Other(_) | Silence::Tls(_)) {
                    counts.other += 1;
                } else {
                    counts.silent += 1;
                }
                // That most addresses of a range are nobody's is no news.
                if target.named {
                    let message = crate::database::clean(&silence.to_string());
                    problems.push(Problem { place: target.to_string(), message, hint: None });
                }
            }
        }
        // Also a host that says nothing has been looked at: what was there before is not there now.
        places.push(place);
        told(places.len());
    }
    (Scan::now(manner.source, places, databases, problems), counts)
}

async fn ask(target: &Target, manner: &ProbeManner, encryption: Option<&Tls>) -> Result<Found, Silence> {
    let address = (target.host.as_str(), target.port);
    let stream = TcpStream::connect(address).await.map_err(Silence::Unreachable)?;
    match manner.source {
        Source::Mysql => mysql::ask(stream).await,
        Source::Postgres | Source::AwsRds => {
            postgres::ask(stream, &target.host, manner.login.as_ref(), encryption).await
        }
    }
}

fn database(manner: &ProbeManner, target: &Target, place: String, found: &Found) -> Database {
    let mut database = Database::new(manner.source, place, Kind::Server, &target.to_string(), found.engine);
    database.version = found.version.as_deref().map(crate::database::clean);
    database.host = Some(target.host.clone());
    database.port = Some(target.port);
    database.tls = found.tls;
    database.authentication = found.authentication.map(str::to_owned);
    database.username = manner.login.as_ref().map(|login| login.user.clone());
    database.dbname = manner.login.as_ref().and_then(|login| login.database.clone());
    database.note = found.note.as_deref().map(crate::database::clean);
    database
}

//! Reading the facts from a server: statements that only read, each in a transaction of its own, so that a question
//! that is refused costs that question alone.
//!
//! They find names in PostgreSQL's own catalog and nowhere else: nothing that somebody has made in the database runs
//! because we look (CVE-2018-1058).

use super::facts::{AccessLine, Facts, Role};
use crate::connection::Target;
use crate::finding::Unchecked;
use everestctl_postgres_tls::Tls;
use std::time::Duration;
use tokio_postgres::{Client, SimpleQueryMessage};

/// How long everything may take.
const LONGEST: Duration = Duration::from_mins(1);
/// Before each question.
const BEFORE: &str = "BEGIN READ ONLY; SET LOCAL search_path = pg_catalog, pg_temp; \
     SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '2s'; SET LOCAL standard_conforming_strings = on";

const SETTINGS: &str = "SELECT name, setting FROM pg_settings WHERE name IN ('ssl', 'ssl_min_protocol_version', \
     'password_encryption', 'listen_addresses', 'log_connections', 'log_disconnections', 'log_statement', \
     'log_line_prefix', 'logging_collector', 'log_destination', 'shared_preload_libraries', 'data_checksums', \
     'archive_mode', 'server_version_num')";
const ENCRYPTED: &str =
    "SELECT s.ssl FROM pg_stat_ssl AS s WHERE s.pid = pg_backend_pid() AND inet_client_addr() IS NOT NULL";
const ACCESS: &str = "SELECT line_number, type, array_to_string(database, ','), array_to_string(user_name, ','), \
     address, netmask, auth_method, error IS NOT NULL FROM pg_hba_file_rules ORDER BY line_number LIMIT 2000";
const ROLES: &str = "SELECT rolname, oid = 10, rolsuper, rolcanlogin, rolcreaterole, rolreplication, rolbypassrls \
     FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY rolname LIMIT 2000";
const MD5: &str = "SELECT rolname FROM pg_authid WHERE rolpassword LIKE 'md5%' ORDER BY rolname LIMIT 2000";
const OPEN_SCHEMAS: &str = "SELECT n.nspname FROM pg_namespace AS n, \
     aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a \
     WHERE a.grantee = 0 AND a.privilege_type = 'CREATE' AND n.nspname !~ '^pg_' ORDER BY 1 LIMIT 500";
const OPEN_TABLES: &str = "SELECT DISTINCT n.nspname || '.' || c.relname FROM pg_class AS c \
     JOIN pg_namespace AS n ON n.oid = c.relnamespace, aclexplode(c.relacl) AS a \
     WHERE a.grantee = 0 AND a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') \
     AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_' ORDER BY 1 LIMIT 500";
const DEFINERS: &str = "SELECT DISTINCT n.nspname || '.' || p.proname FROM pg_proc AS p \
     JOIN pg_namespace AS n ON n.oid = p.pronamespace JOIN pg_roles AS r ON r.oid = p.proowner \
     WHERE p.prosecdef AND r.rolsuper AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT EXISTS \
     (SELECT 1 FROM unnest(p.proconfig) AS c(setting) WHERE c.setting LIKE 'search\\_path=%') ORDER BY 1 LIMIT 500";
const EXTENSIONS: &str = "SELECT extname FROM pg_extension ORDER BY 1 LIMIT 500";

/// One row, a text or nothing for each column.
type QueriedRow = Vec<Option<String>>;

/// Why nothing could be read. What the server says has no password in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// TLS cannot be prepared.
    #[error("TLS connection to the database failed: {0}")]
    Tls(#[from] everestctl_postgres_tls::Error),
    /// No connection, or no more.
    #[error("the database cannot be read: {0}")]
    Database(String),
    /// It takes too long.
    #[error("the database timed out")]
    Late,
}

/// Reads what is known of the database at `target`, and which questions it did not answer, in the words of a report.
pub(crate) async fn read(target: &Target, place: &str) -> Result<(Facts, Vec<Unchecked>), ReadError> {
    let tls = Tls::new(target.verified)?;
    let all = async {
        let (client, connection) = target.config.connect(tls).await.map_err(|error| refused(&error))?;
        let task = tokio::spawn(connection);
        let read = facts(&client, place).await;
        drop(client);
        task.abort();
        read
    };
    tokio::time::timeout(LONGEST, all).await.map_err(|_| ReadError::Late)?
}

/// What the server or the network said.
fn refused(error: &tokio_postgres::Error) -> ReadError {
    let said = error.as_db_error().map_or_else(
        || {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
            format!("{error}{}", cause.unwrap_or_default())
        },
        |said| said.message().to_owned(),
    );
    ReadError::Database(said)
}

async fn facts(client: &Client, place: &str) -> Result<(Facts, Vec<Unchecked>), ReadError> {
    let mut unchecked = Vec::new();
    let mut questions = Questions { client, place, unchecked: &mut unchecked };
    // Whoever may sign in may ask these.
    let settings = questions.needed(SETTINGS).await?;
    let facts = Facts {
        settings: settings.into_iter().filter_map(|row| Some((text(&row, 0)?, text(&row, 1)?))).collect(),
        encrypted: questions
            .ask("pg-plain-session", ENCRYPTED)
            .await?
            .and_then(|rows| rows.first().map(|row| is_on(row, 0))),
        access: questions.ask("pg-hba-*", ACCESS).await?.map(|rows| rows.iter().map(access).collect()),
        roles: questions.needed(ROLES).await?.iter().map(role).collect(),
        md5_roles: questions.ask("pg-md5-password", MD5).await?.map(|rows| firsts(&rows)),
        open_schemas: questions
            .ask("pg-public-create", OPEN_SCHEMAS)
            .await?
            .map(|rows| firsts(&rows))
            .unwrap_or_default(),
        open_tables: questions
            .ask("pg-public-write", OPEN_TABLES)
            .await?
            .map(|rows| firsts(&rows))
            .unwrap_or_default(),
        definers: questions.ask("pg-definer", DEFINERS).await?.map(|rows| firsts(&rows)).unwrap_or_default(),
        extensions: questions
            .ask("pg-extension", EXTENSIONS)
            .await?
            .map(|rows| firsts(&rows))
            .unwrap_or_default(),
    };
    Ok((facts, unchecked))
}

/// Questions to one database.
struct Questions<'q> {
    client: &'q Client,
    place: &'q str,
    unchecked: &'q mut Vec<Unchecked>,
}

impl Questions<'_> {
    /// The rows of one; nothing where the server refuses it, which is noted.
    async fn ask(&mut self, rule: &str, sql: &str) -> Result<Option<Vec<QueriedRow>>, ReadError> {
        match self.rows(sql).await {
            Ok(rows) => Ok(Some(rows)),
            Err(error) if error.is_closed() => Err(refused(&error)),
            Err(error) => {
                let ReadError::Database(why) = refused(&error) else { return Ok(None) };
                self.unchecked.push(Unchecked::part(self.place, &format!("{rule}: {why}")));
                let ended = self.client.batch_execute("ROLLBACK").await;
                ended.map_err(|error| refused(&error))?;
                Ok(None)
            }
        }
    }

    /// The rows of one without which there is nothing to say.
    async fn needed(&mut self, sql: &str) -> Result<Vec<QueriedRow>, ReadError> {
        self.rows(sql).await.map_err(|error| refused(&error))
    }

    async fn rows(&self, sql: &str) -> Result<Vec<QueriedRow>, tokio_postgres::Error> {
        let all = self.client.simple_query(&format!("{BEFORE}; {sql}; COMMIT")).await?;
        let row = |message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
            }
            _ => None,
        };
        Ok(all.into_iter().filter_map(row).collect())
    }
}

fn text(row: &QueriedRow, column: usize) -> Option<String> {
    row.get(column).cloned().flatten()
}

fn is_on(row: &QueriedRow, column: usize) -> bool {
    text(row, column).as_deref() == Some("t")
}

fn firsts(rows: &[QueriedRow]) -> Vec<String> {
    rows.iter().filter_map(|row| text(row, 0)).collect()
}

fn access(row: &QueriedRow) -> AccessLine {
    let field = |column| text(row, column).unwrap_or_default();
    AccessLine {
        number: field(0),
        kind: field(1),
        databases: field(2),
        users: field(3),
        address: field(4),
        netmask: field(5),
        method: field(6),
        broken: is_on(row, 7),
    }
}

fn role(row: &QueriedRow) -> Role {
    let attributes = [(4, "CREATEROLE"), (5, "REPLICATION"), (6, "BYPASSRLS")];
    Role {
        name: text(row, 0).unwrap_or_default(),
        first: is_on(row, 1),
        superuser: is_on(row, 2),
        login: is_on(row, 3),
        attributes: attributes
            .into_iter()
            .filter(|(column, _)| is_on(row, *column))
            .map(|(_, name)| name)
            .collect(),
    }
}

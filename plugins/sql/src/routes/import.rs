//! Rows from a file into a table, however many there are: all of them, or none.

use super::relation::{FoundTable, found_table};
use super::{SqlExplorer, limit_of_time};
use crate::database::{Connection, Rules, Whose};
use crate::everest::CallerToken;
use crate::problem::ProblemBody;
use crate::records::{LONGEST, Pending, fields};
use crate::room::Stay;
use crate::target::StatementTarget;
use axum::Json;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{Multipart, Query, State};
use bytes::Bytes;
use futures_util::SinkExt as _;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::pin::pin;
use utoipa::{IntoParams, ToSchema};

/// How many bytes of JSON go to the database at once.
const BATCH: usize = 1024 * 1024;

/// Where the rows go, and how they are written.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportTarget {
    /// Table name as in SQL: `orders`, `sales.orders`, `"Orders"`
    table: String,
    /// Input format [default: jsonl if the file starts with `{`, else csv]
    #[param(inline)]
    format: Option<ImportFormat>,
    /// Columns that the fields of a CSV file go to, separated by commas [default: those in its first line]
    columns: Option<String>,
    /// The first line of a CSV file is data
    #[serde(default)]
    no_header: bool,
    /// Character between the fields of a CSV file
    #[param(default = ",", max_length = 1)]
    delimiter: Option<char>,
    /// Text that means NULL in a CSV file [default: an empty field without quotes]
    null: Option<String>,
    /// Timeout, for example 30s or 5m [default: none]
    #[param(pattern = "^[0-9]+(ms|s|m|min|h)?$")]
    timeout: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ImportFormat {
    Csv,
    Jsonl,
}

impl ImportFormat {
    /// The format of a file that starts so. No column has a name with a brace, unless it is quoted.
    fn from_start(start: &[u8]) -> Self {
        let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
        if start.trim_ascii_start().starts_with(b"{") { Self::Jsonl } else { Self::Csv }
    }
}

/// A file as it comes, of which the first piece has been looked at.
struct UploadedFile<'f> {
    first: Option<Bytes>,
    rest: Field<'f>,
}

impl<'f> UploadedFile<'f> {
    async fn begin(mut rest: Field<'f>) -> Result<Self, ProblemBody> {
        let first = rest.chunk().await.map_err(|error| unreadable(&error))?;
        Ok(Self { first, rest })
    }

    fn format(&self) -> ImportFormat {
        ImportFormat::from_start(self.first.as_deref().unwrap_or_default())
    }

    /// The next piece; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, ProblemBody> {
        match self.first.take() {
            Some(first) => Ok(Some(first)),
            None => self.rest.chunk().await.map_err(|error| unreadable(&error)),
        }
    }
}

/// The file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the form, which is read as it comes")]
pub(crate) struct ImportForm {
    /// File to import
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// What was imported.
#[derive(Serialize, ToSchema)]
pub(crate) struct Imported {
    /// The table, with its schema.
    table: String,
    /// How many rows.
    rows: u64,
    /// The same as psql has it: `COPY 4`.
    summary: String,
}

/// Import the rows of a CSV or JSON lines file into a table
#[utoipa::path(
    description = "All rows are imported, or none. The first line of a CSV file names the columns. Each line of a JSON \
        lines file is an object whose members are columns. Requires the permission `update` on the instance.",
    post, path = "/api/import", operation_id = "importRows", params(ImportTarget, StatementTarget),
    request_body(content = ImportForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "How many rows were imported", body = Imported),
        (status = 400, description = "The database rejected a row; none was imported", body = ProblemBody),
        (status = 404, description = "No such table", body = ProblemBody)))]
pub(crate) async fn run(
    State(plugin): State<SqlExplorer>,
    caller: CallerToken,
    Query(target): Query<StatementTarget>,
    Query(wanted): Query<ImportTarget>,
    mut form: Multipart,
) -> Result<Json<Imported>, ProblemBody> {
    let timeout = limit_of_time(wanted.timeout.as_deref(), None)?;
    let place = target.place(&plugin.everest, &caller).await?;
    plugin.may_write(&caller, &place).await?;
    let mut connection = Connection::open(&plugin.room, &place, Stay::Statement).await?;
    connection.begin(Rules { whose: Whose::Writing, timeout }).await?;
    let table = found_table(&connection, &wanted.table).await?;
    connection.hand_over().await?;
    let Some(file) = form.next_field().await.map_err(|error| unreadable(&error))? else {
        return Err(ProblemBody::bad("no file given"));
    };
    let file = UploadedFile::begin(file).await?;
    let rows = match wanted.format.unwrap_or_else(|| file.format()) {
        ImportFormat::Csv => csv(&connection, &table, &wanted, file).await?,
        ImportFormat::Jsonl => json_lines(&connection, &table, file).await?,
    };
    let done = connection.client().batch_execute("COMMIT").await;
    done.map_err(|error| match error.as_db_error() {
        Some(_) => ProblemBody::from_statement(&error, "", 0),
        None => ProblemBody::in_doubt(),
    })?;
    connection.rest();
    Ok(Json(Imported { table: table.quoted, rows, summary: format!("COPY {rows}") }))
}

fn unreadable(error: &MultipartError) -> ProblemBody {
    ProblemBody::new(error.status(), format!("could not read the file: {}", error.body_text()))
}

/// Copies a file of CSV; the database reads its values.
async fn csv(
    connection: &Connection,
    table: &FoundTable,
    wanted: &ImportTarget,
    mut file: UploadedFile<'_>,
) -> Result<u64, ProblemBody> {
    let delimiter = wanted.delimiter.unwrap_or(',');
    if !delimiter.is_ascii() || delimiter == '"' {
        return Err(ProblemBody::bad("the delimiter is not a single ASCII character"));
    }
    let mut pending = Pending::default();
    let mut header = None;
    let mut over = false;
    while header.is_none() && !over {
        match file.next().await? {
            Some(piece) => pending.push(&piece),
            None => over = true,
        }
        pending.without_mark();
        if wanted.no_header {
            break;
        }
        header = pending.record();
        if header.is_none() && pending.len() > LONGEST {
            return Err(too_long());
        }
        if over && header.is_none() {
            header = Some(pending.rest()).filter(|rest| !rest.is_empty());
        }
    }
    let names: Option<Vec<String>> = match (&wanted.columns, &header) {
        (Some(names), _) => Some(fields(names, ',').iter().map(|name| name.trim().to_owned()).collect()),
        (None, Some(header)) => {
            let header =
                std::str::from_utf8(header).map_err(|_| ProblemBody::bad("the first line is not UTF-8"))?;
            Some(fields(header, delimiter))
        }
        (None, None) if wanted.no_header => None,
        (None, None) => return Err(ProblemBody::bad("the file is empty")),
    };
    let columns = names.map(|names| format!(" ({})", quoted_names(&names))).unwrap_or_default();
    let null = wanted.null.as_ref().map(|null| format!(", NULL {}", literal(null))).unwrap_or_default();
    // The database gets the header, too, and skips it: so it counts lines as the file has them.
    let skipped = if header.is_some() { ", HEADER" } else { "" };
    let copy = format!(
        "COPY {}{columns} FROM STDIN WITH (FORMAT csv, DELIMITER {}{null}{skipped})",
        table.quoted,
        literal(&delimiter.to_string())
    );
    let problem = |error: tokio_postgres::Error| ProblemBody::from_statement(&error, "", 0);
    let mut sink = pin!(connection.client().copy_in::<_, Bytes>(&copy).await.map_err(problem)?);
    let first = [header.unwrap_or_default(), pending.rest()].concat();
    sink.send(first.into()).await.map_err(problem)?;
    while let Some(piece) = if over { None } else { file.next().await? } {
        sink.send(piece).await.map_err(problem)?;
    }
    sink.finish().await.map_err(problem)
}

/// Inserts the objects of a file of JSON lines: the database makes its values of them, lists and objects too.
async fn json_lines(
    connection: &Connection,
    table: &FoundTable,
    mut file: UploadedFile<'_>,
) -> Result<u64, ProblemBody> {
    let mut pending = Pending::default();
    let (mut batch, mut rows, mut line, mut over) = (JsonBatch::default(), 0, 0_u64, false);
    loop {
        let next_line = match pending.line() {
            Some(next_line) => next_line,
            None if over => break,
            None => {
                if let Some(piece) = file.next().await? {
                    pending.push(&piece);
                } else {
                    // The last line may have no end.
                    over = true;
                    pending.push(b"\n");
                }
                if line == 0 {
                    pending.without_mark();
                }
                if pending.len() > LONGEST {
                    return Err(too_long());
                }
                continue;
            }
        };
        line += 1;
        if next_line.trim_ascii().is_empty() {
            continue;
        }
        let object: Map<String, Value> = serde_json::from_slice(&next_line)
            .map_err(|error| ProblemBody::bad(format!("line {line} is not a JSON object: {error}")))?;
        let names: Vec<String> = object.keys().cloned().collect();
        if names.is_empty() {
            return Err(ProblemBody::bad(format!("line {line} has no columns")));
        }
        if batch.names != names || batch.text.len() > BATCH {
            rows += batch.insert(connection, table).await?;
            batch = JsonBatch { names, text: String::new(), first: line };
        }
        // Digit for digit as it came.
        batch.text.push(if batch.text.is_empty() { '[' } else { ',' });
        batch.text.push_str(&String::from_utf8_lossy(next_line.trim_ascii()));
    }
    Ok(rows + batch.insert(connection, table).await?)
}

/// Lines whose objects have the same members.
#[derive(Default)]
struct JsonBatch {
    names: Vec<String>,
    text: String,
    first: u64,
}

impl JsonBatch {
    async fn insert(&mut self, connection: &Connection, table: &FoundTable) -> Result<u64, ProblemBody> {
        if self.text.is_empty() {
            return Ok(0);
        }
        self.text.push(']');
        let (table, names) = (&table.quoted, quoted_names(&self.names));
        let sql = format!(
            "INSERT INTO {table} ({names}) SELECT {names} FROM \
             pg_catalog.json_populate_recordset(NULL::{table}, $1::pg_catalog.text::pg_catalog.json)"
        );
        let done = connection.client().execute(&sql, &[&self.text]).await;
        done.map_err(|error| {
            let problem = ProblemBody::from_statement(&error, "", 0);
            if error.as_db_error().is_some() { problem.at_line_or_later(self.first) } else { problem }
        })
    }
}

fn too_long() -> ProblemBody {
    ProblemBody::new(StatusCode::PAYLOAD_TOO_LARGE, "a line of the file is longer than 16 MiB")
}

fn quoted_names(names: &[String]) -> String {
    let quoted = names.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
    quoted.collect::<Vec<_>>().join(", ")
}

/// `text` as a literal: within the transaction, `standard_conforming_strings` is on.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

//! Rows on their way to the caller: a piece at a time, made when the caller has taken the one before.
//!
//! What fails before the first pieces are out is an answer that says so. What fails later breaks the answer off, so that
//! a part is not taken for the whole; where there are lines, the last one says why.

use crate::problem::ProblemBody;
use crate::rows::{RunningQuery, SOON};
use crate::value::ResultColumn;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use everestctl_plugin_service::log;
use futures_util::{Stream, StreamExt as _, stream};
use http::header::{CONTENT_TYPE, HeaderValue};
use std::io;
use std::time::{Duration, Instant};

/// How large a piece grows before it goes out, in bytes.
pub(crate) const PIECE: usize = 64 * 1024;
/// How much is held back to see whether it goes well, where no one waits for the first rows, in bytes.
pub(crate) const HELD_BACK: usize = 1024 * 1024;

/// How long the last line has before the answer is broken off.
const PARTING: Duration = Duration::from_millis(200);

/// One JSON object in each line.
pub(crate) const LINES: &str = "application/x-ndjson";
/// One JSON object with all rows.
pub(crate) const JSON: &str = "application/json";
/// As spreadsheets read it.
pub(crate) const CSV: &str = "text/csv";

/// Makes one piece after another.
pub(crate) trait Pieces: Send + 'static {
    /// The next piece; `None` at the end.
    fn next(&mut self) -> impl Future<Output = Result<Option<Bytes>, ProblemBody>> + Send;
}

/// The answer that `pieces` make together, once `enough` bytes of it are there.
pub(crate) async fn answer(
    mut pieces: impl Pieces,
    kind: &'static str,
    enough: usize,
) -> Result<Response, ProblemBody> {
    let mut held = Vec::new();
    while held.len() < enough {
        match pieces.next().await? {
            Some(piece) => held.extend_from_slice(&piece),
            None => return Ok(of_kind(Body::from(held), kind)),
        }
    }
    let first = stream::iter([Ok(Bytes::from(held))]);
    Ok(of_kind(Body::from_stream(first.chain(rest(pieces, kind))), kind))
}

/// The answer that `pieces` make together, from the first one on and whatever becomes of it.
pub(crate) fn at_once(pieces: impl Pieces, kind: &'static str) -> Response {
    of_kind(Body::from_stream(rest(pieces, kind)), kind)
}

fn of_kind(body: Body, kind: &'static str) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
}

/// The pieces that are still to come; a problem is the last of them, and an error that breaks the answer off.
fn rest(pieces: impl Pieces, kind: &'static str) -> impl Stream<Item = io::Result<Bytes>> + Send {
    enum State<P> {
        Going(P),
        Broken(String),
        Over,
    }
    stream::unfold(State::Going(pieces), move |state| async move {
        match state {
            State::Going(mut pieces) => match pieces.next().await {
                Ok(Some(piece)) => Some((Ok(piece), State::Going(pieces))),
                Ok(None) => None,
                Err(problem) => {
                    log(&problem.in_brief());
                    let said = serde_json::to_string(&problem).unwrap_or_default();
                    if kind == JSON {
                        Some((Err(io::Error::other(problem.to_string())), State::Over))
                    } else {
                        Some((Ok(Bytes::from(format!("{said}\n"))), State::Broken(problem.to_string())))
                    }
                }
            },
            State::Broken(why) => {
                // The line before has to be out, on every connection on the way.
                tokio::time::sleep(PARTING).await;
                Some((Err(io::Error::other(why)), State::Over))
            }
            State::Over => None,
        }
    })
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowFormat {
    /// `{"columns": …, "rows": […], "truncated": …}`.
    Whole,
    /// One in each line.
    Lines,
}

impl RowFormat {
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Whole => JSON,
            Self::Lines => LINES,
        }
    }
}

/// The rows of a statement as JSON.
pub(crate) struct Written {
    rows: RunningQuery,
    form: RowFormat,
    /// At most this many.
    limit: u64,
    count: u64,
    /// Some were left out.
    cut: bool,
    /// The statement gives rows, if only ones without columns.
    gives_rows: bool,
    stage: Stage,
    /// The error after rows that are out already.
    failed: Option<ProblemBody>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Begin,
    Rows,
    Over,
}

impl Written {
    pub(crate) fn new(rows: RunningQuery, form: RowFormat, limit: u64) -> Self {
        Self { rows, form, limit, count: 0, cut: false, gives_rows: true, stage: Stage::Begin, failed: None }
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        let columns = self.rows.columns();
        if self.form == RowFormat::Whole {
            out.extend_from_slice(b"{\"columns\":");
            // Writing into memory does not fail.
            let _ = serde_json::to_writer(&mut *out, columns);
            out.extend_from_slice(b",\"rows\":[");
        }
    }

    fn separate(&mut self, out: &mut Vec<u8>) {
        if self.form == RowFormat::Whole && self.count > 0 {
            out.push(b',');
        }
        self.count += 1;
    }

    fn end_row(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.form == RowFormat::Whole { b"}" } else { b"}\n" });
    }

    fn row(&mut self, row: &tokio_postgres::SimpleQueryRow, out: &mut Vec<u8>) -> Result<(), ProblemBody> {
        let start = out.len();
        self.separate(out);
        out.push(b'{');
        for (at, column) in self.rows.columns().iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            let Ok(value) = row.try_get(at) else {
                // A row that is not whole is none, and what cannot be read is not nothing.
                out.truncate(start);
                return Err(ProblemBody::bad(format!(
                    "a value in column `{}` is not valid UTF-8",
                    column.name
                )));
            };
            column.write(value, out);
        }
        self.end_row(out);
        Ok(())
    }

    async fn end(&mut self, out: &mut Vec<u8>) -> Result<(), ProblemBody> {
        if !self.cut || self.rows.writes() {
            while self.rows.next().await?.is_some() {}
            self.rows.finish().await?;
        }
        if !self.gives_rows && self.form == RowFormat::Lines {
            out.push(b'{');
            affected().write(Some(&self.rows.affected().to_string()), out);
            self.end_row(out);
        }
        if self.form == RowFormat::Whole {
            let notices = serde_json::Value::from(self.rows.notices());
            // To ask for more rows of a statement that changed something would change it again.
            let (truncated, withheld) = (self.cut && !self.rows.writes(), self.cut && self.rows.writes());
            out.push(b']');
            if !self.gives_rows {
                out.extend_from_slice(format!(",\"affected\":{}", self.rows.affected()).as_bytes());
            }
            let summary = serde_json::Value::from(self.rows.summary(self.gives_rows, self.count, self.cut));
            let end = format!(
                ",\"truncated\":{truncated},\"withheld\":{withheld},\"notices\":{notices},\"summary\":{summary}}}"
            );
            out.extend_from_slice(end.as_bytes());
        }
        self.stage = Stage::Over;
        Ok(())
    }

    /// Writes what comes next.
    async fn step(&mut self, out: &mut Vec<u8>) -> Result<(), ProblemBody> {
        match self.rows.next().await? {
            Some(_) if self.count == self.limit => {
                self.cut = true;
                self.end(out).await
            }
            Some(row) => self.row(&row, out),
            None => self.end(out).await,
        }
    }
}

impl Pieces for Written {
    async fn next(&mut self) -> Result<Option<Bytes>, ProblemBody> {
        if let Some(problem) = self.failed.take() {
            return Err(problem);
        }
        let begun = Instant::now();
        let mut out = Vec::new();
        if self.stage == Stage::Begin {
            self.gives_rows = self.rows.gives_rows().await?;
            self.begin(&mut out);
            self.stage = Stage::Rows;
        }
        while self.stage == Stage::Rows && out.len() < PIECE {
            if let Err(problem) = self.step(&mut out).await {
                if out.is_empty() {
                    return Err(problem);
                }
                // The rows before it come first.
                self.failed = Some(problem);
                break;
            }
            if self.form == RowFormat::Lines && self.rows.waits() && begun.elapsed() >= SOON {
                break;
            }
        }
        Ok(Some(Bytes::from(out)).filter(|piece| !piece.is_empty()))
    }
}

/// The one column of a statement that gives no rows: how many it has changed.
fn affected() -> ResultColumn {
    ResultColumn::count("affected")
}

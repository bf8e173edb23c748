//! `-o table|wide|vertical|json|yaml|name|csv|markdown`: one answer in the form that the user asks for.

use super::{status_color, write};
use crate::error::{Failure, exit};
use crate::jq::{self, JqResult, RowFilter};
use crate::model::{CleanText, quoted};
use crate::ops::Options;
use crate::runner::proxy::error::ResponseError;
use crate::sys::Environment;
use crate::term::table::{Table, TableColor};
use crate::term::{Streams, json_color, pager};
use everestctl_rows::records::RecordFormat;
use serde::Serialize;

/// Names of columns are all that tells values apart which are one below the other.
pub(crate) const NO_HEADERS_IN_VERTICAL: &str = "--no-headers does not apply to -o vertical";
/// A table of Markdown without a header row is none.
pub(crate) const NO_HEADERS_IN_MARKDOWN: &str =
    "--no-headers does not apply to -o markdown: its tables have a header row";

/// What has no points in time.
pub(super) const NO_PLOT: &str = "-o plot is for commands of server plugins: this command has no points";

/// What has no findings.
pub(super) const NO_SARIF: &str =
    "-o sarif is for findings: `plugin lint` has it, and plugins that say so, such as `compliance scan`";

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// For people.
    Table,
    /// For people with wide terminals.
    Wide,
    /// For rows with many columns: each value on a line of its own.
    Vertical,
    /// For programs.
    Json,
    /// For programs and people.
    Yaml,
    /// Bare names, one on a line.
    Name,
    /// The answer of a server as it is; for what this program says itself, JSON.
    Raw,
    /// The rows of a list as JSON, one on a line; for what is no list, JSON.
    JsonLines,
    /// The rows of a list as CSV or TSV, with every column, or as a table of Markdown or HTML.
    Records(RecordFormat),
    /// The points of an answer as a picture.
    Plot,
}

impl OutputFormat {
    /// Whether it is for people to look at.
    pub fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::Wide | Self::Vertical)
    }

    /// The form that the global flags ask for, of what this program says itself.
    pub fn for_own_report(options: &Options) -> Self {
        match Self::from_options(options) {
            Self::Raw | Self::JsonLines | Self::Records(_) | Self::Plot => Self::Json,
            form => form,
        }
    }

    /// The form that the global flags ask for.
    pub fn from_options(options: &Options) -> Self {
        match options.output() {
            Some("wide") => Self::Wide,
            Some("vertical") => Self::Vertical,
            Some("json") => Self::Json,
            Some("yaml") => Self::Yaml,
            Some("name") => Self::Name,
            Some("raw") => Self::Raw,
            Some("jsonl") => Self::JsonLines,
            Some("csv") => Self::Records(RecordFormat::Comma),
            Some("tsv") => Self::Records(RecordFormat::Tab),
            Some("markdown") => Self::Records(RecordFormat::Markdown),
            Some("plot") => Self::Plot,
            Some("html") => Self::Records(RecordFormat::Html),
            _ => Self::Table,
        }
    }
}

/// Shows text that may be longer than the terminal is high: through the user's pager there.
pub fn long(streams: &mut Streams, environment: &Environment, text: &str) -> Result<(), Failure> {
    let _ = streams.flush();
    if pager::show(streams, environment, text) { Ok(()) } else { write(streams, text) }
}

/// Shows a table, as wide as the terminal; nothing when it has no rows.
pub fn tabular(streams: &mut Streams, table: Table<'_>) -> Result<(), Failure> {
    if table.rows.is_empty() {
        return Ok(());
    }
    let headers = table.headers.unwrap_or_default().iter().copied();
    let color = color_of(streams, headers);
    let width = streams.width();
    write(streams, &Table { color, ..table }.render(width))
}

/// The colours of a table with these headings, where there are any.
pub fn color_of<'h>(streams: &Streams, headers: impl IntoIterator<Item = &'h str>) -> Option<TableColor> {
    let column = status_color::column(headers);
    streams.out_color().then_some(TableColor { column, style: Some(status_color::style) })
}

/// Shows `answer` as JSON or YAML.
pub fn structured(streams: &mut Streams, form: OutputFormat, answer: &impl Serialize) -> Result<(), Failure> {
    write(streams, &text_of(form, answer)?)
}

/// `answer` as JSON or YAML.
pub fn text_of(form: OutputFormat, answer: &impl Serialize) -> Result<String, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(exit::FAILURE, format!("could not format the output: {error}"))
    };
    let mut text = if form == OutputFormat::Yaml {
        serde_yaml::to_string(answer).map_err(|error| failed(&error))?
    } else {
        serde_json::to_string_pretty(answer).map_err(|error| failed(&error))?
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// JSON as it may be shown: without what a terminal would act on, in colours on a terminal: a program reads no colours, even forced ones.
pub(super) fn painted(streams: &Streams, json: &str) -> String {
    let text = streams.safe_text(json);
    if streams.out_color() && streams.is_terminal() { json_color::painted(&text) } else { text.into_owned() }
}

/// Shows what an expression of jq makes of a body: a text as it is, anything else as JSON.
pub(super) fn through_jq(streams: &mut Streams, expression: &str, body: &[u8]) -> Result<(), Failure> {
    let mut shown = Ok(());
    jq::run(expression, body, |result| {
        let line = match &result {
            JqResult::Text(text) => streams.safe_text(text).into_owned(),
            JqResult::Json(json) => painted(streams, json),
        };
        shown = write(streams, &format!("{line}\n"));
        shown.is_ok()
    })
    .map_err(|error| of_jq(&error))?;
    shown
}

/// What the user reads of a row that `--filter` fails for.
pub(super) fn of_filter(filter: &RowFilter, error: &jq::JqError) -> Failure {
    match error {
        jq::JqError::Failed(why) => {
            let why: String = why.as_str().chars().take(120).collect();
            let what = format!("--filter {}: {}", quoted(filter.expression().as_str()), CleanText::new(&why));
            Failure::new(exit::FAILURE, what)
        }
        other => of_jq(other),
    }
}

/// The filter of an expression that was typed.
pub(super) fn row_filter(expression: &str) -> Result<RowFilter, Failure> {
    RowFilter::new(expression).map_err(|error| of_jq(&error))
}

/// What the user reads of an error of jq.
pub(super) fn of_jq(error: &jq::JqError) -> Failure {
    match error {
        // What is wrong with the data may quote all of it.
        jq::JqError::Failed(why) => Failure::new(
            exit::FAILURE,
            format!("--jq: {}", CleanText::new(&why.as_str().chars().take(120).collect::<String>())),
        ),
        jq::JqError::TooMuch(excess) => ResponseError::TooMuch(*excess).into(),
        jq::JqError::GivesTooMuch(_) => Failure::of(error),
        error => Failure::new(exit::USAGE, error.to_string()),
    }
}

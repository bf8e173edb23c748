//! What a backend has answered, in the form that the user asks for.

use super::plot_output::{self, PlotFile, PlotPlace};
use super::rows_text::{self, rendered};
use super::{object_text, sorted_rows};
use crate::cli::output::{OutputFormat, color_of, long, of_filter, of_jq, painted, text_of, through_jq};
use crate::cli::write;
use crate::error::{Failure, exit};
use crate::jq::{self, RowFilter};
use crate::model::CleanText;
use crate::openapi::{
    self, ApiCommand, BelowRows, ColumnSet, JsonAnswer, RecordValue, ResponseKind, ResponseView,
    UnknownColumn,
};
use crate::ops::App;
use crate::runner::proxy::error::ResponseError;
use crate::sys::clock;
use crate::term::Streams;
use crate::term::table::TableColor;
use everestctl_rows::records::RecordFormat;
use everestctl_rows::vertical;
use serde_json::Value;

/// How an answer is shown.
#[derive(Debug, Default)]
pub(crate) struct OutputOptions {
    /// `--jq`.
    pub jq: Option<String>,
    /// `--columns`.
    pub columns: Option<Vec<String>>,
    /// `--sort-by`.
    pub sort_by: Option<String>,
    /// `--filter`.
    pub filter: Option<RowFilter>,
    /// Where `-o plot` goes, if not to standard output.
    pub plot_file: Option<PlotFile>,
    /// `--log`.
    pub is_log: bool,
    /// `--no-headers`.
    pub no_headers: bool,
    /// What was typed that may have left nothing, as it is typed.
    pub filters: Vec<String>,
    /// Whether rows are shown one below the other (`-o vertical`); where nobody says, those are that are wider than the
    /// terminal.
    pub is_vertical: Option<bool>,
}

/// What the user reads of a column that there is not.
pub(super) fn no_column(unknown: &UnknownColumn) -> Failure {
    Failure::new(exit::USAGE, unknown.to_string())
}

/// What the user reads when there is nothing.
pub(super) fn nothing_found(wishes: &OutputOptions) -> String {
    let filters = wishes.filters.join(" ");
    // No namespace is called so; elsewhere it means all of them.
    let means_all =
        wishes.filters.iter().any(|filter| filter == "--namespace '*'" || filter == "--namespace all");
    let more = if means_all { "; -A shows all namespaces" } else { "" };
    if filters.is_empty() {
        "nothing found".to_owned()
    } else {
        format!("nothing found with {filters}{more}")
    }
}

/// The names of rows or of one thing; it is no name that nothing has.
pub(super) fn names(command: &ApiCommand, value: &Value) -> Result<Vec<CleanText>, Failure> {
    let names = openapi::names(command, value);
    let is_empty = openapi::rows(command, value).is_some_and(<[Value]>::is_empty)
        || value.as_object().is_some_and(serde_json::Map::is_empty);
    if names.is_empty() && !is_empty {
        let failure = Failure::new(exit::USAGE, "-o name: nothing in the response has a `name` or an `id`");
        return Err(failure.hint("use `--columns`, `--jq` or another -o"));
    }
    Ok(names)
}

/// Shows a whole body of JSON.
pub(super) fn json(
    streams: &mut Streams,
    app: &App,
    command: &ApiCommand,
    wishes: &OutputOptions,
    selected: Option<&str>,
    answer: &JsonAnswer<'_>,
) -> Result<(), Failure> {
    let kept;
    let answer = match &wishes.filter {
        None => answer,
        Some(filter) => {
            kept = filtered(command, answer, filter)?;
            &kept
        }
    };
    let body = answer.json();
    let value = || answer.value().map_err(|why| ResponseError::unread(why, body));
    if let Some(expression) = &wishes.jq {
        return through_jq(streams, expression, body);
    }
    let form = OutputFormat::from_options(&app.options);
    if let Some(column) = &wishes.sort_by {
        let (value, body) = sorted_rows::sorted(command, value()?, body, column)?;
        if form == OutputFormat::JsonLines {
            let rows = openapi::raw_rows(command, &value, &body).unwrap_or_default();
            return rows.iter().try_for_each(|row| json_line(streams, row.get()));
        }
        return of_value(streams, app, command, wishes, form, (&value, &body));
    }
    if form == OutputFormat::Json && selected.is_none() {
        // Digit for digit as it came.
        let text = jq::indented(body).map_err(|error| unformatted(&error, body))?;
        let text = painted(streams, &text);
        return long(streams, &app.environment, &text);
    }
    let value = value()?;
    if form == OutputFormat::JsonLines && selected.is_none() {
        match openapi::raw_rows(command, value, body) {
            Some(rows) => rows.iter().try_for_each(|row| json_line(streams, row.get()))?,
            None => json_line(streams, &String::from_utf8_lossy(body))?,
        }
        return Ok(());
    }
    let selected = match selected {
        None => value,
        Some(wanted) => openapi::select(command, value, wanted)
            .ok_or_else(|| Failure::new(exit::FAILURE, format!("`{}` not found", CleanText::new(wanted))))?,
    };
    of_value(streams, app, command, wishes, form, (selected, body))
}

/// The same answer with the rows that `--filter` keeps.
pub(super) fn filtered(
    command: &ApiCommand,
    answer: &JsonAnswer<'_>,
    filter: &RowFilter,
) -> Result<JsonAnswer<'static>, Failure> {
    let body = answer.json();
    let value = answer.value().map_err(|why| ResponseError::unread(why, body))?;
    let mut keeps = |row: &str| filter.keeps(row.as_bytes()).map_err(|error| of_filter(filter, &error));
    let kept = openapi::kept_rows(command, value, body, &mut keeps).ok_or_else(|| {
        Failure::new(exit::USAGE, "--filter needs a list: the response is not one")
            .hint("--jq 'select(…)' works on any response")
    })??;
    Ok(JsonAnswer::new(kept))
}

fn of_value(
    streams: &mut Streams,
    app: &App,
    command: &ApiCommand,
    wishes: &OutputOptions,
    form: OutputFormat,
    (value, body): (&Value, &[u8]),
) -> Result<(), Failure> {
    match form {
        OutputFormat::JsonLines => json_line(streams, &value.to_string()),
        OutputFormat::Plot => {
            let (file, nothing) = (wishes.plot_file.as_ref(), nothing_found(wishes));
            let place = PlotPlace { file, is_log: wishes.is_log, nothing: &nothing };
            plot_output::show(streams, command, place, value)
        }
        OutputFormat::Records(format) => {
            let wanted = wanted(wishes);
            let (headers, records) =
                openapi::records(command, value, body, column_set(format), wanted.as_deref())
                    .map_err(|unknown| no_column(&unknown))?;
            let mut text = headings(format, &headers, !wishes.no_headers);
            for record in &records {
                text.push_str(&record_line(format, record));
            }
            text.push_str(format.end());
            let text = streams.safe_text(&text).into_owned();
            write(streams, &text)
        }
        OutputFormat::Json | OutputFormat::Yaml => structured_safely(streams, form, value),
        OutputFormat::Name => {
            let names = names(command, value)?;
            if names.is_empty() {
                streams.remark(&nothing_found(wishes));
            }
            names.iter().try_for_each(|name| write(streams, &format!("{name}\n")))
        }
        _ => {
            if let Some(text) = openapi::field(command, value) {
                let end = if text.ends_with('\n') { "" } else { "\n" };
                return write(streams, &format!("{}{end}", streams.safe_text(&text)));
            }
            let wanted = wanted(wishes);
            let is_wide = matches!(form, OutputFormat::Wide | OutputFormat::Vertical);
            if command.answer.kind == ResponseKind::Text && wanted.is_none() {
                // It was to be text: what it is instead is not taken apart.
                let text = jq::indented(body).map_err(|error| unformatted(&error, body))?;
                let text = streams.safe_text(&text).into_owned();
                return long(streams, &app.environment, &text);
            }
            let view = openapi::view(command, value, body, is_wide, wanted.as_deref(), clock::now())
                .map_err(|unknown| no_column(&unknown))?;
            show(streams, app, view, wishes, is_wide)
        }
    }
}

/// The columns that the user asks for.
pub(super) fn wanted(wishes: &OutputOptions) -> Option<Vec<&str>> {
    wishes.columns.as_ref().map(|columns| columns.iter().map(String::as_str).collect())
}

/// The columns of records that nobody chose: a document has those that a person looks for.
pub(super) fn column_set(format: RecordFormat) -> ColumnSet {
    if format.is_document() { ColumnSet::Narrow } else { ColumnSet::Whole }
}

/// What stands before the first record.
pub(super) fn headings(format: RecordFormat, headers: &[CleanText], shows_headers: bool) -> String {
    format.begin(&headers.iter().map(CleanText::as_str).collect::<Vec<_>>(), shows_headers)
}

/// One record.
pub(super) fn record_line(format: RecordFormat, record: &[RecordValue]) -> String {
    format.record(record.iter().map(Option::as_deref))
}

/// Text as a text of JSON or YAML.
pub(super) fn text(streams: &mut Streams, form: OutputFormat, body: &[u8]) -> Result<(), Failure> {
    let value = Value::from(String::from_utf8_lossy(body));
    if form == OutputFormat::JsonLines {
        return json_line(streams, &value.to_string());
    }
    structured_safely(streams, form, &value)
}

/// JSON on its own line, digit for digit as it came.
pub(super) fn json_line(streams: &mut Streams, json: &str) -> Result<(), Failure> {
    let has_line_ends = json.contains(['\n', '\r']);
    let line = if has_line_ends { jq::compact(json.as_bytes()).ok() } else { None };
    let text = painted(streams, line.as_deref().unwrap_or(json));
    write(streams, &format!("{text}\n"))
}

/// As JSON or YAML, and on a terminal without what that would act on: the value is from outside.
pub(super) fn structured_safely(
    streams: &mut Streams,
    form: OutputFormat,
    value: &Value,
) -> Result<(), Failure> {
    let text = text_of(form, value)?;
    let text = if form == OutputFormat::Json {
        painted(streams, &text)
    } else {
        streams.safe_text(&text).into_owned()
    };
    write(streams, &text)
}

fn show(
    streams: &mut Streams,
    app: &App,
    view: ResponseView,
    wishes: &OutputOptions,
    is_wide: bool,
) -> Result<(), Failure> {
    let no_headers = wishes.no_headers;
    match view {
        ResponseView::Rows { headers, rows, .. } if headers.is_empty() && !rows.is_empty() => {
            streams.remark(&format!("{} without columns", counted(rows.len())));
            Ok(())
        }
        // What gives no rows has done something.
        ResponseView::Rows { headers, below: BelowRows { footer: Some(done), .. }, .. }
            if headers.is_empty() =>
        {
            write(streams, &format!("{done}\n"))
        }
        ResponseView::Rows { headers, rows, data, more, below } => {
            if rows.is_empty() {
                if data && !no_headers {
                    let color = color(streams, &headers);
                    write(streams, &rendered(&headers, &rows, true, &[], None, color))?;
                }
                let nothing = if data { "no rows".to_owned() } else { nothing_found(wishes) };
                let footer = below.footer.as_ref().filter(|_| streams.is_terminal());
                streams.remark(footer.map_or(nothing.as_str(), CleanText::as_str));
                return Ok(());
            }
            // Of data, nothing is cut.
            let width = streams.width().filter(|_| !data);
            let plain = rendered(&headers, &rows, !no_headers, &[], width, None);
            let is_wider = || !is_wide && vertical::is_wider(&plain, streams.width());
            let mut text = if wishes.is_vertical.unwrap_or_else(is_wider) {
                rows_text::vertical(&headers, &rows, 1)
            } else if let Some(color) = color(streams, &headers) {
                rendered(&headers, &rows, !no_headers, &[], width, Some(color))
            } else {
                plain
            };
            if let Some(lines) = &below.text {
                text.extend(["\n", lines.trim_end(), "\n"]);
            }
            long(streams, &app.environment, &text)?;
            if data && below.footer.is_none() && streams.is_terminal() {
                let _ = streams.flush();
                streams.remark(&format!("({})", counted(rows.len())));
            }
            say_what_is_left_out(streams, &more);
            // A program counts rows itself.
            if let Some(footer) = below.footer.as_ref().filter(|_| streams.is_terminal()) {
                let _ = streams.flush();
                streams.remark(footer.as_str());
            }
            Ok(())
        }
        ResponseView::Object(parts) => {
            let text = object_text::rendered(&parts, !no_headers, streams.width(), |headers| {
                color(streams, headers)
            });
            write(streams, &text)
        }
        ResponseView::Scalar(cell) => write(streams, &format!("{}\n", cell.text)),
    }
}

fn counted(rows: usize) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }
}

/// Says to a person which columns came that nobody knew of.
pub(super) fn say_what_is_left_out(streams: &mut Streams, more: &[CleanText]) {
    if streams.is_terminal() && !more.is_empty() {
        let names = more.iter().map(CleanText::as_str).collect::<Vec<_>>().join(", ");
        let _ = streams.flush();
        streams.hint(&format!("not shown: {names}; use `-o wide`"));
    }
}

/// The colours of a table with these headings.
pub(super) fn color(streams: &Streams, headers: &[CleanText]) -> Option<TableColor> {
    color_of(streams, headers.iter().map(CleanText::as_str))
}

/// Why a body is not shown as JSON, when no filter was given.
pub(super) fn unformatted(error: &jq::JqError, body: &[u8]) -> Failure {
    match error {
        jq::JqError::NotJson => ResponseError::of_text(body).into(),
        error => of_jq(error),
    }
}

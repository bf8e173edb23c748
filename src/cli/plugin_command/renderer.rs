//! What a runner tells, shown as it comes: bodies, rows, messages, progress.
//!
//! It must not know what is sent, nor when it is over.

use super::show::{self, OutputOptions};
use super::stream_table::StreamingTable;
use crate::cli::output::{OutputFormat, long, of_filter, painted, through_jq};
use crate::cli::{write, write_bytes, write_clean};
use crate::error::Failure;
use crate::jq::{self, RowFilter};
use crate::model::{Message, Warning, limits};
use crate::openapi::{self, ApiCommand, JsonAnswer, ResponseRow, Unread};
use crate::ops::App;
use crate::runner::event::{Event, JobUpdate, PageEvent, Sink, StreamEvent};
use crate::runner::proxy::error::ResponseError;
use crate::term::Streams;
use crate::term::progress::ProgressLine;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The sink that prints.
pub(crate) struct Renderer<'a> {
    streams: &'a mut Streams,
    app: &'a App,
    form: OutputFormat,
    wishes: &'a OutputOptions,
    /// The command whose rows and messages come.
    command: Option<&'a ApiCommand>,
    table: Option<StreamingTable<'a>>,
    progress: Option<ProgressLine>,
    /// Whether a list of JSON has begun.
    begun: bool,
    /// The rows of all pages, where they are needed together: for another order, for a filter.
    collected: Vec<String>,
    /// How many bytes they are.
    size: usize,
    /// How many rows were shown or kept.
    rows: usize,
    /// Where the rows are in a page.
    place: Option<openapi::Pointer>,
}

impl<'a> Renderer<'a> {
    /// Nothing has come yet. Without `command`, nothing is known of what comes.
    pub(crate) fn new(
        streams: &'a mut Streams,
        app: &'a App,
        command: Option<&'a ApiCommand>,
        wishes: &'a OutputOptions,
    ) -> Self {
        let form = OutputFormat::from_options(&app.options);
        let color = streams.out_color();
        let table = command.map(|command| StreamingTable::new(command, wishes, form, color));
        Self {
            streams,
            app,
            form,
            wishes,
            command,
            table,
            progress: None,
            begun: false,
            collected: Vec::new(),
            size: 0,
            rows: 0,
            place: None,
        }
    }
}

impl Sink for Renderer<'_> {
    fn take(&mut self, event: Event<'_>) -> Result<(), Failure> {
        match event {
            Event::Head { status, headers } => self.head(status, headers),
            Event::Json { command, answer, selected } => {
                show::json(self.streams, self.app, command, self.wishes, selected, answer)
            }
            Event::Undescribed(body) => {
                let expression = self.wishes.jq.as_deref().unwrap_or(".");
                through_jq(self.streams, expression, body)
            }
            Event::Text(body) => show::text(self.streams, self.form, body),
            Event::Bytes(piece) => write_bytes(self.streams, piece),
            Event::ForeignText(piece) => write_clean(self.streams, piece),
            Event::Page(page) => self.page(page),
            Event::ListEnd(_) => self.list_end(),
            Event::ListBroken => self.list_broken(),
            Event::Stream(event) => self.stream(&event),
            Event::Job(event) => {
                self.job(&event);
                Ok(())
            }
            Event::Moved { done, total, is_output } => {
                let begin = if is_output { ProgressLine::beside_output } else { ProgressLine::new };
                self.progress.get_or_insert_with(|| begin(self.streams)).bytes(done, total);
                Ok(())
            }
            Event::MoveEnd => {
                self.progress = None;
                Ok(())
            }
            Event::Problem(problem) => {
                self.streams.problem(problem);
                Ok(())
            }
            // Data first: what is on standard error then is below it.
            Event::Remark(text) => {
                let _ = self.streams.flush();
                self.streams.remark(text);
                Ok(())
            }
            Event::Hint(text) => {
                let _ = self.streams.flush();
                self.streams.hint(text);
                Ok(())
            }
            Event::Note(text) => {
                let _ = self.streams.flush();
                self.streams.note(text);
                Ok(())
            }
        }
    }
}

/// Heads and jobs.
impl Renderer<'_> {
    fn head(&mut self, status: &str, headers: &[(String, String)]) -> Result<(), Failure> {
        write(self.streams, &format!("{status}\n"))?;
        for (name, value) in headers {
            write(self.streams, &format!("{name}: {}\n", self.streams.safe_text(value)))?;
        }
        write(self.streams, "\n")
    }

    fn job(&mut self, event: &JobUpdate<'_>) {
        let progress = self.progress.get_or_insert_with(|| ProgressLine::new(self.streams));
        match event {
            JobUpdate::State { status, percent } => progress.state(self.streams, status, *percent),
            JobUpdate::Retry(why) => progress.say(|| self.streams.note(why)),
            JobUpdate::Remark(text) => progress.say(|| self.streams.remark(text)),
        }
    }
}

/// Lists that come page by page.
impl Renderer<'_> {
    fn page(&mut self, page: PageEvent<'_>) -> Result<(), Failure> {
        let Some(command) = self.command else { return Ok(()) };
        let PageEvent { rows, value, body, .. } = page;
        if self.place.is_none() {
            self.place = openapi::place(command, value);
        }
        let kept;
        let (rows, value, body) = match &self.wishes.filter {
            None => (rows, value, body),
            Some(filter) => {
                kept = kept_page(command, page, filter)?;
                (&kept.0[..], &kept.1, &kept.2[..])
            }
        };
        self.rows += rows.len();
        let page = PageEvent { rows, value, body, ..page };
        let is_whole = self.wishes.jq.is_some() || self.wishes.sort_by.is_some();
        if is_whole || self.form == OutputFormat::Plot {
            let exact = openapi::raw_rows(command, value, body).unwrap_or_default();
            for row in exact.into_iter().take(rows.len()) {
                self.size += row.get().len();
                if self.size > limits::SHOWN {
                    return Err(ResponseError::TooMuch(limits::Excess::Bytes(limits::SHOWN)).into());
                }
                self.collected.push(row.get().to_owned());
            }
            return Ok(());
        }
        let exact = |body| openapi::raw_rows(command, value, body).unwrap_or_default();
        match self.form {
            OutputFormat::Raw => return write_bytes(self.streams, body),
            OutputFormat::JsonLines => {
                for row in exact(body).into_iter().take(rows.len()) {
                    show::json_line(self.streams, row.get())?;
                }
            }
            OutputFormat::Json => {
                for row in exact(body).into_iter().take(rows.len()) {
                    let text = jq::indented(row.get().as_bytes()).unwrap_or_default();
                    let (opening, _) = wrapper(self.place.as_ref());
                    let before = if self.begun { ",\n".to_owned() } else { format!("{opening}[\n") };
                    let text = painted(self.streams, text.trim_end());
                    write(self.streams, &format!("{before}{text}"))?;
                    self.begun = true;
                }
            }
            OutputFormat::Yaml => {
                if !rows.is_empty() {
                    show::structured_safely(self.streams, OutputFormat::Yaml, &Value::from(rows))?;
                }
            }
            OutputFormat::Name => {
                for name in show::names(command, value)?.into_iter().take(rows.len()) {
                    write(self.streams, &format!("{name}\n"))?;
                }
            }
            OutputFormat::Table
            | OutputFormat::Wide
            | OutputFormat::Vertical
            | OutputFormat::Plot
            | OutputFormat::Records(_) => self.rows(page)?,
        }
        let _ = self.streams.flush();
        Ok(())
    }

    fn rows(&mut self, page: PageEvent<'_>) -> Result<(), Failure> {
        let (Some(table), Some(command)) = (&mut self.table, self.command) else { return Ok(()) };
        let is_records = matches!(self.form, OutputFormat::Records(_));
        let exact = if is_records { openapi::raw_rows(command, page.value, page.body) } else { None };
        if !page.is_only && !is_records {
            return if table.keep_page(page.rows) { self.kept_rows() } else { Ok(()) };
        }
        let exact = exact.unwrap_or_default();
        let row = |(at, value)| ResponseRow { value, json: exact.get(at).copied() };
        let rows: Vec<_> = page.rows.iter().enumerate().map(row).collect();
        let text = table.text(&rows, self.streams.width())?;
        if is_records {
            let text = self.streams.safe_text(&text).into_owned();
            return write(self.streams, &text);
        }
        // One page may be long; how many there are is not known.
        if page.is_only {
            long(self.streams, &self.app.environment, &text)
        } else {
            write(self.streams, &text)
        }
    }

    /// Shows what has come of a list that breaks off.
    fn list_broken(&mut self) -> Result<(), Failure> {
        self.kept_rows()?;
        let _ = self.streams.flush();
        Ok(())
    }

    fn list_end(&mut self) -> Result<(), Failure> {
        let Some(command) = self.command else { return Ok(()) };
        if self.form == OutputFormat::Plot && self.wishes.sort_by.is_none() {
            let (opening, closing) = wrapper(self.place.as_ref());
            let body = format!("{opening}[{}]{closing}", self.collected.join(",")).into_bytes();
            let answer = JsonAnswer::new(body);
            return show::json(self.streams, self.app, command, self.wishes, None, &answer);
        }
        if let Some(expression) = &self.wishes.jq {
            // One list, as if it had been one page.
            let (opening, closing) = wrapper(self.place.as_ref());
            let body = format!("{opening}[{}]{closing}", self.collected.join(","));
            return through_jq(self.streams, expression, body.as_bytes());
        }
        if self.wishes.sort_by.is_some() {
            let rows = JsonAnswer::new(format!("[{}]", self.collected.join(",")).into_bytes());
            return show::json(self.streams, self.app, command, self.wishes, None, &rows);
        }
        self.kept_rows()?;
        if let Some(table) = &mut self.table {
            let end = table.end()?;
            write(self.streams, &end)?;
        }
        match self.form {
            OutputFormat::Json => {
                let (opening, closing) = wrapper(self.place.as_ref());
                let before = if self.begun { "\n".to_owned() } else { format!("{opening}[") };
                write(self.streams, &format!("{before}]{closing}\n"))
            }
            OutputFormat::Table | OutputFormat::Wide | OutputFormat::Vertical | OutputFormat::Name
                if self.rows == 0 =>
            {
                self.streams.remark(&show::nothing_found(self.wishes));
                Ok(())
            }
            OutputFormat::Table => {
                let more = self.table.as_ref().map(|table| table.more().to_vec()).unwrap_or_default();
                show::say_what_is_left_out(self.streams, &more);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// The rows of a page that `--filter` keeps: as values, as a list, and as the JSON of that.
fn kept_page(
    command: &ApiCommand,
    page: PageEvent<'_>,
    filter: &RowFilter,
) -> Result<(Vec<Value>, Value, Vec<u8>), Failure> {
    let exact = openapi::raw_rows(command, page.value, page.body).unwrap_or_default();
    let (mut rows, mut texts) = (Vec::new(), Vec::new());
    for (row, text) in page.rows.iter().zip(exact) {
        if filter.keeps(text.get().as_bytes()).map_err(|error| of_filter(filter, &error))? {
            rows.push(row.clone());
            texts.push(text.get());
        }
    }
    let body = format!("[{}]", texts.join(",")).into_bytes();
    Ok((rows.clone(), Value::from(rows), body))
}

/// What comes before and after the rows in the answer itself: rows that are wrapped stay wrapped.
fn wrapper(place: Option<&openapi::Pointer>) -> (String, String) {
    let steps = place.map(openapi::Pointer::steps).unwrap_or_default();
    let names: Vec<String> = steps.iter().map(|step| Value::from(step.as_str()).to_string()).collect();
    let opening = if names.is_empty() { String::new() } else { format!("{{{}: ", names.join(": {")) };
    (opening, "}".repeat(steps.len()))
}

/// Streams.
impl Renderer<'_> {
    fn stream(&mut self, event: &StreamEvent<'_>) -> Result<(), Failure> {
        match event {
            StreamEvent::Message(message) => self.message(message)?,
            StreamEvent::Pause => {
                self.kept_rows()?;
                let _ = self.streams.flush();
            }
            StreamEvent::Gap(why) => self.streams.warning(why),
            StreamEvent::Lost(why) => self.streams.note(&format!("reconnecting: {why}")),
        }
        Ok(())
    }

    /// Shows the rows that are kept to be shown together.
    fn kept_rows(&mut self) -> Result<(), Failure> {
        let Some(table) = &mut self.table else { return Ok(()) };
        let rows = table.kept(self.streams.width())?;
        write(self.streams, &rows)
    }

    fn message(&mut self, message: &Message) -> Result<(), Failure> {
        limits::check(message.data.as_bytes()).map_err(ResponseError::TooMuch)?;
        // An answer with rows of its own is filtered as one.
        let is_answer = self.command.is_some_and(|command| command.answer.each);
        if let Some(filter) = self.wishes.filter.as_ref().filter(|_| !is_answer) {
            let is_json = serde_json::from_str::<&RawValue>(&message.data).is_ok();
            let wrapped = (!is_json).then(|| as_json(message).to_string());
            let json = wrapped.as_ref().unwrap_or(&message.data);
            if !filter.keeps(json.as_bytes()).map_err(|error| of_filter(filter, &error))? {
                return Ok(());
            }
        }
        if self.wishes.jq.is_some()
            || matches!(self.form, OutputFormat::Json | OutputFormat::Raw | OutputFormat::JsonLines)
        {
            return self.exact(message);
        }
        let value = match openapi::read_answer(message.data.as_bytes()) {
            Ok(value) => value,
            Err(Unread::TooMuch(excess)) => return Err(ResponseError::TooMuch(excess).into()),
            Err(Unread::NotJson) => {
                return match self.form {
                    OutputFormat::Yaml => document(self.streams, &as_json(message)),
                    _ => self.as_text(message),
                };
            }
        };
        match (self.form, self.command) {
            (OutputFormat::Yaml, _) => document(self.streams, &value),
            (OutputFormat::Name, Some(command)) => {
                let names = show::names(command, &Value::from(vec![value]))?;
                names.iter().try_for_each(|name| write(self.streams, &format!("{name}\n")))
            }
            (_, Some(command)) if command.answer.each && value.is_object() => {
                self.result(command, message, &value)
            }
            _ => {
                let has_columns = self.has_columns() && value.is_object();
                let table = self.table.as_mut().filter(|_| has_columns);
                let is_row = match table {
                    Some(table) => table.keep(value, &message.data)?,
                    None => false,
                };
                if is_row { Ok(()) } else { self.as_text(message) }
            }
        }
    }

    /// A message that is an answer with rows of its own.
    fn result(&mut self, command: &ApiCommand, message: &Message, value: &Value) -> Result<(), Failure> {
        let answer = JsonAnswer::new(message.data.as_bytes());
        show::json(self.streams, self.app, command, self.wishes, None, &answer)?;
        let _ = self.streams.flush();
        for warning in command.answer.warnings(|_| None, Some(value)) {
            self.streams.problem(&Warning::general(warning.to_string()));
        }
        Ok(())
    }

    /// A message as JSON, digit for digit where it is JSON.
    fn exact(&mut self, message: &Message) -> Result<(), Failure> {
        let is_json = serde_json::from_str::<&RawValue>(&message.data).is_ok();
        let wrapped = (!is_json).then(|| as_json(message).to_string());
        let json = wrapped.as_ref().unwrap_or(&message.data);
        match (&self.wishes.jq, self.form) {
            (Some(expression), _) => through_jq(self.streams, expression, json.as_bytes()),
            (None, OutputFormat::Json) => {
                let text = jq::indented(json.as_bytes())
                    .map_err(|error| show::unformatted(&error, json.as_bytes()))?;
                let text = painted(self.streams, &text);
                write(self.streams, &text)
            }
            (None, _) => show::json_line(self.streams, json),
        }
    }

    fn has_columns(&self) -> bool {
        let is_described = |command: &ApiCommand| {
            !command.answer.columns.is_empty() || command.answer.columns_from.is_some()
        };
        matches!(self.form, OutputFormat::Records(_))
            || self.wishes.columns.is_some()
            || self.command.is_some_and(is_described)
    }

    /// A message as text, after the kind of its event if it has one, and after the rows that came before it.
    fn as_text(&mut self, message: &Message) -> Result<(), Failure> {
        self.kept_rows()?;
        let Message { event, data, .. } = message;
        if let OutputFormat::Records(format) = self.form {
            // Every line of data is a record.
            let line = format.record([Some(event.as_str()), Some(data.as_str())]);
            self.streams.remark(line.trim_end());
            return Ok(());
        }
        let space = if event.is_empty() { "" } else { "  " };
        write_clean(self.streams, format!("{event}{space}{data}\n").as_bytes())
    }
}

/// A message as a document of YAML.
fn document(streams: &mut Streams, value: &Value) -> Result<(), Failure> {
    write(streams, "---\n")?;
    show::structured_safely(streams, OutputFormat::Yaml, value)
}

/// A message that is not JSON, as JSON.
fn as_json(message: &Message) -> Value {
    json!({"event": message.event, "id": message.id, "data": message.data})
}

//! Lists that come page by page: `--limit` and `--all`. Rows are shown as they come, and each page is forgotten
//! before the next one is asked for.

use super::arguments::Given;
use super::show;
use super::stream_table::Growing;
use crate::cli::output::{Form, long};
use crate::cli::write;
use crate::client::ClientError;
use crate::client::call::Call;
use crate::error::{Failure, exit};
use crate::jq;
use crate::model::{Line, below, limits, quoted};
use crate::openapi::{self, ArgumentName, Command, Kind, PageBy, Paginate, Place, Row};
use crate::ops::World;
use crate::runner::proxy::connection::Plugin;
use crate::runner::proxy::cycle_detector::Trail;
use crate::runner::proxy::error::Trouble;
use crate::term::Streams;
use serde_json::Value;

/// How many rows are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// One page, as the server makes it.
    Page,
    /// This many.
    Rows(u64),
    /// All.
    All,
}

/// The size of a page to ask for: no more than is wanted, and no more than the server allows.
pub(super) fn size(command: &Command, paginate: &Paginate, wanted: Wanted) -> Option<(String, String)> {
    let name = paginate.size.as_ref()?;
    let most = match &command.argument(name.as_str())?.kind {
        Kind::Integer(range) => range.most.as_ref().and_then(serde_json::Number::as_u64),
        _ => None,
    };
    let size = match wanted {
        Wanted::Page => return None,
        Wanted::Rows(rows) => rows.min(most.unwrap_or(rows)),
        Wanted::All => most?,
    };
    Some((name.as_str().to_owned(), size.max(1).to_string()))
}

/// What is needed to ask for a page.
pub(super) struct Pages<'a> {
    pub(super) world: &'a World,
    pub(super) plugin: &'a Plugin,
    pub(super) command: &'a Command,
    pub(super) paginate: &'a Paginate,
    pub(super) wishes: &'a show::Wishes,
    pub(super) wanted: Wanted,
}

/// A page.
struct Page {
    /// Byte for byte.
    body: Vec<u8>,
    value: Value,
    /// Where its head says that the next one is, or why nobody goes there.
    link: Result<Option<(String, String)>, ClientError>,
}

/// Where the next page is.
enum Next {
    Argument(ArgumentName, String),
    Link(String, String),
    None,
}

impl Next {
    /// What tells it from every other page.
    fn place(&self) -> String {
        match self {
            Self::Argument(_, value) => value.clone(),
            Self::Link(path, query) => format!("{path}?{query}"),
            Self::None => String::new(),
        }
    }
}

impl Pages<'_> {
    /// Shows the pages. `call` makes the request of what was typed.
    pub(super) fn show(
        &self,
        streams: &mut Streams,
        given: &mut Given,
        call: &dyn Fn(&Given) -> Result<Call, Failure>,
    ) -> Result<(), Failure> {
        let mut shown = Shown::new(self);
        let mut trail = Trail::default();
        let mut request = call(given)?;
        loop {
            let Page { body, value, link } = match self.page(&request) {
                Ok(page) => page,
                Err(failure) => return Err(self.broken_off(streams, failure, &shown, &trail)),
            };
            let rows = openapi::rows(self.command, &value).unwrap_or_default();
            let room = match self.wanted {
                Wanted::Rows(limit) => {
                    usize::try_from(limit.saturating_sub(shown.rows)).unwrap_or(usize::MAX)
                }
                _ => usize::MAX,
            };
            let rows = &rows[..rows.len().min(room)];
            shown.add(self, streams, rows, &value, &body)?;
            let is_news = trail.brings_news(rows);
            let next = self.next(&value, link, shown.rows, rows.is_empty());
            let next = match next {
                Ok(next) => next,
                Err(failure) if self.wanted == Wanted::Page => {
                    shown.finish(self, streams)?;
                    let _ = streams.flush();
                    streams.note(&failure.message);
                    return Ok(());
                }
                Err(failure) => return Err(self.broken_off(streams, failure, &shown, &trail)),
            };
            let enough = matches!(self.wanted, Wanted::Rows(limit) if shown.rows >= limit);
            match next {
                Next::None => break,
                _ if enough => break,
                _ if self.wanted == Wanted::Page => {
                    shown.finish(self, streams)?;
                    let _ = streams.flush();
                    streams.hint("there is more: `--limit N` shows so many rows, `--all` all of them");
                    return Ok(());
                }
                next => {
                    let place = next.place();
                    let is_counted = matches!(self.paginate.by, PageBy::Offset { .. });
                    if trail.goes_in_circles(place, is_counted.then_some(&body)) || !is_news {
                        let failure =
                            Failure::new(exit::FAILURE, "the server leads to the same page again and again");
                        return Err(self.broken_off(streams, failure, &shown, &trail));
                    }
                    match next {
                        Next::Argument(name, value) => {
                            given.set(name.as_str(), &value);
                            request = call(given)?;
                        }
                        Next::Link(path, query) => (request.path, request.query) = (path, query),
                        Next::None => {}
                    }
                }
            }
        }
        shown.finish(self, streams)
    }

    /// Asks for one page.
    fn page(&self, call: &Call) -> Result<Page, Failure> {
        let patient = &mut || None;
        let begun = self.plugin.begin(self.world, call, patient);
        let whole = begun
            .and_then(|mut incoming| Ok((incoming.whole(limits::SHOWN, patient)?, incoming.next_page())));
        let (body, link) = whole.map_err(|trouble| match trouble {
            Trouble::Client(ClientError::Excess(excess)) => show::too_much(excess),
            trouble => self.plugin.explain(trouble),
        })?;
        let value = openapi::read_answer(&body).map_err(|why| show::unread(why, &body))?;
        Ok(Page { body, value, link })
    }

    fn next(
        &self,
        value: &Value,
        link: Result<Option<(String, String)>, ClientError>,
        rows: u64,
        empty: bool,
    ) -> Result<Next, Failure> {
        Ok(match &self.paginate.by {
            PageBy::Cursor { cursor, argument } => match cursor.find(value) {
                Some(Value::String(text)) if !text.is_empty() => {
                    let place = self.command.argument(argument.as_str()).map(|argument| &argument.place);
                    if matches!(place, Some(Place::Path(_))) && !below::is_segment(text) {
                        let cursor = Line::new(text);
                        let what =
                            format!("the next page, {cursor}, is not asked for: it leads out of its command");
                        return Err(Failure::new(exit::FAILURE, what));
                    }
                    Next::Argument(argument.clone(), text.clone())
                }
                Some(Value::Number(number)) => Next::Argument(argument.clone(), number.to_string()),
                _ => Next::None,
            },
            PageBy::Offset { .. } if empty => Next::None,
            PageBy::Offset { argument } => Next::Argument(argument.clone(), rows.to_string()),
            PageBy::Link => {
                let link = link.map_err(|error| self.plugin.explain(Trouble::Client(error)))?;
                link.map_or(Next::None, |(path, query)| Next::Link(path, query))
            }
        })
    }

    /// A list that broke off: how many rows came, and where to go on.
    fn broken_off(
        &self,
        streams: &mut Streams,
        failure: Failure,
        shown: &Shown<'_>,
        trail: &Trail,
    ) -> Failure {
        if shown.rows == 0 {
            return failure;
        }
        let _ = streams.flush();
        let Failure { message, mut causes, said, mut hints, exit_code } = failure;
        causes.insert(0, message);
        let last = Line::new(&trail.last);
        hints.insert(
            0,
            match &self.paginate.by {
                PageBy::Cursor { argument, .. } | PageBy::Offset { argument } => {
                    format!("go on with --{argument}={last}")
                }
                PageBy::Link => {
                    format!(
                        "go on with: everestctl plugin api {} {}",
                        self.plugin.name,
                        quoted(last.as_str())
                    )
                }
            },
        );
        Failure {
            message: format!("the list broke off after {} rows", shown.rows),
            causes,
            said,
            hints,
            exit_code,
        }
    }
}

/// What has been shown.
struct Shown<'a> {
    rows: u64,
    table: Growing<'a>,
    begun: bool,
}

impl<'a> Shown<'a> {
    fn new(pages: &Pages<'a>) -> Self {
        let is_wide = Form::of(&pages.world.options) == Form::Wide;
        Self { rows: 0, table: Growing::new(pages.command, pages.wishes, is_wide), begun: false }
    }

    fn add(
        &mut self,
        pages: &Pages<'_>,
        streams: &mut Streams,
        rows: &[Value],
        value: &Value,
        body: &[u8],
    ) -> Result<(), Failure> {
        self.rows += rows.len() as u64;
        if let Some(expression) = &pages.wishes.jq {
            return show::through_jq(streams, expression, body);
        }
        let exact = |body| openapi::raw_rows(pages.command, value, body).unwrap_or_default();
        match Form::of(&pages.world.options) {
            Form::Raw => return crate::cli::write_bytes(streams, body),
            Form::JsonLines => {
                for row in exact(body).into_iter().take(rows.len()) {
                    show::json_line(streams, row.get())?;
                }
            }
            Form::Json => {
                for row in exact(body).into_iter().take(rows.len()) {
                    let text = jq::indented(row.get().as_bytes()).unwrap_or_default();
                    let (opening, _) = wrapper(pages.command);
                    let before = if self.begun { ",\n".to_owned() } else { format!("{opening}[\n") };
                    let text = streams.safe_text(text.trim_end()).into_owned();
                    write(streams, &format!("{before}{text}"))?;
                    self.begun = true;
                }
            }
            Form::Yaml => {
                if !rows.is_empty() {
                    show::structured_safely(streams, Form::Yaml, &Value::from(rows))?;
                }
            }
            Form::Name => {
                for name in openapi::names(pages.command, value).into_iter().take(rows.len()) {
                    write(streams, &format!("{name}\n"))?;
                }
            }
            Form::Table | Form::Wide => self.add_table(pages, streams, rows)?,
        }
        let _ = streams.flush();
        Ok(())
    }

    fn add_table(&mut self, pages: &Pages<'_>, streams: &mut Streams, rows: &[Value]) -> Result<(), Failure> {
        let rows: Vec<_> = rows.iter().map(Row::of).collect();
        let text = self.table.text(&rows, streams.width());
        // One page may be long; of several nobody knows how many there are.
        match pages.wanted {
            Wanted::Page => long(streams, &pages.world.environment, &text),
            _ => write(streams, &text),
        }
    }

    fn finish(&self, pages: &Pages<'_>, streams: &mut Streams) -> Result<(), Failure> {
        if pages.wishes.jq.is_some() {
            return Ok(());
        }
        match Form::of(&pages.world.options) {
            Form::Json => {
                let (opening, closing) = wrapper(pages.command);
                let before = if self.begun { "\n".to_owned() } else { format!("{opening}[") };
                write(streams, &format!("{before}]{closing}\n"))
            }
            Form::Table | Form::Wide if self.rows == 0 => {
                streams.remark("nothing found");
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// What stands before and behind the rows in the answer itself: rows that are wrapped stay wrapped.
fn wrapper(command: &Command) -> (String, String) {
    let steps = command.answer.rows.as_ref().map(openapi::Pointer::steps).unwrap_or_default();
    let names: Vec<String> = steps.iter().map(|step| Value::from(step.as_str()).to_string()).collect();
    let opening = if names.is_empty() { String::new() } else { format!("{{{}: ", names.join(": {")) };
    (opening, "}".repeat(steps.len()))
}

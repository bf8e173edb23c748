//! Lists that come page by page: `--limit` and `--all`. Rows are told as they come, and each page is forgotten
//! before the next one is asked for.

use super::arguments::ParsedArguments;
use super::connection::PluginConnection;
use super::cycle_detector::CycleDetector;
use super::error::{RequestError, ResponseError};
use super::list_error::ListError;
use super::options::RowLimit;
use super::page_steps::{ListProgress, NextRequest};
use crate::client::plugin_request::PluginRequest;
use crate::client::{ClientError, Deadline};
use crate::error::Failure;
use crate::model::{CleanText, Warning, below, limits, quoted};
use crate::openapi::{self, ApiCommand, ArgumentPlace, PageBy, PageFacts, Paginate, ValueKind};
use crate::runner::event::{self, Event, Sink};
use serde_json::Value;

/// The size of a page to ask for: no more than is wanted, and no more than the server allows.
pub(super) fn size(command: &ApiCommand, paginate: &Paginate, wanted: RowLimit) -> Option<(String, String)> {
    let name = paginate.size.as_ref()?;
    let most = match &command.argument(name.as_str())?.kind {
        ValueKind::Integer(range) => range.most.as_ref().and_then(serde_json::Number::as_u64),
        _ => None,
    };
    let size = match wanted {
        RowLimit::Page => return None,
        RowLimit::Count(rows) => rows.min(most.unwrap_or(rows)),
        RowLimit::All => most?,
    };
    Some((name.as_str().to_owned(), size.max(1).to_string()))
}

/// What is needed to ask for a page.
pub(super) struct Pages<'a> {
    pub(super) plugin: &'a PluginConnection,
    pub(super) command: &'a ApiCommand,
    pub(super) paginate: &'a Paginate,
    pub(super) rows: RowLimit,
}

/// A page.
struct ListPage {
    /// Byte for byte.
    body: Vec<u8>,
    value: Value,
    /// The next page according to the response headers, or why it is not requested.
    link: Result<Option<(String, String)>, ClientError>,
}

impl Pages<'_> {
    /// Tells the pages. `call` makes the request of what was typed.
    pub(super) fn run<F>(
        &self,
        arguments: &mut ParsedArguments<F>,
        call: &dyn Fn(&ParsedArguments<F>) -> Result<PluginRequest, Failure>,
        sink: &mut dyn Sink,
    ) -> Result<(), Failure> {
        let mut count = 0;
        let mut trail = CycleDetector::default();
        let mut request = call(arguments)?;
        let mut progress = ListProgress::new(self.command, self.paginate, arguments);
        let is_found = matches!(self.paginate.by, PageBy::Found { .. });
        loop {
            let mut is_refused = false;
            let ListPage { body, value, link } = match self.page(&request, &mut is_refused) {
                Ok(page) => page,
                // Behind the last page, some answer that there is no such page.
                Err(_) if is_refused && progress.is_hoped_for && count > 0 => break,
                Err(failure) => return self.broken_off(failure, count, &trail, sink),
            };
            let rows = openapi::rows(self.command, &value).unwrap_or_default();
            let room = match self.rows {
                RowLimit::Count(limit) => usize::try_from(limit.saturating_sub(count)).unwrap_or(usize::MAX),
                _ => usize::MAX,
            };
            let facts = PageFacts::from_answer(&value);
            // It is known from the first request.
            if let Some((name, value)) = progress.first_again(self.paginate, rows) {
                arguments.set(name.as_str(), &value);
                request = call(arguments)?;
                continue;
            }
            if is_found && progress.repeats(rows) {
                if facts.more_than(count) == Some(true) {
                    return self.broken_off(ListError::Repeated.into(), count, &trail, sink);
                }
                sink.take(Event::ListEnd(count))?;
                // Where only the parameter let hope for pages.
                return sink.take(Event::Problem(&Warning::general(
                    "the server returned the same page again: the list may be complete, or have no pages"
                        .to_owned(),
                )));
            }
            if progress.shrinks(&facts) {
                let text = "the list became shorter while it was read: rows may be missing";
                sink.take(Event::Problem(&Warning::general(text.to_owned())))?;
            }
            let all_rows = rows;
            let rows = &rows[..rows.len().min(room)];
            count += rows.len() as u64;
            progress.count = count;
            let is_only = self.rows == RowLimit::Page;
            sink.take(Event::Page(event::PageEvent { rows, value: &value, body: &body, is_only }))?;
            let is_news = trail.brings_news(rows);
            let next = match self.next(&value, link, count, rows.is_empty()) {
                Ok(NextRequest::None) if is_found => {
                    let typed = |name: &str| arguments.value(name).map(str::to_owned);
                    progress.next(self.paginate, &facts, all_rows, typed)
                }
                Ok(next) => next,
                Err(failure) if is_only => {
                    sink.take(Event::ListEnd(count))?;
                    return sink.take(Event::Note(&failure.message));
                }
                Err(failure) => return self.broken_off(failure, count, &trail, sink),
            };
            let is_enough = matches!(self.rows, RowLimit::Count(limit) if count >= limit);
            match next {
                NextRequest::None => break,
                _ if is_enough => break,
                _ if is_only => {
                    sink.take(Event::ListEnd(count))?;
                    return sink.take(Event::Hint("more rows available: use `--limit N` or `--all`"));
                }
                next => {
                    let place = next.place();
                    let is_counted = matches!(self.paginate.by, PageBy::Offset { .. });
                    if trail.goes_in_circles(place, is_counted.then_some(&body)) || !is_news {
                        return self.broken_off(ListError::Repeated.into(), count, &trail, sink);
                    }
                    match next {
                        NextRequest::Argument(name, value) => {
                            arguments.set(name.as_str(), &value);
                            request = call(arguments)?;
                        }
                        NextRequest::Link(path, query) => {
                            progress.is_led = true;
                            (request.path, request.query) = (path, query);
                        }
                        NextRequest::None => {}
                    }
                }
            }
        }
        sink.take(Event::ListEnd(count))?;
        match progress.missing() {
            Some(missing) if self.rows == RowLimit::All => {
                let text =
                    format!("rows are missing: the server counts {}, and {count} came", missing + count);
                sink.take(Event::Problem(&Warning::general(text)))
            }
            _ => Ok(()),
        }
    }

    /// Asks for one page.
    fn page(&self, call: &PluginRequest, is_refused: &mut bool) -> Result<ListPage, Failure> {
        let deadline = Deadline::NEVER.or_at(self.plugin.deadline());
        let begun = self.plugin.begin(call, deadline);
        let whole = begun.and_then(|mut incoming| Ok((incoming.whole(limits::SHOWN, deadline)?, incoming)));
        let (body, incoming) = whole.map_err(|trouble| match trouble {
            RequestError::Client(ClientError::Excess(excess)) => ResponseError::TooMuch(excess).into(),
            trouble => {
                *is_refused = matches!(
                    trouble,
                    RequestError::Client(ClientError::Status { status: 400 | 404 | 416 | 422, .. })
                );
                self.plugin.explain_for(self.command, call, trouble)
            }
        })?;
        let value = openapi::read_answer(&body).map_err(|why| ResponseError::unread(why, &body))?;
        let mut link = incoming.next_page_of(&call.path);
        if matches!(link, Ok(None)) && matches!(self.paginate.by, PageBy::Found { .. }) {
            let address = PageFacts::from_answer(&value).address;
            link = address.map(|address| incoming.page_at(&address, &call.path)).transpose();
        }
        Ok(ListPage { body, value, link })
    }

    fn next(
        &self,
        value: &Value,
        link: Result<Option<(String, String)>, ClientError>,
        rows: u64,
        empty: bool,
    ) -> Result<NextRequest, Failure> {
        Ok(match &self.paginate.by {
            PageBy::Cursor { cursor, argument } => match cursor.find(value) {
                Some(Value::String(text)) if !text.is_empty() => {
                    let place = self.command.argument(argument.as_str()).map(|argument| &argument.place);
                    if matches!(place, Some(ArgumentPlace::Path(_))) && !below::is_segment(text) {
                        return Err(ListError::OutsideOfRoute { cursor: CleanText::new(text) }.into());
                    }
                    NextRequest::Argument(argument.clone(), text.clone())
                }
                Some(Value::Number(number)) => NextRequest::Argument(argument.clone(), number.to_string()),
                _ => NextRequest::None,
            },
            PageBy::Offset { .. } if empty => NextRequest::None,
            PageBy::Offset { argument } => NextRequest::Argument(argument.clone(), rows.to_string()),
            PageBy::Link | PageBy::Found { .. } => {
                let link = link.map_err(|error| self.plugin.explain(RequestError::Client(error)))?;
                link.map_or(NextRequest::None, |(path, query)| NextRequest::Link(path, query))
            }
        })
    }

    /// A list that broke off: how many rows came, and where to go on.
    fn broken_off(
        &self,
        failure: Failure,
        count: u64,
        trail: &CycleDetector,
        sink: &mut dyn Sink,
    ) -> Result<(), Failure> {
        sink.take(Event::ListBroken)?;
        if count == 0 {
            return Err(failure);
        }
        let last = CleanText::new(&trail.last);
        let argument = match &self.paginate.by {
            PageBy::Cursor { argument, .. } | PageBy::Offset { argument } => Some(argument),
            PageBy::Found { cursor, page, offset, .. } if !last.as_str().starts_with('/') => {
                [cursor, page, offset].into_iter().flatten().next()
            }
            _ => None,
        };
        let resume = match argument {
            Some(argument) => format!("resume with --{argument}={last}"),
            None => {
                format!("resume with: everestctl plugin api {} {}", self.plugin.name, quoted(last.as_str()))
            }
        };
        let resume = (!last.as_str().is_empty()).then_some(resume);
        let exit_code = failure.exit_code;
        Err(failure.as_cause_of(ListError::Incomplete { count, resume, exit_code }))
    }
}

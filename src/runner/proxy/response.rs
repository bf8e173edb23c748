//! Sending a request, and what is done with the response as it comes: collected, passed on, saved, followed.

use super::connection::{PluginConnection, ResponseStream};
use super::download::{self, DownloadTarget, Downloaded, Downloading, FileSink, ToFile, ToOutput};
use super::error::{RequestError, ResponseError};
use super::follow::{StreamFollower, is_unknown_cursor};
use super::headers;
use super::options::{InvocationOptions, OutputShape, RowLimit};
use super::upload::Uploading;
use crate::client::event_stream::Framing;
use crate::client::plugin_request::PluginRequest;
use crate::client::{ClientError, Deadline};
use crate::error::Failure;
use crate::model::{CleanText, Warning, limits, quoted};
use crate::openapi::{ApiCommand, JsonAnswer, Method, ResponseKind};
use crate::runner::event::{Event, Sink};
use crate::sys::signals::Interrupts;
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};

/// A request, and what is wanted of its answer.
pub(super) struct ResponseHandler<'a> {
    pub(super) plugin: &'a PluginConnection,
    pub(super) command: &'a ApiCommand,
    pub(super) call: &'a PluginRequest,
    pub(super) options: &'a InvocationOptions,
    /// The row that is wanted, of an answer that is a list.
    pub(super) selected: Option<&'a str>,
    pub(super) stream: StreamRequest<'a>,
    /// When the user has had enough of it; a stream only has to begin by then.
    pub(super) deadline: Option<Instant>,
    /// What to say of a list of which only a page was asked for, by its answer and whether a header leads to the next page.
    pub(super) more_rows: &'a dyn Fn(&Value, bool) -> Option<&'static str>,
}

/// How to follow a response that is a stream.
pub(super) struct StreamRequest<'a> {
    /// The request that resumes after a cursor, or starts again without one.
    pub(super) again: &'a dyn Fn(Option<&str>) -> Result<PluginRequest, Failure>,
    /// The cursor that was typed.
    pub(super) cursor: Option<String>,
    /// Whether it reconnects when the stream ends.
    pub(super) goes_on: bool,
    /// How long nothing may come.
    pub(super) silence: Option<Duration>,
    /// The flag that resumes after a cursor.
    pub(super) since: Option<&'a str>,
}

impl<'a> ResponseHandler<'a> {
    /// Sends the request and tells what comes, as it comes where it can.
    pub(super) fn run(&self, sink: &mut dyn Sink) -> Result<(), Failure> {
        let output_file = self.options.output_file.as_deref();
        // What is only read and shown can be cut off anywhere.
        let mut interrupts = None;
        if output_file.is_some() || self.command.method != Method::Get {
            watched(&mut interrupts)?;
        }
        // Before anything is sent: a file that cannot be written is no reason to ask for it.
        let saving = match output_file {
            Some(path) if path != Path::new("-") => Some(FileSink::begin(path)?),
            _ => None,
        };
        let mut incoming = self.begin(interrupts.as_ref(), sink)?;
        if self.command.method == Method::Head && output_file.is_none() {
            return headers::tell(&incoming.reply, self.command, self.options.shape, sink);
        }
        let reply = &incoming.reply;
        let kind = reply.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let mut warnings = self.command.answer.warnings(|name| reply.header(name), None);
        let mut whole = None;
        let incoming_link = incoming.next_page();
        let disposition = self.disposition(&kind);
        self.check_what_is_wanted(disposition, &kind)?;
        let ending = match disposition {
            Disposition::Save => {
                if let Some(file) = saving {
                    self.save(watched(&mut interrupts)?, incoming, file, sink)
                } else {
                    let mut output = ToOutput { sink, begun: false };
                    let done = self.download(watched(&mut interrupts)?, incoming, &mut output);
                    sink.take(Event::MoveEnd)?;
                    done.map(drop)
                }
            }
            Disposition::Follow(framing) => {
                warn(&warnings, sink)?;
                return self.follow(watched(&mut interrupts)?, incoming, framing, sink);
            }
            Disposition::PassOn => self.pass_on(interrupts.as_ref(), &mut incoming, sink, false),
            Disposition::Clean => self.pass_on(interrupts.as_ref(), &mut incoming, sink, true),
            Disposition::Refuse => Err(ResponseError::Binary.into()),
            Disposition::Quote => {
                let body = self.collected(&mut incoming, interrupts.as_ref())?;
                sink.take(Event::Text(&body))
            }
            Disposition::Collect => {
                let body = self.collected(&mut incoming, interrupts.as_ref())?;
                if body.trim_ascii().is_empty() && self.command.method == Method::Options {
                    headers::tell(&incoming.reply, self.command, self.options.shape, sink)
                } else if body.trim_ascii().is_empty() {
                    sink.take(Event::Remark("done"))
                } else {
                    let answer = JsonAnswer::new(body);
                    let shown = self.whole(&kind, &answer, sink);
                    whole = Some(answer).filter(|_| shown.is_ok());
                    shown
                }
            }
        };
        // Its value is looked at only where it may hold warnings, or be a page.
        let may_be_page = self.may_be_page();
        let whole = whole.filter(|_| may_be_page || !self.command.answer.warnings.is_empty());
        let value = whole.as_ref().and_then(|answer| answer.value().ok());
        warnings.extend(self.command.answer.warnings(|_| None, value));
        warn(&warnings, sink)?;
        let has_link = || !matches!(incoming_link, Ok(None));
        if let Some(hint) =
            value.filter(|_| may_be_page).and_then(|value| (self.more_rows)(value, has_link()))
        {
            sink.take(Event::Hint(hint))?;
        }
        ending
    }

    /// Whether it may be a page of a list that has others.
    fn may_be_page(&self) -> bool {
        let answer = &self.command.answer;
        self.command.method == Method::Get
            && self.selected.is_none()
            && self.options.rows == RowLimit::Page
            && (answer.rows.is_some() || answer.unknown)
    }

    /// The whole body.
    fn collected(
        &self,
        incoming: &mut ResponseStream<'_>,
        interrupts: Option<&Interrupts>,
    ) -> Result<Vec<u8>, Failure> {
        let deadline = Deadline::interrupt(interrupts).or_at(self.deadline);
        incoming.whole(limits::SHOWN, deadline).map_err(|trouble| match trouble {
            RequestError::Client(ClientError::Excess(excess)) => ResponseError::TooMuch(excess).into(),
            trouble => self.plugin.explain_for(self.command, self.call, trouble),
        })
    }

    /// Sends the request, with how much of it has been sent when that takes a while.
    fn begin(
        &self,
        interrupts: Option<&Interrupts>,
        sink: &mut dyn Sink,
    ) -> Result<ResponseStream<'a>, Failure> {
        let begun = match &self.call.body {
            Some((_, content)) if content.is_streamed() => {
                let mut upload = Uploading::new(content);
                let begun =
                    self.plugin.begin_watching(self.call, Deadline::interrupt(interrupts), &mut || {
                        upload.look(&mut *sink)
                    });
                sink.take(Event::MoveEnd)?;
                begun
            }
            _ => {
                let silent = self.stream.silence.map(|silence| Instant::now() + silence);
                let until = [silent, self.deadline].into_iter().flatten().min();
                self.plugin.begin(self.call, Deadline::interrupt(interrupts).or_at(until))
            }
        };
        if self.options.shape == OutputShape::Bytes
            && let Err(RequestError::Client(ClientError::Status { more, .. })) = &begun
        {
            // Whoever wants the response as it is wants that of an error, too.
            sink.take(Event::ForeignText(more.body.as_bytes()))?;
        }
        begun.map_err(|trouble| {
            let is_unknown = self.stream.cursor.is_some() && is_unknown_cursor(&trouble);
            let failure = self.plugin.explain_for(self.command, self.call, trouble);
            match self.stream.since {
                Some(since) if is_unknown => {
                    failure.hint(format!("the event may have expired: omit {since} to start with new events"))
                }
                _ => failure,
            }
        })
    }

    /// By what the answer says it is, by what the user wants, and where neither tells by what the descriptor says.
    fn disposition(&self, kind: &str) -> Disposition {
        let InvocationOptions { output_file, shape, has_filter, is_terminal, .. } = self.options;
        // Bytes are what was asked for: a pipe gets them, a terminal does not.
        let is_expected = matches!(self.command.answer.kind, ResponseKind::Binary | ResponseKind::Any);
        if output_file.is_some() {
            return Disposition::Save;
        }
        if *shape == OutputShape::Bytes {
            return Disposition::PassOn;
        }
        match disposition(self.command, kind, *has_filter) {
            Disposition::Refuse if is_expected && !is_terminal => Disposition::PassOn,
            // With `-o json` the reader is a program.
            Disposition::Clean if *shape == OutputShape::Data && !self.stream.goes_on => Disposition::Quote,
            disposition => disposition,
        }
    }

    /// Whether the response can be what was asked for, where only the response itself says what it is.
    fn check_what_is_wanted(&self, disposition: Disposition, kind: &str) -> Result<(), Failure> {
        let media = kind.split(';').next().unwrap_or_default().trim();
        // The text of a log is a text of JSON; rows in another form are no rows of JSON.
        let is_prose = matches!(media, "" | "text/plain" | "text/html" | "text/markdown");
        let wanted = match disposition {
            Disposition::Quote if !is_prose => "JSON or YAML",
            Disposition::Clean | Disposition::PassOn | Disposition::Quote if self.options.wants_table => {
                "a table"
            }
            _ => return Ok(()),
        };
        let media = CleanText::new(if media.is_empty() { "text" } else { media });
        Err(ResponseError::Unsuitable { media, wanted }.into())
    }

    /// Saves what comes, and says so.
    fn save(
        &self,
        interrupts: &Interrupts,
        incoming: ResponseStream<'a>,
        file: FileSink,
        sink: &mut dyn Sink,
    ) -> Result<(), Failure> {
        let mut target = ToFile { file, sink };
        let done = self.download(interrupts, incoming, &mut target);
        let ToFile { file, sink } = target;
        sink.take(Event::MoveEnd)?;
        let Downloaded { size, checksum } = done?;
        let shown = quoted(&file.path().to_string_lossy());
        file.finish()?;
        sink.take(Event::Remark(&format!("saved {size} bytes to {shown}")))?;
        if let Some(checksum) = checksum {
            sink.take(Event::Remark(&format!("verified SHA-256 {checksum}")))?;
        }
        Ok(())
    }

    fn download(
        &self,
        interrupts: &Interrupts,
        incoming: ResponseStream<'a>,
        target: &mut dyn DownloadTarget,
    ) -> Result<Downloaded, Failure> {
        let Self { plugin, call, .. } = *self;
        // A stream that is saved may be quiet for long.
        let is_stream = self.stream.goes_on
            || matches!(
                self.command.answer.kind,
                ResponseKind::Text | ResponseKind::EventStream | ResponseKind::JsonLines
            );
        let silence = self.stream.silence.or((!is_stream).then_some(download::SILENCE));
        Downloading { plugin, call, silence, interrupts }.run(incoming, target)
    }

    /// Follows the messages of a stream.
    fn follow(
        &self,
        interrupts: &Interrupts,
        incoming: ResponseStream<'a>,
        framing: Framing,
        sink: &mut dyn Sink,
    ) -> Result<(), Failure> {
        let StreamRequest { again, cursor, goes_on, silence, since } = &self.stream;
        let following = StreamFollower {
            plugin: self.plugin,
            again: *again,
            goes_on: *goes_on,
            id: self.command.follow.as_ref().and_then(|follow| follow.id.as_ref()),
            silence: *silence,
            until_silent: None,
            interrupts,
        };
        following.to_the_end(incoming, framing, cursor.clone(), *since, sink)
    }

    /// Tells a body that has come whole.
    fn whole(&self, kind: &str, answer: &JsonAnswer<'_>, sink: &mut dyn Sink) -> Result<(), Failure> {
        if kind.starts_with("text/html") && !self.options.has_filter {
            return Err(ResponseError::Html.into());
        }
        sink.take(Event::Json { command: self.command, answer, selected: self.selected })
    }

    /// Passes on what comes, as it comes: as text, or byte for byte.
    fn pass_on(
        &self,
        interrupts: Option<&Interrupts>,
        incoming: &mut ResponseStream<'_>,
        sink: &mut dyn Sink,
        is_text: bool,
    ) -> Result<(), Failure> {
        loop {
            let until = self.stream.silence.map(|silence| Instant::now() + silence);
            match incoming.chunk(Deadline::interrupt(interrupts).or_at(until)) {
                Ok(Some(piece)) if is_text => sink.take(Event::ForeignText(&piece))?,
                Ok(Some(piece)) => sink.take(Event::Bytes(&piece))?,
                Ok(None) => return Ok(()),
                Err(trouble) => return Err(self.plugin.explain(trouble)),
            }
        }
    }
}

/// Tells warnings.
fn warn(warnings: &[CleanText], sink: &mut dyn Sink) -> Result<(), Failure> {
    warnings.iter().try_for_each(|warning| sink.take(Event::Problem(&Warning::general(warning.to_string()))))
}

/// Ctrl-C as something to look at, from the first time on that it is wanted.
fn watched(interrupts: &mut Option<Interrupts>) -> Result<&Interrupts, Failure> {
    let watch = || Interrupts::watch().map_err(|error| Failure::of(&error));
    Ok(match interrupts {
        Some(interrupts) => interrupts,
        None => interrupts.insert(watch()?),
    })
}

/// What is done with the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disposition {
    /// It is shown when it is whole.
    Collect,
    /// It goes to standard output, byte for byte, as it comes.
    PassOn,
    /// As it comes, without what a terminal would act on.
    Clean,
    /// It is text, and shown as the text of JSON or YAML.
    Quote,
    /// It goes into a file, or to standard output as if that were one.
    Save,
    /// It is a stream of messages.
    Follow(Framing),
    /// It is nothing for a terminal.
    Refuse,
}

/// By what the answer says it is, and where it says nothing by what the descriptor says.
fn disposition(command: &ApiCommand, kind: &str, has_filter: bool) -> Disposition {
    let media = kind.split(';').next().unwrap_or_default().trim();
    let is_json = media.ends_with("/json") || media.ends_with("+json");
    let framing = match (media, command.answer.kind) {
        ("", ResponseKind::EventStream) => Some(Framing::Events),
        ("", ResponseKind::JsonLines) => Some(Framing::JsonLines),
        (media, _) => Framing::from_content_type(media),
    };
    if let Some(framing) = framing {
        return Disposition::Follow(framing);
    }
    if has_filter || is_json {
        return Disposition::Collect;
    }
    match (media, command.answer.kind) {
        ("text/html", _) => Disposition::Collect,
        (media, _) if media.starts_with("text/") => Disposition::Clean,
        ("", ResponseKind::Text) => Disposition::Clean,
        ("", ResponseKind::Binary) => Disposition::Refuse,
        ("", _) => Disposition::Collect,
        _ => Disposition::Refuse,
    }
}

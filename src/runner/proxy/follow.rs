//! A stream of messages until the user interrupts: through lost connections, silence and restarts of the
//! backend, with nothing missed and nothing twice where the stream has a cursor.
//!
//! It must not know how a message is shown.

use super::connection::{PluginConnection, ResponseStream};
use super::error::RequestError;
use super::stream_error::StreamError;
use crate::client::event_stream::{Framing, Message, Messages};
use crate::client::plugin_request::PluginRequest;
use crate::client::trailing_error::TrailingError;
use crate::client::{Deadline, StopReason};
use crate::error::{Failure, Interrupted};
use crate::model::{CleanText, limits};
use crate::openapi::Pointer;
use crate::runner::event::{Event, Sink, StreamEvent};
use crate::sys::signals::Interrupts;
use backon::{BackoffBuilder, ExponentialBuilder};
use serde_json::Value;
use std::time::{Duration, Instant};

/// How long a stream that can be resumed may say nothing.
pub const SILENCE: Duration = Duration::from_mins(5);
/// The first rest before another connection, unless the stream names one, and the longest.
const FIRST_REST: Duration = Duration::from_millis(250);
const LONGEST_REST: Duration = Duration::from_secs(30);
/// Give up after this many consecutive connections without data.
const MOST_FRUITLESS: usize = 30;
/// So many that stood still in the middle of a line.
const MOST_STUCK: u32 = 3;

/// What to follow, and for how long.
pub struct StreamFollower<'a> {
    /// Whose stream it is.
    pub plugin: &'a PluginConnection,
    /// The request that resumes after a cursor, or starts from the beginning without one.
    pub again: &'a dyn Fn(Option<&str>) -> Result<PluginRequest, Failure>,
    /// Whether the stream never ends by itself, so that its end is a lost connection and it is resumed.
    pub goes_on: bool,
    /// Where the cursor is in a message; without it is the id of its event.
    pub id: Option<&'a Pointer>,
    /// How long nothing may come; without, [`SILENCE`] where there is a cursor to resume after.
    pub silence: Option<Duration>,
    /// It is over when nothing has come for so long.
    pub until_silent: Option<Duration>,
    /// Whether the user pressed Ctrl-C.
    pub interrupts: &'a Interrupts,
}

/// A sink that counts messages.
struct Counted<'s> {
    sink: &'s mut dyn Sink,
    messages: u64,
}

impl Sink for Counted<'_> {
    fn take(&mut self, event: Event<'_>) -> Result<(), Failure> {
        if matches!(event, Event::Stream(StreamEvent::Message(_))) {
            self.messages += 1;
        }
        self.sink.take(event)
    }
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// The stream was at its end.
    Ended,
    /// The user pressed Ctrl-C; a stream with a cursor can be resumed.
    Interrupted(Option<String>),
}

/// Why there is nothing more on this connection.
enum Disconnect {
    Ended,
    Silent,
    RequestError(RequestError),
}

impl<'a> StreamFollower<'a> {
    /// Follows, and says how it ended. `since` is the flag that goes on behind a cursor.
    pub fn to_the_end(
        &self,
        incoming: ResponseStream<'a>,
        framing: Framing,
        cursor: Option<String>,
        since: Option<&str>,
        sink: &mut dyn Sink,
    ) -> Result<(), Failure> {
        let mut counted = Counted { sink, messages: 0 };
        let end = self.run(incoming, framing, cursor, &mut counted)?;
        let Counted { sink, messages } = counted;
        tell(sink, StreamEvent::Pause)?;
        match end {
            StreamEnd::Ended if messages == 0 => sink.take(Event::Remark("no events")),
            StreamEnd::Ended => Ok(()),
            StreamEnd::Interrupted(cursor) => {
                let failure = Failure::from(Interrupted);
                Err(match (cursor, since) {
                    (Some(cursor), Some(since)) => {
                        failure.hint(format!("resume with {since}={}", CleanText::new(&cursor)))
                    }
                    _ => failure,
                })
            }
        }
    }

    /// Follows, from the answer that has started. `cursor` is the one that was asked for.
    pub fn run(
        &self,
        mut incoming: ResponseStream<'a>,
        framing: Framing,
        mut cursor: Option<String>,
        sink: &mut dyn Sink,
    ) -> Result<StreamEnd, Failure> {
        let mut stuck = 0;
        let mut retry = None;
        let mut rests = rests(FIRST_REST);
        loop {
            let mut messages = Messages::new(framing, cursor.clone());
            let before = cursor.clone();
            let cut = self.read(&mut incoming, &mut messages, before.as_deref(), &mut cursor, sink)?;
            if messages.count > 0 || messages.retry.is_some_and(|pause| Some(pause) != retry) {
                retry = messages.retry.or(retry);
                rests = self::rests(retry.unwrap_or(FIRST_REST));
            }
            if messages.count > 0 {
                stuck = 0;
            }
            match &cut {
                Disconnect::RequestError(RequestError::Stopped(StopReason::Interrupted)) => {
                    return Ok(StreamEnd::Interrupted(cursor));
                }
                Disconnect::Ended if !self.goes_on => return Ok(StreamEnd::Ended),
                Disconnect::Silent if self.until_silent.is_some() => return Ok(StreamEnd::Ended),
                Disconnect::Silent if messages.is_cut() => {
                    stuck += 1;
                    if stuck == MOST_STUCK {
                        return Err(StreamError::Stalled.into());
                    }
                }
                _ => {}
            }
            if !self.goes_on {
                return Err(self.lost(cut));
            }
            tell(sink, StreamEvent::Lost(&self.why(cut)))?;
            if cursor.is_none() {
                tell(sink, StreamEvent::Gap("the stream has no cursor: events may be missing or repeated"))?;
            }
            incoming = loop {
                let rest = rests.next();
                match self.plugin.rest(rest.unwrap_or(LONGEST_REST), Deadline::interrupt(self.interrupts)) {
                    Ok(()) => {}
                    Err(RequestError::Stopped(_)) => return Ok(StreamEnd::Interrupted(cursor)),
                    Err(trouble) => return Err(self.plugin.explain(trouble)),
                }
                match self.connect(&mut cursor, sink)? {
                    Ok(incoming) if incoming.reply.status == 204 => return Ok(StreamEnd::Ended),
                    Ok(incoming) => break incoming,
                    Err(RequestError::Stopped(StopReason::Interrupted)) => {
                        return Ok(StreamEnd::Interrupted(cursor));
                    }
                    Err(trouble) if trouble.may_pass() && rest.is_some() => {
                        tell(sink, StreamEvent::Lost(&self.plugin.explain(trouble).message))?;
                    }
                    Err(trouble) => return Err(with_cursor(self.plugin.explain(trouble), cursor.as_deref())),
                }
            };
        }
    }

    /// Reads one connection to its end.
    fn read(
        &self,
        incoming: &mut ResponseStream<'_>,
        messages: &mut Messages,
        before: Option<&str>,
        cursor: &mut Option<String>,
        sink: &mut dyn Sink,
    ) -> Result<Disconnect, Failure> {
        let mut begins = true;
        let mut alive = Instant::now();
        // What may be the last words, and is a message like any other when another one follows.
        let mut held: Option<Message> = None;
        let cut = loop {
            let by_default = (self.goes_on && cursor.is_some()).then_some(SILENCE);
            let longest = self.until_silent.or(self.silence).or(by_default);
            let chunk = incoming
                .chunk(Deadline::interrupt(self.interrupts).or_at(longest.map(|longest| alive + longest)));
            match chunk {
                Ok(Some(chunk)) => {
                    let count = messages.count;
                    let found = messages.feed(&chunk).map_err(|_| StreamError::TooLarge)?;
                    // A byte now and then is no sign of life: a line is.
                    if messages.count > count {
                        alive = Instant::now();
                    }
                    for message in &found {
                        let id = self.id_of(message);
                        // A server that starts with the event of the cursor itself repeats it.
                        begins &= before.is_some() && id.as_deref() == before;
                        if !begins {
                            if let Some(held) = held.take() {
                                tell(sink, StreamEvent::Message(&held))?;
                            }
                            if !self.goes_on && TrailingError::from_line(message.data.as_bytes()).is_some() {
                                held = Some(message.clone());
                            } else {
                                tell(sink, StreamEvent::Message(message))?;
                            }
                        }
                        *cursor = id.or_else(|| cursor.take());
                    }
                    // An id can come without a message.
                    if self.id.is_none()
                        && let Some(id) = messages.last_id()
                    {
                        *cursor = Some(id.to_owned());
                    }
                    if !found.is_empty() {
                        tell(sink, StreamEvent::Pause)?;
                    }
                }
                Ok(None) => break Disconnect::Ended,
                Err(RequestError::Stopped(StopReason::TimedOut)) => break Disconnect::Silent,
                Err(trouble) => break Disconnect::RequestError(trouble),
            }
        };
        let are_said =
            matches!(cut, Disconnect::RequestError(RequestError::BrokenOff { words: Some(_), .. }));
        if let Some(held) = held.filter(|_| !are_said) {
            tell(sink, StreamEvent::Message(&held))?;
        }
        if let (Disconnect::Ended, Some(message)) = (&cut, messages.finish()) {
            tell(sink, StreamEvent::Message(&message))?;
        }
        tell(sink, StreamEvent::Pause)?;
        Ok(cut)
    }

    /// Reconnects, after the cursor; without it when the server no longer knows it.
    fn connect(
        &self,
        cursor: &mut Option<String>,
        sink: &mut dyn Sink,
    ) -> Result<Result<ResponseStream<'a>, RequestError>, Failure> {
        let until = Instant::now() + self.silence.unwrap_or(SILENCE);
        loop {
            let call = with_last_id((self.again)(cursor.as_deref())?, cursor.as_deref());
            let begun = self.plugin.begin(&call, Deadline::interrupt(self.interrupts).or_at(until));
            match begun {
                Err(trouble) if cursor.is_some() && is_unknown_cursor(&trouble) => {
                    let lost = cursor.take().unwrap_or_default();
                    tell(
                        sink,
                        StreamEvent::Gap(&format!(
                            "the server no longer has the events after {}: events may be missing",
                            CleanText::new(&lost)
                        )),
                    )?;
                }
                begun => return Ok(begun),
            }
        }
    }

    fn id_of(&self, message: &Message) -> Option<String> {
        let Some(pointer) = self.id else { return message.id.clone() };
        limits::check(message.data.as_bytes()).ok()?;
        let value: Value = serde_json::from_str(&message.data).ok()?;
        match pointer.find(&value)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn why(&self, cut: Disconnect) -> String {
        match cut {
            Disconnect::Ended => "the stream has ended".to_owned(),
            Disconnect::Silent => "no data received".to_owned(),
            Disconnect::RequestError(trouble) => self.plugin.explain(trouble).message,
        }
    }

    /// The failure of a stream that cannot be resumed.
    fn lost(&self, cut: Disconnect) -> Failure {
        match cut {
            Disconnect::RequestError(trouble) => self.plugin.explain(trouble),
            Disconnect::Silent => StreamError::Silent.into(),
            Disconnect::Ended => StreamError::Ended.into(),
        }
    }
}

/// The rests between connections that bring nothing.
fn rests(first: Duration) -> impl Iterator<Item = Duration> {
    let rests = ExponentialBuilder::new().with_min_delay(first).with_max_delay(LONGEST_REST.max(first));
    rests.with_max_times(MOST_FRUITLESS - 1).build()
}

fn tell(sink: &mut dyn Sink, event: StreamEvent<'_>) -> Result<(), Failure> {
    sink.take(Event::Stream(event))
}

/// The call with the header that continues after a cursor, which streams of events understand.
pub fn with_last_id(mut call: PluginRequest, cursor: Option<&str>) -> PluginRequest {
    if let Some(cursor) = cursor {
        call.headers.push(("last-event-id".to_owned(), cursor.to_owned()));
    }
    call
}

/// Whether a refusal is about the cursor.
pub fn is_unknown_cursor(trouble: &RequestError) -> bool {
    matches!(trouble.status(), Some(400 | 404 | 410))
}

/// The same with how to go on.
fn with_cursor(failure: Failure, cursor: Option<&str>) -> Failure {
    match cursor {
        Some(cursor) => failure.hint(format!("the last event was {}", CleanText::new(cursor))),
        None => failure,
    }
}

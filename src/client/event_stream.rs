//! A stream of messages: server-sent events (the `text/event-stream` of the HTML standard) or a JSON value in each
//! line.
//!
//! Own code, since the parser has to be fed piece by piece between looks at the clock, and has to have a bound: the
//! crates for it (eventsource-stream) keep a line whose end never comes.

use super::line_splitter::{LineSplitter, TooLong};
pub use crate::model::Message;
use crate::model::limits;
use std::time::Duration;

/// The longest id that is one: each message has a copy of it, and it has to fit into a header.
const LONGEST_ID: usize = 4096;
/// The bounds of the pause that a server can ask for with `retry`.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How messages stand in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    Events,
    /// One JSON value in each line.
    JsonLines,
}

impl Framing {
    /// By the content type of an answer.
    pub fn from_content_type(content_type: &str) -> Option<Self> {
        let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if media == "text/event-stream" {
            return Some(Self::Events);
        }
        (media.contains("ndjson") || media.contains("jsonl") || media == "application/json-seq")
            .then_some(Self::JsonLines)
    }
}

/// Messages out of a body that comes in pieces.
#[derive(Debug)]
pub struct Messages {
    framing: Framing,
    lines: LineSplitter,
    begun: Begun,
    /// The pause before the next connection that the server asks for.
    pub retry: Option<Duration>,
    /// How many whole lines have come.
    pub count: u64,
}

/// A message whose end has not come.
#[derive(Debug, Default)]
struct Begun {
    event: String,
    data: String,
    has_data: bool,
    id: Option<String>,
    last_id: Option<String>,
    /// A record of `application/json-seq`, which may have several lines; none in JSON lines.
    record: Option<Vec<u8>>,
    /// How often it was looked whether that record is whole.
    looks: u32,
}

/// How often that is done: it costs as much as the record is long. Then the next separator ends it.
const MOST_LOOKS: u32 = 200;

impl Messages {
    /// Nothing has come yet; `last_id` is that of the connection before.
    pub fn new(framing: Framing, last_id: Option<String>) -> Self {
        let begun = Begun { id: last_id.clone(), last_id, ..Begun::default() };
        Self { framing, lines: LineSplitter::new(limits::MESSAGE), begun, retry: None, count: 0 }
    }

    /// The messages that `piece` completes.
    pub fn feed(&mut self, piece: &[u8]) -> Result<Vec<Message>, TooLong> {
        let Self { framing, lines, begun, retry, count } = self;
        let mut messages = Vec::new();
        lines.feed(piece, &mut |line| {
            let line = if *count == 0 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
            *count += 1;
            match framing {
                Framing::Events => messages.extend(begun.line(line, retry)?),
                Framing::JsonLines => messages.extend(begun.json(line)?),
            }
            Ok(())
        })?;
        Ok(messages)
    }

    /// The last message, when the stream has finished: of events, one without its empty line is none.
    pub fn finish(&self) -> Option<Message> {
        if self.framing != Framing::JsonLines {
            return None;
        }
        match self.begun.record.as_ref().filter(|record| !record.is_empty()) {
            Some(record) => value(&[record, b"\n".as_slice(), self.lines.rest()].concat()),
            None => value(self.lines.rest()),
        }
    }

    /// Whether a line has started whose end has not come.
    pub fn is_cut(&self) -> bool {
        !self.lines.rest().is_empty()
    }

    /// The id of the last whole event that had one.
    pub fn last_id(&self) -> Option<&str> {
        self.begun.last_id.as_deref()
    }
}

/// A line of JSON lines. The record separators of `application/json-seq` are no part of it.
fn value(line: &[u8]) -> Option<Message> {
    let line = line.strip_prefix(b"\x1e").unwrap_or(line).trim_ascii();
    let data = String::from_utf8_lossy(line).into_owned();
    (!line.is_empty()).then(|| Message { data, ..Message::default() })
}

impl Begun {
    fn line(&mut self, line: &[u8], retry: &mut Option<Duration>) -> Result<Option<Message>, TooLong> {
        if line.is_empty() {
            return Ok(self.end());
        }
        let line = String::from_utf8_lossy(line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event),
            "data" => {
                if self.data.len() + value.len() > limits::MESSAGE {
                    return Err(TooLong);
                }
                if self.has_data {
                    self.data.push('\n');
                }
                self.data.push_str(value);
                self.has_data = true;
            }
            "id" if !value.contains('\0') && value.len() <= LONGEST_ID => self.id = Some(value.to_owned()),
            "retry" => {
                if let Ok(milliseconds) = value.parse() {
                    *retry = Some(Duration::from_millis(milliseconds).clamp(SHORTEST_PAUSE, LONGEST_PAUSE));
                }
            }
            // A comment, or a field of another time.
            _ => {}
        }
        Ok(None)
    }

    /// A line of JSON lines, or of a sequence (RFC 7464), each record of which begins with a separator.
    fn json(&mut self, line: &[u8]) -> Result<Option<Message>, TooLong> {
        let begins = line.strip_prefix(b"\x1e");
        if begins.is_none() && self.record.is_none() {
            return Ok(value(line));
        }
        let before = if begins.is_some() { self.record.take() } else { None };
        let record = self.record.get_or_insert_default();
        let line = begins.unwrap_or(line);
        if record.len() + line.len() > limits::MESSAGE {
            return Err(TooLong);
        }
        if begins.is_some() {
            self.looks = 0;
        } else {
            record.push(b'\n');
        }
        record.extend_from_slice(line);
        // What was not whole before its successor is not JSON, and told as it is.
        if let Some(before) = before.and_then(|before| value(&before)) {
            return Ok(Some(before));
        }
        self.looks += 1;
        let is_whole =
            self.looks <= MOST_LOOKS && serde_json::from_slice::<serde::de::IgnoredAny>(record).is_ok();
        Ok(if is_whole { value(&std::mem::take(record)) } else { None })
    }

    /// The empty line that ends a message.
    fn end(&mut self) -> Option<Message> {
        // An empty id takes the last one back.
        self.last_id = self.id.clone().filter(|id| !id.is_empty());
        let event = std::mem::take(&mut self.event);
        let data = std::mem::take(&mut self.data);
        std::mem::take(&mut self.has_data).then(|| Message { event, data, id: self.last_id.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> (Vec<Message>, Messages) {
        let mut messages = Messages::new(Framing::Events, None);
        let found = text.as_bytes().chunks(3).flat_map(|piece| messages.feed(piece).unwrap()).collect();
        (found, messages)
    }

    fn message(event: &str, data: &str, id: Option<&str>) -> Message {
        Message { event: event.to_owned(), data: data.to_owned(), id: id.map(str::to_owned) }
    }

    #[test]
    fn the_examples_of_the_standard() {
        let (found, _) = events("data: YHOO\ndata: +2\ndata: 10\n\n");
        assert_eq!(found, [message("", "YHOO\n+2\n10", None)]);
        let (found, messages) = events(
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\ndata: cut",
        );
        assert_eq!(
            found,
            [
                message("", "first event", Some("1")),
                message("", "second event", None),
                message("", " third event", None)
            ]
        );
        assert!(messages.is_cut() && messages.finish().is_none());
        assert_eq!(events("data\n\ndata\ndata\n\ndata:").0, [message("", "", None), message("", "\n", None)]);
    }

    #[test]
    fn an_id_counts_when_its_event_is_whole() {
        let (found, messages) =
            events("\u{feff}event: tick\r\nid: 7\r\ndata: {}\r\n\r\nid: 8\r\ndata: x\r\n");
        assert_eq!(found, [message("tick", "{}", Some("7"))]);
        assert_eq!(messages.last_id(), Some("7"));
    }

    #[test]
    fn a_pause_is_taken_within_bounds() {
        assert_eq!(events("retry: 500\n").1.retry, Some(Duration::from_millis(500)));
        assert_eq!(events("retry: 0\n").1.retry, Some(SHORTEST_PAUSE));
        assert_eq!(events("retry: 999999999\n").1.retry, Some(LONGEST_PAUSE));
        assert_eq!(events("retry: soon\n").1.retry, None);
    }

    #[test]
    fn a_message_that_is_too_large_is_an_error() {
        let mut messages = Messages::new(Framing::Events, None);
        let line = format!("data: {}\n", "x".repeat(1024 * 1024));
        assert!((0..7).all(|_| messages.feed(line.as_bytes()).is_ok()));
        assert!((0..7).any(|_| messages.feed(line.as_bytes()).is_err()));
    }

    #[test]
    fn each_line_is_a_value() {
        let mut messages = Messages::new(Framing::JsonLines, None);
        let found = messages.feed(b"{\"a\":1}\n\n\x1e{\"a\":2}\r\n{\"a\"").unwrap();
        assert_eq!(found, [message("", r#"{"a":1}"#, None), message("", r#"{"a":2}"#, None)]);
        assert!(messages.feed(b":3}").unwrap().is_empty());
        assert_eq!(messages.finish(), Some(message("", r#"{"a":3}"#, None)));
    }

    #[test]
    fn what_a_content_type_means() {
        assert_eq!(Framing::from_content_type("text/event-stream; charset=utf-8"), Some(Framing::Events));
        assert_eq!(Framing::from_content_type("application/x-ndjson"), Some(Framing::JsonLines));
        assert_eq!(Framing::from_content_type("text/plain"), None);
    }

    #[test]
    fn records_of_a_sequence_may_have_several_lines() {
        let text = b"\x1e{\n  \"a\": [\n1]\n}\n\x1e{\"b\":2}\n\x1e3\n\x1e{\"cut\":\n\x1e[4,\n5]";
        let mut messages = Messages::new(Framing::JsonLines, None);
        let mut found: Vec<String> = text
            .chunks(4)
            .flat_map(|piece| messages.feed(piece).unwrap())
            .map(|message| message.data)
            .collect();
        found.extend(messages.finish().map(|message| message.data));
        assert_eq!(found, ["{\n  \"a\": [\n1]\n}", "{\"b\":2}", "3", "{\"cut\":", "[4,\n5]"]);
    }
}

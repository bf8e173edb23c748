//! An upload that is watched: whether it goes on. It must not know how progress is shown.

use super::download::SILENCE;
use crate::client::StopReason;
use crate::client::request_body::RequestBody;
use crate::runner::event::{Event, Sink};
use std::time::{Duration, Instant};

/// How long the answer to an upload may take when all of it has been sent.
const DIGESTION: Duration = Duration::from_mins(5);

/// Checks whether an upload makes progress.
pub struct Uploading<'a> {
    content: &'a RequestBody,
    moved: u64,
    at: Instant,
}

impl<'a> Uploading<'a> {
    /// Nothing has been sent yet.
    pub fn new(content: &'a RequestBody) -> Self {
        Self { content, moved: 0, at: Instant::now() }
    }

    /// Why to give it up, if there is a reason.
    pub fn look(&mut self, sink: &mut dyn Sink) -> Option<StopReason> {
        let (sent, size) = (self.content.sent(), self.content.size());
        if sent != self.moved {
            (self.moved, self.at) = (sent, Instant::now());
            let _ = sink.take(Event::Moved { done: sent, total: size, is_output: false });
        }
        // What comes on standard input may take its time.
        let longest = if size.is_some_and(|size| sent < size) { SILENCE } else { DIGESTION };
        let waits = size.is_none() || self.at.elapsed() < longest;
        (!waits).then_some(StopReason::TimedOut)
    }
}

//! One request asked again and again, one at a time: where the server knows versions (`ETag`), only what has changed comes.
//!
//! It must not know when to ask, nor how anything is shown.

use super::connection::PluginConnection;
use super::error::RequestError;
use crate::client::Deadline;
use crate::client::plugin_request::PluginRequest;
use crate::error::Failure;
use crate::model::limits;
use crate::openapi::ApiCommand;
use crate::sys::signals::Interrupts;
use std::time::Duration;

/// A server may ask for a longer rest; nobody waits for it.
const LONGEST_REST: Duration = Duration::from_mins(10);

/// A request that is asked again and again.
#[derive(Debug)]
pub struct WatchedRequest<'a> {
    pub(super) plugin: &'a PluginConnection,
    pub(super) command: &'a ApiCommand,
    pub(super) call: PluginRequest,
    /// The version of what came last, where the server says one.
    pub(super) version: Option<String>,
    /// The row that is wanted, of an answer that is a list.
    pub selected: Option<String>,
}

/// Why nothing came.
#[derive(Debug)]
pub struct WatchFailure {
    /// The reason.
    pub failure: Failure,
    /// It will be the same next time.
    pub is_final: bool,
    /// How long the server wants to be left alone.
    pub rest: Option<Duration>,
}

impl WatchedRequest<'_> {
    /// Asks; `None` when nothing has changed since the last answer.
    pub fn ask(&mut self, interrupts: &Interrupts) -> Result<Option<Vec<u8>>, WatchFailure> {
        let mut rest = None;
        self.body(interrupts, &mut rest).map_err(|trouble| {
            let status = trouble.status();
            // What a moment ago was too much or too early is no mistake.
            let is_final = status
                .is_some_and(|status| (400..500).contains(&status) && !matches!(status, 408 | 425 | 429));
            let failure = self.plugin.explain_for(self.command, &self.call, trouble);
            WatchFailure { failure, is_final, rest }
        })
    }

    fn body(
        &mut self,
        interrupts: &Interrupts,
        rest: &mut Option<Duration>,
    ) -> Result<Option<Vec<u8>>, RequestError> {
        let mut call = self.call.clone();
        call.headers.extend(self.version.clone().map(|version| ("if-none-match".to_owned(), version)));
        let deadline = Deadline::interrupt(interrupts).or_at(self.plugin.deadline());
        let incoming = self.plugin.ask(&call, deadline)?;
        if incoming.reply.status == 304 && self.version.is_some() {
            return Ok(None);
        }
        let seconds = incoming.reply.header("retry-after").and_then(|text| text.trim().parse().ok());
        *rest = seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST_REST));
        let mut incoming = PluginConnection::success(incoming, deadline)?;
        let version = incoming.reply.header("etag").map(str::to_owned);
        let body = incoming.whole(limits::SHOWN, deadline)?;
        self.version = version;
        Ok(Some(body))
    }

    /// Rests; `false` when it was interrupted.
    pub fn rest(&self, duration: Duration, interrupts: &Interrupts) -> bool {
        self.plugin.rest(duration, Deadline::interrupt(interrupts)).is_ok() && !interrupts.came()
    }
}

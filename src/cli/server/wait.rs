//! `--wait`: looking again until what was started has come to its end.

use super::answer::collect;
use super::given::Given;
use super::show;
use crate::client::call::Call;
use crate::error::{Failure, exit};
use crate::model::{Line, quoted};
use crate::openapi::{self, Command, Input, Wait};
use crate::ops::World;
use crate::ops::proxy::{self, Plugin};
use crate::sys::clock;
use crate::sys::signals::Interrupts;
use crate::term::Streams;
use serde_json::Value;
use std::time::{Duration, Instant};

/// What is needed to wait.
pub(super) struct Waiting<'a> {
    pub(super) world: &'a World,
    pub(super) plugin: &'a Plugin,
    pub(super) wait: &'a Wait,
    pub(super) wishes: &'a show::Wishes,
    pub(super) given: &'a Given,
    pub(super) timeout: Option<Duration>,
}

/// How long one look may take.
const LOOK: Duration = Duration::from_secs(10);
/// How many looks in a row may fail.
const MOST_FAILURES: u32 = 30;
/// The longest rest between two looks that a server can ask for.
const LONGEST_REST: Duration = Duration::from_mins(1);

impl Waiting<'_> {
    /// Sends `call` and waits for what it starts. Gives the exit code.
    pub(super) fn run(&self, streams: &mut Streams, call: &Call) -> Result<u8, Failure> {
        let start = Instant::now();
        let interrupts =
            Interrupts::watch().map_err(|error| Failure::new(exit::FAILURE, error.to_string()))?;
        let started = collect(self.plugin, self.world, call)?;
        let value: Value = serde_json::from_slice(&started.body).unwrap_or_default();
        let (look, poll, again) = self.look(&value, started.location.as_deref())?;
        let mut shown = String::new();
        let mut failures = 0;
        let mut rest = self.wait.interval;
        let mut state = value;
        let mut body = started.body;
        loop {
            let status = self.status(&state);
            let progress = self.wait.progress.as_ref().and_then(|pointer| pointer.find(&state)).map(plain);
            let line = format!(
                "{}{}",
                status.as_deref().unwrap_or("started"),
                progress.map(|progress| format!(" {progress} %")).unwrap_or_default()
            );
            if line != shown {
                streams.remark(&line);
                shown = line;
            }
            match &status {
                Some(status) if self.wait.success.iter().any(|end| end.as_str() == status) => {
                    show::json(streams, self.world, poll, self.wishes, None, &body)?;
                    return Ok(exit::SUCCESS);
                }
                Some(status) if self.wait.failure.iter().any(|end| end.as_str() == status) => {
                    show::json(streams, self.world, poll, self.wishes, None, &body)?;
                    let message =
                        self.wait.message.as_ref().and_then(|pointer| pointer.find(&state)).map(plain);
                    let message = message
                        .filter(|text| !text.is_empty())
                        .map(|text| format!(": {text}"))
                        .unwrap_or_default();
                    return Err(Failure::new(exit::FAILURE, format!("it ended as `{status}`{message}")));
                }
                _ => {}
            }
            self.rest(streams, rest, start, &interrupts, &again)?;
            match collect(self.plugin, self.world, &look) {
                Ok(answer) => {
                    failures = 0;
                    rest = answer.retry_after.unwrap_or(self.wait.interval).min(LONGEST_REST);
                    state = serde_json::from_slice(&answer.body).map_err(|_| show::not_json(&answer.body))?;
                    body = answer.body;
                }
                // What comes and goes is waited out; what stays is said.
                Err(failure)
                    if failure.exit_code == exit::SIGN_IN || failure.message.contains("it answered 40") =>
                {
                    return Err(failure.hint(again));
                }
                Err(failure) => {
                    failures += 1;
                    if failures > MOST_FAILURES {
                        return Err(failure.hint(again));
                    }
                    streams.note(&failure.message);
                }
            }
        }
    }

    fn status(&self, state: &Value) -> Option<String> {
        self.wait.status.find(state).map(plain)
    }

    /// Rests, unless the time is up or the user has enough: what was started goes on either way.
    fn rest(
        &self,
        streams: &mut Streams,
        rest: Duration,
        start: Instant,
        interrupts: &Interrupts,
        again: &str,
    ) -> Result<(), Failure> {
        const STEP: Duration = Duration::from_millis(50);
        let end = Instant::now() + rest;
        while Instant::now() < end {
            if interrupts.came() {
                streams.remark(&format!("it goes on without you; look again with: {again}"));
                return Err(Failure::new(exit::INTERRUPTED, "interrupted"));
            }
            if self.timeout.is_some_and(|timeout| start.elapsed() >= timeout) {
                return Err(Failure::new(exit::TIMED_OUT, "it has not come to its end in time, and goes on")
                    .hint(again));
            }
            std::thread::sleep(STEP.min(end.saturating_duration_since(Instant::now())));
        }
        Ok(())
    }

    /// The request of the command that looks again, with what both commands were given.
    fn by_id(&self, poll: &Command, id: Option<&str>) -> Result<Call, Failure> {
        let target = self.world.target()?.0;
        let mut values = self.given.pairs();
        values.retain(|(name, _)| poll.argument(name).is_some());
        if let (Some(argument), Some(id)) = (&self.wait.argument, id) {
            values.retain(|(name, _)| *name != argument.as_str());
            values.push((argument.as_str(), id));
        }
        let (namespace, cluster) = (target.namespace.as_deref(), target.cluster.as_deref());
        let input = Input { values, namespace, cluster, ..Input::at(clock::now()) };
        let request = openapi::request(poll, &input).map_err(|error| {
            Failure::new(
                exit::FAILURE,
                format!("it was started, but nobody can say how to look again: {error}"),
            )
        })?;
        proxy::call(request, None)
    }

    /// The request that looks again, the command that it belongs to, and how the user would type it.
    fn look(&self, started: &Value, location: Option<&str>) -> Result<(Call, &Command, String), Failure> {
        let wait = self.wait;
        let poll = self.plugin.known.descriptor.command(&wait.poll);
        let poll = poll
            .ok_or_else(|| Failure::new(exit::FAILURE, "the descriptor names no command that looks again"))?;
        let id =
            wait.id.as_ref().and_then(|pointer| pointer.find(started)).map(plain).filter(|id| !id.is_empty());
        let mut call = match (&id, location) {
            (None, Some(location)) => {
                let (path, query) = proxy::below(location, &self.plugin.base());
                Call { query, ..Call::get(&path) }
            }
            (id, _) => self.by_id(poll, id.as_deref())?,
        };
        call.timeout = Some(LOOK);
        let id = id.map(|id| format!(" {}", quoted(&id))).unwrap_or_default();
        Ok((call, poll, format!("everestctl {} {}{id}", self.plugin.name, wait.poll)))
    }
}

fn plain(value: &Value) -> String {
    Line::new(&value.as_str().map_or_else(|| value.to_string(), str::to_owned)).to_string()
}

//! Waiting for a job: polls until it has finished, through transient errors. The request that
//! starts it is sent once, and the job runs on whether or not anyone waits.
//!
//! It must not know how progress is shown.

use super::error::{RequestError, ResponseError};
use super::job::{Job, PollRequest, plain};
use super::job_error::JobError;
use crate::client::plugin_request::PluginRequest;
use crate::client::{Deadline, StopReason};
use crate::error::Failure;
use crate::model::{CleanText, limits};
use crate::openapi::ApiCommand;
use crate::runner::event::{Event, JobUpdate, Sink};
use crate::sys::signals::Interrupts;
use backon::{BackoffBuilder, ExponentialBuilder};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Timeout of one fetch.
const LOOK: Duration = Duration::from_secs(10);
/// How long cancelling may take.
const CANCEL: Duration = Duration::from_secs(30);
/// How many looks in a row may fail.
const MOST_FAILURES: usize = 30;
/// The longest rest between two looks, when they fail or when a server asks for it, and the shortest.
const LONGEST_REST: Duration = Duration::from_mins(1);
const SHORTEST_REST: Duration = Duration::from_millis(100);

/// What to wait for.
pub struct JobWaiter<'a> {
    /// The job.
    pub job: Job<'a>,
    /// How long.
    pub timeout: Option<Duration>,
    /// Whether Ctrl-C stops it.
    pub cancels: bool,
    /// Whether the user pressed Ctrl-C.
    pub interrupts: &'a Interrupts,
}

/// How a job ended.
pub struct JobOutcome<'a> {
    /// The command that the last answer belongs to.
    pub poll: &'a ApiCommand,
    /// The last answer.
    pub body: Vec<u8>,
    /// What to say when it failed.
    pub failure: Option<Failure>,
}

/// Nobody stops waiting since it cannot be told.
fn tell(sink: &mut dyn Sink, event: JobUpdate<'_>) {
    let _ = sink.take(Event::Job(event));
}

impl<'a> JobWaiter<'a> {
    /// Sends `call`, which belongs to `command`, and waits for what it starts.
    pub fn start(
        &self,
        command: &ApiCommand,
        call: &PluginRequest,
        sink: &mut dyn Sink,
    ) -> Result<JobOutcome<'a>, Failure> {
        let start = Instant::now();
        let limit = call.timeout.map(|timeout| start + timeout);
        let begun = self.job.plugin.begin(call, Deadline::interrupt(self.interrupts).or_at(limit));
        let whole = begun.and_then(|mut incoming| {
            let location = incoming.reply.location();
            Ok((incoming.whole(limits::SHOWN, Deadline::interrupt(self.interrupts).or_at(limit))?, location))
        });
        let (body, location) =
            whole.map_err(|trouble| self.job.plugin.explain_for(command, call, trouble))?;
        let is_read = limits::check(&body).is_ok();
        let state: Value = is_read.then(|| serde_json::from_slice(&body).ok()).flatten().unwrap_or_default();
        let mut look = self.job.look(&state, location)?;
        look.call.timeout = Some(LOOK);
        self.watch(&look, Some((state, body)), start, sink)
    }

    /// Waits for what `call`, which looks at it, shows; `id` names it.
    pub fn attach(
        &self,
        mut call: PluginRequest,
        id: Option<&str>,
        sink: &mut dyn Sink,
    ) -> Result<JobOutcome<'a>, Failure> {
        call.timeout = Some(LOOK);
        let poll = self.job.poll()?;
        let again = self.job.typed(poll, self.job.wait.argument.as_ref(), id);
        let look = PollRequest { poll, call, id: id.map(str::to_owned), again };
        self.watch(&look, None, Instant::now(), sink)
    }

    fn watch(
        &self,
        look: &PollRequest<'a>,
        first: Option<(Value, Vec<u8>)>,
        start: Instant,
        sink: &mut dyn Sink,
    ) -> Result<JobOutcome<'a>, Failure> {
        let until = self.timeout.and_then(|timeout| start.checked_add(timeout));
        let retries = ExponentialBuilder::new()
            .with_min_delay(self.job.wait.interval)
            .with_max_delay(LONGEST_REST)
            .with_max_times(MOST_FAILURES);
        let mut failures = retries.build();
        let mut rest = self.job.wait.interval;
        // Whoever attaches wants to see the state immediately.
        let mut rests = first.is_some();
        let mut known = first;
        let mut was_there = false;
        loop {
            if let Some((state, body)) = known.take()
                && let Some(outcome) = self.outcome(look, &state, body, sink)
            {
                return Ok(outcome);
            }
            if rests {
                self.rest(rest, until, look, sink)?;
            }
            rests = true;
            match self.once(look, until) {
                Ok((state, body, pause)) => {
                    (failures, was_there) = (retries.build(), true);
                    rest = pause.unwrap_or(self.job.wait.interval).clamp(SHORTEST_REST, LONGEST_REST);
                    known = Some((state, body));
                }
                Err(RequestError::Stopped(StopReason::Interrupted)) => {
                    return Err(self.interrupted(look, sink));
                }
                Err(trouble) if was_there && matches!(trouble.status(), Some(404 | 410)) => {
                    return Err(JobError::Disappeared { again: look.again.clone() }.into());
                }
                Err(trouble) if trouble.may_pass() => {
                    let Some(next) = failures.next() else {
                        return Err(self.job.plugin.explain(trouble).hint(look.again.clone()));
                    };
                    if until.is_some_and(|until| Instant::now() >= until) {
                        return Err(self.timed_out(look));
                    }
                    rest = next.min(LONGEST_REST);
                    tell(sink, JobUpdate::Retry(&self.job.plugin.explain(trouble).message));
                }
                Err(trouble) => {
                    let failure = self.job.plugin.explain_for(look.poll, &look.call, trouble);
                    return Err(failure.hint(look.again.clone()));
                }
            }
        }
    }

    /// One look: what it is, digit for digit, and how long to rest.
    fn once(
        &self,
        look: &PollRequest<'_>,
        until: Option<Instant>,
    ) -> Result<(Value, Vec<u8>, Option<Duration>), RequestError> {
        let deadline = Deadline::interrupt(self.interrupts).or_at(until);
        let mut incoming = self.job.plugin.begin(&look.call, deadline)?;
        let seconds = incoming.reply.header("retry-after").and_then(|seconds| seconds.parse().ok());
        let body = incoming.json(limits::SHOWN, deadline)?;
        let state = serde_json::from_slice(&body)
            .map_err(|_| RequestError::Failure(ResponseError::of_text(&body).into()))?;
        Ok((state, body, seconds.map(Duration::from_secs)))
    }

    /// Tells what is seen, and the end if it is one.
    fn outcome(
        &self,
        look: &PollRequest<'a>,
        state: &Value,
        body: Vec<u8>,
        sink: &mut dyn Sink,
    ) -> Option<JobOutcome<'a>> {
        let status = self.job.wait.status.find(state).map(plain);
        let percent =
            self.job.wait.progress.as_ref().and_then(|pointer| pointer.find(state)).and_then(Value::as_f64);
        tell(sink, JobUpdate::State { status: status.as_deref().unwrap_or("started"), percent });
        let status = status?;
        let is_one_of = |ends: &[CleanText]| ends.iter().any(|end| end.as_str() == status);
        if is_one_of(&self.job.wait.success) {
            return Some(JobOutcome { poll: look.poll, body, failure: None });
        }
        is_one_of(&self.job.wait.failure).then(|| {
            let message = self.job.wait.message.as_ref().and_then(|pointer| pointer.find(state)).map(plain);
            let message = message.filter(|text| !text.is_empty());
            let failure = Some(JobError::Ended { status, message }.into());
            JobOutcome { poll: look.poll, body, failure }
        })
    }

    /// Sleeps, unless the time is up or the user interrupts: the job runs on either way.
    fn rest(
        &self,
        rest: Duration,
        until: Option<Instant>,
        look: &PollRequest<'_>,
        sink: &mut dyn Sink,
    ) -> Result<(), Failure> {
        match self.job.plugin.rest(rest, Deadline::interrupt(self.interrupts).or_at(until)) {
            Ok(()) => Ok(()),
            Err(RequestError::Stopped(StopReason::Interrupted)) => Err(self.interrupted(look, sink)),
            Err(RequestError::Stopped(StopReason::TimedOut)) => Err(self.timed_out(look)),
            Err(trouble) => Err(self.job.plugin.explain(trouble)),
        }
    }

    fn timed_out(&self, look: &PollRequest<'_>) -> Failure {
        let mut hints = vec![look.again.clone()];
        hints.extend(self.hints(look));
        JobError::TimedOut { hints }.into()
    }

    /// Ctrl-C: cancels the job if that was requested, else leaves it running.
    fn interrupted(&self, look: &PollRequest<'_>, sink: &mut dyn Sink) -> Failure {
        if !self.cancels {
            tell(
                sink,
                JobUpdate::Remark(&format!("the job is still running; check it with: {}", look.again)),
            );
            return JobError::Interrupted { hints: self.hints(look) }.into();
        }
        match self.cancel(look) {
            Ok(()) => JobError::Cancelled { again: look.again.clone() }.into(),
            Err(failure) => failure.as_cause_of(JobError::NotCancelled).hint(look.again.clone()),
        }
    }

    /// Stops what was started. A second Ctrl-C ends the process meanwhile.
    fn cancel(&self, look: &PollRequest<'_>) -> Result<(), Failure> {
        let cancel = self.job.wait.cancel.as_ref().ok_or(JobError::NoCancel)?;
        let command = self.job.command(&cancel.command).ok_or(JobError::NoCancel)?;
        let mut call = self.job.by_id(command, cancel.argument.as_ref(), look.id.as_deref())?;
        call.timeout = Some(CANCEL);
        let deadline = Deadline::NEVER.or_at(Instant::now() + CANCEL);
        self.job.plugin.begin(&call, deadline).map(drop).map_err(|trouble| self.job.plugin.explain(trouble))
    }

    /// What else can be typed: waiting again, stopping it.
    fn hints(&self, look: &PollRequest<'_>) -> Vec<String> {
        let typed = |what: &str, command, argument| {
            format!("{what}: {}", self.job.typed(command, argument, look.id.as_deref()))
        };
        let mut hints = Vec::new();
        if let Some(attach) = self.job.attaching() {
            hints.push(typed("wait again", attach, self.job.wait.argument.as_ref()));
        }
        if let Some(cancel) = &self.job.wait.cancel
            && let Some(command) = self.job.command(&cancel.command)
        {
            hints.push(typed("stop it", command, cancel.argument.as_ref()));
        }
        hints
    }
}

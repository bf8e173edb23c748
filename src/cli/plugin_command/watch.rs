//! `--watch`: a response in place with what has changed, or without a terminal each response that differs as a line of JSON.
//!
//! It must not know how a request is sent.

use super::show::{self, OutputOptions};
use crate::cli::CommandResult;
use crate::cli::output::{OutputFormat, through_jq};
use crate::error::{Failure, Interrupted, exit};
use crate::model::harmless;
use crate::openapi::{ApiCommand, JsonAnswer};
use crate::ops::App;
use crate::runner::proxy::watch::WatchedRequest;
use crate::sys::clock;
use crate::sys::signals::{Interrupts, Stops};
use crate::sys::terminal;
use crate::term::Streams;
use crate::term::screen::{Screen, highlighted};
use std::time::Duration;

/// No interval is shorter: a server has other things to do.
pub(super) const SHORTEST: Duration = Duration::from_millis(100);

/// The longest rest after failures.
const LONGEST: Duration = Duration::from_mins(1);

/// How often it is looked whether the terminal has another size.
const GLANCE: Duration = Duration::from_millis(100);

/// What is watched, and how it is shown.
pub(super) struct Watching<'a> {
    pub(super) app: &'a App,
    pub(super) command: &'a ApiCommand,
    pub(super) wishes: &'a OutputOptions,
    pub(super) interval: Duration,
}

impl Watching<'_> {
    /// Watches until it is interrupted, or refused for good.
    pub(super) fn run(&self, streams: &mut Streams, request: WatchedRequest<'_>) -> CommandResult {
        let interrupts = Interrupts::watch().map_err(|error| Failure::of(&error))?;
        let form = OutputFormat::from_options(&self.app.options);
        let is_picture = (form.is_table() || form == OutputFormat::Plot) && self.wishes.jq.is_none();
        let is_dumb = self.app.environment.text("TERM").is_none_or(|kind| kind == "dumb" || kind.is_empty());
        if is_picture && streams.is_terminal() && !is_dumb {
            self.on_screen(streams, request, &interrupts)
        } else {
            self.as_lines(streams, request, &interrupts)
        }
    }

    fn as_lines(
        &self,
        streams: &mut Streams,
        mut request: WatchedRequest<'_>,
        interrupts: &Interrupts,
    ) -> CommandResult {
        if self.wishes.sort_by.is_some() || self.wishes.columns.is_some() {
            let what = "--watch prints JSON lines without a terminal, which have no columns and no order";
            return Err(
                Failure::new(exit::USAGE, what).hint("leave out --columns and --sort-by, or use --jq")
            );
        }
        let (mut last, mut failures) = (Vec::new(), 0);
        loop {
            let rest = match request.ask(interrupts) {
                Ok(body) => {
                    failures = 0;
                    if let Some(body) = body.filter(|body| *body != last) {
                        self.line(streams, &JsonAnswer::new(body.clone()))?;
                        let _ = streams.flush();
                        last = body;
                    }
                    self.interval
                }
                Err(trouble) if trouble.is_final || interrupts.came() => return Err(trouble.failure),
                Err(trouble) => {
                    failures += 1;
                    let rest = self.after(failures, trouble.rest);
                    streams.warning(&said(&trouble.failure, rest));
                    rest
                }
            };
            if !request.rest(rest, interrupts) {
                return Err(Interrupted.into());
            }
        }
    }

    /// A response as a line of JSON, or what `--jq` makes of it.
    fn line(&self, streams: &mut Streams, answer: &JsonAnswer<'_>) -> Result<(), Failure> {
        let kept;
        let answer = match &self.wishes.filter {
            None => answer,
            Some(filter) => {
                kept = show::filtered(self.command, answer, filter)?;
                &kept
            }
        };
        match &self.wishes.jq {
            Some(expression) => through_jq(streams, expression, answer.json()),
            None => show::json_line(streams, &String::from_utf8_lossy(answer.json())),
        }
    }

    fn on_screen(
        &self,
        streams: &mut Streams,
        mut request: WatchedRequest<'_>,
        interrupts: &Interrupts,
    ) -> CommandResult {
        let stops = Stops::watch().map_err(|error| Failure::of(&error))?;
        let screen = Screen::enter();
        let (mut shown, mut before) = (Vec::new(), None::<Vec<u8>>);
        let mut failures = 0;
        loop {
            let (mut rest, mut trouble) = (self.interval, None);
            match request.ask(interrupts) {
                Ok(body) => {
                    failures = 0;
                    if let Some(body) = body.filter(|body| *body != shown) {
                        before =
                            Some(std::mem::replace(&mut shown, body)).filter(|before| !before.is_empty());
                    }
                }
                Err(why) if why.is_final || interrupts.came() => return Err(why.failure),
                Err(why) => {
                    failures += 1;
                    rest = self.after(failures, why.rest);
                    trouble = Some(said(&why.failure, rest));
                }
            }
            let mut left = rest;
            let mut is_due = true;
            while is_due || left > Duration::ZERO {
                if is_due {
                    let selected = request.selected.as_deref();
                    let text = self.picture(streams, before.as_deref(), &shown, selected)?;
                    screen.draw(streams, &format!("{}\n\n{text}", self.heading(trouble.as_deref())));
                }
                if !request.rest(left.min(GLANCE), interrupts) {
                    return Err(Interrupted.into());
                }
                left = left.saturating_sub(GLANCE);
                is_due = streams.measure();
                if stops.came() {
                    screen.suspend();
                    stops.stop();
                    screen.resume();
                    is_due = true;
                }
                // Nobody sees it: nothing is asked until somebody does.
                while !terminal::is_in_foreground() {
                    if !request.rest(GLANCE, interrupts) {
                        return Err(Interrupted.into());
                    }
                    is_due = true;
                }
            }
        }
    }

    fn heading(&self, trouble: Option<&str>) -> String {
        let now = humantime::format_rfc3339_seconds(clock::now()).to_string();
        let interval = humantime::format_duration(self.interval);
        let words = self.command.words.to_string();
        let trouble = trouble.map(|trouble| format!("  {}", harmless(trouble))).unwrap_or_default();
        format!("{words}  every {interval}  {now}{trouble}")
    }

    /// A response as it is shown, with what was not in the one `before` it.
    fn picture(
        &self,
        streams: &Streams,
        before: Option<&[u8]>,
        body: &[u8],
        selected: Option<&str>,
    ) -> Result<String, Failure> {
        if body.is_empty() {
            return Ok(String::new());
        }
        let shown = self.rendered(streams, body, streams.out_color(), selected)?;
        let is_plot = OutputFormat::from_options(&self.app.options) == OutputFormat::Plot;
        match before {
            Some(before) if !is_plot => {
                // At the same moment: an age is no change.
                let plain = |body| self.rendered(streams, body, false, selected);
                Ok(highlighted(&plain(before)?, &plain(body)?, &shown))
            }
            _ => Ok(shown),
        }
    }

    fn rendered(
        &self,
        streams: &Streams,
        body: &[u8],
        color: bool,
        selected: Option<&str>,
    ) -> Result<String, Failure> {
        // The heading and an empty line are above it.
        let (mut memory, buffers) = streams.in_memory(color, 2);
        let answer = JsonAnswer::new(body);
        show::json(&mut memory, self.app, self.command, self.wishes, selected, &answer)?;
        let _ = memory.flush();
        let text = buffers.out();
        Ok(if text.is_empty() { buffers.err() } else { text })
    }

    /// The rest after so many failures in a row.
    fn after(&self, failures: u32, wanted: Option<Duration>) -> Duration {
        let doubled = self.interval.saturating_mul(1 << failures.min(10)).min(LONGEST.max(self.interval));
        wanted.map_or(doubled, |wanted| wanted.max(self.interval))
    }
}

fn said(failure: &Failure, rest: Duration) -> String {
    let rest = humantime::format_duration(Duration::from_secs(rest.as_secs().max(1)));
    format!("{}; next try in {rest}", failure.message)
}

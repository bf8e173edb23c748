//! Signals, sent to a command that plugin-test.yaml says is long.

use super::LocalPlugin;
use super::seen::{account, ending, trace};
use crate::author::conformance::checks;
use crate::author::conformance::declared::{FILE, SafeCommand};
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::Verdict;
use crate::sys::trial::{self, End, RunningTrial, Seen, Trial};
use std::time::Duration;

pub(super) const PROBES: &[Probe<LocalPlugin>] = &[
    Probe::new(checks::SIGNAL_TERM, term),
    Probe::new(checks::SIGNAL_INT, int),
    Probe::new(checks::SIGNAL_HUP, hup),
    Probe::new(checks::SIGNAL_TRACE, no_trace),
    Probe::new(checks::SIGNAL_STOP, stop),
    Probe::new(checks::SIGNAL_CHILDREN, children),
];

const HUP: i32 = 1;
const INT: i32 = 2;
const TERM: i32 = 15;
/// How long it may take to end, or to stop.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long it may take until it can take a signal.
const START: Duration = Duration::from_secs(5);
/// How long it has where it does not say that it can.
const SOON: Duration = Duration::from_millis(400);

/// The long command, started and ready; or what became of it.
fn started(plugin: &LocalPlugin, in_our_session: bool) -> Result<(RunningTrial, &SafeCommand), Verdict> {
    let Some(command) = plugin.declared.long() else {
        return Err(Verdict::skipped(format!("{FILE} names no command with `long: true`")));
    };
    let did = format!("ran `{}`", plugin.line(&command.words()));
    let trial = Trial { in_our_session, ..plugin.trial(&command.words()) };
    let mut running = trial.start().map_err(|error| Verdict::failed(did.clone(), error.to_string()))?;
    let is_ready = match &command.ready {
        Some(text) => running.writes(text, START),
        None => !running.ends_within(SOON),
    };
    if is_ready {
        return Ok((running, command));
    }
    let what = command
        .ready
        .as_ref()
        .map_or("it has ended".to_owned(), |text| format!("it has not written `{text}`"));
    // Nothing more is waited for.
    running.send(9);
    Err(Verdict::failed(did, format!("{what} before a signal came: {}", account(&running.finish()))))
}

/// What becomes of it after `signal`.
fn after(plugin: &LocalPlugin, signal: i32) -> Result<(String, Option<Seen>), Verdict> {
    let (mut running, command) = started(plugin, false)?;
    running.send(signal);
    let did = format!("ran `{}`, and sent it signal {signal}", plugin.line(&command.words()));
    let has_ended = running.ends_within(PATIENCE);
    if !has_ended {
        running.send(9);
    }
    let seen = running.finish();
    Ok((did, has_ended.then_some(seen)))
}

fn ends_by(plugin: &LocalPlugin, signal: i32) -> Verdict {
    match after(plugin, signal) {
        Err(verdict) => verdict,
        Ok((did, None)) => Verdict::failed(did, "it has not ended after 2 s"),
        Ok((did, Some(seen))) => {
            let is_right = seen.end == End::Signal(signal) || seen.end == End::Code(128 + signal);
            Verdict::of(did, (!is_right).then(|| ending(&seen)), ending(&seen))
        }
    }
}

fn term(plugin: &LocalPlugin) -> Verdict {
    ends_by(plugin, TERM)
}

fn int(plugin: &LocalPlugin) -> Verdict {
    ends_by(plugin, INT)
}

fn hup(plugin: &LocalPlugin) -> Verdict {
    ends_by(plugin, HUP)
}

fn no_trace(plugin: &LocalPlugin) -> Verdict {
    match after(plugin, INT) {
        Err(verdict) => verdict,
        Ok((_, None)) => Verdict::skipped("it does not end by SIGINT (see signal-int)"),
        Ok((did, Some(seen))) => Verdict::of(did, trace(&seen), account(&seen)),
    }
}

fn children(plugin: &LocalPlugin) -> Verdict {
    if !trial::CAN_LOOK {
        return Verdict::skipped("processes can be looked at on Linux only");
    }
    match after(plugin, TERM) {
        Err(verdict) => verdict,
        Ok((_, None)) => Verdict::skipped("it does not end by SIGTERM (see signal-term)"),
        Ok((did, Some(seen))) => {
            let fault = (!seen.left.is_empty()).then(|| format!("still there: {}", seen.left.join(", ")));
            Verdict::of(did, fault, "no process of it is left")
        }
    }
}

fn stop(plugin: &LocalPlugin) -> Verdict {
    let (mut running, command) = match started(plugin, true) {
        Ok(started) => started,
        Err(verdict) => return verdict,
    };
    let did = format!(
        "ran `{}`, and sent it SIGTSTP, SIGCONT and signals that end it",
        plugin.line(&command.words())
    );
    running.send(trial::STOP_FROM_TERMINAL);
    let is_stopped = running.is_stopped_within(PATIENCE);
    running.send(trial::CONTINUE);
    // One of them ends it, whichever it does not know.
    for signal in [TERM, INT, HUP] {
        running.send(signal);
    }
    let goes_on = running.ends_within(PATIENCE);
    if !goes_on {
        running.send(9);
    }
    let seen = running.finish();
    let fault = if !is_stopped {
        Some("it was not stopped after 2 s".to_owned())
    } else if !goes_on {
        Some("it did not go on".to_owned())
    } else {
        None
    };
    Verdict::of(did, fault, format!("it was stopped and went on: {}", ending(&seen)))
}

//! Standard input, output and errors, and what becomes of a plugin without them.

use super::help::{help_is_known, help_works};
use super::seen::{account, crash, ending, not_help};
use super::usage::{UNKNOWN, refusal_works};
use super::{LocalPlugin, observed};
use crate::author::conformance::checks;
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::Verdict;
use crate::sys::trial::{End, Feed, Outlet, Trial};
use std::time::Duration;

pub(super) const PROBES: &[Probe<LocalPlugin>] = &[
    Probe::new(checks::INPUT_CLOSED, input_closed).needing(help_is_known),
    Probe::new(checks::INPUT_SILENT, input_silent).needing(help_is_known),
    Probe::new(checks::OUTPUT_CLOSED, output_closed).needing(help_works),
    Probe::new(checks::ERRORS_CLOSED, errors_closed).needing(refusal_works),
    Probe::new(checks::READER_GONE, reader_gone).needing(help_works),
    Probe::new(checks::ERRORS_GONE, errors_gone).needing(refusal_works),
];

/// How long something may wait for an input that does not come.
const PATIENCE: Duration = Duration::from_secs(4);

fn input_closed(plugin: &LocalPlugin) -> Verdict {
    let seen = observed(Trial { input: Feed::Closed, ..plugin.trial(&["--help"]) });
    let did = format!("ran `{} <&-`", plugin.line(&["--help"]));
    Verdict::of(did, not_help(&seen, plugin.help()), "the same help")
}

fn input_silent(plugin: &LocalPlugin) -> Verdict {
    let seen = observed(Trial {
        input: Feed::Silent,
        deadline: plugin.patience(PATIENCE),
        ..plugin.trial(&["--help"])
    });
    let did = format!("ran `{}` with a standard input on which nothing comes", plugin.line(&["--help"]));
    let fault = match seen.end {
        End::Late => Some(format!("{}: it waits for standard input", ending(&seen))),
        _ => not_help(&seen, plugin.help()),
    };
    Verdict::of(did, fault, "the same help")
}

fn output_closed(plugin: &LocalPlugin) -> Verdict {
    let seen = observed(Trial { output: Outlet::Closed, ..plugin.trial(&["--help"]) });
    Verdict::of(format!("ran `{} >&-`", plugin.line(&["--help"])), crash(&seen), account(&seen))
}

fn errors_closed(plugin: &LocalPlugin) -> Verdict {
    let seen = observed(Trial { errors: Outlet::Closed, ..plugin.trial(&[UNKNOWN]) });
    let is_refused = matches!(seen.end, End::Code(1..=125));
    let fault = (!is_refused).then(|| ending(&seen));
    Verdict::of(format!("ran `{} 2>&-`", plugin.line(&[UNKNOWN])), fault, ending(&seen))
}

fn reader_gone(plugin: &LocalPlugin) -> Verdict {
    let seen = observed(Trial { output: Outlet::Abandoned, ..plugin.trial(&["--help"]) });
    let did = format!("ran `{}` into a pipe that nobody reads", plugin.line(&["--help"]));
    Verdict::of(did, crash(&seen), account(&seen))
}

fn errors_gone(plugin: &LocalPlugin) -> Verdict {
    let seen = observed(Trial { errors: Outlet::Abandoned, ..plugin.trial(&[UNKNOWN]) });
    let did = format!("ran `{}` with its errors into a pipe that nobody reads", plugin.line(&[UNKNOWN]));
    Verdict::of(
        did,
        crash(&seen).or_else(|| (seen.end == End::Code(0)).then(|| ending(&seen))),
        ending(&seen),
    )
}

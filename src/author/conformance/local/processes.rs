//! Processes: what is left of one, and several at once.

use super::help::help_is_known;
use super::seen::{account, not_help};
use super::{Exercise, LocalPlugin, ProcessKind, observed};
use crate::author::conformance::checks;
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::Verdict;
use crate::sys::trial::{self, End};

pub(super) const PROBES: &[Probe<LocalPlugin>] = &[
    Probe::new(checks::PROCESSES_LEFT, left),
    Probe::new(checks::SIDE_BY_SIDE, side_by_side).needing(help_is_known),
    Probe::new(checks::LIBRARY_LOADS, loads),
];

/// How many run at once.
const MANY: usize = 8;

fn left(plugin: &LocalPlugin) -> Verdict {
    if !trial::CAN_LOOK {
        return Verdict::skipped("processes can be looked at on Linux only");
    }
    let runs = plugin.exercised();
    let found = runs.iter().find(|run: &&Exercise| !run.seen.left.is_empty());
    match found {
        Some(run) => Verdict::failed(
            format!("ran `{}`", run.line),
            format!("still there: {}", run.seen.left.join(", ")),
        ),
        None => Verdict::passed(format!("looked for processes after {} runs", runs.len()), "none is left"),
    }
}

fn side_by_side(plugin: &LocalPlugin) -> Verdict {
    // All of them share one home.
    let place = plugin.place();
    let fault = std::thread::scope(|scope| {
        let runs: Vec<_> =
            (0..MANY).map(|_| scope.spawn(|| observed(plugin.trial_in(&place, &["--help"])))).collect();
        runs.into_iter().filter_map(|run| run.join().ok()).find_map(|seen| not_help(&seen, plugin.help()))
    });
    Verdict::of(
        format!("ran `{}` {MANY} times at once", plugin.line(&["--help"])),
        fault,
        "the same help each time",
    )
}

fn loads(plugin: &LocalPlugin) -> Verdict {
    if plugin.found.kind != ProcessKind::Library {
        return Verdict::skipped("the plugin is no library");
    }
    let trial = plugin.trial(&["--help"]);
    let arguments = ["plugin", "info", plugin.found.name.as_str(), "--offline"].map(Into::into).to_vec();
    let seen = observed(trial::Trial { arguments, ..trial });
    let text = String::from_utf8_lossy(&seen.output).into_owned();
    let is_known = seen.end == End::Code(0) && !text.contains("invalid") && text.contains("native");
    let did = format!("ran `everestctl plugin info {}`", plugin.found.name);
    Verdict::of(did, (!is_known).then(|| account(&seen)), "it is loaded")
}

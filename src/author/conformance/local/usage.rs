//! Command lines that make no sense.

use super::seen::{account, crash, excerpt, has, not_refused, trace};
use super::{LocalPlugin, observed};
use crate::author::conformance::checks;
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::Verdict;
use crate::sys::files;
use std::ffi::OsString;

pub(super) const PROBES: &[Probe<LocalPlugin>] = &[
    Probe::new(checks::UNKNOWN_COMMAND, unknown_command),
    Probe::new(checks::UNKNOWN_FLAG, unknown_flag),
    Probe::new(checks::UNKNOWN_NAMED, unknown_named).needing(refusal_works),
    Probe::new(checks::USAGE_OUTPUT, output),
    Probe::new(checks::USAGE_TRACE, no_trace),
    Probe::new(checks::ARGUMENT_EMPTY, empty),
    Probe::new(checks::ARGUMENT_LONG, long),
    Probe::new(checks::ARGUMENT_BYTES, bytes),
    Probe::new(checks::ARGUMENT_SHELL, shell),
];

/// A word that no plugin knows.
pub(super) const UNKNOWN: &str = "no-such-command";
const UNKNOWN_FLAG: &str = "--no-such-flag";
/// More than a line of a file, less than the system allows.
const LONG: usize = 100_000;

fn refused(plugin: &LocalPlugin, word: &str) -> Verdict {
    let seen = observed(plugin.trial(&[word]));
    Verdict::of(format!("ran `{}`", plugin.line(&[word])), not_refused(&seen), account(&seen))
}

/// For what says nothing where an unknown command is not refused.
pub(super) fn refusal_works(plugin: &LocalPlugin) -> Option<Verdict> {
    let is_refused = not_refused(&observed(plugin.trial(&[UNKNOWN]))).is_none();
    (!is_refused).then(|| Verdict::skipped("an unknown command is not refused (see unknown-command)"))
}

fn unknown_command(plugin: &LocalPlugin) -> Verdict {
    refused(plugin, UNKNOWN)
}

fn unknown_flag(plugin: &LocalPlugin) -> Verdict {
    refused(plugin, UNKNOWN_FLAG)
}

fn unknown_named(plugin: &LocalPlugin) -> Verdict {
    let seen = observed(plugin.trial(&[UNKNOWN]));
    let fault =
        (!has(&seen.errors, UNKNOWN)).then(|| format!("`{UNKNOWN}` is not in {}", excerpt(&seen.errors)));
    Verdict::of(format!("ran `{}`", plugin.line(&[UNKNOWN])), fault, excerpt(&seen.errors))
}

fn output(plugin: &LocalPlugin) -> Verdict {
    for word in [UNKNOWN, UNKNOWN_FLAG] {
        let seen = observed(plugin.trial(&[word]));
        if not_refused(&seen).is_none() && !seen.output.is_empty() {
            let did = format!("ran `{}`", plugin.line(&[word]));
            return Verdict::failed(did, format!("standard output: {}", excerpt(&seen.output)));
        }
    }
    let did = format!("ran `{}` and `{}`", plugin.line(&[UNKNOWN]), plugin.line(&[UNKNOWN_FLAG]));
    Verdict::passed(did, "nothing on standard output")
}

fn no_trace(plugin: &LocalPlugin) -> Verdict {
    let lines: [&[&str]; 5] = [&[UNKNOWN], &[UNKNOWN_FLAG], &["--no-such-flag=1"], &["-"], &["--", UNKNOWN]];
    for words in lines {
        let seen = observed(plugin.trial(words));
        if let Some(trace) = trace(&seen) {
            return Verdict::failed(format!("ran `{}`", plugin.line(words)), trace);
        }
    }
    Verdict::passed(format!("ran five lines such as `{}`", plugin.line(lines[2])), "no stack trace")
}

fn survives(plugin: &LocalPlugin, word: OsString, shown: &str) -> Verdict {
    let seen = observed(plugin.trial(&[word]));
    Verdict::of(format!("ran it with {shown}"), crash(&seen), account(&seen))
}

fn empty(plugin: &LocalPlugin) -> Verdict {
    survives(plugin, OsString::new(), "an empty argument")
}

fn long(plugin: &LocalPlugin) -> Verdict {
    survives(plugin, "a".repeat(LONG).into(), "an argument of 100,000 characters")
}

fn bytes(plugin: &LocalPlugin) -> Verdict {
    use std::os::unix::ffi::OsStringExt as _;
    survives(plugin, OsString::from_vec(b"a\xff\xfe\x80".to_vec()), "an argument that is not UTF-8")
}

fn shell(plugin: &LocalPlugin) -> Verdict {
    const MARK: &str = "a-shell-was-here";
    let place = plugin.place();
    let parts = [
        format!("$(touch {MARK})"),
        format!("`touch {MARK}`"),
        format!("'; touch {MARK}; '"),
        format!("\"; touch {MARK}; \""),
        format!("; touch {MARK}"),
        format!("\ntouch {MARK}\n"),
        format!("a[$(touch {MARK})]"),
    ];
    for part in &parts {
        let seen = observed(plugin.trial_in(&place, &[part]));
        let names = files::names_in(&place.work()).unwrap_or_default();
        let is_there = names.iter().any(|name| name.to_string_lossy().contains(MARK));
        let fault =
            if is_there { Some("a shell ran what was in the argument".to_owned()) } else { crash(&seen) };
        if let Some(fault) = fault {
            return Verdict::failed(format!("ran `{}`", plugin.line(&[part])), fault);
        }
    }
    Verdict::passed(
        format!("ran it with {} arguments such as {}", parts.len(), parts[0]),
        "none of it was run",
    )
}

//! A terminal, a strange one, or none.

use super::help::help_is_known;
use super::seen::{account, colour, ending, escape, plain};
use super::usage::UNKNOWN;
use super::{LocalPlugin, observed};
use crate::author::conformance::checks;
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::Verdict;
use crate::sys::trial::{End, Feed, Seen, Trial};
use std::time::Duration;

pub(super) const PROBES: &[Probe<LocalPlugin>] = &[
    Probe::new(checks::PIPE_PLAIN, pipe_plain),
    Probe::new(checks::NO_COLOR, no_color),
    Probe::new(checks::TERMINAL_DUMB, dumb),
    Probe::new(checks::TERMINAL_NARROW, narrow).needing(help_is_known),
    Probe::new(checks::TERMINAL_ZERO, zero).needing(help_is_known),
    Probe::new(checks::TERMINAL_RESTORED, restored),
    Probe::new(checks::TERMINAL_NONE, none),
];

const USUAL: (u16, u16) = (80, 24);

/// A run at a terminal of this size, with more variables.
fn at(plugin: &LocalPlugin, word: &str, size: (u16, u16), variables: &[(&str, &str)]) -> Seen {
    let trial = plugin.trial(&[word]);
    let more = variables.iter().map(|(name, value)| (*name, (*value).into()));
    observed(Trial { environment: trial.environment.changed(more, &[]), terminal: Some(size), ..trial })
}

fn pipe_plain(plugin: &LocalPlugin) -> Verdict {
    let refused = observed(plugin.trial(&[UNKNOWN]));
    let fault =
        [&plugin.help().output, &refused.output, &refused.errors].into_iter().find_map(|text| escape(text));
    let did = format!("ran `{}` and `{}` into pipes", plugin.line(&["--help"]), plugin.line(&[UNKNOWN]));
    Verdict::of(did, fault, "no escape sequences")
}

fn no_color(plugin: &LocalPlugin) -> Verdict {
    let seen = ["--help", UNKNOWN].map(|word| at(plugin, word, USUAL, &[("NO_COLOR", "1")]));
    let fault = seen.iter().find_map(|seen| colour(&seen.output));
    let did =
        format!("ran `NO_COLOR=1 {}` at a terminal, and the same with `{UNKNOWN}`", plugin.line(&["--help"]));
    Verdict::of(did, fault, "no colours")
}

fn dumb(plugin: &LocalPlugin) -> Verdict {
    let seen = ["--help", UNKNOWN].map(|word| at(plugin, word, USUAL, &[("TERM", "dumb")]));
    let fault = seen.iter().find_map(|seen| escape(&seen.output));
    let did =
        format!("ran `TERM=dumb {}` at a terminal, and the same with `{UNKNOWN}`", plugin.line(&["--help"]));
    Verdict::of(did, fault, "no escape sequences")
}

/// Why a help at a terminal is not whole, if it is not.
fn not_whole(seen: &Seen, help: &Seen) -> Option<String> {
    if seen.end != End::Code(0) {
        return Some(account(seen));
    }
    // Lines may break anywhere.
    let shown: String = plain(&seen.output).chars().filter(|it| it.is_alphanumeric()).collect();
    let help = plain(&help.output);
    let words = help.split(|it: char| !it.is_alphanumeric()).filter(|word| word.chars().count() > 3);
    let missing: Vec<&str> = words.filter(|word| !shown.contains(word)).collect();
    let first = missing.first()?;
    Some(format!("{} words of the help are missing, such as `{first}`", missing.len()))
}

fn narrow(plugin: &LocalPlugin) -> Verdict {
    let seen = at(plugin, "--help", (20, 24), &[("COLUMNS", "20")]);
    let did = format!("ran `{}` at a terminal of 20 columns", plugin.line(&["--help"]));
    Verdict::of(did, not_whole(&seen, plugin.help()), "all of the help")
}

fn zero(plugin: &LocalPlugin) -> Verdict {
    let seen = at(plugin, "--help", (0, 0), &[]);
    let did = format!("ran `{}` at a terminal of 0 columns and 0 rows", plugin.line(&["--help"]));
    Verdict::of(did, not_whole(&seen, plugin.help()), "all of the help")
}

fn restored(plugin: &LocalPlugin) -> Verdict {
    let seen = ["--help", UNKNOWN].map(|word| at(plugin, word, USUAL, &[]));
    let fault = seen.iter().any(|seen| !seen.terminal_is_as_before);
    let fault = fault.then(|| "the modes of the terminal are others than before".to_owned());
    let did = format!("ran `{}` and `{}` at a terminal", plugin.line(&["--help"]), plugin.line(&[UNKNOWN]));
    Verdict::of(did, fault, "the modes are the same")
}

fn none(plugin: &LocalPlugin) -> Verdict {
    let trial = plugin.trial(&[UNKNOWN]);
    let seen =
        observed(Trial { input: Feed::Silent, deadline: plugin.patience(Duration::from_secs(4)), ..trial });
    let did = format!(
        "ran `{}` without any terminal, and with a standard input on which nothing comes",
        plugin.line(&[UNKNOWN])
    );
    let fault = (seen.end == End::Late).then(|| format!("{}: it waits for an answer", ending(&seen)));
    Verdict::of(did, fault, ending(&seen))
}

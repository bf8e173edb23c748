//! Help and version.

use super::seen::{account, ending, excerpt, has, not_help};
use super::{LocalPlugin, observed};
use crate::author::conformance::checks;
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::Verdict;
use crate::sys::trial::{End, Seen};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(super) const PROBES: &[Probe<LocalPlugin>] = &[
    Probe::new(checks::HELP_OUTPUT, output),
    Probe::new(checks::HELP_QUIET, quiet).needing(help_works),
    Probe::new(checks::HELP_SHORT, short),
    Probe::alone(checks::HELP_QUICK, quick).needing(help_works),
    Probe::new(checks::HELP_NAME, name).needing(help_works),
    Probe::new(checks::HELP_COMMANDS, commands).needing(help_works),
    Probe::new(checks::HELP_BELOW, below),
    Probe::new(checks::HELP_FLAGS, flags),
    Probe::new(checks::HELP_SAME, same).needing(help_works),
    Probe::new(checks::VERSION, version),
];

/// How long help may take.
const QUICK: Duration = Duration::from_secs(2);
/// How many commands of a plugin are asked for their help.
const MOST: usize = 60;

/// For what says nothing where there is no help.
pub(super) fn help_works(plugin: &LocalPlugin) -> Option<Verdict> {
    fault(plugin.help()).map(|_| Verdict::skipped("there is no help (see help-output)"))
}

/// For what compares help with help.
pub(super) fn help_is_known(plugin: &LocalPlugin) -> Option<Verdict> {
    let differs = || not_help(plugin.help_again(), plugin.help()).is_some();
    let is_other = || differs().then(|| Verdict::skipped("help differs each time (see help-same)"));
    help_works(plugin).or_else(is_other)
}

/// What is wrong with a help, if something is.
fn fault(seen: &Seen) -> Option<String> {
    if seen.end != End::Code(0) {
        Some(account(seen))
    } else if seen.output.trim_ascii().is_empty() {
        Some(format!("nothing on standard output; standard error: {}", excerpt(&seen.errors)))
    } else {
        None
    }
}

fn output(plugin: &LocalPlugin) -> Verdict {
    let seen = plugin.help();
    Verdict::of(format!("ran `{}`", plugin.line(&["--help"])), fault(seen), account(seen))
}

fn quiet(plugin: &LocalPlugin) -> Verdict {
    let seen = plugin.help();
    let fault = (!seen.errors.is_empty()).then(|| format!("standard error: {}", excerpt(&seen.errors)));
    Verdict::of(format!("ran `{}`", plugin.line(&["--help"])), fault, "nothing on standard error")
}

fn short(plugin: &LocalPlugin) -> Verdict {
    let seen = observed(plugin.trial(&["-h"]));
    Verdict::of(format!("ran `{}`", plugin.line(&["-h"])), fault(&seen), account(&seen))
}

fn quick(plugin: &LocalPlugin) -> Verdict {
    // A machine may be busy for a moment: the best of three counts.
    let (mut best, budget) = (plugin.help().took, plugin.patience(QUICK));
    for _ in 0..2 {
        if best < budget {
            break;
        }
        best = best.min(observed(plugin.trial(&["--help"])).took);
    }
    let saw = format!("{:.2} s", best.as_secs_f64());
    let did = format!("ran `{}`", plugin.line(&["--help"]));
    Verdict::of(did, (best >= budget).then(|| saw.clone()), saw)
}

fn name(plugin: &LocalPlugin) -> Verdict {
    // A file `everestctl-a-b` is typed as `a b` and as `a-b`.
    let typed = format!("everestctl {}", plugin.found.name);
    let joined = format!("everestctl {}", plugin.found.name.replace(' ', "-"));
    let output = &plugin.help().output;
    let fault = (!has(output, &typed) && !has(output, &joined)).then(|| {
        let text = String::from_utf8_lossy(output).into_owned();
        let usage = text.lines().find(|line| line.to_lowercase().contains("usage")).unwrap_or_default();
        format!("`{typed}` is not in the help; the usage: {}", excerpt(usage.as_bytes()))
    });
    let did = format!("looked for `{typed}` in what `--help` shows");
    Verdict::of(did, fault, "it is there")
}

/// The commands that TAB offers, each with its flags.
pub(super) fn declared_words(plugin: &LocalPlugin) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in plugin.found.sidecar.words.keys() {
        let is_word = |word: &&str| !word.starts_with(['-', '<', '[']);
        let command: Vec<&str> = line.split_whitespace().take_while(is_word).collect();
        let flags = line.split_whitespace().filter(|word| word.starts_with("--"));
        found
            .entry(command.join(" "))
            .or_default()
            .extend(flags.map(|flag| flag.split(['=', '<', '[']).next().unwrap_or(flag).to_owned()));
    }
    found
}

const NO_WORDS: &str = "the plugin has no `words`";

fn commands(plugin: &LocalPlugin) -> Verdict {
    let words = declared_words(plugin);
    let first: BTreeSet<&str> =
        words.keys().filter_map(|line| line.split(' ').next()).filter(|it| !it.is_empty()).collect();
    if first.is_empty() {
        return Verdict::skipped(NO_WORDS);
    }
    let text = String::from_utf8_lossy(&plugin.help().output).into_owned();
    let known: BTreeSet<&str> = text
        .split(|character: char| !character.is_alphanumeric() && character != '-' && character != '_')
        .collect();
    let missing: Vec<&str> = first.iter().copied().filter(|word| !known.contains(word)).collect();
    let fault = (!missing.is_empty()).then(|| format!("not in the help: {}", missing.join(", ")));
    let did =
        format!("looked for {} in what `--help` shows", first.iter().copied().collect::<Vec<_>>().join(", "));
    Verdict::of(did, fault, "all are there")
}

/// The words of a command, and `--help` behind them.
fn asked(command: &str) -> Vec<&str> {
    command.split(' ').filter(|word| !word.is_empty()).chain(["--help"]).collect()
}

fn below(plugin: &LocalPlugin) -> Verdict {
    let words = declared_words(plugin);
    let lines: Vec<&String> = words.keys().filter(|line| !line.is_empty()).take(MOST).collect();
    if lines.is_empty() {
        return Verdict::skipped(NO_WORDS);
    }
    for line in &lines {
        let words = asked(line);
        let seen = observed(plugin.trial(&words));
        if let Some(fault) = fault(&seen) {
            return Verdict::failed(format!("ran `{}`", plugin.line(&words)), fault);
        }
    }
    let did =
        format!("asked {} commands for their help, such as `{}`", lines.len(), plugin.line(&asked(lines[0])));
    Verdict::passed(did, "each has one")
}

fn flags(plugin: &LocalPlugin) -> Verdict {
    let words = declared_words(plugin);
    let with_flags: Vec<_> = words.iter().filter(|(_, flags)| !flags.is_empty()).take(MOST).collect();
    if with_flags.is_empty() {
        return Verdict::skipped("the `words` of the plugin have no flags");
    }
    for (command, flags) in &with_flags {
        let words = asked(command);
        let seen = observed(plugin.trial(&words));
        if let Some(missing) = flags.iter().find(|flag| !has(&seen.output, flag)) {
            let did = format!("ran `{}`", plugin.line(&words));
            return Verdict::failed(did, format!("`{missing}` is not in it: {}", account(&seen)));
        }
    }
    let did = format!("looked for the flags of {} commands in their help", with_flags.len());
    Verdict::passed(did, "all are there")
}

fn same(plugin: &LocalPlugin) -> Verdict {
    let fault = not_help(plugin.help_again(), plugin.help());
    Verdict::of(format!("ran `{}` twice", plugin.line(&["--help"])), fault, "the same help")
}

fn version(plugin: &LocalPlugin) -> Verdict {
    let Some(version) = plugin.found.sidecar.version.as_deref() else {
        return Verdict::skipped("the plugin declares no version");
    };
    let seen = observed(plugin.trial(&["--version"]));
    let fault = if seen.end != End::Code(0) {
        Some(account(&seen))
    } else if has(&seen.output, version) {
        None
    } else {
        Some(format!("{}, and the declared version is {version}", excerpt(&seen.output)))
    };
    Verdict::of(
        format!("ran `{}`", plugin.line(&["--version"])),
        fault,
        format!("{}: {}", ending(&seen), excerpt(&seen.output)),
    )
}

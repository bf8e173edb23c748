//! The commands of plugin-test.yaml.

use super::seen::{account, ending, escape, excerpt, has};
use super::{Exercise, LocalPlugin, observed};
use crate::author::conformance::checks;
use crate::author::conformance::declared::{FILE, SafeCommand};
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::Verdict;
use crate::sys::trial::{End, Trial};
use everestctl_protocol::environment as variable;

pub(super) const PROBES: &[Probe<LocalPlugin>] = &[
    Probe::new(checks::DECLARED_CODE, code),
    Probe::new(checks::DECLARED_OUTPUT, output),
    Probe::new(checks::DECLARED_JSON, json),
    Probe::new(checks::DECLARED_PLAIN, plain),
];

/// The first command of which something else was seen.
fn judged(
    plugin: &LocalPlugin,
    fault: impl Fn(&SafeCommand, &Exercise) -> Option<String>,
    all: &str,
) -> Verdict {
    let runs = plugin.exercised().iter();
    let runs: Vec<_> =
        runs.filter_map(|run| Some((plugin.declared.commands.get(run.declared?)?, run))).collect();
    if runs.is_empty() {
        return Verdict::skipped(format!("{FILE} names no command that ends by itself"));
    }
    for (command, run) in &runs {
        if let Some(fault) = fault(command, run) {
            return Verdict::failed(format!("ran `{}`", run.line), fault);
        }
    }
    Verdict::passed(format!("ran {} commands such as `{}`", runs.len(), runs[0].1.line), all)
}

fn code(plugin: &LocalPlugin) -> Verdict {
    let fault = |command: &SafeCommand, run: &Exercise| {
        (run.seen.end != End::Code(command.code)).then(|| {
            format!(
                "{} instead of {}; standard error: {}",
                ending(&run.seen),
                command.code,
                excerpt(&run.seen.errors)
            )
        })
    };
    judged(plugin, fault, "each has its exit code")
}

fn output(plugin: &LocalPlugin) -> Verdict {
    let fault = |command: &SafeCommand, run: &Exercise| {
        let other = command.output.as_ref().filter(|output| run.seen.output != output.as_bytes());
        if let Some(output) = other {
            return Some(format!("{} instead of {}", excerpt(&run.seen.output), excerpt(output.as_bytes())));
        }
        let all = [&run.seen.output[..], &run.seen.errors[..]].concat();
        let missing = command.contains.iter().find(|text| !has(&all, text))?;
        Some(format!("`{missing}` is missing: {}", account(&run.seen)))
    };
    judged(plugin, fault, "each writes what is said")
}

fn json(plugin: &LocalPlugin) -> Verdict {
    let wanted: Vec<&SafeCommand> = plugin.declared.short().filter(|command| command.json).collect();
    if wanted.is_empty() {
        return Verdict::skipped(format!("{FILE} names no command with `json: true`"));
    }
    for command in &wanted {
        let trial = plugin.trial(&command.words());
        let environment = trial.environment.changed([(variable::OUTPUT, "json".into())], &[]);
        let seen = observed(Trial { environment, ..trial });
        if serde_json::from_slice::<serde_json::Value>(&seen.output).is_err() {
            let did = format!("ran `{}` with EVERESTCTL_OUTPUT=json", plugin.line(&command.words()));
            return Verdict::failed(did, format!("no JSON: {}", account(&seen)));
        }
    }
    Verdict::passed(format!("ran {} commands with EVERESTCTL_OUTPUT=json", wanted.len()), "each writes JSON")
}

fn plain(plugin: &LocalPlugin) -> Verdict {
    let fault =
        |_: &SafeCommand, run: &Exercise| escape(&run.seen.output).or_else(|| escape(&run.seen.errors));
    judged(plugin, fault, "no escape sequences")
}

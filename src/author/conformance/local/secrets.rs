//! The user's token: a text of ours stands for it, in the environment or from the everestctl that is called back.

use super::seen::has;
use super::{Exercise, LocalPlugin};
use crate::author::conformance::checks;
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::Verdict;
use crate::sys::files::{self, FileKind};
use crate::sys::{FileFacts, trial};
use std::path::Path;

pub(super) const PROBES: &[Probe<LocalPlugin>] = &[
    Probe::new(checks::TOKEN_ARGUMENTS, arguments),
    Probe::new(checks::TOKEN_OUTPUT, output),
    Probe::new(checks::TOKEN_FILES, in_files),
];

/// More of a file than this is not read, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

fn lines_run(exercised: &[Exercise]) -> String {
    let names: Vec<String> = exercised.iter().map(|run| format!("`{}`", run.line)).take(6).collect();
    let more = exercised.len().saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("ran {}{more} with a token", names.join(", "))
}

/// The first run in which something was seen.
fn judged(plugin: &LocalPlugin, fault: impl Fn(&Exercise) -> Option<String>, seen: &str) -> Verdict {
    let exercised = plugin.exercised();
    let found = exercised.iter().find_map(|run| Some((run, fault(run)?)));
    match found {
        Some((run, fault)) => Verdict::failed(format!("ran `{}` with a token", run.line), fault),
        None => Verdict::passed(lines_run(exercised), seen),
    }
}

fn arguments(plugin: &LocalPlugin) -> Verdict {
    if !trial::CAN_LOOK {
        return Verdict::skipped("command lines can be looked at on Linux only");
    }
    let asked = files::read(&plugin.scratch.path().join("asked"), LARGEST).unwrap_or_default();
    let fault = |run: &Exercise| {
        let line = run.seen.lines.iter().find(|line| has(line, &plugin.token))?;
        let program = line.split(|byte| *byte == 0).next().unwrap_or_default();
        Some(format!("the token is an argument of {}", String::from_utf8_lossy(program)))
    };
    let of_everestctl = |_: &Exercise| {
        has(&asked, &plugin.token).then(|| "the token is an argument of everestctl".to_owned())
    };
    judged(plugin, |run| fault(run).or_else(|| of_everestctl(run)), "no command line has the token")
}

fn output(plugin: &LocalPlugin) -> Verdict {
    let fault = |run: &Exercise| {
        let streams = [("standard output", &run.seen.output), ("standard error", &run.seen.errors)];
        let (name, _) = streams.into_iter().find(|(_, text)| has(text, &plugin.token))?;
        Some(format!("the token is on {name}"))
    };
    judged(plugin, fault, "no output has the token")
}

fn in_files(plugin: &LocalPlugin) -> Verdict {
    let fault = |run: &Exercise| {
        let path = file_with(&run.place.root, &run.place.root, &plugin.token, 0)?;
        Some(format!("the token is in the file {path}"))
    };
    judged(plugin, fault, "no file has the token")
}

/// The first file below `folder` that has `text`, by its path below `root`.
fn file_with(root: &Path, folder: &Path, text: &str, depth: usize) -> Option<String> {
    const DEEPEST: usize = 8;
    let names = files::names_in(folder).ok()?;
    names.iter().find_map(|name| {
        let path = folder.join(name);
        match FileFacts::from_name(&path).ok()?.kind {
            FileKind::Folder if depth < DEEPEST => file_with(root, &path, text, depth + 1),
            FileKind::File => {
                let content = files::read(&path, LARGEST).ok()?;
                has(&content, text).then(|| path.strip_prefix(root).unwrap_or(&path).display().to_string())
            }
            _ => None,
        }
    })
}

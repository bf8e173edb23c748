//! TAB, in the protocol that the plugin names.

use super::seen::{account, ending, escape, excerpt};
use super::{LocalPlugin, RunFolders, observed};
use crate::author::conformance::checks;
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::Verdict;
use crate::sys::files;
use crate::sys::trial::{End, Seen, Trial};
use everestctl_protocol::sidecar::Completion;
use std::ffi::OsString;
use std::time::Duration;

pub(super) const PROBES: &[Probe<LocalPlugin>] = &[
    Probe::new(checks::COMPLETION_ANSWERS, answers),
    Probe::alone(checks::COMPLETION_QUICK, quick).needing(answer_works),
    Probe::new(checks::COMPLETION_LINES, lines).needing(answer_works),
    Probe::new(checks::COMPLETION_OFFLINE, offline).needing(answer_works),
    Probe::new(checks::COMPLETION_STRANGE, strange),
    Probe::new(checks::COMPLETION_CLEAN, clean),
    Probe::new(checks::COMPLETION_WORDS, words),
];

/// How long everestctl waits.
const QUICK: Duration = Duration::from_millis(200);

/// A question behind `typed`, whose last word is not finished; or why none can be asked.
fn question(plugin: &LocalPlugin, place: &RunFolders, typed: &[&str]) -> Result<(String, Trial), Verdict> {
    let file = &plugin.found.file;
    let name = file.file_name().unwrap_or_default();
    let typed = typed.iter().map(OsString::from);
    let completion = plugin.found.sidecar.completion;
    let (words, variable, program): (Vec<OsString>, _, _) = match completion {
        _ if !plugin.is_executable() => {
            return Err(Verdict::skipped("everestctl completes it by its words, and runs nothing"));
        }
        Completion::None => {
            return Err(Verdict::skipped("the plugin completes nothing (`completion: none`)"));
        }
        Completion::Words => {
            return Err(Verdict::skipped("everestctl completes it by its words, and runs nothing"));
        }
        Completion::Cobra => {
            (std::iter::once("__complete".into()).chain(typed).collect(), None, file.clone())
        }
        Completion::Clap => (
            ["--".into(), name.to_owned()].into_iter().chain(typed).collect(),
            Some(("COMPLETE", "fish".into())),
            file.clone(),
        ),
        Completion::Companion => {
            let companion = name.to_string_lossy().replacen("everestctl-", "everestctl_complete-", 1);
            (typed.collect(), None, file.with_file_name(companion))
        }
    };
    let trial = plugin.trial_in(place, &words);
    let environment = trial.environment.changed(variable, &[]);
    let shown: Vec<String> = words.iter().map(|word| format!("`{}`", word.to_string_lossy())).collect();
    let did =
        format!("asked {} {}", program.file_name().unwrap_or_default().to_string_lossy(), shown.join(" "));
    Ok((did, Trial { program, environment, ..trial }))
}

fn asked(plugin: &LocalPlugin, typed: &[&str]) -> Result<(String, Seen), Verdict> {
    let (did, trial) = question(plugin, &plugin.place(), typed)?;
    Ok((did, observed(trial)))
}

/// Makes a verdict of an answer.
fn judged(
    asked: Result<(String, Seen), Verdict>,
    judge: impl Fn(&Seen) -> (Option<String>, String),
) -> Verdict {
    match asked {
        Err(verdict) => verdict,
        Ok((did, seen)) => {
            let (fault, saw) = judge(&seen);
            Verdict::of(did, fault, saw)
        }
    }
}

/// Why it is no answer, if it is none.
fn no_answer(seen: &Seen) -> Option<String> {
    (seen.end != End::Code(0)).then(|| account(seen))
}

/// For what says nothing where there is no answer.
fn answer_works(plugin: &LocalPlugin) -> Option<Verdict> {
    let is_none = asked(plugin, &[""]).is_ok_and(|(_, seen)| no_answer(&seen).is_some());
    is_none.then(|| Verdict::skipped("TAB is not answered (see completion-answers)"))
}

fn answers(plugin: &LocalPlugin) -> Verdict {
    judged(asked(plugin, &[""]), |seen| (no_answer(seen), account(seen)))
}

fn quick(plugin: &LocalPlugin) -> Verdict {
    let mut best: Option<(String, Seen)> = None;
    for _ in 0..3 {
        match asked(plugin, &[""]) {
            Err(verdict) => return verdict,
            Ok((did, seen)) if best.as_ref().is_none_or(|(_, other)| seen.took < other.took) => {
                best = Some((did, seen));
            }
            Ok(_) => {}
        }
        if best.as_ref().is_some_and(|(_, seen)| seen.took < QUICK) {
            break;
        }
    }
    let Some((did, seen)) = best else { return Verdict::skipped("it was not asked") };
    let saw = format!("an answer after {} ms", seen.took.as_millis());
    Verdict::of(did, (seen.took >= QUICK).then(|| saw.clone()), saw)
}

fn lines(plugin: &LocalPlugin) -> Verdict {
    let is_cobra = plugin.found.sidecar.completion != Completion::Clap;
    judged(asked(plugin, &[""]), |seen| (fault_of_lines(&seen.output, is_cobra), excerpt(&seen.output)))
}

/// What is wrong with the lines of an answer.
fn fault_of_lines(output: &[u8], is_cobra: bool) -> Option<String> {
    if let Some(escape) = escape(output) {
        return Some(escape);
    }
    let Ok(text) = std::str::from_utf8(output) else { return Some("it is not UTF-8".to_owned()) };
    let directive = |line: &str| line.strip_prefix(':').is_some_and(|number| number.parse::<u32>().is_ok());
    let is_description = |line: &str| line.starts_with("Completion ended with directive");
    let mut lines: Vec<&str> = text.lines().filter(|line| !is_description(line)).collect();
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    if is_cobra {
        match lines.pop() {
            Some(last) if directive(last) => {}
            last => {
                return Some(format!(
                    "the last line is {}, and not `:` and a number",
                    excerpt(last.unwrap_or_default().as_bytes())
                ));
            }
        }
    }
    let odd = lines.iter().find(|line| {
        let value = line.split('\t').next().unwrap_or_default();
        value.is_empty()
            || line.split('\t').count() > 2
            || line.chars().any(|it| it.is_control() && it != '\t')
    });
    odd.map(|line| format!("{} is not a value, a tab and a description", excerpt(line.as_bytes())))
}

fn offline(plugin: &LocalPlugin) -> Verdict {
    let asked = question(plugin, &plugin.place(), &[""]).map(|(did, trial)| {
        let nowhere = |name| (name, OsString::from(super::NOWHERE));
        let set = ["http_proxy", "https_proxy", "ALL_PROXY"].map(nowhere);
        let environment =
            trial.environment.changed(set, &["EVERESTCTL_PATH", "EVEREST_TOKEN", "EVEREST_HOST"]);
        (
            format!("{did} without a server"),
            observed(Trial { environment, deadline: Duration::from_secs(3), ..trial }),
        )
    });
    judged(asked, |seen| (no_answer(seen), ending(seen)))
}

fn strange(plugin: &LocalPlugin) -> Verdict {
    for typed in [&["no-such-command", ""][..], &["--no-such-flag"], &["--", "x"], &["'\"$(", "ü"]] {
        let (did, seen) = match asked(plugin, typed) {
            Ok(answer) => answer,
            Err(verdict) => return verdict,
        };
        if let Some(fault) = super::seen::crash(&seen) {
            return Verdict::failed(did, fault);
        }
    }
    Verdict::passed("asked behind four lines such as `no-such-command`", "each ends without a crash")
}

fn clean(plugin: &LocalPlugin) -> Verdict {
    let place = plugin.place();
    let asked = question(plugin, &place, &[""]).map(|(did, trial)| (did, observed(trial)));
    judged(asked, |seen| {
        let folders = [place.home(), place.work(), place.temporary()];
        let mut names = folders.iter().flat_map(|folder| files::names_in(folder).unwrap_or_default());
        let file = names.next().map(|name| format!("it has written {}", name.to_string_lossy()));
        let left = seen.left.first().map(|name| format!("the process {name} is still there"));
        (file.or(left), "nothing is left".to_owned())
    })
}

fn words(plugin: &LocalPlugin) -> Verdict {
    if plugin.found.sidecar.completion != Completion::Words {
        return Verdict::skipped("the plugin does not say `completion: words`");
    }
    let count = plugin.found.sidecar.words.len();
    Verdict::of("read `words`", (count == 0).then(|| "there are none".to_owned()), format!("{count} lines"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_both_protocols() {
        assert_eq!(fault_of_lines(b"run\tStart\nlist\n:4\nCompletion ended with directive: x\n", true), None);
        assert_eq!(fault_of_lines(b"run\tStart\n", false), None);
        for (text, is_cobra, why) in [
            (&b"run\n"[..], true, "the last line is `run`"),
            (b"\x1b[1mrun\n:4\n", true, "the escape sequence"),
            (b"a\tb\tc\n", false, "is not a value"),
            (b"\xff\n", false, "not UTF-8"),
            (b"\tb\n:0\n", true, "is not a value"),
            (b"", true, "the last line is nothing"),
        ] {
            let fault = fault_of_lines(text, is_cobra).unwrap();
            assert!(fault.contains(why), "{fault}");
        }
    }
}

//! Folders and the environment, as they are on other machines.

use super::help::{help_is_known, help_works};
use super::seen::{account, not_help};
use super::{LocalPlugin, ProcessKind, RunFolders, observed};
use crate::author::conformance::checks;
use crate::author::conformance::suite::Probe;
use crate::author::conformance::verdict::Verdict;
use crate::sys::files;
use crate::sys::trial::{End, Trial};
use everestctl_protocol::environment as variable;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

pub(super) const PROBES: &[Probe<LocalPlugin>] = &[
    Probe::new(checks::HOME_MISSING, home_missing).needing(is_known_here),
    Probe::new(checks::HOME_UNSET, home_unset).needing(is_known_here),
    Probe::new(checks::HOME_READONLY, home_readonly).needing(is_known_here),
    Probe::new(checks::HOME_CLEAN, home_clean).needing(is_no_image),
    Probe::new(checks::FOLDER_CLEAN, folder_clean),
    Probe::new(checks::TEMPORARY_CLEAN, temporary_clean).needing(is_no_image),
    Probe::new(checks::FOLDER_GONE, folder_gone).needing(is_known_here),
    Probe::new(checks::PATH_BLANKS, path_blanks).needing(help_works),
    Probe::new(checks::LOCALE_C, locale_c).needing(help_works),
    Probe::new(checks::ENVIRONMENT_BARE, bare).needing(help_works),
    Probe::new(checks::ENVIRONMENT_LATER, later).needing(help_is_known),
    Probe::new(checks::OFFLINE, offline).needing(is_known_here),
];

/// For what an image has of its own: its home, its environment, its folders.
fn is_no_image(plugin: &LocalPlugin) -> Option<Verdict> {
    let is_one = plugin.found.kind == ProcessKind::Image;
    is_one.then(|| Verdict::skipped("a container has its own folders and environment"))
}

/// For what compares the help of a process on this machine.
fn is_known_here(plugin: &LocalPlugin) -> Option<Verdict> {
    is_no_image(plugin).or_else(|| help_is_known(plugin))
}

/// Runs `--help` with these variables, and without those.
fn with(plugin: &LocalPlugin, set: &[(&str, OsString)], unset: &[&str], how: &str) -> Verdict {
    let trial = plugin.trial(&["--help"]);
    let environment = trial.environment.changed(set.iter().cloned(), unset);
    let seen = observed(Trial { environment, ..trial });
    let did = format!("ran `{}` {how}", plugin.line(&["--help"]));
    Verdict::of(did, not_help(&seen, plugin.help()), "the same help")
}

fn home_missing(plugin: &LocalPlugin) -> Verdict {
    with(plugin, &[("HOME", "/nowhere/at/all".into())], &[], "with HOME=/nowhere/at/all")
}

fn home_unset(plugin: &LocalPlugin) -> Verdict {
    with(plugin, &[], &["HOME"], "without HOME")
}

fn home_readonly(plugin: &LocalPlugin) -> Verdict {
    // Not even root can write there.
    if Path::new("/proc/self").exists() {
        return with(
            plugin,
            &[("HOME", "/proc".into())],
            &[],
            "with a home folder that nothing can be written to",
        );
    }
    let place = plugin.place();
    let trial = plugin.trial_in(&place, &["--help"]);
    if files::make_private(&place.home(), 0o500).is_err() {
        return Verdict::skipped("a folder could not be made read-only");
    }
    let seen = observed(trial);
    let did = format!("ran `{}` with a home folder that nothing can be written to", plugin.line(&["--help"]));
    Verdict::of(did, not_help(&seen, plugin.help()), "the same help")
}

/// What is left in a folder of the runs that need none.
fn left(plugin: &LocalPlugin, folder: fn(&RunFolders) -> std::path::PathBuf, is_of_all: bool) -> Verdict {
    let runs = plugin.exercised().iter().filter(|run| is_of_all || run.declared.is_none());
    for run in runs.clone() {
        let names = files::names_in(&folder(&run.place)).unwrap_or_default();
        if let Some(name) = names.first() {
            let fault = format!("{} is left there", name.to_string_lossy());
            return Verdict::failed(format!("ran `{}`", run.line), fault);
        }
    }
    Verdict::passed(format!("looked into the folder after {} runs", runs.count()), "nothing is left there")
}

fn home_clean(plugin: &LocalPlugin) -> Verdict {
    left(plugin, RunFolders::home, false)
}

fn folder_clean(plugin: &LocalPlugin) -> Verdict {
    left(plugin, RunFolders::work, false)
}

fn temporary_clean(plugin: &LocalPlugin) -> Verdict {
    left(plugin, RunFolders::temporary, true)
}

fn folder_gone(plugin: &LocalPlugin) -> Verdict {
    let seen = observed(Trial { without_folder: true, ..plugin.trial(&["--help"]) });
    let did = format!("ran `{}` in a folder that was removed", plugin.line(&["--help"]));
    Verdict::of(did, not_help(&seen, plugin.help()), "the same help")
}

fn path_blanks(plugin: &LocalPlugin) -> Verdict {
    if !plugin.is_executable() {
        return Verdict::skipped("everestctl runs it, and knows its path");
    }
    let place = plugin.place();
    let folder = place.root.join("a folder with blanks");
    let name = plugin.found.file.file_name().unwrap_or_default();
    let link = folder.join(name);
    if files::make_private_folder(&folder).and_then(|()| files::link(&plugin.found.file, &link)).is_err() {
        return Verdict::skipped("a link could not be made");
    }
    let seen = observed(Trial { program: link, ..plugin.trial_in(&place, &["--help"]) });
    let fault = (seen.end != End::Code(0) || seen.output.trim_ascii().is_empty()).then(|| account(&seen));
    let did = format!("ran it as `a folder with blanks/{}`, a link", name.to_string_lossy());
    Verdict::of(did, fault, account(&seen))
}

fn locale_c(plugin: &LocalPlugin) -> Verdict {
    let trial = plugin.trial(&["--help"]);
    let set = [("LC_ALL", OsString::from("C")), ("LANG", OsString::from("C"))];
    let seen = observed(Trial { environment: trial.environment.changed(set, &[]), ..trial });
    let fault = (seen.end != End::Code(0) || seen.output.trim_ascii().is_empty()).then(|| account(&seen));
    Verdict::of(format!("ran `LC_ALL=C {}`", plugin.line(&["--help"])), fault, account(&seen))
}

fn bare(plugin: &LocalPlugin) -> Verdict {
    if !plugin.is_executable() {
        return Verdict::skipped("it is never run without everestctl");
    }
    let trial = plugin.trial(&["--help"]);
    let environment = trial.environment.only(|name| !name.to_string_lossy().starts_with("EVEREST"));
    let seen = observed(Trial { environment, ..trial });
    let fault = (seen.end != End::Code(0) || seen.output.trim_ascii().is_empty()).then(|| account(&seen));
    let did = format!("ran `{}` without any variable EVEREST…", plugin.line(&["--help"]));
    Verdict::of(did, fault, account(&seen))
}

fn later(plugin: &LocalPlugin) -> Verdict {
    if !plugin.is_executable() {
        return Verdict::skipped("everestctl itself would see that");
    }
    let set = [
        (variable::PROTOCOL, "99".into()),
        (variable::FEATURES, "api surprise-1 surprise-2".into()),
        (variable::OUTPUT, "surprise".into()),
        ("EVERESTCTL_SURPRISE", "1".into()),
    ];
    with(plugin, &set, &[], "with protocol 99, unknown features and an unknown -o")
}

fn offline(plugin: &LocalPlugin) -> Verdict {
    let nowhere = |name| (name, OsString::from(super::NOWHERE));
    let trial = plugin.trial(&["--help"]);
    let set =
        ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"].map(nowhere);
    let set = set.into_iter().chain([(variable::OFFLINE, OsString::from("1"))]);
    let environment = trial.environment.changed(set, &[]);
    let deadline = plugin.patience(Duration::from_secs(4));
    let seen = observed(Trial { environment, deadline, ..trial });
    let did = format!(
        "ran `{}` with proxies that are not there and EVERESTCTL_OFFLINE=1",
        plugin.line(&["--help"])
    );
    Verdict::of(did, not_help(&seen, plugin.help()), "the same help")
}

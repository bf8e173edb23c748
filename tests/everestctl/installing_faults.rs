//! Changing the set of installed packages while the process is killed, the disk is full, or the store cannot be written: there
//! is always the old set or the new one, and no litter.

use crate::support::packages::{install, package, source};
use crate::support::{InTime as _, Output, Sandbox, skip};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// The system calls that change something on a disk.
const CALLS: &[&str] = &[
    "mkdir",
    "openat",
    "write",
    "fsync",
    "fdatasync",
    "chmod,fchmod",
    "symlink,symlinkat",
    "rename,renameat,renameat2",
    "unlink,unlinkat",
    "rmdir",
    "flock,fcntl",
];

/// Lines that change the set each time.
const CHANGES: &[&str] = &["plugin upgrade --yes --force", "plugin rollback 1", "plugin pin greet"];

/// A sandbox with two packages, of which `greet` has an upgrade, and a generation to go back to.
fn prepared() -> Sandbox {
    let sandbox = Sandbox::new();
    for (name, version) in [("greet", "1"), ("other", "1")] {
        package(&sandbox, name, version, "hello");
        install(&sandbox, name);
    }
    package(&sandbox, "greet", "2", "hello");
    sandbox
}

fn strace() -> bool {
    Path::new("/usr/bin/strace").exists()
}

/// Runs a line while the call number `number` of these is answered by `fault`.
fn injected(sandbox: &Sandbox, calls: &str, fault: &str, number: usize, line: &str) -> Output {
    let inject = format!("inject={calls}:{fault}:when={number}");
    let trace = format!("trace={calls}");
    let wrapper = [
        "/usr/bin/strace",
        "-f",
        "-qqq",
        "-o",
        "/dev/null",
        "-e",
        &trace,
        "-e",
        &inject,
        "-e",
        "signal=none",
    ];
    let ended = sandbox.wrapped(&wrapper, line.split(' ')).output_in_time();
    Output {
        stdout: String::from_utf8_lossy(&ended.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
        code: ended.status.code(),
    }
}

/// The set is whole, whichever it is.
#[track_caller]
fn is_whole(sandbox: &Sandbox, what: &str) {
    assert_eq!(sandbox.run("greet").success_silent(), "hello\n", "{what}");
    sandbox.run("plugin verify").succeeded();
}

#[test]
fn a_kill_at_each_system_call_leaves_the_old_set_or_the_new_one() {
    let test = "a_kill_at_each_system_call_leaves_the_old_set_or_the_new_one";
    if !strace() {
        return skip("strace", test, "strace is not installed");
    }
    let mut kills = 0;
    for line in CHANGES {
        let sandbox = prepared();
        for calls in CALLS {
            // Reading opens files, too: what comes after the first hundred is as the others.
            for number in 1..100 {
                let ended = injected(&sandbox, calls, "signal=KILL", number, line);
                if ended.code.is_some() {
                    break;
                }
                kills += 1;
                is_whole(&sandbox, &format!("{line}, {calls} {number}"));
            }
        }
        sandbox.run("plugin history").succeeded();
    }
    assert!(kills > 50, "only {kills} runs were killed");
    eprintln!("{kills} runs were killed");
}

#[test]
fn a_disk_that_is_full_or_cannot_be_written_is_said_and_changes_nothing() {
    let test = "a_disk_that_is_full_or_cannot_be_written_is_said_and_changes_nothing";
    if !strace() {
        return skip("strace", test, "strace is not installed");
    }
    let mut failures = 0;
    for (fault, says) in
        [("error=ENOSPC", "No space left on device"), ("error=EROFS", "Read-only file system")]
    {
        let sandbox = prepared();
        for calls in ["mkdir", "write", "fsync", "symlink,symlinkat", "rename,renameat,renameat2"] {
            for number in 1..40 {
                let ended = injected(&sandbox, calls, fault, number, "plugin upgrade --yes");
                let what = format!("{fault}, {calls} {number}: {ended:?}");
                assert!(!ended.stderr.contains("panicked"), "{what}");
                if ended.code == Some(0) {
                    sandbox.run("plugin rollback").succeeded();
                    // Nothing was hit any more.
                    if ended.stderr.contains("upgraded") && !ended.stderr.contains("warning") && number > 20 {
                        break;
                    }
                    continue;
                }
                // What cannot be said cannot be read, either.
                assert!(ended.stderr.contains(says) || ended.stderr.is_empty(), "{what}");
                failures += 1;
                is_whole(&sandbox, &what);
            }
        }
        sandbox.run("plugin upgrade --yes").succeeded();
    }
    assert!(failures > 10, "only {failures} runs failed");
}

#[test]
fn a_kill_at_a_random_moment_leaves_no_litter() {
    // `INSTALL_KILLS=1000` for more.
    let rounds = std::env::var("INSTALL_KILLS").map_or(40, |rounds| rounds.parse().unwrap());
    let sandbox = prepared();
    let data = sandbox.path("home/.local/share/everestctl");
    let mut killed = 0;
    for round in 1..=rounds {
        package(&sandbox, "greet", &format!("{}", round + 2), "hello");
        let line: &[&str] = match round % 3 {
            0 => &["plugin", "rollback"],
            1 => &["plugin", "upgrade", "--yes"],
            _ => &["plugin", "install", "--yes", &source(&sandbox, "third")],
        };
        package(&sandbox, "third", "1", "third");
        let mut child = sandbox.command(line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Some before it starts, some at its end, and most between.
        std::thread::sleep(Duration::from_micros(round * 1777 % 60_000));
        let _ = child.kill();
        killed += u32::from(!child.status_in_time().success());
        is_whole(&sandbox, &format!("round {round}"));
        let third = sandbox.run("third");
        assert!(third.code == Some(127) || third.stdout == "third\n", "{third:?}");
        if third.code == Some(0) {
            sandbox.run("plugin remove third").succeeded();
        }
    }
    assert!(killed > 0, "no run was killed");
    sandbox.run("plugin upgrade --yes --force").succeeded();
    let mut names: Vec<String> =
        fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["current", "generations", "install.lock", "store"]);
    let generations = fs::read_dir(data.join("generations")).unwrap().count();
    assert!(generations <= 22, "{generations} generations");
    let strange = fs::read_dir(data.join("store/sha256"))
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().len() != 64);
    assert_eq!(strange.count(), 0);
}

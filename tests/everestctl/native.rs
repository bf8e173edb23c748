//! The way `native`: a library becomes a command, and whatever it does wrong is contained and told.

use crate::support::http::{Reply, Server, json, response};
use crate::support::native::{install_stress, library_name};
use crate::support::process::command_lines;
use crate::support::sandbox::{TOKEN, eventually};
use crate::support::terminal::Terminal;
use crate::support::{InTime as _, Sandbox, is_root, skip};
use std::fs;
use std::path::Path;
use std::process::Stdio;

fn stress(lie: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    install_stress(&sandbox, lie);
    sandbox
}

#[test]
fn a_library_becomes_a_command() {
    let sandbox = stress("NOTHING");
    let told = sandbox.run_with(["stress", "list", "--all", "", "a b", "--"]).success_silent();
    assert_eq!(told, "[list]\n[--all]\n[]\n[a b]\n[--]\n");
    for (words, code) in [("code 7", 7), ("code 256", 0), ("code -1", 255), ("exit 9", 9), ("_exit 3", 3)] {
        sandbox.run(&format!("stress {words}")).failed(code);
    }
    // What every plugin finds.
    let variable = |flags: &str, name: &str| {
        sandbox.run(&format!("{flags} stress variable {name}")).success_silent().trim_end().to_owned()
    };
    assert_eq!(variable("-n prod", "EVEREST_NAMESPACE"), "prod");
    assert_eq!(variable("", "EVERESTCTL_PLUGIN"), "stress");
    assert_eq!(variable("", "EVERESTCTL_PROTOCOL"), "1");
    assert!(variable("", "EVERESTCTL_FEATURES").split(' ').any(|feature| feature == "native-1"));
    assert_eq!(variable("-o json", "EVERESTCTL_OUTPUT"), "json");
    // What C keeps back comes out, and in order with what the host has written.
    assert_eq!(sandbox.run("stress stdio").success_silent(), "kept back\n");
    sandbox.run("plugin run --way native stress code 4").failed(4);
    sandbox.run("plugin run --source native stress code 4").failed(4);
}

#[test]
fn what_it_says_of_itself_is_known_without_loading_it_again() {
    let sandbox = stress("NOTED");
    let loads = || fs::read_to_string(sandbox.path("home/loaded")).unwrap_or_default().lines().count();
    // Nothing is loaded for TAB.
    assert_eq!(sandbox.run("__complete st").success_silent(), "stress\n:4\n");
    assert_eq!(sandbox.run_with(["__complete", "stress", ""]).success_silent(), ":0\n");
    assert_eq!(loads(), 0);
    // Nor for a list of something else.
    sandbox.run("plugin list --source local").succeeded();
    assert_eq!(loads(), 0);
    let listed = sandbox.run("plugin list").success_silent();
    assert!(listed.contains("stress") && listed.contains("ready"), "{listed}");
    assert_eq!(loads(), 1);
    assert!(sandbox.run("plugin info stress").success_silent().contains("Misbehave[31m on request"));
    assert!(sandbox.run("--help").success_silent().contains("Misbehave[31m on request"));
    assert_eq!(sandbox.run("__complete st").success_silent(), "stress\tMisbehave[31m on request\n:4\n");
    let offered = sandbox.run_with(["__complete", "stress", ""]).success_silent();
    assert_eq!(offered, "code\tEnd with this code\ncrash\tCrash\n:4\n");
    sandbox.run("help --man stress").succeeded();
    assert_eq!(loads(), 1);
    sandbox.run("stress").succeeded();
    assert_eq!(loads(), 2);
    // Another file is another plugin.
    install_stress(&sandbox, "NOTED");
    sandbox.run("plugin list").succeeded();
    assert_eq!(loads(), 3);
}

#[test]
fn a_crash_is_an_error_with_the_code_of_its_signal() {
    let sandbox = stress("NOTHING");
    for (what, code, signal) in [("crash", 139, "SIGSEGV"), ("abort", 134, "SIGABRT")] {
        let error = sandbox.run(&format!("stress {what}")).stderr_failed(code);
        assert!(error.contains(&format!("error: plugin `stress` crashed: {signal}\n")), "{error}");
        assert!(
            error.contains("hint: run it in a debugger: everestctl plugin run --in-process stress"),
            "{error}"
        );
    }
    let error = sandbox.run("stress kill").stderr_failed(137);
    assert_eq!(error, "error: plugin `stress` was ended by SIGKILL\n");
    // Threads that are left over and a stream that it has closed are its own.
    assert_eq!(sandbox.run("stress threads").success_silent(), "started\n");
    sandbox.run("stress close").failed(9);
    // Nobody reads: it ends as every program does.
    let flood = sandbox.shell("{ everestctl stress flood; echo $? >&2; } | head -n 1");
    assert_eq!((flood.stdout.as_str(), flood.stderr.as_str()), ("more\n", "141\n"));
}

#[test]
fn a_library_that_breaks_the_rules_is_refused_and_the_rule_is_named() {
    for (lie, why) in [
        ("SMALL_STRUCT", "has an invalid descriptor: struct_size is 8, and "),
        ("LARGE_STRUCT", "has an invalid descriptor: struct_size is 1099511627776, and "),
        ("OTHER_VERSION", "has version 2 of the native interface, and this everestctl needs 1"),
        ("NO_RUN", "has an invalid descriptor: `run` is NULL"),
        ("NULL_DESCRIPTOR", "has an invalid descriptor: there is none"),
        ("NO_METADATA", "has invalid metadata: there is none"),
        ("LARGE_METADATA", "has invalid metadata: 104857599 bytes, and at most 65536 are read"),
        ("NOT_UTF8", "has invalid metadata: it is not UTF-8"),
        ("NOT_JSON", "has invalid metadata: "),
        ("NO_SYMBOL", "is not a native plugin: it does not export `everestctl_plugin_descriptor`"),
        ("UNDEFINED_SYMBOL", "undefined symbol: nobody_has_this"),
        ("HANG", "could not be asked what it is: it did not load within 2 seconds"),
        ("CRASH", "could not be asked what it is: signal: 6"),
        ("EXIT", "could not be asked what it is: it ended before it said anything"),
    ] {
        let sandbox = stress(lie);
        let error = sandbox.run("stress code 0").stderr_failed(126);
        assert!(error.starts_with("error: ") && error.contains(why), "{lie}: {error}");
        assert!(error.contains(&library_name("stress")), "{lie}: {error}");
        let listed = sandbox.run("plugin list").stdout;
        assert!(listed.contains("invalid"), "{lie}: {listed}");
    }
}

#[test]
fn what_a_library_writes_while_it_is_loaded_is_not_its_metadata() {
    let sandbox = stress("CHATTER");
    assert!(sandbox.run("plugin info stress").success_silent().contains("Misbehave[31m on request"));
}

#[test]
fn a_file_that_is_no_library_for_this_machine_is_told() {
    let sandbox = Sandbox::new();
    let path = install_stress(&sandbox, "NOTHING");
    let whole = fs::read(&path).unwrap();
    let mut other = whole.clone();
    // The machine, in the header of an ELF file.
    other[18] ^= 0x55;
    for (content, why) in [
        (&b""[..], "is not a shared library"),
        (b"#!/bin/sh\n", "is not a shared library"),
        (&whole[..whole.len() / 8], "is cut off: a part of the file is missing"),
        (&other, "was built for another machine"),
    ] {
        fs::write(&path, content).unwrap();
        let error = sandbox.run("stress").stderr_failed(126);
        assert!(error.contains(why), "{why}: {error}");
    }
}

#[test]
fn a_library_that_others_can_write_is_not_loaded() {
    let sandbox = stress("NOTED");
    sandbox.chmod(&format!("plugins/{}", library_name("stress")), 0o777);
    let error = sandbox.run("stress").stderr_failed(126);
    assert!(error.contains("is not allowed to run") && error.contains("hint: chmod"), "{error}");
    sandbox.run("plugin list").succeeded();
    sandbox.run("--help").succeeded();
    assert!(!sandbox.path("home/loaded").exists());
    // It needs no executable bit.
    sandbox.chmod(&format!("plugins/{}", library_name("stress")), 0o644);
    sandbox.run("stress").succeeded();
}

#[test]
fn a_plugin_that_needs_more_than_there_is_says_who_has_to_be_upgraded() {
    for (lie, why) in [
        ("NEEDS_MORE", "it needs the feature `telepathy`, which this everestctl does not have"),
        ("LATER_PROTOCOL", "it needs version 99 of the plugin protocol, and this everestctl has version 1"),
    ] {
        let sandbox = stress(lie);
        let error = sandbox.run("stress code 0").stderr_failed(126);
        assert_eq!(error, format!("error: `stress` cannot run: {why}\nhint: upgrade everestctl\n"));
        let listed = sandbox.run("plugin list").stdout;
        assert!(listed.contains("invalid"), "{listed}");
    }
    // An executable says so in its sidecar.
    let sandbox = Sandbox::new();
    sandbox.script("plugins/everestctl-later", "echo ran");
    sandbox.write("plugins/everestctl-later.yaml", "requires: [telepathy]\n");
    let error = sandbox.run("later").stderr_failed(126);
    assert!(error.contains("feature `telepathy`") && error.contains("hint: upgrade everestctl"), "{error}");
    sandbox.write("plugins/everestctl-later.yaml", "requires: [api]\nfeatures: [telepathy]\n");
    assert_eq!(sandbox.run("later").success_silent(), "ran\n");
}

/// A server whose plugin `stress` tells what it was sent.
fn server() -> Server {
    Server::start(|request| {
        Reply::Bytes(match request.path.as_str() {
            "/v1/clusters/main/plugins" => json(r#"[{"name": "stress", "enabled": true}]"#),
            "/v1/clusters/main/plugins/stress/api/echo?a=1" => {
                let has = |line: &str| request.head.to_lowercase().contains(line);
                assert!(
                    has("x-note: from stress") && has(&format!("authorization: bearer {TOKEN}")),
                    "{request:?}"
                );
                response("201 Created", "text/plain", b"an answer\n")
            }
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    })
}

#[test]
fn a_library_asks_its_host_for_a_token_and_for_requests() {
    let server = server();
    let sandbox = stress("NOTHING").with_server(&server.url()).with("EVERESTCTL_ALLOW_HTTP", "1");
    assert_eq!(sandbox.run("stress token").success_silent(), format!("code 0 status 0 headers 0\n{TOKEN}"));
    assert_eq!(
        sandbox.run_with(["stress", "request", "GET", "/api/echo?a=1"]).success_silent(),
        "code 0 status 201 headers 1\nan answer\n"
    );
    let missing = sandbox.run_with(["stress", "request", "POST", "/nowhere"]).success_silent();
    assert!(missing.starts_with("code 0 status 404"), "{missing}");
    for (method, path, why) in [
        ("SPIN", "/api/echo", "invalid method `SPIN`"),
        ("GET", "/../../secrets", "outside of the plugin"),
        ("GET", "/api/%2e%2e/%2e%2e/secrets", "outside of the plugin"),
    ] {
        let ran = sandbox.run_with(["stress", "request", method, path]);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.stderr.contains(why), "{ran:?}");
    }
    let ran = sandbox.run_with(["stress", "request", "GET", "/", "no such name"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("is not the name of a plugin"), "{ran:?}");
    // What makes no sense is refused, and nothing breaks.
    assert_eq!(sandbox.run("stress nonsense").success_silent(), "refused 7\n");
}

#[test]
fn a_library_has_no_token_unless_it_asks_and_without_a_session_it_is_told() {
    let sandbox = stress("NOTHING");
    let ran = sandbox.run("stress token");
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(
        ran.stdout.starts_with("code 4 status 0") && ran.stderr.contains("everestctl auth login"),
        "{ran:?}"
    );
    let sandbox = stress("NOTHING").with_server("http://127.0.0.1:9");
    assert_eq!(sandbox.run("stress variable EVEREST_TOKEN").success_silent(), "(none)\n");
    let sandbox = stress("CREDENTIALS").with_server("http://127.0.0.1:9");
    assert_eq!(sandbox.run("stress variable EVEREST_TOKEN").success_silent(), format!("{TOKEN}\n"));
}

#[test]
fn a_library_has_the_terminal_and_its_signals() {
    let name = "a_library_has_the_terminal_and_its_signals";
    let sandbox = stress("CREDENTIALS").with_server("http://127.0.0.1:9");
    // A shell ends with what Ctrl-C has ended, unless it has a trap.
    let start = |line: &str| Terminal::start(&sandbox, line);
    let Some(mut terminal) = start("trap : INT; $E stress size; echo en''ded $?") else {
        return skip("script", name, "script (util-linux) is not installed");
    };
    terminal.shows(&["size 200x50"]);
    terminal.resize(90, 30);
    terminal.shows(&["size 90x30"]);
    let lines = command_lines();
    assert!(lines.contains("stress size") && !lines.contains(TOKEN), "{lines}");
    terminal.press("\u{3}");
    terminal.shows(&["ended 130"]);
    // A library that looks whether it was cancelled ends by itself.
    let mut terminal = start("trap : INT; $E stress cancel; echo en''ded $?").unwrap();
    terminal.shows(&["waiting"]);
    terminal.press("\u{3}");
    terminal.shows(&["cancelled", "ended 30"]);
    // Ctrl-Z stops both processes, and `fg` lets them go on.
    let mut terminal = start("exec bash --norc -i").unwrap();
    terminal.settles();
    terminal.press("$E stress hang\r");
    terminal.shows(&["hanging"]);
    terminal.press("\u{1a}");
    terminal.shows(&["Stopped"]);
    terminal.press("fg\r");
    terminal.settles();
    terminal.press("\u{3}");
    terminal.press("echo en''ded $?\r");
    terminal.shows(&["ended 130"]);
    drop(terminal);
    sandbox.settle();
}

#[test]
fn a_signal_to_everestctl_ends_the_library_too() {
    use rustix::process::{Pid, Signal, kill_process};
    let sandbox = stress("NOTHING");
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::KILL] {
        let mut child = sandbox
            .command(["stress", "hang"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        eventually("the library runs", || children(pid.as_raw_nonzero().get()));
        kill_process(pid, signal).unwrap();
        let ended = child.output_in_time();
        let by = std::os::unix::process::ExitStatusExt::signal(&ended.status);
        assert_eq!(by, Some(signal.as_raw()), "{ended:?}");
        sandbox.settle();
    }
}

/// The binary starts once: the process of the library is a fork of the one that found it.
#[test]
fn a_library_that_is_known_costs_no_second_start() {
    let name = "a_library_that_is_known_costs_no_second_start";
    if !Path::new("/usr/bin/strace").exists() {
        return skip("strace", name, "strace is not installed");
    }
    let sandbox = stress("NOTHING");
    sandbox.run("stress code 3").failed(3);
    let trace = sandbox.path("trace");
    let strace = ["/usr/bin/strace", "-f", "-e", "trace=execve", "-o", trace.to_str().unwrap()];
    let output = sandbox.wrapped(&strace, ["stress", "code", "4"]).output_in_time();
    let traced = fs::read_to_string(&trace).unwrap_or_default();
    if traced.is_empty() {
        return skip("strace", name, "nothing can be traced here");
    }
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let started: Vec<&str> = traced.lines().filter(|line| line.contains("execve(")).collect();
    assert_eq!(started.len(), 1, "{traced}");
}

/// Whether the process has a child that runs a library.
fn children(pid: i32) -> bool {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    children.split_whitespace().any(|child| {
        let mapped = fs::read_to_string(format!("/proc/{child}/maps")).unwrap_or_default();
        mapped.contains(&library_name("stress"))
    })
}

#[test]
fn for_a_debugger_it_runs_in_one_process() {
    use std::os::unix::process::ExitStatusExt as _;
    let sandbox = stress("NOTHING");
    sandbox.run("plugin run --in-process stress code 5").failed(5);
    let crashed = sandbox.command(["plugin", "run", "--in-process", "stress", "crash"]).output_in_time();
    assert_eq!(crashed.status.signal(), Some(11), "{crashed:?}");
    sandbox.script("plugins/everestctl-other", "exit 3");
    let error = sandbox.run("plugin run --in-process other").stderr_failed(2);
    assert!(
        error.starts_with("error: `other` is not a native library: --in-process has no effect"),
        "{error}"
    );
}

#[test]
fn progress_is_shown_on_standard_error_only() {
    let sandbox = stress("NOTHING");
    let ran = sandbox.run("stress progress");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "done\n"), "{ran:?}");
    assert!(!sandbox.run("-q stress progress").stdout.contains("counting"));
}

#[test]
fn a_library_of_another_user_is_not_loaded() {
    if !is_root() {
        return skip("root", "a_library_of_another_user_is_not_loaded", "only root can give a file away");
    }
    let sandbox = stress("NOTED");
    let path = sandbox.path("plugins").join(library_name("stress"));
    std::os::unix::fs::chown(&path, Some(12345), None).unwrap();
    let error = sandbox.run("stress").stderr_failed(126);
    assert!(error.contains("is not allowed to run"), "{error}");
    assert!(!sandbox.path("home/loaded").exists());
}

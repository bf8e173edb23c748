//! `plugin test`: what is well made passes, and what is broken in one place fails in one check, which says why.

use crate::support::native::{compile, library_name};
use crate::support::sandbox::Output;
use crate::support::{Sandbox, skip};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A change to a file: what is there, and what comes in its place.
type Patch = (&'static str, &'static str, &'static str);

/// A plugin that is broken in one place.
struct Broken {
    /// The check that fails.
    id: &'static str,
    /// What it says of that.
    saw: &'static str,
    /// What was changed.
    patches: &'static [Patch],
    /// Whether only that check is run: others would only take long.
    alone: bool,
}

const fn broken(id: &'static str, saw: &'static str, patches: &'static [Patch]) -> Broken {
    Broken { id, saw, patches, alone: false }
}

const fn alone(id: &'static str, saw: &'static str, patches: &'static [Patch]) -> Broken {
    Broken { id, saw, patches, alone: true }
}

fn replace(folder: &Path, (file, from, to): (&str, &str, &str)) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from:?}");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
}

fn run(sandbox: &Sandbox, folder: &Path, more: &[&str]) -> Output {
    let folder = folder.to_str().unwrap();
    sandbox.run_with([&["plugin", "test", folder, "-o", "json"], more].concat())
}

/// The checks of a report that ended so.
fn with_status(report: &Value, status: &str) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap().iter();
    let found = checks.filter(|check| check["status"] == status);
    found.map(|check| check["id"].as_str().unwrap().to_owned()).collect()
}

/// Everything that can be found out was found out: no check of signals was left out.
#[track_caller]
fn has_got_signals(report: &Value) {
    let skipped = with_status(report, "skipped");
    assert!(!skipped.iter().any(|id| id.starts_with("signal-")), "{skipped:?}");
}

/// What is reported where something fails.
fn failed_report(output: &Output) -> Value {
    assert_eq!(output.code, Some(1), "{output:?}");
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// Breaks a plugin in each of these ways, and sees the check that is meant fail, alone.
fn each_fails(sandbox: &Sandbox, make: &dyn Fn(&str) -> PathBuf, variants: &[Broken]) {
    let mut wrong = Vec::new();
    for variant in variants {
        let folder = make(variant.id);
        variant.patches.iter().for_each(|patch| replace(&folder, *patch));
        let only = if variant.alone { &["--only", variant.id][..] } else { &[] };
        let output = run(sandbox, &folder, only);
        let report: Value =
            serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        let failed: Vec<&Value> =
            report["checks"].as_array().unwrap().iter().filter(|check| check["status"] == "failed").collect();
        let [one] = failed.as_slice() else {
            wrong.push(format!("{}: {failed:#?}", variant.id));
            continue;
        };
        let is_told = one["saw"].as_str().is_some_and(|saw| saw.contains(variant.saw))
            && one["did"].is_string()
            && one["wanted"].is_string()
            && one["mend"].is_string();
        if one["id"] != variant.id || !is_told || output.code != Some(1) {
            wrong.push(format!("{}: {one:#}", variant.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const PROGRAM: &str = "everestctl-greet";
const SIDECAR: &str = "everestctl-greet.yaml";
const DECLARED: &str = "plugin-test.yaml";
/// Where something is done at each start.
const START: &str = "set -eu\n";
const HELP: &str = "  --help | -h | help) usage ;;";
const VERSION: &str = "  --version) echo \"greet $version\" ;;";
const LONG: &str = "wait) echo waiting; exec sleep 30 ;;";
const COMPLETE: &str = "__complete) printf 'hello\\tGreet\\nserver\\tShow\\n:4\\n' ;;";
const UNKNOWN: &str = "  *) refuse \"unknown command $command\" ;;";
const REFUSE: &str = "refuse() {\n";
const GREETS: &str = "  greeting=\"hello, ${name:-world}\"\n";

/// The template for a shell script, with an answer to TAB and a command that waits.
fn shell(sandbox: &Sandbox, name: &str) -> PathBuf {
    let folder = sandbox.path(name);
    let place = folder.display();
    sandbox.run(&format!("plugin new greet --template shell --dir {place}")).succeeded();
    replace(&folder, (PROGRAM, VERSION, &format!("{VERSION}\n  {LONG}\n  {COMPLETE}")));
    fs::write(
        folder.join(DECLARED),
        "commands:\n  - { run: hello Ada, output: \"hello, Ada\\n\" }\n  - { run: wait, long: true, ready: waiting }\n",
    )
    .unwrap();
    folder
}

/// The same, completed by cobra's protocol.
fn cobra(sandbox: &Sandbox, name: &str) -> PathBuf {
    let folder = shell(sandbox, name);
    replace(&folder, (SIDECAR, "completion: words", "completion: cobra"));
    folder
}

#[test]
fn a_template_passes_and_each_check_says_what_it_did() {
    let sandbox = Sandbox::new();
    let folder = cobra(&sandbox, "greet");
    let junit = sandbox.path("report.xml");
    let output = run(&sandbox, &folder, &["--junit", junit.to_str().unwrap()]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((&report["plugin"], &report["kind"]), (&"greet".into(), &"executable".into()));
    // Nothing is left out in silence.
    for check in report["checks"].as_array().unwrap() {
        let has = |key: &str| check[key].as_str().is_some_and(|text| !text.is_empty());
        let is_told = if check["status"] == "skipped" { has("reason") } else { has("did") && has("saw") };
        assert!(is_told && has("wanted") && has("docs"), "{check:#}");
    }
    let skipped = with_status(&report, "skipped");
    assert_eq!(skipped, ["completion-words", "declared-json", "library-loads"]);
    let xml = fs::read_to_string(junit).unwrap();
    assert!(xml.contains("<testcase classname=\"greet.help\" name=\"help-output\""), "{xml}");
    assert_eq!(xml.matches("<testcase ").count(), report["checks"].as_array().unwrap().len());
}

#[test]
fn a_shell_template_passes_as_it_is_made() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("greet");
    sandbox.run(&format!("plugin new greet --template shell --dir {}", folder.display())).succeeded();
    let report = run(&sandbox, &folder, &[]).json();
    assert_eq!(report["failed"], 0, "{report:#}");
    has_got_signals(&report);
}

#[test]
fn people_read_what_fails_and_what_was_skipped() {
    let sandbox = Sandbox::new();
    let folder = shell(&sandbox, "greet");
    replace(&folder, (PROGRAM, HELP, "  --help) echo careful >&2; usage ;;\n  -h | help) usage ;;"));
    let line = format!("plugin test {} --only help-quiet --only library-loads", folder.display());
    let output = sandbox.run(&line);
    assert_eq!(output.code, Some(1), "{output:?}");
    assert_eq!(
        output.stdout,
        "failed help-quiet: `--help` says nothing on standard error\n  did     ran `everestctl greet --help`\n  \
         saw     standard error: `careful`\n  mend    Remove what is written beside the help: warnings, debug output, deprecations.\n  \
         see     docs/plugin-test.md#help-quiet\n"
    );
    assert!(output.stderr.contains("skipped library-loads: the plugin is no library\n"), "{output:?}");
    assert!(output.stderr.contains("greet: 0 passed, 1 failed, 1 skipped in "), "{output:?}");
}

#[test]
fn what_is_not_there_is_a_usage_error_with_a_hint() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("empty")).unwrap();
    let empty = sandbox.path("empty").display().to_string();
    for (words, why) in [
        (
            vec!["plugin", "test", "nosuch", "--offline"],
            "`nosuch` is neither a folder nor a plugin on this machine",
        ),
        (vec!["plugin", "test", &empty], "there is no plugin in [ROOT]/empty"),
        (vec!["plugin", "test", &empty, "--only", "help-ouput"], "did you mean `help-output`?"),
    ] {
        let refused = sandbox.run_with(words).stderr_failed(2);
        assert!(refused.contains(why) && refused.contains("hint: "), "{refused}");
    }
    // What is not built yet is not run: it would fail everywhere.
    let unbuilt = sandbox.path("count");
    sandbox.run(&format!("plugin new count --template c --dir {}", unbuilt.display())).succeeded();
    let refused = sandbox.run(&format!("plugin test {}", unbuilt.display())).stderr_failed(2);
    assert!(refused.contains("is not there\nhint: build it first"), "{refused}");
    let folder = shell(&sandbox, "greet");
    fs::write(folder.join(DECLARED), "surprise: 1\n").unwrap();
    let refused = sandbox.run(&format!("plugin test {}", folder.display())).stderr_failed(2);
    assert!(refused.contains("plugin-test.yaml: ") && refused.contains("surprise"), "{refused}");
}

#[test]
fn an_installed_plugin_is_tested_by_its_name_and_a_check_is_skipped_with_a_reason() {
    let sandbox = Sandbox::new();
    let folder = shell(&sandbox, "greet");
    sandbox.run(&format!("plugin install --yes {}", folder.display())).succeeded();
    let report = sandbox.run("plugin test greet -o json").json();
    assert_eq!(report["failed"], 0, "{report:#}");
    fs::write(folder.join(DECLARED), "skip: { help-output: nobody needs help }\n").unwrap();
    let report = run(&sandbox, &folder, &["--only", "help-output"]).json();
    assert_eq!(report["checks"][0]["reason"], "plugin-test.yaml: nobody needs help");
}

#[test]
fn tab_knows_the_checks() {
    let sandbox = Sandbox::new();
    let output = sandbox.run("__complete plugin test --only help-o");
    assert!(output.stdout.starts_with("help-output\t"), "{output:?}");
}

#[test]
fn broken_help_is_found() {
    let sandbox = Sandbox::new();
    each_fails(
        &sandbox,
        &|name| shell(&sandbox, name),
        &[
            broken(
                "help-output",
                "nothing on standard output",
                &[(PROGRAM, HELP, "  --help) usage >&2 ;;\n  -h | help) usage ;;")],
            ),
            broken(
                "help-quiet",
                "`old`",
                &[(PROGRAM, HELP, "  --help) echo old >&2; usage ;;\n  -h) usage ;;")],
            ),
            broken("help-short", "exit code 2", &[(PROGRAM, HELP, "  --help) usage ;;")]),
            alone("help-quick", "2.", &[(PROGRAM, HELP, "  --help) sleep 2.1; usage ;;")]),
            broken(
                "help-name",
                "`everestctl greet` is not in the help",
                &[
                    (PROGRAM, "Usage: everestctl greet hello", "Usage: everestctl-greet hello"),
                    (PROGRAM, "       everestctl greet server", "       everestctl-greet server"),
                    (PROGRAM, "       everestctl greet watch", "       everestctl-greet watch"),
                ],
            ),
            broken(
                "help-commands",
                "not in the help: server",
                &[
                    (PROGRAM, "    '       everestctl greet server' \\\n", ""),
                    (PROGRAM, "    '  server  Show the server and the namespace in use' \\\n", ""),
                ],
            ),
            broken(
                "help-below",
                "unexpected argument --help",
                &[(PROGRAM, "    --help) usage; return ;;\n    *) refuse", "    *) refuse")],
            ),
            broken(
                "help-flags",
                "`--loud` is not in it",
                &[(PROGRAM, "[NAME] [--loud]", "[NAME]"), (PROGRAM, "    '  --loud     Shout' \\\n", "")],
            ),
            broken(
                "help-same",
                "another help",
                &[(PROGRAM, "    'Options:'", "    \"made at $(date +%N)\" 'Options:'")],
            ),
            broken(
                "version",
                "the declared version is 0.1.0",
                &[(PROGRAM, "version=0.1.0", "version=9.9.9")],
            ),
        ],
    );
}

#[test]
fn broken_refusals_are_found() {
    let sandbox = Sandbox::new();
    each_fails(
        &sandbox,
        &|name| shell(&sandbox, name),
        &[
            broken("unknown-command", "exit code 0", &[(PROGRAM, UNKNOWN, "  *) usage ;;")]),
            broken(
                "unknown-flag",
                "exit code 0",
                &[(PROGRAM, "  -*) refuse \"unexpected argument $command\" ;;", "  -*) usage ;;")],
            ),
            broken(
                "unknown-named",
                "`no-such-command` is not in",
                &[(PROGRAM, UNKNOWN, "  *) refuse 'unknown command' ;;")],
            ),
            broken(
                "usage-output",
                "standard output: `oops`",
                &[(PROGRAM, REFUSE, "refuse() {\n  echo oops\n")],
            ),
            broken(
                "usage-trace",
                "Traceback",
                &[(
                    PROGRAM,
                    HELP,
                    "  --help | -h | help) usage ;;\n  --no-such-flag=*) echo 'Traceback (most recent call last):' >&2; exit 1 ;;",
                )],
            ),
            broken(
                "argument-empty",
                "signal 11",
                &[(PROGRAM, HELP, "  --help | -h | help) usage ;;\n  '') kill -SEGV $$ ;;")],
            ),
            broken(
                "argument-long",
                "signal 11",
                &[(PROGRAM, START, "set -eu\n[ ${#1} -lt 5000 ] || kill -SEGV $$\n")],
            ),
            broken(
                "argument-bytes",
                "signal 6",
                &[(PROGRAM, START, "set -eu\ncase $1 in *$(printf '\\377')*) kill -ABRT $$ ;; esac\n")],
            ),
            broken(
                "argument-shell",
                "a shell ran",
                &[(PROGRAM, "command=$1\n", "eval \"command=\\\"$1\\\"\"\n")],
            ),
        ],
    );
}

#[test]
fn broken_streams_are_found() {
    let sandbox = Sandbox::new();
    each_fails(
        &sandbox,
        &|name| shell(&sandbox, name),
        &[
            broken(
                "input-closed",
                "exit code 3",
                &[(PROGRAM, START, "set -eu\n[ -e /dev/fd/0 ] || { echo 'no input' >&2; exit 3; }\n")],
            ),
            broken(
                "input-silent",
                "it waits for standard input",
                &[(PROGRAM, HELP, "  --help | -h | help) [ -t 0 ] || read -r line || true; usage ;;")],
            ),
            broken(
                "output-closed",
                "a stack trace",
                &[(
                    PROGRAM,
                    HELP,
                    "  --help | -h | help) [ -e /dev/fd/1 ] || { echo 'Traceback (most recent call last)' >&2; exit 1; }; usage ;;",
                )],
            ),
            broken(
                "errors-closed",
                "exit code 0",
                &[(PROGRAM, REFUSE, "refuse() {\n  [ -e /dev/fd/2 ] || exit 0\n")],
            ),
            broken(
                "reader-gone",
                "BrokenPipeError",
                &[(
                    PROGRAM,
                    HELP,
                    "  --help | -h | help) [ -e /dev/fd/1 ] || exit 1; trap '' PIPE; printf ' ' 2>/dev/null || { echo 'BrokenPipeError: [Errno 32]' >&2; exit 1; }; usage ;;",
                )],
            ),
            alone(
                "errors-gone",
                "not ended after",
                &[(
                    PROGRAM,
                    REFUSE,
                    "refuse() {\n  trap '' PIPE; until echo 'error: no' >&2; do sleep 0.1; done\n",
                )],
            ),
        ],
    );
}

#[test]
fn broken_terminals_are_found() {
    let sandbox = Sandbox::new();
    each_fails(
        &sandbox,
        &|name| shell(&sandbox, name),
        &[
            broken(
                "pipe-plain",
                "ESC [1m",
                &[(PROGRAM, HELP, "  --help | -h | help) [ -t 1 ] || printf '\\033[1m'; usage ;;")],
            ),
            broken(
                "no-color",
                "the colour ESC [31m",
                &[(
                    PROGRAM,
                    HELP,
                    "  --help | -h | help) if [ -t 1 ] && [ \"$TERM\" != dumb ]; then printf '\\033[31m'; fi; usage ;;",
                )],
            ),
            broken(
                "terminal-dumb",
                "ESC [1m",
                &[(PROGRAM, HELP, "  --help | -h | help) if [ -t 1 ]; then printf '\\033[1m'; fi; usage ;;")],
            ),
            broken(
                "terminal-narrow",
                "exit code 1",
                &[(PROGRAM, START, "set -eu\n[ \"${COLUMNS:-80}\" -ge 40 ] || exit 1\n")],
            ),
            broken(
                "terminal-zero",
                "words of the help are missing",
                &[(
                    PROGRAM,
                    HELP,
                    "  --help | -h | help) if [ -t 1 ] && [ \"$(stty size | cut -d' ' -f1)\" = 0 ]; then exit 0; fi; usage ;;",
                )],
            ),
            broken(
                "terminal-restored",
                "the modes of the terminal",
                &[(PROGRAM, START, "set -eu\nif [ -t 0 ]; then stty -echo; fi\n")],
            ),
            broken(
                "terminal-none",
                "it waits for an answer",
                &[(PROGRAM, REFUSE, "refuse() {\n  [ -t 0 ] || read -r answer || true\n")],
            ),
        ],
    );
}

#[test]
fn broken_signals_are_found() {
    let sandbox = Sandbox::new();
    each_fails(
        &sandbox,
        &|name| shell(&sandbox, name),
        &[
            broken(
                "signal-term",
                "not ended after 2 s",
                &[(PROGRAM, LONG, "wait) trap '' TERM; echo waiting; exec sleep 30 ;;")],
            ),
            broken(
                "signal-int",
                "not ended after 2 s",
                &[(PROGRAM, LONG, "wait) trap '' INT; echo waiting; exec sleep 30 ;;")],
            ),
            broken(
                "signal-hup",
                "exit code 0",
                &[(PROGRAM, LONG, "wait) trap 'exit 0' HUP; echo waiting; while :; do sleep 0.1; done ;;")],
            ),
            broken(
                "signal-trace",
                "KeyboardInterrupt",
                &[(
                    PROGRAM,
                    LONG,
                    "wait) trap 'echo \"Traceback (most recent call last): KeyboardInterrupt\" >&2; exit 130' INT; echo waiting; while :; do sleep 0.1; done ;;",
                )],
            ),
            broken(
                "signal-stop",
                "not stopped after 2 s",
                &[(PROGRAM, LONG, "wait) trap '' TSTP; echo waiting; exec sleep 30 ;;")],
            ),
            broken(
                "signal-children",
                "still there: sleep",
                &[(PROGRAM, LONG, "wait) sleep 30 & echo waiting; wait $! ;;")],
            ),
        ],
    );
}

#[test]
fn broken_secrets_and_processes_are_found() {
    const TOKEN: Patch = (SIDECAR, "protocol: 1", "protocol: 1\ncredentials: env");
    let sandbox = Sandbox::new();
    each_fails(
        &sandbox,
        &|name| shell(&sandbox, name),
        &[
            broken(
                "token-arguments",
                "the token is an argument of sh",
                &[
                    TOKEN,
                    (
                        PROGRAM,
                        GREETS,
                        "  greeting=\"hello, ${name:-world}\"\n  sh -c 'sleep 0.1; :' x \"${EVEREST_TOKEN:-}\"\n",
                    ),
                ],
            ),
            broken(
                "token-output",
                "the token is on standard error",
                &[
                    TOKEN,
                    (
                        PROGRAM,
                        GREETS,
                        "  greeting=\"hello, ${name:-world}\"\n  echo \"with ${EVEREST_TOKEN:-}\" >&2\n",
                    ),
                ],
            ),
            broken(
                "token-files",
                "the token is in the file home/.greet",
                &[
                    TOKEN,
                    (
                        PROGRAM,
                        GREETS,
                        "  greeting=\"hello, ${name:-world}\"\n  echo \"${EVEREST_TOKEN:-}\" > \"$HOME/.greet\"\n",
                    ),
                ],
            ),
            broken(
                "processes-left",
                "still there: sleep",
                &[(PROGRAM, HELP, "  --help | -h | help) sleep 5 >/dev/null 2>&1 & usage ;;")],
            ),
            broken(
                "side-by-side",
                "exit code 1",
                &[(
                    PROGRAM,
                    HELP,
                    "  --help | -h | help) if [ \"${HOME:-/proc}\" != /proc ] && [ -d \"$HOME\" ]; then mkdir \"$HOME/lock\" || exit 1; sleep 0.1; rmdir \"$HOME/lock\"; fi; usage ;;",
                )],
            ),
        ],
    );
}

#[test]
fn broken_places_are_found() {
    let sandbox = Sandbox::new();
    each_fails(
        &sandbox,
        &|name| shell(&sandbox, name),
        &[
            broken(
                "home-missing",
                "exit code 1",
                &[(PROGRAM, START, "set -eu\n[ -d \"${HOME:-/}\" ] || exit 1\n")],
            ),
            broken("home-unset", "HOME: parameter not set", &[(PROGRAM, START, "set -eu\n: \"$HOME\"\n")]),
            broken(
                "home-readonly",
                "exit code 1",
                &[(
                    PROGRAM,
                    START,
                    "set -eu\nif [ -d \"${HOME:-/nowhere}\" ]; then touch \"$HOME/.t$$\" 2>/dev/null && rm \"$HOME/.t$$\" || exit 1; fi\n",
                )],
            ),
            broken(
                "home-clean",
                ".greet-history is left there",
                &[(
                    PROGRAM,
                    START,
                    "set -eu\ntouch \"${HOME:-/nowhere}/.greet-history\" 2>/dev/null || true\n",
                )],
            ),
            broken(
                "folder-clean",
                "greet.log is left there",
                &[(PROGRAM, START, "set -eu\ntouch greet.log 2>/dev/null || true\n")],
            ),
            broken("temporary-clean", "is left there", &[(PROGRAM, START, "set -eu\nmktemp >/dev/null\n")]),
            broken(
                "folder-gone",
                "exit code 1",
                &[(PROGRAM, START, "set -eu\n/bin/pwd -P >/dev/null 2>&1 || exit 1\n")],
            ),
            broken(
                "path-blanks",
                "exit code 1",
                &[(PROGRAM, START, "set -eu\n[ -e $0 ] 2>/dev/null || exit 1\n")],
            ),
            broken(
                "locale-c",
                "exit code 1",
                &[(PROGRAM, START, "set -eu\n[ \"${LC_ALL:-}\" != C ] || exit 1\n")],
            ),
            broken(
                "environment-bare",
                "EVERESTCTL_PATH: parameter not set",
                &[(PROGRAM, START, "set -eu\n: \"$EVERESTCTL_PATH\"\n")],
            ),
            broken(
                "environment-later",
                "exit code 1",
                &[(PROGRAM, START, "set -eu\n[ \"${EVERESTCTL_PROTOCOL:-1}\" = 1 ] || exit 1\n")],
            ),
            broken(
                "offline",
                "exit code 1",
                &[(PROGRAM, START, "set -eu\n[ -z \"${EVERESTCTL_OFFLINE:-}\" ] || exit 1\n")],
            ),
        ],
    );
}

#[test]
fn broken_completion_is_found() {
    let sandbox = Sandbox::new();
    each_fails(
        &sandbox,
        &|name| cobra(&sandbox, name),
        &[
            broken("completion-answers", "exit code 1", &[(PROGRAM, COMPLETE, "__complete) exit 1 ;;")]),
            broken(
                "completion-quick",
                "an answer after",
                &[(PROGRAM, COMPLETE, "__complete) sleep 0.3; echo :4 ;;")],
            ),
            broken(
                "completion-lines",
                "the last line is `hello`",
                &[(PROGRAM, COMPLETE, "__complete) echo hello ;;")],
            ),
            broken(
                "completion-offline",
                "exit code 1",
                &[(PROGRAM, COMPLETE, "__complete) [ -n \"${EVEREST_HOST:-}\" ] || exit 1; echo :4 ;;")],
            ),
            broken(
                "completion-strange",
                "signal 11",
                &[(
                    PROGRAM,
                    COMPLETE,
                    "__complete) [ \"${1:-}\" != no-such-command ] || kill -SEGV $$; echo :4 ;;",
                )],
            ),
            broken(
                "completion-clean",
                "it has written done",
                &[(PROGRAM, COMPLETE, "__complete) : > done; echo :4 ;;")],
            ),
        ],
    );
    each_fails(
        &sandbox,
        &|name| shell(&sandbox, name),
        &[broken(
            "completion-words",
            "there are none",
            &[(
                SIDECAR,
                "words:\n  hello: Greet somebody\n  hello --loud: Shout\n  server: Show the server and the namespace in use\n  watch: Greet somebody each second, until Ctrl-C\n",
                "",
            )],
        )],
    );
}

#[test]
fn what_the_author_says_is_held() {
    let sandbox = Sandbox::new();
    each_fails(
        &sandbox,
        &|name| shell(&sandbox, name),
        &[
            broken(
                "declared-code",
                "exit code 0 instead of 3",
                &[(DECLARED, "{ run: hello Ada,", "{ run: hello Ada, code: 3,")],
            ),
            broken(
                "declared-output",
                "`hello, Ada` instead of `hello, Bob`",
                &[(DECLARED, "\"hello, Ada", "\"hello, Bob")],
            ),
            broken(
                "declared-json",
                "no JSON",
                &[(DECLARED, "{ run: hello Ada,", "{ run: hello Ada, json: true,")],
            ),
            broken(
                "declared-plain",
                "ESC [1m",
                &[
                    (DECLARED, ", output: \"hello, Ada\\n\"", ""),
                    (PROGRAM, GREETS, "  greeting=$(printf '\\033[1mhello')\n"),
                ],
            ),
        ],
    );
}

#[test]
fn a_library_passes_and_a_broken_one_is_found() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("count");
    sandbox.run(&format!("plugin new count --template c --dir {}", folder.display())).succeeded();
    let made = sandbox.shell(&format!("make --silent -C {}", folder.display()));
    if made.code != Some(0) {
        return skip("cc", "a_library_passes_and_a_broken_one_is_found", "there is no C compiler");
    }
    let report = run(&sandbox, &folder, &[]).json();
    assert_eq!((&report["failed"], &report["kind"]), (&0.into(), &"library".into()), "{report:#}");
    has_got_signals(&report);
    let names =
        fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.file_name().into_string().unwrap());
    let library = names.into_iter().find(|name| name.starts_with("libeverestctl_")).unwrap();
    fs::write(folder.join(library), "no library").unwrap();
    let report = failed_report(&run(&sandbox, &folder, &["--only", "library-loads"]));
    assert_eq!(with_status(&report, "failed"), ["library-loads"]);
}

#[test]
fn a_python_template_passes() {
    if !Path::new("/usr/bin/python3").exists() {
        return skip("python", "a_python_template_passes", "there is no /usr/bin/python3");
    }
    let sandbox = Sandbox::new();
    let folder = sandbox.path("tune");
    sandbox.run(&format!("plugin new tune --template python --dir {}", folder.display())).succeeded();
    let report = run(&sandbox, &folder, &[]).json();
    assert_eq!(report["failed"], 0, "{report:#}");
    has_got_signals(&report);
    // What Python does where nobody cares for it.
    replace(&folder, ("everestctl-tune", "    signal.signal(signal.SIGPIPE, signal.SIG_DFL)\n", ""));
    let report = failed_report(&run(&sandbox, &folder, &["--only", "reader-gone"]));
    assert_eq!(with_status(&report, "failed"), ["reader-gone"]);
}

/// A runtime that has one image, whose program is the plugin `everestctl-greet` of the folder that it is made for.
fn runtime(program: &Path) -> String {
    format!(
        r#"
case $1 in
  image) echo '[{{"Id":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","Architecture":"{}"}}]' ;;
  run)
    shift
    while [ $# -gt 0 ]; do
      case $1 in sha256:*) shift; break ;; *) shift ;; esac
    done
    exec {} "$@" ;;
  *) exit 0 ;;
esac
"#,
        if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" },
        program.display()
    )
}

#[test]
fn an_image_is_tested_where_it_runs_and_skipped_where_it_does_not() {
    let sandbox = Sandbox::new();
    let folder = shell(&sandbox, "program");
    sandbox.write(
        "image/manifest.yaml",
        "apiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\nmetadata: { name: greet }\n\
         spec: { displayName: Greet, version: 0.1.0, cli: { image: 'registry.example/greet:1' } }\n",
    );
    sandbox.script("bin/podman", "echo 'Error: image not known' >&2; exit 125");
    let report = run(&sandbox, &sandbox.path("image"), &[]).json();
    assert_eq!(
        (&report["kind"], &report["passed"], &report["failed"]),
        (&"image".into(), &0.into(), &0.into())
    );
    let reason = report["checks"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("the image does not run here: "), "{reason}");
    sandbox.script("bin/podman", &runtime(&folder.join(PROGRAM)));
    let report = run(&sandbox, &sandbox.path("image"), &[]).json();
    assert_eq!(report["failed"], 0, "{report:#}");
    assert!(report["passed"].as_u64().unwrap() > 30, "{report:#}");
    replace(&folder, (PROGRAM, UNKNOWN, "  *) usage ;;"));
    let report = failed_report(&run(&sandbox, &sandbox.path("image"), &[]));
    assert_eq!(with_status(&report, "failed"), ["unknown-command"]);
}

#[test]
fn the_examples_pass() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/examples");
    let sandbox = Sandbox::new();
    let copied = |example: &str, name: &str| {
        let folder = sandbox.path(name);
        fs::create_dir(&folder).unwrap();
        for entry in fs::read_dir(examples.join(example)).unwrap().flatten() {
            if entry.path().is_file() {
                fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
            }
        }
        folder
    };
    let mut folders = vec![copied("hello-shell", "shell")];
    if Path::new("/usr/bin/python3").exists() {
        folders.push(copied("hello-python", "python"));
    } else {
        skip("python", "the_examples_pass", "there is no /usr/bin/python3");
    }
    let (executable, library) = (copied("hello-c", "executable"), copied("hello-c", "library"));
    compile(&executable.join("everestctl-hello-c"), &["hello-c/program.c", "hello-c/hello.c"]);
    let arguments = ["-shared", "-fPIC", "hello-c/library.c", "hello-c/hello.c"];
    compile(&library.join(library_name("hello-c")), &arguments);
    folders.extend([executable, library]);
    for folder in folders {
        let report = run(&sandbox, &folder, &[]).json();
        assert_eq!(report["failed"], 0, "{report:#}");
    }
}

/// The service of `tests/backends/conformance`; nothing where there is no Python.
fn service(sandbox: &Sandbox, name: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/backends/conformance");
    for entry in fs::read_dir(source).unwrap().flatten() {
        let file = entry.file_name().into_string().unwrap();
        sandbox.write(&format!("{name}/{file}"), fs::read(entry.path()).unwrap());
    }
    sandbox.path(name)
}

const SERVICE: &str = "service.py";

fn has_python(test: &str) -> bool {
    let has = Path::new("/usr/bin/python3").exists();
    if !has {
        skip("python", test, "there is no /usr/bin/python3");
    }
    has
}

#[test]
fn a_service_passes() {
    if !has_python("a_service_passes") {
        return;
    }
    let sandbox = Sandbox::new();
    let report = run(&sandbox, &service(&sandbox, "notes"), &[]).json();
    assert_eq!((&report["failed"], &report["kind"]), (&0.into(), &"server".into()), "{report:#}");
    assert_eq!(with_status(&report, "skipped"), [""; 0], "{report:#}");
    // Neither the host nor the service is left.
    let lines = crate::support::process::command_lines();
    let folder = sandbox.path("notes").display().to_string();
    assert!(!lines.contains(&folder), "{lines}");
}

#[test]
fn a_service_that_does_not_start_says_why() {
    if !has_python("a_service_that_does_not_start_says_why") {
        return;
    }
    let sandbox = Sandbox::new();
    let folder = service(&sandbox, "notes");
    replace(&folder, (SERVICE, "LARGEST = 1024 * 1024", "raise ValueError('no database')"));
    let report = failed_report(&run(&sandbox, &folder, &[]));
    assert_eq!(with_status(&report, "failed"), ["server-starts"]);
    let saw = report["checks"][0]["saw"].as_str().unwrap();
    assert!(saw.contains("ValueError: no database"), "{saw}");
    assert!(report["checks"].as_array().unwrap().len() > 30);
    let others: BTreeSet<&str> = report["checks"].as_array().unwrap()[1..]
        .iter()
        .map(|check| check["status"].as_str().unwrap())
        .collect();
    assert_eq!(others, ["skipped"].into());
}

#[test]
#[expect(clippy::too_many_lines, reason = "one entry for each check")]
fn broken_documents_and_answers_are_found() {
    if !has_python("broken_documents_and_answers_are_found") {
        return;
    }
    let sandbox = Sandbox::new();
    each_fails(
        &sandbox,
        &|name| service(&sandbox, name),
        &[
            broken(
                "document-found",
                "no OpenAPI document",
                &[(SERVICE, "path == \"/openapi.json\"", "path == \"/docs.json\"")],
            ),
            broken("document-valid", "", &[(SERVICE, "\"openapi\": \"3.1.0\"", "\"openapi\": \"9.0\"")]),
            broken(
                "document-mapped",
                "",
                &[(
                    SERVICE,
                    "\"summary\": \"Show a job\"",
                    "\"x-cli-name\": \"$(oops)\", \"summary\": \"Show a job\"",
                )],
            ),
            broken(
                "document-same",
                "another document",
                &[(
                    SERVICE,
                    "return self.answer(200, DOCUMENT)",
                    "return self.answer(200, {**DOCUMENT, \"x-at\": time.monotonic()})",
                )],
            ),
            broken(
                "health",
                "503",
                &[(
                    SERVICE,
                    "            return self.answer(200, {})\n",
                    "            state.calls += 1\n            return self.answer(503 if state.calls == 2 else 200, {})\n",
                )],
            ),
            broken(
                "get-status",
                "203, which the document does not have",
                &[(
                    SERVICE,
                    "self.answer(200, {\"items\": page",
                    "self.answer(203 if limit == 100 and self.command == \"GET\" and not query else 200, {\"items\": page",
                )],
            ),
            broken(
                "get-schema",
                "`items[0].text` is a number, not string",
                &[(
                    SERVICE,
                    "        page = notes[start : start + limit]\n",
                    "        page = [{**note, \"text\": 1} for note in notes[start : start + limit]]\n",
                )],
            ),
            broken(
                "get-type",
                "`text/plain` instead of application/json",
                &[(SERVICE, "\"next\": following})", "\"next\": following}, \"text/plain\")")],
            ),
            broken(
                "get-same",
                "first 200, then 404",
                &[(
                    SERVICE,
                    "            return self.listed(query)\n",
                    "            state.calls += not query\n            if state.calls == 2 and not query:\n                raise Problem(404, \"gone\")\n            return self.listed(query)\n",
                )],
            ),
            broken(
                "head",
                "with a body of",
                &[(
                    SERVICE,
                    "        if self.command != \"HEAD\":\n            self.wfile",
                    "        if True:\n            self.wfile",
                )],
            ),
            broken(
                "options",
                "500",
                &[(
                    SERVICE,
                    "        method = \"GET\" if",
                    "        if self.command == \"OPTIONS\":\n            raise Problem(500, \"oops\")\n        method = \"GET\" if",
                )],
            ),
            broken(
                "error-shape",
                "404 with `text/plain`, and no JSON",
                &[(
                    SERVICE,
                    "                raise Problem(404, \"no such note\")\n",
                    "                return self.answer(404, b\"nothing\", \"text/plain\")\n",
                )],
            ),
            broken(
                "error-trace",
                "Traceback",
                &[(SERVICE, "\"no JSON\"", "\"Traceback (most recent call last): ValueError\"")],
            ),
        ],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one entry for each check")]
fn broken_callers_and_requests_are_found() {
    if !has_python("broken_callers_and_requests_are_found") {
        return;
    }
    let sandbox = Sandbox::new();
    each_fails(
        &sandbox,
        &|name| service(&sandbox, name),
        &[
            broken(
                "caller-none",
                "200",
                &[(
                    SERVICE,
                    "        if not token:\n            raise",
                    "        if not token and not self.headers.get(\"X-Everest-User\"):\n            return\n        if not token:\n            raise",
                )],
            ),
            broken(
                "caller-unknown",
                "200",
                &[(SERVICE, "        if token in state.known:", "        if True:")],
            ),
            broken(
                "caller-forged",
                "200",
                &[(
                    SERVICE,
                    "        if not token:\n            raise",
                    "        if self.headers.get(\"X-Everest-User\"):\n            return\n        if not token:\n            raise",
                )],
            ),
            broken(
                "unknown-route",
                "200",
                &[(
                    SERVICE,
                    "        raise Problem(404, \"no such route\")",
                    "        return self.answer(200, b\"<html>\", \"text/html\")",
                )],
            ),
            broken(
                "wrong-method",
                "200",
                &[(
                    SERVICE,
                    "            raise Problem(405, \"not that method\")",
                    "            return self.answer(200 if method == \"LOCK\" else 405, {})",
                )],
            ),
            broken(
                "query-junk",
                "500",
                &[(
                    SERVICE,
                    "            return self.listed(query)\n",
                    "            if \"q\" in query:\n                raise Problem(500, \"oops\")\n            return self.listed(query)\n",
                )],
            ),
            broken(
                "body-malformed",
                "500",
                &[(
                    SERVICE,
                    "raise Problem(400, \"no JSON\")",
                    "raise Problem(500 if content.startswith(b'{\"a\": [') else 400, \"no JSON\")",
                )],
            ),
            broken(
                "body-kind",
                "201",
                &[(
                    SERVICE,
                    "            if not isinstance(value, dict)",
                    "            if isinstance(value, list):\n                return self.answer(201, {})\n            if not isinstance(value, dict)",
                )],
            ),
            broken(
                "body-large",
                "500",
                &[(SERVICE, "raise Problem(413, \"too large\")", "raise Problem(500, \"too large\")")],
            ),
            broken(
                "body-short",
                "500",
                &[(SERVICE, "raise Problem(400, \"the body broke off\")", "raise Problem(500, \"oops\")")],
            ),
            broken(
                "length-twice",
                "200",
                &[(
                    SERVICE,
                    "            raise Problem(400, \"send a Content-Length\")",
                    "            return self.answer(200, {})",
                )],
            ),
            broken(
                "host-twice",
                "500",
                &[(SERVICE, "raise Problem(400, \"one Host\")", "raise Problem(500, \"oops\")")],
            ),
            broken(
                "headers-large",
                "200",
                &[(
                    SERVICE,
                    "LARGEST = 1024 * 1024",
                    "http.client._MAXLINE = 4 * 1024 * 1024\nLARGEST = 1024 * 1024",
                )],
            ),
            broken(
                "path-traversal",
                "a file of this machine",
                &[(
                    SERVICE,
                    "        if path == \"/healthz\":",
                    "        if \"etc\" in path:\n            name = os.path.normpath(urllib.parse.unquote(path))\n            if os.path.exists(name):\n                return self.answer(200, open(name, \"rb\").read())\n        if path == \"/healthz\":",
                )],
            ),
            broken(
                "not-http",
                "500",
                &[(
                    SERVICE,
                    "    def log_message",
                    "    def send_error(self, *_, **__):\n        self.command = \"GET\"\n        self.request_version = \"HTTP/1.1\"\n        self.close_connection = True\n        self.answer(500 if self.raw_requestline.startswith(b\"SSH\") else 431, {})\n\n    def log_message",
                )],
            ),
        ],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one entry for each check")]
fn broken_flows_and_endings_are_found() {
    if !has_python("broken_flows_and_endings_are_found") {
        return;
    }
    let sandbox = Sandbox::new();
    each_fails(
        &sandbox,
        &|name| service(&sandbox, name),
        &[
            broken(
                "slow-client",
                "",
                &[(
                    SERVICE,
                    "    request_queue_size = 128\n",
                    "    request_queue_size = 128\n    room = threading.Semaphore(10)\n\n    def process_request_thread(self, *both):\n        with self.room:\n            super().process_request_thread(*both)\n",
                )],
            ),
            alone(
                "client-gone",
                "afterwards GET /healthz answers 500",
                &[
                    (
                        SERVICE,
                        "            return self.answer(200, {})\n",
                        "            return self.answer(500 if state.calls else 200, {})\n",
                    ),
                    (
                        SERVICE,
                        "        if self.command != \"HEAD\":\n            self.wfile",
                        "        time.sleep(0.2)\n        import select\n        if select.select([self.connection], [], [], 0)[0]:\n            state.calls = 1\n        if self.command != \"HEAD\":\n            self.wfile",
                    ),
                ],
            ),
            broken(
                "requests-together",
                "are not 200: 503",
                &[(
                    SERVICE,
                    "            return self.listed(query)\n",
                    "            time.sleep(0.1)\n            if state.running > 20:\n                raise Problem(503, \"too many\")\n            return self.listed(query)\n",
                )],
            ),
            broken(
                "keep-alive",
                "the second: the connection was closed",
                &[(
                    SERVICE,
                    "        self.end_headers()\n        if self.command",
                    "        self.end_headers()\n        self.close_connection = True\n        if self.command",
                )],
            ),
            broken(
                "pages-whole",
                "1 of 3 elements are on no page",
                &[(SERVICE, "(at + 1 for at, note", "(at + 2 for at, note")],
            ),
            broken(
                "pages-stable",
                "another order",
                &[(
                    SERVICE,
                    "        page = notes[start : start + limit]\n",
                    "        page = notes[start : start + limit]\n        state.calls += 1\n        page = page[::-1] if state.calls % 2 else page\n",
                )],
            ),
            broken(
                "pages-limit",
                "2 elements",
                &[(
                    SERVICE,
                    "        page = notes[start : start + limit]\n",
                    "        limit = 2 if limit == 1 else limit\n        page = notes[start : start + limit]\n",
                )],
            ),
            broken(
                "stream-resumes",
                "the event 1 again",
                &[(SERVICE, "int(self.headers.get(\"Last-Event-ID\") or 0) + 1", "1")],
            ),
            broken("job-ends", "answers 404", &[(SERVICE, "state.jobs[job] = time.monotonic()", "pass")]),
            broken(
                "secrets-logged",
                "the token is in its log",
                &[(
                    SERVICE,
                    "        if token in state.known:",
                    "        print(\"caller\", token, file=sys.stderr, flush=True)\n        if token in state.known:",
                )],
            ),
            broken(
                "stop-finishes",
                "the connection was closed",
                &[(SERVICE, "    state.ending = True\n", "    os._exit(0)\n")],
            ),
            broken(
                "stop-in-time",
                "did not end by itself",
                &[(
                    SERVICE,
                    "signal.signal(signal.SIGTERM, stop)",
                    "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
                )],
            ),
        ],
    );
}

/// Each check of the table is broken somewhere above.
#[test]
fn no_check_is_without_a_plugin_that_fails_it() {
    let source: String = include_str!("plugin_test.rs").split_whitespace().collect();
    let page = include_str!("../../docs/plugin-test.md");
    let ids: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let missing: Vec<&&str> = ids
        .iter()
        .filter(|id| {
            let marks = [format!("broken(\"{id}\","), format!("alone(\"{id}\","), format!("[\"{id}\"]")];
            !marks.iter().any(|mark| source.contains(mark))
        })
        .collect();
    assert!(ids.len() > 100 && missing.is_empty(), "{missing:?}");
}

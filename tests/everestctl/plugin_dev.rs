//! `plugin dev`, and what the development host does for it: building, building again, telling what is new of the commands.

use crate::support::host::{Host, SERVICE, host_of, kill, manifest, python_server};
use crate::support::sandbox::eventually;
use crate::support::{Sandbox, skip};
use rustix::process::Signal;

/// What the backend answers: its document, or its word.
const ANSWER: &str =
    r#"open("openapi.json", "rb").read() if self.path == "/openapi.json" else b'{"word": "WORD"}'"#;

/// A build that takes the word from a file, and fails where there is none.
const BUILD: &str = "mkdir -p dist\necho building $(cat word.sh)\n\
    [ -s word.sh ] || { echo 'error: no word' >&2; exit 3; }\nsed \"s/WORD/$(cat word.sh)/\" server.in > dist/server.new\n\
    mv dist/server.new dist/server.py\n";

/// A document whose only command has these flags.
fn document(flags: &[&str]) -> String {
    let parameter =
        |name: &&str| serde_json::json!({"name": name, "in": "query", "schema": {"type": "string"}});
    let parameters: Vec<_> = flags.iter().map(parameter).collect();
    let list = serde_json::json!({"summary": "List words", "parameters": parameters, "responses": {"200": {"description": "ok"}}});
    serde_json::json!({"openapi": "3.1.0", "info": {"title": "Snake", "version": "1"}, "paths": {"/words": {"get": list}}})
        .to_string()
}

/// A plugin `snake` that is built, and whether there is a Python for it.
fn built(test: &str) -> Option<Sandbox> {
    if !std::path::Path::new("/usr/bin/python3").exists() {
        skip("python", test, "there is no /usr/bin/python3");
        return None;
    }
    let sandbox = Sandbox::new();
    sandbox.write("manifests/snake/manifest.yaml", manifest("snake", SERVICE));
    sandbox.write("manifests/snake/server.in", python_server("", ANSWER));
    sandbox.write("manifests/snake/word.sh", "one");
    sandbox.write("manifests/snake/build.sh", BUILD);
    sandbox.write("manifests/snake/openapi.json", document(&["colour"]));
    sandbox.write(
        "manifests/snake/host.yaml",
        "build: [sh, build.sh]\ncommand: [/usr/bin/python3, dist/server.py]\nreadiness: /\n",
    );
    Some(sandbox)
}

/// What the plugin answers, once it does.
fn word(host: &Host) -> String {
    let session = host.sign_in();
    let mut answer = String::new();
    eventually("the backend answers", || {
        let got = session.get("/v1/clusters/main/plugins/snake/");
        answer =
            if got.status == 200 { got.json()["word"].as_str().unwrap().to_owned() } else { String::new() };
        !answer.is_empty()
    });
    answer
}

#[test]
fn a_backend_is_built_before_it_starts_and_after_each_change() {
    let test = "a_backend_is_built_before_it_starts_and_after_each_change";
    let Some(sandbox) = built(test) else { return };
    let host = host_of(&sandbox, "");
    host.eventually_says("snake: build: building one");
    host.eventually_says("snake: built in ");
    host.eventually_says("snake: ready at ");
    assert_eq!(word(&host), "one");
    sandbox.write("manifests/snake/word.sh", "two");
    host.eventually_says("snake: word.sh changed, building it again");
    let session = host.sign_in();
    eventually("the new one answers", || {
        session.get("/v1/clusters/main/plugins/snake/").json()["word"] == "two"
    });
    // While a build fails, the last one goes on, and the reason is said.
    sandbox.write("manifests/snake/word.sh", "");
    host.eventually_says("snake: the build failed: exit status: 3");
    assert_eq!(word(&host), "two");
    sandbox.write("manifests/snake/word.sh", "three");
    eventually("the mended one answers", || {
        session.get("/v1/clusters/main/plugins/snake/").json()["word"] == "three"
    });
    // What the build writes is not a change.
    let builds = || host.lines().iter().filter(|line| line.contains("snake: built in ")).count();
    assert_eq!(builds(), 3, "{:?}", host.lines());
}

#[test]
fn the_web_shell_is_told_when_a_backend_has_come_back_after_a_change() {
    let test = "the_web_shell_is_told_when_a_backend_has_come_back_after_a_change";
    let Some(sandbox) = built(test) else { return };
    let host = host_of(&sandbox, "--ui");
    assert_eq!(word(&host), "one");
    let session = host.sign_in();
    let revision = || {
        let all = session.get("/shell/plugins").json();
        let of = all.as_array().unwrap().iter().find(|plugin| plugin["name"] == "snake").cloned();
        of.unwrap()["revision"].as_str().unwrap().to_owned()
    };
    let before = revision();
    assert_eq!(before, revision());
    sandbox.write("manifests/snake/word.sh", "two");
    eventually("the bundle may be another one", || revision() != before);
    assert_eq!(word(&host), "two");
}

#[test]
fn a_first_build_that_fails_is_said_to_whoever_calls_and_mended_by_the_next_change() {
    let test = "a_first_build_that_fails_is_said_to_whoever_calls_and_mended_by_the_next_change";
    let Some(sandbox) = built(test) else { return };
    sandbox.write("manifests/snake/word.sh", "");
    let host = host_of(&sandbox, "");
    host.eventually_says("snake: the build failed: exit status: 3");
    let refused = host.sign_in().get("/v1/clusters/main/plugins/snake/");
    let said = refused.json()["error"].as_str().unwrap().to_owned();
    assert_eq!(refused.status, 502);
    assert!(said.contains("the build failed: exit status: 3: error: no word"), "{said}");
    sandbox.write("manifests/snake/word.sh", "four");
    assert_eq!(word(&host), "four");
}

#[test]
fn a_build_ends_with_the_host_and_begins_anew_with_a_change() {
    let Some(sandbox) = built("a_build_ends_with_the_host_and_begins_anew_with_a_change") else { return };
    sandbox.write("manifests/snake/build.sh", "echo pid $$; exec sleep 600\n");
    let mut host = host_of(&sandbox, "");
    let pids = || -> Vec<u32> {
        let lines = host.lines();
        let pid = |line: &String| line.strip_prefix("snake: build: pid ")?.parse().ok();
        lines.iter().filter_map(pid).collect()
    };
    eventually("the build begins", || pids().len() == 1);
    sandbox.write("manifests/snake/word.sh", "other");
    eventually("another one begins", || pids().len() == 2);
    let [first, second] = pids()[..] else { panic!("{:?}", host.lines()) };
    eventually("the first one ends", || !crate::support::host::is_running(first));
    host.end(Signal::KILL);
    eventually("the second one ends with the host", || !crate::support::host::is_running(second));
    kill(second, Signal::KILL);
}

#[test]
fn what_is_new_of_the_commands_is_told_after_each_change() {
    let Some(sandbox) = built("what_is_new_of_the_commands_is_told_after_each_change") else { return };
    let host = host_of(&sandbox, "--changes");
    // A change that comes before the commands are known is none.
    host.eventually_says("watching for changes of commands");
    sandbox.write("manifests/snake/openapi.json", document(&["size"]));
    host.eventually_says("snake: breaking: words --colour: the flag is gone");
    host.eventually_says("snake: compatible: words --size: new flag");
    sandbox.write("manifests/snake/word.sh", "other");
    host.eventually_says("snake: its commands are the same");
    // A manifest alone is looked at, too.
    let changed = manifest("snake", SERVICE).replace("1.0.0", "1.1.0");
    sandbox.write("manifests/snake/manifest.yaml", changed);
    let same = || host.lines().iter().filter(|line| *line == "snake: its commands are the same").count();
    eventually("the manifest is looked at", || same() == 2);
}

#[test]
fn a_local_plugin_is_built_and_comes_first_in_the_shell() {
    let sandbox = Sandbox::new();
    sandbox.write("greet/host.yaml", "build: [sh, build.sh]\n");
    sandbox.write("greet/word.sh", "good morning");
    let build = "mkdir -p bin\n[ -s word.sh ] || exit 3\n\
        { echo '#!/bin/sh'; echo \"echo $(cat word.sh)\"; } > bin/new\nchmod 755 bin/new\nmv bin/new bin/everestctl-greet\n";
    sandbox.write("greet/build.sh", build);
    let line = "everestctl plugin dev greet -- sh -c 'everestctl greet; printf good\\ night > greet/word.sh; \
        for try in $(seq 100); do [ \"$(everestctl greet)\" = \"good night\" ] && break; sleep 0.1; done; everestctl greet'";
    let tried = sandbox.shell(&format!("cd {} && {line}", sandbox.path("").display()));
    assert_eq!((tried.code, tried.stdout.as_str()), (Some(0), "good morning\ngood night\n"), "{tried:?}");
    sandbox.write("greet/word.sh", "");
    std::fs::remove_dir_all(sandbox.path("greet/bin")).unwrap();
    let failed = sandbox
        .shell(&format!("everestctl plugin dev {} -- everestctl greet", sandbox.path("greet").display()));
    assert!(failed.stderr.contains("greet: the build failed: exit status: 3"), "{failed:?}");
    assert_eq!(failed.code, Some(1), "{failed:?}");
}

#[test]
fn a_host_file_that_cannot_be_meant_is_refused() {
    for (file, expected) in [
        ("build: []\ncommand: [x]\n", "the build command is empty"),
        ("build: [make]\nurl: http://127.0.0.1:1\n", "build, listen, inherit and watch are for a command"),
        ("build: make\ncommand: [x]\n", "host.yaml"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.write("manifests/x/manifest.yaml", manifest("x", SERVICE));
        sandbox.write("manifests/x/host.yaml", file);
        host_of(&sandbox, "").eventually_says(expected);
    }
    let sandbox = Sandbox::new();
    sandbox.write("manifests/x/host.yaml", "build: [make]\ncommand: [x]\n");
    host_of(&sandbox, "").eventually_says("without a manifest.yaml has build, watch and inherit only");
}

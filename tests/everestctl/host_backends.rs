//! The development host: backends that it starts itself, here one in Python.

use crate::support::client;
use crate::support::host::{Host, SERVICE, host_of, is_running, kill, manifest, python_server};
use crate::support::sandbox::eventually;
use crate::support::{Sandbox, skip};
use rustix::process::Signal;
use std::time::{Duration, Instant};

/// It has a child of its own, which would outlive it.
const BEFORE: &str = r#"
child = subprocess.Popen(["sleep", "600"])
print("begins", flush=True)
print("complains", file=sys.stderr, flush=True)
"#;
/// It says its own number and that of the child.
const ANSWER: &str = r#"json.dumps({"pid": os.getpid(), "child": child.pid, "api": os.environ["EVEREST_API_URL"], "level": os.environ["LEVEL"]}).encode()"#;

/// A host with the backend, or nothing where there is no Python.
fn python(test: &str) -> Option<(Sandbox, Host)> {
    if !std::path::Path::new("/usr/bin/python3").exists() {
        skip("python", test, "there is no /usr/bin/python3");
        return None;
    }
    let sandbox = Sandbox::new();
    sandbox.write("manifests/snake/manifest.yaml", manifest("snake", SERVICE));
    sandbox.write("manifests/snake/server.py", python_server(BEFORE, ANSWER));
    sandbox.write(
        "manifests/snake/host.yaml",
        "command: [/usr/bin/python3, server.py]\nreadiness: /\nenvironment: {LEVEL: high}\n",
    );
    let host = host_of(&sandbox, "");
    Some((sandbox, host))
}

/// What the backend says of itself, as soon as it is ready.
fn reported(host: &Host) -> (u32, u32, serde_json::Value) {
    let session = host.sign_in();
    let mut answer = None;
    eventually("the backend answers", || {
        let got = session.get("/v1/clusters/main/plugins/snake/");
        assert!(matches!(got.status, 200 | 502), "{}", got.text());
        answer = (got.status == 200).then(|| got.json());
        answer.is_some()
    });
    let answer = answer.unwrap();
    let number = |name: &str| u32::try_from(answer[name].as_u64().unwrap()).unwrap();
    (number("pid"), number("child"), answer.clone())
}

#[test]
fn a_backend_in_another_language_is_started_watched_and_ended_with_the_host() {
    let test = "a_backend_in_another_language_is_started_watched_and_ended_with_the_host";
    let Some((_sandbox, mut host)) = python(test) else { return };
    let (first, child, known) = reported(&host);
    assert_eq!(known["api"], format!("http://{}", host.address));
    assert_eq!(known["level"], "high");
    for line in ["snake: begins", "snake: complains", "snake: ready at http://127.0.0.1:"] {
        host.eventually_says(line);
    }
    // It comes again when it dies, and its own child goes.
    kill(first, Signal::KILL);
    host.eventually_says("snake: stopped: ");
    eventually("what it had started ends", || !is_running(child));
    let (second, child, _) = reported(&host);
    assert_ne!(first, second);
    assert!(host.end(Signal::TERM).success());
    assert!(!is_running(second) && !is_running(child));
}

#[test]
fn nothing_is_left_when_the_host_is_killed() {
    let Some((_sandbox, mut host)) = python("nothing_is_left_when_the_host_is_killed") else { return };
    let (backend, child, _) = reported(&host);
    host.end(Signal::KILL);
    eventually("the backend and what it has started end", || !is_running(backend) && !is_running(child));
}

#[test]
fn a_change_of_the_host_file_starts_the_backend_anew_and_its_end_ends_it() {
    let test = "a_change_of_the_host_file_starts_the_backend_anew_and_its_end_ends_it";
    let Some((sandbox, host)) = python(test) else { return };
    let (first, ..) = reported(&host);
    let changed =
        std::fs::read_to_string(sandbox.path("manifests/snake/host.yaml")).unwrap().replace("high", "low");
    sandbox.write("manifests/snake/host.yaml", changed);
    eventually("the old one ends", || !is_running(first));
    let (second, _, known) = reported(&host);
    assert_eq!(known["level"], "low");
    std::fs::remove_dir_all(sandbox.path("manifests/snake")).unwrap();
    eventually("it ends with its manifest", || !is_running(second));
    assert_eq!(host.sign_in().plugins(), ["hello"]);
}

#[test]
fn a_command_that_cannot_start_is_tried_again_with_longer_pauses() {
    let sandbox = Sandbox::new();
    sandbox.write("manifests/x/manifest.yaml", manifest("x", SERVICE));
    sandbox.write("manifests/x/host.yaml", "command: [no-such-program]\n");
    let start = Instant::now();
    let host = host_of(&sandbox, "");
    host.eventually_says("x: error: could not run `no-such-program`");
    let tries = || host.lines().iter().filter(|line| line.starts_with("x: stopped: ")).count();
    eventually("a fourth try", || tries() >= 4);
    // 200, 400 and 800 ms lie between four.
    assert!(start.elapsed() >= Duration::from_millis(1400), "{:?}: {:?}", start.elapsed(), host.lines());
    let refused = host.sign_in().get("/v1/clusters/main/plugins/x/");
    let said = refused.json()["error"].as_str().unwrap().to_owned();
    assert_eq!(refused.status, 502);
    assert!(said.starts_with("the backend of plugin `x` is not running: "), "{said}");
    assert!(said.contains("could not run `no-such-program`"), "{said}");
    // What it has printed is for users; that it is down is for everybody who looks.
    let silent = client::ask(&host.address, "GET /v1/clusters/main/plugins/x/openapi.json", &[], b"");
    assert_eq!((silent.status, silent.text().as_str()), (502, ""));
    assert!(is_running(host.pid()));
}

/// A sandbox with a plugin `broken`, whose backend ends with an error before it listens.
fn broken() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("manifests/broken/manifest.yaml", manifest("broken", SERVICE));
    let command =
        "command: [/bin/sh, -c, 'echo looking for it; echo \"Error: no such module\" >&2; exit 3']\n";
    sandbox.write("manifests/broken/host.yaml", command);
    sandbox
}

#[test]
fn a_backend_that_does_not_start_says_why_without_verbose_and_to_whoever_calls_it() {
    let sandbox = broken();
    let manifests = sandbox.path("manifests").display().to_string();
    let words = ["host", "exec", "--plugins", &manifests, "--", "everestctl", "broken", "list"];
    let text = sandbox.run_with(words).stderr_failed(1);
    for line in [
        "broken: looking for it\n",
        "broken: Error: no such module\n",
        "broken: stopped: exit status: 3\n",
        "error: `broken`: returned 502 (bad gateway): the backend of plugin `broken` is not running: exit status: 3: \
         Error: no such module\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    // It fails again and again, and is told of once.
    assert_eq!(text.matches("broken: stopped").count(), 1, "{text}");
    // Upstream's proxy says nothing but its status; the plugin is named all the same.
    let words = [
        "host",
        "exec",
        "--compat",
        "upstream",
        "--plugins",
        &manifests,
        "--",
        "everestctl",
        "broken",
        "list",
    ];
    let text = sandbox.run_with(words).stderr_failed(1);
    assert!(
        text.contains(
            "error: `broken`: returned 502 (bad gateway): the backend of the plugin is not running"
        ),
        "{text}"
    );
}

#[test]
fn a_change_of_its_code_starts_the_backend_anew_and_what_it_writes_does_not() {
    let test = "a_change_of_its_code_starts_the_backend_anew_and_what_it_writes_does_not";
    let Some((sandbox, host)) = python(test) else { return };
    let (first, ..) = reported(&host);
    for written in ["snake.db", "__pycache__/server.pyc", "log.txt"] {
        sandbox.write(&format!("manifests/snake/{written}"), "x");
    }
    sandbox
        .write("manifests/snake/server.py", python_server(&BEFORE.replace("begins", "begins again"), ANSWER));
    host.eventually_says("snake: server.py changed, starting it again");
    eventually("the old one ends", || !is_running(first));
    let (second, ..) = reported(&host);
    assert_ne!(first, second);
    host.eventually_says("snake: begins again");
    let restarts = host.lines().iter().filter(|line| line.contains("starting it again")).count();
    assert_eq!(restarts, 1, "{:?}", host.lines());
}

#[test]
fn the_host_file_may_name_what_to_watch_elsewhere_too() {
    let test = "the_host_file_may_name_what_to_watch_elsewhere_too";
    let Some((sandbox, host)) = python(test) else { return };
    sandbox.write("shared/settings.json", "{}");
    let file = std::fs::read_to_string(sandbox.path("manifests/snake/host.yaml")).unwrap();
    sandbox.write("manifests/snake/host.yaml", format!("{file}watch: [../../shared/settings.json]\n"));
    host.eventually_says("snake: host.yaml changed, starting it again");
    let (first, ..) = reported(&host);
    sandbox
        .write("manifests/snake/server.py", python_server(&BEFORE.replace("begins", "begins again"), ANSWER));
    sandbox.write("shared/settings.json", "{ }");
    host.eventually_says("settings.json changed, starting it again");
    eventually("the old one ends", || !is_running(first));
    assert!(!host.lines().iter().any(|line| line.contains("server.py changed")), "{:?}", host.lines());
}

//! `host exec` and `host run` as commands.

use crate::support::InTime as _;
use crate::support::client;
use crate::support::host::{Host, SERVICE, kill, manifest};
use crate::support::sandbox::eventually;
use crate::support::{Sandbox, skip};
use rustix::process::Signal;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

#[test]
fn a_command_finds_itself_signed_in() {
    let sandbox =
        Sandbox::new().with("EVEREST_HOST", "http://elsewhere.invalid").with("EVEREST_TOKEN", "other");
    let output = sandbox.run("host exec -- everestctl plugin list --source server -o json");
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    let list = output.json();
    assert_eq!((&list["items"][0]["name"], &list["items"][0]["source"]), (&"hello".into(), &"server".into()));
    assert_eq!(list["problems"], serde_json::json!([]));
}

#[test]
fn the_command_runs_when_the_backends_are_ready_or_cannot_be() {
    if !std::path::Path::new("/usr/bin/python3").exists() {
        skip(
            "python",
            "the_command_runs_when_the_backends_are_ready_or_cannot_be",
            "there is no /usr/bin/python3",
        );
        return;
    }
    let sandbox = Sandbox::new();
    let server = "import http.server, os, time\ntime.sleep(1)\nhttp.server.HTTPServer(('127.0.0.1', \
                  int(os.environ['PORT'])), http.server.SimpleHTTPRequestHandler).serve_forever()\n";
    for (name, command) in [("late", "[/usr/bin/python3, server.py]"), ("broken", "[/usr/bin/false]")] {
        sandbox.write(&format!("manifests/{name}/manifest.yaml"), manifest(name, SERVICE));
        sandbox.write(&format!("manifests/{name}/server.py"), server);
        sandbox.write(&format!("manifests/{name}/host.yaml"), format!("command: {command}\nreadiness: /\n"));
    }
    let plugins = sandbox.path("manifests").display().to_string();
    let script = "everestctl plugin api late GET /host.yaml";
    let output = sandbox.run_with(["host", "exec", "--plugins", &plugins, "--", "sh", "-c", script]);
    assert_eq!(output.stdout, "command: [/usr/bin/python3, server.py]\nreadiness: /\n");
    assert_eq!((output.stderr.as_str(), output.code), ("broken: stopped: exit status: 1\n", Some(0)));
}

#[test]
fn its_folder_is_private_and_goes_with_it() {
    let sandbox = Sandbox::new();
    let script = r#"folder=$(dirname "$EVEREST_CONFIG"); stat -c %a "$folder" "$EVEREST_CONFIG"; echo "$folder"
                    command -v everestctl; echo "$EVERESTCTL_CACHE_DIR"; echo "${EVEREST_CLUSTER-none}""#;
    let output = sandbox
        .with("EVEREST_CLUSTER", "c")
        .run_with(["host", "exec", "--", "sh", "-c", script])
        .success_silent();
    let lines: Vec<&str> = output.lines().collect();
    let folder = lines[2];
    assert_eq!(lines[..2], ["700", "600"]);
    assert_eq!(
        lines[3..],
        [format!("{folder}/bin/everestctl"), format!("{folder}/cache"), "none".to_owned()]
    );
    assert!(!std::path::Path::new(folder).exists());
}

#[test]
fn exit_codes_and_signals_come_through() {
    let sandbox = Sandbox::new();
    for (script, code) in [("exit 7", 7), ("kill -9 $$", 137), ("true", 0)] {
        assert_eq!(sandbox.run_with(["host", "exec", "--", "sh", "-c", script]).code, Some(code), "{script}");
    }
    let missing = sandbox.run("host exec -- no-such-program").stderr_failed(127);
    assert!(missing.contains("error: could not run `no-such-program`"), "{missing}");
    sandbox.write("home/plain", "text");
    sandbox.run("host exec -- ./plain").stderr_failed(126);
}

#[test]
fn without_a_command_it_is_the_users_shell() {
    let sandbox = Sandbox::new();
    sandbox.script("bin/my-shell", "echo my shell; exit 3");
    let sandbox = sandbox.with_path("SHELL", "bin/my-shell");
    let output = sandbox.run("host exec");
    assert_eq!((output.stdout.as_str(), output.code), ("my shell\n", Some(3)));
}

#[test]
fn interrupts_are_for_the_command_and_terminate_is_passed_on() {
    let sandbox = Sandbox::new();
    let script = "trap 'echo asked; exit 5' TERM; echo ready; while :; do sleep 0.1; done";
    for (signals, code) in [(&[Signal::INT, Signal::INT, Signal::TERM][..], 5), (&[Signal::TERM], 5)] {
        let mut child = sandbox
            .command(["host", "exec", "--", "sh", "-c", script])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        std::io::BufRead::read_line(&mut output, &mut line).unwrap();
        assert_eq!(line, "ready\n");
        for signal in signals {
            kill(child.id(), *signal);
        }
        assert_eq!(child.status_in_time().code(), Some(code));
    }
}

#[test]
fn verbose_shows_what_the_host_does() {
    let sandbox = Sandbox::new();
    let output = sandbox.run("-v host exec -- true");
    assert_eq!((output.stderr.as_str(), output.code), ("event plugin.installed hello\n", Some(0)));
    assert_eq!(sandbox.run("host exec -- true").success_silent(), "");
}

#[test]
fn a_shell_is_told_where_it_is_and_how_to_leave() {
    let sandbox = Sandbox::new();
    let sandbox = sandbox.with("SHELL", "/bin/true");
    let text = sandbox.run("host exec").success_stderr();
    assert!(text.starts_with("signed in as admin to a development host at http://127.0.0.1:"), "{text}");
    assert!(text.contains("`exit` or Ctrl-D ends this shell and the host\n"), "{text}");
    // A command of the user's own is not one.
    assert_eq!(sandbox.run("host exec -- true").success_silent(), "");
}

#[test]
fn run_prints_how_to_sign_in() {
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "");
    let line = format!("everestctl auth login --server http://{} --username admin", host.address);
    host.eventually_says(&line);
}

#[test]
fn looking_for_documents_is_no_event() {
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "");
    let place = "/v1/clusters/main/plugins/hello";
    for path in ["/openapi.json", "/api/openapi.json", "/api/languages"] {
        assert_eq!(client::ask(&host.address, &format!("GET {place}{path}"), &[], b"").status, 400);
    }
    host.eventually_says("audit user=- plugin=hello GET /v1/clusters/main/plugins/hello/api/languages 400");
    assert!(!host.lines().iter().any(|line| line.contains("openapi.json")), "{:?}", host.lines());
}

#[test]
fn only_this_machine_is_served() {
    let sandbox = Sandbox::new();
    for address in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
        let text = sandbox.run(&format!("host run --listen {address}")).stderr_failed(2);
        assert!(text.contains("error: the development host listens on loopback only"), "{text}");
        assert!(text.contains("hint: "), "{text}");
    }
    assert!(sandbox.run("host run --listen nonsense").stderr_failed(2).contains("127.0.0.1:8080"));
    let host = Host::start(&sandbox, "");
    let text = sandbox.run(&format!("host run --listen {}", host.address)).stderr_failed(1);
    assert!(text.contains(&format!("error: could not listen on {}", host.address)), "{text}");
    assert!(text.contains("caused by: "), "{text}");
}

#[test]
fn run_says_what_it_is_and_ends_when_it_is_asked() {
    let sandbox = Sandbox::new();
    for signal in [Signal::TERM, Signal::INT] {
        let mut host = Host::start(&sandbox, "");
        assert!(host.lines().contains(&"event plugin.installed hello".to_owned()), "{:?}", host.lines());
        assert!(host.lines().iter().any(|line| line.starts_with("everestctl development host, ")));
        assert_eq!(host.lines().iter().filter(|line| line.contains(&host.password)).count(), 1);
        // A stream without end does not hold it up.
        let session = host.sign_in();
        let mut stream = session.open("GET /v1/events", &[], b"");
        stream.line_with(": connected");
        let status = host.end(signal);
        assert_eq!((status.code(), status.signal()), (Some(0), None));
        eventually("the stream ends", || stream.line().is_none());
    }
}

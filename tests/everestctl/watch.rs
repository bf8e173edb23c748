//! `--watch`: one line of JSON for each change, or a screen that is drawn in place; one request at a time, and only what has
//! changed comes.

use crate::support::Sandbox;
use crate::support::host::kill;
use crate::support::http::{Reply, Server, json, response};
use crate::support::sandbox::eventually;
use crate::support::skip::skip;
use crate::support::terminal::Terminal;
use rustix::process::Signal;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const DOCUMENT: &str = r#"{"openapi":"3.0.3","info":{"title":"Ships","version":"1"},"paths":{
    "/api/ships":{"get":{"responses":{"200":{"description":"","content":{"application/json":{"schema":
        {"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},"size":{"type":"integer"}}}}}}}}}},
    "/api/harbours":{"get":{"parameters":[{"name":"watch","in":"query","schema":{"type":"string"},"x-cli-short":"w"}],
        "responses":{"200":{"description":"","content":{"application/json":{"schema":{"type":"array","items":{"type":"object"}}}}}}}}}}"#;

struct Fleet {
    sandbox: Sandbox,
    server: Server,
    /// What the list is next: a size, or a status.
    state: Arc<Mutex<usize>>,
    asked: Arc<AtomicUsize>,
    unchanged: Arc<AtomicUsize>,
}

fn fleet() -> Fleet {
    let (state, asked, unchanged) =
        (Arc::new(Mutex::new(1)), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let (current, count, same) = (Arc::clone(&state), Arc::clone(&asked), Arc::clone(&unchanged));
    let server = Server::start(move |request| {
        let path = request.path.split('?').next().unwrap();
        Reply::Bytes(match path.rsplit('/').next().unwrap() {
            "plugins" => json(r#"[{"name":"fleet","version":"2"}]"#),
            "openapi.json" => json(DOCUMENT),
            "ships" => {
                count.fetch_add(1, Ordering::SeqCst);
                let size = *current.lock().unwrap();
                let tag = format!("\"{size}\"");
                match size {
                    404 => response("404 Not Found", "application/json", br#"{"error":"no ships any more"}"#),
                    500 => {
                        response("500 Internal Server Error", "application/json", br#"{"error":"in dock"}"#)
                    }
                    _ if request.head.contains(&format!("if-none-match: {tag}")) => {
                        same.fetch_add(1, Ordering::SeqCst);
                        format!("HTTP/1.1 304 Not Modified\r\netag: {tag}\r\ncontent-length: 0\r\n\r\n")
                            .into_bytes()
                    }
                    size => {
                        let body = format!(r#"[{{"name":"Ada","size":{size}}},{{"name":"Bea","size":7}}]"#);
                        let head =
                            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
                        format!("{head}etag: {tag}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
                            .into_bytes()
                    }
                }
            }
            "harbours" => json(r#"[{"name":"Kiel"}]"#),
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url()).with("CI", "1");
    sandbox.run("plugin refresh").success_silent();
    Fleet { sandbox, server, state, asked, unchanged }
}

#[test]
fn each_change_is_a_line_of_json_and_a_failure_ends_nothing() {
    let fleet = fleet();
    let mut child = fleet
        .sandbox
        .command("fleet ships list --watch=100ms".split(' '))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    assert_eq!(next(), r#"[{"name":"Ada","size":1},{"name":"Bea","size":7}]"#);
    eventually("an answer that says that nothing has changed", || fleet.unchanged.load(Ordering::SeqCst) > 2);
    *fleet.state.lock().unwrap() = 500;
    let asked = fleet.asked.load(Ordering::SeqCst);
    eventually("a second try after the failure", || fleet.asked.load(Ordering::SeqCst) > asked + 1);
    *fleet.state.lock().unwrap() = 2;
    assert_eq!(next(), r#"[{"name":"Ada","size":2},{"name":"Bea","size":7}]"#);
    *fleet.state.lock().unwrap() = 404;
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("in dock") && stderr.contains("next try in"), "{stderr}");
    assert!(stderr.contains("no ships any more"), "{stderr}");
    drop(fleet.server);
}

#[test]
fn ctrl_c_ends_it_and_filters_apply() {
    let fleet = fleet();
    let words = ["fleet", "ships", "list", "-w=100ms", "--filter", ".size > 5", "--jq", ".[].name"];
    let mut child = fleet.sandbox.command(words).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "Bea\n");
    kill(child.id(), Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_terminal_shows_it_in_place_with_what_has_changed() {
    let test = "a_terminal_shows_it_in_place_with_what_has_changed";
    let fleet = fleet();
    let Some(mut terminal) =
        Terminal::start(&fleet.sandbox, "trap : INT; $E fleet ships list -w=100ms; echo ended $?")
    else {
        return skip("script", test, "script is not installed");
    };
    terminal.shows(&["\u{1b}[?1049h"]);
    terminal.shows(&["Ada"]);
    *fleet.state.lock().unwrap() = 25;
    terminal.shows(&["\u{1b}[7m25\u{1b}[27m"]);
    *fleet.state.lock().unwrap() = 500;
    terminal.shows(&["in dock; next try in"]);
    *fleet.state.lock().unwrap() = 26;
    terminal.shows(&["\u{1b}[7m26\u{1b}[27m"]);
    terminal.clear();
    terminal.resize(60, 3);
    terminal.shows(&["more lines"]);
    terminal.press("\u{3}");
    terminal.shows(&["\u{1b}[?1049l"]);
    terminal.shows(&["ended 130"]);
}

#[test]
fn what_cannot_be_watched_says_why() {
    let fleet = fleet();
    for (line, expected) in [
        ("fleet ships list -w -o csv", "--watch shows tables, plots and JSON lines"),
        ("fleet ships list --watch=1ms", "the interval is at least 100ms"),
        ("fleet ships list -w=soon", "invalid value 'soon'"),
        ("fleet ships list -w --dry-run", "cannot be used with"),
        ("fleet ships list -w --columns name", "--watch prints JSON lines without a terminal"),
        ("plugin list -w", "use: watch -n 2 everestctl …"),
    ] {
        let stderr = fleet.sandbox.run(line).stderr_failed(2);
        assert!(stderr.contains(expected), "{line}: {stderr}");
    }
    // A plugin's own argument of that name stays its own.
    let own = fleet.sandbox.run("fleet harbours list -w yes -o name");
    assert_eq!((own.code, own.stdout.as_str()), (Some(0), "Kiel\n"), "{}", own.stderr);
}

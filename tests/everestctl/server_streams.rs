//! Commands that take their time: streams that are followed through everything, jobs that are waited for, pages
//! without end.
//!
//! `STREAM_EVENTS` and `STREAM_PAGES` say how much there is; the defaults are for a test among others.

use crate::support::InTime as _;
use crate::support::backends::Backends;
use crate::support::host::{is_ignored, kill};
use crate::support::http::{Reply, Request, Server, json, response};
use crate::support::memory::peak;
use crate::support::plugin::{X, count, heads, publishing};
use crate::support::sandbox::eventually;
use crate::support::terminal::Terminal;
use crate::support::{Sandbox, skip};
use rustix::process::Signal;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A stream by both content types, one with a cursor, pages that are counted, and a job.
const DOCUMENT: &str = r#"{"openapi": "3.1.0", "info": {"title": "X", "version": "1"}, "paths": {
    "/api/both": {"get": {"x-cli-name": "both", "responses": {"200": {"content": {
        "application/json": {"schema": {"type": "array", "items": {"type": "object"}}}, "text/event-stream": {}}}}}},
    "/api/events": {"get": {"x-cli-name": "events", "x-cli-follow": {"cursor": "since"},
        "parameters": [{"name": "since", "in": "query", "schema": {"type": "string"}}],
        "responses": {"200": {"content": {"text/event-stream": {}}}}}},
    "/api/rows": {"get": {"x-cli-paginate": {"offset": "offset"},
        "parameters": [{"name": "offset", "in": "query", "schema": {"type": "integer"}}],
        "responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}}}}}},
    "/api/jobs": {
        "get": {"responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}}}}},
        "post": {"x-cli-wait": {"poll": "get", "success": ["done"], "interval": "500ms", "id": "/id"},
            "responses": {"202": {"content": {"application/json": {"schema": {"type": "object"}}}}}}},
    "/api/jobs/{id}": {"get": {"operationId": "get", "parameters": [
            {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
        "responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}}}}
}}"#;

fn user(routes: impl Fn(&str, &Request) -> Option<Reply> + Send + Sync + 'static) -> (Sandbox, Server) {
    let server = publishing(DOCUMENT, routes);
    let sandbox = Sandbox::new().with_server(&server.url()).with("CI", "1");
    assert_eq!(sandbox.run("x --help").code, Some(0));
    (sandbox, server)
}

/// A stream that says this and then breaks off, or ends.
fn events(text: &str, ends: bool) -> Reply {
    let end = if ends { "0\r\n\r\n" } else { "" };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    Reply::Bytes(format!("{head}{:x}\r\n{text}\r\n{end}", text.len()).into_bytes())
}

fn gone(status: &str) -> Reply {
    Reply::Bytes(response(status, "application/json", br#"{"error":"no such cursor"}"#))
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn every_event_comes_once_through_a_backend_that_dies() {
    let test = "every_event_comes_once_through_a_backend_that_dies";
    let all = number("STREAM_EVENTS", 6_000);
    let environment = format!("EVENTS: \"{all}\", DIE_EVENTS: \"{}\",", all * 2 / 5);
    let Some(it) = Backends::start(test, "streams", "spec", &environment) else { return };
    // The stream itself is at its end when there is nothing more after the cursor.
    for line in ["events -o jsonl", "lines --follow -o jsonl"] {
        let numbers: Vec<u64> = it
            .stdout_ok(line)
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["n"].as_u64().unwrap())
            .collect();
        assert!(numbers.iter().copied().eq(1..=all), "{line}: {} events", numbers.len());
    }
    assert_eq!(it.stdout_ok(&format!("events --since {} --jq .n", all - 1)), format!("{all}\n"));
    let table = it.stdout_ok(&format!("lines --since {}", all - 2));
    assert!(table.starts_with("NAME") || table.starts_with("N "), "{table}");
    assert_eq!(table.lines().count(), 3, "{table}");
}

#[test]
fn a_connection_is_made_again_behind_the_last_whole_event() {
    let asked = AtomicUsize::new(0);
    let (sandbox, server) = user(move |route, _| {
        if !route.starts_with("GET /api/events") {
            return None;
        }
        Some(match asked.fetch_add(1, Ordering::SeqCst) {
            // The last one is not whole, and its id does not count.
            0 => events("retry: 100\n\nid: 1\nevent: tick\ndata: one\n\nid: 2\ndata: tw", false),
            // This server starts with the event of the cursor itself.
            1 => events(": hello\n\nid: 1\nevent: tick\ndata: one\n\nid: 2\ndata: two\n\n", true),
            2 => gone("503 Service Unavailable"),
            3 => gone("410 Gone"),
            4 => events("id: 9\ndata: nine\n\n", true),
            _ => Reply::Bytes(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec()),
        })
    });
    let output = sandbox.run("x events");
    assert_eq!((output.stdout.as_str(), output.code), ("tick  one\ntwo\nnine\n", Some(0)), "{output:?}");
    assert_eq!(
        output.stderr,
        "warning: the server no longer has the events after 2: events may be missing\n"
    );
    let since: Vec<String> = server
        .paths()
        .iter()
        .filter_map(|path| path.strip_prefix(&format!("{X}/api/events")))
        .map(str::to_owned)
        .collect();
    assert_eq!(since, ["", "?since=1", "?since=2", "?since=2", "", "?since=9"]);
    let last: Vec<bool> = heads(&server, "/api/events?since=1")
        .iter()
        .map(|head| head.contains("\r\nlast-event-id: 1"))
        .collect();
    assert_eq!(last, [true]);
}

#[test]
fn a_cursor_that_the_user_gave_has_to_be_right() {
    let (sandbox, server) = user(|route, _| route.starts_with("GET /api/events").then(|| gone("410 Gone")));
    let error = sandbox.run("x events --since old").stderr_failed(1);
    assert!(error.contains("410 (gone): no such cursor\n") && error.contains("omit --since"), "{error}");
    assert_eq!(count(&server, "GET /api/events?since=old"), 1);
}

#[test]
fn a_route_with_both_forms_is_followed_when_it_is_asked_to() {
    let asked = AtomicUsize::new(0);
    let (sandbox, server) = user(move |route, request| {
        let is_stream = request.head.to_ascii_lowercase().contains("\r\naccept: text/event-stream");
        Some(match route {
            "GET /api/both" if !is_stream => Reply::Bytes(json(r#"[{"a":1}]"#)),
            "GET /api/both" if asked.fetch_add(1, Ordering::SeqCst) == 0 => {
                events("id: a\ndata: {\"a\":2}\n\n", true)
            }
            "GET /api/both" => Reply::Bytes(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec()),
            _ => return None,
        })
    });
    assert_eq!(sandbox.run("x both --jq .[].a").success_silent(), "1\n");
    assert_eq!(sandbox.run("x both -f --jq .a --since z").success_silent(), "2\n");
    let heads = heads(&server, "/api/both");
    assert!(
        heads[1].contains("\r\nlast-event-id: z") && heads[2].contains("\r\nlast-event-id: a"),
        "{heads:?}"
    );
}

#[test]
fn a_stream_that_means_harm_is_given_up() {
    let (sandbox, _server) = user(|route, _| {
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: ".to_vec();
        route.starts_with("GET /api/events").then(|| Reply::Endless(head, vec![b'x'; 1 << 20]))
    });
    let (most, code, error) = peak(&sandbox, "x events");
    assert_eq!(code, Some(1), "{error}");
    assert!(error.starts_with("error: a message in the stream is larger than 8 MiB\n"), "{error}");
    assert!(most < 120 * 1024, "{most} KiB");
    // A byte now and then is no sign of life.
    let (sandbox, _server) = user(|route, _| {
        route.starts_with("GET /api/events").then(|| {
            Reply::Connection(Box::new(|mut stream| {
                let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
                let _ = stream.write_all(head);
                while stream.write_all(b"x").is_ok() {
                    std::thread::sleep(Duration::from_millis(50));
                }
            }))
        })
    });
    let error = sandbox.run("x events --idle-timeout 300ms").stderr_failed(1);
    assert!(error.contains("error: the stream stalled in the middle of a line\n"), "{error}");
}

#[test]
fn what_happens_on_the_server_itself_can_be_followed() {
    let sandbox = Sandbox::new();
    let host = crate::support::host::Host::start(&sandbox, "");
    let user = Sandbox::new()
        .with("EVEREST_HOST", format!("http://{}", host.address))
        .with("EVEREST_TOKEN", host.sign_in().access);
    let mut child = user
        .command(["plugin", "events", "-f", "-o", "jsonl", "--types", "user.login,plugin.installed"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let seen = std::sync::Arc::new(Mutex::new(Vec::<Value>::new()));
    let all = std::sync::Arc::clone(&seen);
    let reader = std::thread::spawn(move || {
        while let Some(Ok(line)) = lines.next() {
            all.lock().unwrap().push(serde_json::from_str(&line).unwrap());
        }
    });
    // There is no sign that it has started to follow.
    eventually("two events", || {
        host.sign_in();
        seen.lock().unwrap().len() > 1
    });
    kill(child.id(), Signal::INT);
    let output = child.output_in_time();
    reader.join().unwrap();
    let seen = seen.lock().unwrap();
    assert!(
        seen.iter().all(|event| event["type"] == "user.login" && event["actor"]["id"] == "admin"),
        "{seen:?}"
    );
    let cursor = format!("{}:{}", seen[0]["epoch"].as_str().unwrap(), seen[0]["seq"]);
    let last = seen.last().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    if !is_ignored(Signal::INT) {
        assert_eq!(output.status.code(), Some(130), "{error}");
        let hint = format!("hint: resume with --since={}:{}\n", last["epoch"].as_str().unwrap(), last["seq"]);
        assert!(error.contains(&hint), "{error}");
    }
    // What came after the first one, without waiting for more.
    let again = user.run(&format!("plugin events --since {cursor} --jq .seq")).success_silent();
    assert_eq!(again.lines().next(), Some(seen[1]["seq"].to_string().as_str()), "{again}");
    let table = user.run(&format!("plugin events --since {cursor}")).success_silent();
    assert!(table.starts_with("TIME ") && table.contains("  user.login "), "{table}");
    let filter = format!(".seq == {}", seen[1]["seq"]);
    let one = user.run_with(["plugin", "events", "--since", &cursor, "--filter", &filter, "--jq", ".seq"]);
    assert_eq!(one.success_silent(), format!("{}\n", seen[1]["seq"]));
    let error = user.run("plugin events --since other:1").stderr_failed(1);
    assert!(
        error.contains("410 (gone)") && error.contains("hint: without --since, only new events are shown"),
        "{error}"
    );
}

#[test]
fn a_job_is_waited_for_through_refusals_and_a_restart() {
    let test = "a_job_is_waited_for_through_refusals_and_a_restart";
    let Some(it) = Backends::start(test, "streams", "spec", "") else { return };
    let output = it.run("jobs create --wait -o json");
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(output.json()["status"], "done");
    let said: Vec<&str> = output.stderr.lines().collect();
    assert_eq!((said[0], said[said.len() - 1]), ("new", "done 98 %"), "{said:?}");
    // Another process can wait for it, too.
    assert_eq!(it.run("jobs wait 7 -q -o json").json()["status"], "done");
    let error = it.run("jobs wait endless --timeout 1s --kind 'a").stderr_failed(124);
    assert!(error.contains(r"hint: everestctl streams jobs get endless --kind=''\''a'"), "{error}");
    assert!(error.contains("hint: wait again: everestctl streams jobs wait endless"), "{error}");
    assert!(error.contains("hint: stop it: everestctl streams jobs delete endless"), "{error}");
}

#[test]
fn ctrl_c_can_cancel_what_was_started() {
    let test = "ctrl_c_can_cancel_what_was_started";
    if is_ignored(Signal::INT) {
        return skip("signals", test, "this process was started to ignore Ctrl-C, and so are its children");
    }
    let Some(it) = Backends::start(test, "streams", "spec", "") else { return };
    let line = ["streams", "jobs", "create", "--wait", "--cancel-on-interrupt"];
    let mut child = it.user.command(line).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    eventually("it was started", || it.requests().iter().any(|line| line.starts_with("GET /api/jobs/7")));
    kill(child.id(), Signal::INT);
    let output = child.output_in_time();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{error}");
    assert!(
        error.contains("error: interrupted; the job was cancelled\nhint: everestctl streams jobs get 7\n"),
        "{error}"
    );
    let error = it.run("jobs wait 7").stderr_failed(1);
    assert!(error.ends_with("error: the job ended with status `cancelled`\n"), "{error}");
}

#[test]
fn ctrl_c_on_a_terminal_at_each_stage() {
    let test = "ctrl_c_on_a_terminal_at_each_stage";
    let answered = Mutex::new(false);
    let (sandbox, server) = user(move |route, _| {
        let mut answered = answered.lock().unwrap();
        match route {
            // The first start is never answered.
            "POST /api/jobs" if !std::mem::replace(&mut answered, true) => Some(Reply::Silence),
            "POST /api/jobs" => Some(Reply::Bytes(json(r#"{"id":"7","status":"new"}"#))),
            "GET /api/jobs/7" => Some(Reply::Bytes(json(r#"{"id":"7","status":"running"}"#))),
            "GET /api/events" => Some(Reply::Connection(Box::new(|mut stream| {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nid: 5\ndata: five\n\n";
                let _ = stream.write_all(head.as_bytes());
                std::thread::sleep(Duration::from_mins(1));
            }))),
            _ => None,
        }
    });
    let stages = [
        ("jobs create --wait", "POST /api/jobs", "", "everestctl x jobs list"),
        ("jobs create --wait", "GET /api/jobs/7", "running", "check it with: everestctl x jobs get 7"),
        ("events", "GET /api/events", "five", "resume with --since=5"),
    ];
    for (line, asked, before, after) in stages {
        let line = format!("trap : INT; $E x {line}; echo ended=$?");
        let Some(mut terminal) = Terminal::start(&sandbox, &line) else {
            return skip("script", test, "script (util-linux) is not installed");
        };
        eventually(asked, || count(&server, asked) > 0);
        terminal.shows(&[before]);
        terminal.press("\x03");
        terminal.shows(&[after, "ended=130"]);
    }
}

#[test]
fn a_job_that_vanishes_or_goes_backwards() {
    let looked = AtomicUsize::new(0);
    let (sandbox, _server) = user(move |route, _| match route {
        "POST /api/jobs" => Some(Reply::Bytes(json(r#"{"id":"7","status":"new"}"#))),
        "GET /api/jobs/7" => Some(Reply::Bytes(match looked.fetch_add(1, Ordering::SeqCst) {
            0 => json(r#"{"id":"7","status":"running"}"#),
            1 => json(r#"{"id":"7","status":"new"}"#),
            _ => response("404 Not Found", "application/json", br#"{"error":"no such job"}"#),
        })),
        _ => None,
    });
    let error = sandbox.run("x jobs create --wait").stderr_failed(1);
    assert_eq!(
        error,
        "new\nrunning\nnew\nerror: the job disappeared; its outcome is unknown\nhint: everestctl x jobs get 7\n"
    );
}

#[test]
fn pages_take_no_more_memory_than_one() {
    let test = "pages_take_no_more_memory_than_one";
    let pages = number("STREAM_PAGES", 40);
    let rows = pages * 10;
    let Some(it) = Backends::start(test, "streams", "spec", &format!("ROWS: \"{rows}\",")) else { return };
    assert_eq!(it.stdout_ok("rows list --all -o name").lines().count() as u64, rows);
    let (few, ..) = peak(&it.user, "streams rows list --limit 20 -o json");
    let (all, code, error) = peak(&it.user, "streams rows list --all -o json");
    assert_eq!(code, Some(0), "{error}");
    assert!(all < few + 8 * 1024, "{few} KiB, and {all} KiB for {pages} pages");
}

#[test]
fn a_list_that_begins_again_and_again_is_given_up() {
    let (sandbox, server) = user(|route, _| {
        route.starts_with("GET /api/rows").then(|| Reply::Bytes(json(r#"[{"a":1},{"a":2}]"#)))
    });
    let output = sandbox.run("x rows list --all");
    let error = output.stderr_failed(1);
    assert!(error.contains("caused by: the server returned the same page again"), "{error}");
    assert_eq!(count(&server, "GET /api/rows?offset=2"), 1);
}

//! Ctrl-C while standard output is a pipe that is full and that nobody reads: the first one ends every form of output.
//!
//! The pipe of these tests is full from the start, so that the first byte waits already.

use crate::support::host::{is_ignored, kill};
use crate::support::http::{Reply, Request, json, response};
use crate::support::plugin::{count, publishing};
use crate::support::sandbox::eventually;
use crate::support::{InTime as _, Sandbox, skip};
use rustix::fs::{CWD, FileType, Mode, OFlags, fcntl_getfl, fcntl_setfl, mknodat};
use rustix::process::Signal;
use std::io::{PipeReader, PipeWriter, Write as _, pipe};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const DOCUMENT: &str = r#"{"openapi": "3.1.0", "info": {"title": "X", "version": "1"}, "paths": {
    "/api/things": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"type": "array",
        "items": {"type": "object", "properties": {"name": {"type": "string"}, "size": {"type": "integer"}}}}}}}}}},
    "/api/rows": {"post": {"x-cli-name": "export", "responses": {"200": {"content": {"text/csv": {}}}}}},
    "/api/query": {"post": {"x-cli-name": "query", "responses": {"200": {"content": {"application/json": {"schema": {"type": "array",
        "items": {"type": "object", "properties": {"name": {"type": "string"}, "size": {"type": "integer"}}}}}}}}}},
    "/api/events": {"get": {"x-cli-name": "events", "x-cli-follow": {"cursor": "since"},
        "parameters": [{"name": "since", "in": "query", "schema": {"type": "string"}}],
        "responses": {"200": {"content": {"text/event-stream": {}}}}}},
    "/api/jobs": {"post": {"x-cli-wait": {"poll": "get", "cancel": "cancel", "success": ["done"], "interval": "100ms", "id": "/id"},
        "responses": {"202": {"content": {"application/json": {"schema": {"type": "object"}}}}}}},
    "/api/jobs/{id}": {
        "get": {"operationId": "get", "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
            "responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}}},
        "delete": {"operationId": "cancel", "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
            "responses": {"204": {}}}}
}}"#;

/// A pipe that takes nothing more. Whoever keeps its reader is the one who does not read.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = pipe().unwrap();
    let modes = fcntl_getfl(&writer).unwrap();
    fcntl_setfl(&writer, modes | OFlags::NONBLOCK).unwrap();
    while writer.write(&[b'.'; 1024]).is_ok() {}
    while writer.write(b".").is_ok() {}
    fcntl_setfl(&writer, modes).unwrap();
    (reader, writer)
}

/// Whether the signal itself has ended it, which a shell calls 130 as well.
fn is_ended_by(status: ExitStatus, signal: Signal) -> bool {
    status.signal() == Some(signal.as_raw())
}

/// Pieces without end.
fn endless(kind: &str, piece: &'static str) -> Reply {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n\r\n");
    Reply::Connection(Box::new(move |mut stream| {
        let _ = stream.write_all(head.as_bytes());
        while stream.write_all(piece.as_bytes()).is_ok() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }))
}

fn routes(route: &str, _: &Request) -> Option<Reply> {
    /// So often a job was asked for.
    static LOOKS: AtomicUsize = AtomicUsize::new(0);
    Some(match route {
        "GET /api/things" | "POST /api/query" => {
            Reply::Bytes(json(r#"[{"name":"a","size":1},{"name":"b","size":2}]"#))
        }
        "POST /api/rows" => endless("text/csv", "1,2,3\n"),
        "GET /api/events" => endless("text/event-stream", "id: 5\ndata: {\"n\":5}\n\n"),
        "POST /api/jobs" => Reply::Bytes(json(r#"{"id":"7","status":"new"}"#)),
        // There is something new to say each time.
        "GET /api/jobs/7" => {
            let look = LOOKS.fetch_add(1, Ordering::SeqCst);
            Reply::Bytes(json(&format!(r#"{{"id":"7","status":"step {look}"}}"#)))
        }
        "DELETE /api/jobs/7" => Reply::Bytes(response("204 No Content", "text/plain", b"")),
        _ => return None,
    })
}

#[test]
fn one_ctrl_c_ends_the_output_of_a_server_command() {
    let test = "one_ctrl_c_ends_the_output_of_a_server_command";
    if is_ignored(Signal::INT) {
        return skip("signals", test, "this process was started to ignore Ctrl-C, and so are its children");
    }
    let server = publishing(DOCUMENT, routes);
    let sandbox = Sandbox::new().with_server(&server.url()).with("CI", "1");
    assert_eq!(sandbox.run("x --help").code, Some(0));
    let lines = [
        ("x query -o json", "POST /api/query"),
        ("x query -o yaml", "POST /api/query"),
        ("x query --jq .[]", "POST /api/query"),
        ("x query", "POST /api/query"),
        ("x export", "POST /api/rows"),
        ("x export -o raw", "POST /api/rows"),
        ("x export --output-file -", "POST /api/rows"),
        ("x export --output-file /dev/stdout", "POST /api/rows"),
        ("x events", "GET /api/events"),
        ("x events -o jsonl", "GET /api/events"),
    ];
    for (index, (line, asked)) in lines.into_iter().enumerate() {
        let before = count(&server, asked);
        let (_reader, writer) = full_pipe();
        let mut command = sandbox.command(line.split(' '));
        let mut child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        drop(command);
        eventually("it has begun", || count(&server, asked) > before);
        // It waits for its reader from here on.
        std::thread::sleep(Duration::from_millis(300));
        let signal = if index % 2 == 0 { Signal::INT } else { Signal::TERM };
        kill(child.id(), signal);
        let output = child.output_in_time();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        // An answer that has come whole is written when nobody looks at signals any more.
        if !is_ended_by(output.status, signal) {
            assert_eq!(output.status.code(), Some(130), "{line}: {error}");
            assert!(error.starts_with("error: interrupted\n"), "{line}: {error}");
        }
    }
}

#[test]
fn a_job_is_cancelled_although_nobody_reads_what_is_said_of_it() {
    let test = "a_job_is_cancelled_although_nobody_reads_what_is_said_of_it";
    if is_ignored(Signal::INT) {
        return skip("signals", test, "this process was started to ignore Ctrl-C, and so are its children");
    }
    let server = publishing(DOCUMENT, routes);
    let sandbox = Sandbox::new().with_server(&server.url()).with("CI", "1");
    assert_eq!(sandbox.run("x --help").code, Some(0));
    let (_reader, writer) = full_pipe();
    let mut command = sandbox.command("x jobs create --wait --cancel-on-interrupt".split(' '));
    let mut child = command.stdout(writer.try_clone().unwrap()).stderr(writer).spawn().unwrap();
    drop(command);
    eventually("it was started", || count(&server, "POST /api/jobs") > 0);
    std::thread::sleep(Duration::from_millis(300));
    kill(child.id(), Signal::INT);
    assert_eq!(child.status_in_time().code(), Some(130));
    assert_eq!(count(&server, "DELETE /api/jobs/7"), 1);
}

#[test]
fn one_ctrl_c_ends_the_wait_for_a_reader_of_a_named_pipe() {
    let test = "one_ctrl_c_ends_the_wait_for_a_reader_of_a_named_pipe";
    if is_ignored(Signal::INT) {
        return skip("signals", test, "this process was started to ignore Ctrl-C, and so are its children");
    }
    let server = publishing(DOCUMENT, routes);
    let sandbox = Sandbox::new().with_server(&server.url()).with("CI", "1");
    assert_eq!(sandbox.run("x --help").code, Some(0));
    let path = sandbox.path("home/named");
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let spawn = || {
        let mut command = sandbox.command("x query --output-file named".split(' '));
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut child = spawn();
    std::thread::sleep(Duration::from_millis(300));
    kill(child.id(), Signal::INT);
    let output = child.output_in_time();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), error.as_str()), (Some(130), "error: interrupted\n"));
    assert_eq!(count(&server, "POST /api/query"), 0);
    // Where somebody reads, it is written.
    let mut child = spawn();
    let read = std::fs::read_to_string(&path).unwrap();
    assert!(read.contains(r#"{"name":"a","size":1}"#), "{read}");
    assert!(child.status_in_time().success());
}

#[test]
fn one_ctrl_c_ends_a_list() {
    let test = "one_ctrl_c_ends_a_list";
    if is_ignored(Signal::INT) {
        return skip("signals", test, "this process was started to ignore Ctrl-C, and so are its children");
    }
    let server = publishing(DOCUMENT, routes);
    let sandbox = Sandbox::new().with_server(&server.url()).with("CI", "1");
    assert_eq!(sandbox.run("x --help").code, Some(0));
    for line in ["plugin list -o json", "plugin list", "--help", "x things list -o json", "x things list"] {
        let (_reader, writer) = full_pipe();
        let mut command = sandbox.command(line.split(' '));
        let mut child = command.stdout(writer).stderr(Stdio::null()).spawn().unwrap();
        drop(command);
        std::thread::sleep(Duration::from_millis(300));
        kill(child.id(), Signal::INT);
        let status = child.status_in_time();
        assert!(is_ended_by(status, Signal::INT) || status.code() == Some(130), "{line}: {status:?}");
    }
}

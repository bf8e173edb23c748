//! The backend as a process: its document, and its responses to requests without a token.
//!
//! That there is a test here makes cargo build the binary for `cargo test --workspace`, where the tests of everestctl
//! find it: they run every command against a PostgreSQL.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::process::{Child, Command, Stdio};

struct Backend {
    child: Child,
    address: String,
}

impl Backend {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plugin-sql"));
        command
            .env_clear()
            .env("PORT", "0")
            .env("EVEREST_API_URL", "http://127.0.0.1:9")
            .stderr(Stdio::piped());
        Self::of(command)
    }

    /// Starts it, and waits until it says where it listens.
    fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on ").unwrap().split(',').next().unwrap().to_owned();
        Self { child, address }
    }

    /// The status and the body of the answer.
    fn ask(&self, first: &str, more: &str) -> (String, String) {
        let (status, _, body) = self.whole(first, more);
        (status, body)
    }

    /// The same, with the head between them.
    fn whole(&self, first: &str, more: &str) -> (String, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "{first} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].to_owned(), head.to_owned(), body.to_owned())
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_describes_itself_and_does_nothing_for_strangers() {
    let backend = Backend::start();
    assert_eq!(backend.ask("GET /healthz", ""), ("200".to_owned(), "ok".to_owned()));
    let (status, head, document) = backend.whole("GET /openapi.json", "");
    assert_eq!(status, "200");
    for word in ["\"openapi\":\"3.1.0\"", "/api/query", "\"x-cli-name\":\"describe\"", "application/sql"] {
        assert!(document.contains(word), "{word}");
    }
    let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    assert_eq!(backend.ask("GET /openapi.json", &format!("if-none-match: {etag}\r\n")).0, "304");
    for (path, media, word) in [
        ("/main.js", "text/javascript; charset=utf-8", "registerExtension"),
        ("/licenses.txt", "text/plain; charset=utf-8", "@codemirror/view"),
    ] {
        let (status, head, body) = backend.whole(&format!("GET {path}"), "");
        assert_eq!(status, "200", "{path}");
        assert!(head.contains(&format!("content-type: {media}")), "{head}");
        assert!(body.contains(word), "{path}");
        let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
        assert_eq!(backend.ask(&format!("GET {path}"), &format!("if-none-match: {etag}\r\n")).0, "304");
    }
    for route in ["GET /api/instances", "GET /api/databases?instance=x"] {
        let (status, body) = backend.ask(route, "");
        assert_eq!((status.as_str(), body.as_str()), ("401", r#"{"error":"missing auth token"}"#), "{route}");
    }
    let (status, body) = backend.ask("GET /api/instances", "authorization: Bearer x\r\n");
    assert_eq!(
        (status.as_str(), body.as_str()),
        ("502", r#"{"error":"the OpenEverest API is not reachable"}"#)
    );
    assert_eq!(backend.ask("GET /nothing", "").0, "404");
}

#[test]
fn a_wrong_environment_is_said() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_plugin-sql")).env_clear().env("PORT", "http").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("could not start: PORT: "), "{said}");
}

/// The backend with `socket` at descriptor 3, started by what is in `variables` of a shell.
fn handed(socket: impl Into<OwnedFd>, variables: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    // Only a shell knows its own number before it becomes another program.
    let script = format!("exec 3<&0 0</dev/null; {variables} exec \"$0\"");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_plugin-sql")]);
    command.env_clear().env("PORT", "0").env("EVEREST_API_URL", "http://127.0.0.1:9");
    command.stdin(Stdio::from(socket.into())).stderr(Stdio::piped());
    command
}

#[test]
fn a_socket_that_is_handed_over_is_the_one_that_it_listens_at() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // Who comes too early waits: the place is never free for another process.
    let mut early = TcpStream::connect(&address).unwrap();
    early.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let backend = Backend::of(handed(listener, "LISTEN_PID=$$ LISTEN_FDS=1"));
    assert_eq!(backend.address, address);
    let mut answer = String::new();
    early.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\nok"), "{answer}");
    assert_eq!(backend.ask("GET /healthz", ""), ("200".to_owned(), "ok".to_owned()));
    // Nothing that it might start would inherit it.
    let facts = std::fs::read_to_string(format!("/proc/{}/fdinfo/3", backend.child.id())).unwrap();
    let flags = facts.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim();
    assert_eq!(u32::from_str_radix(flags, 8).unwrap() & 0o2_000_000, 0o2_000_000, "{facts}");
}

#[test]
fn a_socket_for_another_process_is_not_touched() {
    for variables in
        ["LISTEN_PID=1 LISTEN_FDS=1", "LISTEN_PID=$$ LISTEN_FDS=0", "LISTEN_PID=$$", "LISTEN_FDS="]
    {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let backend = Backend::of(handed(listener, variables));
        assert_ne!(backend.address, address, "{variables}");
        assert_eq!(backend.ask("GET /healthz", "").0, "200", "{variables}");
    }
}

#[test]
fn a_socket_that_cannot_be_used_is_said_and_no_other_is_taken() {
    let listener = || OwnedFd::from(TcpListener::bind("127.0.0.1:0").unwrap());
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = std::env::temp_dir().join(format!("plugin-sql-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let local = UnixListener::bind(folder.join("socket")).unwrap();
    for (socket, variables, why) in [
        (listener(), "LISTEN_PID=$$ LISTEN_FDS=2", "expected one, got several"),
        (listener(), "LISTEN_PID=$$ LISTEN_FDS=one", "invalid digit"),
        (listener(), "LISTEN_PID=$$ LISTEN_FDS=-1", "invalid digit"),
        (listener(), "LISTEN_PID=$$ LISTEN_FDS=4000000000", "too large"),
        (
            UdpSocket::bind("127.0.0.1:0").unwrap().into(),
            "LISTEN_PID=$$ LISTEN_FDS=1",
            "is not a valid tcp socket",
        ),
        (
            TcpStream::connect(peer.local_addr().unwrap()).unwrap().into(),
            "LISTEN_PID=$$ LISTEN_FDS=1",
            "it is not listening",
        ),
        (local.into(), "LISTEN_PID=$$ LISTEN_FDS=1", "is not a valid tcp socket"),
        (std::fs::File::open("/dev/null").unwrap().into(), "LISTEN_PID=$$ LISTEN_FDS=1", "is not a socket"),
    ] {
        let output = handed(socket, variables).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{variables}: {said}");
        assert!(
            said.starts_with("could not start: ") && said.contains("LISTEN_FDS") && said.contains(why),
            "{said}"
        );
    }
    std::fs::remove_dir_all(folder).unwrap();
}

//! The backend as a process: what it says of itself, and what it says to whoever shows no token.
//!
//! That there is a test here makes cargo build the binary for `cargo test --workspace`, where the tests of everestctl
//! find it: they run every command against a PostgreSQL.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

struct Backend {
    child: Child,
    address: String,
}

impl Backend {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_plugin-sql"))
            .env_clear()
            .env("PORT", "0")
            .env("EVEREST_API_URL", "http://127.0.0.1:9")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
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
    for route in ["GET /api/instances", "GET /api/databases?instance=x"] {
        let (status, body) = backend.ask(route, "");
        assert_eq!((status.as_str(), body.as_str()), ("401", r#"{"error":"missing auth token"}"#), "{route}");
    }
    let (status, body) = backend.ask("GET /api/instances", "authorization: Bearer x\r\n");
    assert_eq!(
        (status.as_str(), body.as_str()),
        ("502", r#"{"error":"the OpenEverest API cannot be reached"}"#)
    );
    assert_eq!(backend.ask("GET /nothing", "").0, "404");
}

#[test]
fn a_wrong_environment_is_said() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_plugin-sql")).env_clear().env("PORT", "http").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("cannot start: PORT: "), "{said}");
}

//! How many connections a user gets: against a server and a database that are made of a few lines, and stand still.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_mins(2);

/// A database that lets everybody in and then does nothing. Each connection is told of.
fn database() -> (u16, Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut length = [0; 4];
            stream.read_exact(&mut length).unwrap();
            let mut rest = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap() - 4];
            stream.read_exact(&mut rest).unwrap();
            // You are whom you say, and I am ready.
            stream.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I").unwrap();
            let _ = tell.send(stream);
        }
    });
    (port, told)
}

/// A server that accepts the tokens that end in `good`, and calls `opaque-NAME-…` by name.
fn server(database: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let first = lines.next().unwrap_or_default();
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let token =
                head.iter().find_map(|line| line.strip_prefix("authorization: Bearer ")).unwrap_or_default();
            let (status, body) = if !token.ends_with("good") {
                ("401 Unauthorized", r#"{"message": "invalid or expired jwt"}"#.to_owned())
            } else if first.contains("/plugin-context") {
                let name = token.split('-').nth(1).unwrap_or_default();
                ("200 OK", format!(r#"{{"user": "{name}", "groups": [], "namespaces": []}}"#))
            } else {
                let uri = format!("postgresql://u@127.0.0.1:{database}/d?sslmode=disable");
                ("200 OK", format!(r#"{{"type": "postgresql", "uri": "{uri}"}}"#))
            };
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
        }
    });
    port
}

struct Backend {
    child: Child,
    address: String,
    connections: Receiver<TcpStream>,
    /// Those that came.
    held: Vec<TcpStream>,
}

impl Backend {
    fn start() -> Self {
        let (port, connections) = database();
        let mut child = Command::new(env!("CARGO_BIN_EXE_plugin-sql"))
            .env_clear()
            .env("PORT", "0")
            .env("EVEREST_API_URL", format!("http://127.0.0.1:{}", server(port)))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on ").unwrap().split(',').next().unwrap().to_owned();
        Self { child, address, connections, held: Vec::new() }
    }

    /// Asks what runs, and whether to go on with that.
    fn ask(&self, token: &str, follow: bool, more: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let target = format!("/api/activity?instance=shop&namespace=prod&follow={follow}");
        let head = format!(
            "GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n"
        );
        write!(stream, "{head}{more}\r\n").unwrap();
        stream
    }

    /// Asks, and the database is reached.
    #[track_caller]
    fn sits(&mut self, token: &str, follow: bool) -> TcpStream {
        let stream = self.ask(token, follow, "");
        self.held.push(self.connections.recv_timeout(LONG).unwrap());
        stream
    }

    /// Asks, and is refused: the status and the body.
    fn refused(&self, token: &str, follow: bool, more: &str) -> (String, String) {
        let mut answer = String::new();
        self.ask(token, follow, more).read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].to_owned(), body.to_owned())
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A token with these claims; the server looks at the end of it alone.
fn token(claims: &str, end: &str) -> String {
    format!("e30.{}.{end}", BASE64_URL_SAFE_NO_PAD.encode(claims))
}

fn of(user: &str, number: usize) -> String {
    token(&format!(r#"{{"iss": "everest", "sub": "{user}:login", "jti": "{number}"}}"#), "good")
}

#[test]
fn signing_in_again_gives_no_more_places() {
    let mut backend = Backend::start();
    let mut open: Vec<TcpStream> = (0..16).map(|number| backend.sits(&of("dana", number), false)).collect();
    let full = "you already have 16 running statements, which is the maximum";
    for number in 16..20 {
        let (status, body) = backend.refused(&of("dana", number), false, "");
        assert!(status == "429" && body.contains(full), "{status} {body}");
    }
    // Another kind of token, and headers that name another user, change nothing.
    let key = token(r#"{"iss": "everest", "sub": "dana:apiKey"}"#, "good");
    let eve = token(r#"{"iss": "everest", "sub": "eve"}"#, "forged");
    let stated = format!("x-everest-user: {eve}\r\nx-forwarded-user: eve\r\n");
    for (token, more) in [(&key, ""), (&of("dana", 20), &stated)] {
        assert_eq!(backend.refused(token, false, more).0, "429");
    }
    // A forged token takes no place from the user it names: the server has not accepted it.
    for number in 0..20 {
        let claims = format!(r#"{{"iss": "everest", "sub": "eve:login", "jti": "{number}"}}"#);
        assert_eq!(backend.refused(&token(&claims, "forged"), false, "").0, "401");
    }
    open.extend((0..16).map(|number| backend.sits(&of("eve", number), false)));
    assert_eq!(backend.refused(&of("eve", 16), false, "").0, "429");
    // A user of the same name elsewhere is another one.
    let elsewhere = token(r#"{"iss": "https://idp", "sub": "dana"}"#, "good");
    open.push(backend.sits(&elsewhere, false));
}

#[test]
fn a_token_that_says_nothing_is_asked_about() {
    let mut backend = Backend::start();
    let mut open: Vec<TcpStream> =
        (0..16).map(|number| backend.sits(&format!("opaque-carol-{number}-good"), false)).collect();
    assert_eq!(backend.refused("opaque-carol-16-good", false, "").0, "429");
    // It is the same user who has a token that says so.
    assert_eq!(backend.refused(&of("carol", 1), false, "").0, "429");
    open.push(backend.sits("opaque-dana-1-good", false));
}

#[test]
fn following_leaves_places_for_statements_and_for_others() {
    let mut backend = Backend::start();
    let mut open: Vec<TcpStream> = (0..4).map(|number| backend.sits(&of("dana", number), true)).collect();
    for number in 4..20 {
        let (status, body) = backend.refused(&of("dana", number), true, "");
        assert!(
            status == "429" && body.contains("you already follow the activity 4 times"),
            "{status} {body}"
        );
    }
    open.push(backend.sits(&of("dana", 20), false));
    // Many users who follow leave room for one who does not.
    for user in 1..8 {
        open.extend((0..4).map(|number| backend.sits(&of(&format!("user-{user}"), number), true)));
    }
    let (status, body) = backend.refused(&of("late", 1), true, "");
    assert!(status == "429" && body.contains("too many users are following the activity"), "{status} {body}");
    open.push(backend.sits(&of("late", 2), false));
}

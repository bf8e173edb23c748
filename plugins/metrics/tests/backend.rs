//! The backend as a process, between an OpenEverest API and a Prometheus that do what they should not.
//!
//! That there is a test here makes cargo build the binary for `cargo test --workspace`, where the tests of everestctl
//! find it: they run every command against a Prometheus with real exporters.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A server that answers as `answer` says, and keeps what was asked.
struct Server {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (asked, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let kept = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                thread::spawn(move || one(stream, &kept, &*answer));
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn one(mut stream: TcpStream, kept: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> String) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while reader.read_line(&mut head).is_ok_and(|length| length > 2) {}
    let length = head.to_ascii_lowercase();
    let length = length.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    let request = format!("{head}{}", String::from_utf8(body).unwrap());
    kept.lock().unwrap().push(request.clone());
    let _ = stream.write_all(answer(&request).as_bytes());
}

fn response(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// An OpenEverest API as strict as the real one: 401 without a token that it knows, the namespaces of its user.
fn everest() -> Server {
    Server::start(|request| {
        let bearer = request.lines().find_map(|line| line.strip_prefix("authorization: Bearer "));
        match bearer {
            None => response("400 Bad Request", r#"{"message":"missing or malformed jwt"}"#),
            Some("alice") => response("200 OK", r#"["a","a.b"]"#),
            Some("nobody") => response("200 OK", "[]"),
            Some("empty") => response("200 OK", r#"[""]"#),
            Some("huge") => response("200 OK", &format!("[\"{}\"]", "x".repeat(5_000_000))),
            Some("odd") => response("200 OK", r#"{"items":[]}"#),
            Some(_) => response("401 Unauthorized", r#"{"message":"invalid or expired jwt"}"#),
        }
    })
}

struct Backend {
    child: Child,
    address: String,
}

impl Backend {
    fn start(everest: &str, prometheus: &str, more: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plugin-metrics"));
        command
            .env_clear()
            .env("PORT", "0")
            .env("EVEREST_API_URL", format!("http://{everest}"))
            .env("PROMETHEUS_URL", format!("http://{prometheus}"))
            .env("QUERY_TIMEOUT_SECONDS", "1")
            .envs(more.iter().copied())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}"));
        let address = address.split(',').next().unwrap().to_owned();
        assert!(!line.contains("sesame"), "{line}");
        Self { child, address }
    }

    /// The status and the body of the answer.
    fn ask(&self, path: &str, token: &str) -> (u16, String) {
        let (status, _, body) = self.whole(path, &format!("authorization: Bearer {token}\r\n"));
        (status, body)
    }

    fn whole(&self, path: &str, more: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{more}\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), head.to_owned(), body.to_owned())
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
    let backend = Backend::start("127.0.0.1:9", "127.0.0.1:9", &[]);
    assert_eq!(backend.ask("/healthz", "").1, "ok");
    let (status, head, document) = backend.whole("/openapi.json", "");
    assert_eq!(status, 200);
    for word in ["\"openapi\":\"3.1.0\"", "/api/query", "\"x-cli-name\":\"dashboard\"", "x-cli-plot"] {
        assert!(document.contains(word), "{word}");
    }
    let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    assert_eq!(backend.whole("/openapi.json", &format!("if-none-match: {etag}\r\n")).0, 304);
    // The page is for everybody.
    for (path, media, word) in [
        ("/main.js", "text/javascript; charset=utf-8", "globalDashboardWidget"),
        ("/licenses.txt", "text/plain; charset=utf-8", "@mui/material"),
    ] {
        let (status, head, body) = backend.whole(path, "");
        assert_eq!(status, 200, "{path}");
        assert!(head.contains(&format!("content-type: {media}")) && head.contains("nosniff"), "{head}");
        assert!(body.contains(word), "{path}");
        let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
        assert_eq!(backend.whole(path, &format!("if-none-match: {etag}\r\n")).0, 304);
    }
    for path in
        ["/api/query?expr=up", "/api/top", "/api/dashboards", "/api/alerts", "/api/labels", "/api/metrics"]
    {
        let (status, _, body) = backend.whole(path, "");
        assert_eq!((status, body.as_str()), (401, r#"{"error":"missing auth token"}"#), "{path}");
        assert_eq!(backend.whole(path, "authorization: Basic x\r\n").0, 401, "{path}");
        let (status, body) = backend.ask(path, "x");
        assert_eq!(
            (status, body.as_str()),
            (502, r#"{"error":"the OpenEverest API is not reachable"}"#),
            "{path}"
        );
    }
    assert_eq!(backend.whole("/nothing", "").0, 404);
}

#[test]
fn nothing_is_asked_of_prometheus_for_who_may_see_nothing() {
    let (everest, prometheus) = (everest(), Server::start(|_| response("200 OK", "{}")));
    let backend = Backend::start(&everest.address, &prometheus.address, &[]);
    for (token, status, words) in [
        ("nobody", 403, "there is no namespace that you may see"),
        ("empty", 403, "there is no namespace that you may see"),
        ("mallory", 401, "invalid or expired jwt"),
        ("huge", 502, "the response of the OpenEverest API is too large"),
        ("odd", 502, "unexpected response from the OpenEverest API"),
    ] {
        for path in [
            "/api/query?expr=up",
            "/api/query?expr=vector(1)",
            "/api/labels",
            "/api/alerts",
            "/api/metrics",
            "/api/top",
        ] {
            let (found, body) = backend.ask(path, token);
            assert_eq!(found, status, "{token} {path}: {body}");
            assert!(body.contains(words), "{token} {path}: {body}");
        }
    }
    // Another cluster may have a namespace of that name: its namespaces say nothing of the metrics here.
    let (status, body) = backend.ask("/api/query?expr=up&k8sCluster=other", "alice");
    assert_eq!((status, body.contains("no metrics of the cluster `other` here")), (404, true), "{body}");
    // What is wrong with a request is said to who has been let in.
    for path in ["/api/query", "/api/query?expr=up&maxSeries=x", "/api/top?by=x", "/api/alerts?state=x"] {
        assert_eq!((backend.ask(path, "mallory").0, backend.ask(path, "alice").0), (401, 400), "{path}");
    }
    let (_, body) = backend.ask("/api/query?expr=info(up)", "alice");
    assert!(body.contains("info() cannot be limited to your namespaces"), "{body}");
    assert!(prometheus.asked().is_empty(), "{:?}", prometheus.asked());
}

#[test]
fn prometheus_is_asked_with_the_matcher_and_its_own_token() {
    let everest = everest();
    let empty = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
    let prometheus = Server::start(move |_| response("200 OK", empty));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "sesame\n").unwrap();
    let backend = Backend::start(
        &everest.address,
        &prometheus.address,
        &[("PROMETHEUS_TOKEN_FILE", file.to_str().unwrap()), ("NAMESPACE_LABEL", "exported_namespace")],
    );
    assert_eq!(backend.ask("/api/query?expr=up", "alice").0, 200);
    // A token that is renewed counts with the next request.
    std::fs::write(&file, "open sesame").unwrap();
    assert_eq!(backend.ask("/api/query?expr=up&namespace=a", "alice").0, 200);
    let asked = prometheus.asked();
    assert!(asked[0].contains("authorization: Bearer sesame\r\n"), "{}", asked[0]);
    assert!(asked[1].contains("authorization: Bearer open sesame\r\n"), "{}", asked[1]);
    // `up{exported_namespace=~"a|a\\.b"}`
    assert!(
        asked[0].contains("query=up%7Bexported_namespace%3D%7E%22a%7Ca%5C%5C.b%22%7D&time="),
        "{}",
        asked[0]
    );
    assert!(asked[1].contains("query=up%7Bexported_namespace%3D%7E%22a%22%7D&time="), "{}", asked[1]);
    assert!(!asked.concat().contains("alice"), "the caller's token is for the OpenEverest API alone");
    std::fs::remove_file(&file).unwrap();
    let (status, body) = backend.ask("/api/query?expr=up", "alice");
    assert_eq!((status, body.contains("PROMETHEUS_TOKEN_FILE")), (502, true), "{body}");
}

#[test]
fn what_prometheus_does_wrong_is_said() {
    let everest = everest();
    let prometheus = Server::start(|request| {
        let of = |word: &str| request.contains(&format!("query={word}%7B"));
        if of("slow") {
            thread::sleep(Duration::from_secs(20));
        }
        if of("huge") {
            return response("200 OK", &format!("\"{}\"", "x".repeat(34 * 1024 * 1024)));
        }
        if of("bad") {
            return response(
                "400 Bad Request",
                r#"{"status":"error","errorType":"bad_data","error":"no \u001b[31m good"}"#,
            );
        }
        if of("late") {
            return response(
                "503 Service Unavailable",
                r#"{"status":"error","errorType":"timeout","error":"query timed out"}"#,
            );
        }
        if of("closed") {
            return response("403 Forbidden", "go away");
        }
        if of("html") {
            return response("200 OK", "<html>");
        }
        if of("moved") {
            return response("302 Found\r\nlocation: http://127.0.0.1:9/", "");
        }
        response("500 Internal Server Error", "")
    });
    let backend = Backend::start(&everest.address, &prometheus.address, &[]);
    for (metric, status, words) in [
        ("slow", 504, "Prometheus took too long"),
        ("huge", 422, "the result is too large"),
        ("bad", 400, "Prometheus says: no "),
        ("late", 504, "Prometheus says: query timed out"),
        ("closed", 502, "Prometheus does not let the plugin in (403 Forbidden)"),
        ("html", 502, "unexpected response from Prometheus"),
        ("moved", 502, "Prometheus answered 302 Found"),
        ("other", 502, "Prometheus answered 500"),
    ] {
        let (found, body) = backend.ask(&format!("/api/query?expr={metric}"), "alice");
        assert_eq!(found, status, "{metric}: {body}");
        assert!(body.contains(words) && !body.contains('\u{1b}'), "{metric}: {body}");
    }
}

#[test]
fn one_user_does_not_keep_all_others_out() {
    let everest = everest();
    let prometheus = Server::start(|_| {
        thread::sleep(Duration::from_secs(2));
        response("200 OK", r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#)
    });
    let backend = Backend::start(&everest.address, &prometheus.address, &[]);
    let ask = || backend.ask("/api/query?expr=up", "alice").0;
    thread::scope(|scope| {
        let all: Vec<_> = (0..12).map(|_| scope.spawn(ask)).collect();
        let start = Instant::now();
        while prometheus.asked().len() < 8 {
            assert!(start.elapsed() < Duration::from_secs(10));
            thread::sleep(Duration::from_millis(10));
        }
        // The others wait for a place, and get it.
        thread::sleep(Duration::from_millis(300));
        assert_eq!(prometheus.asked().len(), 8);
        let statuses: Vec<u16> = all.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    });
}

#[test]
fn a_wrong_environment_is_said() {
    for (name, value) in [
        ("PORT", "http"),
        ("PROMETHEUS_URL", "ftp://x"),
        ("NAMESPACE_LABEL", "a-b"),
        ("QUERY_TIMEOUT_SECONDS", "soon"),
        ("PROMETHEUS_CA_FILE", "/nowhere"),
        ("PROMETHEUS_CA_FILE", "/dev/null"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plugin-metrics"));
        let output = command.env_clear().env("PORT", "0").env(name, value).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        let last = said.lines().last().unwrap();
        assert!(last.starts_with(&format!("could not start: {name}: ")), "{name}: {said}");
    }
}

#[test]
fn it_ends_when_asked_and_first_answers_what_has_begun() {
    let everest = everest();
    let prometheus = Server::start(|_| {
        thread::sleep(Duration::from_secs(1));
        response("200 OK", r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#)
    });
    let mut backend = Backend::start(&everest.address, &prometheus.address, &[]);
    let start = Instant::now();
    let (address, pid) = (backend.address.clone(), backend.child.id().to_string());
    let asking = thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET /api/query?expr=up HTTP/1.1\r\nhost: x\r\nauthorization: Bearer alice\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        answer
    });
    while prometheus.asked().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(10));
    }
    assert!(Command::new("/bin/kill").arg(&pid).status().unwrap().success());
    assert_eq!(asking.join().unwrap(), "HTTP/1.1 200 OK\r\n");
    assert_eq!(backend.child.wait().unwrap().code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(5));
}

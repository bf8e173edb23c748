//! The development host's proxy: what reaches a backend, and what comes back.

use crate::support::Sandbox;
use crate::support::client::{ask, header, open};
use crate::support::host::{SERVICE, host_of, manifest, with_backend};
use crate::support::http::{Reply, Server, json, nobody, response};
use crate::support::sandbox::eventually;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::Duration;

const X: &str = "/v1/clusters/main/plugins/x";

/// A backend that says `ok` to everything.
fn backend() -> Server {
    Server::start(|_| Reply::Bytes(json("{\"ok\":true}")))
}

fn custom(serve: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> Server {
    Server::start(move |_| Reply::Connection(Box::new(serve.clone())))
}

#[test]
fn path_query_and_headers_reach_the_backend_as_they_are() {
    let server = backend();
    let sandbox = with_backend(&server.url());
    let host = host_of(&sandbox, "");
    let session = host.sign_in();
    for (path, expected) in [
        ("", "/"),
        ("/", "/"),
        ("/api/a%2Fb/c%20d?q=1&q=%2F&empty=&x", "/api/a%2Fb/c%20d?q=1&q=%2F&empty=&x"),
        ("?only=query", "/?only=query"),
        ("//double//", "//double//"),
    ] {
        assert_eq!(session.get(&format!("{X}{path}")).status, 200, "{path}");
        assert_eq!(server.paths().last().unwrap(), expected);
    }
    let headers = [
        ("connection", "x-mine"),
        ("x-mine", "1"),
        ("te", "trailers"),
        ("keep-alive", "timeout=5"),
        ("proxy-authorization", "Basic x"),
        ("x-kept", "yes"),
        ("cookie", "a=b"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-everest-user", "forged"),
        ("x_everest_user", "forged"),
    ];
    for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let body: &[u8] = if method == "PUT" { b"hello" } else { b"" };
        assert_eq!(session.ask(&format!("{method} {X}/api"), &headers, body).status, 200, "{method}");
        let head = server.requests().last().unwrap().head.clone();
        assert!(head.starts_with(&format!("{method} /api HTTP/1.1\r\n")), "{head}");
        for gone in ["x-mine", "te", "keep-alive", "proxy-authorization"] {
            assert_eq!(header(&head, gone), None, "{head}");
        }
        assert_eq!(header(&head, "x-kept").as_deref(), Some("yes"));
        assert_eq!(header(&head, "cookie").as_deref(), Some("a=b"));
        assert_eq!(header(&head, "x-forwarded-for").as_deref(), Some("10.0.0.1, 127.0.0.1"));
        assert_eq!(header(&head, "host").unwrap(), server.url().trim_start_matches("http://"));
        assert_eq!(header(&head, "authorization").unwrap(), format!("Bearer {}", session.access));
        // Ours, signed, and only one.
        let user = header(&head, "x-everest-user").unwrap();
        assert_eq!(user.split('.').count(), 3, "{user}");
        assert_eq!(head.matches("everest").count(), 1, "{head}");
    }
    let line = format!("audit user=admin plugin=x PUT {X}/api 200 ");
    host.eventually_says(&line);
}

#[test]
fn head_has_no_body_and_statuses_come_through() {
    let server = Server::start(|request| {
        Reply::Bytes(match request.path.as_str() {
            "/teapot" => response("418 I'm a teapot", "text/plain", b"short and stout"),
            _ => b"HTTP/1.1 200 OK\r\ncontent-length: 1234\r\nconnection: close\r\n\r\n".to_vec(),
        })
    });
    let sandbox = with_backend(&server.url());
    let host = host_of(&sandbox, "");
    let session = host.sign_in();
    let teapot = session.get(&format!("{X}/teapot"));
    assert_eq!((teapot.status, teapot.text().as_str()), (418, "short and stout"));
    let head = session.ask(&format!("HEAD {X}/"), &[], b"");
    assert_eq!((head.status, head.header("content-length").as_deref()), (200, Some("1234")));
    assert_eq!(head.body, b"");
}

#[test]
fn bodies_stream_both_ways_at_once() {
    // Says each chunk again as soon as it has come.
    let server = custom(|stream| {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut writer = stream;
        writer.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
        let mut size = String::new();
        while reader.read_line(&mut size).is_ok() {
            let length = usize::from_str_radix(size.trim(), 16).unwrap();
            let mut chunk = vec![0; length + 2];
            reader.read_exact(&mut chunk).unwrap();
            writer.write_all(format!("{length:x}\r\n").as_bytes()).unwrap();
            writer.write_all(&chunk).unwrap();
            if length == 0 {
                return;
            }
            size.clear();
        }
    });
    let sandbox = with_backend(&server.url());
    let host = host_of(&sandbox, "");
    let session = host.sign_in();
    let bearer = format!("Bearer {}", session.access);
    let headers = [("authorization", bearer.as_str()), ("transfer-encoding", "chunked")];
    let mut response = open(&host.address, &format!("POST {X}/echo"), &headers, b"6\r\nfirst\n\r\n");
    assert_eq!(response.line().unwrap(), "first");
    let mut upstream = response.writer();
    upstream.write_all(b"7\r\nsecond\n\r\n").unwrap();
    assert_eq!(response.line().unwrap(), "second");
    upstream.write_all(b"0\r\n\r\n").unwrap();
    assert_eq!(response.line(), None);
}

#[test]
fn events_come_one_by_one_and_a_client_that_goes_is_noticed() {
    let (gone, noticed) = mpsc::channel();
    let server = custom(move |mut stream| {
        let head =
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head).unwrap();
        let frame = b"9\r\ndata: x\n\n\r\n";
        stream.write_all(frame).unwrap();
        let mut byte = [0];
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // The proxy closes when its client does.
        if matches!(stream.read(&mut byte), Ok(0)) {
            gone.send(()).unwrap();
        }
    });
    let sandbox = with_backend(&server.url());
    let host = host_of(&sandbox, "");
    let session = host.sign_in();
    let mut stream = session.open(&format!("GET {X}/events"), &[], b"");
    assert!(stream.head.contains("text/event-stream"), "{}", stream.head);
    assert_eq!(stream.line().unwrap(), "data: x");
    drop(stream);
    noticed.recv_timeout(Duration::from_secs(10)).unwrap();
}

#[test]
fn a_websocket_becomes_one() {
    let server = custom(|mut stream| {
        let head = b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
                     sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        stream.write_all(head).unwrap();
        let mut bytes = [0; 1024];
        while let Ok(count @ 1..) = stream.read(&mut bytes) {
            stream.write_all(&bytes[..count]).unwrap();
        }
    });
    let sandbox = with_backend(&server.url());
    let host = host_of(&sandbox, "");
    let session = host.sign_in();
    let headers = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let response = session.open(&format!("GET {X}/socket"), &headers, b"");
    assert_eq!(response.status, 101, "{}", response.head);
    assert_eq!(header(&response.head, "upgrade").as_deref(), Some("websocket"));
    assert_eq!(
        header(&response.head, "sec-websocket-accept").as_deref(),
        Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    );
    let head = server.requests()[0].head.clone();
    assert_eq!(header(&head, "upgrade").as_deref(), Some("websocket"));
    let mut writer = response.writer();
    let mut reader = response.connection();
    // A masked text frame `Hello` (RFC 6455, section 5.7).
    let frame = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    for _ in 0..3 {
        writer.write_all(&frame).unwrap();
        let mut echoed = [0; 11];
        reader.read_exact(&mut echoed).unwrap();
        assert_eq!(echoed, frame);
    }
}

#[test]
fn spec_needs_a_session_for_everything_but_the_bundle_and_the_icon() {
    let server = backend();
    let sandbox = with_backend(&server.url());
    let frontend = format!("  icon: /icon.svg\n  frontend: {{bundlePath: /main.js}}\n{SERVICE}");
    sandbox.write("manifests/x/manifest.yaml", manifest("x", &frontend));
    let host = host_of(&sandbox, "");
    let without =
        |first: &str, path: &str| ask(&host.address, &format!("{first} {X}{path}"), &[], b"").status;
    assert_eq!(without("GET", "/main.js"), 200);
    assert_eq!(without("HEAD", "/icon.svg"), 200);
    for (method, path) in
        [("GET", "/api"), ("GET", "/"), ("GET", ""), ("POST", "/main.js"), ("GET", "/main.js/x")]
    {
        assert_eq!(without(method, path), 400, "{method} {path}");
    }
    // Without a session it is not said that a plugin does not exist.
    assert_eq!(without("GET", "/../y/api"), 400);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn upstream_opens_every_get_and_passes_what_the_client_says_it_is() {
    let server = backend();
    let sandbox = with_backend(&server.url());
    let host = host_of(&sandbox, "--compat upstream");
    let ask = |first: &str, path: &str| {
        ask(&host.address, &format!("{first} {X}{path}"), &[("x-everest-user", "forged")], b"")
    };
    assert_eq!(ask("GET", "/api/secret").status, 200);
    let head = server.requests()[0].head.clone();
    assert_eq!(header(&head, "x-everest-user").as_deref(), Some("forged"));
    // The bare path, and whatever is not GET, needs a session.
    assert_eq!(ask("GET", "").status, 400);
    assert_eq!(ask("POST", "/api").status, 400);
    for method in ["HEAD", "OPTIONS"] {
        assert_eq!(ask(method, "/api").status, 405, "{method}");
    }
    assert_eq!(host.sign_in().ask(&format!("POST {X}/api"), &[], b"{}").status, 200);
    let head = server.requests()[1].head.clone();
    assert_eq!(header(&head, "x-everest-user"), None);
}

#[test]
fn plugins_that_are_not_there_not_on_or_not_alive() {
    let sandbox = with_backend(&nobody());
    sandbox.write("manifests/off/manifest.yaml", manifest("off", &format!("  enabled: false\n{SERVICE}")));
    sandbox.write("manifests/bare/manifest.yaml", manifest("bare", ""));
    sandbox.write("manifests/lost/manifest.yaml", manifest("lost", SERVICE));
    for compat in ["spec", "upstream"] {
        let host = host_of(&sandbox, &format!("--compat {compat}"));
        let session = host.sign_in();
        for (name, status, expected) in [
            ("absent", 404, json!({"error": "plugin not found: absent"})),
            ("off", 404, json!({"error": "plugin is disabled: off"})),
            ("bare", 404, json!({"error": "plugin has no backend configured: bare"})),
        ] {
            let answer = session.get(&format!("/v1/clusters/main/plugins/{name}/api"));
            assert_eq!((answer.status, answer.json()), (status, expected));
        }
        let lost = session.get("/v1/clusters/main/plugins/lost/api");
        assert_eq!(lost.status, 500);
        let error = lost.json()["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with("cannot resolve plugin backend: "), "{error}");
        let dead = session.get(&format!("{X}/api"));
        assert_eq!(dead.status, 502);
        if compat == "spec" {
            let error = dead.json()["error"].as_str().unwrap().to_owned();
            assert!(error.contains("plugin `x`"), "{error}");
        }
        assert_eq!(session.plugins(), ["bare", "hello", "lost", "x"]);
    }
}

#[test]
fn the_path_of_an_external_url_is_kept_and_upstream_forgets_it() {
    let server = backend();
    let sandbox = Sandbox::new();
    let external = format!("  backend: {{externalUrl: '{}/base/'}}\n", server.url());
    sandbox.write("manifests/x/manifest.yaml", manifest("x", &external));
    for (compat, expected) in [("spec", "/base/api?q"), ("upstream", "/api?q")] {
        let host = host_of(&sandbox, &format!("--compat {compat}"));
        assert_eq!(host.sign_in().get(&format!("{X}/api?q")).status, 200);
        assert_eq!(server.paths().last().unwrap(), expected);
    }
}

#[test]
fn a_secret_file_goes_out_instead_of_the_callers_credentials() {
    let server = backend();
    let sandbox = with_backend(&server.url());
    sandbox.write("manifests/x/secret", "s3cret\n");
    sandbox.write("manifests/x/host.yaml", format!("url: {}\ncredentialsFile: secret\n", server.url()));
    let host = host_of(&sandbox, "");
    let session = host.sign_in();
    assert_eq!(session.ask(&format!("GET {X}/api"), &[("cookie", "a=b")], b"").status, 200);
    let head = server.requests()[0].head.clone();
    assert_eq!(header(&head, "authorization").as_deref(), Some("Bearer s3cret"));
    assert_eq!(header(&head, "cookie"), None);
    assert!(!host.lines().concat().contains("s3cret"));
}

#[test]
fn the_built_in_plugin_shows_each_thing_once() {
    let sandbox = Sandbox::new();
    let host = crate::support::host::Host::start(&sandbox, "");
    let session = host.sign_in();
    let hello = "/v1/clusters/main/plugins/hello";
    assert_eq!(session.get(&format!("{hello}/openapi.json")).json()["openapi"], "3.1.0");
    let greeting = session.get(&format!("{hello}/api/greet/Ada%20L?language=de"));
    assert_eq!(greeting.json()["message"], "Hallo, Ada L!");
    let json_type = [("content-type", "application/json")];
    let job = session.ask(&format!("POST {hello}/api/jobs"), &json_type, br#"{"seconds":1}"#);
    assert_eq!(job.status, 202);
    let state = |id: &Value| session.get(&format!("{hello}/api/jobs/{}", id.as_str().unwrap())).json();
    assert_eq!(state(&job.json()["id"])["status"], "running");
    eventually("the job ends", || state(&job.json()["id"])["status"] != "running");
    assert_eq!(state(&job.json()["id"]), json!({"id": "1", "status": "succeeded", "percent": 100}));
    let mut ticks = session.open(&format!("GET {hello}/api/ticks?count=3&intervalMs=10"), &[], b"");
    for number in 1..=3 {
        assert_eq!(ticks.line_with("data: "), format!("data: {{\"number\":{number}}}"));
    }
    let echo = session.ask(&format!("POST {hello}/api/echo"), &[], b"as it is");
    assert_eq!(echo.text(), "as it is");
}

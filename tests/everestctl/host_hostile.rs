//! The development host under attack: by a program that reaches its port, by a page in the developer's browser, by a user
//! who wants more than the policy gives.

use crate::support::InTime as _;
use crate::support::Sandbox;
use crate::support::client::{self, header};
use crate::support::host::{Host, SERVICE, Session, host_of, manifest, with_backend, with_users};
use crate::support::http::{Reply, Server, json as json_answer};
use crate::support::sandbox::eventually;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

const X: &str = "/v1/clusters/main/plugins/x";
const JSON: (&str, &str) = ("content-type", "application/json");

/// A backend that says `ok` to everything.
fn backend() -> Server {
    Server::start(|_| Reply::Bytes(json_answer("{\"ok\":true}")))
}

/// A plugin `x` with a public bundle and icon.
fn with_bundle(url: &str) -> Sandbox {
    let sandbox = with_backend(url);
    let frontend = format!("  icon: /icon.svg\n  frontend: {{bundlePath: /main.js}}\n{SERVICE}");
    sandbox.write("manifests/x/manifest.yaml", manifest("x", &frontend));
    sandbox
}

/// Sends these bytes and gives the status and the whole answer; 0 when the connection just ends.
fn raw(host: &Host, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(&host.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default(), answer)
}

/// A request with exactly these headers.
fn with_headers(host: &Host, first: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let lines = lines.concat();
    raw(host, &format!("{first} HTTP/1.1\r\n{lines}connection: close\r\n\r\n"))
}

fn password(user: &str, password: &str) -> Value {
    json!({"grant_type": "password", "username": user, "password": password})
}

/// The memory that a process has, in KiB.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn nobody_writes_lines_of_the_log_that_are_not_the_hosts_own() {
    let sandbox = with_bundle(&backend().url());
    let host = host_of(&sandbox, "");
    let admin = host.sign_in();
    let forged =
        "%1b]0;owned%07%1b[2J%0d%0aaudit%20user=admin%20plugin=hello%20DELETE%20/v1/all%20200%201ms%0a";
    let more = [
        "%c2%9b31m",
        "%e2%80%ae",
        "%e2%80%a8audit%20user=admin",
        "x%20user=admin%20plugin=y",
        "%22%20user=admin",
        "%00",
        "%ff",
    ];
    for evil in more.iter().chain([&forged]) {
        for path in [
            format!("/v1/clusters/main/plugins/{evil}/y"),
            format!("/v1/clusters/main/plugins/x{evil}"),
            format!("/v1/clusters/{evil}/plugins/x/y"),
            format!("/v1/plugins/{evil}/y"),
            format!("{X}/y={evil} user=admin").replace(' ', "%20"),
        ] {
            client::ask(&host.address, &format!("GET {path}"), &[], b"");
            admin.get(&path);
        }
    }
    host.token(&password("x\u{1b}[31m\naudit user=admin plugin=x", "wrong"));
    with_headers(&host, "GET /v1/settings", &[("host", "evil user=admin")]);
    raw(
        &host,
        &format!(
            "AUDIT!USER#{} {X} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
            "M".repeat(300)
        ),
    );
    let long = format!("{X}/{}", "a".repeat(20_000));
    client::ask(&host.address, &format!("GET {long}"), &[], b"");
    admin.get(&format!("{X}/last"));
    host.eventually_says("/last 200 ");
    for line in host.lines() {
        assert!(
            !line.contains(|character: char| character.is_control() || character == '\u{202e}'),
            "{line:?}"
        );
        assert!(line.chars().count() <= 500, "{line}");
        if line.starts_with("audit ") {
            // Outside of quotes each key is there once.
            let outside: String =
                line.replace("\\\\", "").replace("\\\"", "").split('"').step_by(2).collect();
            assert_eq!(outside.matches("user=").count(), 1, "{line}");
            assert_eq!(outside.matches("plugin=").count(), 1, "{line}");
            assert!(line.ends_with("ms"), "{line}");
        }
    }
    assert!(
        !host.lines().iter().any(|line| line.contains("DELETE") && !line.contains('"')),
        "{:?}",
        host.lines()
    );
}

#[test]
fn the_log_does_not_pile_up_behind_a_terminal_that_stands_still() {
    let sandbox = Sandbox::new();
    let mut child =
        sandbox.command(["host", "run", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    let address = loop {
        line.clear();
        stderr.read_line(&mut line).unwrap();
        if let Some(address) = line.strip_prefix("listening on http://") {
            break address.trim().to_owned();
        }
    };
    // From here on the output is not read.
    let request = format!(
        "GET /v1/clusters/main/plugins/hello/{} HTTP/1.1\r\nhost: {address}\r\n\r\n",
        "a".repeat(20_000)
    );
    let mut stream = BufReader::new(TcpStream::connect(&address).unwrap());
    let mut ask = |count: usize| {
        for _ in 0..count {
            stream.get_mut().write_all(request.as_bytes()).unwrap();
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert!(stream.read_line(&mut head).unwrap() > 0);
            }
            let mut body = vec![0; header(&head, "content-length").unwrap().parse().unwrap()];
            stream.read_exact(&mut body).unwrap();
        }
    };
    ask(500);
    let before = resident(child.id());
    ask(4000);
    let grown = resident(child.id()).saturating_sub(before);
    assert!(grown < 20 * 1024, "{grown} KiB");
    // As soon as the output is read again, it says what is missing.
    let mut text = String::new();
    while !text.ends_with(" lines dropped\n") {
        text.clear();
        assert!(stderr.read_line(&mut text).unwrap() > 0, "it never says how many");
    }
    child.kill().unwrap();
    child.status_in_time();
}

#[test]
fn another_cluster_is_not_there_however_it_is_spelled() {
    let server = backend();
    let sandbox = with_bundle(&server.url());
    sandbox.write(
        "policy.csv",
        "p, dana, plugins, *, staging/*\np, dana, plugins, *, Main/*\np, dana, plugins, *, */x/*\n\
         p, dana, namespaces, read, staging/*\n",
    );
    let (state, secret) = with_users(&sandbox, &["dana"]);
    for compat in ["spec", "upstream"] {
        let arguments =
            format!("{state} --compat {compat} --policy {}", sandbox.path("policy.csv").display());
        let host = host_of(&sandbox, &arguments);
        let dana = host.sign_in_as("dana", &secret);
        assert_eq!(dana.ask(&format!("POST {X}/api"), &[], b"{}").status, 403);
        for cluster in [
            "staging",
            "%73taging",
            "Main",
            "MAIN",
            "main%2f",
            "main%2F..",
            "staging%2f..%2fmain",
            "main%20",
            "main%00",
            "*",
            "main.",
            "main;x",
            "m%61in%2fx",
        ] {
            for path in [
                "plugins",
                "plugins/",
                "plugin-context",
                "namespaces",
                "plugins/x",
                "plugins/x/",
                "plugins/x/api",
                "plugins/x/main.js",
                "plugins/x/icon.svg",
                "plugins/hello/api/greet/x",
                "namespaces/everest/instances",
            ] {
                let path = format!("/v1/clusters/{cluster}/{path}");
                assert_eq!(dana.get(&path).status, 404, "{compat} {path}");
                let without = client::ask(&host.address, &format!("GET {path}"), &[], b"").status;
                assert!(matches!(without, 400 | 404), "{compat} {path}: {without}");
                let posted = dana.ask(&format!("POST {path}"), &[], b"{}").status;
                assert!(matches!(posted, 404 | 405), "{compat} {path}: {posted}");
            }
        }
        for path in [
            "//v1/clusters/staging/plugins/x/api",
            "/v1/clusters/staging/../main/plugins/x/api",
            "/v1/clusters//plugins/x/api",
        ] {
            assert_eq!(dana.get(path).status, 404, "{path}");
        }
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_backend_is_told_of_the_namespaces_that_the_user_may_read() {
    let server = backend();
    let sandbox = with_backend(&server.url());
    sandbox.write(
        "policy.csv",
        "p, dana, plugins, use, main/x\np, dana, namespaces, read, main/dev\np, eve, plugins, use, main/x\n\
         p, eve, namespaces, read, other/*\n",
    );
    let (state, secret) = with_users(&sandbox, &["dana", "eve"]);
    let policy = sandbox.path("policy.csv").display().to_string();
    let host = host_of(&sandbox, &format!("{state} --policy {policy} --namespaces dev,prod"));
    for (user, expected) in [("dana", json!(["dev"])), ("eve", json!([])), ("admin", json!(["dev", "prod"]))]
    {
        let session = host.sign_in_as(user, &secret);
        assert_eq!(session.get(&format!("{X}/api")).status, 200);
        let statement = header(&server.requests().last().unwrap().head, "x-everest-user").unwrap();
        let claims = claims(&statement);
        assert_eq!((&claims["sub"], &claims["namespaces"]), (&json!(user), &expected));
        assert_eq!(session.get("/v1/clusters/main/plugin-context").json()["namespaces"], expected);
    }
}

/// The claims of a token.
fn claims(token: &str) -> Value {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in token.split('.').nth(1).unwrap().bytes() {
        let digit = DIGITS.iter().position(|digit| *digit == byte).unwrap();
        bits = (bits << 6) | u32::try_from(digit).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn a_user_is_who_they_are_and_no_role() {
    let sandbox = with_backend(&backend().url());
    sandbox.write("policy.csv", "p, dana, plugins, use, main/hello\n");
    let names = [
        "dana",
        "'admin:x'",
        "'role:admin'",
        "'*'",
        "'dana '",
        "'admin:login'",
        "' admin'",
        "\"admin\\n\"",
        "'-'",
    ];
    let (state, secret) = with_users(&sandbox, &names);
    let host = host_of(&sandbox, &format!("{state} --policy {}", sandbox.path("policy.csv").display()));
    let dana = host.sign_in_as("dana", &secret);
    assert_eq!(dana.get(&format!("{X}/api")).status, 403);
    for name in ["admin:x", "role:admin", "*", "dana ", "admin:login", " admin", "admin\n", "-"] {
        let mut status = 429;
        eventually("an attempt", || {
            status = host.token(&password(name, &secret)).status;
            status != 429
        });
        assert_eq!(status, 401, "{name:?}");
    }
    host.eventually_says("users.yaml: admin:x cannot sign in: ");
    host.eventually_says("users.yaml: \"dana \" cannot sign in: ");
    for (row, why) in [
        ("p, admin:x, plugins, use, */*", "line 2: admin:x is neither a user nor a role"),
        ("g, dana, admin", "line 2: admin is not a role"),
    ] {
        sandbox.write("policy.csv", format!("p, dana, plugins, use, main/x\n{row}\n"));
        let policy = sandbox.path("policy.csv");
        let text = sandbox.run_with([
            "host",
            "run",
            "--listen",
            "127.0.0.1:0",
            "--policy",
            policy.to_str().unwrap(),
        ]);
        let text = text.stderr_failed(1);
        assert!(text.contains(why), "{text}");
    }
}

#[test]
fn a_thousand_guesses_are_refused_at_once_and_the_right_password_is_not_behind_them() {
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "");
    let session = host.sign_in();
    let start = Instant::now();
    let guesses: Vec<_> = (0..20)
        .map(|number| {
            let address = host.address.clone();
            std::thread::spawn(move || {
                let guess = |turn: usize| {
                    let body = password(
                        if turn.is_multiple_of(2) { "admin" } else { "dana" },
                        &format!("{number}-{turn}"),
                    );
                    client::ask(&address, "POST /v1/auth/token", &[JSON], body.to_string().as_bytes())
                };
                (0..50).map(guess).collect::<Vec<_>>()
            })
        })
        .collect();
    let answers: Vec<_> = guesses.into_iter().flat_map(|guess| guess.join().unwrap()).collect();
    let tested = answers.iter().filter(|answer| answer.status == 401).count();
    let most = 6 + usize::try_from(start.elapsed().as_secs() + 1).unwrap() * 5;
    assert!(tested <= most, "{tested} of 1000 in {:?}", start.elapsed());
    assert!(answers.iter().all(|answer| answer.status == 401 || answer.header("retry-after").is_some()));
    // A session continues meanwhile, and the right password gets through with the next tries.
    let refresh = json!({"grant_type": "refresh_token", "refresh_token": session.refresh});
    let renewed = host.session(&host.token(&refresh));
    host.sign_in();
    // What was not tried is not an event.
    let epoch = epoch(&renewed);
    let failed =
        replayed(&renewed, &format!("{epoch}:0")).iter().filter(|kind| *kind == "user.login-failed").count();
    assert_eq!(failed, tested);
}

/// The name of the host's life, as events have it.
fn epoch(session: &Session<'_>) -> String {
    let mut stream = session.open("GET /v1/events", &[], b"");
    stream.line_with(": connected");
    session.host().sign_in();
    let id = stream.line_with("id: ");
    id["id: ".len()..].split(':').next().unwrap().to_owned()
}

/// The kinds of the events since `cursor`, up to a sign-in that is made now.
fn replayed(session: &Session<'_>, cursor: &str) -> Vec<String> {
    let mut stream = session.open(&format!("GET /v1/events?since={cursor}"), &[], b"");
    assert_eq!(stream.status, 200, "{}", stream.head);
    let last = json!({"grant_type": "password", "username": "the-last", "password": "x"});
    // Only what is tried is an event, and guesses before it may have used up the tries of this moment.
    eventually("the last sign-in is tried", || session.host().token(&last).status == 401);
    let mut kinds = Vec::new();
    loop {
        let kind = stream.line_with("event: ")["event: ".len()..].to_owned();
        let data = stream.line_with("data: ");
        assert!(data.len() < 1000, "{}", data.len());
        if data.contains("the-last") {
            return kinds;
        }
        kinds.push(kind);
    }
}

#[test]
fn long_names_of_whoever_cannot_sign_in_take_no_memory_and_no_cursor() {
    let sandbox = Sandbox::new();
    let host = Host::start(&sandbox, "");
    let session = host.sign_in();
    let cursor = format!("{}:1", epoch(&session));
    let flood = |name: &str| {
        let body = password(name, "x").to_string();
        for _ in 0..600 {
            client::ask(&host.address, "POST /v1/auth/token", &[JSON], body.as_bytes());
        }
    };
    // The first hashes take their memory for good: 19 MiB side by side.
    flood("n");
    let before = resident(host.pid());
    flood(&"n".repeat(60_000));
    let grown = resident(host.pid()).saturating_sub(before);
    assert!(grown < 40 * 1024, "{grown} KiB");
    assert!(replayed(&session, &cursor).len() < 60);
}

/// Whether a request without a session is answered.
fn is_answered(host: &Host) -> bool {
    client::ask(&host.address, "GET /v1/settings", &[], b"").status == 200
}

#[test]
fn connections_without_a_session_keep_nobody_out() {
    let sandbox = with_bundle(&Server::start(|_| Reply::Silence).url());
    let host = host_of(&sandbox, "--connections 20");
    let user = host.sign_in();
    let own = format!("host: {}\r\n", host.address);
    for (what, bytes) in [
        ("nothing", String::new()),
        ("a slow head", format!("GET /v1/settings HTTP/1.1\r\n{own}x-slow: ")),
        ("an idle connection", format!("GET /v1/settings HTTP/1.1\r\n{own}\r\n")),
        (
            "a slow sign-in",
            format!(
                "POST /v1/auth/token HTTP/1.1\r\n{own}content-type: application/json\r\ncontent-length: 60000\r\n\r\n{{"
            ),
        ),
        (
            "a slow revocation",
            format!("POST /v1/auth/revoke HTTP/1.1\r\n{own}transfer-encoding: chunked\r\n\r\n1\r\n"),
        ),
        (
            "an upload to the bundle",
            format!("GET {X}/main.js HTTP/1.1\r\n{own}content-length: 100000000\r\n\r\nxxxx"),
        ),
        ("a bundle that never comes", format!("GET {X}/main.js HTTP/1.1\r\n{own}\r\n")),
    ] {
        let mut held = Vec::new();
        for _ in 0..60 {
            let mut stream = TcpStream::connect(&host.address).unwrap();
            let _ = stream.write_all(bytes.as_bytes());
            held.push(stream);
        }
        assert!(is_answered(&host), "{what}");
        assert_eq!(user.get("/v1/version").status, 200, "{what}");
    }
}

#[test]
fn one_user_does_not_take_every_place() {
    let server = Server::start(|request| match request.path.as_str() {
        "/slow" => Reply::Silence,
        _ => Reply::Bytes(json_answer("{}")),
    });
    let sandbox = with_backend(&server.url());
    let (state, secret) = with_users(&sandbox, &["dana"]);
    let host = host_of(&sandbox, &format!("{state} --connections 40"));
    let (dana, admin) = (host.sign_in_as("dana", &secret), host.sign_in_as("admin", &secret));
    let streams: Vec<_> = (0..30).map(|_| dana.open("GET /v1/events", &[], b"")).collect();
    let refused: Vec<_> = streams.iter().filter(|stream| stream.status == 429).collect();
    assert_eq!(streams.len() - refused.len(), 4);
    assert!(header(&refused[0].head, "retry-after").is_some(), "{}", refused[0].head);
    assert_eq!(admin.open("GET /v1/events", &[], b"").status, 200);
    drop(streams);
    // Requests that go on count too, whatever they are.
    let bearer = format!(
        "GET {X}/slow HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\r\n",
        host.address, dana.access
    );
    // One after the other: of a crowd, those that have not said who they are go first.
    let mut held = Vec::new();
    eventually("dana has all that one user gets", || {
        let mut stream = TcpStream::connect(&host.address).unwrap();
        stream.write_all(bearer.as_bytes()).unwrap();
        held.push(stream);
        dana.get("/v1/version").status == 429
    });
    assert_eq!(admin.get("/v1/version").status, 200);
    assert_eq!(admin.get(&format!("{X}/api")).status, 200);
    assert!(is_answered(&host));
    drop(held);
    eventually("dana has room again", || dana.get("/v1/version").status == 200);
}

#[test]
fn without_a_session_neither_a_body_nor_another_protocol_reaches_a_backend() {
    let server = Server::start(|_| {
        Reply::Bytes(
            b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: pipe\r\n\r\nraw".to_vec(),
        )
    });
    let sandbox = with_bundle(&server.url());
    for compat in ["spec", "upstream"] {
        let host = host_of(&sandbox, &format!("--compat {compat}"));
        let own = ("host", host.address.as_str());
        for path in ["main.js", "icon.svg"] {
            for headers in [
                &[own, ("connection", "upgrade"), ("upgrade", "pipe")][..],
                &[own, ("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")],
                &[own, ("connection", "UPGRADE"), ("connection", "close"), ("upgrade", "h2c")],
                &[own, ("upgrade", "pipe")],
                &[own, ("content-length", "5")],
                &[own, ("transfer-encoding", "chunked")],
            ] {
                for method in ["GET", "HEAD"] {
                    let (status, answer) = with_headers(&host, &format!("{method} {X}/{path}"), headers);
                    assert!(matches!(status, 400 | 405), "{compat} {headers:?}: {answer}");
                }
            }
        }
        assert_eq!(server.requests().len(), 0, "{compat}");
    }
    // A backend that switches protocols unasked gets no pipe.
    let host = host_of(&sandbox, "");
    let (status, answer) =
        with_headers(&host, &format!("GET {X}/main.js"), &[("host", host.address.as_str())]);
    assert_eq!(status, 502, "{answer}");
}

#[test]
fn a_tunnel_has_a_place_like_every_connection() {
    let server = Server::start(|_| {
        Reply::Connection(Box::new(|mut stream: TcpStream| {
            let head = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: pipe\r\n\r\n";
            stream.write_all(head).unwrap();
            let _ = stream.read(&mut [0; 64]);
        }))
    });
    let sandbox = with_backend(&server.url());
    let (state, secret) = with_users(&sandbox, &["dana"]);
    let host = host_of(&sandbox, &format!("{state} --connections 20"));
    let dana = host.sign_in_as("dana", &secret);
    let upgrade = [("connection", "upgrade"), ("upgrade", "pipe")];
    let tunnels: Vec<_> = (0..8).map(|_| dana.open(&format!("GET {X}/socket"), &upgrade, b"")).collect();
    let statuses: Vec<u16> = tunnels.iter().map(|tunnel| tunnel.status).collect();
    assert_eq!(statuses, [101, 101, 101, 101, 101, 429, 429, 429]);
    drop(tunnels);
    eventually("there is room again", || dana.get("/v1/version").status == 200);
}

#[test]
fn it_answers_under_its_own_names_only() {
    let server = backend();
    let sandbox = with_bundle(&server.url());
    let host = host_of(&sandbox, "--compat upstream --allowed-host dev.example");
    let port = host.address.rsplit(':').next().unwrap().to_owned();
    let asked = |name: &str, path: &str| with_headers(&host, &format!("GET {path}"), &[("host", name)]).0;
    for name in ["localhost", "LocalHost", "127.0.0.1", "[::1]", "dev.example", "DEV.EXAMPLE"] {
        assert_eq!(asked(name, "/v1/settings"), 200, "{name}");
        assert_eq!(asked(&format!("{name}:{port}"), "/v1/settings"), 200, "{name}");
    }
    let reached = server.requests().len();
    for name in [
        "evil.example",
        "evil.example:80",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "a.dev.example",
        "127.0.0.2",
        "[::2]",
    ] {
        for path in [
            "/v1/settings",
            "/",
            &format!("{X}/main.js"),
            &format!("{X}/api/secret"),
            "/v1/clusters/main/plugins",
        ] {
            assert_eq!(asked(name, path), 421, "{name} {path}");
        }
    }
    for request in [
        "GET http://evil.example/v1/settings HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        "GET http://localhost/v1/settings HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n",
        "GET /v1/settings HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\n\r\n",
        "GET /v1/settings HTTP/1.1\r\nconnection: close\r\n\r\n",
        "GET /v1/settings HTTP/1.0\r\n\r\n",
        "GET /v1/settings HTTP/1.1\r\nhost: evil@localhost\r\nconnection: close\r\n\r\n",
    ] {
        assert_eq!(raw(&host, request).0, 400, "{request}");
    }
    assert_eq!(server.requests().len(), reached);
    let (_, answer) = with_headers(&host, "GET /v1/settings", &[("host", "evil.example")]);
    assert!(answer.contains("--allowed-host NAME"), "{answer}");
    let wrong = sandbox.run("host run --allowed-host http://dev.example").stderr_failed(2);
    assert!(wrong.contains("a host name looks like dev.example"), "{wrong}");
}

#[test]
fn a_page_of_another_site_changes_nothing_and_opens_nothing() {
    let server = backend();
    let sandbox = with_bundle(&server.url());
    for compat in ["spec", "upstream"] {
        let host = host_of(&sandbox, &format!("--compat {compat}"));
        let session = host.sign_in();
        let (own, bearer) = (("host", host.address.as_str()), format!("Bearer {}", session.access));
        let same = format!("http://{}", host.address);
        for foreign in [
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("origin", "http://localhost:1"),
            ("origin", "https://127.0.0.1"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            for first in [
                "POST /v1/auth/token".to_owned(),
                "POST /v1/auth/revoke".to_owned(),
                "OPTIONS /v1/auth/token".to_owned(),
                format!("POST {X}/api"),
                format!("DELETE {X}/api"),
                format!("GET {X}/api/secret"),
                format!("GET {X}/main.js"),
            ] {
                let headers =
                    [own, foreign, ("authorization", bearer.as_str()), JSON, ("content-length", "0")];
                let (status, answer) = with_headers(&host, &first, &headers);
                assert_eq!(status, 403, "{first} {foreign:?}: {answer}");
                assert!(!answer.to_ascii_lowercase().contains("access-control"), "{answer}");
            }
            let socket = [
                own,
                foreign,
                ("authorization", bearer.as_str()),
                ("upgrade", "websocket"),
                ("connection", "upgrade"),
            ];
            assert_eq!(with_headers(&host, &format!("GET {X}/ws"), &socket).0, 403);
        }
        assert_eq!(server.requests().len(), 0);
        // The page that the host itself serves may.
        let headers = [("origin", same.as_str()), ("sec-fetch-site", "same-origin")];
        assert_eq!(session.ask("GET /v1/version", &headers, b"").status, 200);
        // A form of any page sends these types, and they mean nothing here.
        let cookie = format!("everest_refresh_token={}", session.refresh);
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/plain; application/json",
        ] {
            let headers = [("content-type", kind), ("cookie", cookie.as_str())];
            let ask = |path: &str, body: &Value| {
                client::ask(&host.address, &format!("POST {path}"), &headers, body.to_string().as_bytes())
                    .status
            };
            assert_eq!(ask("/v1/auth/token", &password("admin", &host.password)), 400, "{kind}");
            assert_eq!(ask("/v1/auth/token", &json!({"grant_type": "refresh_token"})), 400, "{kind}");
            assert_eq!(ask("/v1/auth/revoke", &json!({"token": session.refresh})), 415, "{kind}");
        }
        let refresh = json!({"grant_type": "refresh_token", "refresh_token": session.refresh});
        assert_eq!(host.token(&refresh).status, 200, "the session is still there");
    }
}

#[test]
fn no_path_leaves_that_of_an_external_url() {
    let server = backend();
    let sandbox = Sandbox::new();
    let external = format!("  backend: {{externalUrl: '{}/team-a/'}}\n", server.url());
    sandbox.write("manifests/x/manifest.yaml", manifest("x", &external));
    let bundle = format!("  frontend: {{bundlePath: /../team-b/main.js}}\n{external}");
    sandbox.write("manifests/y/manifest.yaml", manifest("y", &bundle));
    sandbox.write("manifests/z/manifest.yaml", manifest("z", SERVICE));
    sandbox.write("manifests/z/host.yaml", format!("url: {}\n", server.url()));
    for compat in ["spec", "upstream"] {
        let host = host_of(&sandbox, &format!("--compat {compat}"));
        let bearer = format!("Bearer {}", host.sign_in().access);
        for climbing in [
            "/../team-b",
            "/..",
            "/a/../../team-b",
            "/%2e%2e/team-b",
            "/.%2E/team-b",
            "/..%2fteam-b",
            "/..%5cteam-b",
            "/..\\team-b",
            "/%252e%252e/team-b",
            "/..;/team-b",
            "/..;a=b/team-b",
            "/a%2f..%2f..%2fteam-b",
            "//../team-b",
            "/./../team-b",
            "/%c0%ae%c0%ae/team-b",
            "/..%00/team-b",
            "/..%3b/team-b",
        ] {
            for base in ["/v1/clusters/main/plugins/x", "/v1/plugins/x", "/v1/clusters/main/plugins/z"] {
                let headers = [("host", host.address.as_str()), ("authorization", bearer.as_str())];
                let (status, answer) = with_headers(&host, &format!("GET {base}{climbing}"), &headers);
                assert_eq!(status, 400, "{compat} {base}{climbing}: {answer}");
            }
        }
        let bundle =
            with_headers(&host, "GET /v1/plugins/y/../team-b/main.js", &[("host", host.address.as_str())]);
        assert!(matches!(bundle.0, 400 | 404), "{}", bundle.1);
        assert_eq!(server.requests().len(), 0);
    }
}

#[test]
fn no_header_that_a_backend_may_read_as_the_user_is_passed_on() {
    let server = backend();
    let sandbox = with_bundle(&server.url());
    let host = host_of(&sandbox, "");
    let session = host.sign_in();
    let names = [
        "X.Everest.User",
        "X_Everest_User",
        "x-everest-user",
        "X-EVEREST_USER",
        "x!everest~user",
        "X--Everest--User",
        "XEverestUser",
        "_X_Everest_User",
        "x'everest'user",
        "X-Everest-User.",
    ];
    let mut headers: Vec<_> = names.iter().map(|name| (*name, "forged")).collect();
    headers.extend([("connection", "close, x-hop, X-Everest-User"), ("x-hop", "1"), ("x-kept", "yes")]);
    assert_eq!(session.ask(&format!("GET {X}/api"), &headers, b"").status, 200);
    assert_eq!(client::ask(&host.address, &format!("GET {X}/main.js"), &headers, b"").status, 200);
    let requests = server.requests();
    for (request, own) in requests.iter().zip([1, 0]) {
        assert!(!request.head.contains("forged") && !request.head.contains("x-hop"), "{}", request.head);
        assert!(request.head.contains("x-kept"), "{}", request.head);
        assert_eq!(request.head.matches("everest").count(), own, "{}", request.head);
    }
}

#[test]
fn a_state_folder_that_others_can_write_is_refused_with_the_command_that_mends_it() {
    let sandbox = Sandbox::new();
    let run = |state: &str| {
        let path = sandbox.path(state);
        sandbox.run_with(["host", "exec", "--state", path.to_str().unwrap(), "--", "true"])
    };
    let (_, _) = with_users(&sandbox, &["dana"]);
    run("state").success_silent();
    fs::create_dir(sandbox.path("shared")).unwrap();
    sandbox.chmod("shared", 0o777);
    fs::create_dir(sandbox.path("shared/inside")).unwrap();
    std::os::unix::fs::symlink(sandbox.path("state"), sandbox.path("shared/link")).unwrap();
    for (mode, file, state, mend) in [
        (0o666, "state/users.yaml", "state", "chmod o-w [ROOT]/state/users.yaml"),
        (0o644, "state/id_rsa.der", "state", "chmod o-rwx [ROOT]/state/id_rsa.der"),
        (0o604, "state/sessions.json", "state", "chmod o-rwx [ROOT]/state/sessions.json"),
        (0o777, "shared", "shared", "chmod o-w [ROOT]/shared"),
        (0o777, "shared", "shared/inside", "chmod o-w [ROOT]/shared"),
        (0o777, "shared", "shared/new/one", "chmod o-w [ROOT]/shared"),
        (0o777, "shared", "shared/link", "chmod o-w [ROOT]/shared"),
    ] {
        let before = fs::metadata(sandbox.path(file)).unwrap().permissions().mode() & 0o7777;
        sandbox.chmod(file, mode);
        // If the group has no other member than the user, it may.
        let text = run(state).stderr_failed(1).replace("chmod go-", "chmod o-");
        assert!(text.contains(&format!("hint: `{mend}`")), "{text}");
        sandbox.chmod(file, before);
    }
    assert!(!sandbox.path("shared/new").exists());
    run("state").success_silent();
}

#[test]
fn the_users_own_state_folder_is_closed_to_others_and_what_is_not_only_that_is_left_alone() {
    let sandbox = Sandbox::new();
    let run = |state: &str| {
        let path = sandbox.path(state);
        sandbox.run_with(["-v", "host", "exec", "--state", path.to_str().unwrap(), "--", "true"])
    };
    let mode = |folder: &str| fs::metadata(sandbox.path(folder)).unwrap().permissions().mode() & 0o7777;
    for before in [0o777, 0o702, 0o1777] {
        fs::create_dir_all(sandbox.path("state")).unwrap();
        // The second time with what the host keeps in it.
        for _ in 0..2 {
            sandbox.chmod("state", before);
            let output = run("state");
            assert!(output.stderr.contains("was writable by others"), "{}", output.stderr);
            assert_eq!((output.code, mode("state")), (Some(0), 0o700), "{}", output.stderr);
        }
        fs::remove_dir_all(sandbox.path("state")).unwrap();
    }
    fs::create_dir(sandbox.path("music")).unwrap();
    sandbox.write("music/song", "la");
    sandbox.chmod("music", 0o777);
    run("music").stderr_failed(1);
    assert_eq!(mode("music"), 0o777);
    // What somebody else has put into it meanwhile, under a name that the host would read.
    if rustix::process::geteuid().is_root() {
        fs::create_dir(sandbox.path("planted")).unwrap();
        sandbox.write("planted/users.yaml", "users: []\n");
        std::os::unix::fs::chown(sandbox.path("planted/users.yaml"), Some(1234), Some(1234)).unwrap();
        sandbox.chmod("planted", 0o777);
        let error = run("planted").stderr_failed(1);
        assert!(error.contains("planted/users.yaml"), "{error}");
    }
}

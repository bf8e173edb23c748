//! Commands that a server declares: what is asked again and what never is, and every kind of answer that a host
//! or a backend can give.

use crate::support::http::{Reply, json, response};
use crate::support::plugin::{after_the_body, answering, count, heads, not_found};
use crate::support::sandbox::TOKEN;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

const THINGS: &str = r#"[{"name":"a","size":1},{"name":"b","size":20}]"#;

#[test]
fn what_changes_something_is_sent_once_whatever_becomes_of_it() {
    let (sandbox, server) =
        answering(|route, request| route.starts_with("POST ").then(|| after_the_body(request, Vec::new())));
    let output = sandbox.run("x things create --name a");
    assert_eq!(output.stdout, "");
    let error = output.stderr_failed(1);
    assert!(
        error.starts_with(
            "error: `x`: outcome unknown: the connection was lost before the response arrived\n"
        ),
        "{error}"
    );
    assert!(error.contains("hint: it may have been carried out: check before you run it again\n"), "{error}");
    assert_eq!(count(&server, "POST /api/things"), 1);

    for status in
        ["429 Too Many Requests", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"]
    {
        let (sandbox, server) = answering(move |route, request| {
            let answer = response(status, "text/plain", b"not now");
            route.starts_with("POST ").then(|| after_the_body(request, answer))
        });
        sandbox.run("x things create --name a").stderr_failed(1);
        assert_eq!(count(&server, "POST /api/things"), 1, "{status}");
    }
}

#[test]
fn what_only_reads_is_asked_again() {
    for (status, times) in [("503 Service Unavailable", 2), ("429 Too Many Requests", 3), ("", 1)] {
        let asked = AtomicUsize::new(0);
        let (sandbox, server) = answering(move |route, _| {
            (route == "GET /api/things").then(|| {
                Reply::Bytes(match asked.fetch_add(1, Ordering::SeqCst) < times {
                    true if status.is_empty() => Vec::new(),
                    true => response(status, "text/plain", b""),
                    false => json(THINGS),
                })
            })
        });
        assert_eq!(sandbox.run("x things list -o name").success_silent(), "a\nb\n");
        assert_eq!(count(&server, "GET /api/things"), times + 1, "{status}");
    }
}

#[test]
fn what_the_backend_explains_is_not_asked_again() {
    let (sandbox, server) = answering(|route, _| {
        let answer = response("502 Bad Gateway", "application/json", br#"{"error":"the database is down"}"#);
        (route == "GET /api/things").then_some(Reply::Bytes(answer))
    });
    let error = sandbox.run("x things list").stderr_failed(1);
    assert_eq!(error, "error: `x`: returned 502 (bad gateway): the database is down\n");
    assert_eq!(count(&server, "GET /api/things"), 1);
}

#[test]
fn a_session_is_renewed_when_the_host_refuses_the_token() {
    let bad = || response("401 Unauthorized", "application/json", br#"{"message":"invalid or expired jwt"}"#);
    for renews in [true, false] {
        let (sandbox, server) = answering(move |route, request| {
            let answer = match route {
                "POST /v1/auth/token" if renews => {
                    json(r#"{"access_token":"renewed","refresh_token":"s","expires_in":900}"#)
                }
                "POST /v1/auth/token" => bad(),
                "GET /openapi.json" => return None,
                _ if request.head.contains("Bearer renewed") => json(THINGS),
                _ => bad(),
            };
            Some(after_the_body(request, answer))
        });
        let output = sandbox.run("x things list -o name");
        if renews {
            assert_eq!(output.success_silent(), "a\nb\n");
            assert_eq!(count(&server, "GET /api/things"), 2);
            // It is kept: nothing is refused a second time.
            assert_eq!(sandbox.run("x things create --name a").code, Some(0));
            assert_eq!(count(&server, "POST /api/things"), 1);
        } else {
            let error = output.stderr_failed(4);
            assert!(error.contains("everestctl auth login"), "{error}");
            assert!(!error.contains(TOKEN), "{error}");
            assert_eq!(count(&server, "GET /api/things"), 1);
        }
    }
}

#[test]
fn a_401_of_the_backend_itself_is_its_answer_and_costs_no_session() {
    let (sandbox, server) = answering(|route, request| {
        let refused =
            response("401 Unauthorized", "application/json", br#"{"message":"invalid or expired jwt"}"#);
        match route {
            "GET /v1/version" => Some(Reply::Bytes(json(r#"{"version":"1.0"}"#))),
            "GET /api/things" | "POST /api/things" => Some(after_the_body(request, refused)),
            _ => None,
        }
    });
    for line in ["x things list", "x things create --name a"] {
        let error = sandbox.run(line).stderr_failed(4);
        assert!(error.contains("returned 401"), "{error}");
    }
    assert_eq!(count(&server, "GET /api/things"), 1);
    assert_eq!(count(&server, "POST /api/things"), 1);
    assert_eq!(count(&server, "POST /v1/auth/token"), 0);
}

#[test]
fn rows_are_shown_as_the_user_asks() {
    let (sandbox, _server) =
        answering(|route, _| (route == "GET /api/things").then(|| Reply::Bytes(json(THINGS))));
    let says = |line: &str| sandbox.run(&format!("x things list {line}")).success_silent();
    assert_eq!(says(""), "NAME  SIZE\na        1\nb       20\n");
    assert_eq!(says("--no-headers"), "a   1\nb  20\n");
    assert_eq!(says("--columns SIZE,NAME"), "SIZE  NAME\n   1  a\n  20  b\n");
    assert_eq!(says("-o raw"), THINGS);
    assert_eq!(says("-o name"), "a\nb\n");
    assert_eq!(says("-o yaml"), "- name: a\n  size: 1\n- name: b\n  size: 20\n");
    assert_eq!(says("--jq .[1].size"), "20\n");
    assert_eq!(says("--jq .[].name -o json"), "a\nb\n");
    // A global flag before the name, too.
    assert_eq!(sandbox.run("-o name x things list").success_silent(), "a\nb\n");
}

#[test]
fn digits_are_not_changed() {
    let body = r#"{"id":12345678901234567890123,"price":1.10,"big":1e400}"#;
    let (sandbox, _server) =
        answering(move |route, _| (route == "GET /api/things").then(|| Reply::Bytes(json(body))));
    let text = sandbox.run("x things list -o json").success_silent();
    assert!(
        text.contains("12345678901234567890123") && text.contains("1.10") && text.contains("1e400"),
        "{text}"
    );
}

#[test]
fn refusals_say_who_said_what() {
    let html = b"<html><head><title>Not here</title></head><body>\x1b[31mno</body></html>".to_vec();
    let escapes = br#"{"error":"no\u001b[31m\n\u202esuch thing"}"#.to_vec();
    let cases: [(&str, &str, Vec<u8>, i32, &str); 9] = [
        (
            "400 Bad Request",
            "application/json",
            br#"{"error":"bad size"}"#.to_vec(),
            1,
            "returned 400 (bad request): bad size\n",
        ),
        (
            "403 Forbidden",
            "application/json",
            br#"{"message":"insufficient permissions"}"#.to_vec(),
            1,
            "hint: ask for the grant `plugins, use, main/x`",
        ),
        (
            "404 Not Found",
            "text/plain",
            b"404 page not found\n".to_vec(),
            1,
            "returned 404 (not found): 404 page not found\n",
        ),
        ("404 Not Found", "text/html", html, 1, "returned 404 (not found)"),
        (
            "404 Not Found",
            "application/json",
            br#"{"error":"plugin not found: x"}"#.to_vec(),
            1,
            "hint: everestctl plugin which x\n",
        ),
        (
            "409 Conflict",
            "application/json",
            br#"{"error":"busy"}"#.to_vec(),
            1,
            "returned 409 (conflict): busy\nhint: its current state",
        ),
        (
            "429 Too Many Requests",
            "text/plain",
            Vec::new(),
            1,
            "returned 429 (too many requests)\nhint: rate limit exceeded",
        ),
        (
            "502 Bad Gateway",
            "text/plain",
            Vec::new(),
            1,
            "returned 502 (bad gateway)\nhint: the backend of `x` is not running",
        ),
        ("500 Internal Server Error", "application/json", escapes, 1, "such thing"),
    ];
    for (status, kind, body, code, text) in cases {
        let (sandbox, _server) = answering(move |route, request| {
            let answer = response(status, kind, &body);
            route.starts_with("POST ").then(|| after_the_body(request, answer))
        });
        let output = sandbox.run("x things create --name a");
        assert_eq!(output.stdout, "");
        let error = output.stderr_failed(code);
        assert!(error.starts_with("error: `x`: returned ") && error.contains(text), "{status}: {error}");
        assert!(!error.contains(['\x1b', '\u{202e}']) && !error.contains("<html>"), "{error}");
    }
}

#[test]
fn bodies_that_are_not_what_they_say() {
    let cases: [(&str, &[u8], &str); 6] = [
        (
            "text/html",
            b"<!doctype html><title>Sign in</title>",
            "error: the response is an HTML page, not JSON\n",
        ),
        ("application/json", b"<html>sign in</html>", "not JSON\n"),
        ("application/json", b"{\"a\": ", "not JSON\n"),
        ("application/json", b"\"\xff\xfe\"", "not JSON\n"),
        ("application/json", b"\x00\x01\x02\x1b[2J", "not JSON\n"),
        ("image/png", b"\x89PNG", "use `--output-file FILE` to save it"),
    ];
    for (kind, body, text) in cases {
        let (sandbox, _server) = answering(move |route, _| {
            (route == "GET /api/things").then(|| Reply::Bytes(response("200 OK", kind, body)))
        });
        let output = sandbox.run("x things list");
        assert!(output.code.is_some_and(|code| code == 1 || code == 2), "{output:?}");
        assert_eq!(output.stdout, "", "{kind}");
        assert!(output.stderr.contains(text) && !output.stderr.contains('\x1b'), "{output:?}");
    }
}

#[test]
fn an_empty_answer_is_said_and_is_no_error() {
    let (sandbox, _server) = answering(|route, request| {
        let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec();
        (route == "DELETE /api/things/a%20b").then(|| after_the_body(request, answer))
    });
    let output = sandbox.run_with(["x", "things", "delete", "a b", "--yes"]);
    assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (Some(0), "", "done\n"));
    let refused = sandbox.run("x things delete a");
    assert_eq!(refused.stdout, "");
    assert!(refused.stderr_failed(2).starts_with("error: confirmation required: "));
}

#[test]
fn what_cannot_be_saved_whole_is_not_saved_at_all() {
    let (sandbox, _server) = answering(|route, _| match route {
        "GET /api/blob" => Some(Reply::Bytes(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: 100\r\n\r\nhalf"
                .to_vec(),
        )),
        "GET /api/text" => Some(Reply::Bytes(not_found())),
        _ => None,
    });
    let kept = sandbox.path("home/kept");
    std::fs::write(&kept, "before").unwrap();
    for line in ["x blob --output-file kept", "x text --output-file kept"] {
        let output = sandbox.run(line);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{output:?}");
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), "before");
    }
    assert_eq!(std::fs::read_dir(sandbox.path("home")).unwrap().count(), 1, "something was left behind");
    let error = sandbox.run("x blob --output-file none/kept").stderr_failed(1);
    assert!(error.contains("could not write file none/kept"), "{error}");
}

#[test]
fn a_stream_that_is_cut_is_an_error_behind_what_came() {
    let (sandbox, _server) = answering(|route, _| {
        let bytes = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n6\r\nfirst\n\r\n7\r\nsec".to_vec();
        (route == "GET /api/text").then_some(Reply::Bytes(bytes))
    });
    let output = sandbox.run("x text");
    assert!(output.stdout.starts_with("first\n"), "{output:?}");
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stderr.starts_with("error: "), "{output:?}");
}

#[test]
fn binary_is_saved_byte_for_byte() {
    let (sandbox, _server) = answering(|route, _| {
        let body: Vec<u8> = (0..=255).collect();
        (route == "GET /api/blob")
            .then(|| Reply::Bytes(response("200 OK", "application/octet-stream", &body)))
    });
    let output = sandbox.run("x blob --output-file all");
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), "saved 256 bytes to all\n"), "{output:?}");
    assert_eq!(std::fs::read(sandbox.path("home/all")).unwrap(), (0..=255).collect::<Vec<u8>>());
    let piped = sandbox.shell("everestctl x blob --output-file - | wc -c");
    assert_eq!(piped.success_silent().trim(), "256");
    assert!(!Path::new(&sandbox.path("home/-")).exists());
}

#[test]
fn a_dry_run_sends_nothing_and_shows_no_token() {
    let (sandbox, server) = answering(|_, _| None);
    let before = server.requests().len();
    let line = sandbox.run_with(["x", "things", "create", "--name", "it's", "--dry-run", "-vv"]);
    assert_eq!(line.code, Some(0), "{line:?}");
    assert_eq!(server.requests().len(), before);
    assert!(!line.stdout.contains(TOKEN) && !line.stderr.contains(TOKEN), "{line:?}");
    assert!(line.stdout.starts_with("curl -X POST http://127.0.0.1:"), "{line:?}");
    // It is a line for a shell.
    let words = sandbox.shell(&format!(
        "set -- {}; for last; do :; done; printf %s \"$last\"",
        line.stdout.trim().replace("$(everestctl auth token)", "")
    ));
    assert_eq!(words.success_silent(), r#"{"name":"it's"}"#);
    assert_eq!(sandbox.run("x things delete a --dry-run").code, Some(0));
    assert_eq!(server.requests().len(), before);
}

#[test]
fn bodies_come_from_files_and_from_standard_input() {
    let (sandbox, server) =
        answering(|route, request| route.starts_with("POST ").then(|| after_the_body(request, json("{}"))));
    sandbox.write("home/body.json", r#"{"name": "from a file"}"#);
    for line in [
        "everestctl x things create --body @body.json",
        "everestctl x things create --body - <body.json",
        "everestctl x things create --body '{\"name\":\"from a file\"}'",
    ] {
        let dry = sandbox.shell(&line.replace("--body", "--dry-run --body"));
        assert!(dry.stdout.contains("from a file"), "{dry:?}");
        assert_eq!(sandbox.shell(line).code, Some(0), "{line}");
    }
    assert_eq!(count(&server, "POST /api/things"), 3);
    for head in heads(&server, "/api/things") {
        assert!(head.contains("\r\ncontent-type: application/json"), "{head}");
        assert!(head.contains(&format!("\r\nauthorization: bearer {TOKEN}")), "{head}");
    }
    let set =
        sandbox.run("x things create --name a --set more.deep=[1,2] --set size=3 --dry-run").success_silent();
    assert!(set.contains(r#""deep":[1,2]"#) && set.contains(r#""size":3"#), "{set}");
    sandbox.write("home/bad.json", b"\xff");
    let error = sandbox.run("x things create --body @bad.json").stderr_failed(2);
    assert!(error.contains("is not UTF-8 text"), "{error}");
    let error = sandbox.run("x things create").stderr_failed(2);
    assert!(error.starts_with("error: missing: --name\n"), "{error}");
}

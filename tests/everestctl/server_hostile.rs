//! Commands that a server declares, by documents and with answers that mean harm: bounded memory and time, no
//! escape on the terminal, nothing replaced and nothing written.

use crate::support::InTime as _;
use crate::support::http::{Reply, Server, json, response};
use crate::support::memory::peak;
use crate::support::plugin::{answering, count, publishing};
use crate::support::terminal::Terminal;
use crate::support::{Output, Sandbox, skip};
use serde_json::{Value, json as value};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Runs the line for a plugin that publishes `document`.
fn described(document: &str, line: &str) -> (Output, Duration) {
    let server = publishing(document, |_, _| None);
    let sandbox = Sandbox::new().with_server(&server.url());
    let start = Instant::now();
    (sandbox.run(line), start.elapsed())
}

fn document(paths: &Value) -> String {
    value!({"openapi": "3.1.0", "info": {"title": "X\u{1b}[31m", "version": "1"}, "paths": paths}).to_string()
}

/// Runs everestctl with standard output on a terminal; gives what the terminal got.
fn on_a_terminal(test: &str, sandbox: &Sandbox, line: &str) -> Option<String> {
    let script = "/usr/bin/script";
    if !Path::new(script).exists() {
        skip("script", test, "script (util-linux) is not installed");
        return None;
    }
    let inside = format!("exec {script} -qec \"$0 {line}\" /dev/null");
    let output = sandbox.wrapped(&["/bin/sh", "-c", &inside], [""; 0]).output_in_time();
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn documents_that_mean_harm_are_bounded() {
    let get = value!({"responses": {"200": {}}});
    let mut many = serde_json::Map::new();
    for number in 0..20_000 {
        many.insert(format!("/api/things{number}"), value!({"get": get}));
    }
    let cycle = value!({"/a": {"post": {"requestBody": {"$ref": "#/paths/~1a/post/requestBody"}, "responses": {}}},
        "/b": {"$ref": "#/paths/~1c"}, "/c": {"$ref": "#/paths/~1b"},
        "/d": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/paths/~1d/post/requestBody/content/application~1json/schema"}}}}}},
        "/fine": {"get": get}});
    let mut deep = String::from("{\"a\":");
    for _ in 0..100_000 {
        deep.push('[');
    }
    let mut wide =
        String::from("openapi: 3.1.0\ninfo: {title: x, version: '1'}\nx: &a [1,1,1,1,1,1,1,1,1]\n");
    for (one, other) in ('b'..='i').zip('a'..='h') {
        let _ = writeln!(
            wide,
            "x{one}: &{one} [*{other},*{other},*{other},*{other},*{other},*{other},*{other},*{other},*{other}]"
        );
    }
    for (what, text) in [
        ("many", document(&Value::Object(many))),
        ("cycle", document(&cycle)),
        ("deep", deep),
        ("aliases", wide),
        ("huge", format!("{{\"openapi\":\"3.1.0\",\"x\":\"{}\"}}", "x".repeat(5 * 1024 * 1024))),
        ("swagger", "{\"swagger\":\"2.0\",\"paths\":{}}".to_owned()),
        ("text", "hello".to_owned()),
    ] {
        let (output, took) = described(&text, "x --help");
        assert!(matches!(output.code, Some(0 | 1 | 126)), "{what}: {:?} {}", output.code, output.stderr);
        assert!(!output.stdout.contains('\x1b') && !output.stderr.contains('\x1b'), "{what}");
        assert!(took < Duration::from_secs(20), "{what}: {took:?}");
        if what == "cycle" {
            assert!(output.stdout.contains("fine"), "{output:?}");
        }
    }
}

#[test]
fn a_document_takes_no_word_and_no_flag_of_ours() {
    let parameters: Vec<Value> = [
        "help",
        "output",
        "yes",
        "jq",
        "namespace",
        "context",
        "body",
        "columns",
        "dry-run",
        "quiet",
    ]
    .iter()
    .map(|name| value!({"name": name, "in": "query", "schema": {"type": "string"}, "x-cli-short": "h"}))
    .collect();
    let paths = value!({
        "/plugin": {"get": {"responses": {}, "x-cli-name": "plugin"}},
        "/help": {"get": {"responses": {}, "x-cli-name": "help"}},
        "/bad": {"get": {"responses": {}, "x-cli-name": "--yes"}},
        "/worse": {"get": {"responses": {}, "x-cli-name": "a\u{1b}[2Jb"}},
        "/flags": {"get": {"responses": {}, "summary": "do\u{1b}[2J\u{202e}it", "parameters": parameters}},
        "/../../../v1/accounts": {"get": {"responses": {}, "x-cli-name": "leave"}},
    });
    let server = publishing(&document(&paths), |route, _| {
        (route.starts_with("GET /plugin") || route.starts_with("GET /flags"))
            .then(|| Reply::Bytes(json("{}")))
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    let help = sandbox.run("x --help").success_silent();
    assert!(
        !help.contains(['\x1b', '\u{202e}']) && !help.contains("leave") && !help.contains("--yes "),
        "{help}"
    );
    // The first word is everestctl's, whatever a plugin calls its own.
    assert!(sandbox.run("plugin --help").success_silent().contains("refresh"));
    assert_eq!(sandbox.run("x plugin").code, Some(0));
    let help = sandbox.run("x flags --help").success_silent();
    for name in ["--param-help", "--param-output", "--param-yes", "--param-jq", "--param-context"] {
        assert!(help.contains(name), "{name}: {help}");
    }
    let output = sandbox.run("x flags --param-output a --param-help b -o json");
    assert_eq!((output.code, output.stdout.as_str()), (Some(0), "{}\n"), "{output:?}");
    let path = server.paths().into_iter().find(|path| path.contains("/flags?")).unwrap();
    assert!(path.contains("output=a") && path.contains("help=b"), "{path}");
    assert!(server.paths().iter().all(|path| !path.contains("accounts")));
}

#[test]
fn no_escape_reaches_a_terminal() {
    let test = "no_escape_reaches_a_terminal";
    let text = "one\x1b[2Jtwo\u{9b}31m\u{202e}three\x07\n";
    let rows = value!([{"name": text, "size": text}]).to_string();
    let (sandbox, _server) = answering(move |route, _| match route {
        "GET /api/things" => Some(Reply::Bytes(json(&rows))),
        "GET /api/text" => {
            Some(Reply::Bytes(response("200 OK", "text/plain", format!("{text}\u{1b}").as_bytes())))
        }
        _ => None,
    });
    for line in [
        "x things list",
        "x things list -o name",
        "x things list --jq .[].name",
        "x things list --jq .",
        "x text",
    ] {
        let Some(screen) = on_a_terminal(test, &sandbox, line) else { return };
        assert!(screen.contains("one") && screen.contains("three"), "{line}: {screen:?}");
        let escapes = ["\x1b[2J", "\u{9b}", "\u{202e}", "\x07"];
        assert!(!escapes.iter().any(|escape| screen.contains(escape)), "{line}: {screen:?}");
    }
}

#[test]
fn an_escape_in_pieces_does_not_reach_a_terminal_either() {
    let test = "an_escape_in_pieces_does_not_reach_a_terminal_either";
    let (sandbox, _server) = answering(|route, _| {
        let mut bytes =
            b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        for byte in "one \u{e9}\u{9b}2J\x1b[2J\u{202e}two\n".bytes() {
            bytes.extend_from_slice(b"1\r\n");
            bytes.push(byte);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"4\r\n\xff\xc3\x9b\n\r\n0\r\n\r\n");
        (route == "GET /api/text").then_some(Reply::Bytes(bytes))
    });
    let Some(screen) = on_a_terminal(test, &sandbox, "x text") else { return };
    assert!(screen.contains("one é") && screen.contains("two"), "{screen:?}");
    assert!(!screen.contains(['\x1b', '\u{9b}', '\u{202e}']), "{screen:?}");
}

#[test]
fn a_bomb_of_gzip_does_not_fill_the_memory() {
    let test = "a_bomb_of_gzip_does_not_fill_the_memory";
    let packed =
        Command::new("/bin/sh").args(["-c", "head -c 400000000 /dev/zero | tr '\\0' ' ' | gzip -1"]).output();
    let Some(packed) = packed.ok().filter(|packed| packed.status.success() && packed.stdout.len() > 1000)
    else {
        return skip("gzip", test, "there is no gzip");
    };
    let head = |kind: &str| {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-encoding: gzip\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            packed.stdout.len()
        )
    };
    let bytes = [head("application/json").into_bytes(), packed.stdout.clone()].concat();
    let bomb = bytes.clone();
    let (sandbox, _server) =
        answering(move |route, _| (route == "GET /api/things").then(|| Reply::Bytes(bomb.clone())));
    let (most, code, error) = peak(&sandbox, "x things list");
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains("times as large as its compressed form"), "{error}");
    assert!(most < 200 * 1024, "{most} KiB");
    // The same instead of a description.
    let server = Server::start(move |request| {
        Reply::Bytes(match request.path.as_str() {
            "/v1/clusters/main/plugins" => json(r#"[{"name": "x"}]"#),
            _ => bytes.clone(),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    let (most, code, error) = peak(&sandbox, "x things list");
    assert_eq!(code, Some(126), "{error}");
    assert!(most < 200 * 1024, "{most} KiB");
}

#[test]
fn an_endless_answer_is_given_up() {
    let (sandbox, _server) = answering(|route, _| {
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n\"".to_vec();
        (route == "GET /api/things").then(|| Reply::Endless(head, vec![b'x'; 1 << 20]))
    });
    let (most, code, error) = peak(&sandbox, "x things list");
    assert_eq!(code, Some(1), "{error}");
    assert!(error.starts_with("error: the response is larger than 64 MiB"), "{error}");
    assert!(most < 260 * 1024, "{most} KiB");
}

#[test]
fn an_endless_line_of_text_passes_through_without_being_kept() {
    let (sandbox, _server) = answering(|route, _| {
        let mut body = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: 100000000\r\n\r\n".to_vec();
        body.resize(body.len() + 100_000_000, b'x');
        (route == "GET /api/text").then_some(Reply::Bytes(body))
    });
    let (most, code, error) = peak(&sandbox, "x text");
    assert_eq!((code, error.as_str()), (Some(0), ""));
    assert!(most < 120 * 1024, "{most} KiB");
}

#[test]
fn a_terminal_is_asked_before_something_is_destroyed() {
    let test = "a_terminal_is_asked_before_something_is_destroyed";
    let (sandbox, server) = answering(|route, _| {
        let gone = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec();
        route.starts_with("DELETE ").then_some(Reply::Bytes(gone))
    });
    for (answer, sent, text) in [("n\r", 0, "nothing sent"), ("y\r", 1, "done")] {
        let Some(mut terminal) = Terminal::start(&sandbox, "$E x things delete a") else {
            return skip("script", test, "script (util-linux) is not installed");
        };
        terminal.shows(&["[y/N]"]);
        terminal.press(answer);
        terminal.shows(&[text]);
        let screen = terminal.seen();
        assert_eq!(count(&server, "DELETE /api/things/a"), sent, "{screen}");
    }
}

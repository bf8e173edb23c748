//! Nothing is wrong without a word: what cannot be honored is refused before it is sent, what is not there is named, what a
//! server says reaches the user, and Ctrl-C ends whatever is printed.

use crate::support::host::{is_ignored, kill};
use crate::support::http::{Reply, Server, json, response};
use crate::support::plugin::{count, publishing};
use crate::support::sandbox::eventually;
use crate::support::{InTime as _, Sandbox, skip};
use rustix::process::Signal;
use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

const DOCUMENT: &str = r#"{"openapi": "3.1.0", "info": {"title": "X", "version": "1"}, "paths": {
    "/api/things": {"get": {
        "summary": "List things",
        "parameters": [
            {"name": "kind", "in": "query", "schema": {"type": "string"}},
            {"name": "namespace", "in": "query", "schema": {"type": "string"}},
            {"name": "sort", "in": "query", "schema": {"enum": ["created", "-created"]}}],
        "responses": {"200": {"content": {"application/json": {"schema": {"type": "array",
            "items": {"type": "object", "properties": {"name": {"type": "string"}, "size": {"type": "integer"}}}}}}}}}},
    "/api/one": {"get": {"summary": "One", "x-cli-name": "one", "responses": {"200": {"content": {"application/json": {"schema": {
        "type": "object", "properties": {"id": {"type": "string"}}}}}}}}},
    "/api/rows": {"post": {"summary": "Rows as text", "x-cli-name": "export", "responses": {"200": {"content": {"text/csv": {}}}}}},
    "/api/query": {"post": {"summary": "Query", "x-cli-name": "query", "x-cli-timeout": "none", "x-cli-safe": true,
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["sql"],
            "properties": {"sql": {"type": "string", "contentMediaType": "application/sql", "x-cli-positional": true}}}}}},
        "responses": {"200": {"content": {"application/json": {}}}}}},
    "/api/blob": {"get": {"summary": "Bytes", "x-cli-name": "blob", "responses": {"200": {"content": {"application/octet-stream": {}}}}}}
}}"#;

const THINGS: &str = r#"[{"name":"a","size":1},{"name":"b, c","size":20.50}]"#;

/// A plugin whose list is `things`, and whose other answers are `more`.
fn answering(
    things: &'static [u8],
    more: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static,
) -> (Sandbox, Server) {
    let server = publishing(DOCUMENT, move |route, _| match route {
        _ if route.starts_with("GET /api/things") => {
            Some(Reply::Bytes(response("200 OK", "application/json", things)))
        }
        "GET /api/one" => Some(Reply::Bytes(json(r#"{"id":"7"}"#))),
        route => more(route),
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    assert_eq!(sandbox.run("x --help").code, Some(0));
    (sandbox, server)
}

fn things() -> (Sandbox, Server) {
    answering(THINGS.as_bytes(), |_| None)
}

#[test]
fn an_option_that_does_nothing_is_refused_and_nothing_is_sent() {
    let (sandbox, server) = things();
    for (line, what) in [
        (
            "x things list --columns name -o json",
            "--columns is for tables and cannot be combined with -o json",
        ),
        (
            "x things list --no-headers -o raw",
            "--no-headers is for tables and cannot be combined with -o raw",
        ),
        ("x things list --no-headers --jq .", "--no-headers is for tables and cannot be combined with --jq"),
        ("x things list --jq . -o yaml", "--jq prints JSON and texts and cannot be combined with -o yaml"),
        ("x things list --output-file f -o json", "cannot be combined with -o"),
        ("x one --no-headers", "--no-headers has no effect: the response of this command is one object"),
        ("x one -n prod", "--namespace has no effect: this command takes none"),
        ("x export -o json", "-o json has no effect: the response of this command is text/csv"),
        ("x export --columns a", "--columns has no effect"),
        ("x blob --no-headers", "--no-headers has no effect"),
        ("plugin api x /api/things -o yaml", "-o yaml has no effect"),
        ("plugin api x /api/things -n prod", "--namespace has no effect"),
        ("plugin events --columns a --jq .", "--columns is for tables and cannot be combined with --jq"),
    ] {
        let error = sandbox.run(line).stderr_failed(2);
        assert!(error.starts_with("error: ") && error.contains(what), "{line}: {error}");
    }
    assert_eq!(server.requests().iter().filter(|request| request.path.contains("/api/")).count(), 0);
    assert_eq!(sandbox.run("x things list -n prod -o name").success_silent(), "a\nb, c\n");
    assert_eq!(sandbox.run("x things list --jq .[0].size -o json").success_silent(), "1\n");
}

#[test]
fn a_column_and_a_function_that_are_not_there_are_named() {
    let (sandbox, _server) = things();
    let error = sandbox.run("x things list --columns nosuch").stderr_failed(2);
    assert_eq!(error, "error: no column `nosuch`; columns: NAME, SIZE\n");
    let error = sandbox.run("x things list --jq nosuch(1)").stderr_failed(2);
    assert_eq!(error, "error: invalid jq expression `nosuch(1)`: unknown function `nosuch/1`\n");
    let rows = |format: &str| {
        let expression = format!(".[] | [.name, .size] | {format}");
        sandbox.run_with(["x", "things", "list", "--jq", &expression]).success_silent()
    };
    assert_eq!(rows("@csv"), "\"a\",1\n\"b, c\",20.50\n");
    assert_eq!(rows("@tsv"), "a\t1\nb, c\t20.50\n");
}

#[test]
fn an_empty_list_names_the_filters() {
    let (sandbox, _server) = answering(b"[]", |_| None);
    assert_eq!(sandbox.run("x things list").success_stderr(), "nothing found\n");
    let said = sandbox.run("x things list --kind nosuch -n typo").success_stderr();
    assert_eq!(said, "nothing found with --kind nosuch --namespace typo\n");
    assert_eq!(sandbox.run("x things list -o name").success_stderr(), "nothing found\n");
}

#[test]
fn the_text_of_an_error_reaches_the_user_in_any_shape() {
    for (body, text) in [
        (&br#"{"error":{"code":"E1","message":"the reason"}}"#[..], "the reason"),
        (br#"{"errors":[{"status":"422","detail":"the reason"}]}"#, "the reason"),
        (br#"{"name":["the reason"]}"#, "name: the reason"),
        (br#"{"strange":{"why":"the reason"}}"#, "strange.why: the reason"),
        (b"\xef\xbb\xbf{\"message\":\"the reason\"}", "the reason"),
    ] {
        let (sandbox, _server) = answering(b"[]", move |route| {
            let answer = response("422 Unprocessable Entity", "application/json", body);
            (route == "GET /api/blob").then_some(Reply::Bytes(answer))
        });
        let error = sandbox.run("x blob").stderr_failed(1);
        assert_eq!(error, format!("error: `x`: returned 422 (unprocessable entity): {text}\n"));
    }
    let (sandbox, _server) = answering(b"[]", |route| {
        let answer = response("400 Bad Request", "text/html", b"<h1>the \x1b[2Jreason</h1>");
        (route == "GET /api/blob").then_some(Reply::Bytes(answer))
    });
    let error = sandbox.run("x blob").stderr_failed(1);
    assert!(error.ends_with("hint: pass -v to see the body of the response\n"), "{error}");
    let error = sandbox.run("x blob -v").stderr_failed(1);
    assert!(error.contains("  plugin x says: <h1>the [2Jreason</h1>\n"), "{error}");
    let output = sandbox.run("x blob -o raw");
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), "<h1>the [2Jreason</h1>"));
}

#[test]
fn a_byte_order_mark_before_json_is_no_part_of_it() {
    let (sandbox, _server) = answering(b"\xef\xbb\xbf[{\"name\":\"a\",\"size\":1}]", |_| None);
    assert_eq!(sandbox.run("x things list").success_silent(), "NAME  SIZE\na        1\n");
    assert_eq!(sandbox.run("x things list -o jsonl").success_silent(), "{\"name\":\"a\",\"size\":1}\n");
    assert_eq!(sandbox.run("x things list --jq .[0].name").success_silent(), "a\n");
    assert_eq!(sandbox.run("x things list -o json").json()[0]["size"], 1);
    let (sandbox, _server) = answering(b"no JSON", |_| None);
    let error = sandbox.run("x things list -o json").stderr_failed(1);
    assert!(error.starts_with("error: the response is something else, not JSON\n"), "{error}");
}

#[test]
fn a_value_may_begin_with_a_dash() {
    let (sandbox, server) =
        answering(b"[]", |route| (route == "POST /api/query").then(|| Reply::Bytes(json("{}"))));
    for value in ["-- who is it?\nselect 1", "-1"] {
        assert_eq!(sandbox.run_with(["x", "query", value]).code, Some(0), "{value}");
    }
    assert_eq!(sandbox.run_with(["x", "query", "--", "--select"]).code, Some(0));
    assert_eq!(count(&server, "POST /api/query"), 3);
    // Nothing that may be a misspelt option is sent as a value.
    let error = sandbox.run_with(["x", "query", "--tpyo"]).stderr_failed(2);
    assert!(error.contains("unexpected argument '--tpyo'"), "{error}");
    let error = sandbox.run_with(["x", "query", "-- a comment", "--tpyo"]).stderr_failed(2);
    assert!(error.starts_with("error: unexpected argument"), "{error}");
    assert_eq!(count(&server, "POST /api/query"), 3);
    assert_eq!(sandbox.run("x things list --sort -created --kind -5").code, Some(0));
    let asked = server.paths();
    assert!(asked.iter().any(|path| path.ends_with("/api/things?kind=-5&sort=-created")), "{asked:?}");
}

#[test]
fn a_new_machine_asks_before_it_denies() {
    let server = publishing(DOCUMENT, |_, _| None);
    for command in ["info", "which"] {
        let sandbox = Sandbox::new().with_server(&server.url());
        let output = sandbox.run(&format!("plugin {command} x"));
        assert!(output.code == Some(0) && output.stdout.contains("server"), "{output:?}");
        sandbox.run(&format!("plugin {command} nosuch")).stderr_failed(1);
    }
    let sandbox = Sandbox::new().with_server(&server.url());
    let error = sandbox.run("plugin refresh nosuch").stderr_failed(1);
    assert_eq!(error, "error: no plugin `nosuch` on the server\nhint: plugins of the server: x\n");
    assert_eq!(sandbox.run("plugin refresh x").code, Some(0));
    sandbox.run("-k /nonexistent plugin list").stderr_failed(1);
}

#[test]
fn pages_of_a_request_are_one_list() {
    for (first, second, expected) in [
        (r#"[{"id":1}]"#, r#"[ {"id": 2.0} ]"#, "[{\"id\":1},{\"id\": 2.0}]\n"),
        ("[]", "[1]", "[1]\n"),
        ("[]", "[]", "[]\n"),
        (r#"{"a":1}"#, r#"{"a":2}"#, "{\"a\":1}\n{\"a\":2}\n"),
    ] {
        let server = publishing(DOCUMENT, move |route, _| {
            match route {
            "GET /rows" => Some(Reply::Bytes(
                format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\nlink: </rows?page=2>; rel=\"next\"\r\ncontent-length: {}\r\n\r\n{first}",
                    first.len()
                )
                .into_bytes(),
            )),
            "GET /rows?page=2" => Some(Reply::Bytes(json(second))),
            _ => None,
        }
        });
        let sandbox = Sandbox::new().with_server(&server.url());
        assert_eq!(sandbox.run("plugin api x /rows --paginate").success_silent(), expected);
    }
}

#[test]
fn a_request_has_no_more_time_than_the_user_gives_it() {
    let (sandbox, server) = answering(b"[]", |route| {
        (route == "POST /api/query").then(|| {
            Reply::Connection(Box::new(|stream| {
                std::thread::sleep(Duration::from_mins(1));
                drop(stream);
            }))
        })
    });
    let output = sandbox.run_with(["--request-timeout", "200ms", "x", "query", "select 1"]);
    assert_eq!(output.code, Some(124), "{output:?}");
    assert_eq!(count(&server, "POST /api/query"), 1);
}

#[test]
fn ctrl_c_ends_text_that_is_being_printed() {
    let test = "ctrl_c_ends_text_that_is_being_printed";
    if is_ignored(Signal::INT) {
        return skip("signals", test, "this process was started to ignore Ctrl-C, and so are its children");
    }
    for more in [&[][..], &["-o", "raw"]] {
        let (sandbox, server) = answering(b"[]", |route| {
            (route == "POST /api/rows").then(|| {
                Reply::Connection(Box::new(|mut stream| {
                    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\n\r\n";
                    let _ = stream.write_all(head.as_bytes());
                    while stream.write_all(b"1,2,3\n").is_ok() {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                }))
            })
        });
        let line = [&["x", "export"], more].concat();
        let mut child = sandbox.command(line).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        eventually("it has begun", || count(&server, "POST /api/rows") > 0);
        // Rows come from here on.
        std::thread::sleep(Duration::from_millis(300));
        kill(child.id(), Signal::INT);
        let output = child.output_in_time();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), error.as_str()), (Some(130), "error: interrupted\n"), "{more:?}");
    }
}

#[test]
fn a_global_flag_that_a_built_in_command_cannot_honor_is_refused() {
    let sandbox = Sandbox::new();
    for (line, flag) in [
        ("config view -n prod", "--namespace"),
        ("-A config set-context x --server https://a.example", "--all-namespaces"),
        ("config use-context x -o json", "--output"),
        ("alias list --cluster x", "--cluster"),
        ("--json alias delete x", "--json"),
        ("completion bash --via kubernetes", "--via"),
        ("version -n x", "--namespace"),
    ] {
        let said = sandbox.run(line).stderr_failed(2);
        assert!(
            said.starts_with(&format!("error: {flag} has no effect on this command\n")),
            "{line}: {said}"
        );
    }
    sandbox.run("config set-context x --server https://a.example -n prod --cluster c").success_stderr();
    assert!(sandbox.run("config get-contexts").success_silent().contains("prod"));
}

#[test]
fn a_config_file_that_is_not_there_has_no_contexts() {
    let sandbox = Sandbox::new();
    let shown = sandbox.run("config view");
    assert_eq!((shown.code, shown.stdout.as_str()), (Some(0), "{}\n"));
    assert!(shown.stderr.contains("everestctl auth login URL"), "{}", shown.stderr);
    assert_eq!(sandbox.run("config view -o json").success_silent(), "{}\n");
}

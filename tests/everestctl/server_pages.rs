//! Lists page by page, waiting for jobs, and requests outside of the document.

use crate::support::InTime as _;
use crate::support::backends::Backends;
use crate::support::host::kill;
use crate::support::http::{Reply, json, response};
use crate::support::plugin::{count, publishing};
use crate::support::sandbox::eventually;
use crate::support::terminal::Terminal;
use crate::support::{Sandbox, skip};
use rustix::process::Signal;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A list by cursor, and a job.
const DOCUMENT: &str = r#"{"openapi": "3.1.0", "info": {"title": "X", "version": "1"}, "paths": {
    "/api/rows": {"get": {"x-cli-paginate": {"cursor": "/next", "parameter": "after", "size": "limit"},
        "parameters": [{"name": "after", "in": "query", "schema": {"type": "string"}},
            {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 3}}],
        "responses": {"200": {"content": {"application/json": {"schema": {"type": "object", "properties": {
            "rows": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}, "n": {"type": "integer"}}}},
            "next": {"type": "string"}}}}}}}}},
    "/api/jobs": {"post": {"operationId": "start", "x-cli-wait": {"id": "/id", "poll": "get", "status": "/status",
            "success": ["done"], "failure": ["broken"], "interval": "50ms", "message": "/why", "progress": "/percent"},
        "responses": {"202": {"content": {"application/json": {"schema": {"type": "object"}}}}}}},
    "/api/jobs/{id}": {"get": {"operationId": "get", "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
        "responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}}}}
}}"#;

/// A sandbox that is signed in to the server of `routes`.
fn user(
    routes: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static,
) -> (Sandbox, crate::support::http::Server) {
    let server = publishing(DOCUMENT, move |route, _| routes(route));
    let sandbox = Sandbox::new().with_server(&server.url()).with("CI", "1");
    assert_eq!(sandbox.run("x --help").code, Some(0));
    (sandbox, server)
}

/// Ten rows in pages of as many as are asked for.
fn rows(route: &str) -> Option<Reply> {
    let query = route.strip_prefix("GET /api/rows")?;
    let value = |name: &str| {
        let found = query.split(['?', '&']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        found.and_then(|text| text.parse::<usize>().ok())
    };
    let (after, limit) = (value("after").unwrap_or(0), value("limit").unwrap_or(2));
    let page: Vec<String> =
        (after..10.min(after + limit)).map(|n| format!(r#"{{"name":"row-{n}","n":{n}}}"#)).collect();
    let next = after + page.len();
    let next = if next < 10 { format!(r#","next":"{next}""#) } else { String::new() };
    Some(Reply::Bytes(json(&format!(r#"{{"rows":[{}]{next}}}"#, page.join(",")))))
}

#[test]
fn rows_come_from_as_many_pages_as_it_takes() {
    let (sandbox, server) = user(rows);
    let output = sandbox.run("x rows list");
    assert_eq!(output.stdout, "NAME   N\nrow-0  0\nrow-1  1\n");
    assert_eq!(output.stderr, "hint: more rows available: use `--limit N` or `--all`\n");
    assert_eq!(
        sandbox.run("x rows list --limit 4 --no-headers").success_silent(),
        "row-0  0\nrow-1  1\nrow-2  2\nrow-3  3\n"
    );
    assert_eq!(sandbox.run("x rows list --all -o name").success_silent().lines().count(), 10);
    assert_eq!(
        sandbox.run("x rows list --all -o jsonl").success_silent().lines().last(),
        Some(r#"{"name":"row-9","n":9}"#)
    );
    // Rows that are wrapped stay wrapped, however many pages they come from.
    let all = sandbox.run("x rows list --all -o json").json();
    assert_eq!(all["rows"].as_array().unwrap().len(), 10);
    assert_eq!(sandbox.run("x rows list -o json").json()["next"], "2");
    assert_eq!(sandbox.run("x rows list --limit 1 --jq .rows[].name").success_silent(), "row-0\n");
    // No larger pages than the server makes, and no larger ones than are wanted.
    assert!(count(&server, "GET /api/rows?limit=3") > 0 && count(&server, "GET /api/rows?limit=1") > 0);
    assert!(
        sandbox
            .run("x rows list --limit many")
            .stderr_failed(2)
            .contains("--limit: many is not a number of rows")
    );
}

#[test]
fn a_list_that_breaks_off_or_goes_in_circles_says_where() {
    let (sandbox, _server) = user(|route| {
        let broken = route.starts_with("GET /api/rows?") && route.contains("after=6");
        let body = br#"{"error":"the disk is full"}"#;
        if broken {
            Some(Reply::Bytes(response("500 Internal Server Error", "application/json", body)))
        } else {
            rows(route)
        }
    });
    let output = sandbox.run("x rows list --all");
    assert_eq!((output.stdout.lines().count(), output.code), (7, Some(1)));
    assert!(
        output
            .stderr
            .contains("error: list incomplete: stopped after 6 rows\n  caused by: `x`: returned 500"),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("hint: resume with --after=6"), "{}", output.stderr);

    let (sandbox, _server) = user(|route| {
        route
            .starts_with("GET /api/rows")
            .then(|| Reply::Bytes(json(r#"{"rows":[{"name":"a","n":1}],"next":"same"}"#)))
    });
    let error = sandbox.run("x rows list --all").stderr_failed(1);
    assert!(error.contains("returned the same page again"), "{error}");
}

/// Lists whose document has no key of ours, as the world writes them.
const FOUND: &str = r##"{"openapi": "3.1.0", "info": {"title": "X", "version": "1"}, "paths": {
    "/linked": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}}}}}}}},
    "/numbered": {"get": {"parameters": [{"name": "page", "in": "query", "schema": {"type": "integer"}}, {"name": "per_page", "in": "query", "schema": {"type": "integer", "default": 2}}],
        "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}}}}},
    "/skipped": {"get": {"parameters": [{"name": "offset", "in": "query", "schema": {"type": "integer"}}, {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 2}}],
        "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}}}}},
    "/named": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}}}}},
    "/marked": {"get": {"parameters": [{"name": "page_token", "in": "query", "schema": {"type": "string"}}],
        "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}}}}},
    "/counted": {"get": {"parameters": [{"name": "page", "in": "query", "schema": {"type": "integer"}}],
        "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}}}}},
    "/from-zero": {"get": {"parameters": [{"name": "page", "in": "query", "schema": {"type": "integer"}}],
        "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}}}}},
    "/led": {"get": {"parameters": [{"name": "$skip", "in": "query", "schema": {"type": "integer"}}],
        "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}}}}},
    "/same": {"get": {"parameters": [{"name": "page", "in": "query", "schema": {"type": "integer"}}],
        "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}}}}}},
  "components": {"schemas": {"Row": {"type": "object", "properties": {"name": {"type": "string"}, "n": {"type": "integer"}}},
    "Page": {"type": "object", "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
        "next": {"type": ["string", "null"]}, "nextPageToken": {"type": "string"}, "total": {"type": "integer"}}}}}
}"##;

/// The rows from `after` to `after + 2`, of five.
fn two(after: usize) -> String {
    let rows: Vec<String> =
        (after..5.min(after + 2)).map(|n| format!(r#"{{"name":"row-{n}","n":{}}}"#, n * 50)).collect();
    format!("[{}]", rows.join(","))
}

/// Each of them by a way of its own, two rows a page.
fn found(route: &str) -> Option<Reply> {
    let (path, query) = route.strip_prefix("GET /")?.split_once('?').unwrap_or((&route[5..], ""));
    let value = |name: &str| {
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse::<usize>().ok())
    };
    let items =
        |after: usize, more: &str| Some(Reply::Bytes(json(&format!(r#"{{"items":{}{more}}}"#, two(after)))));
    match path {
        "linked" => {
            let (page, body) = (value("page").unwrap_or(1), two((value("page").unwrap_or(1) - 1) * 2));
            let link = if page < 3 {
                // It names itself as it knows itself.
                let host = if page == 1 { "" } else { "http://backend:8080/base" };
                format!("link: <{host}/linked?page={}>; rel=\"next\"\r\n", page + 1)
            } else {
                String::new()
            };
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n{link}");
            Some(Reply::Bytes(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()))
        }
        "numbered" => items((value("page").unwrap_or(1) - 1) * 2, ",\"total\":5"),
        "skipped" => items(value("offset").unwrap_or(0), ""),
        "named" => {
            let page = value("p").unwrap_or(0);
            let next = if page < 2 {
                format!("\"http://backend:8080/named?p={}\"", page + 1)
            } else {
                "null".to_owned()
            };
            items(page * 2, &format!(",\"next\":{next}"))
        }
        "marked" => {
            let after = value("page_token").unwrap_or(0);
            items(
                after,
                &if after < 4 { format!(",\"nextPageToken\":\"{}\"", after + 2) } else { String::new() },
            )
        }
        // Its first page is 0, as Spring has it, and after the last one come the last rows again and again.
        "counted" => {
            let page = value("page").unwrap_or(0);
            items(2 * page.min(2), &format!(",\"number\":{page},\"totalPages\":3"))
        }
        // The same, and nothing says it.
        "from-zero" => items(2 * value("page").unwrap_or(0), ""),
        // It names the next page, and never answers with nothing.
        "led" => {
            let skip = value("%24skip").or(value("$skip")).unwrap_or(0);
            let next = format!(",\"@odata.nextLink\":\"http://backend:8080/led?$skip={}\"", skip + 2);
            items(skip.min(4), if skip < 4 { &next } else { "" })
        }
        "same" => items(0, ""),
        _ => None,
    }
}

/// A sandbox that is signed in to the server of `routes`, whose document is that of [`FOUND`].
fn finder(
    routes: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static,
) -> (Sandbox, crate::support::http::Server) {
    let server = publishing(FOUND, move |route, _| routes(route));
    let sandbox = Sandbox::new().with_server(&server.url()).with("CI", "1");
    assert_eq!(sandbox.run("x --help").code, Some(0));
    (sandbox, server)
}

#[test]
fn pages_are_found_without_a_key_of_the_document() {
    let (sandbox, _server) = finder(found);
    for list in ["linked", "numbered", "skipped", "named", "marked", "counted", "led"] {
        let output = sandbox.run(&format!("x {list} list"));
        assert_eq!(output.stdout, "NAME    N\nrow-0   0\nrow-1  50\n", "{list}");
        // A full page says less than a count does.
        let said = if list == "skipped" { "there may be more rows" } else { "more rows available" };
        assert_eq!(output.stderr, format!("hint: {said}: use `--limit N` or `--all`\n"), "{list}");
        // Numbers stand at the right, and all pages have the same columns.
        assert_eq!(
            sandbox.run(&format!("x {list} list --all")).success_silent(),
            "NAME     N\nrow-0    0\nrow-1   50\nrow-2  100\nrow-3  150\nrow-4  200\n",
            "{list}"
        );
        assert_eq!(
            sandbox.run(&format!("x {list} list --limit 3 -o name")).success_silent().lines().count(),
            3
        );
        // A filter sees one list.
        let rows = if list == "linked" { "." } else { ".items" };
        let count = format!("x {list} list --all --jq {rows}|length");
        assert_eq!(sandbox.run(&count).success_silent(), "5\n", "{list}");
        let hint = sandbox.run(&format!("x {list} list -o json")).stderr;
        assert!(hint.contains("more rows"), "{list}: {hint}");
    }
    // Where nobody says whether the first page is 0 or 1, none is lost and none comes twice.
    assert_eq!(
        sandbox.run("x from-zero list --all -o name").success_silent(),
        "row-0\nrow-1\nrow-2\nrow-3\nrow-4\n"
    );
    // Where a page was asked for, the list goes on from there.
    assert_eq!(
        sandbox.run("x numbered list --page 2 --all -o name").success_silent(),
        "row-2\nrow-3\nrow-4\n"
    );
    assert_eq!(sandbox.run("x skipped list --offset 4").success_silent().lines().count(), 2);
}

#[test]
fn a_repeated_page_and_a_list_that_shrinks_are_noticed() {
    let (sandbox, _server) = finder(|route| match route {
        "GET /numbered" => Some(Reply::Bytes(json(&format!(r#"{{"items":{},"total":5}}"#, two(0))))),
        "GET /numbered?page=2" => Some(Reply::Bytes(json(&format!(r#"{{"items":{},"total":4}}"#, two(2))))),
        "GET /named" | "GET /named?p=0" => {
            Some(Reply::Bytes(json(&format!(r#"{{"items":{},"next":"?p=0"}}"#, two(0)))))
        }
        other => found(other),
    });
    let output = sandbox.run("x same list --all");
    assert_eq!((output.stdout.lines().count(), output.code), (3, Some(0)), "{output:?}");
    assert!(output.stderr.contains("warning: the server returned the same page again"), "{output:?}");
    let output = sandbox.run("x numbered list --all");
    assert!(output.stderr.contains("warning: the list became shorter while it was read"), "{output:?}");
    let output = sandbox.run("x named list --all");
    assert_eq!((output.stdout.lines().count(), output.code), (3, Some(1)), "{output:?}");
    assert!(output.stderr.contains("the server returned the same page again"), "{output:?}");
}

/// A job that answers so at its looks, one after the other; the last one for good.
fn job(looks: &'static [(&'static str, &'static str)]) -> (Sandbox, crate::support::http::Server) {
    let looked = AtomicUsize::new(0);
    user(move |route| match route {
        "POST /api/jobs" => Some(Reply::Bytes(response(
            "202 Accepted",
            "application/json",
            br#"{"id":"j 1","status":"new"}"#,
        ))),
        "GET /api/jobs/j%201" => {
            let look = looked.fetch_add(1, Ordering::SeqCst).min(looks.len() - 1);
            let (status, body) = looks[look];
            Some(Reply::Bytes(response(status, "application/json", body.as_bytes())))
        }
        _ => None,
    })
}

#[test]
fn a_job_is_waited_for_through_trouble_that_passes() {
    let (sandbox, server) = job(&[
        ("503 Service Unavailable", ""),
        ("200 OK", r#"{"id":"j 1","status":"running","percent":40}"#),
        ("502 Bad Gateway", ""),
        ("200 OK", r#"{"id":"j 1","status":"done","percent":100}"#),
    ]);
    let output = sandbox.run("x jobs create --wait -o json");
    assert_eq!(output.json()["status"], "done");
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), "new\nrunning 40 %\ndone 100 %\n"));
    assert_eq!(count(&server, "POST /api/jobs"), 1);
}

#[test]
fn a_job_that_fails_or_takes_too_long_has_a_true_exit_code() {
    let (sandbox, _server) = job(&[("200 OK", r#"{"status":"broken","why":"no disk"}"#)]);
    let output = sandbox.run("x jobs create --wait -q");
    assert_eq!(output.stderr, "error: the job ended with status `broken`: no disk\n");
    assert!(output.code == Some(1) && output.stdout.contains("broken"), "{output:?}");

    let (sandbox, _server) = job(&[("200 OK", r#"{"status":"running"}"#)]);
    let error = sandbox.run("x jobs create --wait --timeout 1s").stderr_failed(124);
    assert!(error.contains("hint: everestctl x jobs get 'j 1'"), "{error}");
    // A job that was deleted is not waited for.
    let (sandbox, _server) = job(&[("404 Not Found", r#"{"error":"no such job"}"#)]);
    let start = Instant::now();
    let error = sandbox.run("x jobs create --wait").stderr_failed(1);
    assert!(error.contains("no such job") && start.elapsed() < Duration::from_secs(10), "{error}");
    sandbox.run("x jobs create --timeout 1s").stderr_failed(2);
}

#[test]
fn ctrl_c_leaves_the_job_and_says_how_to_look_again() {
    let (sandbox, server) = job(&[("200 OK", r#"{"status":"running"}"#)]);
    let mut child =
        sandbox.command(["x", "jobs", "create", "--wait"]).stderr(Stdio::piped()).spawn().unwrap();
    eventually("a look", || count(&server, "GET /api/jobs/j%201") > 0);
    kill(child.id(), Signal::INT);
    let output = child.output_in_time();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert!(text.contains("the job is still running; check it with: everestctl x jobs get 'j 1'"), "{text}");
}

#[test]
fn any_request_reaches_the_backend_and_nothing_else() {
    let (sandbox, server) = user(|route| {
        match route {
        "GET /api/free?a=1&b=x+y" => Some(Reply::Bytes(json(r#"{"items":[1,2]}"#))),
        "POST /api/free" => Some(Reply::Bytes(response("201 Created", "application/json", b"{}"))),
        "GET /api/pages" => Some(Reply::Bytes(
            b"HTTP/1.1 200 OK\r\nlink: </api/pages?page=2>; rel=\"next\"\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]".to_vec(),
        )),
        "GET /api/pages?page=2" => Some(Reply::Bytes(json("[2]"))),
        "GET /api/bad" => Some(Reply::Bytes(response("422 Unprocessable Entity", "application/json", b"{\"detail\":1}"))),
        _ => None,
    }
    });
    let run = |words: &[&str]| sandbox.run_with([&["plugin", "api", "x"], words].concat());
    assert_eq!(run(&["GET", "/api/free?a=1", "-f", "b=x y"]).success_silent(), r#"{"items":[1,2]}"#);
    assert_eq!(run(&["/api/free?a=1", "-X"]).code, Some(2));
    assert_eq!(run(&["GET", "/api/free?a=1", "-f", "b=x y", "--jq", ".items[]"]).success_silent(), "1\n2\n");
    let included =
        run(&["/api/free", "-F", "n=5", "-F", "on=true", "-f", "text=5", "-H", "x-more: yes", "-i"])
            .success_silent();
    assert!(included.starts_with("HTTP/1.1 201 Created\n") && included.ends_with("\n\n{}"), "{included}");
    assert!(server.requests().iter().any(|request| request.head.contains("x-more: yes")));
    assert_eq!(run(&["/api/pages", "--paginate"]).success_silent(), "[2]\n");
    let bad = run(&["/api/bad"]);
    assert_eq!((bad.stdout.as_str(), bad.code), ("{\"detail\":1}", Some(1)));
    for outside in ["/../../../version", "/..%2f..%2fx/../../..", "//evil.example/x"] {
        let error = run(&[outside]);
        assert_ne!(error.code, Some(0), "{outside}: {error:?}");
    }
    assert!(server.paths().iter().all(|path| path.contains("/plugins")), "{:?}", server.paths());
    assert!(
        run(&["/api/free", "-H", "authorization: mine"])
            .stderr_failed(2)
            .contains("is set by everestctl and cannot be changed")
    );
    let line = run(&["POST", "/api/free", "-F", "n=5", "--dry-run"]).success_silent();
    assert!(
        line.starts_with("curl -X POST http://127.0.0.1:") && line.contains("$(everestctl auth token)"),
        "{line}"
    );
}

#[test]
fn a_dry_run_hides_secrets() {
    let name = "a_dry_run_hides_secrets";
    let Some(mut backends) = Backends::start(name, "performance", "spec", "") else { return };
    backends.user = backends.user.with("EVEREST_PERF_DB_PASSWORD", "hush \"hush\"");
    let line = "run --instance orders -n everest --engine postgresql --host h --port 5432 --user u --database d --dry-run";
    let shown = backends.stdout_ok(line);
    assert!(shown.contains("HIDDEN") && !shown.contains("hush"), "{shown}");
}

#[test]
fn no_form_lets_an_escape_reach_a_terminal() {
    let name = "no_form_lets_an_escape_reach_a_terminal";
    let body = "{\"rows\":[{\"name\":\"a\u{9b}31mb\u{202e}c\",\"n\":1}]}";
    let (sandbox, _server) =
        user(move |route| route.starts_with("GET /api/rows").then(|| Reply::Bytes(json(body))));
    for form in ["json", "yaml", "table", "wide", "name", "jsonl"] {
        let line = format!("$E x rows list -o {form}; echo do''ne");
        let Some(terminal) = Terminal::start(&sandbox, &format!("sh -c \"{line}\"")) else {
            return skip("script", name, "script (util-linux) is not installed");
        };
        terminal.shows(&["done"]);
        let seen = terminal.seen();
        assert!(
            seen.contains("31mb") && !seen.contains('\u{9b}') && !seen.contains('\u{202e}'),
            "{form}: {seen:?}"
        );
    }
}

#[test]
fn json_of_a_filter_has_colors_on_a_terminal_and_texts_have_none() {
    let name = "json_of_a_filter_has_colors_on_a_terminal_and_texts_have_none";
    let body = "{\"rows\":[{\"name\":\"a\",\"n\":null}]}";
    let (sandbox, _server) =
        user(move |route| route.starts_with("GET /api/rows").then(|| Reply::Bytes(json(body))));
    let colored = "\u{1b}[1m\u{1b}[34m\"name\"\u{1b}[0m:\u{1b}[32m\"a\"\u{1b}[0m";
    for (line, expected, is_colored) in [
        ("x rows list --jq .rows[0]", colored, true),
        ("x rows list --jq .rows[0].name", "a", false),
        ("x rows list --jq .rows[0] | cat", "{\"name\":\"a\",\"n\":null}", false),
        ("x rows list --jq .rows[0] --color never", "{\"name\":\"a\",\"n\":null}", false),
    ] {
        let Some(terminal) = Terminal::start(&sandbox, &format!("sh -c \"$E {line}; echo do''ne\"")) else {
            return skip("script", name, "script (util-linux) is not installed");
        };
        terminal.shows(&["done"]);
        let seen = terminal.seen();
        assert!(seen.contains(expected), "{line}: {seen:?}");
        assert_eq!(seen.contains('\u{1b}'), is_colored, "{line}: {seen:?}");
    }
}

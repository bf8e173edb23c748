//! Credentials of plugins' own: what a document requires, where the user gives them, and where they go and never go.

use crate::support::client::header;
use crate::support::host::{host_of, with_backend};
use crate::support::http::{Reply, Request, Server, json, response};
use crate::support::sandbox::{Output, TOKEN};
use crate::support::terminal::Terminal;
use crate::support::{Sandbox, skip};
use serde_json::{Value, json as value};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A value that must be seen nowhere but in a request.
const KEY: &str = "open-sesame-0815";
/// Where `auth plugin` stores it.
const FILE: &str = "everestctl-credentials.json";

fn api_key(place: &str, name: &str) -> Value {
    value!({"type": "apiKey", "in": place, "name": name})
}

fn answered(kind: &Value) -> Value {
    value!({"200": {"content": {"application/json": {"schema": kind}}}})
}

/// A document with one command for each way to require something.
fn document() -> Value {
    let rows = answered(
        &value!({"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}}),
    );
    let any = answered(&value!({"type": "object"}));
    let get = |name: &str, security: Value| value!({"get": {"x-cli-name": name, "security": security, "responses": any}});
    value!({
        "openapi": "3.0.3", "info": {"title": "Shop", "version": "1"},
        "security": [{"apiKey": []}],
        "components": {"securitySchemes": {
            "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "From the \u{1b}[31msettings of the shop."},
            "inQuery": api_key("query", "api_key"),
            "inCookie": api_key("cookie", "sid"),
            "jwt": {"type": "http", "scheme": "bearer"},
            "login": {"type": "http", "scheme": "basic"},
        }},
        "paths": {
            "/api/goods": {"get": {"x-cli-name": "goods", "responses": rows}},
            "/api/open": get("open", value!([])),
            "/api/either": get("either", value!([{}, {"apiKey": []}])),
            "/api/query": get("query", value!([{"inQuery": []}])),
            "/api/cookie": {"get": {"x-cli-name": "cookie", "security": [{"inCookie": []}],
                "parameters": [{"name": "theme", "in": "cookie", "schema": {"type": "string"}}], "responses": any}},
            "/api/both": get("both", value!([{"apiKey": [], "inQuery": []}])),
            "/api/session": get("session", value!([{"jwt": []}])),
            "/api/basic": get("basic", value!([{"login": []}])),
            "/api/listed": {"get": {"x-cli-name": "listed", "parameters": [
                {"name": "x-api-key", "in": "header", "required": true, "schema": {"type": "string"}}], "responses": any}},
            "/api/pages": {"get": {"x-cli-name": "pages", "security": [{"inQuery": []}], "x-cli-paginate": {"link": true}, "responses": rows}},
            "/api/jobs": {"post": {"x-cli-name": "start", "x-cli-wait": {"id": "/id", "poll": "look", "success": ["done"], "interval": "500ms"},
                "responses": {"202": {"content": {"application/json": {"schema": {"type": "object"}}}}}}},
            "/api/jobs/{id}": {"get": {"x-cli-name": "look", "operationId": "look",
                "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": any}},
            "/api/runs": {"post": {"x-cli-name": "begin", "security": [], "x-cli-wait": {"id": "/id", "poll": "look", "success": ["done"], "interval": "500ms"},
                "responses": {"202": {"content": {"application/json": {"schema": {"type": "object"}}}}}}},
            "/api/blob": {"get": {"x-cli-name": "blob", "responses": {"200": {"content": {"application/octet-stream": {}}}}}},
            "/api/ticks": {"get": {"x-cli-name": "ticks", "responses": {"200": {"content": {"text/event-stream": {}}}}}},
        },
    })
}

fn head_has(request: &Request, name: &str, expected: &str) -> bool {
    header(&request.head, name).as_deref() == Some(expected)
}

/// What the shop's backend answers, as strict about its own keys as a real one.
fn shop(path: &str, request: &Request) -> Vec<u8> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let by_header = head_has(request, "x-api-key", KEY);
    let by_query = query.split('&').filter(|pair| pair.starts_with("api_key=")).collect::<Vec<_>>()
        == [format!("api_key={KEY}")];
    let by_cookie = header(&request.head, "cookie")
        .is_some_and(|line| line.split("; ").any(|pair| pair == format!("sid={KEY}")));
    let is_allowed = match path {
        "/api/open" | "/api/session" | "/api/basic" | "/api/either" | "/api/runs" => true,
        "/api/query" | "/api/pages" => by_query,
        "/api/cookie" => by_cookie,
        "/api/both" => by_header && by_query,
        _ => by_header,
    };
    if !is_allowed {
        let given = header(&request.head, "x-api-key").unwrap_or_default();
        return response(
            "401 Unauthorized",
            "application/json",
            format!(r#"{{"error":"bad key {given}"}}"#).as_bytes(),
        );
    }
    match path {
        "/api/goods" => json(r#"[{"n":1}]"#),
        "/api/pages" if query.contains("page=2") => json(r#"[{"n":2}]"#),
        // A backend that repeats what it was asked.
        "/api/pages" => {
            let body = r#"[{"n":1}]"#;
            let link = format!("</api/pages?api_key={KEY}&page=2>; rel=\"next\"");
            format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nlink: {link}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            )
            .into_bytes()
        }
        "/api/jobs" | "/api/runs" => response("202 Accepted", "application/json", br#"{"id":"7"}"#),
        "/api/jobs/7" => json(r#"{"id":"7","status":"done"}"#),
        "/api/blob" => response("200 OK", "application/octet-stream", b"bytes"),
        "/api/ticks" => response("200 OK", "text/event-stream", b"id: 1\ndata: {\"n\":1}\n\n"),
        _ => json(r#"{"ok":true}"#),
    }
}

/// A server with two plugins that publish the same document, and both behave as the shop; in two clusters.
fn server() -> Server {
    let document = document().to_string();
    Server::start(move |request| {
        let in_cluster = |cluster| request.path.strip_prefix(&format!("/v1/clusters/{cluster}/plugins"));
        let Some(rest) = in_cluster("main").or_else(|| in_cluster("east")) else {
            return Reply::Bytes(json(r#"{"version":"2.0.0"}"#));
        };
        let own = rest.strip_prefix("/shop").or_else(|| rest.strip_prefix("/other"));
        Reply::Bytes(match own {
            None => json(r#"[{"name": "shop", "version": "1"}, {"name": "other", "version": "1"}]"#),
            Some("/openapi.json") => json(&document),
            Some(path) => shop(path, request),
        })
    })
}

fn user_of(server: &Server) -> Sandbox {
    let sandbox = Sandbox::new().with_server(&server.url()).with("CI", "1");
    assert_eq!(sandbox.run("plugin refresh").code, Some(0));
    sandbox
}

/// Runs a line with something on standard input.
fn fed(sandbox: &Sandbox, line: &str, input: &str) -> (Option<i32>, String, String) {
    let output = sandbox.fed(line, input);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[track_caller]
fn store(sandbox: &Sandbox, plugin: &str, scheme: &str) {
    let (code, out, err) =
        fed(sandbox, &format!("auth plugin {plugin} --scheme {scheme} --with-token"), &format!("{KEY}\n"));
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
    assert!(
        err.starts_with(&format!("stored the credential `{scheme}` of `{plugin}` for http://127.0.0.1:")),
        "{err}"
    );
}

/// The requests that reached a plugin's own routes.
fn sent_to(server: &Server, plugin: &str) -> Vec<Request> {
    let start = format!("/v1/clusters/main/plugins/{plugin}/api/");
    server.requests().into_iter().filter(|request| request.path.starts_with(&start)).collect()
}

#[track_caller]
fn shows_no_key(output: &Output) {
    let all = format!("{}{}", output.stdout, output.stderr);
    assert!(!all.contains(KEY) && !all.contains(TOKEN), "{all}");
}

#[test]
fn what_is_not_known_is_refused_before_anything_is_sent() {
    let server = server();
    let sandbox = user_of(&server);
    let error = sandbox.run("shop goods").stderr_failed(4);
    assert_eq!(
        error,
        "error: `shop` requires the credential `apiKey` (header `X-API-Key`), and none is stored\n\
         \x20 plugin shop says: apiKey: From the [31msettings of the shop.\n\
         hint: everestctl auth plugin shop --scheme apiKey\nhint: set EVERESTCTL_PLUGIN_SHOP_APIKEY instead\n"
    );
    let error = sandbox.run("shop both").stderr_failed(4);
    assert!(
        error.contains("credentials `apiKey` (header `X-API-Key`) and `inQuery` (query parameter `api_key`)"),
        "{error}"
    );
    assert!(
        error.contains("set EVERESTCTL_PLUGIN_SHOP_APIKEY and EVERESTCTL_PLUGIN_SHOP_INQUERY instead"),
        "{error}"
    );
    sandbox.run("shop start --wait").stderr_failed(4);
    // What is started without a credential, and looked at with one.
    let error = sandbox.run("shop begin --wait").stderr_failed(4);
    assert!(error.starts_with("error: `shop` requires the credential `apiKey`"), "{error}");
    assert_eq!(sent_to(&server, "shop").len(), 0);
    assert_eq!(sandbox.run("shop begin -o json").json()["id"], "7");
    // What requires nothing of the plugin's own runs.
    for command in ["open", "either", "session"] {
        assert_eq!(sandbox.run(&format!("shop {command} -o json")).json()["ok"], true, "{command}");
    }
}

#[test]
fn each_place_gets_the_credential_and_the_session_stays_where_it_was() {
    let server = server();
    let sandbox = user_of(&server);
    for scheme in ["apiKey", "inQuery", "inCookie"] {
        store(&sandbox, "shop", scheme);
    }
    for command in ["goods", "query", "cookie --theme dark", "both", "either", "listed", "look 7"] {
        let output = sandbox.run(&format!("shop {command} -o json"));
        assert_eq!(output.code, Some(0), "{command}: {output:?}");
    }
    for request in sent_to(&server, "shop") {
        assert!(head_has(&request, "authorization", &format!("Bearer {TOKEN}")), "{}", request.head);
        assert_eq!(request.head.matches(TOKEN).count(), 1, "{}", request.head);
        let wants_header = !["/api/query", "/api/cookie"].iter().any(|path| request.path.contains(path));
        assert_eq!(head_has(&request, "x-api-key", KEY), wants_header, "{}", request.head);
        assert_eq!(
            request.path.contains(KEY),
            request.path.contains("/api/query") || request.path.contains("/api/both")
        );
    }
    let cookies: Vec<Request> =
        sent_to(&server, "shop").into_iter().filter(|request| request.path.ends_with("/cookie")).collect();
    assert!(head_has(&cookies[0], "cookie", &format!("theme=dark; sid={KEY}")), "{}", cookies[0].head);
    assert_eq!(cookies[0].head.to_lowercase().matches("\r\ncookie:").count(), 1);
}

#[test]
fn pages_jobs_streams_and_downloads_have_it_too() {
    let server = server();
    let sandbox = user_of(&server);
    store(&sandbox, "shop", "apiKey");
    store(&sandbox, "shop", "inQuery");
    let pages = sandbox.run("shop pages --all -o json");
    assert_eq!(pages.json(), value!([{"n": 1}, {"n": 2}]), "{pages:?}");
    assert_eq!(sandbox.run("shop start --wait -o json").json()["status"], "done");
    assert_eq!(sandbox.run("shop blob --output-file blob").code, Some(0));
    assert_eq!(fs::read(sandbox.path("home/blob")).unwrap(), b"bytes");
    assert!(sandbox.run("shop ticks -o jsonl").success_silent().contains("\"n\":1"));
    // The same page again would lead in a circle, and what is said of it has no key.
    let pages: Vec<Request> =
        sent_to(&server, "shop").into_iter().filter(|request| request.path.contains("/pages")).collect();
    assert_eq!(pages.len(), 2);
    assert_eq!(pages[1].path.matches("api_key").count(), 1, "{}", pages[1].path);
}

#[test]
fn no_other_plugin_server_or_cluster_gets_it() {
    let server = server();
    let sandbox = user_of(&server);
    store(&sandbox, "shop", "apiKey");
    assert_eq!(sandbox.run("shop goods -o json").code, Some(0));
    sandbox.run("other goods").stderr_failed(4);
    // What is typed for any request at all goes as it is typed.
    assert_eq!(sandbox.run("plugin api shop GET /api/goods").code, Some(4));
    assert_eq!(sandbox.run("plugin refresh").code, Some(0));
    let error = sandbox.run("--cluster east shop goods").stderr_failed(4);
    assert!(error.contains("`shop` requires the credential `apiKey`"), "{error}");
    let own = sent_to(&server, "shop").iter().filter(|request| head_has(request, "x-api-key", KEY)).count();
    let all = server.requests().iter().filter(|request| request.head.contains(KEY)).count();
    assert_eq!((own, all), (1, 1));

    let second = self::server();
    let text = fs::read_to_string(sandbox.path("config.yaml")).unwrap();
    sandbox.write("config.yaml", text.replace(&server.url(), &second.url()));
    sandbox.run("shop goods").stderr_failed(4);
    assert!(second.requests().iter().all(|request| !request.head.contains(KEY)));
    // It is still there for the first.
    sandbox.write("config.yaml", text);
    assert_eq!(sandbox.run("shop goods -o json").code, Some(0));
}

#[test]
fn a_variable_comes_first_and_is_that_of_one_plugin() {
    let server = server();
    let sandbox = user_of(&server);
    let sandbox = sandbox.with("EVERESTCTL_PLUGIN_SHOP_APIKEY", KEY);
    assert_eq!(sandbox.run("shop goods -o json").code, Some(0));
    sandbox.run("other goods").stderr_failed(4);
    let (code, _, err) =
        fed(&sandbox, "auth plugin shop --scheme apiKey --with-token", "stored-4711-stored\n");
    assert_eq!(code, Some(0));
    assert!(err.contains("warning: EVERESTCTL_PLUGIN_SHOP_APIKEY is set and takes precedence"), "{err}");
    assert_eq!(sandbox.run("shop goods -o json").code, Some(0));
    assert!(
        sandbox
            .run("plugin info shop")
            .success_silent()
            .contains("apiKey (header `X-API-Key`): from EVERESTCTL_PLUGIN_SHOP_APIKEY")
    );
    // An empty one is unset; one that cannot be sent is named and not quoted.
    let sandbox = sandbox.with("EVERESTCTL_PLUGIN_SHOP_APIKEY", "");
    let error = sandbox.run("shop goods").stderr_failed(4);
    assert!(error.contains("`shop` refused its credential `apiKey`"), "{error}");
    let sandbox = sandbox.with("EVERESTCTL_PLUGIN_SHOP_APIKEY", format!("{KEY}\r\nx-evil: 1"));
    let error = sandbox.run("shop goods").stderr_failed(2);
    assert!(
        error.contains("EVERESTCTL_PLUGIN_SHOP_APIKEY cannot be sent: it contains characters"),
        "{error}"
    );
    assert!(!error.contains(KEY), "{error}");
}

#[test]
fn a_refused_credential_is_named_and_what_comes_back_of_it_is_hidden() {
    let server = server();
    let sandbox = user_of(&server).with("EVERESTCTL_PLUGIN_SHOP_APIKEY", "wrong-key-1234567");
    let output = sandbox.run("shop goods -v");
    assert!(!format!("{output:?}").contains("wrong-key"), "{output:?}");
    let error = output.stderr_failed(4);
    for line in [
        "note: the credential `apiKey` of `shop` is sent in header `X-API-Key`, from EVERESTCTL_PLUGIN_SHOP_APIKEY\n",
        "error: `shop` refused its credential `apiKey`\n",
        "caused by: the plugin returned 401 (unauthorized): bad key HIDDEN\n",
        "hint: check the value of EVERESTCTL_PLUGIN_SHOP_APIKEY\n",
        "hint: is your session valid? `everestctl auth status` checks it\n",
    ] {
        assert!(error.contains(line), "{line}: {error}");
    }
}

#[test]
fn it_is_shown_nowhere() {
    let server = server();
    let sandbox = user_of(&server);
    for scheme in ["apiKey", "inQuery", "inCookie"] {
        store(&sandbox, "shop", scheme);
    }
    let dry = |line: &str| {
        let output = sandbox.run(&format!("shop {line} --dry-run"));
        shows_no_key(&output);
        output.success_silent()
    };
    assert!(
        dry("goods").contains(r#" -H 'x-api-key: '"$EVERESTCTL_PLUGIN_SHOP_APIKEY""#),
        "{}",
        dry("goods")
    );
    assert!(
        dry("query").contains(r#" --url-query api_key="$EVERESTCTL_PLUGIN_SHOP_INQUERY""#),
        "{}",
        dry("query")
    );
    let cookies = dry("cookie --theme dark");
    assert!(
        cookies.contains(r#" -H 'cookie: 'theme=dark'; 'sid="$EVERESTCTL_PLUGIN_SHOP_INCOOKIE""#),
        "{cookies}"
    );
    assert_eq!(sent_to(&server, "shop").len(), 0);
    // A request is shown although nothing is known of its credential.
    let other = sandbox.run("other goods --dry-run").success_silent();
    assert!(other.contains(r#""$EVERESTCTL_PLUGIN_OTHER_APIKEY""#), "{other}");
    for line in [
        "shop goods -vv",
        "shop query -vv",
        "shop cookie -vv",
        "shop pages --all -vv",
        "shop goods --help",
        "plugin info shop",
        "plugin info shop -o json",
        "auth plugin --list",
        "auth plugin --list -o json",
        "auth status -v",
        "doctor -vv",
        "config view",
        "plugin refresh -vv",
    ] {
        shows_no_key(&sandbox.run(line));
    }
    let traced = sandbox.run("shop query -vv").stderr;
    assert!(traced.contains("/api/query?api_key=HIDDEN\n"), "{traced}");
}

#[test]
fn it_is_kept_for_the_user_alone() {
    let server = server();
    let sandbox = user_of(&server);
    store(&sandbox, "shop", "apiKey");
    let mode = |path: &str| fs::metadata(sandbox.path(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(FILE), mode(&format!("{FILE}.lock"))), (0o600, 0o600));
    assert!(!fs::read_to_string(sandbox.path("config.yaml")).unwrap().contains(KEY));
    sandbox.chmod(FILE, 0o644);
    let doctor = sandbox.run("doctor");
    assert!(doctor.stderr.contains(&format!("hint: chmod 600 [ROOT]/{FILE}\n")), "{}", doctor.stderr);
    store(&sandbox, "shop", "inQuery");
    assert_eq!(mode(FILE), 0o600);
    // Another process changes it.
    let held = fs::File::options().write(true).open(sandbox.path(&format!("{FILE}.lock"))).unwrap();
    held.lock().unwrap();
    let (code, _, err) = fed(
        &sandbox,
        "--request-timeout 1s auth plugin shop --scheme apiKey --with-token",
        "new-value-123\n",
    );
    assert_eq!(code, Some(1));
    assert!(err.contains("is locked by another process"), "{err}");
    assert_eq!(sandbox.run("shop goods -o json").code, Some(0));
    drop(held);
    // A damaged file is neither used nor replaced, and nothing of it is quoted.
    sandbox.write(FILE, format!("{{\"credentials\": [\"{KEY}\""));
    for line in ["shop goods", "auth plugin shop --remove", "auth plugin --list"] {
        let output = sandbox.run(line);
        shows_no_key(&output);
        assert!(output.stderr_failed(1).contains("is not valid: line 1"), "{line}");
    }
    assert_eq!(sandbox.run("shop open -o json").code, Some(0));
}

#[test]
fn many_at_once_lose_nothing() {
    let server = server();
    let sandbox = user_of(&server);
    std::thread::scope(|scope| {
        for plugin in ["shop", "other"] {
            for scheme in ["apiKey", "inQuery", "inCookie"] {
                let sandbox = &sandbox;
                scope.spawn(move || store(sandbox, plugin, scheme));
            }
        }
    });
    let rows = sandbox.run("auth plugin --list -o json").json();
    let stored = rows["items"].as_array().unwrap().iter().filter(|row| row["known"] == "stored").count();
    assert_eq!(stored, 6, "{rows}");
}

#[test]
fn which_one_is_meant_and_what_cannot_be_stored() {
    let server = server();
    let sandbox = user_of(&server);
    let refused = |line: &str, input: &str, code: i32| {
        let (ended, out, err) = fed(&sandbox, line, input);
        assert_eq!((ended, out.as_str()), (Some(code), ""), "{line}: {err}");
        err
    };
    let error = refused("auth plugin shop --with-token", KEY, 2);
    assert!(error.contains("hint: known credentials: apiKey, inQuery, inCookie"), "{error}");
    assert!(
        refused("auth plugin shop --scheme nothing --with-token", KEY, 2)
            .contains("has no credential `nothing`")
    );
    let error = refused("auth plugin shop --scheme jwt --with-token", KEY, 2);
    assert!(error.contains("`jwt` is your session's token, which is sent already"), "{error}");
    let error = refused("auth plugin shop --scheme login --with-token", KEY, 126);
    assert!(
        error.contains("HTTP basic authentication (`login`) cannot be sent through the server"),
        "{error}"
    );
    for (scheme, value) in [("apiKey", "a\u{1b}b"), ("inCookie", "a;b"), ("apiKey", ""), ("inQuery", "a\tb")]
    {
        let error = refused(&format!("auth plugin shop --scheme {scheme} --with-token"), value, 2);
        assert!(value.is_empty() || !error.contains(value), "{error}");
    }
    let error = refused("auth plugin shop --scheme apiKey", KEY, 2);
    assert!(error.contains("`auth plugin` needs --with-token: no terminal to prompt on"), "{error}");
    refused("auth plugin nothing --with-token", KEY, 2);
    refused("auth plugin", "", 2);
    assert!(!sandbox.path(FILE).exists());
    // A command that requires what cannot be sent says so, and reaches nobody.
    let error = sandbox.run("shop basic").stderr_failed(126);
    assert!(
        error.contains("carries your session's token")
            && error.contains("everestctl plugin api shop METHOD PATH"),
        "{error}"
    );
    assert_eq!(sent_to(&server, "shop").len(), 0);
}

#[test]
fn a_terminal_asks_for_it_and_does_not_show_it() {
    let server = server();
    let sandbox = user_of(&server).with("CI", "");
    let Some(mut terminal) = Terminal::start(&sandbox, "\"$E\" auth plugin shop --scheme apiKey; echo done")
    else {
        return skip("script", "a_terminal_asks_for_it_and_does_not_show_it", "there is no /usr/bin/script");
    };
    terminal.shows(&["plugin shop says of `apiKey`: From the [31msettings of the shop.", "apiKey:"]);
    terminal.hides();
    terminal.press(&format!("{KEY}\r"));
    terminal.shows(&["stored the credential `apiKey` of `shop`", "done"]);
    assert!(!terminal.seen().contains(KEY), "{}", terminal.seen());
    assert_eq!(sandbox.run("shop goods -o json").code, Some(0));
}

#[test]
fn it_goes_by_itself_and_with_the_last_session_of_its_server() {
    let server = server();
    let sandbox = user_of(&server);
    for scheme in ["apiKey", "inQuery"] {
        store(&sandbox, "shop", scheme);
    }
    let status = sandbox.run("auth status").success_silent();
    assert!(status.contains("plugin credentials  shop (apiKey), shop (inQuery)"), "{status}");
    let error = sandbox.run("auth plugin shop --remove --scheme apiKey").success_stderr();
    assert!(error.starts_with("removed the credential `apiKey` of `shop` for http://127.0.0.1:"), "{error}");
    sandbox.run("shop goods").stderr_failed(4);
    sandbox.run("auth plugin shop --remove --scheme apiKey").stderr_failed(1);
    // Another context of the same server keeps it.
    let text = fs::read_to_string(sandbox.path("config.yaml")).unwrap();
    let second = text
        .replace("contexts:\n", "contexts:\n- {name: second, context: {server: test, user: dana@test}}\n");
    sandbox.write("config.yaml", second);
    assert_eq!(sandbox.run("--offline auth logout").stderr, "signed out of `dana@test`\n");
    assert!(fs::read_to_string(sandbox.path(FILE)).unwrap().contains(KEY));
    let error = sandbox.run("--offline --context second auth logout").stderr;
    assert_eq!(error, "signed out of `second`\nremoved 1 credential of a plugin of that server\n");
    assert!(!fs::read_to_string(sandbox.path(FILE)).unwrap().contains(KEY));
}

#[test]
fn a_key_that_is_a_parameter_too_is_not_asked_for_twice() {
    let server = server();
    let sandbox = user_of(&server);
    let error = sandbox.run("shop listed").stderr_failed(4);
    assert!(error.contains("requires the credential `apiKey`"), "{error}");
    assert!(!sandbox.run("shop listed --help").success_silent().contains("--x-api-key"));
    // The flag of before still works, and comes first.
    store(&sandbox, "shop", "apiKey");
    assert_eq!(sandbox.run_with(["shop", "listed", "-o", "json", "--x-api-key", KEY]).code, Some(0));
    let output = sandbox.run("shop listed --x-api-key mine-mine-mine --dry-run");
    let line = output.success_silent();
    assert!(line.contains("x-api-key: HIDDEN") && !line.contains("EVERESTCTL_PLUGIN"), "{line}");
    assert!(sent_to(&server, "shop").iter().all(|request| request.head.matches(KEY).count() == 1));
}

#[test]
fn help_info_list_and_tab_say_what_is_required() {
    let server = server();
    let sandbox = user_of(&server);
    let help = sandbox.run("shop goods --help").success_silent();
    assert!(
        help.contains(
            "Credentials:\n  apiKey, in header `X-API-Key`: From the [31msettings of the shop.\n    \
             everestctl auth plugin shop --scheme apiKey, or EVERESTCTL_PLUGIN_SHOP_APIKEY\n"
        ),
        "{help}"
    );
    assert!(!sandbox.run("shop open --help").success_silent().contains("Credentials"));
    let info = sandbox.run("plugin info shop").success_silent();
    for line in [
        "apiKey (header `X-API-Key`): not known",
        "jwt (header `Authorization`): your session's token",
        "login (header `Authorization`): cannot be sent",
    ] {
        assert!(info.contains(line), "{line}: {info}");
    }
    store(&sandbox, "shop", "apiKey");
    let list = sandbox.run("auth plugin shop --list").success_silent();
    assert!(list.starts_with("PLUGIN  CREDENTIAL  KNOWN"), "{list}");
    assert!(list.lines().any(|line| line.starts_with("shop    apiKey      stored ")), "{list}");
    let complete = |words: &[&str]| {
        let words = std::iter::once("__completeNoDesc").chain(words.iter().copied());
        let output = sandbox.run_with(words).success_silent();
        output.lines().filter(|line| !line.starts_with(':')).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(complete(&["auth", "plugin", ""]), "other shop");
    assert_eq!(complete(&["auth", "plugin", "shop", "--scheme", "in"]), "inQuery inCookie");
}

#[test]
fn through_the_development_host_only_the_right_key_opens_the_backend() {
    let document = document().to_string();
    let backend = Server::start(move |request| {
        Reply::Bytes(if request.path == "/openapi.json" {
            json(&document)
        } else {
            shop(&request.path, request)
        })
    });
    let manifests = with_backend(&backend.url());
    let host = host_of(&manifests, "");
    let user = Sandbox::new()
        .with("EVEREST_HOST", format!("http://{}", host.address))
        .with("EVEREST_TOKEN", host.sign_in().access)
        .with("CI", "1");
    let text = user.run("x goods").stderr_failed(4);
    assert!(text.contains("everestctl auth plugin x --scheme apiKey"), "{text}");
    assert!(
        backend
            .requests()
            .iter()
            .all(|request| request.path == "/openapi.json" || !request.path.starts_with("/api/goods"))
    );
    for scheme in ["apiKey", "inQuery", "inCookie"] {
        store(&user, "x", scheme);
    }
    for command in ["goods", "query", "cookie", "both", "pages --all", "start --wait"] {
        let output = user.run(&format!("x {command} -o json"));
        assert_eq!(output.code, Some(0), "{command}: {output:?}");
    }
    let user = user.with("EVERESTCTL_PLUGIN_X_APIKEY", "wrong-key-1234567");
    let error = user.run("x goods").stderr_failed(4);
    assert!(error.contains("`x` refused its credential `apiKey`") && !error.contains("wrong-key"), "{error}");
    assert!(host.lines().iter().all(|line| !line.contains(KEY)), "{:?}", host.lines());
}

#[test]
fn a_document_cannot_choose_a_header_of_ours_nor_end_a_run() {
    let mut schemes = serde_json::Map::new();
    let mut paths = serde_json::Map::new();
    let mut add = |name: &str, scheme: Value| {
        let path = format!("/api/p{}", paths.len());
        let command = format!("c{}", paths.len());
        schemes.insert(name.to_owned(), scheme);
        paths.insert(
            path,
            value!({"get": {"x-cli-name": command, "security": [{name: []}], "responses": {}}}),
        );
    };
    for header in [
        "Host",
        "X-Everest-User",
        "x_everest_user",
        "Content-Length",
        "Cookie",
        "X-Forwarded-Host",
        "a\r\nb",
        "",
    ] {
        add(
            &format!("h{header:?}").replace(|sign: char| !sign.is_ascii_alphanumeric(), "-"),
            api_key("header", header),
        );
    }
    add("auth", api_key("header", "AUTHORIZATION"));
    add("refresh", api_key("cookie", "everest_refresh_token"));
    add("elsewhere", api_key("body", "x"));
    add("mine\u{1b}[2J", api_key("header", "X-Key"));
    add("tls", value!({"type": "mutualTLS"}));
    add("circle", value!({"$ref": "#/components/securitySchemes/circle"}));
    for at in 0..10_000 {
        schemes.insert(format!("s{at}"), api_key("header", "X-Key"));
    }
    let document = value!({"openapi": "3.1.0", "info": {"title": "X", "version": "1"}, "paths": paths,
        "components": {"securitySchemes": schemes}})
    .to_string();
    let server = Server::start(move |request| {
        Reply::Bytes(match request.path.strip_prefix("/v1/clusters/main/plugins") {
            Some("/x/openapi.json") => json(&document),
            Some(path) if path.starts_with("/x/api/") => json("{}"),
            _ => json(r#"[{"name": "x", "version": "1"}]"#),
        })
    });
    let sandbox = user_of(&server);
    // Nothing of this kind is required, so that each runs with the session alone.
    for at in 0..14 {
        let output = sandbox.run(&format!("x c{at} -o json"));
        assert_eq!(output.code, Some(0), "{at}: {output:?}");
    }
    let info = sandbox.run("plugin info x");
    assert!(!format!("{info:?}").contains('\u{1b}'), "{info:?}");
    for line in [
        "the header `X-Everest-User` is not for a document to set",
        "a certificate of the user does not pass through the server",
        "a reference in it is circular",
        "its name may have only letters",
    ] {
        assert!(info.stdout.contains(line), "{line}: {}", info.stdout);
    }
    let (code, _, err) = fed(&sandbox, "auth plugin x --scheme h-Host- --with-token", KEY);
    assert_eq!(code, Some(2), "{err}");
    assert!(server.requests().iter().all(|request| request.head.matches(TOKEN).count() <= 1));
}

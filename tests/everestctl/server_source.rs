//! The source `server`, with every kind of answer that a server can give.

use crate::support::http::{Reply, Server, json, nobody, response};
use crate::support::sandbox::{TOKEN, eventually};
use crate::support::{Output, Sandbox};
use snapbox::{assert_data_eq, str};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const BENCH: &str = r#"[{"name":"bench","displayName":"Bench","description":"Run benchmarks","version":"0.3.0",
    "vendor":"OpenEverest","bundleUrl":"/v1/clusters/main/plugins/bench/main.js"}]"#;

/// The one problem of `plugin list --source server`, and how it ended.
#[track_caller]
fn problem(sandbox: &Sandbox) -> (String, Option<i32>) {
    let Output { stderr, code, .. } = sandbox.run("plugin list --source server");
    let line = stderr.lines().next().unwrap_or_default();
    let message = line.strip_prefix("warning: server: ").unwrap_or_else(|| panic!("{stderr}"));
    (message.split_once(": ").map_or(message, |(_, rest)| rest).to_owned(), code)
}

fn answering(status: &str, content_type: &str, body: &[u8]) -> (Sandbox, Server) {
    let server = Server::always(response(status, content_type, body));
    (Sandbox::new().with_server(&server.url()), server)
}

#[test]
fn the_list_of_the_server_is_shown_and_the_token_is_sent() {
    let server = Server::with_plugins(BENCH);
    let sandbox = Sandbox::new().with_server(&format!("{}/v1", server.url()));
    assert_data_eq!(
        sandbox.run("plugin list").success_silent(),
        str![[r"
NAME   VERSION  SOURCE  WAY    STATUS       DESCRIPTION
bench  0.3.0    server  proxy  no commands  Run benchmarks

"]]
    );
    assert_eq!(server.paths()[0], "/v1/clusters/main/plugins");
    let head = server.requests()[0].head.to_lowercase();
    assert!(head.contains(&format!("authorization: bearer {TOKEN}")), "{head}");
    assert!(head.contains("user-agent: everestctl/"), "{head}");
    let _ = sandbox.run("--cluster a/b plugin list --source server");
    assert!(server.paths().contains(&"/v1/clusters/a%2Fb/plugins".to_owned()), "{:?}", server.paths());
}

#[test]
fn items_and_a_byte_order_mark_are_understood() {
    for list in [format!("\u{feff}{BENCH}"), format!("{{\"items\":{BENCH}}}")] {
        let sandbox = Sandbox::new().with_server(&Server::with_plugins(&list).url());
        assert_eq!(sandbox.run("plugin list -o name").success_silent(), "bench\n");
    }
}

#[test]
fn an_older_server_is_asked_by_its_own_path_and_that_is_remembered() {
    let server = Server::start(|request| {
        Reply::Bytes(match request.path.as_str() {
            "/v1/plugins" => json(BENCH),
            _ => response("404 Not Found", "application/json", br#"{"message":"Not Found"}"#),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    assert_eq!(sandbox.run("plugin list -o name").success_silent(), "bench\n");
    assert_eq!(sandbox.run("plugin list -o name").success_silent(), "bench\n");
    let lists: Vec<_> = server.paths().into_iter().filter(|path| path.ends_with("/plugins")).collect();
    assert_eq!(lists, ["/v1/clusters/main/plugins", "/v1/plugins", "/v1/plugins"]);
}

#[test]
fn every_kind_of_bad_answer_is_one_clear_line() {
    for (status, content_type, body, expected) in [
        (
            "403 Forbidden",
            "application/json",
            &br#"{"message":"insufficient permissions"}"#[..],
            "returned 403 (forbidden): insufficient permissions",
        ),
        (
            "500 Internal Server Error",
            "application/json",
            br#"{"error":"cannot resolve"}"#,
            "returned 500 (internal server error): cannot resolve",
        ),
        ("502 Bad Gateway", "text/plain", b"", "returned 502 (bad gateway)"),
        (
            "404 Not Found",
            "text/plain",
            b"404 page not found\n",
            "returned 404 (not found): 404 page not found",
        ),
        ("503 Service Unavailable", "text/html", b"<html>\x1b[31m", "returned 503 (service unavailable)"),
        (
            "200 OK",
            "text/html",
            b"<!DOCTYPE html><title>Sign in</title>",
            "the response is an HTML page, not JSON",
        ),
        ("200 OK", "application/json", b"", "the response is empty, not JSON"),
        ("200 OK", "application/json", b"[{\"name\":", "the response is damaged, not JSON"),
        ("200 OK", "application/json", b"\xff\xfe", "the response is something else, not JSON"),
        ("200 OK", "application/json", br#"{"plugins":[]}"#, "the response is not a list of plugins"),
    ] {
        let (sandbox, _server) = answering(status, content_type, body);
        assert_eq!(problem(&sandbox), (expected.to_owned(), Some(1)), "{status}");
        // Without being asked for, a source that fails is a warning.
        assert_eq!(sandbox.run("plugin list").code, Some(0));
    }
}

#[test]
fn missing_and_expired_sessions_ask_to_sign_in() {
    for (status, body) in [
        ("401 Unauthorized", r#"{"message":"invalid or expired jwt"}"#),
        ("400 Bad Request", r#"{"message":"missing or malformed jwt"}"#),
    ] {
        let (sandbox, server) = answering(status, "application/json", body.as_bytes());
        let stderr = sandbox.run("plugin list --source server").stderr_failed(4);
        assert!(
            stderr.contains(&format!("hint: sign in with `everestctl auth login --server {}`", server.url())),
            "{stderr}"
        );
        assert_eq!(sandbox.run("plugin list").code, Some(0));
        assert_eq!(sandbox.run("plugin refresh").code, Some(4));
    }
}

#[test]
fn an_answer_without_end_is_cut_off() {
    let server = Server::start(|_| {
        let head =
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n[".to_vec();
        Reply::Endless(head, vec![b' '; 64 * 1024])
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    assert_eq!(problem(&sandbox).0, "the response is larger than 8 MiB");
}

#[test]
fn an_answer_that_breaks_off_is_no_answer() {
    let mut bytes = json(BENCH);
    bytes.truncate(bytes.len() - 10);
    let sandbox = Sandbox::new().with_server(&Server::always(bytes).url());
    assert_eq!(problem(&sandbox).0, "connection closed in the middle of the response");
}

#[test]
fn a_server_that_never_answers_costs_the_time_that_it_is_given() {
    let server = Server::start(|_| Reply::Silence);
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.script("bin/everestctl-x", "");
    let start = Instant::now();
    let output = sandbox.run("--request-timeout 300ms plugin list -o name");
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!((output.stdout.as_str(), output.code), ("x\n", Some(0)));
    assert!(output.stderr.contains(": no response within 300ms\n"), "{}", output.stderr);
}

#[test]
fn nobody_there_and_a_name_that_leads_nowhere() {
    let sandbox = Sandbox::new().with_server(&nobody());
    assert_eq!(problem(&sandbox).0, "connection refused");
    let sandbox = Sandbox::new().with_server("https://everest.invalid");
    assert_eq!(problem(&sandbox).0, "could not resolve host");
}

#[test]
fn plain_http_is_for_this_machine_only() {
    let sandbox = Sandbox::new().with_server("http://everest.example.com");
    let stderr = sandbox.run("plugin list --source server").stderr_failed(1);
    assert!(stderr.contains("plain http is allowed for this machine only"), "{stderr}");
}

#[test]
fn a_token_never_follows_a_redirect_to_another_origin() {
    let thief = Server::always(json(BENCH));
    let elsewhere = format!("{}/v1/clusters/main/plugins", thief.url());
    let server = Server::start(move |_| {
        Reply::Bytes(
            format!("HTTP/1.1 302 Found\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into_bytes(),
        )
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    assert!(problem(&sandbox).0.starts_with("redirected to http://127.0.0.1:"));
    assert!(thief.requests().is_empty());
}

#[test]
fn loopback_is_never_asked_through_a_proxy() {
    let proxy = Server::always(json("[]"));
    let server = Server::with_plugins(BENCH);
    let sandbox = Sandbox::new().with_server(&server.url());
    let sandbox = sandbox
        .with("HTTP_PROXY", proxy.url())
        .with("http_proxy", proxy.url())
        .with("ALL_PROXY", proxy.url());
    assert_eq!(sandbox.run("plugin list -o name").success_silent(), "bench\n");
    assert!(proxy.requests().is_empty());
}

#[test]
fn too_many_requests_are_repeated_once_after_the_pause_that_the_server_wants() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| {
        Reply::Bytes(if count.fetch_add(1, Ordering::SeqCst) == 0 {
            b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec()
        } else {
            json(BENCH)
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    let start = Instant::now();
    assert_eq!(sandbox.run("plugin list -o name").success_silent(), "bench\n");
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[test]
fn one_bad_entry_spoils_itself_only() {
    let list = r#"[{"name":"good","displayName":"G"},{"name":"bad","version":7},{"name":9},"text",
        {"name":"my.plugin"},{"name":"../../etc"},{"name":"a\u001b[31mb"},{"name":"plugin"},{"name":"good"}]"#;
    let sandbox = Sandbox::new().with_server(&Server::with_plugins(list).url());
    let output = sandbox.run("plugin list --all");
    assert_data_eq!(
        output.stdout,
        str![[r"
NAME          VERSION  SOURCE  WAY    STATUS       DESCRIPTION
../../etc     -        server  proxy  invalid      its name is not a valid command name: a name can contain only letters from a to z, digits and `-`
a/u{1b}[31mb  -        server  proxy  invalid      its name is not a valid command name: a name can contain only letters from a to z, digits and `-`
bad           -        server  -      invalid      version: invalid type: integer `7`, expected a string
good          -        server  proxy  no commands  G
good          -        server  proxy  shadowed     by `good` of the server (plugin list): the first entry in the server's list takes precedence
my.plugin     -        server  proxy  invalid      its name is not a valid command name: a name can contain only letters from a to z, digits and `-`
plugin        -        server  proxy  shadowed     plugins cannot use reserved words

"]]
    );
    assert_eq!(
        output.stderr.matches("skipped an entry without a valid name").count(),
        2,
        "{}",
        output.stderr
    );
}

#[test]
fn a_plugin_that_does_not_fit_the_server_is_incompatible() {
    let server = Server::start(|request| {
        Reply::Bytes(match request.path.as_str() {
            "/v1/version" => json(r#"{"projectName":"Everest","version":"2.0.0-dev.4"}"#),
            _ => json(
                r#"[{"name":"new","compatibleHostVersions":">=3.0.0"},{"name":"old","compatibleHostVersions":"^2.0.0"}]"#,
            ),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    let statuses = sandbox.run("plugin list -o json").statuses();
    assert_eq!(statuses[0], ("new".to_owned(), "incompatible".to_owned()));
    assert_eq!(statuses[1], ("old".to_owned(), "no commands".to_owned()));
    assert!(
        sandbox
            .run("new")
            .stderr_failed(126)
            .contains("requires OpenEverest >=3.0.0, the server is 2.0.0-dev.4")
    );
}

#[test]
fn an_unchanged_list_is_not_sent_again() {
    let server = Server::start(|request| {
        Reply::Bytes(if request.head.to_lowercase().contains("if-none-match: \"v1\"") {
            b"HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n".to_vec()
        } else {
            let body = BENCH;
            format!(
                "HTTP/1.1 200 OK\r\netag: \"v1\"\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            )
            .into_bytes()
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    assert_eq!(
        sandbox.run("plugin refresh --source server").success_silent(),
        "server: 1 plugin\ndocuments: 0 read, 1 without one, 0 failed\n"
    );
    assert_eq!(
        sandbox.run("plugin refresh --source server").success_silent(),
        "server: unchanged\ndocuments: 0 read, 1 without one, 0 failed\n"
    );
    assert_eq!(sandbox.run("plugin list -o name").success_silent(), "bench\n");
}

#[test]
fn a_failure_never_replaces_what_is_known() {
    let dead = Arc::new(AtomicBool::new(false));
    let is_dead = Arc::clone(&dead);
    let server = Server::start(move |_| {
        Reply::Bytes(if is_dead.load(Ordering::SeqCst) {
            response("200 OK", "text/html", b"<html>maintenance</html>")
        } else {
            json(BENCH)
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.run("plugin list").success_silent();
    dead.store(true, Ordering::SeqCst);
    let output = sandbox.run("plugin list -o json");
    assert_eq!(output.statuses(), [("bench".to_owned(), "stale".to_owned())]);
    assert_eq!(output.json()["problems"].as_array().unwrap().len(), 1);
    let offline = sandbox.run("--offline plugin list -o json");
    assert_eq!(offline.statuses(), [("bench".to_owned(), "stale".to_owned())]);
    dead.store(false, Ordering::SeqCst);
    assert_eq!(sandbox.run("plugin list -o json").statuses()[0].1, "no commands");
    eventually("the server was asked three times", || server.lists() == 3);
}

#[test]
fn offline_asks_nobody() {
    let server = Server::with_plugins(BENCH);
    let sandbox = Sandbox::new().with_server(&server.url());
    assert_eq!(sandbox.run("--offline plugin list").code, Some(0));
    sandbox.run("--offline bench").stderr_failed(127);
    sandbox.with("EVERESTCTL_OFFLINE", "1").run("bench").stderr_failed(127);
    assert!(server.requests().is_empty());
}

#[test]
fn host_and_token_from_the_environment() {
    let server = Server::with_plugins(BENCH);
    let sandbox = Sandbox::new().with("EVEREST_HOST", server.url()).with("EVEREST_TOKEN", "from-env");
    assert_eq!(sandbox.run("plugin list -o name").success_silent(), "bench\n");
    assert!(server.requests()[0].head.to_lowercase().contains("authorization: bearer from-env"));
}

#[test]
fn the_token_is_shown_nowhere() {
    let (sandbox, _server) = answering("401 Unauthorized", "application/json", br#"{"message":"no"}"#);
    for line in [
        "-vv plugin list -o wide",
        "-vv plugin list -o json",
        "-vv plugin refresh",
        "-vv plugin which x",
        "-vv nosuch",
    ] {
        let output = sandbox.run(line);
        assert!(!format!("{output:?}").contains(TOKEN), "{line}");
    }
    for entry in std::fs::read_dir(sandbox.path("cache/index")).unwrap().flatten() {
        let content = std::fs::read(entry.path()).unwrap();
        assert!(!content.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes()), "{entry:?}");
    }
}

#[test]
fn without_a_session_nobody_is_asked_and_the_user_is_told_to_sign_in() {
    let server = Server::with_plugins(BENCH);
    let sandbox = Sandbox::new().with("EVEREST_HOST", server.url());
    let stderr = sandbox.run("plugin list --source server").stderr_failed(4);
    assert!(
        stderr.contains(": you are not signed in\nhint: sign in with `everestctl auth login --server http"),
        "{stderr}"
    );
    assert!(server.requests().is_empty());
}

#[test]
fn a_token_that_cannot_be_sent_is_said_to_be_one() {
    let server = Server::with_plugins(BENCH);
    let sandbox = Sandbox::new().with("EVEREST_HOST", server.url()).with("EVEREST_TOKEN", "abc\r");
    assert!(
        problem(&sandbox).0.starts_with("the token contains characters that are not allowed in a header")
    );
    assert!(server.requests().is_empty());
}

#[test]
fn not_modified_that_nobody_asked_for_is_no_empty_list() {
    let (sandbox, _server) = answering("304 Not Modified", "text/plain", b"");
    assert_eq!(sandbox.run("plugin list --source server").code, Some(1));
}

#[test]
fn a_redirection_that_stays_and_never_arrives() {
    let server = Server::start(|request| {
        let place = request.path.clone();
        Reply::Bytes(
            format!(
                "HTTP/1.1 302 Found\r\nlocation: {place}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
            .into_bytes(),
        )
    });
    assert_eq!(problem(&Sandbox::new().with_server(&server.url())).0, "redirect loop");
}

#[test]
fn a_name_that_looks_like_another_is_not_taken_for_it() {
    let list = "[{\"name\":\"be\\u200bnch\"},{\"name\":\"bench\",\"description\":\"the real one\"}]";
    let sandbox = Sandbox::new().with_server(&Server::with_plugins(list).url());
    let statuses = sandbox.run("plugin list --all -o json").statuses();
    assert!(statuses.contains(&("bench".to_owned(), "no commands".to_owned())), "{statuses:?}");
    assert_eq!(statuses.len(), 2);
}

#[test]
fn a_refresh_of_what_is_not_set_up_says_so() {
    let sandbox = Sandbox::new();
    let stderr = sandbox.run("plugin refresh --source server").stderr_failed(1);
    assert!(stderr.contains("warning: server: no OpenEverest server is configured"), "{stderr}");
    assert_eq!(sandbox.run("plugin refresh -o json").json()["items"][0]["source"], "local");
    assert_eq!(sandbox.run("plugin refresh").success_silent(), "local: 0 plugins\nnative: 0 plugins\n");
}

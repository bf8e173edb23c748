//! Answers that mean harm, wherever one is read: too deep, too many, packed too tightly, leading elsewhere, without end.

use crate::support::InTime as _;
use crate::support::http::{Reply, Request, Server, json, response};
use crate::support::memory::peak;
use crate::support::plugin::{X, after_the_body, answering, count, not_found};
use crate::support::sandbox::{TOKEN, eventually};
use crate::support::{Output, Sandbox};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What the next answer of the plugin is.
type Said = Arc<Mutex<Vec<u8>>>;

/// A sandbox, a server, and the response that its plugin returns next.
fn saying() -> (Sandbox, Server, Said) {
    let said: Said = Arc::default();
    let next = Arc::clone(&said);
    let (sandbox, server) = answering(move |route, _| {
        route.contains(" /api/").then(|| Reply::Bytes(next.lock().unwrap().clone()))
    });
    (sandbox, server, said)
}

fn packed(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    let body = encoder.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

/// An answer that leads to `place`.
fn leading(status: &str, header: &str, place: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\n{header}: {place}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
        .into_bytes()
}

#[test]
fn what_nests_too_deep_is_said_in_every_form_and_ends_nothing() {
    let (sandbox, _server, said) = saying();
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[", "")] {
        let deep = format!("{}1{}", open.repeat(50_000), close.repeat(50_000));
        for (kind, body, forms) in [
            (
                "application/json",
                deep.clone(),
                &["", " -o json", " -o jsonl", " -o yaml", " -o name", " --jq .", " --columns a"][..],
            ),
            (
                "application/x-ndjson",
                format!("{deep}\n"),
                &["", " -o json", " -o jsonl", " -o yaml", " --jq ."],
            ),
            (
                "text/event-stream",
                format!("data: {deep}\n\n"),
                &["", " -o json", " -o jsonl", " -o yaml", " --jq ."],
            ),
        ] {
            *said.lock().unwrap() = response("200 OK", kind, body.as_bytes());
            for form in forms {
                let error = sandbox.run(&format!("x things list{form}")).stderr_failed(1);
                assert!(error.contains("nested deeper than 256 levels"), "{kind}{form}: {error}");
                assert!(error.contains("-o raw"), "{error}");
            }
            let Output { stdout, code, .. } = sandbox.run("x things list -o raw");
            assert_eq!((code, stdout.trim_end()), (Some(0), body.trim_end()), "{kind}");
        }
        *said.lock().unwrap() = json(&deep);
        let error = sandbox.run("plugin api x /api/things --jq .").stderr_failed(1);
        assert!(error.contains("nested deeper than 256 levels"), "{error}");
        // The same as the words of a refusal, and as a text that --jq is to read.
        *said.lock().unwrap() = response("500 No", "application/json", deep.as_bytes());
        sandbox.run("x things list").stderr_failed(1);
        *said.lock().unwrap() = json(&serde_json::json!({"a": deep}).to_string());
        let error = sandbox.run_with(["x", "things", "list", "--jq", ".a|fromjson"]).stderr_failed(1);
        assert!(error.contains("--jq"), "{error}");
    }
}

#[test]
fn many_small_values_do_not_fill_the_memory() {
    let (sandbox, _server, said) = saying();
    for one in ["{\"a\":1},", "[],", "1,"] {
        let list = format!("[{}0]", one.repeat(40 * 1024 * 1024 / one.len()));
        // Packed, and as it is.
        for answer in [packed(list.as_bytes()), json(&list)] {
            *said.lock().unwrap() = answer;
            for form in ["", " -o json", " --jq length"] {
                let (most, code, error) = peak(&sandbox, &format!("x things list{form}"));
                assert_eq!(code, Some(1), "{error}");
                assert!(error.contains("cannot be formatted"), "{error}");
                assert!(most < 400 * 1024, "{one}{form}: {most} KiB");
            }
        }
    }
}

#[test]
fn the_most_that_is_read_fits_into_memory() {
    let (sandbox, _server, said) = saying();
    for one in ["1,", "{\"name\":\"a\",\"size\":1},"] {
        let weight = one.matches([',', ':', '{', '[']).count();
        let list = format!("[{}0]", one.repeat(1_490_000 / weight));
        *said.lock().unwrap() = json(&list);
        for form in ["", " -o json", " -o yaml"] {
            let (most, code, error) = peak(&sandbox, &format!("x things list{form}"));
            assert_eq!(code, Some(0), "{error}");
            assert!(most < 640 * 1024, "{one}{form}: {most} KiB");
        }
    }
}

#[test]
fn what_changes_something_is_sent_once_and_below_its_plugin() {
    let (sandbox, server, said) = saying();
    let places = [
        "/v1/clusters/main/plugins/victim/api/drop",
        "../../victim/api/drop",
        "/v1/version",
        "/v1/clusters/main/plugins/x/..%2fvictim/api",
        "//evil.example/x",
        "/v1/clusters/main/plugins/x/api/things",
    ];
    for status in ["301", "302", "307", "308"] {
        for place in places {
            *said.lock().unwrap() = leading(status, "location", place, "{}");
            let before = server.requests().len();
            let error = sandbox.run("x things create --name a").stderr_failed(1);
            assert!(error.contains(&format!("did not follow a redirect ({status}) to")), "{error}");
            assert_eq!(server.requests().len(), before + 1, "{status} {place}");
        }
    }
    // A GET, and what may be seen after a POST, only below the plugin.
    for (line, status) in [("x things list", "307"), ("x things create --name a", "303")] {
        for place in &places[..5] {
            *said.lock().unwrap() = leading(status, "location", place, "{}");
            let before = server.requests().len();
            let error = sandbox.run(line).stderr_failed(1);
            assert!(error.contains(&format!("did not follow a redirect ({status}) to")), "{error}");
            assert_eq!(server.requests().len(), before + 1, "{status} {place}");
        }
    }
    *said.lock().unwrap() = leading("302", "location", "things", "{}");
    assert!(sandbox.run("x things list").stderr_failed(1).contains("redirect loop"));
    assert!(
        server.paths().iter().all(|path| path.starts_with(X) || path.ends_with("/plugins")),
        "{:?}",
        server.paths()
    );
}

#[test]
fn a_redirect_below_the_plugin_is_followed() {
    let (sandbox, server) = answering(|route, _| match route {
        "GET /api/things" | "GET /api/there" => {
            let place = if route.ends_with("things") { "there?a=b" } else { "things" };
            Some(Reply::Bytes(leading("307", "location", place, "")))
        }
        "POST /api/things" => {
            Some(Reply::Bytes(leading("303", "location", &format!("{X}/api/there?a=b"), "")))
        }
        "GET /api/there?a=b" => Some(Reply::Bytes(json(r#"[{"name":"kept"}]"#))),
        _ => None,
    });
    assert!(sandbox.run("x things list").success_silent().contains("kept"));
    assert!(sandbox.run("x things create --name a -o json").success_silent().contains("kept"));
    assert_eq!(count(&server, "POST /api/things"), 1);
    let see = server.requests().into_iter().filter(|request| request.path.ends_with("there?a=b"));
    assert!(
        see.map(|request| request.head)
            .all(|head| head.starts_with("GET ") && head.contains(TOKEN) && !head.contains("content-length"))
    );
}

#[test]
fn a_next_page_elsewhere_is_not_asked_for_and_that_is_said() {
    let (sandbox, server, said) = saying();
    for place in [
        "/v1/clusters/main/plugins/victim/api",
        "https://evil.example/api",
        "/v1/clusters/main/plugins/x/api/%2e%2e/%2e%2e/victim",
        "/..%2fvictim/api",
    ] {
        *said.lock().unwrap() = leading("200", "link", &format!("<{place}>; rel=\"next\""), "[]");
        let before = server.requests().len();
        let error = sandbox.run("plugin api x /api/things --paginate").stderr_failed(1);
        assert!(error.contains("did not follow a link to"), "{error}");
        assert_eq!(server.requests().len(), before + 1);
        sandbox.run("plugin api x /api/things").success_silent();
    }
}

#[test]
fn a_sign_in_is_sent_once_and_what_it_gives_spoils_nothing() {
    let said: Said = Arc::default();
    let next = Arc::clone(&said);
    let server =
        Server::start(move |request: &Request| after_the_body(request, next.lock().unwrap().clone()));
    let sandbox = Sandbox::new().with_server("http://127.0.0.1:1");
    let sign_in = || {
        let line = format!("auth login --server {} --username u --password-stdin", server.url());
        let mut child = sandbox
            .command(line.split(' '))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"hunter2\n").unwrap();
        let output = child.output_in_time();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let config = std::fs::read(sandbox.path("config.yaml")).unwrap();
    for token in [
        "a".repeat(20_000),
        "a".repeat(200_000),
        "x\r\nX-Evil: 1".to_owned(),
        "x\nusers: []\n".to_owned(),
        "\u{1b}[2J".to_owned(),
    ] {
        for (access, refresh) in [(token.as_str(), "r"), ("a", token.as_str())] {
            let answer =
                serde_json::json!({"access_token": access, "refresh_token": refresh, "expires_in": 900});
            *said.lock().unwrap() = json(&answer.to_string());
            let (code, error) = sign_in();
            assert_eq!(code, Some(1), "{error}");
            assert!(error.contains("returned an unusable token"), "{error}");
            assert_eq!(std::fs::read(sandbox.path("config.yaml")).unwrap(), config);
        }
    }
    for status in ["301", "302", "303", "307", "308"] {
        *said.lock().unwrap() = leading(status, "location", "/v1/clusters/main/plugins/x/api", "{}");
        let before = server.requests().len();
        let (code, error) = sign_in();
        assert!(
            code == Some(1) && error.contains(&format!("did not follow a redirect ({status}) to")),
            "{error}"
        );
        assert_eq!(server.requests().len(), before + 1, "{status}");
    }
}

#[test]
fn a_name_of_this_machine_is_not_looked_up() {
    let server = Server::with_plugins(r#"[{"name": "x"}]"#);
    for name in ["localhost", "anything.localhost", "a.b.LOCALHOST.", "0x7f.1", "2130706433"] {
        let url = format!("http://{name}:{}", server.port);
        let sandbox = Sandbox::new()
            .with("EVEREST_HOST", url)
            .with("EVEREST_TOKEN", TOKEN)
            .with("http_proxy", "http://192.0.2.1:1");
        let output = sandbox.run("plugin list -o name");
        assert!(output.code == Some(0) && output.stdout.contains('x'), "{name}: {output:?}");
    }
}

#[test]
fn a_list_of_nothings_is_told_in_a_few_lines() {
    let list = format!("[{}{{\"name\":\"good\"}}]", "{},".repeat(50_000));
    let server = Server::with_plugins(&list);
    let output = Sandbox::new().with_server(&server.url()).run("plugin list -o name");
    assert_eq!(output.code, Some(0), "{:.400}", output.stderr);
    assert!(output.stdout.contains("good") && output.stderr.lines().count() < 40, "{:.400}", output.stderr);
    assert!(output.stderr.contains("and 49980 more"), "{:.4000}", output.stderr);
    let server = Server::with_plugins(&format!("[{}{{}}]", "{},".repeat(100_000)));
    let output = Sandbox::new().with_server(&server.url()).run("plugin list");
    assert!(
        output.stderr.contains("more than 100000 entries") && output.stderr.lines().count() < 10,
        "{:.400}",
        output.stderr
    );
}

#[test]
fn a_download_that_begins_anew_for_ever_is_given_up() {
    let tries = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&tries);
    let (sandbox, _server) = answering(move |route, _| {
        (route == "GET /api/blob").then(|| {
            let number = seen.fetch_add(1, Ordering::Relaxed);
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\naccept-ranges: bytes\r\netag: \"{number}\"\r\ncontent-length: 1000000\r\n\r\n"
            );
            Reply::Bytes([head.into_bytes(), vec![b'x'; 100_000]].concat())
        })
    });
    let error = sandbox.run("x blob --output-file out").stderr_failed(1);
    assert!(error.contains("changed on the server 5 times"), "{error}");
    assert!(tries.load(Ordering::Relaxed) < 10 && !sandbox.path("home/out").exists());
}

/// The memory of a process that a crash may leave belongs to its user; one that leaves none belongs to root.
#[cfg(target_os = "linux")]
#[test]
fn a_crash_leaves_no_image_of_a_token() {
    use std::os::unix::fs::MetadataExt as _;
    use std::os::unix::process::CommandExt as _;
    let server = Server::start(|request: &Request| {
        if request.path.ends_with("/plugins") { Reply::Silence } else { Reply::Bytes(not_found()) }
    });
    let sandbox = Sandbox::new().with("EVEREST_HOST", server.url()).with("EVEREST_TOKEN", TOKEN);
    let mut command = sandbox.command(["plugin", "list"]);
    if rustix::process::geteuid().is_root() {
        command.uid(65534).gid(65534).current_dir("/");
    }
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("it asks the server", || server.lists() > 0);
    let owner = std::fs::metadata(format!("/proc/{}/environ", child.id())).unwrap().uid();
    child.kill().unwrap();
    child.status_in_time();
    assert_eq!(owner, 0, "its memory can be read, and dumped");
}

//! How it becomes known what a plugin of a server offers: who is asked, with a token or without, and what is kept.

use crate::support::Sandbox;
use crate::support::host::{Host, manifest};
use crate::support::http::{Reply, Server, json, response};
use crate::support::plugin::{DOCUMENT, X, count, heads, not_found, publishing};
use crate::support::sandbox::TOKEN;
use std::fs;

fn refused() -> Reply {
    Reply::Bytes(response("401 Unauthorized", "application/json", br#"{"error":"missing auth token"}"#))
}

fn things(route: &str) -> Option<Reply> {
    (route == "GET /api/things").then(|| Reply::Bytes(json(r#"[{"name":"a"}]"#)))
}

fn signed_in(server: &Server) -> Sandbox {
    Sandbox::new().with_server(&server.url())
}

#[test]
fn a_description_is_asked_for_without_the_token_and_once() {
    let server = publishing(DOCUMENT, |route, _| things(route));
    let sandbox = signed_in(&server);
    assert_eq!(sandbox.run("x things list -o name").success_silent(), "a\n");
    let asked = heads(&server, "/openapi.json");
    assert!(!asked.is_empty());
    assert!(asked.iter().all(|head| !head.contains("authorization")), "{asked:?}");
    let before = server.requests().len();
    assert_eq!(sandbox.run("x things list -o name").success_silent(), "a\n");
    let new: Vec<String> = server.paths().split_off(before);
    assert_eq!(new, [format!("{X}/api/things")]);
}

#[test]
fn the_token_is_shown_only_for_a_plugin_that_was_named() {
    let server = publishing(DOCUMENT, |route, request| {
        let open = request.head.contains(TOKEN);
        if route == "GET /openapi.json" && !open { Some(refused()) } else { things(route) }
    });
    let sandbox = signed_in(&server);
    // To look at the list, or to mistype a name, is not to name it.
    assert_eq!(sandbox.run("plugin list -o name").success_silent(), "x\n");
    sandbox.run("xx").stderr_failed(127);
    assert_eq!(sandbox.run("plugin which x").code, Some(0));
    sandbox.settle();
    let asked = heads(&server, "/openapi.json");
    assert!(asked.iter().all(|head| !head.contains("authorization")), "{asked:?}");
    assert_eq!(sandbox.run("x things list -o name").success_silent(), "a\n");
    let asked = heads(&server, "/openapi.json");
    let with: Vec<bool> = asked.iter().map(|head| head.contains("authorization")).collect();
    assert!(with.len() >= 2 && with.ends_with(&[false, true]), "{with:?}");
}

#[test]
fn a_refresh_asks_whether_the_description_has_changed() {
    let server = publishing(DOCUMENT, |route, request| match route {
        "GET /openapi.json" if request.head.to_ascii_lowercase().contains("if-none-match: \"one\"") => Some(
            Reply::Bytes(b"HTTP/1.1 304 Not Modified\r\netag: \"one\"\r\nconnection: close\r\n\r\n".to_vec()),
        ),
        "GET /openapi.json" => {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\netag: \"one\"\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                DOCUMENT.len()
            );
            Some(Reply::Bytes([head.as_bytes(), DOCUMENT.as_bytes()].concat()))
        }
        _ => things(route),
    });
    let sandbox = signed_in(&server);
    assert_eq!(sandbox.run("plugin refresh").code, Some(0));
    assert_eq!(sandbox.run("x things list -o name").success_silent(), "a\n");
    let first = heads(&server, "/openapi.json").len();
    assert_eq!(sandbox.run("plugin refresh").code, Some(0));
    let asked = heads(&server, "/openapi.json");
    assert!(asked.len() > first && asked.last().unwrap().contains("if-none-match: \"one\""), "{asked:?}");
    assert_eq!(sandbox.run("x things list -o name").success_silent(), "a\n");
    assert_eq!(heads(&server, "/openapi.json").len(), asked.len());
}

#[test]
fn a_link_leads_to_the_description() {
    let server = publishing("", |route, _| {
        match route {
        "GET /openapi.json" => Some(Reply::Bytes(
            b"HTTP/1.1 404 Not Found\r\nlink: </docs/api.json>; rel=\"service-desc\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec(),
        )),
        "GET /docs/api.json" => Some(Reply::Bytes(json(DOCUMENT))),
        _ => things(route),
    }
    });
    let sandbox = signed_in(&server);
    assert_eq!(sandbox.run("x things list -o name").success_silent(), "a\n");
    assert!(sandbox.run("x --help").success_silent().contains("/docs/api.json of the plugin"));
}

#[test]
fn an_annotation_of_the_manifest_says_where_the_description_is() {
    let server = publishing("", |route, _| match route {
        "GET /docs/mine.json" => Some(Reply::Bytes(json(DOCUMENT))),
        "GET /openapi.json" => Some(Reply::Bytes(not_found())),
        _ => things(route),
    });
    let cluster = Server::start(|request| {
        let item = r#"{"metadata":{"name":"x","annotations":{"everestctl.openeverest.io/openapi":"/docs/mine.json"}},
            "spec":{"displayName":"X","version":"1.0.0","backend":{"serviceRef":{"namespace":"n","name":"s","port":80}}}}"#;
        let is_it = request.path.starts_with("/apis/extensions.openeverest.io/");
        Reply::Bytes(if is_it { json(&format!("{{\"items\":[{item}]}}")) } else { not_found() })
    });
    let sandbox = signed_in(&server).with_path("KUBECONFIG", "kubeconfig");
    sandbox.write(
        "kubeconfig",
        format!(
            "current-context: c\nclusters: [{{name: c, cluster: {{server: '{}'}}}}]\nusers: [{{name: u, user: {{token: t}}}}]\n\
             contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n",
            cluster.url()
        ),
    );
    assert_eq!(sandbox.run("plugin refresh").code, Some(0));
    assert_eq!(sandbox.run("x things list -o name").success_silent(), "a\n");
    assert!(heads(&server, "/docs/mine.json").iter().all(|head| !head.contains("authorization")));
}

#[test]
fn a_refresh_behind_the_users_back_shows_no_token() {
    let server = publishing(DOCUMENT, |route, request| {
        let open = request.head.contains(TOKEN);
        if route == "GET /openapi.json" && !open { Some(refused()) } else { things(route) }
    });
    let sandbox = signed_in(&server).with("EVERESTCTL_INDEX_TTL", "0s");
    sandbox.script("plugins/everestctl-mine", "echo mine");
    assert_eq!(sandbox.run("plugin list -o name").code, Some(0));
    for _ in 0..3 {
        sandbox.run("xy").stderr_failed(127);
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    let asked = heads(&server, "/openapi.json");
    assert!(asked.iter().all(|head| !head.contains("authorization")), "{asked:?}");
}

#[test]
fn yaml_and_a_prefix_are_found_too() {
    for place in ["/openapi.yaml", "/api/openapi.json"] {
        let server = publishing("", move |route, _| match route.strip_prefix("GET ") {
            Some("/openapi.json") => Some(Reply::Bytes(not_found())),
            Some(path) if path == place => {
                Some(Reply::Bytes(response("200 OK", "text/plain", DOCUMENT.as_bytes())))
            }
            _ => things(route),
        });
        let sandbox = signed_in(&server);
        assert_eq!(sandbox.run("x things list -o name").success_silent(), "a\n", "{place}");
    }
}

#[test]
fn the_users_own_overlay_wins() {
    let server = publishing(DOCUMENT, |route, _| things(route));
    // The config file lies in the root of the sandbox.
    let sandbox = signed_in(&server);
    sandbox.write(
        "plugins/x.openapi.yaml",
        "openapi: 3.1.0\ninfo: {title: Mine, version: '1'}\npaths:\n  /api/things:\n    get: {x-cli-name: mine, responses: {}}\n",
    );
    assert_eq!(sandbox.run("x mine -o json").json()[0]["name"], "a");
    assert!(sandbox.run("x --help").success_silent().contains("plugins/x.openapi.yaml"));
    // It is read once, and again when it has changed.
    assert_eq!(sandbox.run("x mine -o json").json()[0]["name"], "a");
    let kept = fs::read_dir(sandbox.path("cache/index")).unwrap().flatten();
    let notes = kept.filter(|file| file.file_name().to_string_lossy().starts_with("overlay-"));
    assert_eq!(notes.count(), 1);
    let renamed = fs::read_to_string(sandbox.path("plugins/x.openapi.yaml"))
        .unwrap()
        .replace("x-cli-name: mine", "x-cli-name: ours");
    sandbox.write("plugins/x.openapi.yaml", &renamed);
    assert_eq!(sandbox.run("x ours -o json").json()[0]["name"], "a");
    sandbox.write("plugins/x.openapi.yaml", "swagger: '1.2'\n");
    let error = sandbox.run("x mine").stderr_failed(1);
    assert!(
        error.starts_with("error: could not use your overlay [ROOT]/plugins/x.openapi.yaml\n"),
        "{error}"
    );
}

#[test]
fn a_shipped_overlay_serves_where_the_plugin_publishes_nothing_and_fits() {
    for (version, code) in [("0.0.1", 0), ("0.0.0", 126)] {
        let list = format!(r#"[{{"name": "audit", "version": "{version}"}}]"#);
        let server = Server::start(move |request| {
            Reply::Bytes(match request.path.as_str() {
                "/v1/clusters/main/plugins" => json(&list),
                "/v1/clusters/main/plugins/audit/api/events/types" => json(r#"{"items":["user.login"]}"#),
                _ => not_found(),
            })
        });
        let sandbox = signed_in(&server);
        let output = sandbox.run("audit types -o name");
        assert_eq!(output.code, Some(code), "{output:?}");
        if code == 0 {
            assert_eq!(output.stdout, "user.login\n");
        }
    }
}

#[test]
fn offline_it_says_what_it_cannot_do() {
    let server = publishing(DOCUMENT, |route, _| things(route));
    let sandbox = signed_in(&server);
    assert_eq!(sandbox.run("x things list -o name").success_silent(), "a\n");
    let before = server.requests().len();
    let error = sandbox.run("--offline x things list").stderr_failed(1);
    assert!(error.starts_with("error: cannot run `x` with --offline: it runs on the server\n"), "{error}");
    assert!(sandbox.run("--offline x things --help").success_silent().contains("list"));
    assert!(
        sandbox.run("--offline x things create --name a --dry-run").success_silent().starts_with("curl ")
    );
    assert_eq!(server.requests().len(), before);
}

#[test]
fn the_first_use_tells_who_gets_the_token_when_asked() {
    let server = publishing(DOCUMENT, |route, _| things(route));
    let sandbox = signed_in(&server);
    let output = sandbox.run("x things list -o name -v");
    assert_eq!(output.stdout, "a\n", "{output:?}");
    assert!(output.stderr.contains("your token is sent to http://127.0.0.1:"), "{output:?}");
    assert!(!output.stderr.contains(TOKEN), "{output:?}");
}

#[test]
fn a_server_that_dies_in_between_is_said() {
    let server = publishing(DOCUMENT, |route, _| {
        (route == "GET /openapi.json").then(|| Reply::Bytes(response("502 Bad Gateway", "text/plain", b"")))
    });
    let sandbox = signed_in(&server);
    let error = sandbox.run("x things list").stderr_failed(1);
    assert!(error.contains("502"), "{error}");
    assert!(count(&server, "GET /openapi.json") >= 1);
}

/// What [`elsewhere`] starts.
struct Elsewhere {
    server: Server,
    user: Sandbox,
    _host: Host,
    _manifests: Sandbox,
}

/// A host with a plugin `x` whose backend is elsewhere and publishes `document`, and a user of it.
fn elsewhere(document: &'static [u8], routes: fn(&str) -> Option<Vec<u8>>) -> Elsewhere {
    let server = Server::start(move |request| {
        let method = request.head.split(' ').next().unwrap_or_default();
        let path = request.path.split('?').next().unwrap_or_default();
        Reply::Bytes(match path {
            "/openapi.json" => response("200 OK", "application/json", document),
            _ => routes(&format!("{method} {path}")).unwrap_or_else(not_found),
        })
    });
    let sandbox = Sandbox::new();
    let external = format!("  backend: {{externalUrl: '{}'}}\n", server.url());
    sandbox.write("manifests/x/manifest.yaml", manifest("x", &external));
    let host = Host::start(&sandbox, &format!("--plugins {}", sandbox.path("manifests").display()));
    let user = Sandbox::new()
        .with("EVEREST_HOST", format!("http://{}", host.address))
        .with("EVEREST_TOKEN", host.sign_in().access);
    Elsewhere { server, user, _host: host, _manifests: sandbox }
}

#[test]
fn a_service_of_fastapi_has_commands_without_having_done_anything() {
    let document = include_bytes!("../documents/fastapi.json");
    let it = elsewhere(document, |route| {
        Some(match route {
            "GET /api/v1/orders" => json(r#"{"items":[{"id":"7b1f","customer":"Ada","express":true,"state":"open","total":12.5}],"next_cursor":null}"#),
            "GET /api/v1/orders/7b1f/log" => response("200 OK", "text/plain", b"packed\nsent\n"),
            "DELETE /api/v1/orders/7b1f" => b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_vec(),
            "GET /api/v1/orders/none" => response("422 Unprocessable Entity", "application/json", br#"{"detail":[{"loc":["path","order_id"],"msg":"Input should be a valid UUID","type":"uuid_parsing"}]}"#),
            "GET /api/v1/tags" => json(r#"["new","sale"]"#),
            _ => return None,
        })
    });
    let table = it.user.run("x orders list --state open --tag a --tag b --limit 5").success_silent();
    assert!(
        table.starts_with("ID    STATE  CUSTOMER  EXPRESS") && table.contains("7b1f  open   Ada       true"),
        "{table}"
    );
    let asked = it.server.paths().into_iter().find(|path| path.starts_with("/api/v1/orders?")).unwrap();
    for part in ["state=open", "tag=a&tag=b", "limit=5"] {
        assert!(asked.contains(part), "{asked}");
    }
    assert_eq!(it.user.run("x orders log 7b1f").success_silent(), "packed\nsent\n");
    assert_eq!(it.user.run("x tags -o name").success_silent(), "new\nsale\n");
    it.user.run("x orders delete 7b1f").stderr_failed(2);
    assert_eq!(it.user.run("x orders delete 7b1f --yes").code, Some(0));
    assert!(it.user.run("x orders list --state lost").stderr_failed(2).contains("open"));
    let error = it.user.run("x orders get none").stderr_failed(1);
    assert!(error.contains("422"), "{error}");
}

#[test]
fn a_service_of_utoipa_has_commands_without_having_done_anything() {
    let document = include_bytes!("../documents/utoipa.json");
    let it = elsewhere(document, |route| {
        Some(match route {
            "GET /todos" => json(
                r#"[{"id":1,"value":"Buy milk","done":false,"priority":"high","labels":{},"created_at":"2020-01-01T00:00:00Z"}]"#,
            ),
            "GET /todos/1/attachment" => response("200 OK", "application/octet-stream", b"\x00\x01"),
            "GET /events" => response("200 OK", "text/event-stream", b"data: one\n\ndata: two\n\n"),
            _ => return None,
        })
    });
    let table = it.user.run("x todos list --priority high --done=false").success_silent();
    assert!(table.starts_with("ID  ") && table.contains("Buy milk"), "{table}");
    let asked = it.server.paths().into_iter().find(|path| path.starts_with("/todos?")).unwrap();
    assert!(asked.contains("priority=high") && asked.contains("done=false"), "{asked}");
    assert!(!asked.contains("limit"), "{asked}");
    assert_eq!(it.user.run("x todos attachment 1 --output-file a.bin").code, Some(0));
    assert_eq!(std::fs::read(it.user.path("home/a.bin")).unwrap(), b"\x00\x01");
    assert!(it.user.run("x events").success_silent().contains("one"));
    let dry = it
        .user
        .run("x backups --target.type s3 --target.bucket b --compression-level 9 --dry-run")
        .success_silent();
    assert!(dry.contains(r#"{"compressionLevel":9,"target":{"#) || dry.contains(r#""target":{"#), "{dry}");
}

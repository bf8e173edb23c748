//! The development host: a backend that asks the API in its caller's name, with the statement it got.

use crate::support::Sandbox;
use crate::support::client::{self, Answer, header};
use crate::support::host::{Host, Session, host_of, manifest, with_users};
use crate::support::http::{Reply, Server, json as body, response};
use crate::support::sandbox::eventually;
use serde_json::{Value, json};

const X: &str = "/v1/clusters/main/plugins/x";
const INSTANCES: &str = "/v1/clusters/main/namespaces/everest/instances";
const SERVICE: &str = "  backend: {serviceRef: {namespace: here, name: service, port: 80}}\n";

/// A plugin `x` with these permissions, at a backend that answers everything, and two instances.
fn plugin(backend: &Server, permissions: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let more = format!("{SERVICE}  permissions: [{permissions}]\n");
    sandbox.write("manifests/x/manifest.yaml", manifest("x", &more));
    sandbox.write("manifests/x/host.yaml", format!("url: {}\n", backend.url()));
    sandbox.write(
        "instances.yaml",
        "instances:\n- {name: shop, host: db, port: 5432, database: sales, username: dana}\n\
         - {name: cache, type: valkey, provider: valkey, host: cache, port: 6379}\n",
    );
    sandbox
}

fn start(sandbox: &Sandbox, more: &str) -> Host {
    host_of(sandbox, &format!("--instances {} {more}", sandbox.path("instances.yaml").display()))
}

fn backend() -> Server {
    Server::start(|_| Reply::Bytes(body("{}")))
}

/// The statement with which the backend gets a request of this user.
fn statement(server: &Server, session: &Session<'_>) -> String {
    assert_eq!(session.get(&format!("{X}/api")).status, 200);
    header(&server.requests().last().unwrap().head, "x-everest-user").unwrap()
}

/// What the API says to whoever shows this token.
fn ask(host: &Host, token: &str, first: &str) -> Answer {
    client::ask(&host.address, first, &[("authorization", &format!("Bearer {token}"))], b"")
}

fn said(answer: &Answer) -> String {
    answer.json()["message"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_backend_may_do_what_its_caller_may_and_its_manifest_declares() {
    let server = backend();
    let sandbox = plugin(
        &server,
        "{verb: read, resource: database-clusters}, {verb: read, resource: database-cluster-connection-details}",
    );
    sandbox.write(
        "policy.csv",
        "p, dana, plugins, *, main/*\np, dana, instances, *, main/everest/shop\np, dana, namespaces, read, main/everest\n\
         p, dana, providers, read, main/valkey\np, eve, plugins, use, main/x\np, eve, instances, read, main/everest/shop\n",
    );
    let (state, password) = with_users(&sandbox, &["dana", "eve"]);
    let host = start(&sandbox, &format!("{state} --policy {}", sandbox.path("policy.csv").display()));
    let dana = statement(&server, &host.sign_in_as("dana", &password));
    let eve = statement(&server, &host.sign_in_as("eve", &password));
    let get = |token: &str, path: &str| ask(&host, token, &format!("GET {path}"));
    let names = |answer: &Answer| -> Vec<Value> {
        answer.json()["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["metadata"]["name"].clone())
            .collect()
    };

    // Declared, and the caller's own.
    assert_eq!(names(&get(&dana, INSTANCES)), [json!("shop")]);
    let connection = get(&dana, &format!("{INSTANCES}/shop/connection"));
    assert_eq!(
        (connection.status, &connection.json()["uri"]),
        (200, &json!("postgresql://dana@db:5432/sales"))
    );
    assert_eq!(names(&get(&dana, "/v1/clusters/main/providers")), [json!("valkey")]);
    assert_eq!(get(&dana, "/v1/clusters/main/providers/valkey").status, 200);
    assert_eq!(get(&dana, "/v1/clusters/main/namespaces").json(), json!(["everest"]));
    assert_eq!(get(&dana, "/v1/clusters/main/plugin-context").json()["user"], "dana");
    // Declared, and not the caller's.
    assert_eq!(get(&dana, &format!("{INSTANCES}/cache")).status, 403);
    assert_eq!(get(&eve, &format!("{INSTANCES}/shop")).status, 200);
    let refused = get(&eve, &format!("{INSTANCES}/shop/connection"));
    assert_eq!((refused.status, said(&refused).as_str()), (403, "insufficient permissions"));
    // The caller's, and not declared.
    for (path, missing) in [
        ("/v1/clusters/main/plugins", "{verb: read, resource: plugins}"),
        ("/v1/events", "{verb: read, resource: events}"),
    ] {
        let refused = get(&dana, path);
        assert_eq!(refused.status, 403, "{path}");
        assert!(
            said(&refused).contains(&format!("plugin x does not declare {missing}")),
            "{}",
            said(&refused)
        );
    }
    // What it is told of the caller's permissions are those that it can use.
    let rows = get(&dana, "/v1/permissions").json()["permissions"].clone();
    for row in rows.as_array().unwrap() {
        assert!(["instances", "providers"].contains(&row[1].as_str().unwrap()), "{rows}");
        assert!(["read", "read-connection"].contains(&row[2].as_str().unwrap()), "{rows}");
    }
    assert!(
        rows.to_string().contains(r#"["dana","instances","read-connection","main/everest/shop"]"#),
        "{rows}"
    );
}

#[test]
fn a_statement_opens_nothing_but_what_is_declared() {
    let server = backend();
    let sandbox = plugin(&server, "");
    let host = start(&sandbox, "");
    let admin = host.sign_in();
    let token = statement(&server, &admin);
    for path in
        [INSTANCES, "/v1/clusters/main/providers", "/v1/clusters/main/plugins", "/v1/plugins", "/v1/events"]
    {
        assert_eq!(ask(&host, &token, &format!("GET {path}")).status, 403, "{path}");
    }
    let refused = ask(&host, &token, &format!("GET {INSTANCES}/shop/connection"));
    assert!(said(&refused).contains("{verb: read-connection, resource: instances}"), "{}", said(&refused));
    // It calls no plugin, neither another nor itself, and does not end the caller's session.
    for first in [format!("GET {X}/api"), "POST /v1/clusters/main/plugins/hello/api/echo".to_owned()] {
        assert_eq!(ask(&host, &token, &first).status, 403, "{first}");
    }
    assert_eq!(ask(&host, &token, "POST /v1/auth/revoke").status, 403);
    assert_eq!(admin.get("/v1/version").status, 200);
    // What every caller may know.
    assert_eq!(ask(&host, &token, "GET /v1/version").status, 200);
    // A statement that was changed, and one of a plugin that is gone.
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[1] = "e30";
    assert_eq!(ask(&host, &parts.join("."), "GET /v1/version").status, 401);
    std::fs::remove_dir_all(sandbox.path("manifests/x")).unwrap();
    eventually("it is gone with its plugin", || ask(&host, &token, "GET /v1/version").status == 401);
}

#[test]
fn a_page_loads_icons_without_a_session() {
    let icon = b"\x89PNG\r\n\x1a\n";
    let server = Server::start(|request| {
        Reply::Bytes(response(
            "200 OK",
            "image/png",
            if request.path.rsplit('.').next() == Some("png") { icon } else { b"secret" },
        ))
    });
    let sandbox = Sandbox::new();
    let points = "extensionPoints: [{type: sidebarItem, label: X, icon: /point.png}, {type: route, icon: waving_hand}, \
                  {type: clusterDetailTab, icon: assets/tab.png}, {type: clusterCard, icon: 'https://example.com/i.png'}]";
    let more = format!("{SERVICE}  icon: icon.png\n  frontend: {{{points}}}\n");
    sandbox.write("manifests/x/manifest.yaml", manifest("x", &more));
    sandbox.write("manifests/x/host.yaml", format!("url: {}\n", server.url()));
    let host = host_of(&sandbox, "");
    let list = host.sign_in().get("/v1/clusters/main/plugins").json();
    let x = list.as_array().unwrap().iter().find(|entry| entry["name"] == "x").unwrap().clone();
    let icons: Vec<&Value> =
        x["extensionPoints"].as_array().unwrap().iter().map(|point| &point["icon"]).collect();
    assert_eq!(
        icons,
        [
            &json!(format!("{X}/point.png")),
            &json!("waving_hand"),
            &json!(format!("{X}/assets/tab.png")),
            &json!("https://example.com/i.png")
        ]
    );
    assert_eq!(x["icon"], format!("{X}/icon.png"));
    // As an `<img>` does: the address as it is in the list, no header of its own.
    for path in [&x["icon"], icons[0], icons[2]] {
        let page =
            [("sec-fetch-site", "same-origin"), ("sec-fetch-dest", "image"), ("sec-fetch-mode", "no-cors")];
        let answer = client::ask(&host.address, &format!("GET {}", path.as_str().unwrap()), &page, b"");
        assert_eq!(
            (answer.status, answer.header("content-type").as_deref()),
            (200, Some("image/png")),
            "{path}"
        );
        assert_eq!(answer.body, icon);
    }
    for path in ["/waving_hand", "/other.png", "/api"] {
        assert_eq!(client::ask(&host.address, &format!("GET {X}{path}"), &[], b"").status, 400, "{path}");
    }
}

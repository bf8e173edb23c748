//! The development host: database instances that a file declares, as plugins ask for them.

use crate::support::Sandbox;
use crate::support::client;
use crate::support::host::{Host, Session, with_users};
use serde_json::json;

const FILE: &str = "
instances:
  - {name: shop, host: db.example.com, port: 5433, username: dana, password: 's3 cret/'}
  - {name: shop, namespace: prod, host: /run/postgresql, port: 5432, username: dana, passwordFile: secret}
  - {name: docs, type: mongodb, host: 127.0.0.1, port: 27017}
  - {name: cache, provider: valkey, type: valkey, host: 127.0.0.1, port: 6379}
";

const INSTANCES: &str = "/v1/clusters/main/namespaces";

#[test]
fn instances_of_a_file_are_listed_and_tell_how_to_connect() {
    let sandbox = Sandbox::new();
    sandbox.write("instances.yaml", FILE);
    sandbox.write("secret", "hidden\n");
    let host = Host::start(&sandbox, &format!("--instances {}", sandbox.path("instances.yaml").display()));
    let user = host.sign_in();
    assert_eq!(user.get(INSTANCES).json(), json!(["everest", "prod"]));
    let list = user.get(&format!("{INSTANCES}/everest/instances")).json();
    assert_eq!(list["kind"], "InstanceList");
    let names: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|item| &item["metadata"]["name"]).collect();
    assert_eq!(names, ["shop", "docs", "cache"]);
    assert_eq!(list["items"][1]["spec"]["providerRef"]["name"], "provider-percona-mongodb");
    let one = user.get(&format!("{INSTANCES}/everest/instances/shop")).json();
    assert_eq!(one["spec"]["providerRef"]["name"], "provider-percona-postgresql");
    assert_eq!(
        user.get(&format!("{INSTANCES}/everest/instances/shop/connection")).json(),
        json!({
            "type": "postgresql", "provider": "provider-percona-postgresql", "host": "db.example.com", "port": "5433",
            "username": "dana", "password": "s3 cret/", "uri": "postgresql://dana:s3%20cret%2F@db.example.com:5433",
        })
    );
    let socket = user.get(&format!("{INSTANCES}/prod/instances/shop/connection")).json();
    assert_eq!(
        (&socket["password"], &socket["host"], &socket["uri"]),
        (&json!("hidden"), &json!("/run/postgresql"), &json!(""))
    );
    let missing = user.get(&format!("{INSTANCES}/everest/instances/none/connection"));
    assert_eq!(
        (missing.status, missing.json()["message"].as_str()),
        (404, Some("instances.core.openeverest.io \"none\" not found"))
    );
    assert_eq!(user.get("/v1/clusters/other/namespaces/everest/instances").status, 404);
    assert!(!host.lines().join("\n").contains("s3 cret"));
}

#[test]
fn an_instance_has_the_backups_that_the_file_declares() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "instances.yaml",
        "instances:\n- {name: docs, host: h, port: 1}\n- name: shop\n  host: h\n  port: 1\n  backups:\n\
         \x20 - {name: nightly, completedAt: '2026-11-27T00:00:00Z'}\n  - {name: other, state: Failed}\n",
    );
    let host = Host::start(&sandbox, &format!("--instances {}", sandbox.path("instances.yaml").display()));
    let user = host.sign_in();
    let backups = |name: &str| user.get(&format!("{INSTANCES}/everest/instances/{name}/backups"));
    let of_shop = backups("shop").json();
    assert_eq!(
        (&of_shop["kind"], of_shop["items"].as_array().map(Vec::len)),
        (&json!("BackupList"), Some(2))
    );
    assert_eq!(
        of_shop["items"][0],
        json!({
            "apiVersion": "core.openeverest.io/v1alpha1", "kind": "Backup",
            "metadata": {"name": "nightly", "namespace": "everest"}, "spec": {"instanceName": "shop"},
            "status": {"state": "Succeeded", "completedAt": "2026-11-27T00:00:00Z"},
        })
    );
    assert_eq!(of_shop["items"][1]["status"], json!({"state": "Failed"}));
    assert_eq!(backups("docs").json()["items"], json!([]));
    assert_eq!(backups("none").status, 404);
}

#[test]
fn to_connect_needs_a_permission_of_its_own() {
    let sandbox = Sandbox::new();
    sandbox.write("instances.yaml", FILE);
    sandbox.write("secret", "hidden\n");
    sandbox.write(
        "policy.csv",
        "p, dana, instances, *, main/everest/*\np, eve, instances, read, main/everest/cache\n",
    );
    let (state, password) = with_users(&sandbox, &["dana", "eve"]);
    let file = |name: &str| sandbox.path(name).display().to_string();
    let arguments = format!("{state} --instances {} --policy {}", file("instances.yaml"), file("policy.csv"));
    let host = Host::start(&sandbox, &arguments);
    let (dana, eve) = (host.sign_in_as("dana", &password), host.sign_in_as("eve", &password));
    let names = |session: &Session<'_>| {
        let list = session.get(&format!("{INSTANCES}/everest/instances")).json();
        let name = |item: &serde_json::Value| item["metadata"]["name"].as_str().unwrap().to_owned();
        list["items"].as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(
        (names(&dana), names(&eve)),
        (["shop", "docs", "cache"].map(str::to_owned).to_vec(), vec!["cache".to_owned()])
    );
    let connection =
        |session: &Session<'_>, place: &str| session.get(&format!("{INSTANCES}/{place}/connection"));
    assert_eq!(connection(&dana, "everest/instances/shop").status, 200);
    let refused = connection(&eve, "everest/instances/cache");
    assert_eq!((refused.status, refused.json()), (403, json!({"message": "insufficient permissions"})));
    // A user who may not see it does not learn whether it exists.
    assert_eq!(connection(&dana, "prod/instances/shop").status, 403);
    assert_eq!(connection(&dana, "prod/instances/none").status, 403);
    let path = format!("GET {INSTANCES}/everest/instances/shop/connection");
    assert_eq!(client::ask(&host.address, &path, &[], b"").status, 400);
}

#[test]
fn a_file_that_is_wrong_is_said_without_what_stands_in_it() {
    let sandbox = Sandbox::new();
    sandbox.write("instances.yaml", "instances:\n  - {name: shop, host: h, port: 1, pasword: hunter2}\n");
    let text = sandbox
        .run_with([
            "host",
            "run",
            "--listen",
            "127.0.0.1:0",
            "--instances",
            sandbox.path("instances.yaml").to_str().unwrap(),
        ])
        .stderr_failed(1);
    assert!(text.contains("error: could not use the instances file"), "{text}");
    assert!(
        text.contains("line 2") && text.contains("did you mean `password`?") && !text.contains("hunter2"),
        "{text}"
    );
}

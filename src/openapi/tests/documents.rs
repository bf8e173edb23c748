//! Documents as generators and people write them, and the commands that they become. `tests/documents/make/` has the
//! programs that made them.

use super::*;

fn shown_document(bytes: &[u8]) -> Vec<String> {
    let descriptor = read(bytes).unwrap();
    same_when_read_back(&descriptor);
    assert_eq!(descriptor.problems, [], "{:?}", descriptor.problems);
    shown(&descriptor)
}

#[test]
fn fastapi() {
    let bytes = include_bytes!("../../../tests/documents/fastapi.json");
    let order = "--customer text --lines json… [--address.street text] [--address.city text] [--address.zip-code text] \
                 [--express] [--tags text…] [--labels text…] [--coupon any]";
    let columns = "ID,STATE,CUSTOMER,EXPRESS,TAGS,COUPON,TOTAL,CREATED AT";
    assert_eq!(
        shown_document(bytes),
        [
            "read-root → json",
            &format!(
                "orders list [--state open|paid|cancelled] [--since datetime] [--tag text…] [--page-size int:1..500] [--cursor text] (namespace) → json [/items] {columns}"
            ),
            &format!("orders create [--param-dry-run] [--x-request-id text] {order} +json → json"),
            "orders get <ORDER-ID> → json",
            &format!("orders replace <ORDER-ID> {order} +json → json"),
            "orders update <ORDER-ID> [--address.street text] [--address.city text] [--address.zip-code text] +json? → json",
            "orders delete <ORDER-ID> → empty",
            "orders cancel <ORDER-ID> --reason text +json → json",
            "orders payment <ORDER-ID> --kind card|invoice [--number text] [--address.street text] [--address.city text] [--address.zip-code text] +json → json",
            "orders log <ORDER-ID> [--tail int:1..] → text",
            "customers list → json",
            "customers get <NAME> → json",
            "tags → json []",
            "stats [--by day|week] → json",
            "import --file file [--note text] +multipart → json",
            "login --username text --password text +form → json",
            "export [--session text] → any",
            &format!("search --query text +json → json [] {columns}"),
            "files get <FILE-PATH> → json",
        ]
    );
    let descriptor = read(bytes).unwrap();
    let list = descriptor.command(&Words::new("orders list").unwrap()).unwrap();
    // What the function's documentation says is worth more than its name in capitals.
    assert_eq!(list.summary.as_str(), "List orders, the newest first.");
    assert!(descriptor.command(&Words::new("login").unwrap()).unwrap().argument("password").unwrap().secret);
}

#[test]
fn utoipa() {
    assert_eq!(
        shown_document(include_bytes!("../../../tests/documents/utoipa.json")),
        [
            "backups [--compression-level int:0..] [--target.bucket text] [--target.region text] --target.type s3|file [--target.path text] +json → any",
            "events → eventstream",
            "todos list [--value text] [--done] [--priority low|normal|high] [--limit int:1..100] → json [] ID,PRIORITY,DONE,VALUE,DUE,CREATED AT",
            "todos create --created-at datetime --done [--due text] --labels text… --priority low|normal|high --value text +json → json",
            "todos get <ID> → json",
            "todos update <ID> → any",
            "todos delete <ID> → empty",
            "todos attachment <ID> → binary",
        ]
    );
}

#[test]
fn huma() {
    assert_eq!(
        shown_document(include_bytes!("../../../tests/documents/huma.yaml")),
        [
            "snakes list [--species adder|cobra|python…] [--since datetime] → json [/snakes] ID,NAME,SPECIES,TAGS,LENGTH CM,CREATED AT",
            "snakes create [--length-cm number:0..] --name text --species adder|cobra|python [--tags text…] +json → json",
            "snakes delete <SNAKE-ID> [--if-match text…] → empty",
            "snakes get <SNAKE-ID> → json",
            "snakes update <SNAKE-ID> [--length-cm number:0..] [--name text] [--species adder|cobra|python] [--tags text…] +json → json",
            "snakes feed <SNAKE-ID> --grams int:1.. [--what text] +json → any",
            "snakes events <SNAKE-ID> [--last-event-id text] → eventstream",
        ]
    );
}

/// The routes of the plugins in the wild, as their backends would describe them without a single `x-cli-*` key.
#[test]
fn plugins_in_the_wild_without_any_key() {
    let list = |name: &str, item: Value| {
        let schema =
            json!({"type": "object", "properties": {name: {"type": ["array", "null"], "items": item}}});
        json!({"200": {"content": {"application/json": {"schema": schema}}}})
    };
    let object =
        || json!({"type": "object", "properties": {"id": {"type": "string"}, "status": {"type": "string"}}});
    let one = || json!({"200": {"content": {"application/json": {"schema": object()}}}});
    let text = || json!({"200": {"content": {"text/plain": {"schema": {"type": "string"}}}}});
    let query = |names: &[&str]| {
        let one = |name: &&str| json!({"name": name, "in": "query", "required": true, "schema": {"type": "string"}});
        names.iter().map(one).collect::<Value>()
    };
    let descriptor = of_paths(json!({
        "/main.js": {"get": {}}, "/icon.png": {"get": {}}, "/healthz": {"get": {}},
        "/api/hello": {"get": {"responses": one()}},
        "/api/status": {"get": {"responses": one()}},
        "/api/runs": {
            "get": {"responses": list("runs", object())},
            "post": {"responses": one(), "requestBody": {"content": {"application/json": {"schema": object()}}}},
        },
        "/api/runs/{id}": {"get": {"responses": one()}, "delete": {"responses": {"204": {}}}},
        "/api/runs/{id}/output": {"get": {"responses": text()}},
        "/api/runs/{id}/cancel": {"post": {"responses": one()}},
        "/api/compare": {"get": {"parameters": query(&["a", "b"]), "responses": one()}},
        "/api/components": {"get": {"parameters": query(&["namespace", "instance", "k8sCluster"]), "responses": list("items", object())}},
        "/api/components/{pod}/logs": {"get": {"responses": text()}},
        "/api/components/{pod}/describe": {"get": {"responses": one()}},
        "/api/events": {"get": {"responses": list("items", object())}},
        "/api/events/{id}": {"get": {"responses": one()}},
        "/api/events/types": {"get": {"responses": list("items", json!({"type": "string"}))}},
        "/api/databases": {"get": {"responses": list("databases", json!({"type": "string"}))}},
        "/api/databases/{db}/collections": {"get": {"responses": list("collections", json!({"type": "string"}))}},
        "/api/query": {"post": {"responses": list("documents", json!({"type": "object"}))}},
        "/api/panels/{panel}": {"get": {"responses": list("series", object())}},
        "/users/{user}/credentials": {"get": {"responses": one()}},
        "/users/{user}/rotate": {"post": {"responses": one()}},
        "/clusters/{cluster}/db-users": {"get": {"responses": list("users", object())}},
    }));
    assert_eq!(descriptor.problems, []);
    assert_eq!(
        shown(&descriptor),
        [
            "hello → json",
            "status → json",
            "runs list → json [/runs] ID,STATUS",
            "runs create [--id text] [--status text] +json? → json",
            "runs get <ID> → json",
            "runs delete <ID> → empty",
            "runs output <ID> → text",
            "runs cancel <ID> → json",
            "compare --a text --b text → json",
            "components list --instance text (namespace cluster) → json [/items] ID,STATUS",
            "components logs <POD> → text",
            "components describe <POD> → json",
            "events list → json [/items] ID,STATUS",
            "events get <ID> → json",
            "events types → json [/items]",
            "databases list → json [/databases]",
            "databases collections <DB> → json [/collections]",
            "query → json [/documents]",
            "panels get <PANEL> → json [/series] ID,STATUS",
            "users credentials <USER> → json",
            "users rotate <USER> → json",
            "db-users list (cluster) → json [/users] ID,STATUS",
        ]
    );
}

#[test]
fn shared_examples_cost_nothing_and_nothing_else_is_left_out() {
    let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
    let schema = json!({"type": "object", "properties": {"examples": {"type": "string"}, "components": {"$ref": "#/components/schemas/examples"}}});
    let body = json!({"content": {"application/json": {"schema": schema}}});
    let descriptor = read_value(&json!({
        "openapi": "3.0.0",
        "paths": {"/things": {"post": {"requestBody": body}}},
        "components": {
            "examples": {"large": {"value": deep}},
            "schemas": {"examples": {"type": "object", "properties": {"name": {"type": "string"}}}},
        },
    }));
    assert_eq!(shown(&descriptor), ["things [--examples text] [--components.name text] +json? → any"]);
    assert_eq!(descriptor.problems, []);
}

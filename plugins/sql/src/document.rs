//! The OpenAPI document: made from the routes, with the keys that make good commands of them.
//!
//! What the routes cannot say of themselves stands here in one place: the names of commands, what is typed by its place,
//! where a shell finds values.

use crate::routes::{activity, catalog, describe, explain, export, import, objects, query, run, sessions};
use crate::shell;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use utoipa::OpenApi;

/// Explore PostgreSQL instances and run SQL statements.
#[derive(OpenApi)]
#[openapi(
    info(title = "SQL explorer", description = "Explore PostgreSQL instances and run SQL statements"),
    paths(
        catalog::instances,
        catalog::databases,
        catalog::schemas,
        catalog::tables,
        describe::describe,
        objects::columns,
        objects::functions,
        objects::roles,
        query::run,
        run::script,
        run::in_session,
        sessions::open,
        sessions::list,
        sessions::show,
        sessions::cancel,
        sessions::close,
        import::run,
        explain::run,
        export::run,
        activity::list,
        activity::cancel
    )
)]
struct Document;

/// The document.
pub(crate) fn text() -> String {
    let mut document = serde_json::to_value(Document::openapi()).unwrap_or_default();
    for (operation, keys) in operations() {
        if let Some(found) = find_operation(&mut document, operation) {
            put(found, keys);
        }
    }
    each_argument(&mut document, &|name, argument| {
        if let Some(keys) = argument_keys(name) {
            put(argument, keys);
        }
    });
    document.to_string()
}

/// The place that a question names: what is in brackets is left out where it is not known.
const PLACE: &str = "[database `{database}` of ]`{instance}`[ in namespace {namespace}]";

/// Keys of operations, by their `operationId`.
#[expect(clippy::too_many_lines, reason = "one entry for each operation")]
fn operations() -> Vec<(&'static str, Value)> {
    vec![
        (
            "listInstances",
            json!({
                "x-cli-name": "instances",
                "x-cli-columns": ["/name", "/namespace", "/provider", {"path": "/k8sCluster", "name": "CLUSTER", "wide": true}],
            }),
        ),
        (
            "listDatabases",
            json!({
                "x-cli-name": "databases",
                "x-cli-columns": ["/name", "/owner", "/encoding", {"path": "/size", "format": "bytes"}],
            }),
        ),
        ("listSchemas", json!({"x-cli-name": "schemas"})),
        (
            "listTables",
            json!({
                "x-cli-name": "tables",
                "x-cli-columns":
                    ["/schema", "/name", "/kind", "/rows", {"path": "/size", "format": "bytes"}, {"path": "/comment", "wide": true}],
            }),
        ),
        (
            "describeTable",
            json!({
                "x-cli-name": "describe",
                "x-cli-columns": {
                    "rows": "/columns",
                    "columns": ["/name", "/type", "/nullable", "/default", "/key", {"path": "/comment", "wide": true}],
                    "below": "/details",
                },
            }),
        ),
        (
            "query",
            json!({
                "x-cli-name": "query",
                "x-cli-columns": {"rows": "/rows", "from": "/columns", "footer": "/summary"},
                "x-cli-timeout": "none",
                "x-cli-safe": {"unless": "write"},
                "x-cli-follow": false,
                "x-cli-confirm": {"text": format!("run in {PLACE}: {{sql}}?"), "when": "write"},
                "x-cli-warn": [
                    {"field": "/notices", "text": "database"},
                    {"field": "/truncated", "text": "more rows available: use --limit N or --all"},
                    {"field": "/withheld", "text": "the statement was executed and returned more rows than shown; running it again would change more"},
                ],
                "x-cli-examples": [
                    "query 'select * from orders' --instance shop",
                    {"command": "query @report.sql --instance shop --database sales --all", "description": "Any number of rows"},
                    {"command": "query 'delete from orders where id = 7' --instance shop --write", "description": "Asks for confirmation first"},
                ],
            }),
        ),
        ("explain", json!({"x-cli-name": "explain", "x-cli-timeout": "none", "x-cli-safe": true})),
        (
            "export",
            json!({
                "x-cli-name": "export",
                "x-cli-timeout": "none",
                "x-cli-safe": true,
                "x-cli-examples": ["export 'table orders' --instance shop --output-file orders.csv"],
            }),
        ),
        (
            "listActivity",
            json!({
                "x-cli-name": "activity",
                "x-cli-follow": {"parameter": "follow"},
                "x-cli-columns": [
                    "/pid", {"path": "/id", "wide": true}, "/database", "/user", "/state", {"path": "/seconds", "format": "duration", "name": "FOR"},
                    {"path": "/application", "wide": true}, {"path": "/waits", "wide": true}, "/statement",
                ],
            }),
        ),
        ("cancelStatement", json!({"x-cli-name": "cancel"})),
        ("listColumns", json!({"x-cli-name": "columns"})),
        (
            "listFunctions",
            json!({"x-cli-name": "functions", "x-cli-columns": [
                "/schema", "/name", "/result", "/arguments", "/kind", {"path": "/language", "wide": true},
            ]}),
        ),
        ("listRoles", json!({"x-cli-name": "roles"})),
        (
            "runScript",
            json!({
                "x-cli-name": "run",
                "x-cli-columns": RESULTS.clone(),
                "x-cli-timeout": "none",
                "x-cli-safe": {"unless": "write"},
                "x-cli-follow": false,
                "x-cli-confirm": {"text": format!("run in {PLACE}: {{sql}}?"), "when": "write"},
                "x-cli-warn": warnings(),
                "x-cli-examples": [
                    {"command": "run -f migration.sql --instance shop --write --single-transaction", "description": "All statements, or none"},
                    {"command": "run 'select * from orders where id = :id' --var id=7 --instance shop", "description": "Fill in a variable"},
                    {"command": "run 'vacuum orders' --instance shop --write"},
                ],
            }),
        ),
        (
            "runInSession",
            json!({
                "x-cli-name": "session run",
                "x-cli-columns": RESULTS.clone(),
                "x-cli-timeout": "none",
                "x-cli-follow": false,
                "x-cli-warn": warnings(),
            }),
        ),
        ("openSession", shell::keys()),
        (
            "listSessions",
            json!({
                "x-cli-name": "sessions",
                "x-cli-columns": [
                    "/id", "/instance", "/namespace", "/database", "/user", "/write", "/transaction",
                    {"path": "/idleSeconds", "format": "duration", "name": "IDLE"},
                ],
            }),
        ),
        ("getSession", json!({"x-cli-name": "session get"})),
        ("cancelSession", json!({"x-cli-name": "session cancel"})),
        ("closeSession", json!({"x-cli-name": "session close", "x-cli-confirm": false})),
        (
            "importRows",
            json!({
                "x-cli-name": "import",
                "x-cli-timeout": "none",
                "x-cli-field": "/summary",
                "x-cli-examples": [
                    "import orders @orders.csv --instance shop",
                    "import orders @orders.jsonl --format jsonl --instance shop",
                ],
            }),
        ),
    ]
}

/// Where the rows of a result are, and what stands below them. Each line is a result.
static RESULTS: LazyLock<Value> =
    LazyLock::new(|| json!({"rows": "/rows", "from": "/columns", "footer": "/summary", "each": true}));

fn warnings() -> Value {
    json!([{"field": "/notices", "text": "database"}])
}

/// Keys of parameters and properties, by their name.
fn argument_keys(name: &str) -> Option<Value> {
    let with = |operation: &str, values: &str, describe: &str, with: &[&str]| json!({"operation": operation, "values": values, "describe": describe, "with": with});
    let tables = ["/items/*/reference", "/items/*/qualified", "/items/*/unquoted"];
    Some(match name {
        "sql" => {
            json!({"x-cli-positional": true, "x-cli-file": {"name": "file", "short": "f"}, "x-cli-stdin": true})
        }
        "file" => json!({"x-cli-positional": true}),
        // `--columns` is that of a table that is shown.
        "columns" => json!({"x-cli-name": "into"}),
        "variables" => json!({"x-cli-name": "var"}),
        "hold" => json!({"x-cli-hidden": true}),
        "instance" => json!({
            "x-cli-short": "i",
            "x-cli-complete": with("listInstances", "/items/*/name", "/items/*/namespace", &[]),
        }),
        "database" => json!({
            "x-cli-short": "d",
            "x-cli-complete": with("listDatabases", "/items/*/name", "/items/*/owner", &["instance"]),
        }),
        "schema" => json!({
            "x-cli-complete": with("listSchemas", "/items/*/name", "/items/*/owner", &["instance", "database"]),
        }),
        "table" => json!({
            "x-cli-positional": true,
            "x-cli-complete": {"operation": "listTables", "values": tables, "describe": "/items/*/kind", "with": ["instance", "database"]},
        }),
        "session" => json!({"x-cli-complete": with("listSessions", "/items/*/id", "/items/*/database", &[])}),
        "id" => json!({
            "x-cli-complete": with("listActivity", "/items/*/id", "/items/*/statement", &["instance", "database"]),
        }),
        _ => return None,
    })
}

fn put(into: &mut Value, keys: Value) {
    if let (Some(members), Value::Object(keys)) = (into.as_object_mut(), keys) {
        members.extend(keys);
    }
}

fn find_operation<'d>(document: &'d mut Value, id: &str) -> Option<&'d mut Value> {
    let routes = document.get_mut("paths")?.as_object_mut()?;
    let mut all = routes.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    all.find(|operation| operation["operationId"] == id)
}

/// Shows every parameter, and every property of a body, with its name.
fn each_argument(document: &mut Value, see: &impl Fn(&str, &mut Value)) {
    let mut bodies = Vec::new();
    let routes = document.get_mut("paths").and_then(Value::as_object_mut);
    for operation in routes
        .into_iter()
        .flat_map(Map::values_mut)
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut)
    {
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            see(&name, parameter);
        }
        for kind in ["application~1json", "multipart~1form-data"] {
            let reference = operation.pointer(&format!("/requestBody/content/{kind}/schema/$ref"));
            bodies.extend(reference.and_then(Value::as_str).map(str::to_owned));
        }
    }
    let mut seen = Vec::new();
    while let Some(reference) = bodies.pop() {
        let Some(schema) = document.pointer_mut(reference.trim_start_matches('#')) else { continue };
        if seen.contains(&reference) {
            continue;
        }
        seen.push(reference);
        let mut parts = schema["allOf"].as_array().cloned().unwrap_or_default();
        parts.retain(|part| part.get("$ref").is_some());
        bodies.extend(parts.iter().filter_map(|part| part["$ref"].as_str().map(str::to_owned)));
        properties(schema, see);
    }
}

fn properties(schema: &mut Value, see: &impl Fn(&str, &mut Value)) {
    for part in schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
        properties(part, see);
    }
    for (name, property) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten()
    {
        see(name, property);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_finds_its_place() {
        let document: Value = serde_json::from_str(&text()).unwrap();
        let mut document = document;
        for (operation, _) in operations() {
            let found = find_operation(&mut document, operation).unwrap_or_else(|| panic!("{operation}"));
            assert!(found.get("x-cli-name").is_some(), "{operation}");
        }
        let seen = std::cell::RefCell::new(std::collections::BTreeSet::new());
        each_argument(&mut document, &|name, argument| {
            if argument.get("x-cli-complete").is_some() || argument.get("x-cli-positional").is_some() {
                seen.borrow_mut().insert(name.to_owned());
            }
        });
        let seen: Vec<_> = seen.into_inner().into_iter().collect();
        assert_eq!(seen, ["database", "file", "id", "instance", "schema", "session", "sql", "table"]);
    }
}

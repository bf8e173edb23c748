//! The OpenAPI document: made from the routes, with the keys that make good commands of them.

use crate::problem::ProblemBody;
use crate::routes::{alerts, boards, names, query, top};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

/// Ask Prometheus about your databases.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Metrics",
        description = "Ask Prometheus about your databases, and look at dashboards of them"
    ),
    components(schemas(ProblemBody)),
    paths(query::run, top::run, boards::list, boards::show, alerts::list, names::metrics, names::labels)
)]
struct Document;

/// What every request may be answered with instead.
const REFUSALS: &[(&str, &str)] = &[
    ("400", "The request, or its expression, is not valid or asks for too much"),
    ("401", "There is no token, or OpenEverest does not accept it"),
    ("403", "There is nothing that you may see"),
    ("404", "There is no such namespace that you may see, or no such dashboard"),
    ("422", "Prometheus cannot compute it, or a file is wrong"),
    ("429", "Too many requests are running"),
    ("502", "OpenEverest or Prometheus does not answer"),
    ("504", "Prometheus took too long"),
];

fn refusal(description: &str) -> Value {
    json!({
        "description": description,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
    })
}

/// The document.
pub(crate) fn text() -> String {
    let mut document = serde_json::to_value(Document::openapi()).unwrap_or_default();
    for (operation, keys) in operations() {
        if let Some(found) = find_operation(&mut document, operation) {
            put(found, keys);
        }
    }
    let routes = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = routes.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut);
    for operation in operations.flat_map(Map::values_mut) {
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            responses.extend(
                REFUSALS.iter().map(|(status, description)| ((*status).to_owned(), refusal(description))),
            );
        }
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(keys) = parameter["name"].as_str().and_then(parameter_keys) {
                put(parameter, keys);
            }
        }
    }
    document.to_string()
}

/// Keys of operations, by their `operationId`.
fn operations() -> Vec<(&'static str, Value)> {
    // Values over time are lines, others are bars.
    let course = json!({"path": "/points", "name": "COURSE", "format": "spark"});
    let wide = |path: &str| json!({"path": path, "wide": true});
    vec![
        (
            "query",
            json!({
                "x-cli-name": "query",
                "x-cli-columns": {"rows": "/series", "columns": ["/name", "/value", "/min", "/max", course]},
                "x-cli-plot":
                    {"series": "/series", "time": "/points/*/time", "value": "/points/*/value", "bar": "/value", "unit": "/unit",
                     "labels": "/name"},
                "x-cli-warn": [
                    {"field": "/more", "text": "series that are not shown (--max-series)"},
                    {"field": "/warnings", "text": "Prometheus"},
                ],
                "x-cli-examples": [
                    {"command": "query up", "description": "The values of now"},
                    {"command": "query 'sum by (state) (pg_stat_activity_count)' --since 1h -o plot", "description": "Lines over time"},
                    {"command": "query 'rate(pg_stat_database_xact_commit[5m])' --since 7d --step 1h -o csv", "description": "For a spreadsheet"},
                ],
            }),
        ),
        (
            "top",
            json!({
                "x-cli-name": "top",
                "x-cli-columns": [
                    "/name", "/namespace", {"path": "/cpu", "name": "CPU"}, {"path": "/memory", "format": "bytes"}, "/connections",
                    {"path": "/replicationLag", "name": "LAG", "format": "duration"}, wide("/provider"),
                ],
                "x-cli-plot": {"value": "/cpu", "labels": ["/namespace", "/name"], "unit": "cores"},
                "x-cli-examples": ["top", "top --by connections -w"],
            }),
        ),
        (
            "listDashboards",
            json!({
                "x-cli-name": "dashboards",
                "x-cli-columns": ["/name", "/title", "/panels", "/source", "/problem", wide("/description")],
            }),
        ),
        (
            "showDashboard",
            json!({
                "x-cli-name": "dashboard",
                "x-cli-columns": {"rows": "/series", "columns": ["/panel", "/name", "/value", "/unit", course]},
                "x-cli-plot": {
                    "series": "/series", "chart": "/panel", "time": "/points/*/time", "value": "/points/*/value", "bar": "/value",
                    "unit": "/unit", "labels": "/name",
                },
                "x-cli-warn": [{"field": "/problems", "text": "panel"}],
                "x-cli-timeout": "5m",
                "x-cli-examples": [
                    {"command": "dashboard postgresql --instance shop -o plot -w", "description": "All panels on one screen, again and again"},
                    "dashboard postgresql --since 1d -o plot --output-file shop.svg",
                ],
            }),
        ),
        (
            "listAlerts",
            json!({
                "x-cli-name": "alerts",
                "x-cli-columns": [
                    "/name", "/state", "/severity", "/namespace", {"path": "/since", "name": "FOR", "format": "age"}, "/summary",
                    wide("/value"),
                ],
            }),
        ),
        (
            "listMetrics",
            json!({"x-cli-name": "list", "x-cli-aliases": ["ls"], "x-cli-columns": ["/name", "/type", "/help"]}),
        ),
        (
            "listLabels",
            json!({
                "x-cli-name": "labels",
                "x-cli-columns": ["/name"],
                "x-cli-examples": [
                    "labels",
                    {"command": "labels datname --metric pg_database_size_bytes", "description": "The values of a label"},
                ],
            }),
        ),
    ]
}

/// Keys of parameters, by their name.
fn parameter_keys(name: &str) -> Option<Value> {
    let from = |operation: &str, describe: &str| json!({"operation": operation, "values": "/items/*/name", "describe": describe});
    let metrics = || from("listMetrics", "/items/*/help");
    Some(match name {
        "expr" => json!({"x-cli-positional": true, "x-cli-complete": metrics()}),
        "metric" => json!({"x-cli-complete": metrics()}),
        "label" => json!({
            "x-cli-positional": true,
            "x-cli-complete": {"operation": "listLabels", "values": "/items/*/name", "with": ["namespace", "metric"]},
        }),
        "dashboard" => json!({"x-cli-complete": from("listDashboards", "/items/*/title")}),
        "instance" => json!({"x-cli-short": "i", "x-cli-complete": from("top", "/items/*/namespace")}),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_finds_its_place() {
        let mut document: Value = serde_json::from_str(&text()).unwrap();
        for (operation, _) in operations() {
            let found = find_operation(&mut document, operation).unwrap_or_else(|| panic!("{operation}"));
            assert!(found.get("x-cli-name").is_some(), "{operation}");
            let names: Vec<&str> = found["parameters"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|one| one["name"].as_str())
                .collect();
            assert!(names.contains(&"namespace") && names.contains(&"k8sCluster"), "{operation}: {names:?}");
        }
        let text = text();
        for name in ["expr", "metric", "label", "dashboard", "instance"] {
            assert!(text.contains(&format!("\"name\":\"{name}\"")), "{name}");
        }
    }
}

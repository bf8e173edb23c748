//! The operations of a document, as far as they are asked here. Pure.

use super::schema::resolved;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const METHODS: &[&str] = &["get", "post", "put", "patch", "delete"];
/// What stands for a path parameter where nothing must be found.
pub(super) const NOTHING: &str = "everestctl-test-nothing";

/// An operation.
#[derive(Clone, Debug)]
pub(super) struct Operation<'d> {
    document: &'d Value,
    pub(super) method: &'d str,
    /// The route, with its parameters in braces.
    pub(super) route: String,
    item: &'d Map<String, Value>,
    pub(super) value: &'d Map<String, Value>,
}

/// All of them.
pub(super) fn operations(document: &Value) -> Vec<Operation<'_>> {
    let base = base(document);
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let mut found = Vec::new();
    for (path, item) in paths {
        let Some(item) = resolved(document, item).as_object() else { continue };
        for (method, value) in item.iter().filter(|(method, _)| METHODS.contains(&method.as_str())) {
            if let Some(value) = value.as_object() {
                let path = path.split('#').next().unwrap_or(path);
                found.push(Operation { document, method, route: format!("{base}{path}"), item, value });
            }
        }
    }
    found
}

/// The path below which all routes are.
fn base(document: &Value) -> String {
    let of_swagger = document.get("basePath").and_then(Value::as_str);
    let url = document.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or_default();
    let of_server = url.split_once("://").map_or(Some(url), |(_, rest)| rest.find('/').map(|at| &rest[at..]));
    of_swagger.or(of_server).unwrap_or_default().trim_end_matches('/').to_owned()
}

impl<'d> Operation<'d> {
    /// `GET /api/notes`.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.route)
    }

    pub(super) fn is_get(&self) -> bool {
        self.method == "get"
    }

    /// Its parameters, those of its path included.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &'d Value> {
        let document = self.document;
        let lists = [self.item.get("parameters"), self.value.get("parameters")];
        let all = lists.into_iter().flatten().filter_map(Value::as_array).flatten();
        all.map(move |parameter| resolved(document, parameter))
    }

    /// The path to ask: each parameter that is required has a value, from `values` or from the document. Or the name of one that has none.
    pub(super) fn path(&self, values: &BTreeMap<String, Value>) -> Result<String, String> {
        let mut path = self.route.clone();
        let mut query = Vec::new();
        for parameter in self.parameters() {
            let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
            let name = text("name");
            let is_required = parameter.get("required") == Some(&Value::Bool(true));
            let place = text("in");
            if !is_required || !matches!(place, "path" | "query") {
                continue;
            }
            let value = values.get(name).cloned().or_else(|| example(self.document, parameter));
            let value = value.ok_or_else(|| name.to_owned())?;
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if place == "path" {
                path = path.replace(&format!("{{{name}}}"), &encoded(&value));
            } else {
                query.push(format!("{}={}", encoded(name), encoded(&value)));
            }
        }
        if let Some(open) = path.find('{') {
            return Err(path[open + 1..].split('}').next().unwrap_or_default().to_owned());
        }
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        Ok(path)
    }

    /// Its path, with `value` for each parameter in it.
    pub(super) fn path_with(&self, value: &str) -> String {
        let mut path = self.route.clone();
        while let Some(open) = path.find('{') {
            let end = path[open..].find('}').map_or(path.len(), |end| open + end + 1);
            path.replace_range(open..end, value);
        }
        path
    }

    /// What it declares for a status: by its number, its class or the default.
    pub(super) fn response(&self, status: u16) -> Option<&'d Value> {
        let responses = self.value.get("responses").and_then(Value::as_object)?;
        let class = format!("{}XX", status / 100);
        let found = responses
            .get(&status.to_string())
            .or_else(|| responses.iter().find(|(key, _)| key.eq_ignore_ascii_case(&class)).map(|(_, it)| it))
            .or_else(|| responses.get("default"))?;
        Some(resolved(self.document, found))
    }

    /// Whether it says itself that it answers this status.
    pub(super) fn declares(&self, status: u16) -> bool {
        let responses = self.value.get("responses").and_then(Value::as_object);
        responses.is_some_and(|responses| responses.contains_key(&status.to_string()))
    }

    /// The media types of an answer, each with its schema.
    pub(super) fn content(&self, status: u16) -> Vec<(String, Option<&'d Value>)> {
        let Some(response) = self.response(status) else { return Vec::new() };
        if let Some(content) = response.get("content").and_then(Value::as_object) {
            let media = |name: &str| name.split(';').next().unwrap_or(name).trim().to_lowercase();
            return content.iter().map(|(name, it)| (media(name), it.get("schema"))).collect();
        }
        // Swagger 2.0.
        let produced = self.value.get("produces").or_else(|| self.document.get("produces"));
        let produced = produced.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        match response.get("schema") {
            Some(schema) => produced.map(|name| (name.to_lowercase(), Some(schema))).collect(),
            None => Vec::new(),
        }
    }

    /// Whether it answers with events.
    pub(super) fn is_stream(&self) -> bool {
        let is_of_events =
            |name: &str| matches!(name, "text/event-stream" | "application/x-ndjson" | "application/jsonl");
        self.content(200).iter().any(|(name, _)| is_of_events(name))
    }

    /// Whether it answers with server-sent events.
    pub(super) fn has_events(&self) -> bool {
        self.content(200).iter().any(|(name, _)| name == "text/event-stream")
    }

    /// The schema of its body of JSON.
    pub(super) fn body_schema(&self) -> Option<&'d Value> {
        let body = resolved(self.document, self.value.get("requestBody")?);
        let content = body.get("content")?.as_object()?;
        let json = content.iter().find(|(name, _)| name.contains("json"))?;
        Some(resolved(self.document, json.1.get("schema")?))
    }

    /// Its `operationId`.
    pub(super) fn id(&self) -> &'d str {
        self.value.get("operationId").and_then(Value::as_str).unwrap_or_default()
    }
}

/// A value that the document gives for a parameter.
fn example(document: &Value, parameter: &Value) -> Option<Value> {
    let schema = parameter.get("schema").map(|schema| resolved(document, schema));
    let first = |value: &Value| match value {
        Value::Array(values) => values.first().cloned(),
        Value::Object(values) => values.values().next().and_then(|it| it.get("value")).cloned(),
        _ => None,
    };
    let of_schema = |key: &str| schema.and_then(|schema| schema.get(key));
    parameter
        .get("example")
        .cloned()
        .or_else(|| parameter.get("examples").and_then(first))
        .or_else(|| of_schema("example").cloned())
        .or_else(|| of_schema("examples").and_then(first))
        .or_else(|| of_schema("default").cloned())
        .or_else(|| of_schema("enum").and_then(first))
}

/// A value as a part of a path or a query.
pub(super) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            all.push(char::from(byte));
        } else {
            let _ = write!(all, "%{byte:02X}");
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_are_filled_or_say_what_is_missing() {
        let document = json!({
            "servers": [{"url": "https://x.example/api/v3/"}],
            "paths": {"/notes/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
                "get": {"parameters": [{"name": "by", "in": "query", "required": true, "example": "a b"}],
                    "responses": {"200": {"content": {"application/json; charset=utf-8": {"schema": {}}}}, "4XX": {}}},
            }},
        });
        let all = operations(&document);
        let [get] = all.as_slice() else { panic!() };
        assert_eq!(get.name(), "GET /api/v3/notes/{id}");
        assert_eq!(get.path(&BTreeMap::new()), Err("id".to_owned()));
        let values = BTreeMap::from([("id".to_owned(), json!("1/2"))]);
        assert_eq!(get.path(&values).unwrap(), "/api/v3/notes/1%2F2?by=a%20b");
        assert_eq!(get.path_with("x"), "/api/v3/notes/x");
        assert!(get.response(404).is_some() && get.response(500).is_none() && !get.declares(404));
        assert_eq!(get.content(200)[0].0, "application/json");
    }
}

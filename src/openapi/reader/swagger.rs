//! Swagger 2.0 → OpenAPI 3.0, in memory: bodies and forms, `collectionFormat`, `definitions`, `consumes`, `produces`, `basePath`.
//!
//! What both versions have stays as it is, `x-cli-*` keys among that. It must not know what becomes of a document.

use crate::openapi::Method;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// The document in the newer form.
pub(super) fn converted(mut root: Map<String, Value>) -> Map<String, Value> {
    for value in root.values_mut() {
        renew(value);
    }
    let global = Media { consumes: texts(&root, "consumes"), produces: texts(&root, "produces") };
    let shared = root.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut parameters = Map::new();
    for (name, parameter) in &shared {
        if let Value::Object(members) = parameter
            && !is_in(members, "body")
        {
            parameters.insert(name.clone(), Value::Object(parameter_of(members.clone())));
        }
    }
    let mut components = Map::new();
    components.insert("schemas".to_owned(), root.remove("definitions").unwrap_or_else(|| json!({})));
    components.insert("parameters".to_owned(), Value::Object(parameters));
    if let Some(Value::Object(mut responses)) = root.remove("responses") {
        responses.values_mut().for_each(|response| renew_response(response, &global.produces));
        components.insert("responses".to_owned(), Value::Object(responses));
    }
    if let Some(Value::Object(schemes)) = root.remove("securityDefinitions") {
        let schemes = schemes.into_iter().map(|(name, scheme)| (name, security_scheme(scheme)));
        components.insert("securitySchemes".to_owned(), Value::Object(schemes.collect()));
    }
    if let Some(Value::Object(paths)) = root.get_mut("paths") {
        for (_, item) in paths.iter_mut().filter(|(route, _)| !route.starts_with("x-")) {
            if let Value::Object(item) = item {
                renew_item(item, &shared, &global);
            }
        }
    }
    if let Some(Value::String(path)) = root.remove("basePath") {
        root.insert("servers".to_owned(), json!([{"url": path}]));
    }
    root.remove("swagger");
    root.insert("openapi".to_owned(), json!("3.0.3"));
    root.insert("components".to_owned(), Value::Object(components));
    root
}

/// What is taken and given where nothing else is said.
struct Media {
    consumes: Vec<String>,
    produces: Vec<String>,
}

impl Media {
    fn of(&self, operation: &Map<String, Value>) -> Self {
        let own = |key: &str, global: &[String]| {
            if operation.contains_key(key) { texts(operation, key) } else { global.to_vec() }
        };
        Self { consumes: own("consumes", &self.consumes), produces: own("produces", &self.produces) }
    }
}

fn texts(members: &Map<String, Value>, key: &str) -> Vec<String> {
    let items = members.get(key).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn is_in(members: &Map<String, Value>, place: &str) -> bool {
    members.get("in").and_then(Value::as_str) == Some(place)
}

/// References and keywords of schemas, wherever they stand.
fn renew(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(renew),
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref") {
                for (old, new) in [
                    ("#/definitions/", "#/components/schemas/"),
                    ("#/parameters/", "#/components/parameters/"),
                    ("#/responses/", "#/components/responses/"),
                ] {
                    if let Some(rest) = reference.strip_prefix(old) {
                        *reference = format!("{new}{rest}");
                        break;
                    }
                }
            }
            if let Some(Value::String(property)) = members.get("discriminator") {
                let renewed = json!({"propertyName": property});
                members.insert("discriminator".to_owned(), renewed);
            }
            if members.get("x-nullable") == Some(&Value::Bool(true)) {
                members.insert("nullable".to_owned(), Value::Bool(true));
            }
            members.values_mut().for_each(renew);
        }
        _ => {}
    }
}

fn renew_item(item: &mut Map<String, Value>, shared: &Map<String, Value>, global: &Media) {
    let common = match item.shift_remove("parameters") {
        Some(Value::Array(common)) => common,
        _ => Vec::new(),
    };
    for (name, _) in Method::FIELDS {
        if let Some(Value::Object(operation)) = item.get_mut(name) {
            renew_operation(operation, &common, shared, global);
        }
    }
}

fn renew_operation(
    operation: &mut Map<String, Value>,
    common: &[Value],
    shared: &Map<String, Value>,
    global: &Media,
) {
    let media = global.of(operation);
    let own = match operation.shift_remove("parameters") {
        Some(Value::Array(own)) => own,
        _ => Vec::new(),
    };
    let mut seen: HashSet<(String, String)> = HashSet::new();
    let (mut parameters, mut form) = (Vec::new(), FormFields::default());
    let mut body = None;
    for parameter in own.into_iter().chain(common.iter().cloned()) {
        let Value::Object(members) = parameter else {
            parameters.push(parameter);
            continue;
        };
        let name = members.get("$ref").and_then(Value::as_str);
        let name = name.and_then(|reference| reference.strip_prefix("#/components/parameters/"));
        let name = name.map(str::to_owned);
        let known = match &name {
            Some(name) => shared.get(name).and_then(Value::as_object).unwrap_or(&members),
            None => &members,
        };
        let text = |key: &str| known.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        if known.contains_key("in") && !seen.insert((text("name"), text("in"))) {
            continue;
        }
        match (text("in").as_str(), &name) {
            // A shared one is referred to: a copy for each operation could be too much.
            ("body", Some(name)) => {
                let schema = json!({"$ref": format!("#/parameters/{name}/schema")});
                body.get_or_insert(request_body(known, &schema, &media.consumes));
            }
            ("body", None) => {
                let schema = members.get("schema").cloned().unwrap_or_else(|| json!({}));
                body.get_or_insert(request_body(known, &schema, &media.consumes));
            }
            ("formData", Some(name)) => {
                let schema = json!({"$ref": format!("#/components/parameters/{name}/schema")});
                form.add(known, schema);
            }
            ("formData", None) => {
                let members = parameter_of(members);
                let schema = members.get("schema").cloned().unwrap_or_default();
                form.add(&members, schema);
            }
            (_, Some(_)) => parameters.push(Value::Object(members)),
            (_, None) => parameters.push(Value::Object(parameter_of(members))),
        }
    }
    operation.insert("parameters".to_owned(), Value::Array(parameters));
    if let Some(body) = body.or_else(|| form.request_body(&media.consumes)) {
        operation.insert("requestBody".to_owned(), body);
    }
    if let Some(Value::Object(responses)) = operation.get_mut("responses") {
        responses.values_mut().for_each(|response| renew_response(response, &media.produces));
    }
}

fn request_body(parameter: &Map<String, Value>, schema: &Value, consumes: &[String]) -> Value {
    let is_form = |kind: &str| kind.starts_with("multipart/") || kind == "application/x-www-form-urlencoded";
    let mut kinds: Vec<&str> = consumes.iter().map(String::as_str).filter(|kind| !is_form(kind)).collect();
    if kinds.is_empty() {
        kinds.push("application/json");
    }
    // The first in the order of the reader is taken: one schema is enough.
    let chosen =
        kinds.iter().find(|kind| kind.contains("json")).or(kinds.first()).copied().unwrap_or_default();
    let content = json!({chosen: {"schema": schema}});
    let mut body = Map::new();
    for key in ["required", "description"] {
        body.extend(parameter.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    body.insert("content".to_owned(), content);
    Value::Object(body)
}

/// The fields of a form.
#[derive(Default)]
struct FormFields {
    properties: Map<String, Value>,
    encoding: Map<String, Value>,
    required: Vec<Value>,
    has_file: bool,
}

impl FormFields {
    fn add(&mut self, parameter: &Map<String, Value>, mut schema: Value) {
        let Some(name) = parameter.get("name").and_then(Value::as_str) else { return };
        self.has_file |= [Some(parameter), schema.as_object()]
            .into_iter()
            .flatten()
            .any(|members| members.get("type").and_then(Value::as_str) == Some("file"));
        if let (Value::Object(members), Some(text)) = (&mut schema, parameter.get("description"))
            && !members.contains_key("$ref")
        {
            members.insert("description".to_owned(), text.clone());
        }
        if parameter.get("required") == Some(&Value::Bool(true)) {
            self.required.push(Value::from(name));
        }
        let style: Map<String, Value> = if parameter.contains_key("explode") {
            let style = ["style", "explode"].into_iter();
            style.filter_map(|key| Some((key.to_owned(), parameter.get(key)?.clone()))).collect()
        } else {
            let is_list = parameter.get("type").and_then(Value::as_str) == Some("array");
            let format = parameter.get("collectionFormat").and_then(Value::as_str);
            if is_list { style("formData", format) } else { Map::new() }
        };
        if !style.is_empty() {
            self.encoding.insert(name.to_owned(), Value::Object(style));
        }
        self.properties.insert(name.to_owned(), schema);
    }

    fn request_body(self, consumes: &[String]) -> Option<Value> {
        if self.properties.is_empty() {
            return None;
        }
        let urlencoded = "application/x-www-form-urlencoded";
        let is_urlencoded = consumes.iter().any(|kind| kind == urlencoded);
        let is_multipart = consumes.iter().any(|kind| kind.starts_with("multipart/"));
        let kind = if self.has_file || (is_multipart && !is_urlencoded) {
            "multipart/form-data"
        } else {
            urlencoded
        };
        let is_required = !self.required.is_empty();
        let schema = json!({"type": "object", "properties": self.properties, "required": self.required});
        Some(
            json!({"required": is_required, "content": {kind: {"schema": schema, "encoding": self.encoding}}}),
        )
    }
}

/// A parameter that is none of a body: what its values may be goes into a schema.
fn parameter_of(mut parameter: Map<String, Value>) -> Map<String, Value> {
    const OF_SCHEMA: &[&str] = &[
        "type",
        "format",
        "items",
        "default",
        "maximum",
        "exclusiveMaximum",
        "minimum",
        "exclusiveMinimum",
        "maxLength",
        "minLength",
        "pattern",
        "maxItems",
        "minItems",
        "uniqueItems",
        "enum",
        "multipleOf",
        "nullable",
    ];
    if parameter.contains_key("$ref") {
        return parameter;
    }
    let place = parameter.get("in").and_then(Value::as_str).unwrap_or_default().to_owned();
    let format = parameter.remove("collectionFormat");
    let mut schema = Map::new();
    for key in OF_SCHEMA {
        schema.extend(parameter.remove(*key).map(|value| ((*key).to_owned(), value)));
    }
    if schema.get("type").and_then(Value::as_str) == Some("array") {
        parameter.extend(style(&place, format.as_ref().and_then(Value::as_str)));
    }
    parameter.entry("schema").or_insert(Value::Object(schema));
    parameter
}

/// `collectionFormat` as a style.
fn style(place: &str, format: Option<&str>) -> Map<String, Value> {
    let is_simple = matches!(place, "path" | "header");
    let (style, explode) = match (format.unwrap_or("csv"), is_simple) {
        ("csv", true) => ("simple", false),
        ("csv", false) => ("form", false),
        ("multi", false) => ("form", true),
        ("ssv", false) => ("spaceDelimited", false),
        ("pipes", false) => ("pipeDelimited", false),
        ("tsv", false) => ("tabDelimited", false),
        // The reader says that there is no such style.
        (other, _) => (other, false),
    };
    [("style".to_owned(), json!(style)), ("explode".to_owned(), json!(explode))].into_iter().collect()
}

fn renew_response(response: &mut Value, produces: &[String]) {
    let Value::Object(members) = response else { return };
    let Some(schema) = members.remove("schema") else { return };
    let is_file = schema.get("type").and_then(Value::as_str) == Some("file");
    let json = "application/json".to_owned();
    let bytes = "application/octet-stream".to_owned();
    let usual = if is_file { &bytes } else { &json };
    let is_data = |kind: &&String| !(is_file && kind.contains("json"));
    let mut kinds: Vec<&String> = produces.iter().filter(is_data).collect();
    if kinds.is_empty() {
        kinds.push(usual);
    }
    // The schema is that of JSON; of the others only the name matters.
    let first = kinds.iter().position(|kind| kind.contains("json")).unwrap_or(0);
    let mut schema = Some(schema);
    let mut content = Map::new();
    for (at, kind) in kinds.into_iter().enumerate() {
        let media = if at == first { json!({"schema": schema.take()}) } else { json!({}) };
        content.insert(kind.clone(), media);
    }
    members.insert("content".to_owned(), Value::Object(content));
}

fn security_scheme(scheme: Value) -> Value {
    match scheme.get("type").and_then(Value::as_str) {
        Some("basic") => json!({"type": "http", "scheme": "basic"}),
        _ => scheme,
    }
}

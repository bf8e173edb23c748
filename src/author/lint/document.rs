//! An OpenAPI document, judged by the commands that become of it. Pure.

use super::finding::Findings;
use super::place;
use super::rules;
use crate::openapi::{self, ApiCommand};
use crate::yaml;
use serde_json::{Map, Value};

/// The most words of a command that people keep in mind.
const MOST_WORDS: usize = 3;
const METHODS: &[&str] = &["get", "post", "put", "patch", "delete"];

/// Whether a YAML or JSON value is a document.
pub fn is_one(value: &Value) -> bool {
    value.get("paths").is_some() && (value.get("openapi").is_some() || value.get("swagger").is_some())
}

/// What is wrong with the document in `text`.
pub fn lint(text: &str, found: &mut Findings) {
    let descriptor = match openapi::read(text.as_bytes()) {
        Ok(descriptor) => descriptor,
        Err(error) => {
            found.add(rules::DOCUMENT_VALID, None, &error.to_string());
            return;
        }
    };
    for problem in &descriptor.problems {
        found.add(rules::DOCUMENT_MAPPED, line_of_problem(text, problem.as_str()), problem.as_str());
    }
    for command in &descriptor.commands {
        let words = command.words.as_slice();
        if words.len() > MOST_WORDS && !command.hidden {
            let message = format!("`{}` has {} words", command.words, words.len());
            found.add(rules::DOCUMENT_NAME, line_of(text, command), &message);
        }
    }
    let Ok(value) = yaml::explained::<Value>(text.as_bytes()) else { return };
    for (path, method, operation) in operations(&value) {
        let at = place::line(text, &["paths", path, method]);
        let name = format!("{} {path}", method.to_uppercase());
        let is_set = |key: &str| operation.contains_key(key);
        let is_hidden = ["x-cli-ignore", "x-cli-hidden"]
            .iter()
            .any(|key| operation.get(*key).and_then(Value::as_bool) == Some(true));
        if is_hidden {
            continue;
        }
        if operation.get("summary").and_then(Value::as_str).is_none_or(|text| text.trim().is_empty()) {
            found.add(rules::DOCUMENT_SUMMARY, at, &format!("{name} has no summary"));
        }
        if method == "delete" && !is_set("x-cli-confirm") {
            found.add(rules::DOCUMENT_CONFIRM, at, &format!("{name} has no `x-cli-confirm`"));
        }
        let is_stream = descriptor.commands.iter().any(|command| {
            command.route.as_str() == path
                && command.method == openapi::Method::Get
                && command.answer.stream.is_some()
        });
        let is_paged = is_set("x-cli-paginate") || is_stream || takes_page(&value, path, operation);
        if method == "get" && gives_list(&value, operation) && !is_paged {
            found.add(rules::DOCUMENT_PAGES, at, &format!("{name} gives a whole list at once"));
        }
        let starts = operation.get("responses").and_then(Value::as_object);
        if starts.is_some_and(|answers| answers.contains_key("202")) && !is_set("x-cli-wait") {
            found.add(rules::DOCUMENT_WAIT, at, &format!("{name} answers 202 and has no `x-cli-wait`"));
        }
    }
}

/// Whether an operation has a parameter that is about pages.
fn takes_page(document: &Value, path: &str, operation: &Map<String, Value>) -> bool {
    const WORDS: &[&str] =
        &["limit", "offset", "page", "cursor", "after", "token", "size", "skip", "continue", "marker"];
    let of_path = document.get("paths").and_then(|paths| paths.get(path)?.get("parameters"));
    let lists = [of_path, operation.get("parameters")].into_iter().flatten().filter_map(Value::as_array);
    lists.flatten().any(|parameter| {
        let reference = parameter.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'));
        let parameter = reference.map_or(Some(parameter), |pointer| document.pointer(pointer));
        let text = |key: &str| parameter.and_then(|parameter| parameter.get(key)?.as_str());
        let name = text("name").unwrap_or_default().to_lowercase();
        text("in") == Some("query") && WORDS.iter().any(|word| name.contains(word))
    })
}

/// Whether an operation answers with a list, alone or as the one that an object is for.
fn gives_list(document: &Value, operation: &Map<String, Value>) -> bool {
    /// What such a member is usually called.
    const MEMBERS: &[&str] = &["items", "data", "results", "rows", "entries", "records"];
    let answer = operation.get("responses").and_then(|answers| answers.get("200"));
    let schema = answer.and_then(|answer| answer.pointer("/content/application~1json/schema"));
    let resolved = |schema: &Value| {
        let reference = schema.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'));
        reference.map_or(Some(schema.clone()), |pointer| document.pointer(pointer).cloned())
    };
    let Some(schema) = schema.and_then(resolved) else { return false };
    let is_array = |schema: &Value| schema.get("type").and_then(Value::as_str) == Some("array");
    let members = MEMBERS.iter().filter_map(|name| schema.get("properties")?.get(name));
    is_array(&schema) || members.filter_map(resolved).any(|member| is_array(&member))
}

fn line_of(text: &str, command: &ApiCommand) -> Option<u64> {
    let route = command.route.to_string();
    place::line(text, &["paths", &route, &command.method.to_string().to_lowercase()])
}

/// A problem starts with the operation that it is about: `GET /path: …`.
fn line_of_problem(text: &str, problem: &str) -> Option<u64> {
    let (method, rest) = problem.split_once(' ')?;
    let method = method.to_lowercase();
    let path = rest.split([':', ' ']).next()?;
    (METHODS.contains(&method.as_str())).then(|| place::line(text, &["paths", path, &method])).flatten()
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Map<String, Value>)> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let item = item.as_object().into_iter().flatten();
        let operations = item.filter(|(method, _)| METHODS.contains(&method.as_str()));
        operations.filter_map(move |(method, operation)| {
            Some((path.as_str(), method.as_str(), operation.as_object()?))
        })
    })
}

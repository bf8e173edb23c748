//! Tests of the whole way: a document, what is typed, the request, the answer. `shown` writes commands down as a user
//! would see them, so that a test can say in one line what a route became.

#![allow(clippy::format_push_string, reason = "it reads better, and tests may take their time")]
#![allow(clippy::needless_pass_by_value, reason = "`json!` makes values, and a `&` before each says nothing")]

mod documents;
mod encodings;
mod hostile;
mod lists;
mod mapping;
mod requests;
mod security;
mod shells;
mod swagger;
mod views;

use super::*;
use serde_json::{Value, json};

/// The commands of `document`, one in a line.
fn shown(descriptor: &Descriptor) -> Vec<String> {
    descriptor.commands.iter().map(line).collect()
}

/// `runs get <ID> [--wide] → json /items: ID NAME`.
fn line(command: &ApiCommand) -> String {
    let mut line = command.words.to_string();
    let mut filled = Vec::new();
    for argument in &command.arguments {
        let kind = kind(argument);
        let text = match &argument.form {
            ArgumentForm::Positional => argument.value_name(),
            ArgumentForm::Flag if argument.is_switch() => format!("--{}", argument.name),
            ArgumentForm::Flag => format!("--{} {kind}", argument.name),
            ArgumentForm::Filled(context) => {
                filled.push(format!("{context:?}").to_lowercase());
                continue;
            }
            ArgumentForm::Constant(value) => format!("{}={value}", argument.place_name()),
        };
        let text = match argument.short {
            Some(letter) => format!("-{letter}/{text}"),
            None => text,
        };
        let text = if argument.repeat == Repeat::Once { text } else { format!("{text}…") };
        let needed = argument.is_required() || matches!(argument.form, ArgumentForm::Constant(_));
        line += &if needed { format!(" {text}") } else { format!(" [{text}]") };
    }
    if let Some(body) = &command.body {
        line += &format!(" +{:?}", body.kind).to_lowercase();
        if !body.required {
            line += "?";
        }
    }
    if !filled.is_empty() {
        line += &format!(" ({})", filled.join(" "));
    }
    line += &format!(" → {:?}", command.answer.kind).to_lowercase();
    if let Some(rows) = &command.answer.rows {
        line += &format!(" [{rows}]");
    }
    if command.answer.by_name {
        line += " {}";
    }
    let narrow: Vec<_> =
        command.answer.columns.iter().filter(|column| !column.wide).map(|c| c.header.as_str()).collect();
    if !narrow.is_empty() {
        line += &format!(" {}", narrow.join(","));
    }
    line
}

fn kind(argument: &Argument) -> String {
    match &argument.kind {
        ValueKind::Choice(choices) => {
            let choices: Vec<String> =
                choices.iter().map(|c| c.as_str().map_or(c.to_string(), str::to_owned)).collect();
            choices.join("|")
        }
        ValueKind::Integer(range) | ValueKind::Number(range)
            if range.least.is_some() || range.most.is_some() =>
        {
            let bound = |bound: &Option<serde_json::Number>| {
                bound.as_ref().map_or(String::new(), ToString::to_string)
            };
            let name = if matches!(argument.kind, ValueKind::Integer(_)) { "int" } else { "number" };
            format!("{name}:{}..{}", bound(&range.least), bound(&range.most))
        }
        ValueKind::Integer(_) => "int".to_owned(),
        ValueKind::Number(_) => "number".to_owned(),
        ValueKind::Length { .. } | ValueKind::Text => "text".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

impl Argument {
    fn place_name(&self) -> String {
        match &self.place {
            ArgumentPlace::Path(name)
            | ArgumentPlace::Query { name, .. }
            | ArgumentPlace::Header(name)
            | ArgumentPlace::Cookie(name)
            | ArgumentPlace::Field(name) => name.clone(),
            ArgumentPlace::Body(place) | ArgumentPlace::Row(place) => place.to_string(),
        }
    }
}

fn read_value(document: &Value) -> Descriptor {
    let descriptor = read(document.to_string().as_bytes()).unwrap();
    same_when_read_back(&descriptor);
    descriptor
}

/// The index keeps descriptors as JSON.
fn same_when_read_back(descriptor: &Descriptor) {
    let text = serde_json::to_string(descriptor).unwrap();
    assert_eq!(serde_json::from_str::<Descriptor>(&text).unwrap(), *descriptor);
}

/// A document with these paths.
fn of_paths(paths: Value) -> Descriptor {
    read_value(&json!({"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": paths}))
}

/// A document with one GET that has these parameters.
fn with_parameters(parameters: Value) -> Descriptor {
    of_paths(json!({"/api/x": {"get": {"parameters": parameters}}}))
}

/// A document with one POST that takes this JSON.
fn with_body(schema: Value) -> Descriptor {
    let body = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    of_paths(json!({"/api/x": {"post": {"requestBody": body}}}))
}

/// A document with one GET that answers this JSON.
fn with_answer(schema: Value) -> Descriptor {
    let responses = json!({"200": {"content": {"application/json": {"schema": schema}}}});
    of_paths(json!({"/api/x": {"get": {"responses": responses}}}))
}

fn only(descriptor: &Descriptor) -> &ApiCommand {
    assert_eq!(descriptor.problems, [], "{:?}", descriptor.problems);
    assert_eq!(descriptor.commands.len(), 1);
    &descriptor.commands[0]
}

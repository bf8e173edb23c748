//! `x-cli-shell`, and what else is for statements: files, standard input, results below rows.

use super::*;
use crate::openapi::shell::{ShellAction, ShellVerb};

fn document(shell: Value) -> Descriptor {
    let text = json!({"type": "string", "contentMediaType": "text/x-query"});
    let session = json!({"name": "session", "in": "path", "required": true, "schema": {"type": "string"}});
    of_paths(json!({
        "/api/sessions": {"post": {
            "operationId": "open",
            "x-cli-name": "shell",
            "x-cli-shell": shell,
            "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {
                "store": {"type": "string"}, "hold": {"type": "boolean"},
            }}}}},
        }},
        "/api/sessions/{session}": {"get": {"operationId": "look", "parameters": [session]}},
        "/api/sessions/{session}/run": {"post": {
            "operationId": "run",
            "x-cli-name": "session run",
            "parameters": [session],
            "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {
                "text": text, "fast": {"type": "boolean"},
            }}}}},
        }},
        "/api/tables": {"get": {"operationId": "tables", "parameters": [
            {"name": "store", "in": "query", "schema": {"type": "string"}},
        ]}},
    }))
}

#[test]
fn a_document_declares_a_shell() {
    let descriptor = document(json!({
        "session": "/id",
        "open": {"hold": true},
        "run": {"operation": "run", "session": "session", "statement": "text", "set": {"fast": true}},
        "state": {"operation": "look", "session": "session"},
        "prompt": {"name": "/store", "state": "/state", "states": {"open": "*"}, "powerful": "/write"},
        "statement": {"end": ";", "quotes": ["'"], "tagged": "$", "blockComment": ["/*", "*/"], "brackets": ["(", ")"]},
        "keywords": ["FIND"],
        "complete": [{"operation": "tables", "values": "/*/name"}],
        "forget": ["secret"],
        "commands": [
            {"word": "\\t", "run": ["tables", "{name}"], "summary": "List"},
            {"word": "\\copy", "run": ["tables", "@{file}"], "pattern": "{name} from {file}"},
            {"word": "\\c", "action": "reopen", "argument": "store"},
            {"word": "\\q", "action": "quit"},
        ],
    }));
    assert_eq!(descriptor.problems, [], "{:?}", descriptor.problems);
    let shell = descriptor.commands[0].shell.as_ref().unwrap();
    assert_eq!(shell.run.command.to_string(), "session run");
    let set = |pairs: &[(ArgumentName, String)]| {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
    };
    assert_eq!(
        (set(&shell.open), set(&shell.run.set)),
        (vec!["hold=true".to_owned()], vec!["fast=true".to_owned()])
    );
    assert!(shell.close.is_none() && shell.state.is_some());
    assert_eq!(shell.complete[0].with[0].as_str(), "store");
    let does: Vec<String> = shell
        .words
        .iter()
        .map(|word| match &word.does {
            ShellAction::Command { template, pattern } => format!("{} for {pattern}", template.len()),
            ShellAction::Reopen(argument) => argument.to_string(),
            ShellAction::Own(verb) => format!("{verb:?}"),
        })
        .collect();
    assert_eq!(
        does,
        ["2 for {name}", "2 for {name} from {file}", "store", &format!("{:?}", ShellVerb::Quit)]
    );
    // It comes back from the index as it was.
    let kept: Descriptor = serde_json::from_str(&serde_json::to_string(&descriptor).unwrap()).unwrap();
    assert_eq!(kept, descriptor);
}

#[test]
fn a_shell_that_cannot_run_a_statement_is_none() {
    let syntax = json!({"end": ";"});
    let run = json!({"operation": "run", "session": "session", "statement": "text"});
    for (shell, why) in [
        (json!({"session": "/id", "statement": syntax}), "no usable `run`"),
        (
            json!({"session": "/id", "statement": syntax, "run": {"operation": "nope", "session": "session", "statement": "text"}}),
            "no operation `nope`",
        ),
        (json!({"statement": syntax, "run": run}), "needs `session` and `statement`"),
        (json!({"session": "/id", "statement": {}, "run": run}), "what ends a statement"),
        (json!("yes"), "`x-cli-shell` is not an object"),
    ] {
        let descriptor = document(shell.clone());
        assert!(descriptor.commands[0].shell.is_none(), "{shell}");
        let problems = format!("{:?}", descriptor.problems);
        assert!(problems.contains(why), "{why}: {problems}");
    }
    let odd = document(json!({
        "session": "/id", "statement": syntax, "run": run,
        "commands": [{"word": "q", "action": "quit"}, {"word": "\\f", "action": "fly"}, {"word": "\\n"}],
    }));
    assert!(odd.commands[0].shell.as_ref().unwrap().words.is_empty());
    let problems = format!("{:?}", odd.problems);
    for why in ["starts with a backslash", "unknown action `fly`", "neither `run` nor `action`"] {
        assert!(problems.contains(why), "{why}: {problems}");
    }
}

#[test]
fn a_text_may_come_from_a_file_or_standard_input() {
    let argument = |keys: Value| {
        let mut text = json!({"type": "string", "contentMediaType": "text/x-query"});
        text.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        of_paths(json!({"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": {
            "type": "object", "properties": {"text": text, "other": {"type": "string"}},
        }}}}}}}))
    };
    let descriptor = argument(json!({"x-cli-file": {"name": "file", "short": "f"}, "x-cli-stdin": true}));
    let text = descriptor.commands[0].argument("text").unwrap();
    let file = text.file.as_ref().unwrap();
    assert_eq!((file.name.as_str(), file.short, text.stdin), ("file", Some('f'), true));
    let taken = argument(json!({"x-cli-file": {"name": "other"}}));
    assert!(taken.commands[0].argument("text").unwrap().file.is_none());
    assert!(format!("{:?}", taken.problems).contains("flag `other` is not available"));
}

#[test]
fn a_question_names_what_is_known() {
    let descriptor = of_paths(json!({"/a": {"post": {
        "x-cli-confirm": "run in [database `{database}` of ]`{instance}`[ in namespace {namespace}]: {text}?",
        "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {
            "database": {"type": "string"}, "instance": {"type": "string"}, "namespace": {"type": "string"},
            "text": {"type": "string"},
        }}}}},
    }}}));
    let asked = |values: &[(&'static str, &'static str)], namespace: Option<&'static str>| {
        let now = call::read_moment("2026-03-02T12:00:00Z").unwrap();
        let input: Input<'_> = Input { values: values.to_vec(), namespace, ..Input::at(now) };
        confirmation(&descriptor.commands[0], &input).unwrap().to_string()
    };
    let all = [("database", "d"), ("instance", "i"), ("text", "delete\n   from t")];
    assert_eq!(asked(&all, Some("prod")), "run in database `d` of `i` in namespace prod: delete from t?");
    assert_eq!(asked(&all[1..], None), "run in `i`: delete from t?");
}

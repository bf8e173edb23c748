//! Changing what a server has: nothing that was not mentioned is lost, nobody else's change is overwritten, and nothing that
//! was written is.

use crate::support::http::{Reply, Request, Server, json, response};
use crate::support::plugin::{X, publishing};
use crate::support::{InTime as _, Output, Sandbox};
use serde_json::Value;

const DOCUMENT: &str = r##"{"openapi":"3.0.3","info":{"title":"X","version":"1"},"paths":{
    "/things/{id}":{
        "get":{"responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}}}},
        "put":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}},"responses":{}}},
    "/settings":{
        "get":{"responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}}}},
        "patch":{"requestBody":{"content":{"application/merge-patch+json":{"schema":{"$ref":"#/components/schemas/Thing"}}}},"responses":{}}},
    "/blind/{id}":{
        "put":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Thing"}}}},"responses":{}}}},
  "components":{"schemas":{"Thing":{"type":"object","required":["name"],"properties":{
    "id":{"type":"string","readOnly":true},"name":{"type":"string"},"size":{"type":"integer"},
    "labels":{"type":"object","additionalProperties":{"type":"string"}},"price":{"type":"number"}}}}}}"##;

const THING: &str = r#"{"id":"7","name":"a","size":1,"labels":{"x":"y"},"status":"ok"}"#;

/// A server that has one thing, of version 5, and takes what is put.
fn user(thing: &'static str) -> (Sandbox, Server) {
    let server = publishing(DOCUMENT, move |route, request| match route.split(' ').next() {
        Some("GET") if !route.contains("openapi") => Some(Reply::Bytes(tagged(thing))),
        Some("PUT" | "PATCH") if request.head.contains("\"5\"") || !request.head.contains("if-match") => {
            Some(Reply::Bytes(json("{}")))
        }
        Some("PUT" | "PATCH") => Some(Reply::Bytes(response(
            "412 Precondition Failed",
            "application/json",
            b"{\"message\": \"stale\"}",
        ))),
        _ => None,
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.run("plugin refresh").success_silent();
    (sandbox, server)
}

fn tagged(thing: &str) -> Vec<u8> {
    let text = String::from_utf8(json(thing)).unwrap();
    text.replacen("\r\n", "\r\nETag: \"5\"\r\n", 1).into_bytes()
}

/// What was sent to change something.
fn sent(server: &Server) -> Vec<(String, String, Value)> {
    let changes = |request: &Request| request.head.starts_with("PUT ") || request.head.starts_with("PATCH ");
    let requests = server.requests();
    let all = requests.iter().filter(|request| changes(request));
    all.map(|request| {
        let line = request.head.lines().next().unwrap().replace(X, "").replace(" HTTP/1.1", "");
        let version =
            request.head.lines().find_map(|line| line.strip_prefix("if-match: ")).unwrap_or_default();
        (line, version.to_owned(), serde_json::from_str(&request.body).unwrap())
    })
    .collect()
}

#[track_caller]
fn done(output: &Output) {
    assert_eq!(output.code, Some(0), "{}", output.stderr);
}

fn only(server: &Server) -> (String, String, String) {
    let mut all = sent(server);
    assert_eq!(all.len(), 1, "{all:?}");
    let (line, version, body) = all.remove(0);
    (line, version, body.to_string())
}

#[test]
fn an_update_keeps_what_is_not_mentioned() {
    let (sandbox, server) = user(THING);
    done(&sandbox.run("x things update 7 --size 2"));
    // And what the document says nothing of; `id` is the server's.
    let body = r#"{"name":"a","size":2,"labels":{"x":"y"},"status":"ok"}"#;
    assert_eq!(only(&server), ("PUT /things/7".to_owned(), "\"5\"".to_owned(), body.to_owned()));
    let (sandbox, server) = user(THING);
    // What is given whole is sent as it is.
    done(&sandbox.run_with(["x", "things", "update", "7", "--body", r#"{"name":"b"}"#]));
    assert_eq!(only(&server).2, r#"{"name":"b"}"#);
    let said = sandbox.run("x blind update 7 --name b").stderr_failed(2);
    assert!(said.contains("replaces everything") && said.contains("--body-template"), "{said}");
    let line = sandbox.run("x things update 7 --size 2 --dry-run").success_silent();
    assert!(line.contains(body) && line.contains("if-match"), "{line}");
}

#[test]
fn an_edit_by_flags_shows_the_difference_asks_and_sends_it() {
    let (sandbox, server) = user(THING);
    let said = sandbox.run("x things edit 7 --size 2").stderr_failed(2);
    assert!(said.contains("- size: 1\n+ size: 2\n") && said.contains("pass --yes"), "{said}");
    assert!(sent(&server).is_empty());
    done(&sandbox.run("x things edit 7 --size 2 --yes"));
    assert_eq!(only(&server).2, r#"{"name":"a","size":2,"labels":{"x":"y"},"status":"ok"}"#);
    let output = sandbox.run("x things edit 7 --size 1 --yes");
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), "nothing changed: nothing sent\n"));
    let (sandbox, server) = user(THING);
    done(&sandbox.run_with(["x", "settings", "edit", "--patch", r#"{"labels":{"x":null},"size":3}"#, "-y"]));
    let (line, _, body) = only(&server);
    assert_eq!((line.as_str(), body.as_str()), ("PATCH /settings", r#"{"size":3,"labels":{"x":null}}"#));
    let said = sandbox.run("x settings edit").stderr_failed(2);
    assert!(said.contains("no terminal for an editor") && said.contains("--patch JSON"), "{said}");
}

#[test]
fn an_edit_opens_the_editor_and_loses_nothing() {
    let (sandbox, server) = user(THING);
    let edit = |script: &str, line: &str| {
        let editor = sandbox.path("editor");
        std::fs::write(&editor, format!("#!/bin/sh\n{script}\n")).unwrap();
        sandbox.command(line.split(' ')).env("EDITOR", format!("sh {}", editor.display())).output_in_time()
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let output = edit("sed -i 's/size: 1/size: 9/' \"$1\"", "x things edit 7 --yes");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("- size: 1\n+ size: 9\n"), "{}", text(&output.stderr));
    assert_eq!(only(&server).2, r#"{"name":"a","size":9,"labels":{"x":"y"},"status":"ok"}"#);
    for (script, said) in
        [("true", "nothing changed"), (": > \"$1\"", "the file is empty"), ("exit 3", "failed")]
    {
        let output = edit(script, "x things edit 7 --yes");
        assert!(text(&output.stderr).contains(said), "{script}: {}", text(&output.stderr));
    }
    assert_eq!(sent(&server).len(), 1);
    // What cannot be read, and what is not agreed to, is kept.
    for (script, line) in [
        ("echo 'a: [' > \"$1\"", "x things edit 7 --yes"),
        ("sed -i 's/size: 1/size: 8/' \"$1\"", "x things edit 7"),
    ] {
        let output = edit(script, line);
        assert!(!output.status.success());
        let said = text(&output.stderr);
        let file = said
            .lines()
            .find_map(|line| line.strip_prefix("hint: your text is kept in "))
            .unwrap_or_else(|| panic!("{said}"));
        assert!(std::fs::read_to_string(file).unwrap().contains(if line.ends_with("yes") {
            "a: ["
        } else {
            "size: 8"
        }));
        std::fs::remove_dir_all(std::path::Path::new(file).parent().unwrap()).unwrap();
    }
}

#[test]
fn what_another_has_changed_meanwhile_is_not_overwritten() {
    let server = publishing(DOCUMENT, |route, _| match route.split(' ').next() {
        Some("GET") if !route.contains("openapi") => Some(Reply::Bytes(tagged(THING))),
        Some("PUT") => Some(Reply::Bytes(response(
            "412 Precondition Failed",
            "application/json",
            b"{\"message\": \"stale\"}",
        ))),
        _ => None,
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.run("plugin refresh").success_silent();
    let said = sandbox.run("x things edit 7 --size 2 --yes").stderr_failed(1);
    assert!(
        said.contains("stale") && said.contains("it was changed after it was read: run the command again"),
        "{said}"
    );
}

#[test]
fn a_number_that_yaml_would_change_is_edited_as_json() {
    let (sandbox, server) = user(r#"{"name":"a","price":0.10}"#);
    let editor = "sed -i 's/\"a\"/\"b\"/'";
    let output =
        sandbox.command(["x", "things", "edit", "7", "--yes"]).env("EDITOR", editor).output_in_time();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let request = server.requests().into_iter().find(|request| request.head.starts_with("PUT ")).unwrap();
    assert_eq!(request.body, r#"{"name":"b","price":0.10}"#);
}

#[test]
fn a_template_shows_what_can_be_sent() {
    let (sandbox, server) = user(THING);
    let template = sandbox.run("x things update --body-template").success_silent();
    let template: Value = serde_json::from_str(&template).unwrap();
    assert_eq!(template.to_string(), r#"{"name":"string","size":0,"labels":{"key":"string"},"price":0}"#);
    assert!(sent(&server).is_empty());
    assert!(sandbox.run("x things --help").success_silent().contains("  edit "));
    assert!(sandbox.run("x things edit --help").success_silent().contains("--patch <JSON>"));
}

#[test]
fn a_body_is_checked_against_the_schema_before_it_is_sent() {
    let (sandbox, server) = user(THING);
    let update = |more: &[&str]| {
        let line = ["x", "things", "update", "7", "--body", r#"{"name":"b","size":"two"}"#];
        sandbox.run_with(line.iter().chain(more))
    };
    let said = update(&[]).stderr_failed(2);
    assert!(
        said.starts_with("error: the body does not fit the schema: `size` is not a whole number\n"),
        "{said}"
    );
    assert!(said.contains("hint: --no-validate sends it as it is") && sent(&server).is_empty(), "{said}");
    done(&update(&["--no-validate"]));
    assert_eq!(only(&server).2, r#"{"name":"b","size":"two"}"#);
}

#[test]
fn a_schema_that_is_too_large_to_be_kept_is_checked_as_far_as_it_is_and_a_note_says_so() {
    let wide = |below: Value| -> Value {
        let properties: serde_json::Map<String, Value> =
            (0..40).map(|at| (format!("property-with-a-long-name-{at}"), below.clone())).collect();
        serde_json::json!({"type": "object", "properties": properties})
    };
    let schema = wide(wide(wide(serde_json::json!({"type": "string"}))));
    let document = serde_json::json!({"openapi": "3.0.3", "info": {"title": "X", "version": "1"}, "paths": {"/things": {"put": {
        "requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": {}}}}});
    let server = publishing(&document.to_string(), |route, _| {
        route.starts_with("PUT ").then(|| Reply::Bytes(json("{}")))
    });
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.run("plugin refresh").success_silent();
    let put = |body: &str, more: &[&str]| {
        sandbox.run_with(["x", "things", "update", "--body", body].iter().chain(more))
    };
    // What lies deep is not known any more.
    let deep = r#"{"property-with-a-long-name-1": {"property-with-a-long-name-1": {"property-with-a-long-name-1": 7}}}"#;
    let note = "note: the schema of the body is too large to be kept: its inner parts are not checked\n";
    assert!(!put(deep, &[]).stderr.contains("too large"));
    let told = put(deep, &["-v"]);
    assert!(told.code == Some(0) && told.stderr.contains(note), "{told:?}");
    assert!(!put(deep, &["-v", "--no-validate"]).stderr.contains("too large"));
    let said = put(r#"{"property-with-a-long-name-1": 7}"#, &[]).stderr_failed(2);
    assert!(said.contains("`property-with-a-long-name-1` is not an object"), "{said}");
    assert_eq!(sent(&server).len(), 3);
}

#[test]
fn a_body_is_checked_to_its_depth() {
    let (sandbox, server) = user(THING);
    for (body, expected) in [
        (r#"{"name":"b","labels":{"x":7}}"#, "`labels.x` is not a string"),
        (r#"{"name":"b","labels":["x"]}"#, "`labels` is not an object"),
    ] {
        let said = sandbox.run_with(["x", "things", "update", "7", "--body", body]).stderr_failed(2);
        assert!(
            said.starts_with(&format!("error: the body does not fit the schema: {expected}\n")),
            "{said}"
        );
    }
    assert!(sent(&server).is_empty());
}

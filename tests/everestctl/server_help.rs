//! The help of a plugin's commands: it can be read, however many there are and whatever the document says of them; and
//! commands are found by their text.

use crate::support::Sandbox;
use crate::support::http::Server;
use crate::support::plugin::publishing;
use serde_json::{Map, Value, json};

fn user(document: &Value) -> (Sandbox, Server) {
    let server = publishing(&document.to_string(), |_, _| None);
    let sandbox = Sandbox::new().with_server(&server.url());
    sandbox.run("plugin refresh").success_silent();
    (sandbox, server)
}

fn document(paths: &Value) -> Value {
    json!({"openapi": "3.0.3", "info": {"title": "X", "version": "1"}, "paths": paths})
}

fn get(summary: &str) -> Value {
    json!({"get": {"summary": summary, "responses": {}}})
}

#[test]
fn a_thousand_commands_take_a_line_for_each_group() {
    let mut paths = Map::new();
    for number in 0..1000 {
        paths.insert(
            format!("/group{}/{{id}}/part{number}", number / 20),
            get(&format!("Do number {number}")),
        );
    }
    let long = "a-very-long-name-of-a-command-that-nobody-would-type-ever";
    paths.insert(
        "/x".to_owned(),
        json!({"get": {"x-cli-name": long, "summary": "Long {braces}", "responses": {}}}),
    );
    let (sandbox, _server) = user(&document(&paths.into()));
    let help = sandbox.run("x --help").success_silent();
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    assert_eq!(list.lines().count(), 50 + 2, "{help}");
    assert!(list.contains("  group7   part140, part141, "), "{help}");
    assert!(list.contains(&format!("  {long}\n           Long {{braces}}")), "{help}");
    let help = sandbox.run("x group7 --help").success_silent();
    assert!(help.contains("  part140  Do number 140\n") && help.contains("--search <WORDS>..."), "{help}");
}

#[test]
fn groups_are_described_by_their_tags_and_by_what_is_below_them() {
    let tagged = |tag: &str| json!({"get": {"tags": [tag], "responses": {}}});
    let mut all = document(&json!({
        "/orders": tagged("orders"), "/orders/{id}": tagged("orders"),
        "/accounts": {"get": {"x-cli-name": "accounts", "summary": "List accounts.", "responses": {}}},
        "/accounts/{id}/keys": get("List keys"),
        "/hidden/things": {"get": {"x-cli-hidden": true, "responses": {}}},
    }));
    all["tags"] = json!([{"name": "orders", "description": "What <b>customers</b> have bought"}]);
    let (sandbox, _server) = user(&all);
    let help = sandbox.run("x --help").success_silent();
    assert!(help.contains("orders    What customers have bought\n"), "{help}");
    assert!(help.contains("accounts  List accounts; also: keys\n") && !help.contains("hidden"), "{help}");
    let help = sandbox.run("x accounts --help").success_silent();
    assert!(
        help.contains("Usage: everestctl x accounts [OPTIONS]\n       everestctl x accounts <COMMAND>"),
        "{help}"
    );
    assert!(help.contains("Commands:\n  keys"), "{help}");
    let help = sandbox.run("x orders --help").success_silent();
    assert!(help.starts_with("What customers have bought\n"), "{help}");
    let offered = sandbox.run_with(["__complete", "x", ""]).success_silent();
    assert!(offered.contains("orders\tWhat customers have bought\n"), "{offered}");
}

#[test]
fn markup_is_shown_as_text_and_long_prose_stands_at_the_end() {
    let prose: Vec<String> = (0..40).map(|number| format!("Paragraph {number} of a *long* story.")).collect();
    let operation = json!({"summary": "Create", "description": "<p>Creates a <code>customer</code>, see [the guide](https://example.com/guide).</p>",
        "parameters": [
            {"name": "tags", "in": "query", "description": "Tags, see [there](#a)", "schema": {"type": "array", "items": {"type": "string"}}},
            {"name": "above", "in": "query", "schema": {"type": "integer", "minimum": 0, "exclusiveMinimum": true, "maximum": 9}}],
        "responses": {}});
    let mut all = document(&json!({"/customers": {"post": operation}}));
    all["info"]["description"] = prose.join("\n\n").into();
    let (sandbox, _server) = user(&all);
    let help = sandbox.run("x --help").success_silent();
    let at = |text: &str| help.find(text).unwrap_or_else(|| panic!("{text}: {help}"));
    assert!(
        at("Paragraph 0 of a long story.") < at("Usage:") && at("Commands:") < at("Paragraph 39"),
        "{help}"
    );
    assert!(!sandbox.run("x -h").success_silent().contains("Paragraph"));
    let help = sandbox.run("x customers --help").success_silent();
    assert!(help.contains("Creates a `customer`, see the guide (https://example.com/guide).\n"), "{help}");
    assert!(help.contains("Tags, see there [repeatable]") && help.contains("[> 0, <= 9]"), "{help}");
    let page = sandbox.run("help --man -o raw x").success_silent();
    assert!(page.contains("Paragraph 39 of a long story."), "{page}");
}

#[test]
fn commands_are_found_by_their_text() {
    let (sandbox, _server) = user(&document(&json!({
        "/files": {"get": {"summary": "List files", "responses": {}}, "post": {"summary": "Upload a file", "responses": {}}},
        "/files/{id}": get("Show a file"),
        "/buckets": {"get": {"summary": "List buckets", "description": "Each has files.", "responses": {}}},
        "/search": {"get": {"x-cli-name": "find", "parameters": [{"name": "search", "in": "query", "schema": {"type": "string"}}], "responses": {}}},
    })));
    let found = sandbox.run("x --search upload files").success_silent();
    assert_eq!(found.lines().nth(1).unwrap(), "x files create  Upload a file", "{found}");
    for line in ["help x --search upload", "x --search=upload -o name", "-o name x files --search upload"] {
        let found = sandbox.run(line).success_silent();
        assert!(found.contains("x files create"), "{line}: {found}");
    }
    let found = sandbox.run("x --search bucket -o json").success_silent();
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!(
        found,
        json!([{"command": "x buckets", "summary": "List buckets", "method": "GET", "route": "/buckets"}])
    );
    let output = sandbox.run("x --search nothing");
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.starts_with("error: no command of `x` matches nothing\n"), "{}", output.stderr);
    // A parameter of this name is one.
    let line = sandbox.run("x find --search a --dry-run").success_silent();
    assert!(line.contains("search=a"), "{line}");
    let offered = sandbox.run_with(["__complete", "x", "--se"]).success_silent();
    assert!(offered.contains("--search\t"), "{offered}");
    assert!(sandbox.run("help --search x").stderr_failed(2).contains("COMMAND"));
}

#[test]
fn help_shows_the_shape_of_the_body_and_of_the_response() {
    let thing = json!({"type": "object", "required": ["name"], "properties": {
        "id": {"type": "string", "readOnly": true}, "name": {"type": "string"}, "size": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}}}});
    let properties: Map<String, Value> = (0..60).map(|at| (format!("property{at}"), thing.clone())).collect();
    let media = |schema: &Value| json!({"content": {"application/json": {"schema": schema}}});
    let large = json!({"type": "object", "properties": properties});
    let (sandbox, _server) = user(&document(&json!({
        "/things": {"post": {"requestBody": media(&thing), "responses": {"200": media(&thing)}}},
        "/large": {"post": {"requestBody": media(&large), "responses": {"204": {}}}},
    })));
    let help = sandbox.run("x things --help").success_silent();
    let body = "Body: {name: string, size?: integer, tags?: [string]}\n\n";
    let response = "Response: {id?: string, name: string, size?: integer, tags?: [string]}\n\n";
    assert!(help.contains(&format!("{body}{response}")), "{help}");
    let help = sandbox.run("x large --help").success_silent();
    let body = help.split("Body:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    assert!(body.starts_with("  {\n    property0?: {name: string, ") && body.ends_with("\n    …"), "{help}");
    assert_eq!(body.lines().count(), 24, "{help}");
    assert!(body.lines().all(|line| line.chars().count() <= 100), "{help}");
    let page = sandbox.run("help --man x large -o raw").success_silent();
    assert!(page.contains("Body:\n.nf\n  {\n    property0?:"), "{page}");
}

#[test]
fn first_words_stand_in_the_sections_of_nested_tags() {
    let tagged =
        |tag: &str| json!({"get": {"tags": [tag], "summary": format!("See {tag}"), "responses": {}}});
    let mut all = document(&json!({
        "/status": get("Show the status"), "/bills": tagged("bills"), "/orders": tagged("orders"), "/users": tagged("users"),
    }));
    all["openapi"] = json!("3.2.0");
    all["tags"] = json!([
        {"name": "admin", "summary": "Administration {of} it"}, {"name": "shop", "summary": "Shop"},
        {"name": "bills", "parent": "shop"}, {"name": "orders", "parent": "shop", "kind": "nav"}, {"name": "users", "parent": "admin"},
    ]);
    let (sandbox, _server) = user(&all);
    let help = sandbox.run("x --help").success_silent();
    let lists = "Commands:\n  status  Show the status\n\nAdministration {of} it:\n  users  See users\n\n\
                 Shop:\n  bills   See bills\n  orders  See orders\n\n";
    assert!(help.contains(lists), "{help}");
}

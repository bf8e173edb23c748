//! Documents that mean harm: they end soon, in bounded memory, and spoil nothing but themselves.

use super::*;
use proptest::prelude::*;
use std::time::Duration;

/// How long this thread has had a processor, where the system tells; what else the machine does is no matter.
#[expect(clippy::disallowed_methods, reason = "a file of the kernel")]
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|text| text.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

/// Reads `document` and gives up on the test when it takes long, even on a slow machine without optimisation.
fn read_soon(document: &str) -> Descriptor {
    let begin = processor_time();
    let descriptor = read(document.as_bytes()).unwrap();
    let taken = processor_time().saturating_sub(begin);
    assert!(taken < Duration::from_secs(20), "{taken:?}");
    same_when_read_back(&descriptor);
    descriptor
}

fn document(paths: &str, schemas: &str) -> String {
    format!(r#"{{"openapi":"3.1.0","paths":{{{paths}}},"components":{{"schemas":{{{schemas}}}}}}}"#)
}

/// `count` operations that take and give the schema `A`.
fn users(count: usize) -> String {
    let media = r##"{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}}"##;
    let one =
        |at| format!(r#""/api/x{at}":{{"post":{{"requestBody":{media},"responses":{{"200":{media}}}}}}}"#);
    (0..count).map(one).collect::<Vec<_>>().join(",")
}

#[test]
fn a_hundred_thousand_operations() {
    let paths: Vec<String> = (0..100_000).map(|at| format!(r#""/a{at}":{{"get":{{}}}}"#)).collect();
    let descriptor = read_soon(&document(&paths.join(","), ""));
    assert_eq!(descriptor.commands.len(), limits::COMMANDS);
    assert_eq!(descriptor.problems.len(), 1);
    assert!(descriptor.problems[0].as_str().contains("98000 are skipped"), "{}", descriptor.problems[0]);
}

#[test]
fn a_hundred_thousand_that_all_collide() {
    let paths: Vec<String> =
        (0..50_000).map(|at| format!(r#""/a/{{p{at}}}":{{"get":{{"operationId":"x"}}}}"#)).collect();
    let descriptor = read_soon(&document(&paths.join(","), ""));
    assert!(descriptor.commands.len() < 200);
    assert_eq!(descriptor.problems.len(), limits::PROBLEMS + 1);
}

#[test]
fn schemas_that_hold_themselves() {
    let tree = r##""A":{"type":"object","properties":{"name":{"type":"string"},"left":{"$ref":"#/components/schemas/A"},"right":{"$ref":"#/components/schemas/A"},"list":{"type":"array","items":{"$ref":"#/components/schemas/A"}}}}"##;
    let descriptor = read_soon(&document(&users(3), tree));
    assert_eq!(descriptor.problems, []);
    assert_eq!(descriptor.commands.len(), 3);
    assert!(descriptor.commands[0].argument("left.right.name").is_some());
    for circle in [
        r##""A":{"$ref":"#/components/schemas/A"}"##,
        r##""A":{"allOf":[{"$ref":"#/components/schemas/A"},{"$ref":"#/components/schemas/A"}]}"##,
        r##""A":{"anyOf":[{"$ref":"#/components/schemas/B"}]},"B":{"oneOf":[{"$ref":"#/components/schemas/A"},{"type":"null"}]}"##,
    ] {
        let descriptor = read_soon(&document(&(users(2) + r#","/ok":{"get":{}}"#), circle));
        assert_eq!(shown(&descriptor)[..2], ["x0 +json? → json", "x1 +json? → json"], "{circle}");
        assert!(descriptor.problems[0].as_str().starts_with("POST /api/x0: "), "{}", descriptor.problems[0]);
    }
}

#[test]
fn schemas_that_double_at_every_step() {
    for key in ["allOf", "anyOf", "oneOf"] {
        let double = |at: usize| {
            let next = format!(r##"{{"$ref":"#/components/schemas/A{}"}}"##, at + 1);
            format!(r#""A{at}":{{"{key}":[{next},{next}]}}"#)
        };
        let mut schemas: Vec<String> = (1..60).map(double).collect();
        schemas.push(r##""A":{"$ref":"#/components/schemas/A1"},"A60":{"type":"string"}"##.to_owned());
        let descriptor = read_soon(&document(&users(2_000), &schemas.join(",")));
        assert_eq!(descriptor.commands.len(), 2_000, "{key}");
    }
}

#[test]
fn unions_of_thousands() {
    let member = |at: usize| {
        format!(r#"{{"type":"object","properties":{{"a":{{"type":"string","minLength":{at}}}}}}}"#)
    };
    let members: Vec<String> = (0..8_000).map(member).collect();
    let schema = format!(r#""A":{{"oneOf":[{}]}}"#, members.join(","));
    // Each of the operations takes its share of the work, whatever the union has: a few of them show it.
    let descriptor = read_soon(&document(&users(4), &schema));
    assert!(descriptor.problems[0].as_str().contains("it is too complex"), "{}", descriptor.problems[0]);
    assert_eq!(descriptor.commands.len(), 4);
}

#[test]
fn objects_that_are_as_wide_as_the_document() {
    let properties: Vec<String> = (0..100_000).map(|at| format!(r#""p{at}":{{"type":"string"}}"#)).collect();
    let schema = format!(r#""A":{{"type":"object","properties":{{{}}}}}"#, properties.join(","));
    let descriptor = read_soon(&document(&users(200), &schema));
    assert_eq!(descriptor.commands.len(), 200);
    let is_told = |problem: &crate::model::CleanText| problem.as_str().contains("has no flags, use --body");
    assert!(descriptor.problems.iter().any(is_told), "{:?}", descriptor.problems);
    let few: Vec<String> = (0..1_000).map(|at| format!(r#""p{at}":{{"type":"string"}}"#)).collect();
    let schema = format!(r#""A":{{"type":"object","properties":{{{}}}}}"#, few.join(","));
    let descriptor = read_soon(&document(&users(2), &schema));
    assert_eq!(descriptor.commands[0].arguments.len(), limits::ARGUMENTS);
    assert!(
        descriptor.problems[0].as_str().contains("only its first 200 arguments"),
        "{}",
        descriptor.problems[0]
    );
}

#[test]
fn work_for_the_whole_document_is_bounded() {
    let properties: Vec<String> = (0..150).map(|at| format!(r#""p{at}":{{"type":"string"}}"#)).collect();
    let schema = format!(r#""A":{{"type":"object","properties":{{{}}}}}"#, properties.join(","));
    let descriptor = read_soon(&document(&users(2_000), &schema));
    assert_eq!(descriptor.commands.len(), 2_000);
    let says = |why: &str| descriptor.problems.iter().any(|problem| problem.as_str().contains(why));
    assert!(says("too complex: its body has no flags, use --body or --set"), "{:?}", descriptor.problems);
    // The first have their flags, and the last at least a body.
    assert_eq!(descriptor.commands[0].arguments.len(), 150);
    let last = descriptor.commands.last().unwrap();
    assert!(last.arguments.is_empty() && last.body.as_ref().unwrap().object);
}

#[test]
fn parameters_stay_when_the_work_is_used_up() {
    let parameter = r#"{"name":"id","in":"path","required":true,"schema":{"type":"integer","minimum":1}},{"name":"state","in":"query","schema":{"enum":["on","off"]}}"#;
    let media = r##"{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}}"##;
    let one =
        |at| format!(r#""/a{at}/{{id}}":{{"post":{{"parameters":[{parameter}],"requestBody":{media}}}}}"#);
    let properties: Vec<String> = (0..5_000).map(|at| format!(r#""p{at}":{{"type":"string"}}"#)).collect();
    let schema = format!(r#""A":{{"type":"object","properties":{{{}}}}}"#, properties.join(","));
    let paths: Vec<String> = (0..500).map(one).collect();
    let descriptor = read_soon(&document(&paths.join(","), &schema));
    assert_eq!(descriptor.commands.len(), 500);
    assert_eq!(shown(&descriptor)[499], "a499 <ID> [--state on|off] +json? → any");
    // As many parameters as there is room for, by a path item that all routes share.
    let many: Vec<String> = (0..50_000).map(|at| format!(r#"{{"name":"p{at}","in":"query"}}"#)).collect();
    let shared = format!(r#""/s":{{"parameters":[{}],"get":{{}}}}"#, many.join(","));
    let users: Vec<String> = (0..99).map(|at| format!(r##""/u{at}":{{"$ref":"#/paths/~1s"}}"##)).collect();
    let descriptor = read_soon(&document(&format!("{shared},{}", users.join(",")), ""));
    assert_eq!(descriptor.commands.len(), 100);
}

#[test]
fn names_with_escapes_and_of_any_length() {
    let long = "x".repeat(100_000);
    let descriptor = of_paths(json!({
        "/api/x": {"get": {
            "summary": "\u{1b}]0;title\u{7}\u{202e}ok",
            "description": long,
            "operationId": "\u{1b}[31m",
            "x-cli-examples": ["\u{9b}31m run", long],
            "x-cli-columns": [{"path": "/a", "name": "\u{1b}[2J"}],
            "parameters": [
                {"name": "\u{1b}[31m", "in": "query", "description": "\u{1b}[31mred", "x-cli-aliases": ["\u{1b}"], "x-cli-short": "\u{1b}"},
                {"name": "--help", "in": "query"},
            ],
        }},
        format!("/api/{long}"): {"get": {}},
        "/api/y": {"get": {"parameters": [{"name": long, "in": "query"}]}},
    }));
    let text = serde_json::to_string(
        &descriptor
            .commands
            .iter()
            .map(|command| (&command.summary, &command.description, &command.examples, &command.answer))
            .collect::<Vec<_>>(),
    )
    .unwrap();
    assert!(!text.contains("\\u001b") && !text.contains('\u{9b}') && !text.contains('\u{202e}'), "{text}");
    let command = &descriptor.commands[0];
    assert_eq!(
        command.arguments.iter().map(|argument| argument.name.as_str()).collect::<Vec<_>>(),
        ["31m", "param-help"]
    );
    assert!(command.arguments[0].aliases.is_empty() && command.arguments[0].short.is_none());
    assert!(command.description.as_ref().unwrap().as_str().chars().count() <= limits::DESCRIPTION);
    assert!(descriptor.problems.iter().all(|problem| problem.as_str().chars().count() <= 500));
    assert_eq!(descriptor.commands.len(), 2);
}

#[test]
fn an_index_that_was_tampered_with_is_not_believed() {
    let descriptor = of_paths(json!({"/api/x/{id}": {"get": {}}}));
    let text = serde_json::to_string(&descriptor).unwrap();
    for (from, to) in [
        ("\"x get\"", "\"x --yes\""),
        ("\"x get\"", "\"help\""),
        ("/api/x/{id}", "/../other/{id}"),
        ("\"name\":\"id\"", "\"name\":\"--yes\""),
    ] {
        assert!(text.contains(from), "{text}");
        assert!(serde_json::from_str::<Descriptor>(&text.replace(from, to)).is_err(), "{to}");
    }
}

#[test]
fn a_body_that_refers_out_of_the_document_is_anything() {
    let descriptor = of_paths(json!({"/api/x": {"post": {
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "https://evil.example/x.json"}}}},
    }}}));
    assert_eq!(shown(&descriptor), ["x +json → any"]);
    assert!(descriptor.problems[0].as_str().contains("is in another document"));
}

/// JSON in which the keys are those that matter.
fn any_document() -> impl Strategy<Value = Value> {
    let words = "(string|integer|array|object|query|path|header|name|id|#/paths|#/components/schemas/A|x-cli-name|get run|.{0,5})";
    let keys = "(get|post|parameters|schema|in|name|type|items|properties|required|allOf|anyOf|oneOf|\\$ref|enum|const|default|\
                requestBody|content|application/json|responses|200|x-cli-name|x-cli-columns|x-cli-wait|x-cli-paginate|x-cli-variants|\
                x-cli-select|x-cli-warn|x-cli-complete|x-cli-follow|x-cli-aliases|additionalProperties|style|explode|minimum|.{0,3})";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        words.prop_map(Value::from)
    ];
    leaf.prop_recursive(7, 120, 6, move |inner| {
        prop_oneof![
            1 => proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            3 => proptest::collection::vec((keys, inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(route in "/(api/)?[a-z{}]{0,8}(/\\{[a-z]{1,3}\\})?", item in any_document(), schema in any_document(), root in any_document()) {
        let document = json!({"openapi": "3.0.0", "paths": {route: item.clone(), "/x": {"get": item, "post": schema.clone()}}, "components": {"schemas": {"A": schema}}});
        let descriptor = read(document.to_string().as_bytes()).unwrap();
        same_when_read_back(&descriptor);
        let _ = read(root.to_string().as_bytes());
        for command in &descriptor.commands {
            let _ = request(command, &Input::at(std::time::SystemTime::UNIX_EPOCH));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "(openapi: 3.1.0\n)?.{0,100}(\n.{0,20}){0,4}") {
        let _ = read(&bytes);
        let _ = read(text.as_bytes());
    }
}

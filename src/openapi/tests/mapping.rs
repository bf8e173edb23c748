//! Routes, parameters, schemas and keys → commands.

use super::*;

fn lines(descriptor: &Descriptor) -> Vec<String> {
    assert_eq!(descriptor.problems, [], "{:?}", descriptor.problems);
    shown(descriptor)
}

fn problems(descriptor: &Descriptor) -> String {
    descriptor.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn two_ways_to_change_one_thing_have_two_names() {
    let descriptor = of_paths(json!({
        "/api/items/{id}": {"put": {"operationId": "replaceItem"}, "patch": {"operationId": "updateItem"}},
        "/api/notes/{id}": {"put": {}, "patch": {}},
    }));
    let words: Vec<_> = descriptor.commands.iter().map(|command| command.words.to_string()).collect();
    let former = descriptor.commands.iter().map(|command| command.former.as_ref().unwrap().to_string());
    assert_eq!(
        former.collect::<Vec<_>>(),
        ["replace-item", "update-item", "notes update-put", "notes update-patch"]
    );
    assert_eq!(words, ["items replace", "items update", "notes replace", "notes update"]);
}

#[test]
fn help_and_what_is_no_word_are_problems_of_their_own_operation() {
    let descriptor = of_paths(json!({
        "/api/help": {"get": {}},
        "/api/größe": {"get": {}},
        "/api/größen": {"get": {"operationId": "sizes"}},
        "/api/ok": {"get": {}},
        "/api/named": {"get": {"x-cli-name": "\u{1b}[31m"}},
        "/api/plugin": {"get": {}},
        "/../other": {"get": {}},
        "/api/odd": {"get": 5, "summary": "s", "x-y": 1, "head": {}, "options": {}},
    }));
    let words: Vec<_> = descriptor.commands.iter().map(|command| command.words.to_string()).collect();
    assert_eq!(words, ["sizes", "ok", "named", "plugin", "odd head", "odd options"]);
    let problems = problems(&descriptor);
    for expected in [
        "GET /api/help: ",
        "GET /api/größe: ",
        "GET /api/named: `x-cli-name`: ",
        "GET /../other: ",
        "GET /api/odd: ",
    ] {
        assert!(problems.contains(expected), "{expected}\n{problems}");
    }
    assert!(!problems.contains('\u{1b}'));
}

#[test]
fn parameters_become_positional_arguments_and_flags() {
    let descriptor = of_paths(json!({"/api/pods/{pod}/logs/{name}": {
        "parameters": [
            {"name": "pod", "in": "path", "required": true, "schema": {"type": "string"}},
            {"name": "namespace", "in": "query", "required": true, "schema": {"type": "string"}},
            {"name": "k8sCluster", "in": "query", "schema": {"type": "string", "default": "main"}},
            {"name": "tailLines", "in": "query", "schema": {"type": "string"}},
        ],
        "get": {
            "parameters": [
                {"name": "tailLines", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 10000}},
                {"name": "follow", "in": "query", "schema": {"type": "boolean"}},
                {"name": "range", "in": "query", "required": true, "schema": {"enum": ["1h", "24h"]}},
                {"name": "X-Request-ID", "in": "header", "schema": {"type": "string"}},
                {"name": "Authorization", "in": "header", "required": true, "schema": {"type": "string"}},
                {"name": "X-Everest-User", "in": "header", "schema": {"type": "string"}},
                {"name": "since", "in": "query", "schema": {"type": "string", "format": "date-time"}},
                {"name": "help", "in": "query", "schema": {"type": "string"}},
                {"name": "output", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                {"name": "session", "in": "cookie", "schema": {"type": "string"}},
                {"name": "größe", "in": "query", "schema": {"type": "number"}},
            ],
            "responses": {"200": {"content": {"text/plain; charset=utf-8": {"schema": {"type": "string"}}}}},
        },
    }}));
    assert_eq!(
        lines(&descriptor),
        [
            "pods logs get <POD> <NAME> [--tail-lines int:1..10000] [-f/--follow] --range 1h|24h [--x-request-id text] \
          [--since datetime] [--param-help text] [--param-output text…] [--session text] [--param-11 number] (namespace cluster) → text"
        ]
    );
}

#[test]
fn what_cannot_be_sent_spoils_its_own_operation() {
    let one = |parameter: Value| {
        problems(&of_paths(
            json!({"/api/x/{a}": {"get": {"parameters": [parameter]}}, "/api/y": {"get": {}}}),
        ))
    };
    assert!(
        one(json!({"name": "everest_refresh_token", "in": "cookie"})).contains("not for a document to set")
    );
    assert!(one(json!({"name": "a", "in": "path", "style": "form"})).contains("the style `form`"));
    assert!(one(json!({"name": "a\r\nb", "in": "header"})).contains("not the name of a header"));
    assert!(one(json!({"$ref": "other.yaml#/x"})).contains("another document"));
    assert!(one(json!({"name": "q", "in": "query", "schema": 5})).contains("not an object"));
    assert!(one(json!({"in": "query"})).contains("no `name`"));
}

#[test]
fn schemas_say_what_a_value_may_be() {
    let kinds = |schema: Value| {
        let descriptor = with_parameters(json!([{"name": "v", "in": "query", "schema": schema}]));
        let line = line(only(&descriptor));
        line.trim_start_matches("x [--v ").trim_end_matches("] → any").to_owned()
    };
    for (schema, expected) in [
        (json!({"type": "string"}), "text"),
        (json!({"type": ["string", "null"]}), "text"),
        (json!({"anyOf": [{"type": "integer"}, {"type": "null"}]}), "int"),
        (json!({"anyOf": [{"type": "string", "enum": ["a"]}, {"const": "b"}]}), "a|b"),
        (json!({"anyOf": [{"type": "integer"}, {"type": "string"}]}), "any"),
        (json!({"type": "integer", "exclusiveMinimum": 0}), "int:0.."),
        (json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true}), "int:0.."),
        (json!({"allOf": [{"type": "string"}, {"enum": ["x", "y"]}]}), "x|y"),
        (json!({"enum": [1, 2, null]}), "1|2"),
        (json!({"enum": ["ok", "bad\u{1b}[31m"]}), "ok"),
        (json!({"type": "array", "items": {"type": "integer"}}), "int…"),
        (json!({"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]}), "text…"),
        (json!({"type": "array", "items": {"type": "object"}}), "json…"),
        (json!({"type": "array", "items": {"type": "array"}}), "jsonlist…"),
        (json!({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}), "any…"),
        (json!({"type": "object", "additionalProperties": {"type": "string"}}), "text…"),
        (json!({"type": "string", "format": "date"}), "date"),
        (json!({}), "any"),
        (json!(true), "any"),
    ] {
        assert_eq!(kinds(schema.clone()), expected, "{schema}");
    }
}

#[test]
fn a_body_becomes_flags_with_dots() {
    let descriptor = with_body(json!({
        "type": "object",
        "required": ["name", "target", "kind"],
        "properties": {
            "id": {"type": "string", "readOnly": true},
            "$schema": {"type": "string", "readOnly": true},
            "kind": {"const": "run"},
            "name": {"type": "string"},
            "target": {"type": "object", "required": ["instance", "namespace"], "properties": {
                "namespace": {"type": "string"},
                "k8sCluster": {"type": "string"},
                "instance": {"type": "string", "x-cli-name": "instance", "x-cli-short": "i"},
            }},
            "address": {"type": "object", "required": ["city"], "properties": {
                "city": {"type": "string"},
                "geo": {"type": "object", "properties": {"lat": {"type": "number"}, "deep": {"type": "object", "properties": {"er": {"type": "string"}}}}},
            }},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "filter": {"type": "object"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "rules": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}},
            "password": {"type": "string", "format": "password", "x-cli-env": "EVEREST_PERF_DB_PASSWORD"},
            "initialize": {"type": "boolean"},
            "secret": {"type": "string", "x-cli-ignore": true},
        },
    }));
    assert_eq!(
        lines(&descriptor),
        [
            "x --name text -i/--instance text [--address.city text] [--address.geo.lat number] [--address.geo.deep json] \
          [--labels text…] [--filter json] [--tags text…] [--rules json…] [--password text] [--initialize] \
          /kind=\"run\" +json (namespace cluster) → any"
        ]
    );
    let password = only(&descriptor).argument("password").unwrap();
    assert!(password.secret && password.environment.is_some());
}

#[test]
fn a_document_cannot_read_the_users_environment() {
    for name in ["AWS_SECRET_ACCESS_KEY", "EVEREST_TOKEN", "EVEREST_", "PATH", "EVEREST_a"] {
        let descriptor = with_parameters(json!([{"name": "q", "in": "query", "x-cli-env": name}]));
        assert!(descriptor.commands[0].arguments[0].environment.is_none(), "{name}");
        assert!(problems(&descriptor).contains("x-cli-env"), "{name}");
    }
}

#[test]
fn a_cluster_is_filled_unless_it_is_something_else() {
    let query = |names: &[&str]| {
        let parameters: Vec<Value> = names
            .iter()
            .map(|name| json!({"name": name, "in": "query", "schema": {"type": "string"}}))
            .collect();
        shown(&with_parameters(json!(parameters))).remove(0)
    };
    assert_eq!(query(&["cluster", "ns"]), "x (cluster namespace) → any");
    assert_eq!(query(&["cluster", "k8sCluster"]), "x [--param-cluster text] (cluster) → any");
    let renamed = with_parameters(json!([
        {"name": "cluster", "in": "query", "x-cli-name": "instance", "x-cli-aliases": ["i", "help"]},
        {"name": "where", "in": "query", "x-cli-name": "cluster"},
        {"name": "namespace", "in": "query", "schema": {"type": "integer"}},
    ]));
    assert_eq!(shown(&renamed), ["x [--instance any] [--param-namespace int] (cluster) → any"]);
    assert_eq!(renamed.commands[0].arguments[0].aliases[0].as_str(), "i");
    assert!(problems(&renamed).contains("alias `help`"));
    let two = with_body(json!({"type": "object", "properties": {
        "from": {"type": "object", "properties": {"namespace": {"type": "string"}}},
        "to": {"type": "object", "properties": {"namespace": {"type": "string"}}},
    }}));
    assert_eq!(shown(&two), ["x [--from.namespace text] [--to.namespace text] +json → any"]);
}

#[test]
fn unions_of_objects_become_the_flags_of_all() {
    let descriptor = with_body(json!({"oneOf": [
        {"type": "object", "required": ["type", "bucket"], "properties": {"type": {"const": "s3"}, "bucket": {"type": "string"}}},
        {"type": "object", "required": ["type", "path"], "properties": {"type": {"const": "file"}, "path": {"type": "string"}}},
    ], "discriminator": {"propertyName": "type"}}));
    assert_eq!(lines(&descriptor), ["x --type s3|file [--bucket text] [--path text] +json → any"]);
    let mixed =
        with_body(json!({"oneOf": [{"type": "string"}, {"type": "object", "properties": {"a": {}}}]}));
    assert_eq!(lines(&mixed), ["x +json → any"]);
    let constrained = with_body(
        json!({"type": "object", "properties": {"a": {"type": "string"}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
    );
    assert_eq!(lines(&constrained), ["x [--a text] +json → any"]);
}

#[test]
fn answers_say_where_their_rows_are() {
    let item = json!({"type": "object", "properties": {
        "status": {"type": "string"}, "id": {"type": "string"}, "createdAt": {"type": "string", "format": "date-time"},
        "count": {"type": "integer"}, "spec": {"type": "object"}, "parts": {"type": "array", "items": {"type": "object"}},
    }});
    let list = json!({"type": "array", "items": item});
    for (schema, expected) in [
        (list.clone(), "x list → json [] ID,STATUS,COUNT,CREATED AT"),
        (
            json!({"type": "object", "properties": {"items": list, "total": {"type": "integer"}}}),
            "x list → json [/items] ID,STATUS,COUNT,CREATED AT",
        ),
        (
            json!({"type": "object", "properties": {"runs": {"type": ["array", "null"]}}}),
            "x list → json [/runs]",
        ),
        (
            json!({"type": "object", "properties": {"id": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}}}),
            "x → json",
        ),
        (
            json!({"type": "object", "properties": {"role": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}}}),
            "x → json",
        ),
        (
            json!({"type": "object", "properties": {"names": {"type": "array", "items": {"type": "string"}}}}),
            "x → json [/names]",
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "array"}, "b": {"type": "array"}}}),
            "x → json",
        ),
        (json!({"type": "object", "additionalProperties": item}), "x → json {} ID,STATUS,COUNT,CREATED AT"),
        (json!({"type": "object", "additionalProperties": {"type": "integer"}}), "x → json"),
        (json!({}), "x → json"),
    ] {
        assert_eq!(lines(&with_answer(schema.clone())), [expected], "{schema}");
    }
}

#[test]
fn content_types_say_what_an_answer_is() {
    let kind =
        |responses: Value| only(&of_paths(json!({"/api/x": {"get": {"responses": responses}}}))).answer.kind;
    let content = |content_type: &str| json!({"200": {"content": {content_type: {}}}});
    assert_eq!(kind(content("application/json")), ResponseKind::Json);
    assert_eq!(kind(content("application/problem+json")), ResponseKind::Json);
    assert_eq!(kind(content("text/event-stream")), ResponseKind::EventStream);
    assert_eq!(kind(content("application/x-ndjson")), ResponseKind::JsonLines);
    assert_eq!(kind(content("text/plain; charset=utf-8")), ResponseKind::Text);
    assert_eq!(kind(content("image/png")), ResponseKind::Binary);
    assert_eq!(kind(content("*/*")), ResponseKind::Any);
    assert_eq!(kind(json!({"204": {"description": "done"}})), ResponseKind::Empty);
    assert_eq!(kind(json!({"202": {"description": "begun"}})), ResponseKind::Any);
    assert_eq!(kind(json!({"default": {"content": {"application/json": {}}}})), ResponseKind::Any);
    assert_eq!(kind(json!({})), ResponseKind::Any);
}

#[test]
fn keys_name_other_operations() {
    let descriptor = of_paths(json!({
        "/api/runs": {"post": {
            "x-cli-name": "run",
            "x-cli-aliases": ["start", "runs create", "jobs get"],
            "x-cli-wait": {"id": "/id", "poll": "getRun", "success": ["succeeded"], "failure": ["failed"], "interval": "5s", "cancel": "cancelRun"},
            "x-cli-examples": ["run -n prod", {"command": "run --wait", "description": "waits"}],
            "x-cli-confirm": "really?",
        }},
        "/api/runs/{id}": {
            "get": {"operationId": "getRun", "x-cli-variants": [
                {"x-cli-name": "output", "x-cli-field": "/output", "summary": "the output"}, {"summary": "nameless"},
            ]},
            "delete": {"x-cli-hidden": true},
            "put": {"x-cli-ignore": true},
        },
        "/api/runs/{id}/cancel": {"post": {"operationId": "cancelRun"}},
        "/api/events": {"get": {
            "parameters": [
                {"name": "beforeID", "in": "query", "schema": {"type": "integer"}},
                {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                {"name": "follow", "in": "query", "schema": {"type": "boolean"}},
                {"name": "run", "in": "query", "x-cli-complete": {"operation": "getRun", "values": "/items/*/id", "with": ["beforeID"]}},
                {"name": "other", "in": "query", "x-cli-complete": {"operation": "nothing", "values": "/x"}},
            ],
            "x-cli-paginate": {"cursor": "/nextBeforeID", "parameter": "beforeID", "size": "limit"},
            "x-cli-follow": {"parameter": "follow", "cursor": "beforeID"},
        }},
        "/api/bad": {"get": {"x-cli-wait": {"poll": "nothing"}, "x-cli-paginate": {"offset": "nothing"}, "x-cli-columns": 5, "x-cli-hidden": "yes"}},
    }));
    let command = |words: &str| descriptor.command(&Words::new(words).unwrap()).unwrap();
    let run = command("run");
    let wait = run.wait.as_ref().unwrap();
    assert_eq!(wait.poll.to_string(), "runs get");
    assert_eq!(wait.argument.as_ref().unwrap().as_str(), "id");
    assert_eq!(wait.interval.as_secs(), 5);
    assert_eq!(wait.cancel.as_ref().unwrap().command.to_string(), "runs cancel");
    assert_eq!(run.examples.len(), 2);
    assert_eq!(run.confirm.as_ref().unwrap().as_str(), "really?");
    assert_eq!(
        run.aliases.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["start", "runs create", "jobs get"]
    );
    assert_eq!(command("output").summary.as_str(), "the output");
    assert_eq!(command("output").answer.field.as_ref().unwrap().to_string(), "/output");
    assert_eq!(command("runs delete").confirm.as_ref().unwrap().as_str(), "runs delete {id}: are you sure?");
    assert!(command("runs delete").hidden);
    let events = command("events");
    assert_eq!(
        line(events),
        "events [--before-id int] [--page-size int] [-f/--follow] [--run any] [--other any] → any"
    );
    let page = events.paginate.as_ref().unwrap();
    assert_eq!(page.size.as_ref().unwrap().as_str(), "page-size");
    assert!(matches!(&page.by, PageBy::Cursor { argument, .. } if argument.as_str() == "before-id"));
    assert_eq!(events.follow.as_ref().unwrap().argument.as_ref().unwrap().as_str(), "follow");
    let complete = events.argument("run").unwrap().complete.as_ref().unwrap();
    assert_eq!(
        (complete.command.to_string(), complete.with[0].as_str()),
        ("runs get".to_owned(), "before-id")
    );
    let problems = problems(&descriptor);
    for expected in [
        "x-cli-variants",
        "GET /api/events: no operation `nothing`",
        "GET /api/bad: `x-cli-wait`",
        "no parameter `nothing`",
        "`x-cli-columns` is neither",
        "`x-cli-hidden` is not true or false",
    ] {
        assert!(problems.contains(expected), "{expected}\n{problems}");
    }
    assert_eq!(
        descriptor.find(&["start", "x"]).map(|(command, words)| (command.words.to_string(), words)),
        Some(("run".to_owned(), 1))
    );
    assert_eq!(descriptor.find(&["runs", "get", "7"]).map(|(_, words)| words), Some(2));
    assert!(descriptor.find(&["runs"]).is_none());
}

#[test]
fn an_answer_may_take_its_time_and_a_text_may_come_from_a_file() {
    let descriptor = of_paths(json!({
        "/api/query": {"post": {"x-cli-name": "query", "x-cli-timeout": "none", "requestBody": {"content": {"application/json": {"schema": {
            "type": "object", "properties": {
                "sql": {"type": "string", "contentMediaType": "application/sql"},
                "page": {"type": "string", "contentMediaType": "text/html; charset=utf-8"},
                "picture": {"type": "string", "contentMediaType": "image/png"},
            },
        }}}}}},
        "/api/slow": {"get": {"x-cli-timeout": "5m"}},
        "/api/wrong": {"get": {"x-cli-timeout": "soon"}},
        "/api/endless": {"get": {"x-cli-timeout": "18446744073709551615s"}},
    }));
    let command = |words: &str| descriptor.command(&Words::new(words).unwrap()).unwrap();
    let query = command("query");
    assert_eq!(query.patience, Patience::Endless);
    assert_eq!(command("slow").patience, Patience::For(std::time::Duration::from_mins(5)));
    assert_eq!(command("wrong").patience, Patience::Usual);
    assert!(problems(&descriptor).contains("GET /api/wrong: `x-cli-timeout` is neither"));
    assert_eq!(command("endless").patience, Patience::Usual);
    assert!(problems(&descriptor).contains("GET /api/endless: `x-cli-timeout` is neither"));
    let kind = |name: &str| query.argument(name).unwrap().kind.clone();
    assert_eq!(
        (kind("sql"), kind("page"), kind("picture")),
        (ValueKind::Content, ValueKind::Content, ValueKind::Base64)
    );
    same_when_read_back(&descriptor);
}

#[test]
fn the_document_speaks_of_itself() {
    let descriptor = read(
        b"openapi: 3.0.3\ninfo: {title: \"Bench\\e[2J\", version: 1.10, description: \"a\\n\\nb\"}\n\
          x-cli-aliases: [bench, Bad]\nx-cli-overlay: {plugin: plugin-bench, versions: '>=0.1.0'}\n",
    )
    .unwrap();
    assert_eq!(descriptor.title.as_str(), "Bench[2J");
    assert_eq!(descriptor.description.as_ref().unwrap().as_str(), "a\n\nb");
    assert_eq!(descriptor.aliases[0].as_str(), "bench");
    assert!(descriptor.overlay.as_ref().unwrap().fits("plugin-bench", Some("0.1.0")));
    assert!(problems(&descriptor).contains("the document: the alias `Bad`"));
    same_when_read_back(&descriptor);
}

#[test]
fn routes_that_differ_only_behind_the_path_are_commands() {
    let operation = |id: &str| json!({"operationId": id, "responses": {"204": {}}});
    let descriptor = of_paths(json!({
        "/links/{id}": {"put": operation("putLink"), "get": operation("getLink")},
        "/links/{id}#add_shared_link": {"put": operation("addSharedLink"), "get": operation("getSharedLink")},
        "/links/{id}#remove": {"put": operation("removeSharedLink")},
        "/queues?Action=Create&v=2": {"post": operation("create")},
        "/a/{x}/b/{x}": {"get": {}},
        "/": {"get": {}},
    }));
    assert_eq!(descriptor.problems, []);
    assert_eq!(
        shown(&descriptor),
        [
            "links update <ID> → empty",
            "links get <ID> → empty",
            "links add-shared-link <ID> → empty",
            "links add-shared-link get <ID> → empty",
            "links remove <ID> → empty",
            r#"queues create-2 Action="Create" v="2" → empty"#,
            "a b get <X> → any",
            "get → any",
        ]
    );
    let sent = |at: usize, values: &[(&str, &str)]| {
        let input: Input<'_> =
            Input { values: values.to_vec(), ..Input::at(std::time::SystemTime::UNIX_EPOCH) };
        let request = request(&descriptor.commands[at], &input).unwrap();
        format!("{}?{}", request.path, request.query)
    };
    assert_eq!(sent(2, &[("id", "7")]), "/links/7?");
    assert_eq!(sent(5, &[]), "/queues?Action=Create&v=2");
    assert_eq!(sent(6, &[("x", "{x}")]), "/a/%7Bx%7D/b/%7Bx%7D?");
}

#[test]
fn every_method_is_a_command() {
    let body = json!({"content": {"application/json": {"schema": {"type": "object", "required": ["q"], "properties": {"q": {"type": "string"}}}}}});
    let descriptor = of_paths(json!({
        "/files": {"get": {"requestBody": body}, "head": {}, "options": {}, "query": {"requestBody": body}, "trace": {}},
        "/files/{id}": {"get": {}, "head": {}, "additionalOperations": {"COPY": {}, "CONNECT": {}}},
        "/files/search": {"query": {"requestBody": body}},
    }));
    assert_eq!(
        shown(&descriptor),
        [
            "files list --q text +json? → any",
            "files head-all → json",
            "files options → any",
            "files query --q text +json → any",
            "files get <ID> → any",
            "files head <ID> → json",
            "files copy <ID> → any",
            "files search --q text +json → any",
        ]
    );
    let told: Vec<&str> = descriptor.problems.iter().map(crate::model::CleanText::as_str).collect();
    assert!(told.iter().any(|line| line.contains("TRACE /files: no command")), "{told:?}");
    assert!(told.iter().any(|line| line.contains("CONNECT /files/{id}: no command")), "{told:?}");
}

#[test]
fn a_route_is_below_the_path_of_its_server() {
    let operation = |servers: Value| json!({"servers": servers, "responses": {"204": {}}});
    let descriptor = read_value(&json!({
        "openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "servers": [{"url": "/api/v3"}, {"url": "/other"}],
        "paths": {
            "/pets/{id}": {"get": {"responses": {"204": {}}}},
            "/own": {"servers": [{"url": "/elsewhere/"}], "get": {}, "post": operation(json!([{"url": "https://up.acme.dev/upload"}]))},
            "/none": {"get": operation(json!([{"url": "/"}]))},
            "/bad": {"get": operation(json!([{"url": "/../x"}]))},
            "/open": {"get": operation(json!([{"url": "/{version}"}]))},
        },
    }));
    let routes: Vec<_> =
        descriptor.commands.iter().map(|command| format!("{} {}", command.words, command.route)).collect();
    assert_eq!(
        routes,
        ["pets get /api/v3/pets/{id}", "own list /elsewhere/own", "own create /upload/own", "none /none"]
    );
    assert!(problems(&descriptor).contains("GET /bad: the route could lead out of the plugin"));
    assert!(problems(&descriptor).contains("GET /open: "), "{}", problems(&descriptor));
    let foreign = read_value(
        &json!({"openapi": "3.0.0", "servers": [{"url": "https://api.acme.dev/v2"}], "paths": {"/a": {"get": {}}}}),
    );
    assert_eq!(foreign.commands[0].route.as_str(), "/a");
    assert!(problems(&foreign).contains("without the path `/v2`"));
}

#[test]
fn a_path_item_may_refer_to_another_and_say_more() {
    let shared = json!({"parameters": [{"name": "id", "in": "path", "schema": {"type": "integer"}}], "get": {"summary": "shared"}, "delete": {}});
    let descriptor = read_value(&json!({
        "openapi": "3.1.0", "components": {"pathItems": {"Shared": shared}},
        "paths": {"/a/{id}": {"$ref": "#/components/pathItems/Shared", "get": {"summary": "own"}}, "/b": {"$ref": "#/nothing"}},
    }));
    assert_eq!(shown(&descriptor), ["a get <ID> → any", "a delete <ID> → any"]);
    assert_eq!(descriptor.commands[0].summary.as_str(), "own");
    assert!(matches!(descriptor.commands[1].arguments[0].kind, ValueKind::Integer(_)));
    assert!(problems(&descriptor).contains("/b: there is no `#/nothing`"));
}

#[test]
fn a_discriminator_says_which_kinds_there_are() {
    let kind = |own: Value| json!({"allOf": [{"$ref": "#/components/schemas/Pet"}, {"type": "object", "properties": own}]});
    let of = |pet: Value| {
        let body = json!({"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}});
        read_value(&json!({
            "openapi": "3.0.3", "paths": {"/api/x": {"post": {"requestBody": body}}},
            "components": {"schemas": {"Pet": pet, "Cat": kind(json!({"lives": {"type": "integer"}})), "Dog": kind(json!({"bark": {"type": "boolean"}}))}},
        }))
    };
    let base = |discriminator: Value| json!({"type": "object", "required": ["kind"], "discriminator": discriminator, "properties": {"kind": {"type": "string"}}});
    let mapping = json!({"cat": "#/components/schemas/Cat", "dog": "Dog"});
    let expected = |kinds: &str| format!("x --kind {kinds} [--lives int] [--bark] +json → any");
    assert_eq!(shown(&of(base(json!({"propertyName": "kind", "mapping": mapping})))), [expected("cat|dog")]);
    assert_eq!(shown(&of(base(json!({"propertyName": "kind"})))), [expected("Cat|Dog")]);
    let flat = |name: &str| json!({"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}, name: {"type": "integer"}}});
    let union = read_value(&json!({
        "openapi": "3.1.0", "paths": {"/api/x": {"post": {"requestBody": {"content": {"application/json": {"schema": {
            "oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}],
            "discriminator": {"propertyName": "kind", "mapping": {"a": "#/components/schemas/A"}},
        }}}}}}},
        "components": {"schemas": {"A": flat("x"), "B": flat("y")}},
    }));
    assert_eq!(shown(&union), ["x --kind a|B [--x int] [--y int] +json → any"]);
}

#[test]
fn objects_are_known_by_patterns_and_anchors() {
    let body = with_body(
        json!({"type": "object", "$defs": {"text": {"$anchor": "text", "type": "string"}}, "properties": {
            "labels": {"type": "object", "patternProperties": {"^x-": {"type": "integer"}}, "additionalProperties": false},
            "name": {"$ref": "#text"},
            "tree": {"$dynamicRef": "#text"},
        }}),
    );
    assert_eq!(shown(&body), ["x [--labels int…] [--name text] [--tree text] +json → any"]);
}

#[test]
fn the_items_of_a_stream_have_columns() {
    let item =
        json!({"type": "object", "properties": {"id": {"type": "string"}, "state": {"type": "string"}}});
    let stream = |kind: &str, item: Value| {
        of_paths(json!({"/jobs": {"get": {"responses": {"200": {"content": {kind: {"itemSchema": item}}}}}}}))
    };
    assert_eq!(shown(&stream("application/jsonl", item.clone())), ["jobs → jsonlines ID,STATE"]);
    assert_eq!(shown(&stream("application/json-seq", item.clone())), ["jobs → jsonlines ID,STATE"]);
    let event = json!({"type": "object", "properties": {"event": {"type": "string"}, "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": item}}});
    assert_eq!(shown(&stream("text/event-stream", event)), ["jobs → eventstream ID,STATE"]);
}

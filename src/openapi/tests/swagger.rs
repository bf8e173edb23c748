//! Swagger 2.0, as generators write it.

use super::*;
use std::time::SystemTime;

fn swagger(paths: Value, more: Value) -> Descriptor {
    let mut document = json!({"swagger": "2.0", "info": {"title": "T", "version": "1"}, "host": "api.acme.dev", "basePath": "/api/v2", "paths": paths});
    document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    read_value(&document)
}

fn sent(command: &ApiCommand, values: &[(&str, &str)]) -> String {
    let input: Input<'_> = Input { values: values.to_vec(), ..Input::at(SystemTime::UNIX_EPOCH) };
    let request = request(command, &input).unwrap();
    let body = match request.body {
        Some(OperationBody::Json { text, .. } | OperationBody::Form { text, .. }) => text,
        _ => String::new(),
    };
    format!("{} {}?{} {body}", request.method, request.path, request.query)
}

#[test]
fn an_older_document_gives_the_same_commands() {
    let pet = json!({"type": "object", "required": ["name"], "discriminator": "kind", "properties": {
        "name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}, "kind": {"type": "string"}, "note": {"type": "string", "x-nullable": true},
    }});
    let pets = json!({"type": "array", "items": {"$ref": "#/definitions/Pet"}});
    let ids = |format: &str| json!({"name": "ids", "in": "query", "type": "array", "items": {"type": "integer"}, "collectionFormat": format});
    let descriptor = swagger(
        json!({
            "/pets": {
                "get": {"parameters": [ids("pipes"), {"$ref": "#/parameters/Limit"}], "responses": {"200": {"description": "ok", "schema": pets}}},
                "post": {"parameters": [{"$ref": "#/parameters/Pet"}], "responses": {"201": {"$ref": "#/responses/One"}}},
            },
            "/pets/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": true, "type": "integer", "minimum": 1}],
                "get": {"produces": ["application/json", "application/xml"], "responses": {"200": {"schema": {"$ref": "#/definitions/Pet"}}}},
                "delete": {"responses": {"204": {}}},
            },
            "/pets/{id}/image": {
                "post": {"consumes": ["multipart/form-data"], "parameters": [
                    {"name": "id", "in": "path", "required": true, "type": "string"},
                    {"name": "file", "in": "formData", "type": "file", "required": true}, {"name": "note", "in": "formData", "type": "string"},
                ], "responses": {"200": {}}},
                "get": {"produces": ["image/png"], "parameters": [{"name": "id", "in": "path", "required": true, "type": "string"}], "responses": {"200": {"schema": {"type": "file"}}}},
            },
            "/form": {"post": {"parameters": [
                {"name": "a", "in": "formData", "type": "string", "description": "text", "required": true},
                {"name": "l", "in": "formData", "type": "array", "items": {"type": "string"}, "collectionFormat": "ssv"},
            ], "responses": {"200": {}}}},
        }),
        json!({
            "consumes": ["application/json"], "produces": ["application/json"],
            "definitions": {"Pet": pet},
            "parameters": {
                "Limit": {"name": "limit", "in": "query", "type": "integer", "maximum": 100, "default": 10},
                "Pet": {"name": "body", "in": "body", "required": true, "schema": {"$ref": "#/definitions/Pet"}},
            },
            "responses": {"One": {"description": "one", "schema": {"$ref": "#/definitions/Pet"}}},
            "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
        }),
    );
    assert_eq!(descriptor.problems, []);
    assert_eq!(
        shown(&descriptor),
        [
            "pets list [--ids int…] [--limit int:..100] → json [] NAME,KIND,TAGS,NOTE",
            "pets create --name text [--tags text…] [--kind text] [--note text] +json → json",
            "pets get <ID> → json",
            "pets delete <ID> → empty",
            "pets image create <ID> --file file [--note text] +multipart → any",
            "pets image <ID> → binary",
            "form --a text [--l text…] +form → any",
        ]
    );
    let commands = &descriptor.commands;
    assert_eq!(sent(&commands[0], &[("ids", "1"), ("ids", "2")]), "GET /api/v2/pets?ids=1%7C2 ");
    assert_eq!(
        sent(&commands[1], &[("name", "n"), ("tags", "x")]),
        r#"POST /api/v2/pets? {"name":"n","tags":["x"]}"#
    );
    assert_eq!(sent(&commands[6], &[("a", "1"), ("l", "x"), ("l", "y")]), "POST /api/v2/form? a=1&l=x+y");
    assert!(commands[1].argument("note").unwrap().nullable);
    assert_eq!(commands[6].argument("a").unwrap().help.as_ref().unwrap().as_str(), "text");
}

#[test]
fn lists_stand_as_their_collection_format_says() {
    for (format, expected) in
        [("csv", "l=x,y"), ("multi", "l=x&l=y"), ("ssv", "l=x%20y"), ("pipes", "l=x%7Cy"), ("tsv", "l=x%09y")]
    {
        let list = json!({"name": "l", "in": "query", "type": "array", "items": {"type": "string"}, "collectionFormat": format});
        let descriptor =
            swagger(json!({"/x": {"get": {"parameters": [list], "responses": {"200": {}}}}}), json!({}));
        assert_eq!(
            sent(&descriptor.commands[0], &[("l", "x"), ("l", "y")]),
            format!("GET /api/v2/x?{expected} ")
        );
    }
}

#[test]
fn a_shared_body_is_not_copied() {
    let properties: serde_json::Map<String, Value> =
        (0..20_000).map(|at| (format!("p{at}"), json!({"type": "string"}))).collect();
    let body = json!({"name": "body", "in": "body", "schema": {"type": "object", "properties": properties}});
    let paths: serde_json::Map<String, Value> = (0..300)
        .map(|at| {
            (
                format!("/a{at}"),
                json!({"post": {"parameters": [{"$ref": "#/parameters/Large"}], "responses": {"200": {}}}}),
            )
        })
        .collect();
    let descriptor = swagger(Value::Object(paths), json!({"parameters": {"Large": body}}));
    assert_eq!(descriptor.commands.len(), 300);
    assert!(descriptor.commands.iter().all(ApiCommand::has_body));
}

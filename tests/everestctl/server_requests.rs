//! What a document may ask of a request beside flags and JSON: cookies, other methods, bytes in JSON, YAML, several files.

use crate::support::Sandbox;
use crate::support::http::{Reply, Server, json, response};
use crate::support::plugin::{heads, publishing};

const DOCUMENT: &str = r#"{"openapi": "3.1.0", "info": {"title": "X", "version": "1"}, "servers": [{"url": "/api"}], "paths": {
    "/c": {"get": {"parameters": [{"name": "sid", "in": "cookie", "schema": {"type": "string"}}, {"name": "apiToken", "in": "cookie"}], "responses": {}},
           "head": {"responses": {"200": {}}}},
    "/f": {"post": {"x-cli-name": "send", "requestBody": {"content": {"application/json": {"schema": {"type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}, "n": {"type": "number"}}}}}}, "responses": {}}},
    "/pets": {"$ref": "paths/pets.json"},
    "/lost": {"get": {"$ref": "lost.json"}}
}}"#;

const PETS: &str = r##"{"get": {"x-cli-name": "pets", "parameters": [{"$ref": "../openapi.json#/x-page"}, {"name": "size", "in": "query", "schema": {"$ref": "#/size"}}], "responses": {}},
    "size": {"enum": ["small", "large"]}}"##;

fn server() -> Server {
    let document = DOCUMENT.replacen(
        '{',
        r#"{"x-page": {"name": "page", "in": "query", "schema": {"type": "integer"}}, "#,
        1,
    );
    publishing(&document, |route, _| match route {
        "GET /paths/pets.json" => Some(Reply::Bytes(json(PETS))),
        "GET /api/c" => Some(Reply::Bytes(json("{}"))),
        route if route.starts_with("GET /api/pets") => Some(Reply::Bytes(json("{}"))),
        "HEAD /api/c" => Some(Reply::Bytes(
            b"HTTP/1.1 200 OK\r\nx-rows: 7\r\ncontent-length: 12\r\nconnection: close\r\n\r\n".to_vec(),
        )),
        _ => None,
    })
}

fn signed_in(server: &Server) -> Sandbox {
    let sandbox = Sandbox::new().with_server(&server.url());
    assert_eq!(sandbox.run("plugin refresh x").code, Some(0));
    sandbox
}

#[test]
fn a_cookie_goes_with_its_request_only() {
    let server = server();
    let sandbox = signed_in(&server);
    assert_eq!(sandbox.run("x c --sid a=b --api-token hunter2 -o json").code, Some(0));
    let sent = heads(&server, "/api/c");
    assert!(sent[0].contains("\r\ncookie: sid=a=b; apitoken=hunter2\r\n"), "{sent:?}");
    assert_eq!(sandbox.run("x c -o json").code, Some(0));
    assert!(!heads(&server, "/api/c")[1].contains("cookie"));
    let shown = sandbox.run("x c --sid a --api-token hunter2 --dry-run").success_silent();
    assert!(shown.contains("cookie: sid=a; apiToken=HIDDEN"), "{shown}");
    let info = sandbox.run("plugin info x").success_silent();
    assert!(info.contains("c  GET /c, cookie sid, cookie apiToken\n"), "{info}");
    let info = sandbox.run("plugin info x c -o json").json();
    assert_eq!(info["offers"]["commands"][0]["cookies"], serde_json::json!(["sid", "apiToken"]));
}

#[test]
fn head_shows_the_headers() {
    let server = server();
    let sandbox = signed_in(&server);
    let shown = sandbox.run("x c head -o json").json();
    assert_eq!((shown["x-rows"].as_str(), shown["content-length"].as_str()), (Some("7"), Some("12")));
    assert!(sandbox.run("x c head -o raw").success_silent().starts_with("HTTP/1.1 200 OK\n"));
    assert!(sandbox.run("x c head --dry-run").success_silent().starts_with("curl --head "));
}

#[test]
fn a_file_in_json_is_base64() {
    let server = server();
    let sandbox = signed_in(&server);
    sandbox.write("home/bytes", [0, 1, 255]);
    sandbox.write("home/body.yaml", "n: 1.50\nlist: [x]\n");
    let shown = |line: &str| sandbox.run(&format!("x send {line} --dry-run")).success_silent();
    assert!(shown("--file @bytes").contains(r#"'{"file":"AAH/"}'"#), "{}", shown("--file @bytes"));
    assert!(shown("--file AAH/").contains(r#"'{"file":"AAH/"}'"#));
    let body = shown("--body @body.yaml");
    assert!(body.contains(r#"'{"n":1.50,"list":["x"]}'"#), "{body}");
    let body = shown("--body @body.yaml --n 2");
    assert!(body.contains(r#"'{"n":2,"list":["x"]}'"#), "{body}");
}

#[test]
fn files_of_the_same_plugin_belong_to_its_document() {
    let server = server();
    let sandbox = signed_in(&server);
    assert_eq!(sandbox.run("x pets --size small --page 2 -o json").code, Some(0));
    assert!(
        server.paths().iter().any(|path| path.ends_with("/x/api/pets?page=2&size=small")),
        "{:?}",
        server.paths()
    );
    assert!(heads(&server, "/paths/pets.json").iter().all(|head| !head.contains("authorization")));
    let info = sandbox.run("plugin info x").success_silent();
    assert!(info.contains("GET /lost: `lost.json` is in another document"), "{info}");
    assert!(info.contains("/lost.json: the plugin returned 404"), "{info}");
    sandbox.run("x lost").stderr_failed(2);
}

#[test]
fn the_usual_places_are_asked() {
    let document = r#"{"swagger": "2.0", "info": {"title": "X", "version": "1"}, "basePath": "/v2", "paths": {"/status": {"get": {"responses": {"200": {"description": "ok"}}}}}}"#;
    for place in [
        "/v3/api-docs",
        "/api-docs/openapi.json",
        "/swagger/v1/swagger.json",
        "/api/schema/",
        "/swagger/doc.json",
    ] {
        let server = publishing("", move |route, _| {
            let path = route.strip_prefix("GET ")?;
            match path {
                "/v2/status" => Some(Reply::Bytes(json(r#"{"ok": true}"#))),
                path if path == place => Some(Reply::Bytes(json(document))),
                _ => Some(Reply::Bytes(response("404 Not Found", "text/plain", b"no"))),
            }
        });
        let sandbox = signed_in(&server);
        assert_eq!(sandbox.run("x status -o json").json()["ok"], true, "{place}");
    }
}

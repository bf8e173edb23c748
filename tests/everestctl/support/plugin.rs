//! A server of OpenEverest with one plugin `x`, whose answers are exactly what a test wants.

use super::Sandbox;
use super::http::{Reply, Request, Server, json, response};
use std::io::{Read, Write};

/// Below what the plugin is.
pub(crate) const X: &str = "/v1/clusters/main/plugins/x";

/// A description with one command for each kind of answer.
pub(crate) const DOCUMENT: &str = r#"{"openapi": "3.1.0", "info": {"title": "X", "version": "1"}, "paths": {
    "/api/things": {
        "get": {"summary": "List things", "responses": {"200": {"content": {"application/json": {"schema": {"type": "array",
            "items": {"type": "object", "properties": {"name": {"type": "string"}, "size": {"type": "integer"}}}}}}}}},
        "post": {"summary": "Make a thing", "requestBody": {"required": true, "content": {"application/json": {"schema": {
            "type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}}}},
            "responses": {"201": {"content": {"application/json": {"schema": {"type": "object"}}}}}}},
    "/api/things/{id}": {
        "delete": {"summary": "Delete a thing", "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
            "responses": {"204": {}}}},
    "/api/text": {"get": {"summary": "Some text", "responses": {"200": {"content": {"text/plain": {"schema": {"type": "string"}}}}}}},
    "/api/blob": {"get": {"summary": "Some bytes", "responses": {"200": {"content": {"application/octet-stream": {}}}}}}
}}"#;

/// A server whose plugin `x` publishes `document`, and answers everything else as `routes` says: by the method
/// and the path below the plugin, or the whole path of what is none of the plugin.
pub(crate) fn publishing(
    document: &str,
    routes: impl Fn(&str, &Request) -> Option<Reply> + Send + Sync + 'static,
) -> Server {
    let document = document.to_owned();
    Server::start(move |request| {
        let method = request.head.split(' ').next().unwrap_or_default();
        let Some(path) = request.path.strip_prefix(X) else {
            return match request.path.as_str() {
                "/v1/clusters/main/plugins" => Reply::Bytes(json(r#"[{"name": "x", "version": "1.0.0"}]"#)),
                path => {
                    routes(&format!("{method} {path}"), request).unwrap_or_else(|| Reply::Bytes(not_found()))
                }
            };
        };
        let route = format!("{method} {path}");
        routes(&route, request).unwrap_or_else(|| {
            Reply::Bytes(if path == "/openapi.json" { json(&document) } else { not_found() })
        })
    })
}

/// The same with [`DOCUMENT`], and a sandbox that is signed in to it and has used it once.
pub(crate) fn answering(
    routes: impl Fn(&str, &Request) -> Option<Reply> + Send + Sync + 'static,
) -> (Sandbox, Server) {
    let server = publishing(DOCUMENT, routes);
    let sandbox = Sandbox::new().with_server(&server.url());
    assert_eq!(sandbox.run("x --help").code, Some(0));
    (sandbox, server)
}

pub(crate) fn not_found() -> Vec<u8> {
    response("404 Not Found", "text/plain", b"404 page not found\n")
}

/// Reads the body of the request first, then answers with these bytes; with none, the connection just ends.
pub(crate) fn after_the_body(request: &Request, bytes: Vec<u8>) -> Reply {
    let length = super::client::header(&request.head, "content-length");
    let length = length.map_or(0, |length| length.parse().unwrap());
    Reply::Connection(Box::new(move |mut stream| {
        let mut body = vec![0; length];
        if stream.read_exact(&mut body).is_ok() {
            let _ = stream.write_all(&bytes);
        }
    }))
}

/// How many requests start with `route`, as in `GET /api/things`.
pub(crate) fn count(server: &Server, route: &str) -> usize {
    let (method, path) = route.split_once(' ').unwrap();
    let start = format!("{method} {X}{path} ");
    server.requests().iter().filter(|request| request.head.starts_with(&start)).count()
}

/// The requests below the plugin's `path`.
pub(crate) fn heads(server: &Server, path: &str) -> Vec<String> {
    let path = format!("{X}{path}");
    let heads = server.requests().into_iter().filter(|request| request.path == path);
    heads.map(|request| request.head.to_ascii_lowercase()).collect()
}

//! `servers` → the path that stands before a route. Requests go to the plugin, whatever the host of a server: of its
//! address only the path counts.
//!
//! The first server of the operation counts, else of its path item, else of the document. What a document says of a
//! foreign host says nothing of this backend, unless an operation of its own says so: then it is a part of the route.
//!
//! It must not know what a route is for.

use super::schema::list;
use crate::model::CleanText;
use serde_json::{Map, Value};

/// What the servers of something say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ServerPath {
    /// There are none.
    Unsaid,
    /// Routes are below this path, which is empty or begins with a slash and ends with none.
    Below(String),
    /// It is of another host.
    Foreign(String),
    /// It has a variable without a default.
    Open(String),
}

/// What the first server of `members` says.
pub(super) fn server_path(members: &Map<String, Value>) -> ServerPath {
    let Some(server) = list(members, "servers").first() else { return ServerPath::Unsaid };
    let Some(url) = server.get("url").and_then(Value::as_str) else { return ServerPath::Unsaid };
    let variables = server.get("variables").and_then(Value::as_object);
    let url = filled(url, variables);
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = match url.split_once("://") {
        Some((_, rest)) => authority(rest),
        None => match url.strip_prefix("//") {
            Some(rest) => authority(rest),
            None => (None, url.trim_start_matches("./")),
        },
    };
    let path = without_mount(path.trim_matches('/'));
    let path = if path.is_empty() || path == "." { String::new() } else { format!("/{path}") };
    match host {
        _ if path.contains(['{', '}']) => ServerPath::Open(path),
        Some(host) if !path.is_empty() && !is_here(host) => ServerPath::Foreign(path),
        _ => ServerPath::Below(path),
    }
}

/// Host and path of what follows the scheme.
fn authority(rest: &str) -> (Option<&str>, &str) {
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    (Some(host), path)
}

/// The address with the defaults of its variables; one without a default stays as it is.
fn filled(url: &str, variables: Option<&Map<String, Value>>) -> String {
    let mut filled = url.to_owned();
    for (name, variable) in variables.into_iter().flatten() {
        let default = variable.get("default").and_then(|default| match default {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        if let Some(default) = default.filter(|default| default.len() + filled.len() < 1_000) {
            filled = filled.replacen(&format!("{{{name}}}"), &default, 1);
        }
    }
    filled
}

/// Whether a host is wherever the backend itself runs: this machine, or one that the document leaves open.
fn is_here(host: &str) -> bool {
    let name = host.rsplit('@').next().unwrap_or_default();
    let name = if name.starts_with('[') {
        name.split(']').next().unwrap_or_default().trim_start_matches('[')
    } else {
        name.split(':').next().unwrap_or_default()
    };
    name.is_empty()
        || name.contains(['{', '<'])
        || matches!(name, "localhost" | "127.0.0.1" | "0.0.0.0" | "::1")
        || name.ends_with(".localhost")
}

/// A backend that knows where OpenEverest serves it (`/v1/clusters/main/plugins/NAME`) says so; requests are sent below
/// that already.
fn without_mount(path: &str) -> &str {
    let at = match path.split('/').collect::<Vec<_>>()[..] {
        ["v1", "clusters", _, "plugins", _, ..] => 5,
        ["v1", "plugins", _, ..] => 3,
        _ => return path,
    };
    path.splitn(at + 1, '/').nth(at).unwrap_or_default()
}

/// What to say of a server whose path is not known.
pub(super) fn is_open(path: &str) -> String {
    format!("the path of its server, `{}`, has a variable without a default", CleanText::new(path))
}

/// What to say of a server that does not count.
pub(super) fn not_used(path: &str) -> String {
    format!(
        "its server is another host; requests go to the plugin, without the path `{}` of that server",
        CleanText::new(path)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_path_of_a_server_counts() {
        let path = |server: Value| server_path(json!({"servers": [server]}).as_object().unwrap());
        let of = |url: &str| path(json!({"url": url}));
        for (url, expected) in [
            ("/", ""),
            ("", ""),
            ("/api/v3", "/api/v3"),
            ("/api/v3/", "/api/v3"),
            ("v3", "/v3"),
            ("./v3", "/v3"),
            ("https://api.acme.dev", ""),
            ("http://localhost:8080/api", "/api"),
            ("//127.0.0.1/api?x=1", "/api"),
            ("{scheme}://{host}:8080/api", "/api"),
            ("/v1/clusters/main/plugins/bench/api", "/api"),
            ("/v1/plugins/bench", ""),
        ] {
            assert_eq!(of(url), ServerPath::Below(expected.to_owned()), "{url}");
        }
        assert_eq!(of("https://api.acme.dev/v2"), ServerPath::Foreign("/v2".to_owned()));
        let variables =
            json!({"version": {"default": "v4"}, "port": {"default": 80}, "host": {"default": "localhost"}});
        let server = json!({"url": "http://{host}:{port}/{version}/x", "variables": variables});
        assert_eq!(path(server), ServerPath::Below("/v4/x".to_owned()));
        assert_eq!(of("/{stage}"), ServerPath::Open("/{stage}".to_owned()));
        assert_eq!(server_path(&Map::new()), ServerPath::Unsaid);
    }
}

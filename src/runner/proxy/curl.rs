//! A request as a line of curl. It must not know how a call is sent.

use super::connection::PluginConnection;
use crate::client::plugin_request::PluginRequest;
use crate::client::request_body::{BodyPart, Field, RequestBody};
use crate::error::{Failure, exit};
use crate::model::{CleanText, quoted};

/// Where `kubectl proxy` listens.
const KUBECTL_PROXY: &str = "http://127.0.0.1:8001";

/// The request as a curl command. The token is inserted by a command, and secrets are left out. Fails for a field whose name curl
/// would read as another one with a value: it might be that of a file.
pub fn as_curl(plugin: &PluginConnection, call: &PluginRequest) -> Result<String, Failure> {
    let query = call.shown_query();
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    let server = plugin.server().trim_end_matches('/').trim_end_matches("/v1");
    // What `kubectl proxy` serves on this machine has the user's credentials for the cluster.
    let server = if plugin.is_through_kubernetes() { KUBECTL_PROXY } else { server };
    let url = format!("{server}{}{}{query}", plugin.base(), call.shown_path());
    // With `-X HEAD`, curl waits for a body.
    let method = if call.method == "HEAD" { "--head".to_owned() } else { format!("-X {}", call.method) };
    let mut words = vec!["curl".to_owned(), method, quoted(&url)];
    if call.with_token && !plugin.is_through_kubernetes() {
        words.extend(["-H".to_owned(), "\"authorization: Bearer $(everestctl auth token)\"".to_owned()]);
    }
    for (name, value) in call.shown_headers() {
        words.extend(["-H".to_owned(), quoted(&format!("{name}: {value}"))]);
    }
    if let Some((content_type, content)) = &call.body {
        if content.fields().is_empty() {
            words.extend(["-H".to_owned(), quoted(&format!("content-type: {content_type}"))]);
        }
        match call.shown.as_ref().and_then(|shown| shown.body.as_ref()) {
            Some(shown) => words.extend(["--data-binary".to_owned(), quoted(shown)]),
            None => words.extend(body_as_curl(content)?),
        }
    }
    Ok(words.join(" "))
}

/// How curl is told of a body.
fn body_as_curl(content: &RequestBody) -> Result<Vec<String>, Failure> {
    if !content.fields().is_empty() {
        if let Some(field) = content.fields().iter().find(|field| field.name.contains('=')) {
            let message = format!("curl cannot send a field named `{}`", CleanText::new(&field.name));
            return Err(Failure::new(exit::FAILURE, message));
        }
        let field = |Field { name, value, is_file, content_type }: &Field| match (is_file, content_type) {
            (false, None) => ["--form-string".to_owned(), quoted(&format!("{name}={value}"))],
            (true, None) => ["--form".to_owned(), quoted(&format!("{name}=@{value}"))],
            (true, Some(kind)) => ["--form".to_owned(), quoted(&format!("{name}=@{value};type={kind}"))],
            // In quotes it is a value, whatever it begins with.
            (false, Some(kind)) => {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"");
                ["--form".to_owned(), quoted(&format!("{name}=\"{value}\";type={kind}"))]
            }
        };
        return Ok(content.fields().iter().flat_map(field).collect());
    }
    let parts = content.parts().iter().flat_map(|part| {
        let text = match part {
            BodyPart::Bytes(bytes) => {
                return ["--data-binary".to_owned(), quoted(&String::from_utf8_lossy(bytes))];
            }
            BodyPart::File(path, _) => format!("@{}", path.display()),
            BodyPart::Input => "@-".to_owned(),
        };
        ["--data-binary".to_owned(), quoted(&text)]
    });
    Ok(parts.collect())
}

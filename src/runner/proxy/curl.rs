//! A request as a line of curl. It must not know how a call is sent.

use super::connection::PluginConnection;
use crate::client::plugin_request::PluginRequest;
use crate::client::request_body::{BodyPart, Field, RequestBody};
use crate::model::quoted;

/// The request as a curl command. The token is inserted by a command, and secrets are left out.
pub fn as_curl(plugin: &PluginConnection, call: &PluginRequest) -> String {
    let query = call.shown_query();
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    let server = plugin.server().trim_end_matches('/').trim_end_matches("/v1");
    let url = format!("{server}{}{}{query}", plugin.base(), call.shown_path());
    let mut words = vec!["curl".to_owned(), "-X".to_owned(), call.method.clone(), quoted(&url)];
    if call.with_token {
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
            None => words.extend(body_as_curl(content)),
        }
    }
    words.join(" ")
}

/// How curl is told of a body.
fn body_as_curl(content: &RequestBody) -> Vec<String> {
    if !content.fields().is_empty() {
        let field = |Field { name, value, is_file }: &Field| match is_file {
            true => ["--form".to_owned(), quoted(&format!("{name}=@{value}"))],
            false => ["--form-string".to_owned(), quoted(&format!("{name}={value}"))],
        };
        return content.fields().iter().flat_map(field).collect();
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
    parts.collect()
}

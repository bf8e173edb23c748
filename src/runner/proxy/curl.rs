//! A request as a line of curl. It must not know how a call is sent.

use super::connection::PluginConnection;
use super::input_error::InputError;
use crate::client::PluginCredential;
use crate::client::plugin_request::PluginRequest;
use crate::client::request_body::{BodyPart, Field, RequestBody};
use crate::error::Failure;
use crate::model::{CleanText, CredentialPlace, quoted};

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
    let cookies = with_cookies(call);
    for (name, value) in call.shown_headers().filter(|(name, _)| *name != "cookie" || cookies.is_none()) {
        words.extend(["-H".to_owned(), quoted(&format!("{name}: {value}"))]);
    }
    words.extend(cookies.into_iter().flat_map(|cookies| ["-H".to_owned(), cookies]));
    words.extend(call.credentials.iter().filter_map(credential_as_curl).flatten());
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

/// A credential of the plugin's own, which the shell takes from its variable.
fn credential_as_curl(credential: &PluginCredential) -> Option<[String; 2]> {
    let value = format!("\"${}\"", credential.variable);
    match &credential.place {
        CredentialPlace::Header(name) => {
            Some(["-H".to_owned(), format!("{}{value}", quoted(&format!("{}: ", name.to_ascii_lowercase())))])
        }
        CredentialPlace::Query(name) => {
            let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
            Some(["--url-query".to_owned(), format!("{}{value}", quoted(&format!("{name}=")))])
        }
        CredentialPlace::Cookie(_) => None,
    }
}

/// The header with all cookies, where one of them is a credential.
fn with_cookies(call: &PluginRequest) -> Option<String> {
    let mut own = call.shown_headers().filter(|(name, _)| *name == "cookie").map(|(_, value)| quoted(value));
    let credentials = call.credentials.iter().filter_map(|credential| match &credential.place {
        CredentialPlace::Cookie(name) => {
            Some(format!("{}\"${}\"", quoted(&format!("{name}=")), credential.variable))
        }
        _ => None,
    });
    let credentials: Vec<String> = credentials.collect();
    let all = own.next().into_iter().chain(credentials.iter().cloned()).collect::<Vec<_>>().join("'; '");
    (!credentials.is_empty()).then(|| format!("'cookie: '{all}"))
}

/// How curl is told of a body.
fn body_as_curl(content: &RequestBody) -> Result<Vec<String>, Failure> {
    if !content.fields().is_empty() {
        if let Some(field) = content.fields().iter().find(|field| field.name.contains('=')) {
            return Err(InputError::NotForCurl(CleanText::new(&field.name)).into());
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

//! `-vv`: each request and its response as lines, without a secret: method, address, status, time and headers, and of
//! bodies only how large they are.
//!
//! It must not know what is asked.

use super::Token;
use super::plugin_credential::{self, PluginCredential};
use crate::sys::trace;
use reqwest::header::HeaderMap;
use reqwest::{Request, Response, Url};
use std::time::Instant;

/// What stands where a secret is.
const HIDDEN: &str = "HIDDEN";
/// A header whose name holds one of these may be a secret.
const PRIVATE: [&str; 8] =
    ["auth", "cookie", "token", "secret", "password", "key", "signature", "credential"];
/// Of a longer header value, only so many characters are told.
const LONGEST: usize = 200;

/// What of a request may be told, where that is not all of it.
pub(super) struct Redacted<'a> {
    /// The path below the plugin as it is sent.
    pub(super) path: &'a str,
    /// The same as it may be told.
    pub(super) shown_path: &'a str,
    /// The query as it may be told.
    pub(super) shown_query: &'a str,
    /// The headers as they may be told.
    pub(super) headers: Vec<(&'a str, &'a str)>,
    /// What must not be told, wherever it comes back.
    pub(super) credentials: &'a [PluginCredential],
}

/// What is told of one request.
pub(super) struct WireLog<'c> {
    token: Option<&'c Token>,
    credentials: &'c [PluginCredential],
    start: Instant,
}

impl<'c> WireLog<'c> {
    /// Tells of `request`, which is about to be sent. What may be shown of it is in `call`, for the request of a plugin.
    pub(super) fn of_request(
        request: &Request,
        call: Option<&Redacted<'c>>,
        token: Option<&'c Token>,
    ) -> Self {
        let credentials = call.map(|call| call.credentials).unwrap_or_default();
        let log = Self { token, credentials, start: Instant::now() };
        if trace::is_on() {
            trace::line(&format!("> {} {}", request.method(), log.told(&shown(request.url(), call))));
            log.headers('>', request.headers(), call);
            match request.body().map(reqwest::Body::as_bytes) {
                Some(Some(bytes)) => trace::line(&format!("> ({} bytes)", bytes.len())),
                Some(None) => trace::line("> (a body of unknown length)"),
                None => {}
            }
        }
        log
    }

    /// Tells of the response, or that there is none.
    pub(super) fn end(self, response: Option<&Response>) {
        if !trace::is_on() {
            return;
        }
        let took = self.start.elapsed().as_millis();
        match response {
            Some(response) => {
                trace::line(&format!("< {} in {took} ms", response.status()));
                self.headers('<', response.headers(), None);
            }
            None => trace::line(&format!("< no response in {took} ms")),
        }
    }

    fn told(&self, text: &str) -> String {
        let text = self.token.map_or_else(|| text.to_owned(), |token| token.hidden_in(text));
        plugin_credential::hidden_in(&text, self.credentials)
    }

    fn headers(&self, mark: char, headers: &HeaderMap, call: Option<&Redacted<'_>>) {
        for (name, value) in headers {
            let is_private = value.is_sensitive() || PRIVATE.iter().any(|part| name.as_str().contains(part));
            let declared = call.and_then(|call| {
                call.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name.as_str()))
            });
            let value = match (is_private, declared) {
                (true, _) => HIDDEN.to_owned(),
                (false, Some((_, shown))) => self.told(shown),
                // Its query may be signed.
                (false, None) if name == "location" => {
                    let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
                    self.told(text.split('?').next().unwrap_or_default())
                }
                (false, None) => self.told(&String::from_utf8_lossy(value.as_bytes())),
            };
            let value: String = value.chars().take(LONGEST).collect();
            trace::line(&format!("{mark} {name}: {value}"));
        }
    }
}

/// The address as it may be shown: without a user, and with the path and the query that have no secrets in them.
fn shown(url: &Url, call: Option<&Redacted<'_>>) -> String {
    let mut address = url.clone();
    // An address without a host has neither.
    let _ = address.set_username("").and_then(|()| address.set_password(None));
    let is_as_made = |call: &&Redacted<'_>| url.path().ends_with(call.path);
    let Some(call) = call.filter(is_as_made) else {
        // What a redirect leads to may be signed.
        if address.query().is_some() {
            address.set_query(Some(HIDDEN));
        }
        return address.to_string();
    };
    let before = &url.path()[..url.path().len() - call.path.len()];
    let query = if call.shown_query.is_empty() { String::new() } else { format!("?{}", call.shown_query) };
    format!("{}{before}{}{query}", address.origin().ascii_serialization(), call.shown_path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_what_is_secret_in_it() {
        let url = |text: &str| Url::parse(text).unwrap();
        assert_eq!(shown(&url("https://me:pw@e.example/v1/version"), None), "https://e.example/v1/version");
        assert_eq!(shown(&url("https://s3.example/x?sig=abc"), None), "https://s3.example/x?HIDDEN");
        let call = Redacted {
            path: "/api/x/sesame",
            shown_path: "/api/x/HIDDEN",
            shown_query: "a=1&key=HIDDEN",
            headers: Vec::new(),
            credentials: &[],
        };
        let full = url("https://e.example/v1/plugins/p/api/x/sesame?a=1&key=sesame");
        assert_eq!(shown(&full, Some(&call)), "https://e.example/v1/plugins/p/api/x/HIDDEN?a=1&key=HIDDEN");
    }
}

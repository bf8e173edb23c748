//! An OpenEverest server.

use super::answer::{ACCEPTED, ResponseBody};
use super::http_client::HttpClient;
use super::network_error::Explanation;
use super::rate_limit::RateLimiter;
use super::target::{MOST_REDIRECTS, is_redirect};
use super::{Address, ClientError, Token, TokenSource, Transport, transport};
use crate::model::{CleanText, harmless, limits};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, ETAG, IF_NONE_MATCH, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode, Url};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// The longest pause that a server can ask for with `Retry-After` and get.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A connection to one OpenEverest server.
#[derive(Debug)]
pub struct ApiClient {
    client: HttpClient,
    address: Address,
    credentials: Arc<dyn TokenSource>,
    pace: RateLimiter,
}

/// What the server answered to a question.
#[derive(Debug)]
pub enum ConditionalResponse {
    /// A body, with its `ETag`.
    Body(Vec<u8>, Option<String>),
    /// Nothing has changed since the `ETag` that we showed.
    NotModified,
}

impl ApiClient {
    /// Prepares a connection; nothing is sent yet.
    pub fn new(
        address: Address,
        credentials: Arc<dyn TokenSource>,
        transport: &Transport,
    ) -> Result<Self, ClientError> {
        Ok(Self { client: transport.client(&address)?, address, credentials, pace: RateLimiter::new() })
    }

    pub(super) fn client(&self) -> &HttpClient {
        &self.client
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    pub(super) fn credentials(&self) -> &Arc<dyn TokenSource> {
        &self.credentials
    }

    pub(super) fn pace(&self) -> &RateLimiter {
        &self.pace
    }

    /// Asks for the path made of `segments`, below `/v1`.
    ///
    /// A server that says 429 is asked once more, after the pause that it wants; one that refuses the token,
    /// once more with another.
    pub async fn get(
        &self,
        segments: &[&str],
        etag: Option<&str>,
    ) -> Result<ConditionalResponse, ClientError> {
        let mut url = self.address.below(&[&["v1"], segments].concat());
        let credentials = Arc::clone(&self.credentials);
        let token = aside(move || credentials.token()).await?;
        let mut response = self.send(&url, etag, &token).await?;
        for step in 0.. {
            let Some(next) = self.next(&url, &response)? else { break };
            if step == MOST_REDIRECTS {
                return Err(ClientError::Circles);
            }
            url = next;
            response = self.send(&url, etag, &token).await?;
        }
        if response.status() == StatusCode::TOO_MANY_REQUESTS
            && let Some(pause) = pause(&response)
        {
            tokio::time::sleep(pause).await;
            response = self.send(&url, etag, &token).await?;
        }
        if response.status() == StatusCode::UNAUTHORIZED {
            let credentials = Arc::clone(&self.credentials);
            if let Some(other) = aside(move || credentials.renewed(&token)).await? {
                response = self.send(&url, etag, &other).await?;
            }
        }
        let status = response.status();
        if status == StatusCode::NOT_MODIFIED && etag.is_some() {
            return Ok(ConditionalResponse::NotModified);
        }
        let etag = response.headers().get(ETAG).and_then(|value| value.to_str().ok()).map(str::to_owned);
        if status.is_success() {
            return Ok(ConditionalResponse::Body(
                without_mark(ResponseBody::new(response).json(limits::SERVER).await?),
                etag,
            ));
        }
        let body = ResponseBody::new(response).refusal().await;
        Err(ClientError::Status { status: status.as_u16(), message: message(&body), more: Box::default() })
    }

    /// Whether it is the server that does not take `token` any more. A backend's own 401 says nothing of that, and looks
    /// the same: so the server is asked for something of its own. In doubt it is not: then nothing is sent twice.
    pub(super) async fn refuses(&self, token: &Token) -> bool {
        let url = self.address.below(&["v1", "version"]);
        let answer = self.send(&url, None, token).await;
        answer.is_ok_and(|response| response.status() == StatusCode::UNAUTHORIZED)
    }

    /// Where the server sends the question, which stays on it.
    fn next(&self, url: &Url, response: &Response) -> Result<Option<Url>, ClientError> {
        if !is_redirect(response.status().as_u16()) {
            return Ok(None);
        }
        let place = response.headers().get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let Some(place) = place.as_deref() else {
            return Err(ClientError::Redirected(CleanText::new("nowhere")));
        };
        let next =
            url.join(place).ok().filter(|next| self.address.is_origin_of(next) && next.username().is_empty());
        next.map_or_else(|| Err(ClientError::Redirected(CleanText::new(place))), |next| Ok(Some(next)))
    }

    async fn send(&self, url: &Url, etag: Option<&str>, token: &Token) -> Result<Response, ClientError> {
        let _turn = self.pace.turn().await;
        let request = self.client.request(Method::GET, url.clone()).header(ACCEPT, "application/json");
        let request = request.header(ACCEPT_ENCODING, ACCEPTED);
        let mut request = request.timeout(transport::REQUEST);
        if let Some(header) = token.header_for(url) {
            request = request.header(AUTHORIZATION, header);
        }
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        self.client.send(request).await
    }
}

/// Runs what may block: waiting for another process, a renewal.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ClientError> + Send + 'static,
) -> Result<T, ClientError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(ClientError::no_network(&error)))
}

/// How long the server wants us to wait, if that is bearable.
pub(super) fn pause(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds)).filter(|pause| *pause <= LONGEST_PAUSE)
}

/// A byte-order mark before JSON broke pipelines world-wide once (azure-cli issue 28321).
fn without_mark(mut body: Vec<u8>) -> Vec<u8> {
    if body.starts_with(b"\xef\xbb\xbf") {
        body.drain(..3);
    }
    body
}

/// What the fields of an error body say: upstream's `message` and `error`, FastAPI's `detail`, the `title` and
/// `errors` of RFC 9457.
fn message_of(fields: &serde_json::Map<String, Value>) -> Option<String> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let first =
        text("message").or_else(|| text("error")).or_else(|| text("detail")).or_else(|| text("title"));
    let listed = ["detail", "errors"].into_iter().find_map(|name| fields.get(name)?.as_array());
    let each = listed.into_iter().flatten().take(20).filter_map(|error| {
        let said = ["msg", "message"].into_iter().find_map(|name| error.get(name)?.as_str())?;
        let place = match error.get("loc").or_else(|| error.get("location")) {
            Some(Value::Array(steps)) => steps
                .iter()
                .map(|step| step.as_str().map_or_else(|| step.to_string(), str::to_owned))
                .collect::<Vec<_>>()
                .join("."),
            Some(Value::String(place)) => place.clone(),
            _ => return Some(said.to_owned()),
        };
        Some(format!("{place}: {said}"))
    });
    let each = each.collect::<Vec<_>>().join("; ");
    match (first, each.is_empty()) {
        (Some(first), true) => Some(first),
        (Some(first), false) => Some(format!("{first} ({each})")),
        (None, false) => Some(each),
        (None, true) => None,
    }
}

/// What an error body says: a known field of JSON, or short plain text. HTML says nothing.
pub(super) fn message(body: &[u8]) -> Option<CleanText> {
    if let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(body) {
        return message_of(&fields).and_then(|text| CleanText::non_empty(&text));
    }
    let text = std::str::from_utf8(body).ok()?.trim();
    if text.starts_with('<') || text.len() > 200 { None } else { CleanText::non_empty(text) }
}

/// What an error body says beside its message: `detail`, where it is not a message itself, and `hint`.
pub(super) fn explanation(body: &[u8]) -> Explanation {
    /// No explanation has more lines, or more characters in one.
    const LINES: usize = 20;
    const LONGEST: usize = 300;
    let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(body) else {
        return Explanation::default();
    };
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let has_message = text("message").or_else(|| text("error")).is_some();
    let lines: Vec<String> = text("detail")
        .filter(|_| has_message)
        .into_iter()
        .flat_map(str::lines)
        .take(LINES)
        .map(|line| harmless(line).trim_end().chars().take(LONGEST).collect())
        .collect();
    let detail = lines.join("\n").trim_end().to_owned();
    Explanation {
        detail: (!detail.is_empty()).then_some(detail),
        hint: text("hint").and_then(CleanText::non_empty),
    }
}

/// What a body is that should have been JSON.
pub fn what_it_is(body: &[u8]) -> &'static str {
    let start = body.trim_ascii_start();
    match start.first() {
        None => "empty",
        Some(b'<') => "an HTML page",
        Some(b'{' | b'[') => "damaged",
        Some(_) => "something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explanation_keeps_its_lines_and_nothing_harmful() {
        let more = |body: &str| explanation(body.as_bytes());
        let said = more(r#"{"error":"no","detail":"LINE 1: a\u001b[2J\n        ^\n","hint":"do\nthis"}"#);
        assert_eq!(said.detail.as_deref(), Some("LINE 1: a[2J\n        ^"));
        assert_eq!(said.hint.as_ref().map(CleanText::as_str), Some("do this"));
        let long = more(&format!(r#"{{"error":"no","detail":"{}"}}"#, r"x\n".repeat(1000)));
        assert_eq!(long.detail.map(|detail| detail.lines().count()), Some(20));
        // Where it is the message itself, it is not said twice.
        for body in [r#"{"detail":"Not Found"}"#, r#"{"error":"no","detail":[{"msg":"x"}]}"#, "no", ""] {
            assert_eq!(more(body), Explanation::default());
        }
    }

    #[test]
    fn all_error_shapes_of_the_reference() {
        let said = |body: &str| message(body.as_bytes()).map(|line| line.to_string());
        assert_eq!(
            said(r#"{"message":"insufficient permissions"}"#).as_deref(),
            Some("insufficient permissions")
        );
        assert_eq!(said(r#"{"error":"plugin not found: x"}"#).as_deref(), Some("plugin not found: x"));
        assert_eq!(said("404 page not found\n").as_deref(), Some("404 page not found"));
        assert_eq!(said(r#"{"detail":"Not Found"}"#).as_deref(), Some("Not Found"));
        assert_eq!(
            said(r#"{"detail":[{"loc":["query","limit"],"msg":"not an integer","type":"x"}]}"#).as_deref(),
            Some("query.limit: not an integer")
        );
        assert_eq!(
            said(
                r#"{"title":"Unprocessable","errors":[{"message":"expected number","location":"query.n"}]}"#
            )
            .as_deref(),
            Some("Unprocessable (query.n: expected number)")
        );
        assert_eq!(said("<!DOCTYPE html><p>no"), None);
        assert_eq!(said(""), None);
        assert_eq!(said("{\"message\":\"a\\u001b[31mb\"}").as_deref(), Some("a[31mb"));
    }

    #[test]
    fn a_byte_order_mark_is_dropped() {
        assert_eq!(without_mark(b"\xef\xbb\xbf[]".to_vec()), b"[]");
    }
}

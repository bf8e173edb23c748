//! An OpenEverest server.

use super::answer::{ACCEPTED, ResponseBody};
use super::error_body::message;
use super::http_client::HttpClient;
use super::kubernetes::ClusterClient;
use super::rate_limit::RateLimiter;
use super::target::{MOST_REDIRECTS, is_redirect};
use super::{Address, ClientError, Token, TokenSource, Transport, transport};
use crate::model::{CleanText, limits};
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, DATE, ETAG, IF_NONE_MATCH, LOCATION, RETRY_AFTER,
};
use reqwest::{Method, Response, StatusCode, Url};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The longest pause that a server can ask for with `Retry-After` and get.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A connection to one OpenEverest server.
#[derive(Debug)]
pub struct ApiClient {
    client: HttpClient,
    address: Address,
    /// The user's session; none with a cluster, whose connection has its own.
    credentials: Option<Arc<dyn TokenSource>>,
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
        let client = transport.client(&address)?;
        Ok(Self { client, address, credentials: Some(credentials), pace: RateLimiter::new() })
    }

    /// The same for the services of a cluster, by way of its API server.
    pub fn for_cluster(cluster: ClusterClient) -> Self {
        let address = cluster.address();
        let client = HttpClient::Cluster(cluster, reqwest::Client::new());
        Self { client, address, credentials: None, pace: RateLimiter::new() }
    }

    /// Whether it is the API server of a cluster.
    pub(super) fn is_cluster(&self) -> bool {
        matches!(self.client, HttpClient::Cluster(..))
    }

    pub(super) fn client(&self) -> &HttpClient {
        &self.client
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    pub(super) fn credentials(&self) -> Option<&Arc<dyn TokenSource>> {
        self.credentials.as_ref()
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
        let credentials = self.credentials.as_ref().ok_or(ClientError::NoSession)?;
        let source = Arc::clone(credentials);
        let token = aside(move || source.token()).await?;
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
            let credentials = Arc::clone(credentials);
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
                super::without_mark(&ResponseBody::new(response).json(limits::SERVER).await?).to_vec(),
                etag,
            ));
        }
        let body = ResponseBody::new(response).refusal().await;
        Err(ClientError::Status { status: status.as_u16(), message: message(&body), more: Box::default() })
    }

    /// What time it is for the server, which says so in every answer.
    pub async fn date(&self) -> Option<SystemTime> {
        let credentials = Arc::clone(self.credentials.as_ref()?);
        let token = aside(move || credentials.token()).await.ok()?;
        let response = self.send(&self.address.below(&["v1", "version"]), None, &token).await.ok()?;
        httpdate(response.headers().get(DATE)?.to_str().ok()?)
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
        self.client.send(request, None, Some(token)).await
    }
}

/// A date of HTTP (RFC 9110, 5.6.7).
fn httpdate(text: &str) -> Option<SystemTime> {
    let moment =
        jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.replace("GMT", "+0000")).ok()?;
    Some(moment.into())
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

/// What a body is that should have been JSON.
pub fn what_it_is(body: &[u8]) -> &'static str {
    let start = super::without_mark(body).trim_ascii_start();
    match start.first() {
        None => "empty",
        Some(b'<') => "an HTML page",
        Some(b'{' | b'[') => "damaged",
        Some(_) => "something else",
    }
}

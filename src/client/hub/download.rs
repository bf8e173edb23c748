//! Getting a document that everybody may read: no session, no token, and redirects wherever https leads.
//!
//! It must not know what the document says.

use crate::client::answer::{ACCEPTED, ResponseBody};
use crate::client::api_client::ConditionalResponse;
use crate::client::error_body::message;
use crate::client::target::{MOST_REDIRECTS, is_redirect};
use crate::client::{Address, ClientError, Transport, transport};
use crate::model::CleanText;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, ETAG, IF_NONE_MATCH, LOCATION};
use reqwest::{Method, Response, StatusCode, Url};

/// Gets the document at `url`, of at most `limit` bytes, unless it is still the one with this `ETag`.
pub async fn document(
    url: &str,
    transport: &Transport,
    etag: Option<&str>,
    limit: usize,
) -> Result<ConditionalResponse, ClientError> {
    let mut place = checked(url, transport)?;
    let mut response = ask(&place, transport, etag).await?;
    for step in 0.. {
        if !is_redirect(response.status().as_u16()) {
            break;
        }
        if step == MOST_REDIRECTS {
            return Err(ClientError::Circles);
        }
        let next = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let next = next.and_then(|next| place.join(next).ok());
        let next = next.ok_or_else(|| ClientError::Redirected(CleanText::new("nowhere")))?;
        // What came by https does not go on without it.
        if place.scheme() == "https" && next.scheme() != "https" {
            return Err(ClientError::Redirected(CleanText::new(next.as_str())));
        }
        place = checked(next.as_str(), transport)?;
        response = ask(&place, transport, etag).await?;
    }
    let status = response.status();
    if status == StatusCode::NOT_MODIFIED && etag.is_some() {
        return Ok(ConditionalResponse::NotModified);
    }
    let etag = response.headers().get(ETAG).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if status.is_success() {
        let body = ResponseBody::new(response).whole(limit).await?;
        return Ok(ConditionalResponse::Body(crate::client::without_mark(&body).to_vec(), etag));
    }
    let body = ResponseBody::new(response).refusal().await;
    Err(ClientError::Status { status: status.as_u16(), message: message(&body), more: Box::default() })
}

/// The URL of a public document. Plain http is for this machine: on the way, anybody could put something else in its place.
pub fn checked(url: &str, transport: &Transport) -> Result<Url, ClientError> {
    let bad = |why: &str| ClientError::BadAddress { address: CleanText::new(url), why: why.to_owned() };
    let parsed = Url::parse(url).map_err(|_| bad("expected a URL like https://example.com/index.json"))?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        let address =
            CleanText::new(&format!("{}://…@{}", parsed.scheme(), parsed.host_str().unwrap_or_default()));
        return Err(ClientError::BadAddress {
            address,
            why: "it must not contain a user name or password".to_owned(),
        });
    }
    let address = Address::new(url, true)?;
    if !address.is_https() && !address.is_loopback() && !transport.allow_http {
        return Err(bad("plain http is allowed for this machine only (use --allow-http to allow it)"));
    }
    Ok(parsed)
}

async fn ask(url: &Url, transport: &Transport, etag: Option<&str>) -> Result<Response, ClientError> {
    let client = transport.client(&Address::new(url.as_str(), true)?)?;
    let request = client.request(Method::GET, url.clone()).timeout(transport::REQUEST);
    let mut request = request.header(ACCEPT, "application/json").header(ACCEPT_ENCODING, ACCEPTED);
    if let Some(etag) = etag {
        request = request.header(IF_NONE_MATCH, etag);
    }
    client.send(request, None, None).await
}

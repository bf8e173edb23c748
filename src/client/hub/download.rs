//! Getting a document that everybody may read: no session, no token, and redirects wherever https leads.
//!
//! It must not know what the document says.

use crate::client::answer::{ACCEPTED, ResponseBody};
use crate::client::api_client::ConditionalResponse;
use crate::client::download::{self, Downloader};
use crate::client::{Address, ClientError, Transport};
use crate::model::CleanText;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH};
use reqwest::{StatusCode, Url};

/// Gets the document at `url`, of at most `limit` bytes, unless it is still the one with this `ETag`.
pub async fn document(
    url: &str,
    transport: &Transport,
    etag: Option<&str>,
    limit: usize,
) -> Result<ConditionalResponse, ClientError> {
    let url = checked(url, transport)?;
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED));
    headers.extend(etag.and_then(|etag| Some((IF_NONE_MATCH, HeaderValue::from_str(etag).ok()?))));
    let response = Downloader::new(transport.clone()).get_with(&url, &headers, None).await?;
    let status = response.status();
    if status == StatusCode::NOT_MODIFIED && etag.is_some() {
        return Ok(ConditionalResponse::NotModified);
    }
    if !status.is_success() {
        return Err(download::refusal(response).await);
    }
    let etag = response.headers().get(ETAG).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = ResponseBody::new(response).whole(limit).await?;
    Ok(ConditionalResponse::Body(crate::client::without_mark(&body).to_vec(), etag))
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

//! A file from an address that the user names: any server, not only the one that somebody is signed in to.
//!
//! It must not know what the file is for, and never sends the token of a session.

use super::answer::ResponseBody;
use super::api_client::pause;
use super::error_body::message;
use super::target::{MOST_REDIRECTS, is_redirect};
use super::{Address, ClientError, NetworkError, Transport, transport, within};
use crate::model::CleanText;
use crate::model::limits::Excess;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, Response, StatusCode, Url};

/// Gets files.
#[derive(Clone, Debug)]
pub struct Downloader {
    transport: Transport,
}

impl Downloader {
    /// One that reaches servers by `transport`.
    pub fn new(transport: Transport) -> Self {
        Self { transport }
    }

    /// The file at `url`, of at most `limit` bytes.
    pub async fn file(&self, url: &Url, limit: usize) -> Result<Vec<u8>, ClientError> {
        let response = self.get(url, None, None).await?;
        if !response.status().is_success() {
            return Err(refusal(response).await);
        }
        whole(response, limit).await
    }

    /// The response to a GET of `url`, whatever its status; redirections are followed. What proves who the user is
    /// goes to the origin of `url` only. A server that says 429 is asked once more, after the pause that it wants.
    pub(super) async fn get(
        &self,
        url: &Url,
        accept: Option<&'static str>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, ClientError> {
        let mut headers = HeaderMap::new();
        headers.extend(accept.map(|accept| (ACCEPT, HeaderValue::from_static(accept))));
        self.get_with(url, &headers, authorization).await
    }

    /// The same with these `headers`, which go wherever a redirection leads.
    pub(super) async fn get_with(
        &self,
        url: &Url,
        headers: &HeaderMap,
        authorization: Option<&HeaderValue>,
    ) -> Result<Response, ClientError> {
        let mut place = url.clone();
        let mut has_waited = false;
        let mut redirects = 0;
        loop {
            let mut headers = headers.clone();
            let is_at_home = place.origin() == url.origin();
            headers.extend(authorization.filter(|_| is_at_home).map(|value| (AUTHORIZATION, value.clone())));
            let response = self.send(Method::GET, &place, headers, None).await?;
            let status = response.status();
            if status == StatusCode::TOO_MANY_REQUESTS && !has_waited {
                let Some(pause) = pause(&response) else { return Ok(response) };
                has_waited = true;
                tokio::time::sleep(pause).await;
            } else if is_redirect(status.as_u16()) {
                redirects += 1;
                if redirects > MOST_REDIRECTS {
                    return Err(ClientError::Circles);
                }
                place = next(&place, &response)?;
            } else {
                return Ok(response);
            }
        }
    }

    /// Sends one request.
    pub(super) async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: Option<Vec<u8>>,
    ) -> Result<Response, ClientError> {
        let client = self.transport.client(&self.address(url)?)?;
        let mut request = client.request(method, url.clone()).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = within(transport::REQUEST, client.send(request, None, None)).await;
        answer.unwrap_or(Err(ClientError::Network(NetworkError::TimedOut)))
    }

    /// The server of `url`, if it may be asked.
    fn address(&self, url: &Url) -> Result<Address, ClientError> {
        let address = Address::new(&url[..url::Position::BeforePath], true)?;
        if !address.is_https() && !address.is_loopback() && !self.transport.allow_http {
            let why = "plain http is allowed for this machine only, because others could change the file on its way (use --allow-http to allow it)";
            return Err(ClientError::BadAddress {
                address: CleanText::new(url.as_str()),
                why: why.to_owned(),
            });
        }
        Ok(address)
    }
}

/// The body of `response` as it came over the wire, of at most `limit` bytes. A server that is silent for a minute is given up.
pub(super) async fn whole(response: Response, limit: usize) -> Result<Vec<u8>, ClientError> {
    let mut content = Vec::new();
    let mut is_whole = true;
    let take = &mut |piece: &[u8]| {
        is_whole = content.len() + piece.len() <= limit;
        content.extend_from_slice(if is_whole { piece } else { &[] });
        is_whole
    };
    in_pieces(response, take).await?;
    if is_whole { Ok(content) } else { Err(ClientError::Excess(Excess::Bytes(limit))) }
}

/// Hands the body of `response` over as it comes, until `take` wants no more.
pub(super) async fn in_pieces(
    response: Response,
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> Result<(), ClientError> {
    let mut body = ResponseBody::as_sent(response);
    loop {
        let piece = within(transport::REQUEST, body.chunk()).await;
        match piece.unwrap_or(Err(ClientError::Network(NetworkError::TimedOut)))? {
            Some(piece) if take(&piece) => {}
            Some(_) | None => return Ok(()),
        }
    }
}

/// What a response means that is not the file.
pub(super) async fn refusal(response: Response) -> ClientError {
    let status = response.status().as_u16();
    let body = ResponseBody::new(response).refusal().await;
    ClientError::Status { status, message: message(&body), more: Box::default() }
}

fn next(place: &Url, response: &Response) -> Result<Url, ClientError> {
    let given = response.headers().get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let given = given.unwrap_or_default();
    let redirected = |why: &'static str| ClientError::NotFollowed {
        naming: super::target::Naming::Redirect(response.status().as_u16()),
        place: CleanText::new(&given),
        why,
    };
    let next = place.join(&given).map_err(|_| redirected("it is not a URL"))?;
    if place.scheme() == "https" && next.scheme() != "https" {
        return Err(redirected("it is not encrypted"));
    }
    Ok(next)
}

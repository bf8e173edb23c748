//! The OpenEverest API, asked without everestctl: in a container nobody can be called back, and the environment has the address
//! and a token.

use crate::{Context, Error, Request, Response};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Client, Method, Url};
use std::time::Duration;
use tokio::runtime::Builder;

/// How long the server may take for a response.
const LONGEST: Duration = Duration::from_secs(20);
/// The largest response, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

/// Sends it; gives the response, whatever its status. It must not be called within an asynchronous runtime.
pub(crate) fn request(context: &Context, request: &Request) -> Result<Response, Error> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Error::new("could not start").because(error))?.block_on(send(context, request))
}

async fn send(context: &Context, request: &Request) -> Result<Response, Error> {
    let host = context.host.as_deref().ok_or_else(|| {
        Error::new("no OpenEverest server is configured").hint("everestctl auth login --server URL")
    })?;
    let api: Url =
        host.parse().map_err(|_| Error::new("the address of the OpenEverest server is not valid"))?;
    if !matches!(api.scheme(), "http" | "https") || api.cannot_be_a_base() {
        return Err(Error::new("the address of the OpenEverest server is neither http nor https"));
    }
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let base = api.path().trim_end_matches('/');
    let base = base.strip_suffix("/v1").unwrap_or(base);
    let mut url = api.clone();
    url.set_path(&[base, path].concat());
    if !url.path().starts_with(&[base, "/v1/"].concat()) {
        return Err(Error::usage("the path is not one of the OpenEverest API: it begins with /v1/"));
    }
    url.set_query(Some(query).filter(|query| !query.is_empty()));
    let token = context
        .token
        .as_ref()
        .ok_or_else(|| Error::new("not signed in").hint("everestctl auth login").with_code(4))?;
    let mut caller = HeaderValue::from_str(&["Bearer ", token.as_str()].concat())
        .map_err(|_| Error::new("the token in EVEREST_TOKEN is not valid"))?;
    caller.set_sensitive(true);
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| Error::usage("the method of the request is not valid"))?;
    // The address may have a password in it, which no message shows.
    let gone = |error: &reqwest::Error| {
        let why = if error.is_timeout() { "timed out" } else { "is not reachable" };
        Error::new(format!("the OpenEverest API {why}"))
    };
    let mut builder = client(&api)?.request(method, url);
    for (name, value) in &request.headers {
        let name: HeaderName = name.parse().map_err(|_| Error::usage("the name of a header is not valid"))?;
        builder = builder.header(name, value);
    }
    let sent = builder.header(AUTHORIZATION, caller).body(request.body.clone()).send().await;
    let mut answer = sent.map_err(|error| gone(&error))?;
    let text = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers = answer.headers().iter().filter_map(text).collect();
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| gone(&error))? {
        if body.len() + piece.len() > LARGEST {
            return Err(Error::new("the response of the OpenEverest API is too large"));
        }
        body.extend_from_slice(&piece);
    }
    Ok(Response { status: answer.status().as_u16(), headers, body })
}

/// A token goes to the server and nowhere else.
fn client(api: &Url) -> Result<Client, Error> {
    let mut builder = Client::builder().timeout(LONGEST).redirect(reqwest::redirect::Policy::none());
    if api.scheme() == "http" {
        // Without a certificate store it would not even speak plain http.
        builder = builder.tls_certs_only([]).no_proxy();
    }
    builder.build().map_err(|error| Error::new("could not prepare the connection").because(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_out_of_the_api_is_not_sent() {
        let variables = [("EVEREST_HOST", "http://127.0.0.1:1/base/v1"), ("EVEREST_TOKEN", "sesame")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let context = Context::from_variables(variables);
        let said = |path: &str| request(&context, &Request::get(path).to_server()).unwrap_err().to_string();
        for path in ["/api/x", "/v1/../x", "/v1/%2e%2e/x", "/v1"] {
            assert!(said(path).starts_with("the path is not one of"), "{path}: {}", said(path));
        }
        assert_eq!(said("/v1/version"), "the OpenEverest API is not reachable");
    }
}

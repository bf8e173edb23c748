//! What carries a request: reqwest, and the proxy that it goes through, for what is said when something goes wrong.
//!
//! It must not know what a request means.

use super::network_error::network;
use super::proxy::Proxy;
use super::{ClientError, NetworkError};
use crate::model::CleanText;
use reqwest::{Method, RequestBuilder, Response, Url};

/// A client for one server.
#[derive(Clone, Debug)]
pub(super) struct HttpClient {
    client: reqwest::Client,
    proxy: Option<Proxy>,
}

impl HttpClient {
    /// A client whose requests go through `proxy`.
    pub(super) fn new(client: reqwest::Client, proxy: Option<Proxy>) -> Self {
        Self { client, proxy }
    }

    /// A request to be completed and sent.
    pub(super) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends it.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        request.send().await.map_err(|error| match (&self.proxy, network(&error)) {
            (Some(proxy), ClientError::Network(fault)) if error.is_connect() => {
                ClientError::Network(of_proxy(proxy, fault))
            }
            (_, error) => error,
        })
    }
}

/// What went wrong while connecting through a proxy. Behind it only TLS is the server's own: that a name is unknown or a
/// connection refused can be said of the proxy alone.
pub(super) fn of_proxy(proxy: &Proxy, fault: NetworkError) -> NetworkError {
    if fault.is_of_tls() {
        return fault;
    }
    let fault = match &fault {
        NetworkError::Other(text) => match text.as_str() {
            "tunnel error: proxy authorization required" => {
                words("407 (proxy authentication required): it wants a user name and a password")
            }
            "tunnel error: unsuccessful" => words("it refused to connect to the server"),
            "tunnel error: unexpected end of file" => NetworkError::Broken,
            _ => fault,
        },
        _ => fault,
    };
    NetworkError::Proxy { proxy: CleanText::new(&proxy.to_string()), fault: Box::new(fault) }
}

fn words(text: &str) -> NetworkError {
    NetworkError::Other(CleanText::new(text))
}

//! What carries a request: reqwest, and the proxy that it goes through, for what is said when something goes wrong.
//!
//! It must not know what a request means.

use super::ClientError;
use super::network_error::network;
use super::proxy::Proxy;
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
                ClientError::Network(fault.through(proxy))
            }
            (_, error) => error,
        })
    }
}

//! What carries a request: reqwest, and the proxy that it goes through, for what is said when something goes wrong; or the
//! connection to a cluster.
//!
//! It must not know what a request means.

use super::ClientError;
use super::kubernetes::ClusterClient;
use super::network_error::network;
use super::proxy::Proxy;
use reqwest::{Method, RequestBuilder, Response, Url};

/// A client for one server.
#[derive(Clone, Debug)]
pub(super) enum HttpClient {
    /// Through reqwest.
    Direct(reqwest::Client, Option<Proxy>),
    /// To the API server of a cluster. The other only makes requests.
    Cluster(ClusterClient, reqwest::Client),
}

impl HttpClient {
    /// A client whose requests go through `proxy`.
    pub(super) fn new(client: reqwest::Client, proxy: Option<Proxy>) -> Self {
        Self::Direct(client, proxy)
    }

    /// A request to be completed and sent.
    pub(super) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let (Self::Direct(client, _) | Self::Cluster(_, client)) = self;
        client.request(method, url)
    }

    /// Sends it.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, ClientError> {
        let proxy = match self {
            Self::Direct(_, proxy) => proxy,
            Self::Cluster(cluster, _) => {
                return cluster.execute(request.build().map_err(|error| network(&error))?).await;
            }
        };
        request.send().await.map_err(|error| match (proxy, network(&error)) {
            (Some(proxy), ClientError::Network(fault)) if error.is_connect() => {
                ClientError::Network(fault.through(proxy))
            }
            (_, error) => error,
        })
    }
}

//! What carries a request: reqwest, and the proxy that it goes through, for what is said when something goes wrong; or the
//! connection to a cluster.
//!
//! It must not know what a request means.

use super::kubernetes::ClusterClient;
use super::network_error::network;
use super::proxy::Proxy;
use super::wire_log::{Redacted, WireLog};
use super::{ClientError, Token};
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

    /// Sends it. What may be told of it is in `call`, for the request of a plugin, and never `token`.
    pub(super) async fn send<'c>(
        &self,
        request: RequestBuilder,
        call: Option<&Redacted<'c>>,
        token: Option<&'c Token>,
    ) -> Result<Response, ClientError> {
        let request = request.build().map_err(|error| network(&error))?;
        let told = WireLog::of_request(&request, call, token);
        let answer = match self {
            Self::Direct(client, proxy) => {
                client.execute(request).await.map_err(|error| match (proxy, network(&error)) {
                    (Some(proxy), ClientError::Network(fault)) if error.is_connect() => {
                        ClientError::Network(fault.through(proxy))
                    }
                    (_, error) => error,
                })
            }
            Self::Cluster(cluster, _) => cluster.execute(request).await,
        };
        told.end(answer.as_ref().ok());
        answer
    }
}

//! A Kubernetes API server.

use super::answer::{ACCEPTED, ResponseBody};
use super::cluster_connector::{self, ConnectionPatience, Send};
use super::kubeconfig::{Credentials, NoWay};
use super::network_error::network;
use super::proxy::Proxy;
use super::timed_body::TimedBody;
use super::{Address, ClientError, NetworkError, USER_AGENT};
use crate::model::{CleanText, limits};
use crate::sys::process;
use http_body_util::BodyExt as _;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue,
    USER_AGENT as USER_AGENT_HEADER,
};
use reqwest::{Body, Method, Request, Response, StatusCode, Url};
use serde::Deserialize;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;

/// The methods that an API server passes on to a Service.
const PASSED_ON: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

pub use super::kubeconfig::{HelperError, KubeconfigAccess, KubeconfigError};

/// Why a cluster gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The kubeconfig.
    #[error(transparent)]
    Kubeconfig(#[from] KubeconfigError),
    /// The program that gets the credentials failed.
    #[error("credential helper of the kubeconfig {0}")]
    Helper(HelperError),
    /// The connection or the answer.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl From<NoWay> for ClusterError {
    fn from(error: NoWay) -> Self {
        match error {
            NoWay::Kubeconfig(error) => Self::Kubeconfig(error),
            NoWay::Helper(error) => Self::Helper(error),
            NoWay::Client(error) => Self::Client(error),
        }
    }
}

/// A connection to one Kubernetes API server, as the user of a kubeconfig.
#[derive(Clone)]
pub struct ClusterClient {
    send: Send,
    address: Url,
    credentials: Credentials,
    proxy: Option<Proxy>,
}

impl KubeconfigAccess {
    /// Prepares a connection, which may run a credential helper or renew a token. `timeout` is for connecting and for each
    /// silence of the server.
    pub async fn connect(&self, timeout: Duration) -> Result<ClusterClient, ClusterError> {
        self.connect_with_silence(timeout, timeout).await
    }

    /// The same, where the server may be silent for `silence`, as when nothing happens during a watch.
    pub async fn connect_with_silence(
        &self,
        timeout: Duration,
        silence: Duration,
    ) -> Result<ClusterClient, ClusterError> {
        self.connect_with(ConnectionPatience { connect: timeout, silence: Some(silence) }).await
    }

    /// The same, where each request says itself how long it may take.
    pub async fn connect_for_streams(&self, timeout: Duration) -> Result<ClusterClient, ClusterError> {
        self.connect_with(ConnectionPatience { connect: timeout, silence: None }).await
    }

    async fn connect_with(&self, patience: ConnectionPatience) -> Result<ClusterClient, ClusterError> {
        process::leave_no_core();
        let (way, credentials) = self.way(patience.connect).await?;
        let send = cluster_connector::sender(&way, patience)?;
        Ok(ClusterClient { send, address: way.address, credentials, proxy: way.proxy })
    }
}

impl ClusterClient {
    /// kube's own client, for what a watch needs of it.
    pub fn into_inner(self) -> kube::Client {
        let service = tower::service_fn(move |request: http::Request<kube::client::Body>| {
            let client = self.clone();
            async move {
                // The requests of a watch have no body to speak of.
                let (mut head, body) = request.into_parts();
                let body = body.collect().await?.to_bytes();
                let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
                head.uri = client.below(path).as_str().parse()?;
                let request = http::Request::from_parts(head, body.into());
                Ok::<_, tower::BoxError>(client.send(request, Answering::ApiServer).await?)
            }
        });
        kube::Client::new(service, "default")
    }

    /// Asks for `path` and gives the body, at most 32 MiB.
    pub async fn get(&self, path: &str) -> Result<Vec<u8>, ClusterError> {
        self.request(http::Request::get(self.below(path).as_str()), Body::default()).await
    }

    /// Changes the resource at `path` by a patch of the kind `content_type`, and gives what it became.
    pub async fn patch(
        &self,
        path: &str,
        content_type: &str,
        patch: Vec<u8>,
    ) -> Result<Vec<u8>, ClusterError> {
        let request = http::Request::patch(self.below(path).as_str()).header(CONTENT_TYPE, content_type);
        self.request(request, Body::from(patch)).await
    }

    async fn request(&self, request: http::request::Builder, body: Body) -> Result<Vec<u8>, ClusterError> {
        let request = request
            .header(USER_AGENT_HEADER, USER_AGENT)
            .header(ACCEPT, "application/json")
            .header(ACCEPT_ENCODING, ACCEPTED)
            .body(body)
            .map_err(|error| ClientError::no_network(&error))?;
        let response = Response::from(self.send(request, Answering::ApiServer).await?);
        let status = response.status();
        let body = ResponseBody::new(response);
        if status.is_success() {
            return Ok(body.json(limits::RESOURCES).await?);
        }
        let status_body: Option<Status> = serde_json::from_slice(&body.refusal().await).ok();
        let message = status_body.and_then(|said| CleanText::non_empty(&said.message));
        Err(ClientError::Status { status: status.as_u16(), message, more: Box::default() }.into())
    }

    /// Where it is.
    pub(super) fn address(&self) -> Address {
        Address::of_cluster(self.address.clone())
    }

    /// Sends a request for a Service, which the API server passes on without the user's credentials.
    ///
    /// What the API server would change or take for itself on the way is refused: another request would arrive than
    /// was meant.
    pub(super) async fn execute(&self, mut request: Request) -> Result<Response, ClientError> {
        let kept = |what| Err(ClientError::NotThroughKubernetes(what));
        let url = request.url();
        if url.origin() != self.address.origin() {
            return Err(ClientError::Redirected(CleanText::new(url.as_str())));
        }
        // It decodes a path, and makes one slash of two.
        if url.path().to_ascii_lowercase().contains("%2f") || url.path().contains("//") {
            return kept("a path with `%2F` or `//`, which it would change");
        }
        if !PASSED_ON.contains(request.method()) {
            return kept("a method other than GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS");
        }
        let is_its_own =
            |name: &HeaderName| name == AUTHORIZATION || name.as_str().starts_with("impersonate-");
        if request.headers().keys().any(is_its_own) {
            return kept("the headers `authorization` and `impersonate-*`, which are for itself");
        }
        let deadline = request.timeout().map(|timeout| Instant::now() + *timeout);
        request.headers_mut().entry(USER_AGENT_HEADER).or_insert(HeaderValue::from_static(USER_AGENT));
        let request: http::Request<Body> = request.try_into().map_err(|error| network(&error))?;
        let sending = self.send(request, Answering::Service);
        let response = match deadline {
            Some(deadline) => tokio::time::timeout_at(deadline, sending)
                .await
                .map_err(|_| ClientError::Network(NetworkError::TimedOut))??,
            None => sending.await?,
        };
        Ok(Response::from(response.map(|body| Body::wrap(TimedBody::new(body, deadline)))))
    }

    /// The path of the API, which starts with a slash, behind the server's own.
    fn below(&self, path: &str) -> Url {
        let mut url = self.address.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        url.set_path(&format!("{}{path}", self.address.path().trim_end_matches('/')));
        url.set_query(query);
        url
    }

    /// Sends a request to it, with the user's credentials. Where the API server refuses a token that can be renewed, once more
    /// with the next one.
    async fn send(
        &self,
        request: http::Request<Body>,
        answering: Answering,
    ) -> Result<http::Response<Body>, ClientError> {
        let authorization = &self.credentials.authorization;
        let again = authorization.is_renewable().then(|| copied(&request)).flatten();
        let header = authorization.header().await?;
        let response = self.send_as(header.as_ref(), request).await?;
        let Some(refused) = header.filter(|_| response.status() == StatusCode::UNAUTHORIZED) else {
            return Ok(response);
        };
        if !authorization.is_renewable() {
            return Ok(response);
        }
        let (response, is_its_own) = match answering {
            Answering::ApiServer => (response, true),
            Answering::Service => looked_into(response).await?,
        };
        let next = if is_its_own { authorization.instead_of(&refused).await? } else { None };
        match (next, again) {
            (Some(next), Some(again)) => self.send_as(Some(&next), again).await,
            // What is read from a stream is sent by the next run.
            _ => Ok(response),
        }
    }

    async fn send_as(
        &self,
        authorization: Option<&HeaderValue>,
        mut request: http::Request<Body>,
    ) -> Result<http::Response<Body>, ClientError> {
        let headers = request.headers_mut();
        if let Some(value) = authorization {
            headers.insert(AUTHORIZATION, value.clone());
        }
        for (name, value) in &self.credentials.impersonation {
            headers.append(name, value.clone());
        }
        let answered = (self.send)(request).await;
        let answered = answered.map_err(|error| cluster_connector::fault(&error, self.proxy.as_ref()))?;
        Ok(answered.map(Body::wrap))
    }
}

/// Whose answer a response is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answering {
    /// The API server's own.
    ApiServer,
    /// That of a Service, unless the API server has not passed the request on.
    Service,
}

/// The same request, where its body can be sent once more.
fn copied(request: &http::Request<Body>) -> Option<http::Request<Body>> {
    let mut copy = http::Request::new(Body::from(request.body().as_bytes()?.to_vec()));
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

/// A refusal that may be a Service's, and whether it is the API server's own. What is too long for one is passed on unread.
async fn looked_into(response: http::Response<Body>) -> Result<(http::Response<Body>, bool), ClientError> {
    let length = response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_none_or(|length: usize| length > limits::REFUSAL) {
        return Ok((response, false));
    }
    let (head, body) = response.into_parts();
    let body = body.collect().await.map_err(|error| network(&error))?.to_bytes();
    let is_its_own = message_of_status(&body).is_some();
    Ok((http::Response::from_parts(head, Body::from(body)), is_its_own))
}

/// What an API server says itself.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    kind: String,
    api_version: String,
    message: String,
}

/// What an API server says in a response of its own; `None` for what a Service says.
pub(super) fn message_of_status(body: &[u8]) -> Option<CleanText> {
    let status: Status = serde_json::from_slice(body).ok()?;
    (status.kind == "Status" && status.api_version == "v1").then(|| CleanText::new(&status.message))
}

/// Where it goes: the rest is secrets.
impl fmt::Debug for ClusterClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ClusterClient({})", self.address)
    }
}

//! A request to a plugin's backend through the proxy of an OpenEverest server, or of a cluster's API server, and what
//! comes back, piece by piece.

use super::connection_error::ConnectionError;
use super::credential_source::{self, CredentialSource};
use super::error::RequestError;
use super::same_route::query_of_same_route;
use crate::client::api_client::ApiClient;
use crate::client::plugin_request::{Destination, PluginRequest, PluginResponse};
use crate::client::trailing_error::TailBuffer;
use crate::client::{ClientError, Deadline, Endpoint, NoNetwork, Runtime, StopReason, without_mark};
use crate::error::Failure;
use crate::model::{CleanText, Command, PathFamily, ServiceAddress, limits};
use crate::openapi::Descriptor;
use crate::runner::known::PluginApi;
use bytes::Bytes;
use std::cell::OnceCell;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A request that is being sent.
type Sending<'s> = Pin<Box<dyn Future<Output = Received> + 's>>;

/// What comes of it.
type Received = Result<PluginResponse, ClientError>;

/// What a run knows of the server: how to reach it, and what its flags say.
#[derive(Clone)]
pub struct ServerAccess {
    /// Where requests go and as whom, or why there is no way.
    pub endpoint: Result<Endpoint, ClientError>,
    /// The address of the server, as the user or the kubeconfig has it.
    pub server: String,
    /// The cluster that its plugins are asked in.
    pub cluster: String,
    /// The namespace of the run, and the cluster that was chosen.
    pub filled: Filled,
    /// The flags by which the user would come here again.
    pub flags: Flags,
    /// Whether the network is off limits.
    pub offline: bool,
    /// How long the user gives one request; a stream only until it begins.
    pub request_timeout: Option<Duration>,
    /// Who knows the credentials that plugins have beside the session.
    pub credentials: Arc<dyn CredentialSource>,
}

/// What fills arguments that were not typed.
#[derive(Clone, Debug, Default)]
pub struct Filled {
    /// The namespace.
    pub namespace: Option<String>,
    /// The cluster.
    pub cluster: Option<String>,
}

/// Global flags, as they were typed.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `-n`.
    pub namespace: Option<String>,
    /// `--cluster`.
    pub cluster: Option<String>,
    /// `--context`.
    pub context: Option<String>,
}

impl fmt::Debug for ServerAccess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ServerAccess").field("server", &self.server).finish_non_exhaustive()
    }
}

/// What is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
enum RequestTarget {
    /// A plugin: by paths of this generation on a server, and behind this Service in a cluster, if it is there.
    Plugin(PathFamily, Option<ServiceAddress>),
    /// The server itself.
    Server,
}

/// A plugin of a server, and what it offers.
#[derive(Debug)]
pub struct PluginConnection {
    /// Its name.
    pub name: String,
    /// The name that the user typed: its own, or an alias.
    pub typed: String,
    /// What it offers.
    pub known: PluginApi,
    /// The backend that gets the user's token, as far as it is known.
    pub backend: Option<CleanText>,
    access: ServerAccess,
    target: RequestTarget,
    /// The connection, once there is one.
    link: OnceCell<(Runtime, ApiClient)>,
}

impl PluginConnection {
    /// The plugin that `command` is, which offers what is `known`.
    pub fn new(command: &Command, known: PluginApi, family: PathFamily, access: ServerAccess) -> Self {
        let backend = command.find(|origin| origin.backend.clone());
        let service = backend.as_ref().and_then(|backend| ServiceAddress::from_backend(backend.as_str()));
        let target = RequestTarget::Plugin(family, service);
        let name = command.name().to_string();
        Self { typed: name.clone(), name, known, backend, access, target, link: OnceCell::new() }
    }

    /// The plugin that `command` is, whatever it offers.
    pub fn bare(command: &Command, family: PathFamily, access: ServerAccess) -> Self {
        let name = command.name().to_string();
        let known = PluginApi { name, descriptor: Box::default(), place: String::new() };
        Self::new(command, known, family, access)
    }

    /// The server itself as if it were one: what it offers is `descriptor`, and `name` is what the user types.
    pub fn of_server(name: &str, descriptor: Descriptor, access: ServerAccess) -> Self {
        let name = name.to_owned();
        let descriptor = Box::new(descriptor.into());
        let known = PluginApi { name: name.clone(), descriptor, place: "everestctl".to_owned() };
        let target = RequestTarget::Server;
        Self { typed: name.clone(), name, known, backend: None, access, target, link: OnceCell::new() }
    }

    /// The same plugin by the name that the user typed, for hints.
    #[must_use]
    pub fn typed_as(self, typed: &str) -> Self {
        Self { typed: typed.to_owned(), ..self }
    }

    /// The same plugin, as the flags after its name want it reached. It stays in its cluster.
    #[must_use]
    pub fn reached(self, access: ServerAccess) -> Self {
        let cluster = self.access.cluster;
        Self { access: ServerAccess { cluster, ..access }, link: OnceCell::new(), ..self }
    }

    /// What the run knows of the server.
    pub fn access(&self) -> &ServerAccess {
        &self.access
    }

    /// When a request that is sent now has taken longer than the user gives it.
    pub fn deadline(&self) -> Option<Instant> {
        self.access.request_timeout.and_then(|timeout| Instant::now().checked_add(timeout))
    }

    /// The cluster that it is asked in.
    pub fn cluster(&self) -> &str {
        &self.access.cluster
    }

    /// The address of the server, as the user wrote it.
    pub fn server(&self) -> &str {
        &self.access.server
    }

    /// Whether it is the server itself.
    pub(super) fn is_the_server(&self) -> bool {
        self.target == RequestTarget::Server
    }

    /// Whether the API server of a cluster passes requests on.
    pub fn is_through_kubernetes(&self) -> bool {
        self.access.endpoint.as_ref().is_ok_and(Endpoint::is_cluster)
    }

    /// The path of the plugin below the server.
    pub fn base(&self) -> String {
        match &self.target {
            RequestTarget::Plugin(_, Some(service)) if self.is_through_kubernetes() => {
                format!("/{}", service.segments().join("/"))
            }
            RequestTarget::Plugin(PathFamily::Clustered, _) => {
                format!("/v1/clusters/{}/plugins/{}", self.cluster(), self.name)
            }
            RequestTarget::Plugin(PathFamily::Flat, _) => format!("/v1/plugins/{}", self.name),
            RequestTarget::Server => "/v1".to_owned(),
        }
    }

    /// Where a request goes.
    fn destination(&self) -> Result<Destination<'_>, ConnectionError> {
        match &self.target {
            RequestTarget::Plugin(_, Some(service)) if self.is_through_kubernetes() => {
                Ok(Destination::Service(service))
            }
            RequestTarget::Plugin(_, None) if self.is_through_kubernetes() => {
                let backend = self.backend.as_ref().map_or("not known", CleanText::as_str);
                let (plugin, backend) = (self.name.clone(), backend.to_owned());
                Err(ConnectionError::NoService { plugin, backend })
            }
            RequestTarget::Server if self.is_through_kubernetes() => {
                Err(ConnectionError::NeedsServer(self.name.clone()))
            }
            RequestTarget::Plugin(family, _) => {
                Ok(Destination::Plugin { cluster: self.cluster(), plugin: &self.name, family: *family })
            }
            RequestTarget::Server => Ok(Destination::Server),
        }
    }

    /// Whether all credentials of the plugin's own that go with `call` are known.
    pub fn check_credentials(&self, call: &PluginRequest) -> Result<(), Failure> {
        let schemes = &self.known.descriptor.about.schemes;
        credential_source::unknown(&self.name, &self.typed, schemes, &call.credentials).map_or(Ok(()), Err)
    }

    /// Makes a request and gives the answer once it has started, whatever it is.
    pub fn ask(
        &self,
        call: &PluginRequest,
        deadline: Deadline<'_>,
    ) -> Result<ResponseStream<'_>, RequestError> {
        self.sent(call, |runtime, work| runtime.wait_until(work, deadline))
    }

    /// The request, waited for by `wait`.
    fn sent(
        &self,
        call: &PluginRequest,
        wait: impl FnOnce(&Runtime, Sending<'_>) -> Result<Received, StopReason>,
    ) -> Result<ResponseStream<'_>, RequestError> {
        if self.access.offline {
            return Err(ConnectionError::Offline(self.name.clone()).into());
        }
        self.check_credentials(call).map_err(RequestError::Failure)?;
        let place = self.destination()?;
        let (runtime, server) = self.link()?;
        let call = match (self.access.request_timeout, call.timeout) {
            (Some(timeout), Some(_)) => &PluginRequest { timeout: Some(timeout), ..call.clone() },
            _ => call,
        };
        let work = Box::pin(server.call(place, call));
        let reply = wait(runtime, work).map_err(RequestError::Stopped)?;
        Ok(ResponseStream {
            runtime,
            reply: reply.map_err(RequestError::Client)?,
            came: 0,
            tail: TailBuffer::default(),
        })
    }

    /// The same, and an answer that is not a success is trouble.
    pub fn begin(
        &self,
        call: &PluginRequest,
        deadline: Deadline<'_>,
    ) -> Result<ResponseStream<'_>, RequestError> {
        let incoming = self.ask(call, deadline)?;
        Self::success(incoming, deadline)
    }

    /// The same for a body that is large: `look` is called now and then while it is sent, and may give it up.
    pub fn begin_watching(
        &self,
        call: &PluginRequest,
        deadline: Deadline<'_>,
        look: &mut dyn FnMut() -> Option<StopReason>,
    ) -> Result<ResponseStream<'_>, RequestError> {
        let incoming = self.sent(call, |runtime, work| runtime.wait_watching(work, deadline, look))?;
        Self::success(incoming, deadline)
    }

    /// Rests before the next request.
    pub fn rest(&self, duration: Duration, deadline: Deadline<'_>) -> Result<(), RequestError> {
        let (runtime, _) = self.link()?;
        runtime.rest(duration, deadline).map_or(Ok(()), |reason| Err(RequestError::Stopped(reason)))
    }

    /// An answer that is a success, or its refusal.
    pub(super) fn success<'c>(
        incoming: ResponseStream<'c>,
        deadline: Deadline<'_>,
    ) -> Result<ResponseStream<'c>, RequestError> {
        if (200..300).contains(&incoming.reply.status) {
            return Ok(incoming);
        }
        let ResponseStream { runtime, reply, .. } = incoming;
        let refusal = runtime.wait_until(reply.refusal(), deadline).map_err(RequestError::Stopped)?;
        Err(RequestError::Client(refusal))
    }

    /// The connection; it is made when the first request is.
    fn link(&self) -> Result<&(Runtime, ApiClient), RequestError> {
        let no_network = |error: NoNetwork| ConnectionError::NoNetwork(error.to_string());
        if self.link.get().is_none() {
            let endpoint = self.access.endpoint.clone().map_err(RequestError::Client)?;
            let runtime = Runtime::new().map_err(no_network)?;
            let server = runtime.wait_for(endpoint.open()).map_err(RequestError::Client)?;
            let _ = self.link.set((runtime, server));
        }
        Ok(self.link.get().ok_or_else(|| no_network(io::Error::from(io::ErrorKind::Other).into()))?)
    }
}

/// A response whose body is still being received.
#[derive(Debug)]
pub struct ResponseStream<'p> {
    runtime: &'p Runtime,
    /// Status and headers.
    pub reply: PluginResponse,
    /// How many bytes of its body have come.
    came: u64,
    /// The last of them.
    tail: TailBuffer,
}

impl ResponseStream<'_> {
    /// The next piece; `None` at the end.
    pub fn chunk(&mut self, deadline: Deadline<'_>) -> Result<Option<Bytes>, RequestError> {
        let Self { runtime, reply, came, tail } = self;
        match runtime.wait_until(reply.chunk(), deadline).map_err(RequestError::Stopped)? {
            Ok(chunk) => {
                if let Some(chunk) = &chunk {
                    *came += chunk.len() as u64;
                    tail.push(chunk);
                }
                Ok(chunk)
            }
            Err(error) if *came > 0 => {
                Err(RequestError::BrokenOff { error, came: *came, words: tail.last_words().map(Box::new) })
            }
            Err(error) => Err(RequestError::Client(error)),
        }
    }

    /// Where its next page is (RFC 8288), as path and query below the plugin.
    pub fn next_page(&self) -> Result<Option<(String, String)>, ClientError> {
        self.reply.link("next")
    }

    /// The same of a list that was asked for at `path`: a link to another server counts as far as it is this route there.
    pub fn next_page_of(&self, path: &str) -> Result<Option<(String, String)>, ClientError> {
        match self.next_page() {
            Err(ClientError::NotFollowed { naming, place, why }) => {
                let query = query_of_same_route(place.as_str(), path);
                let query = query.ok_or(ClientError::NotFollowed { naming, place, why })?;
                Ok(Some((path.to_owned(), query)))
            }
            other => other,
        }
    }

    /// The same of an address that its body names; one on another server counts as far as it is the route `path` there.
    pub fn page_at(&self, address: &str, path: &str) -> Result<(String, String), ClientError> {
        let same_route = || Some((path.to_owned(), query_of_same_route(address, path)?));
        self.reply.place(address).or_else(|error| same_route().ok_or(error))
    }

    /// The whole body, of at most `limit` bytes, without a byte order mark.
    pub fn whole(&mut self, limit: usize, deadline: Deadline<'_>) -> Result<Vec<u8>, RequestError> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk(deadline)? {
            self.reply.check(limit).map_err(RequestError::Client)?;
            body.extend_from_slice(&chunk);
        }
        let mark = body.len() - without_mark(&body).len();
        body.drain(..mark);
        Ok(body)
    }

    /// The same for JSON, which is checked against the limits before it is parsed.
    pub fn json(&mut self, limit: usize, deadline: Deadline<'_>) -> Result<Vec<u8>, RequestError> {
        let body = self.whole(limit, deadline)?;
        limits::check(&body).map_err(|excess| RequestError::Client(excess.into()))?;
        Ok(body)
    }
}

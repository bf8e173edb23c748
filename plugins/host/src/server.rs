//! Listening, limits, a clean end.

use super::accounts::{ADMINISTRATOR, Accounts, IssuedTokens, OpenToOthers};
use super::admission::Admission;
use super::backends::Backends;
use super::backends::changed::ChangedPlugins;
use super::events::Events;
use super::instances::Instances;
use super::places::{Busy, ConnectionPlace, Places};
use super::plugins::{ManifestFolders, Registry, watch_cluster};
use super::proxy::ReverseProxy;
use super::rbac::AccessPolicy;
use super::state::Statements;
use super::{Host, HostResources, HostSettings, Log, api, hello, log};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::HOST;
use axum::http::{Request, Response};
use bytes::Bytes;
use everestctl::error::{ExitCode, Explain, exit};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(5);
/// The largest head of a request, in bytes; hyper takes up to twice as much before it refuses.
const LARGEST_HEAD: usize = 32 * 1024;
/// How long requests may go on after the end was asked for.
const FAREWELL: Duration = Duration::from_millis(500);

/// Why the host does not start.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// It would be reachable from elsewhere.
    #[error("the development host listens on loopback only, not on {0}")]
    NotLoopback(SocketAddr),
    /// The port is taken, or the like.
    #[error("could not listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// A file that it needs is missing or wrong.
    #[error("could not use {what}")]
    Unusable {
        /// What could not be used.
        what: &'static str,
        /// What is wrong with it.
        #[source]
        error: io::Error,
    },
}

impl Explain for HostError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NotLoopback(_) => exit::USAGE,
            _ => exit::FAILURE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::NotLoopback(_) => {
                vec![
                    "it is for local development only; use a real OpenEverest server for remote access"
                        .to_owned(),
                ]
            }
            Self::Listen { .. } => vec!["use `--listen 127.0.0.1:0` for any free port".to_owned()],
            Self::Unusable { error, .. } => {
                let open = error.get_ref().and_then(|error| error.downcast_ref::<OpenToOthers>());
                open.and_then(OpenToOthers::mend).map(|mend| format!("`{mend}`")).into_iter().collect()
            }
        }
    }
}

/// A host that runs.
pub struct RunningHost {
    /// Where it listens.
    pub address: SocketAddr,
    /// The password of the administrator that was made, to be shown once.
    pub password: Option<String>,
    host: Arc<Host>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl RunningHost {
    /// A session for the administrator, without a password.
    pub fn sign_in(&self) -> Option<IssuedTokens> {
        self.host.accounts.grant(ADMINISTRATOR).ok()
    }

    /// Waits until the backends that were started are ready, or have shown that they cannot be.
    pub async fn settled(&self) {
        self.host.backends.settled().await;
    }

    /// The backends that it keeps running.
    pub fn backends(&self) -> Arc<Backends> {
        Arc::clone(&self.host.backends)
    }

    /// Which plugins have changed.
    pub fn changed(&self) -> Arc<ChangedPlugins> {
        Arc::clone(self.host.backends.changed())
    }

    /// Stops: no new connections, a moment for those that are open, then every backend.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let _ = self.task.await;
        self.host.backends.stop().await;
    }
}

/// Starts a host with these settings out of `resources`; `log` gets a line for each thing that happens.
pub async fn start(
    mut settings: HostSettings,
    resources: HostResources,
    log: Log,
) -> Result<RunningHost, HostError> {
    if !settings.listen.ip().is_loopback() {
        return Err(HostError::NotLoopback(settings.listen));
    }
    let listen = |error| HostError::Listen { address: settings.listen, error };
    let listener = TcpListener::bind(settings.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    settings.listen = address;
    let unusable = |what| move |error| HostError::Unusable { what, error };
    let (accounts, password) = Accounts::open(&settings, &log).map_err(unusable("the state folder"))?;
    let policy = AccessPolicy::open(settings.policy.as_deref()).await.map_err(unusable("the policy"))?;
    let instances = Instances::open(settings.instances.as_deref(), &resources.environment)
        .map_err(unusable("the instances file"))?;
    instances.add_namespaces(&mut settings.namespaces);
    let events = Arc::new(Events::new(super::accounts::random_name(), log.clone()));
    let backends = Arc::new(Backends::new(address, &resources, log.clone()));
    let registry = Arc::new(Registry::new(Arc::clone(&events), Arc::clone(backends.changed())));

    let hello = hello::start().await.map_err(unusable("the plugin `hello`"))?;
    registry.replace("", [(hello::NAME.to_owned(), hello)].into());
    let folders = ManifestFolders::new(
        settings.plugins.clone(),
        Arc::clone(&registry),
        Arc::clone(&backends),
        log.clone(),
    );
    folders.start().map_err(unusable("a plugin folder"))?;
    if let Some(access) = &resources.cluster {
        watch_cluster(access, &registry, &log);
    }

    let host = Arc::new(Host {
        settings,
        accounts,
        policy,
        registry,
        backends,
        events,
        instances,
        proxy: ReverseProxy::default(),
        log,
        statements: Statements::default(),
    });
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(serve(listener, Arc::clone(&host), stopped));
    Ok(RunningHost { address, password, host, stop, task })
}

/// Takes connections until `stopped` says so.
async fn serve(listener: TcpListener, host: Arc<Host>, stopped: watch::Receiver<bool>) {
    let places = Places::new(host.settings.connections);
    let admission = Arc::new(Admission::new(host.settings.listen, &host.settings.allowed_hosts));
    let log = host.log.clone();
    let router = api::router(host);
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = asked_to_stop(stopped.clone()) => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, from)) = accepted else {
            // Out of file descriptors, most likely: others have to end first.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let place = tokio::select! {
            () = asked_to_stop(stopped.clone()) => break,
            place = places.take() => place,
        };
        let service = Service {
            router: router.clone(),
            from,
            place: place.clone(),
            admission: Arc::clone(&admission),
            log: log.clone(),
        };
        let stopped = stopped.clone();
        connections.spawn(async move {
            let mut connection = std::pin::pin!(connection(stream, service));
            tokio::select! {
                _ = connection.as_mut() => {}
                () = place.needed() => {}
                () = asked_to_stop(stopped) => {
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                }
            }
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let farewell = async { while connections.join_next().await.is_some() {} };
    // Streams without end do not end by themselves: dropping the set cuts them off.
    let _ = tokio::time::timeout(FAREWELL, farewell).await;
}

/// Returns when the end was requested, or can no longer be.
async fn asked_to_stop(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// One connection, with upgrades.
fn connection(
    stream: TcpStream,
    service: Service,
) -> hyper::server::conn::http1::UpgradeableConnection<TokioIo<TcpStream>, TowerToHyperService<Service>> {
    let _ = stream.set_nodelay(true);
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades()
}

/// The routes for one connection: only for requests that are for this host, with the address of the caller and the
/// place that the connection has.
#[derive(Clone)]
struct Service {
    router: axum::Router,
    from: SocketAddr,
    place: ConnectionPlace,
    admission: Arc<Admission>,
    log: Log,
}

impl tower_service::Service<Request<Incoming>> for Service {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A router is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        let busy = Arc::new(self.place.begin());
        if let Err(turned) = self.admission.admit(&request) {
            let host = request.headers().get(HOST).map(|host| String::from_utf8_lossy(host.as_bytes()));
            let host = log::field(&host.unwrap_or_default(), log::LONGEST_NAME);
            let (status, text) = turned.answer();
            self.log.event(&format!("refused host={host} {}: {text}", status.as_u16()));
            return Box::pin(std::future::ready(Ok(api::message(status, text))));
        }
        request.extensions_mut().insert(ConnectInfo(self.from));
        request.extensions_mut().insert(Arc::clone(&busy));
        if let Some(uri) = without_last_slash(request.uri()) {
            *request.uri_mut() = uri;
        }
        let answer = self.router.call(request);
        Box::pin(async move {
            let response = answer.await?;
            Ok(response.map(|body| Body::new(Answering { body, _busy: busy })))
        })
    }
}

/// The body of an answer; until its end the connection is busy.
struct Answering {
    body: Body,
    _busy: Arc<Busy>,
}

impl http_body::Body for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The address of a route of the host's own without the slash at its end, as upstream has it. What goes to a
/// backend stays as it is.
fn without_last_slash(uri: &axum::http::Uri) -> Option<axum::http::Uri> {
    let path = uri.path().strip_suffix('/').filter(|path| !path.is_empty())?;
    if path.contains("/plugins/") && path != "/v1/plugins/context" {
        return None;
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{path}{query}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hosts_own_routes_lose_their_last_slash() {
        for (path, expected) in [
            ("/v1/version/", Some("/v1/version")),
            ("/v1/clusters/main/plugins/?x=/", Some("/v1/clusters/main/plugins?x=/")),
            ("/v1/plugins/context/", Some("/v1/plugins/context")),
            ("/v1/plugins/hello/api/", None),
            ("/v1/clusters/main/plugins/hello/", None),
            ("/v1/version", None),
            ("/", None),
        ] {
            let found = without_last_slash(&path.parse().unwrap());
            assert_eq!(found.as_ref().map(ToString::to_string).as_deref(), expected, "{path}");
        }
    }
}

//! The connection to a Kubernetes API server: straight, or through a proxy, and TLS on top of either.
//!
//! kube makes one itself, but takes no client certificate of X.509 version 1, speaks TLS with an https proxy as if that
//! were the API server, and says nothing of which proxy failed. The issuer of a user's tokens is reached in the same way.
//! It must not know who the user is.

use super::proxy::Proxy;
use super::{ClientError, NetworkError};
use http::Uri;
use hyper_rustls::{FixedServerNameResolver, HttpsConnectorBuilder};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::client::legacy::{self, Client, ResponseFuture};
use hyper_util::rt::TokioExecutor;
use kube::client::ConfigExt as _;
use reqwest::Url;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tower::Service;

/// Sends one request. Its address is a whole one.
pub(super) type Send = Arc<dyn Fn(http::Request<reqwest::Body>) -> ResponseFuture + std::marker::Send + Sync>;

/// Where a server is and how it is reached.
pub(super) struct ClusterRoute {
    pub(super) address: Url,
    pub(super) proxy: Option<Proxy>,
    pub(super) tls: ClientConfig,
    pub(super) server_name: Option<ServerName<'static>>,
}

/// How long a connection may take, and how long the server may be silent.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectionPatience {
    pub(super) connect: Duration,
    pub(super) silence: Option<Duration>,
}

/// What sends requests on this way.
pub(super) fn sender(way: &ClusterRoute, patience: ConnectionPatience) -> Result<Send, ClientError> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    let Some(proxy) = &way.proxy else { return Ok(over(http, way, patience)) };
    let destination = proxy.destination()?;
    if proxy.is_socks() {
        let mut socks = SocksV5::new(destination, http);
        if let Some((user, password)) = proxy.user() {
            socks = socks.with_auth(user, password);
        }
        return Ok(over(socks, way, patience));
    }
    let authorization = proxy.authorization();
    if destination.scheme_str() == Some("https") {
        // The proxy's certificate is the system's business, not the cluster's.
        let config = kube::Config::new(destination.clone());
        let tls = config.rustls_client_config();
        let tls = tls.map_err(|error| ClientError::Network(NetworkError::from_error(&error)))?;
        let builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1();
        let tunnel = Tunnel::new(destination, builder.wrap_connector(http));
        let tunnel = authorization.into_iter().fold(tunnel, Tunnel::with_auth);
        return Ok(over(tunnel, way, patience));
    }
    let tunnel = authorization.into_iter().fold(Tunnel::new(destination, http), Tunnel::with_auth);
    Ok(over(tunnel, way, patience))
}

/// What went wrong while a request was sent, through `proxy` where there is one.
pub(super) fn fault(error: &legacy::Error, proxy: Option<&Proxy>) -> ClientError {
    let fault = NetworkError::from_error(error);
    ClientError::Network(match proxy {
        Some(proxy) if error.is_connect() => fault.through(proxy),
        _ => fault,
    })
}

fn over<C>(connector: C, way: &ClusterRoute, patience: ConnectionPatience) -> Send
where
    C: Service<Uri> + Clone + std::marker::Send + Sync + 'static,
    C::Response: Connection + hyper::rt::Read + hyper::rt::Write + std::marker::Send + Unpin + 'static,
    C::Future: std::marker::Send + 'static,
    C::Error: Into<Box<dyn Error + std::marker::Send + Sync>> + std::marker::Send + Sync + Error + 'static,
{
    let mut builder = HttpsConnectorBuilder::new().with_tls_config(way.tls.clone()).https_or_http();
    if let Some(name) = &way.server_name {
        builder = builder.with_server_name_resolver(FixedServerNameResolver::new(name.clone()));
    }
    let mut connector = TimeoutConnector::new(builder.enable_http1().wrap_connector(connector));
    connector.set_connect_timeout(Some(patience.connect));
    connector.set_read_timeout(patience.silence);
    connector.set_write_timeout(patience.silence);
    let client: Client<_, reqwest::Body> = Client::builder(TokioExecutor::new()).build(connector);
    Arc::new(move |request| client.request(request))
}

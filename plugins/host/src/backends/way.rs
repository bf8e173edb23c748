//! The way to one run of a backend: connections to it, kept for the next request, and gone when it has ended.

use super::proof::ListenerProof;
use axum::body::Body;
use axum::http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

/// The way to one run of a backend.
pub struct BackendRoute {
    authority: String,
    dial: Dial,
    client: Connections,
}

#[derive(Clone)]
enum Dial {
    Tcp(Tcp),
    Unix(Unix),
}

enum Connections {
    Tcp(Client<Tcp, Body>),
    Unix(Client<Unix, Body>),
}

#[derive(Clone)]
struct Tcp {
    address: SocketAddr,
    proof: Option<Arc<ListenerProof>>,
}

#[derive(Clone)]
struct Unix {
    path: Arc<Path>,
}

impl BackendRoute {
    pub(super) fn tcp(address: SocketAddr, proof: Option<Arc<ListenerProof>>) -> Self {
        let tcp = Tcp { address, proof };
        let client = Connections::Tcp(Client::builder(TokioExecutor::new()).build(tcp.clone()));
        Self { authority: address.to_string(), dial: Dial::Tcp(tcp), client }
    }

    pub(super) fn unix(path: PathBuf) -> Self {
        let unix = Unix { path: path.into() };
        let client = Connections::Unix(Client::builder(TokioExecutor::new()).build(unix.clone()));
        // A path is not a host; this is what curl and the like say.
        Self { authority: "localhost".to_owned(), dial: Dial::Unix(unix), client }
    }

    /// What is in the address of a request.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Sends a request, whose address only counts for its path.
    pub async fn send(&self, request: Request<Body>) -> io::Result<Response<Incoming>> {
        match &self.client {
            Connections::Tcp(client) => client.request(request).await,
            Connections::Unix(client) => client.request(request).await,
        }
        .map_err(io::Error::other)
    }

    /// Whether `path` answers with anything but a failure of the server. Sends nothing secret.
    pub(super) async fn is_ready(&self, path: &str) -> bool {
        match &self.dial {
            Dial::Tcp(tcp) => match tcp.dial().await {
                Ok(stream) => asked(stream, path, &self.authority).await.unwrap_or(false),
                Err(_) => false,
            },
            Dial::Unix(unix) => match UnixStream::connect(&unix.path).await {
                Ok(stream) => asked(stream, path, &self.authority).await.unwrap_or(false),
                Err(_) => false,
            },
        }
    }

    /// Returns the reason when it was found to lead to another process.
    pub(super) async fn is_foreign(&self) -> String {
        match &self.dial {
            Dial::Tcp(Tcp { proof: Some(proof), .. }) => {
                proof.is_foreign().await;
                proof.foreign()
            }
            _ => std::future::pending().await,
        }
    }
}

impl fmt::Display for BackendRoute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.dial {
            Dial::Tcp(tcp) => write!(formatter, "http://{}", tcp.address),
            Dial::Unix(unix) => write!(formatter, "unix:{}", unix.path.display()),
        }
    }
}

impl fmt::Debug for BackendRoute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Way({self})")
    }
}

async fn asked(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str, host: &str) -> Option<bool> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.ok()?;
    Some(status.starts_with(b"HTTP/1.") && status[9] != b'5')
}

impl Tcp {
    async fn dial(&self) -> io::Result<TcpStream> {
        let stream = match &self.proof {
            Some(proof) => proof.connect().await?,
            None => TcpStream::connect(self.address).await?,
        };
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }
}

type Dialing<S> = Pin<Box<dyn Future<Output = io::Result<TokioIo<S>>> + Send>>;

impl tower_service::Service<Uri> for Tcp {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Dialing<TcpStream>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let tcp = self.clone();
        Box::pin(async move { tcp.dial().await.map(TokioIo::new) })
    }
}

impl tower_service::Service<Uri> for Unix {
    type Response = TokioIo<UnixStream>;
    type Error = io::Error;
    type Future = Dialing<UnixStream>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let path = Arc::clone(&self.path);
        Box::pin(async move { UnixStream::connect(path).await.map(TokioIo::new) })
    }
}

//! L2: the network. Talks to an OpenEverest server and to a Kubernetes API server, and turns whatever goes
//! wrong into a [`ClientError`] that says what happened and what to do.
//!
//! * [`api_client`]: an OpenEverest server, through reqwest;
//! * `answer`: the body of an answer, held against the limits;
//! * [`target`]: where an answer leads, and what of it is followed;
//! * [`plugin_request`]: a request to a plugin's backend, through the server's proxy;
//! * [`kubernetes`]: a Kubernetes API server, through kube;
//! * `exec_credential`: the program of a kubeconfig that gets the credentials;
//! * [`address`]: a server's address, checked once;
//! * [`transport`]: how a server is reached: certificates, proxies, time limits;
//! * [`token`]: an access token, bound to one address;
//! * [`credentials`]: where a connection gets its token from;
//! * [`auth_api`]: the routes that create, renew and revoke a session;
//! * [`network_error`]: what can go wrong;
//! * [`link`]: the header `Link`;
//! * [`trailing_error`]: why an answer broke off;
//! * [`request_body`]: the body of a request, read while it is sent;
//! * [`event_stream`], [`line_splitter`]: streams of events and of JSON lines;
//! * [`checksum`]: the SHA-256 that an answer announces;
//! * [`rate_limit`]: not asking one server for too much at once.
//!
//! Nothing here knows what a plugin is: it hands over bytes and JSON. This is the only asynchronous layer;
//! [`wait_for`] is the door to it.

pub mod address;
mod answer;
pub mod api_client;
pub mod auth_api;
pub mod checksum;
pub mod credentials;
pub mod event_stream;
mod exec_credential;
pub mod kubernetes;
pub mod line_splitter;
pub mod link;
pub mod network_error;
pub mod plugin_request;
pub mod rate_limit;
pub mod request_body;
pub mod server_failure;
pub mod target;
pub mod token;
pub mod trailing_error;
pub mod transport;

pub use address::Address;
pub use credentials::{FixedToken, TokenSource};
pub use network_error::{ClientError, Explanation, NetworkError};
pub use token::Token;
pub use transport::Transport;

use std::future::Future;
use std::io;

/// Runs one piece of network work to its end on this thread.
pub fn wait_for<T>(work: impl Future<Output = T>) -> io::Result<T> {
    Ok(Runtime::new()?.wait_for(work))
}

/// `work`, but not for longer than `budget`; `None` when the time was up.
pub async fn within<T>(budget: std::time::Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(budget, work).await.ok()
}

/// Lives as long as several requests do, so that they share their connections.
#[derive(Debug)]
pub struct Runtime(tokio::runtime::Runtime);

impl Runtime {
    /// A new one.
    pub fn new() -> io::Result<Self> {
        tokio::runtime::Builder::new_current_thread().enable_all().build().map(Self)
    }

    /// Runs one piece of network work to its end on this thread.
    pub fn wait_for<T>(&self, work: impl Future<Output = T>) -> T {
        self.0.block_on(work)
    }

    /// The same, with a look around many times a second: work that `stop` has had enough of is given up.
    pub fn wait_unless<T, S>(
        &self,
        work: impl Future<Output = T>,
        stop: &mut dyn FnMut() -> Option<S>,
    ) -> Result<T, S> {
        const LOOK: std::time::Duration = std::time::Duration::from_millis(50);
        self.0.block_on(async {
            let mut work = std::pin::pin!(work);
            loop {
                if let Some(why) = stop() {
                    return Err(why);
                }
                if let Ok(done) = tokio::time::timeout(LOOK, &mut work).await {
                    return Ok(done);
                }
            }
        })
    }
}

/// What this program calls itself to servers.
pub(crate) const USER_AGENT: &str = concat!("everestctl/", env!("CARGO_PKG_VERSION"));

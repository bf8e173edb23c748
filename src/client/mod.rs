//! L2: the network. Talks to an OpenEverest server and to a Kubernetes API server, and turns whatever goes
//! wrong into a [`ClientError`] that says what happened and what to do.
//!
//! * [`server`]: an OpenEverest server, through reqwest;
//! * [`call`]: a request to a plugin's backend, through the server's proxy;
//! * [`cluster`]: a Kubernetes API server, through kube;
//! * `exec_credential`: the program of a kubeconfig that gets the credentials;
//! * [`address`]: a server's address, checked once;
//! * [`transport`]: how a server is reached: certificates, proxies, time limits;
//! * [`token`]: an access token, bound to one address;
//! * [`credentials`]: where a connection gets its token from;
//! * [`sign_in`]: the routes by which a session begins, goes on and ends;
//! * [`failure`]: what can go wrong;
//! * [`link`]: the header `Link`;
//! * [`pace`]: not asking one server for too much at once;
//! * `watch`: following resources of a cluster, for the embedded host.
//!
//! Nothing here knows what a plugin is: it hands over bytes and JSON. This is the only asynchronous layer;
//! [`wait_for`] is the door to it.

pub mod address;
pub mod call;
pub mod cluster;
pub mod credentials;
mod exec_credential;
pub mod failure;
pub mod link;
pub mod pace;
pub mod server;
pub mod sign_in;
pub mod token;
pub mod transport;
#[cfg(feature = "host")]
pub mod watch;

pub use address::Address;
pub use credentials::{Credentials, Fixed};
pub use failure::{ClientError, Explanation, Fault};
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
}

/// What this program calls itself to servers.
pub(crate) const USER_AGENT: &str = concat!("everestctl/", env!("CARGO_PKG_VERSION"));

//! L2: the network. Talks to an OpenEverest server and to a Kubernetes API server, and turns whatever goes
//! wrong into a [`ClientError`] that says what happened and what to do.
//!
//! * [`api_client`]: an OpenEverest server, through reqwest;
//! * `answer`: the body of an answer, held against the limits;
//! * [`target`]: where an answer leads, and what of it is followed;
//! * [`plugin_request`]: a request to a plugin's backend, through the server's proxy;
//! * [`plugin_credential`]: a credential of a plugin's own, put into its request when that is sent;
//! * [`kubernetes`]: a Kubernetes API server;
//! * `kubeconfig`: the files that say where it is and who the user is, read as kubectl reads them;
//! * `cluster_connector`: the connection to it; `timed_body`: the time that a response has;
//! * [`endpoint`]: which of the two a plugin is reached through;
//! * `http_client`: what carries a request to an OpenEverest server;
//! * [`proxy`], `no_proxy`: which proxy a server is reached through;
//! * `pem`: certificates and keys as text;
//! * [`address`]: a server's address, checked once;
//! * [`transport`]: how a server is reached: certificates, proxies, time limits;
//! * [`deadline`]: how long an answer is waited for;
//! * [`token`]: an access token, bound to one address;
//! * [`credentials`]: where a connection gets its token from;
//! * [`hub`]: catalogs of what can be installed;
//! * [`auth_api`]: the routes that create, renew and revoke a session;
//! * [`network_error`]: what can go wrong; `error_body`: what the body of an error says;
//! * [`link`]: the header `Link`;
//! * [`trailing_error`]: why an answer broke off;
//! * [`request_body`]: the body of a request, read while it is sent;
//! * [`event_stream`], [`line_splitter`]: streams of events and of JSON lines;
//! * [`checksum`]: the SHA-256 that an answer announces;
//! * [`download`]: a file from any server;
//! * [`registry`]: what an OCI registry has;
//! * [`signature`]: whether a key has signed some bytes;
//! * `wire_log`: each request and its response, for `-vv`;
//! * [`rate_limit`]: not asking one server for too much at once.
//!
//! Nothing here knows what a plugin is: it hands over bytes and JSON. This is the only asynchronous layer;
//! [`wait_for`] is the door to it.

pub mod address;
mod answer;
pub mod api_client;
pub mod auth_api;
mod certificate_verifier;
pub mod checksum;
mod cluster_connector;
pub mod credentials;
pub mod deadline;
pub mod download;
pub mod endpoint;
mod error_body;
pub mod event_stream;
mod http_client;
pub mod hub;
pub mod keyless;
mod kubeconfig;
pub mod kubernetes;
pub mod line_splitter;
pub mod link;
pub mod network_error;
mod no_proxy;
mod pem;
pub mod plugin_credential;
pub mod plugin_request;
pub mod proxy;
pub mod rate_limit;
pub mod registry;
pub mod request_body;
pub mod server_failure;
pub mod signature;
pub mod signing_key;
pub mod target;
mod timed_body;
pub mod token;
pub mod trailing_error;
pub mod transport;
mod wire_log;

pub use address::Address;
pub use credentials::{FixedToken, TokenSource};
pub use deadline::{Deadline, StopReason};
pub use endpoint::Endpoint;
pub use network_error::{ClientError, Explanation, NetworkError, NoNetwork};
pub use plugin_credential::PluginCredential;
pub use token::Token;
pub use transport::Transport;

use futures_util::future::{Either, select};
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

/// Runs one piece of network work to its end on this thread.
pub fn wait_for<T>(work: impl Future<Output = T>) -> Result<T, NoNetwork> {
    Ok(Runtime::new()?.wait_for(work))
}

/// `work`, but not for longer than `budget`; `None` when the time was up.
pub async fn within<T>(budget: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(budget, work).await.ok()
}

/// Lives as long as several requests do, so that they share their connections.
#[derive(Debug)]
pub struct Runtime(tokio::runtime::Runtime);

impl Runtime {
    /// A new one.
    pub fn new() -> Result<Self, NoNetwork> {
        Ok(Self(tokio::runtime::Builder::new_current_thread().enable_all().build()?))
    }

    /// Runs one piece of network work to its end on this thread.
    pub fn wait_for<T>(&self, work: impl Future<Output = T>) -> T {
        self.0.block_on(work)
    }

    /// The same, until `deadline`: work that is not done then is given up.
    pub fn wait_until<T>(
        &self,
        work: impl Future<Output = T>,
        deadline: Deadline<'_>,
    ) -> Result<T, StopReason> {
        if let Some(reason) = deadline.passed() {
            return Err(reason);
        }
        self.wait_for(async {
            match select(pin!(work), pin!(deadline.passes())).await {
                Either::Left((done, _)) => Ok(done),
                Either::Right((reason, _)) => Err(reason),
            }
        })
    }

    /// The same for work whose progress is shown: `look` is called now and then, and may give it up.
    pub fn wait_watching<T>(
        &self,
        work: impl Future<Output = T>,
        deadline: Deadline<'_>,
        look: &mut dyn FnMut() -> Option<StopReason>,
    ) -> Result<T, StopReason> {
        const PAUSE: Duration = Duration::from_millis(100);
        let watched = async {
            loop {
                tokio::time::sleep(PAUSE).await;
                if let Some(reason) = look() {
                    return reason;
                }
            }
        };
        let either = async {
            match select(pin!(work), pin!(watched)).await {
                Either::Left((done, _)) => Ok(done),
                Either::Right((reason, _)) => Err(reason),
            }
        };
        self.wait_until(either, deadline).flatten()
    }

    /// Rests, unless the deadline passes meanwhile.
    pub fn rest(&self, duration: Duration, deadline: Deadline<'_>) -> Option<StopReason> {
        let sleep = async { tokio::time::sleep(duration).await };
        self.wait_until(sleep, deadline).err()
    }
}

/// A byte order mark before JSON broke pipelines world-wide once (azure-cli issue 28321); a reader may ignore it
/// (RFC 8259, 8.1).
pub(crate) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// What this program calls itself to servers.
pub(crate) const USER_AGENT: &str = concat!("everestctl/", env!("CARGO_PKG_VERSION"));

//! What a host is started with: how the user wants it, and what this process gives it.

use everestctl::client::kubernetes::KubeconfigAccess;
use everestctl::sys::Environment;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// How the host shall be.
#[derive(Clone, Debug)]
pub struct HostSettings {
    /// Where it listens: loopback only; port 0 is any free one.
    pub listen: SocketAddr,
    /// Folders of `NAME/manifest.yaml`.
    pub plugins: Vec<PathBuf>,
    /// The access policy; without one everybody may do everything.
    pub policy: Option<PathBuf>,
    /// The file of database instances; without one there are none.
    pub instances: Option<PathBuf>,
    /// How the proxy behaves.
    pub compat: Compat,
    /// Where keys, users and sessions are kept; in memory without one.
    pub state: Option<PathBuf>,
    /// How long an access token holds.
    pub access_lifetime: Duration,
    /// How long a refresh token holds.
    pub refresh_lifetime: Duration,
    /// At most this many connections at once.
    pub connections: usize,
    /// The namespaces that there are.
    pub namespaces: Vec<String>,
    /// The names that it answers to, beside those of loopback.
    pub allowed_hosts: Vec<String>,
    /// Whether it serves the web shell.
    pub ui: bool,
    /// The version of OpenEverest that it reports.
    pub version: String,
}

/// What the process that starts a host gives it.
#[derive(Debug)]
pub struct HostResources {
    /// The cluster whose `Plugin` resources are served too.
    pub cluster: Option<KubeconfigAccess>,
    /// This binary, which the host starts again to watch over each backend.
    pub supervisor: PathBuf,
    /// The user's environment, of which backends get a little.
    pub environment: Environment,
    /// A folder for Unix sockets of backends, which the user alone can enter; it is made when one is needed.
    pub sockets: PathBuf,
}

/// How the proxy behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compat {
    /// As the specification asks.
    Spec,
    /// As upstream's code does.
    Upstream,
}

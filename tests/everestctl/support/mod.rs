//! What the tests stand on.

pub(crate) mod backends;
pub(crate) mod client;
pub(crate) mod helm;
pub(crate) mod host;
pub(crate) mod http;
pub(crate) mod issuer;
pub(crate) mod mariadb;
pub(crate) mod memory;
pub(crate) mod metrics;
pub(crate) mod moto;
pub(crate) mod namespace;
pub(crate) mod native;
pub(crate) mod openssl;
pub(crate) mod packages;
pub(crate) mod plane;
pub(crate) mod plugin;
pub(crate) mod podman;
pub(crate) mod postgres;
pub(crate) mod process;
pub(crate) mod registry;
pub(crate) mod sandbox;
pub(crate) mod sigstore;
pub(crate) mod skip;
pub(crate) mod sql;
pub(crate) mod terminal;

pub(crate) use process::InTime;
pub(crate) use sandbox::{Output, Sandbox};
pub(crate) use skip::skip;

/// Whether this process may change owners, as the tests of foreign files need it.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

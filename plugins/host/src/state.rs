//! What all requests share.

use super::HostSettings;
use super::accounts::Accounts;
use super::backends::Backends;
use super::events::Events;
use super::instances::Instances;
use super::log::Log;
use super::plugins::Registry;
use super::proxy::ReverseProxy;
use super::rbac::AccessPolicy;
use axum::http::HeaderValue;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

/// Statements about callers that hold for a while yet, by user and plugin, with the second they were made in:
/// a signature takes longer than the rest of a request.
pub(crate) type Statements = Mutex<HashMap<(String, String), (u64, HeaderValue)>>;

/// What all requests share.
pub(crate) struct Host {
    pub(crate) settings: HostSettings,
    pub(crate) accounts: Accounts,
    pub(crate) policy: AccessPolicy,
    pub(crate) registry: Arc<Registry>,
    pub(crate) backends: Arc<Backends>,
    pub(crate) events: Arc<Events>,
    pub(crate) instances: Instances,
    pub(crate) proxy: ReverseProxy,
    pub(crate) log: Log,
    pub(crate) statements: Statements,
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Host").field("settings", &self.settings).finish_non_exhaustive()
    }
}

//! What all requests share.

use super::Settings;
use super::accounts::Accounts;
use super::backends::Backends;
use super::events::Events;
use super::plugins::Registry;
use super::proxy::Proxy;
use super::rbac::Policy;
use std::fmt;
use std::sync::Arc;

/// Writes one line for one thing that happened.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// What all requests share.
pub(crate) struct Host {
    pub(crate) settings: Settings,
    pub(crate) accounts: Accounts,
    pub(crate) policy: Policy,
    pub(crate) registry: Arc<Registry>,
    pub(crate) backends: Arc<Backends>,
    pub(crate) events: Arc<Events>,
    pub(crate) proxy: Proxy,
    pub(crate) log: Log,
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Host").field("settings", &self.settings).finish_non_exhaustive()
    }
}

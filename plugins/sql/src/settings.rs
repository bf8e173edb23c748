//! What the environment says. Nothing else reads it.

use everestctl_plugin_service::settings::{ServiceSettings, parsed};
use std::io;
use std::time::Duration;

/// How long nothing has to happen in a session for it to end, unless it is said.
const SESSION_IDLE: Duration = Duration::from_mins(30);

/// How the plugin runs.
#[derive(Clone, Debug)]
pub(crate) struct PluginSettings {
    /// What every plugin is told.
    pub(crate) service: ServiceSettings,
    /// How long nothing has to happen in a session for it to end (`SESSION_IDLE_SECONDS`).
    pub(crate) session_idle: Duration,
}

impl PluginSettings {
    /// As the environment has them.
    pub(crate) fn from_process() -> io::Result<Self> {
        let idle = parsed("SESSION_IDLE_SECONDS", SESSION_IDLE.as_secs())?;
        Ok(Self { service: ServiceSettings::from_process()?, session_idle: Duration::from_secs(idle.max(1)) })
    }
}

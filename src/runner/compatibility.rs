//! Whether a plugin of this machine and this everestctl speak the same version of the plugin protocol.

use crate::error::{ExitCode, Explain, exit};
use everestctl_protocol::sidecar::Sidecar;
use everestctl_protocol::version::{self, Incompatible};

/// They do not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{plugin}` cannot run: {why}")]
pub struct IncompatiblePlugin {
    plugin: String,
    why: Incompatible,
}

impl Explain for IncompatiblePlugin {
    fn exit_code(&self) -> ExitCode {
        exit::CANNOT_RUN
    }

    fn hints(&self) -> Vec<String> {
        vec![self.why.remedy().to_owned()]
    }
}

/// Fails if `plugin` needs what this everestctl does not have.
pub fn check(plugin: &str, metadata: &Sidecar) -> Result<(), IncompatiblePlugin> {
    version::check(metadata.protocol, &metadata.requires)
        .map_err(|why| IncompatiblePlugin { plugin: plugin.to_owned(), why })
}

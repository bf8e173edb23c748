//! L2: what the user has set up.
//!
//! * [`client_config`]: what the config file shared with the Go CLI says;
//! * [`config_file`]: changing it while others do, too;
//! * `locked_file`: the lock of a file that several processes change;
//! * [`plugin_credentials`]: `everestctl-credentials.json` beside it, for credentials of plugins' own;
//! * [`preferences`]: `everestctl.yaml` beside it, for what the Go CLI does not know;
//! * [`registry_logins`]: what `podman login` and `docker login` have kept;
//! * [`target`]: which context, server, cluster and namespace a command is about, and who said so;
//!
//! Nothing here talks to a server.

pub mod client_config;
pub mod config_file;
mod locked_file;
pub mod plugin_credentials;
pub mod preferences;
pub mod registry_logins;
pub mod target;

pub use client_config::{ClientConfig, ConfigError, Context, StoredSession};
pub use config_file::{ConfigFile, InterruptedRenewal, Renewed};
pub use plugin_credentials::{CredentialKey, CredentialsFile, StoredCredentials};
pub use preferences::Preferences;
pub use target::{ContextOverrides, Target, ValueSource};

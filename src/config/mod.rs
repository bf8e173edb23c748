//! L2: what the user has set up.
//!
//! * [`client_config`]: the config file shared with the Go CLI, read only for now;
//! * [`target`]: which context, server, cluster and namespace a command is about, and who said so;
//! * [`yaml`]: reading YAML without ever quoting it, since these files hold secrets.
//!
//! Nothing here talks to a server.

pub mod client_config;
pub mod target;
pub mod yaml;

pub use client_config::{ClientConfig, ConfigError};
pub use target::{Target, Wishes};

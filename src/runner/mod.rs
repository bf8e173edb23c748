//! L3: running a command that has been found. One module for each way.
//!
//! * [`mod@exec`]: this process becomes the plugin;
//! * [`proxy`]: requests through the API server's proxy;
//! * [`environment`]: what the plugin finds in its environment.
//!
//! This engine must not know how the command was found (`discovery`, `index`, `resolve`).

pub mod environment;
pub mod exec;
pub mod proxy;

pub use environment::Surroundings;

//! L3: running a command that has been found. One module for each way; only exec so far.
//!
//! * [`mod@exec`]: this process becomes the plugin;
//! * [`environment`]: what the plugin finds in its environment.
//!
//! This engine must not know how the command was found (`discovery`, `index`, `resolve`).

pub mod environment;
pub mod exec;

pub use environment::Surroundings;
pub use exec::{ExecError, exec};

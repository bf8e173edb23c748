//! L3: the development host, `everestctl host`: the plugin part of the OpenEverest API on this
//! machine, in front of real backends.
//!
//! * `server`: listening, limits, a clean end;
//! * [`foreground`]: the host for a program that is not asynchronous itself;
//! * [`api`]: the routes with the shapes and statuses of the reference;
//! * [`proxy`]: requests on their way to a backend and back;
//! * [`accounts`]: passwords, signing keys, access and refresh tokens;
//! * [`rbac`]: who may do what;
//! * [`plugins`]: manifests, from folders or from Kubernetes;
//! * [`backends`]: where a plugin's requests go, and the commands that the host starts for them;
//! * [`instances`]: databases that a file declares, for plugins that connect to them;
//! * [`events`]: events for subscribers;
//! * [`log`]: what the developer sees of it, line by line;
//! * `admission`: the names that the host answers to, and the pages that may ask;
//! * `places`: who has a connection, and who has to go when there is no room;
//! * `paths`: paths that climb;
//! * [`hello`]: the plugin that is always there.
//!
//! A development tool: loopback only, one process, no replicas. It must not know how a client finds or runs
//! commands.

pub mod accounts;
mod admission;
pub mod api;
pub mod backends;
pub mod events;
pub mod foreground;
pub mod hello;
pub mod instances;
pub mod log;
mod paths;
mod places;
pub mod plugins;
pub mod proxy;
pub mod rbac;
mod server;
mod settings;
mod state;

pub(crate) use admission::is_host_name;
pub use foreground::Foreground;
pub use log::Lines;
pub use server::{HostError, Running, start};
pub use settings::{Compat, Settings};
pub(crate) use state::Host;
pub(crate) use state::Log;

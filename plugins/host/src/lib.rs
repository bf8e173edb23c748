//! The development host, `everestctl host`: the plugin part of the OpenEverest API on this machine, in front of real
//! backends. A development tool: loopback only, one process, no replicas. This page is the map.
//!
//! It is a bundled plugin: `everestctl` finds the program `everestctl-host` beside itself and becomes it. The client never
//! depends on this package. This package depends on the client's library for what must not exist twice: the trust of
//! files, the starting of programs, the reading of YAML and kubeconfigs, the config file and its sessions, and the command
//! line (global flags, help, errors, completion). `tests/everestctl/layers.rs` holds the list of its modules that may be
//! imported here, and the layers below.
//!
//! | layer | module | what it is for |
//! |---|---|---|
//! | L4 | [`cli`] | the flags, and what is printed |
//! | L3 | [`ops`] | `host run`, `host exec` and `host lint-bundle` |
//! | | `command_changes` | what is new of the commands of a plugin that has changed |
//! | L2 | [`foreground`] | the host for a program that is not asynchronous itself |
//! | | `server`, [`settings`], `state` | listening, limits, a clean end |
//! | | [`api`] | the routes with the shapes and statuses of the reference |
//! | | [`proxy`] | requests on their way to a backend and back |
//! | | [`accounts`] | passwords, signing keys, access and refresh tokens |
//! | | [`rbac`] | who may do what |
//! | | [`plugins`], `watch` | manifests, from folders or from Kubernetes |
//! | | [`backends`] | where a plugin's requests go, and the commands that the host starts for them |
//! | | [`instances`] | databases that a file declares, for plugins that connect to them |
//! | | [`events`] | events for subscribers |
//! | | [`log`] | what the developer sees of it, line by line |
//! | | `admission` | the names that the host answers to, and the pages that may ask |
//! | | [`lint`] | what keeps a bundle from being shown, found without running it |
//! | | `places` | who has a connection, and who has to go when there is no room |
//! | | [`hello`] | the plugin that is always there |
//! | | `ui` | the web shell: its files, and the headers that they are served with |
//! | L1 | [`sys`] | processes that end with the host, who listens, a folder for a run |
//!
//! It must not know how a client finds or runs commands.

pub mod accounts;
mod admission;
pub mod api;
pub mod backends;
pub mod cli;
mod command_changes;
pub mod events;
pub mod foreground;
pub mod hello;
pub mod instances;
pub mod lint;
pub mod log;
pub mod ops;
mod places;
pub mod plugins;
pub mod proxy;
pub mod rbac;
mod server;
pub mod settings;
mod state;
pub mod sys;
mod ui;
mod watch;

pub(crate) use admission::is_host_name;
pub use foreground::Foreground;
pub use log::{Log, LogLine, LogSink, PageReport, Weight};
pub use server::{HostError, RunningHost, start};
pub use settings::{Compat, HostResources, HostSettings};
pub(crate) use state::Host;

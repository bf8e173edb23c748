//! End-to-end tests: the binary as its users run it, in one test binary.
//!
//! Each test has a sandbox: a cleared environment, its own home, folders of its own. The outside is
//! real where it can be: real files, real processes, real sockets, a real kube-apiserver when
//! `KUBEBUILDER_ASSETS` names one. What is skipped says so by name.
//!
//! Snapshots are inline; `SNAPSHOTS=overwrite cargo test` writes them anew.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

mod support;

mod alias;
#[cfg(feature = "host")]
mod answers_hostile;
#[cfg(feature = "host")]
mod auth_commands;
mod cluster_source;
mod completion;
mod completion_quotes;
mod dependencies;
mod dispatch;
mod help;
#[cfg(feature = "host")]
mod host_accounts;
#[cfg(feature = "host")]
mod host_backends;
#[cfg(feature = "host")]
mod host_exec;
#[cfg(feature = "host")]
mod host_hostile;
#[cfg(feature = "host")]
mod host_instances;
#[cfg(feature = "host")]
mod host_plugins;
#[cfg(feature = "host")]
mod host_proxy;
#[cfg(feature = "host")]
mod host_sockets;
mod index;
mod layers;
#[cfg(feature = "host")]
mod neighbours;
mod plugin_list;
mod plugin_which;
#[cfg(feature = "host")]
mod reads_once;
mod refusal;
#[cfg(feature = "host")]
mod server_answers;
#[cfg(feature = "host")]
mod server_commands;
#[cfg(feature = "host")]
mod server_descriptors;
#[cfg(feature = "host")]
mod server_hostile;
#[cfg(feature = "host")]
mod server_inert;
#[cfg(feature = "host")]
mod server_jobs;
#[cfg(feature = "host")]
mod server_pages;
mod server_source;
#[cfg(feature = "host")]
mod server_streams;
#[cfg(feature = "host")]
mod server_transfers;
#[cfg(feature = "host")]
mod session_renewal;
mod sql_chart;
#[cfg(feature = "host")]
mod sql_hostile;
#[cfg(feature = "host")]
mod sql_plugin;
#[cfg(feature = "host")]
mod sql_promises;
mod unknown;

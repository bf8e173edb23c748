//! everestctl: every OpenEverest extension as a command. This page is the map; read it first.
//!
//! A command is found in a *source*, decided by the *resolver*, and run in a *way*:
//!
//! ```text
//! everestctl WORDS…  →  cli::scan  →  resolve (asking discovery::local by a few stats, then the index)
//!                                       →  runner::exec: this process becomes the plugin
//!                                       →  runner::container: this process becomes a container runtime
//!                                       →  runner::native: a process of this binary loads the library
//!                                       →  runner::proxy: requests to its server; events  →  cli  →  term
//! everestctl plugin … →  cli (clap) →  ops  →  discovery, index, resolve  →  a report  →  term
//! ```
//!
//! # The layers
//!
//! Arrows point down only; `tests/everestctl/layers.rs` holds the table of allowed imports.
//!
//! | layer | module | what it is for |
//! |---|---|---|
//! | L5 | [`cli`] | clap, the quick scan, one file for each command; the only layer that prints |
//! | L4 | [`ops`] | one use case in each file; gives a report |
//! | L4 | [`app`] | what one run knows, each thing read once |
//! | L3 | [`discovery`] | where commands come from: local, native, server, cluster |
//! | L3 | [`index`] | what is remembered of them |
//! | L3 | [`install`] | packages of local plugins, in generations |
//! | L3 | [`author`] | what authors have made here: started from a template, judged, tried, packed |
//! | L3 | [`chart`] | server plugins as objects of a cluster: judged, installed with helm, applied |
//! | L3 | [`resolve`] | who gets a name; pure |
//! | L3 | [`runner`] | running what was found: a way is a module, and here alone is the `match` on it |
//! | L3 | [`session`] | signing in, renewing, signing out |
//! | L2 | [`client`] | HTTP to OpenEverest, kube to Kubernetes; the only asynchronous layer |
//! | L2 | [`config`] | contexts, sessions |
//! | L2 | [`openapi`] | a plugin's OpenAPI document as commands; pure |
//! | L2 | [`jq`] | `--jq`; pure |
//! | L2 | [`term`] | streams, colour, tables |
//! | L1 | [`sys`] | files, folders, locks, processes, the clock |
//! | L1 | [`yaml`] | reading YAML without ever quoting it, and changing it: the files hold secrets; pure |
//! | L0 | [`model`] | the nouns |
//! | L0 | [`error`] | failures in the words that people read |
//!
//! `app` is above `runner`, since it hands the runner what this run knows: it implements
//! [`runner::RunContext`] and makes the [`runner::proxy::ServerAccess`] that a connection is opened with. So a runner
//! reads no config and knows no index, and can be tested with its own context. It reports what happens
//! to a [`runner::event::Sink`]; `cli` implements the one that prints, and sends no request itself.
//!
//! Beside it stand the crate `everestctl-protocol` (`plugins/protocol/`): what plugins and their host share; `everestctl-rows` (`plugins/rows/`): rows in the forms that
//! plugins write them in, too; `plugins/host/`,
//! the development host, a program of its own that is found beside this one and uses some modules of this library; and
//! `plugins/sql/`, a plugin of a server like any other, which shares only the protocol crate with it.
//!
//! # How to …
//!
//! * add a command: a file in [`cli::plugin`], an op in [`ops`], a test of the same name;
//! * add a source: a module in [`discovery`] that gives a [`model::SourceReport`], a [`model::Source`], a question
//!   in [`app::refresh`];
//! * add a way of running: a folder in [`runner`] with a [`runner::Runner`], an arm in [`runner::of`], a variant of
//!   [`model::Way`];
//! * add an argument that completes: a [`cli::completer::Completer`] on it;
//! * add a global flag: a line in [`cli::globals`].

#[cfg(not(unix))]
compile_error!(
    "everestctl runs on Unix only: it relies on owners and modes of files, process groups and exec"
);

pub mod app;
pub mod author;
pub mod chart;
pub mod cli;
pub mod client;
pub mod config;
pub mod discovery;
pub mod error;
pub mod index;
pub mod install;
pub mod jq;
pub mod model;
pub mod openapi;
pub mod ops;
pub mod resolve;
pub mod runner;
pub mod session;
pub mod sys;
pub mod term;
pub mod yaml;

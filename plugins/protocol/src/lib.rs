//! What everestctl and its plugins share, and nothing else: pure types without I/O.
//!
//! * [`word`]: the rule that every command word obeys;
//! * [`environment`]: the variables that a plugin finds in its environment;
//! * [`exit`]: the exit codes that everestctl itself gives;
//! * [`manifest`]: the `Plugin` custom resource, in which a plugin of a server describes itself;
//! * [`native`]: the C interface of native plugins, as in `include/everestctl_plugin.h`;
//! * [`package`]: the file in which a package of a local plugin describes itself;
//! * [`policy`]: how the terms of an access policy are matched;
//! * [`sidecar`]: the file `everestctl-NAME.yaml` in which a local plugin describes itself;
//! * [`version`]: the version of all this, and the features that it names.
//!
//! This crate must not know how a plugin is found or run; that is the host's business.

pub mod environment;
pub mod exit;
pub mod manifest;
pub mod native;
pub mod package;
pub mod policy;
pub mod sidecar;
pub mod version;
pub mod word;

pub use word::{CommandWord, InvalidWord};

//! L3: who gets a name. Pure: it gets everything through a [`CommandSource`] and never reads a file or queries a server itself.
//!
//! Design section 4 in code, each rule once:
//!
//! * [`candidates()`] lists every claim to the typed words, in order of precedence, lazily; [`choose`] takes
//!   the first. Dispatch, `plugin which` and `plugin info` all go through these two, so they cannot differ.
//! * [`catalogue()`] applies the same order to everything that is known, for `plugin list`.
//! * [`RemoteCommands`] makes one command of the origins that the server and the cluster give it.
//! * [`suggest`] finds the names that the user may have meant.

mod candidates;
mod catalogue;
mod merge;
mod rule;
pub mod suggest;

#[cfg(test)]
mod layouts;

pub use crate::model::Command;
pub use candidates::{Candidate, CommandSource, RunTarget, candidates, choose};
pub use catalogue::{CatalogueEntry, catalogue};
pub use merge::{RemoteCommands, RemoteMatch};
pub use rule::Rule;

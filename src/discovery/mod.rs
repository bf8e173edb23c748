//! L3: where commands come from.
//!
//! One module for each source; each gives a [`SourceReport`], and one that fails hides no other:
//!
//! * [`local`]: executables `everestctl-NAME` in the plugin folder and on PATH;
//! * [`native`]: libraries in the plugin folder;
//! * [`server`]: the plugin list of an OpenEverest server;
//! * [`cluster`]: `Plugin` custom resources of a Kubernetes cluster, read by [`manifest`].
//!
//! What a plugin of a server offers is found by [`descriptor`]: its own OpenAPI document, or one of the
//! [`overlays`] that come with this program.
//!
//! [`query_all()`] asks them side by side. This engine must not know who gets a name (`resolve`), what was
//! known before (`index`), or how a command is run (`runner`).

pub mod cluster;
mod declared_words;
pub mod descriptor;
mod fan_out;
pub mod local;
pub mod manifest;
pub mod native;
pub mod overlays;
pub mod server;

pub use fan_out::{SourceQuery, query_all};

use crate::model::{Source, SourceReport, Warning, limits};

/// Keeps the first problems of a source, and of the others their number: a list can have a hundred thousand.
fn shorten(problems: &mut Vec<Warning>, source: Source) {
    let more = problems.len().saturating_sub(limits::PROBLEMS);
    if more > 1 {
        problems.truncate(limits::PROBLEMS);
        problems.push(Warning::new(source, format!("and {more} more problems of this kind")));
    }
}

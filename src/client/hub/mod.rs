//! Catalogs of what can be installed on a server: the OpenEverest hub, and others of the same format (reference, section 9).
//!
//! * [`entry`]: what a catalog says of one extension;
//! * [`document`]: reading a catalog, entry by entry; pure;
//! * [`download`]: getting one from where it is published;
//! * [`kept`]: the copies in the cache folder.
//!
//! It must not know which catalogs the user has, nor what becomes of an entry.

pub mod document;
pub mod download;
pub mod entry;
pub mod kept;

use super::ClientError;
use crate::model::CleanText;
use std::io;
use std::path::PathBuf;

/// The largest catalog that is read, in bytes: three hundred times the hub's in 2026.
pub const LARGEST: usize = 8 * 1024 * 1024;

/// Why a catalog cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// It could not be downloaded.
    #[error("{url}: {error}")]
    Download {
        /// Where it is published.
        url: CleanText,
        /// Why.
        error: ClientError,
    },
    /// Nothing may be asked, and nothing is kept.
    #[error("{0}: not downloaded yet, and --offline is set")]
    Offline(CleanText),
    /// A file cannot be read.
    #[error("could not read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// It is not a catalog.
    #[error("{place}: {why}")]
    NoCatalog {
        /// Where it is.
        place: CleanText,
        /// What is wrong with it.
        why: document::NoCatalog,
    },
}

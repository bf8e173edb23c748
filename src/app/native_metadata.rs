//! What native libraries say of themselves: known from the index by the identity of the file, or asked once.

use super::App;
use crate::discovery::local::sidecar;
use crate::model::{CleanText, Origin, OriginState};
use crate::runner::native::error::LibraryFault;
use crate::runner::native::metadata;
use crate::sys::FileFacts;
use everestctl_protocol::sidecar::Sidecar;
use everestctl_protocol::version;
use std::path::Path;

/// What a library says of itself, or why it does not.
pub type NativeMetadata = Result<Sidecar, LibraryFault>;

/// Whether a library that is not known is asked: that loads it, in a process of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LibraryQuery {
    /// Yes.
    Wanted,
    /// No: somebody waits for TAB.
    Unwanted,
}

/// What is kept in the index of a library.
const KIND: &str = "native";

/// What is known of the library at `path`; nothing is loaded.
pub fn known(app: &App, path: &Path) -> Option<NativeMetadata> {
    let identity = FileFacts::from_path(path).ok()?.identity;
    app.store()?.file_note(KIND, path, identity)
}

/// What the library at `path` says of itself.
pub fn read(app: &App, path: &Path) -> NativeMetadata {
    let facts = FileFacts::from_path(path).map_err(|error| LibraryFault::Unreadable(error.to_string()))?;
    let identity = facts.identity;
    let store = app.store();
    if let Some(known) = store.as_ref().and_then(|store| store.file_note(KIND, path, identity)) {
        return known;
    }
    let said = metadata::read(path, &app.environment);
    let is_lasting = !said.as_ref().is_err_and(LibraryFault::is_passing);
    if let Some(store) = store.filter(|_| is_lasting) {
        // A cache that cannot be written costs time, not truth.
        let _ = store.keep_file_note(KIND, path, identity, &said);
    }
    said
}

/// Puts what a library says of itself into its `origin`; `false` where that is not known.
pub fn describe(app: &App, origin: &mut Origin, asking: LibraryQuery) -> bool {
    let Some(path) = origin.path.clone().filter(|_| matches!(origin.state, OriginState::Ready)) else {
        return true;
    };
    let said = match asking {
        LibraryQuery::Wanted => read(app, &path),
        LibraryQuery::Unwanted => match known(app, &path) {
            Some(known) => known,
            None => return false,
        },
    };
    match said {
        Ok(metadata) => {
            if let Err(error) = version::check(metadata.protocol, &metadata.requires) {
                let hint = Some(error.remedy().to_owned());
                origin.state = OriginState::Invalid { why: CleanText::new(&error.to_string()), hint };
            }
            sidecar::describe(origin, metadata);
        }
        Err(fault) => origin.state = OriginState::Invalid { why: fault.to_reason(), hint: fault.hint() },
    }
    true
}

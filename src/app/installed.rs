//! Whether an installed file is still what was installed, and what its package says of it: looked at once for each state of
//! the file.

use super::App;
use crate::discovery::local::sidecar;
use crate::install::error::InstallError;
use crate::install::package::SIDECAR;
use crate::install::store::ContentStore;
use crate::model::Warning;
use crate::sys::FileFacts;
use crate::sys::tree;
use everestctl_protocol::sidecar::{Credentials, Sidecar};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The kind of these notes in the index.
const KIND: &str = "installed";

/// What is kept in the index of a file that is as it was installed: so a run reads no sidecar.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct InstalledFile {
    /// Of its package.
    digest: String,
    protocol: Option<u32>,
    requires: Vec<String>,
    credentials: Credentials,
}

impl InstalledFile {
    fn into_terms(self) -> Sidecar {
        let Self { protocol, requires, credentials, .. } = self;
        Sidecar { protocol, requires, credentials, ..Sidecar::default() }
    }
}

/// What the executable behind the link `path` of the plugin `name` needs and may have. Fails if it is not what was installed.
pub fn terms(
    app: &App,
    name: &str,
    path: &Path,
    warn: &mut dyn FnMut(Warning),
) -> Result<Sidecar, InstallError> {
    let data = app.folders.data.as_deref().ok_or(InstallError::NoPlace)?;
    let store = ContentStore::new(data);
    let changed = |path: &Path| InstallError::Changed { name: name.to_owned(), path: path.to_owned() };
    let file = real_path(data, path).ok_or_else(|| changed(path))?;
    let digest = store.digest_of(&file).ok_or_else(|| changed(&file))?;
    let unreadable = |error| InstallError::Unreadable { path: file.clone(), error };
    let identity = FileFacts::from_name(&file).map_err(unreadable)?.identity;
    let index = app.store();
    let known: Option<InstalledFile> =
        index.as_ref().and_then(|index| index.file_note(KIND, &file, identity));
    if let Some(known) = known.filter(|known| known.digest == digest) {
        return Ok(known.into_terms());
    }
    let decides = |path: &PathBuf| *path == file || path.ends_with(SIDECAR);
    if let Some(path) = store.changed(digest)?.iter().find(|path| decides(path)) {
        return Err(changed(path));
    }
    let Sidecar { protocol, requires, credentials, .. } = match sidecar::terms(path) {
        Ok(said) => said,
        Err(problem) => {
            warn(problem);
            return Ok(Sidecar::default());
        }
    };
    let found = InstalledFile { digest: digest.to_owned(), protocol, requires, credentials };
    if let Some(index) = index {
        // A cache that cannot be written costs time, not truth.
        let _ = index.keep_file_note(KIND, &file, identity, &found);
    }
    Ok(found.into_terms())
}

/// Where a link of the active generation leads, inside the store.
fn real_path(data: &Path, link: &Path) -> Option<PathBuf> {
    let target = tree::link_target(link)?;
    Some(data.join(target.strip_prefix("../..").ok()?))
}

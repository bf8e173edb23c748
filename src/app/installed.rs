//! Whether an installed file is still what was installed: looked at once for each state of the file.

use super::App;
use crate::install::error::InstallError;
use crate::install::store::ContentStore;
use crate::sys::FileFacts;
use crate::sys::tree;
use std::path::{Path, PathBuf};

/// What is kept in the index of a file that is as it was installed.
const KIND: &str = "installed";

/// Fails if the file behind the link `path` of the plugin `name` is not what was installed.
pub fn is_unchanged(app: &App, name: &str, path: &Path) -> Result<(), InstallError> {
    let data = app.folders.data.as_deref().ok_or(InstallError::NoPlace)?;
    let store = ContentStore::new(data);
    let changed = |path: &Path| InstallError::Changed { name: name.to_owned(), path: path.to_owned() };
    let file = real_path(data, path).ok_or_else(|| changed(path))?;
    let digest = store.digest_of(&file).ok_or_else(|| changed(&file))?;
    let unreadable = |error| InstallError::Unreadable { path: file.clone(), error };
    let identity = FileFacts::from_name(&file).map_err(unreadable)?.identity;
    let index = app.store();
    let known: Option<String> = index.as_ref().and_then(|index| index.file_note(KIND, &file, identity));
    if known.as_deref() == Some(digest) {
        return Ok(());
    }
    if store.changed(digest)?.contains(&file) {
        return Err(changed(&file));
    }
    if let Some(index) = index {
        // A cache that cannot be written costs time, not truth.
        let _ = index.keep_file_note(KIND, &file, identity, &digest);
    }
    Ok(())
}

/// Where a link of the active generation leads, inside the store.
fn real_path(data: &Path, link: &Path) -> Option<PathBuf> {
    let target = tree::link_target(link)?;
    Some(data.join(target.strip_prefix("../..").ok()?))
}

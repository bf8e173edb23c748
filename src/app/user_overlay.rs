//! The document that the user has written for a plugin: read once for each state of the file, and kept as what the plugin itself says is.
//!
//! It must not know what a plugin says of itself.

use super::App;
use super::descriptor_error::DescriptorError;
use super::indexed_commands;
use crate::error::Failure;
use crate::index::Store;
use crate::model::FileIdentity;
use crate::openapi::{self, Descriptor, StoredDescriptor};
use crate::runner::PluginApi;
use crate::sys::FileFacts;
use crate::sys::files;
use std::path::{Path, PathBuf};

/// The folder of these files, beside the config file.
const FOLDER: &str = "plugins";
/// What is kept in the index of such a file: the name of its details.
const KIND: &str = "overlay";

/// The file for `plugin`; `None` where no config file can be.
fn file(app: &App, plugin: &str) -> Option<PathBuf> {
    Some(folder(app)?.join(file_name(plugin)))
}

/// The folder that they are in; `None` where no config file can be.
pub(super) fn folder(app: &App) -> Option<PathBuf> {
    Some(app.folders.config_file.as_ref()?.with_file_name(FOLDER))
}

/// The name of the file for `plugin`.
pub(super) fn file_name(plugin: &str) -> String {
    format!("{plugin}.openapi.yaml")
}

/// What the user says of `plugin`; `None` when that is nothing.
pub(super) fn find(app: &App, plugin: &str) -> Result<Option<PluginApi>, Failure> {
    let Some(path) = file(app, plugin) else { return Ok(None) };
    let unusable = |why: String| DescriptorError::UnusableOverlay { path: path.clone(), why };
    let place = path.display().to_string();
    let identity = match FileFacts::from_path(&path) {
        Ok(facts) => facts.identity,
        Err(error) if files::is_absent(&error) => return Ok(None),
        Err(error) => return Err(unusable(error.to_string()).into()),
    };
    let store = app.store();
    let details = store.as_ref().and_then(|store| store.file_note(KIND, &path, identity));
    if let Some(known) =
        details.and_then(|details| indexed_commands::open(app, plugin, details, &place, true))
    {
        return Ok(Some(known));
    }
    let read = files::read_with_facts(&path, openapi::limits::DOCUMENT as u64);
    let (content, facts) = read.map_err(|error| unusable(error.to_string()))?;
    let descriptor = openapi::read(&content).map_err(|error| unusable(error.to_string()))?;
    if let Some(store) = store {
        // A cache that cannot be written costs time, not truth.
        let _kept = keep(&store, &path, facts.identity, &descriptor);
    }
    Ok(Some(PluginApi { name: plugin.to_owned(), descriptor: Box::new(descriptor.into()), place }))
}

fn keep(store: &Store, path: &Path, identity: FileIdentity, descriptor: &Descriptor) -> Option<()> {
    let StoredDescriptor { head, commands } = descriptor.to_stored()?;
    let details = store.keep_details(&head, &commands).ok()?;
    store.keep_file_note(KIND, path, identity, &details).ok()
}

//! The commands of a plugin as the index has them: each is read when it is asked for.
//!
//! It must not know how a plugin is asked.

use super::App;
use crate::discovery::overlays;
use crate::index::Described;
use crate::index::details::DetailsFile;
use crate::openapi::{ApiCommand, LazyDescriptor, StoredCommands};
use crate::runner::PluginApi;

/// What the index has of a plugin; `None` when that is nothing, or damaged.
pub(super) fn in_index(app: &App, plugin: &str, described: &Described) -> Option<PluginApi> {
    let is_ours = described.place == overlays::PLACE;
    open(app, plugin, described.details?, &described.place, is_ours)
}

/// What the index has under the name `details`, which was found at `place`; `None` as before. What we or the user say of a plugin
/// `may_name_variables`.
pub(super) fn open(
    app: &App,
    plugin: &str,
    details: u64,
    place: &str,
    may_name_variables: bool,
) -> Option<PluginApi> {
    let details = app.store()?.details(details)?;
    let head = details.head().to_vec();
    let app = app.clone();
    let stored = IndexedCommands { details, plugin: plugin.to_owned(), may_name_variables, app };
    let descriptor = LazyDescriptor::open(&head, Box::new(stored))?;
    let name = plugin.to_owned();
    Some(PluginApi { name, descriptor: Box::new(descriptor), place: place.to_owned() })
}

/// The commands of a plugin in its details file.
struct IndexedCommands {
    details: DetailsFile,
    plugin: String,
    may_name_variables: bool,
    app: App,
}

impl StoredCommands for IndexedCommands {
    fn read(&self, number: usize) -> Option<ApiCommand> {
        let mut command = serde_json::from_slice(&self.details.part(number)?).ok()?;
        if !self.may_name_variables {
            super::variables::keep_own(&self.app, &self.plugin, std::slice::from_mut(&mut command));
        }
        Some(command)
    }
}

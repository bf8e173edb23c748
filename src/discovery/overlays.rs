//! The descriptions that come with this program, for plugins in the wild that publish none: the files of
//! `plugins/overlays/`. One of the user's own is `plugins/NAME.openapi.yaml` in the config folder.

use crate::model::CommandWord;
use crate::openapi::{self, Descriptor};

macro_rules! overlays {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../plugins/overlays/", $name, ".openapi.yaml")))),*]
    };
}

/// Where such a document is, in words.
pub const PLACE: &str = "an overlay included in everestctl";

/// By the plugin's name.
const OVERLAYS: &[(&str, &str)] = overlays![
    "audit" "mongo-explorer" "my-plugin" "performance" "plugin-bench" "plugin-hub" "plugin-inspector" "plugin-metrics"
];

/// The one for the server itself: its own stream of events.
const HOST: &str = include_str!("../../plugins/overlays/host.openapi.yaml");

/// The short names that the overlays give, so that nothing has to be read to know them: they work before a plugin
/// was ever asked what it offers.
const ALIASES: &[(&str, &[&str])] = &[
    ("mongo-explorer", &["mongo"]),
    ("performance", &["perf"]),
    ("plugin-bench", &["bench"]),
    ("plugin-hub", &["hub"]),
    ("plugin-inspector", &["inspector"]),
    ("plugin-metrics", &["metrics"]),
];

/// The short names of a plugin.
pub fn aliases(plugin: &str) -> impl Iterator<Item = CommandWord> {
    let found = ALIASES.iter().find(|(name, _)| *name == plugin);
    found.into_iter().flat_map(|(_, aliases)| aliases.iter()).filter_map(|alias| CommandWord::new(alias).ok())
}

/// Whether a plugin is known to have this name, on whatever server.
pub fn names_a_plugin(word: &str) -> bool {
    const DESCRIBE_THEMSELVES: [&str; 1] = ["sql"];
    let is_alias = |(name, aliases): &(&str, &[&str])| *name == word || aliases.contains(&word);
    DESCRIBE_THEMSELVES.contains(&word)
        || OVERLAYS.iter().any(|(name, _)| *name == word)
        || ALIASES.iter().any(is_alias)
}

/// The overlay for a plugin in this version.
pub fn for_plugin(plugin: &str, version: Option<&str>) -> Option<Descriptor> {
    let (_, text) = OVERLAYS.iter().find(|(name, _)| *name == plugin)?;
    // A test reads all of them.
    let descriptor = openapi::read(text.as_bytes()).ok()?;
    let fits = descriptor.overlay.as_ref().is_none_or(|overlay| overlay.fits(plugin, version));
    fits.then_some(descriptor)
}

/// What the server itself offers.
pub fn for_host() -> Option<Descriptor> {
    // A test reads it.
    openapi::read(HOST.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::reserved;

    #[test]
    fn the_overlay_of_the_server_has_one_command() {
        let descriptor = openapi::read(HOST.as_bytes()).unwrap();
        assert!(descriptor.problems.is_empty(), "{:?}", descriptor.problems);
        assert_eq!(descriptor.commands.len(), 1);
        assert!(descriptor.commands[0].follow.as_ref().is_some_and(|follow| follow.cursor.is_some()));
    }

    #[test]
    fn every_overlay_can_be_read_whole_and_claims_no_reserved_word() {
        for (name, text) in OVERLAYS {
            let descriptor = openapi::read(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(descriptor.problems.is_empty(), "{name}: {:?}", descriptor.problems);
            assert!(!descriptor.commands.is_empty(), "{name}");
            assert_eq!(descriptor.overlay.as_ref().unwrap().plugin.as_str(), *name);
            assert!(descriptor.aliases.iter().cloned().eq(aliases(name)), "{name}");
            for alias in &descriptor.aliases {
                assert!(reserved::owner(alias.as_str()).is_none(), "{name}: {alias}");
            }
        }
    }
}

//! The descriptions that come with this program, for plugins in the wild that publish none: the files of
//! `plugins/overlays/`. One of the user's own is `plugins/NAME.openapi.yaml` in the config folder.

use crate::openapi::{self, Descriptor};

macro_rules! overlays {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../plugins/overlays/", $name, ".openapi.yaml")))),*]
    };
}

/// By the plugin's name.
const OVERLAYS: &[(&str, &str)] = overlays![
    "audit" "mongo-explorer" "my-plugin" "performance" "plugin-bench" "plugin-hub" "plugin-inspector" "plugin-metrics"
];

/// The overlay for a plugin in this version.
pub fn of(plugin: &str, version: Option<&str>) -> Option<Descriptor> {
    let (_, text) = OVERLAYS.iter().find(|(name, _)| *name == plugin)?;
    // A test reads all of them.
    let descriptor = openapi::read(text.as_bytes()).ok()?;
    let fits = descriptor.overlay.as_ref().is_none_or(|overlay| overlay.fits(plugin, version));
    fits.then_some(descriptor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::reserved;

    #[test]
    fn every_overlay_can_be_read_whole_and_claims_no_reserved_word() {
        for (name, text) in OVERLAYS {
            let descriptor = openapi::read(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(descriptor.problems.is_empty(), "{name}: {:?}", descriptor.problems);
            assert!(!descriptor.commands.is_empty(), "{name}");
            assert_eq!(descriptor.overlay.as_ref().unwrap().plugin.as_str(), *name);
            for alias in &descriptor.aliases {
                assert!(reserved::owner(alias.as_str()).is_none(), "{name}: {alias}");
            }
        }
    }
}

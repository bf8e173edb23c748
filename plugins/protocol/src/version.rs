//! The version of what everestctl and its plugins agree on, and the features that it names.
//!
//! A plugin learns both from its environment ([`crate::environment::PROTOCOL`], [`crate::environment::FEATURES`]) and says in its
//! metadata which of them it needs. What is new is a feature with a name; the number changes only when something that plugins rely
//! on ends.

use thiserror::Error;

/// The version of the protocol that this crate describes.
pub const PROTOCOL: u32 = 1;
/// The oldest version of which everything still works.
pub const OLDEST: u32 = 1;

/// `plugin api`: any request to a plugin's backend, sent by everestctl with the user's session.
pub const API: &str = "api";
/// `auth token`: a token of the user's session.
pub const AUTH_TOKEN: &str = "auth-token";
/// `credentials: env`: a token in the environment.
pub const CREDENTIALS_ENV: &str = "credentials-env";
/// `completion: cobra`, `clap`, `companion`: the plugin answers TAB itself.
pub const COMPLETION_COMMAND: &str = "completion-command";
/// `completion: words`: everestctl answers TAB from the metadata.
pub const COMPLETION_WORDS: &str = "completion-words";
/// `plugin api --server`, and `request_server` of the C interface: any request to the OpenEverest API itself, with the user's session.
pub const SERVER_API: &str = "server-api";
/// Native libraries, by version 1 of the C interface.
pub const NATIVE: &str = "native-1";

/// The features of this version.
pub const FEATURES: &[&str] =
    &[API, AUTH_TOKEN, COMPLETION_COMMAND, COMPLETION_WORDS, CREDENTIALS_ENV, NATIVE, SERVER_API];

/// Why a plugin and a host do not go together, and which of them has to be upgraded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Incompatible {
    /// The plugin was written for a later version.
    #[error("it needs version {0} of the plugin protocol, and this everestctl has version {PROTOCOL}")]
    HostIsOlder(u32),
    /// The plugin was written for a version that is no longer understood.
    #[error(
        "it was written for version {0} of the plugin protocol, and this everestctl needs {OLDEST} or later"
    )]
    PluginIsOlder(u32),
    /// It needs what this version does not have.
    #[error("it needs the feature `{0}`, which this everestctl does not have")]
    NoFeature(String),
}

impl Incompatible {
    /// What has to be done.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::HostIsOlder(_) | Self::NoFeature(_) => "upgrade everestctl",
            Self::PluginIsOlder(_) => "upgrade the plugin",
        }
    }
}

/// Whether a plugin that was written for version `protocol` and needs the features `requires` can run here.
pub fn check(protocol: Option<u32>, requires: &[String]) -> Result<(), Incompatible> {
    match protocol {
        Some(version) if version > PROTOCOL => return Err(Incompatible::HostIsOlder(version)),
        Some(version) if version < OLDEST => return Err(Incompatible::PluginIsOlder(version)),
        Some(_) | None => {}
    }
    match requires.iter().find(|feature| !FEATURES.contains(&feature.as_str())) {
        Some(feature) => Err(Incompatible::NoFeature(feature.clone())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_to_be_upgraded_is_said() {
        assert_eq!(check(None, &[]), Ok(()));
        assert_eq!(check(Some(PROTOCOL), &[API.to_owned(), NATIVE.to_owned()]), Ok(()));
        for (protocol, requires, upgraded) in [
            (Some(PROTOCOL + 1), None, "upgrade everestctl"),
            (Some(OLDEST - 1), None, "upgrade the plugin"),
            (None, Some("telepathy"), "upgrade everestctl"),
        ] {
            let requires: Vec<String> = requires.map(str::to_owned).into_iter().collect();
            assert_eq!(check(protocol, &requires).unwrap_err().remedy(), upgraded);
        }
    }

    #[test]
    fn the_features_are_in_order_and_words() {
        assert!(FEATURES.is_sorted());
        assert!(FEATURES.iter().all(|feature| !feature.contains(char::is_whitespace)));
    }
}

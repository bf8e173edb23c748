//! What a plugin's operations require beside the session: the credentials of the plugin's own that its document declares as
//! `securitySchemes`, and which of them one command needs.
//!
//! The header `Authorization` carries the session's token, and a server passes on one such header. So a scheme of that
//! header means this token, where it can; every other key has a place of its own.
//!
//! It must not know where a credential is kept, nor how it is sent.

use super::{ApiCommand, header, wire_name};
use crate::model::{CleanText, CredentialPlace};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The longest name of a scheme, in bytes.
const LONGEST: usize = 64;

/// The name of a scheme, which is typed after `--scheme`, and of which a variable is made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SchemeName(String);

impl SchemeName {
    /// The name, if it is one that can be typed: letters, digits, dots, dashes, underscores and single blanks.
    pub fn new(text: &str) -> Option<Self> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._- ".contains(&byte);
        let starts = text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_');
        let can_be_typed = starts && text.len() <= LONGEST && text.bytes().all(is_allowed);
        let has_a_variable = text.bytes().any(|byte| byte.is_ascii_alphanumeric());
        let is_clean = CleanText::new(text).as_str() == text;
        (can_be_typed && has_a_variable && is_clean).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SchemeName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl Serialize for SchemeName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SchemeName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?)
            .ok_or_else(|| D::Error::custom("not the name of a scheme"))
    }
}

/// A way to prove who asks, as a document declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityScheme {
    /// Its name in the document.
    pub name: SchemeName,
    /// What it is.
    pub kind: SchemeKind,
    /// What the document says of it, in one line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<CleanText>,
}

/// What a scheme is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SchemeKind {
    /// A key of the plugin's own, which the user has.
    Key(#[serde(deserialize_with = "place")] CredentialPlace),
    /// A bearer token in `Authorization`: that of the session.
    Session,
    /// Another authentication of HTTP, by this name: it would need the header that carries the session's token.
    Other(CleanText),
}

impl SecurityScheme {
    /// Where its key stands, if it is a key.
    pub fn place(&self) -> Option<&CredentialPlace> {
        match &self.kind {
            SchemeKind::Key(place) => Some(place),
            SchemeKind::Session | SchemeKind::Other(_) => None,
        }
    }
}

/// Why no key may stand in `place`, if none may.
pub(super) fn fault(place: &CredentialPlace) -> Option<String> {
    match place {
        CredentialPlace::Header(name) if header::is_reserved(name) => {
            Some(format!("the header `{}` is not for a document to set", CleanText::new(name)))
        }
        CredentialPlace::Header(name) => wire_name::fault(name, "header"),
        CredentialPlace::Query(name) => wire_name::fault(name, "query"),
        CredentialPlace::Cookie(name) => wire_name::fault(name, "cookie"),
    }
}

/// A place that comes back from the index is checked again: what is sent there is a secret.
fn place<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CredentialPlace, D::Error> {
    let place = CredentialPlace::deserialize(deserializer)?;
    fault(&place).map_or(Ok(place), |why| Err(D::Error::custom(why)))
}

/// Those of `schemes` that `command` names, in whatever alternative.
pub fn named_by<'d>(
    command: &ApiCommand,
    schemes: &'d [SecurityScheme],
) -> impl Iterator<Item = &'d SecurityScheme> {
    schemes.iter().filter(|scheme| command.security.iter().flatten().any(|name| *name == scheme.name))
}

/// What a command needs, by what is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement<'d> {
    /// Nothing of the plugin's own.
    Nothing,
    /// These, and all of them are known.
    Known(Vec<&'d SecurityScheme>),
    /// These, and one of them is not known.
    Missing(Vec<&'d SecurityScheme>),
    /// Something that cannot be sent.
    Impossible(&'d SecurityScheme),
}

/// What `command` needs: the first of its alternatives for which the user has given everything; else nothing, where that is
/// allowed; else the first.
pub fn requirement<'d>(
    command: &ApiCommand,
    schemes: &'d [SecurityScheme],
    is_known: impl Fn(&SecurityScheme) -> bool,
) -> Requirement<'d> {
    let named = |name: &SchemeName| schemes.iter().find(|scheme| scheme.name == *name);
    let sets: Vec<Vec<&SecurityScheme>> =
        command.security.iter().map(|set| set.iter().filter_map(named).collect()).collect();
    let is_whole = |set: &&Vec<&SecurityScheme>| {
        !set.is_empty() && set.iter().all(|scheme| scheme.place().is_some() && is_known(scheme))
    };
    if let Some(set) = sets.iter().find(is_whole) {
        return Requirement::Known(set.clone());
    }
    match sets.first() {
        Some(first) if sets.iter().all(|set| !set.is_empty()) => {
            match first.iter().find(|scheme| scheme.place().is_none()) {
                Some(scheme) => Requirement::Impossible(scheme),
                None => Requirement::Missing(first.clone()),
            }
        }
        _ => Requirement::Nothing,
    }
}

/// The variable that holds the credential of a scheme: `EVERESTCTL_PLUGIN_<PLUGIN>_<SCHEME>`, `_` for each `-` of the
/// plugin's name, and of the scheme's name the letters and digits. So there is no `_` in the last part, and no variable is
/// that of two plugins: that of `db-key` of `perf` is not that of `key` of `perf-db`.
pub fn credential_variable(plugin: &str, scheme: &SchemeName) -> String {
    let plugin = plugin.to_ascii_uppercase().replace('-', "_");
    let scheme: String = scheme.0.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("EVERESTCTL_PLUGIN_{plugin}_{}", scheme.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_variable_is_spelled_in_capitals() {
        let variable = |plugin, scheme| credential_variable(plugin, &SchemeName::new(scheme).unwrap());
        assert_eq!(variable("shop", "apiKey"), "EVERESTCTL_PLUGIN_SHOP_APIKEY");
        assert_eq!(variable("perf-db", "api_key-2"), "EVERESTCTL_PLUGIN_PERF_DB_APIKEY2");
        assert_ne!(variable("perf", "db-key"), variable("perf-db", "key"));
    }

    #[test]
    fn a_name_is_one_that_can_be_typed() {
        for name in ["apiKey", "X-Api_Key.2", "API Key", "_k"] {
            assert!(SchemeName::new(name).is_some(), "{name}");
        }
        for name in
            ["", " ", "-x", "--", "_", "a\u{1b}[31m", "a\nb", "ключ", "a;b", "$(x)", "a/b", &"a".repeat(65)]
        {
            assert!(SchemeName::new(name).is_none(), "{name:?}");
        }
    }

    #[test]
    fn no_key_stands_in_a_place_of_ours_not_even_out_of_the_index() {
        for name in [
            "Authorization",
            "host",
            "X_Everest_User",
            "Content-Length",
            "Cookie",
            "X-Forwarded-For",
            "a b",
            "",
        ] {
            let place = CredentialPlace::Header(name.to_owned());
            assert!(fault(&place).is_some(), "{name}");
            let kept = serde_json::json!({"name": "k", "kind": {"key": {"header": name}}});
            assert!(serde_json::from_value::<SecurityScheme>(kept).is_err(), "{name}");
        }
        assert!(fault(&CredentialPlace::Cookie("everest_refresh_token".to_owned())).is_some());
        assert_eq!(fault(&CredentialPlace::Header("X-API-Key".to_owned())), None);
    }

    proptest! {
        #[test]
        fn no_variable_is_that_of_two_plugins(
            one in "[a-z][a-z-]{0,6}", other in "[a-z][a-z-]{0,6}", first in "[A-Za-z][A-Za-z._ -]{0,6}[a-z]", second in "[A-Za-z][A-Za-z._-]{0,6}",
        ) {
            let variable = |plugin: &str, scheme: &str| credential_variable(plugin, &SchemeName::new(scheme).unwrap());
            prop_assume!(SchemeName::new(&first).is_some());
            prop_assert!(one == other || variable(&one, &first) != variable(&other, &second));
        }
    }
}

//! Where a run finds the credentials of a plugin's own, and what is said where it finds none.
//!
//! It must not know where they are kept, nor how they are sent.

use super::credential_error::CredentialError;
use crate::client::PluginCredential;
use crate::error::{Failure, ForeignWords};
use crate::model::quoted;
use crate::openapi::{SchemeName, SecurityScheme};
use zeroize::Zeroizing;

/// Who knows the credentials of plugins, for one server.
pub trait CredentialSource: Send + Sync {
    /// The credential for `scheme` of `plugin` in `cluster`; `None` when the user has given none.
    fn find(
        &self,
        cluster: &str,
        plugin: &str,
        scheme: &SchemeName,
    ) -> Result<Option<FoundCredential>, Failure>;
}

/// A credential, and who said it.
pub struct FoundCredential {
    /// What it is.
    pub value: Zeroizing<String>,
    /// Who said it.
    pub from: CredentialOrigin,
}

/// Who said a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialOrigin {
    /// The variable of the environment that is for it.
    Environment,
    /// `auth plugin`, which has stored it.
    Stored,
}

/// How a credential is stored, as it is typed. Which one it is, is said where the plugin has several.
pub fn how_to_store(plugin: &str, scheme: &str, schemes: &[SecurityScheme]) -> String {
    let has_others = schemes.iter().filter(|scheme| scheme.place().is_some()).count() > 1;
    let which = if has_others { format!(" --scheme {}", quoted(scheme)) } else { String::new() };
    format!("everestctl auth plugin {plugin}{which}")
}

/// What the user reads when `credentials`, which the `schemes` of `plugin` require, are not all known.
pub(super) fn unknown(
    plugin: &str,
    typed: &str,
    schemes: &[SecurityScheme],
    credentials: &[PluginCredential],
) -> Option<Failure> {
    let missing: Vec<&PluginCredential> =
        credentials.iter().filter(|credential| credential.value.is_none()).collect();
    let first = missing.first()?;
    let names: Vec<String> =
        missing.iter().map(|credential| format!("`{}` ({})", credential.scheme, credential.place)).collect();
    let described = missing.iter().filter_map(|credential| {
        let scheme = schemes.iter().find(|scheme| scheme.name.as_str() == credential.scheme)?;
        Some(format!("{}: {}", scheme.name, scheme.description.as_ref()?))
    });
    let texts: Vec<String> = described.collect();
    let mut failure = Failure::from(CredentialError::Unknown {
        plugin: plugin.to_owned(),
        names,
        store: how_to_store(typed, &first.scheme, schemes),
        variables: missing.iter().map(|credential| credential.variable.clone()).collect(),
    });
    if !texts.is_empty() {
        let by = format!("plugin {plugin}");
        failure.said = Some(Box::new(ForeignWords { by, texts, whole: String::new() }));
    }
    Some(failure)
}

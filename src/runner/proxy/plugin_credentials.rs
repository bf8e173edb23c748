//! The credentials of a plugin's own that a command requires, found when its request is made. They are put into it when it
//! is sent; what is not known is refused then, so that a request can be shown without them.
//!
//! It must not know where they are kept.

use super::connection::PluginConnection;
use super::credential_error::CredentialError;
use super::credential_source::CredentialOrigin;
use crate::client::PluginCredential;
use crate::error::Failure;
use crate::model::{CleanText, CredentialPlace};
use crate::openapi::{
    ApiCommand, Requirement, SchemeKind, SecurityScheme, credential_variable, named_by, requirement,
};
use std::collections::BTreeMap;

/// The credentials that go with a request of `command`. What `carries` says that the user has typed is not looked for.
pub(super) fn of(
    plugin: &PluginConnection,
    command: &ApiCommand,
    carries: &dyn Fn(&CredentialPlace) -> bool,
) -> Result<Vec<PluginCredential>, Failure> {
    if command.security.is_empty() {
        return Ok(Vec::new());
    }
    let schemes = &plugin.known.descriptor.about.schemes;
    let source = &plugin.access().credentials;
    let mut found = BTreeMap::new();
    for scheme in named_by(command, schemes) {
        let Some(place) = scheme.place() else { continue };
        if !carries(place)
            && let Some(credential) = source.find(plugin.cluster(), &plugin.name, &scheme.name)?
        {
            if let Some(why) = place.fault(&credential.value) {
                return Err(unusable(plugin, scheme, credential.from, why).into());
            }
            found.insert(&scheme.name, credential);
        }
    }
    let is_typed = |scheme: &SecurityScheme| scheme.place().is_some_and(carries);
    let is_known = |scheme: &SecurityScheme| is_typed(scheme) || found.contains_key(&scheme.name);
    let set = match requirement(command, schemes, is_known) {
        Requirement::Nothing => return Ok(Vec::new()),
        Requirement::Impossible(scheme) => {
            let (plugin, what) = (plugin.name.clone(), cannot_be_sent(scheme));
            return Err(CredentialError::Impossible { plugin, what }.into());
        }
        Requirement::Known(set) | Requirement::Missing(set) => set,
    };
    let credentials = set.into_iter().filter(|scheme| !is_typed(scheme)).filter_map(|scheme| {
        let found = found.remove(&scheme.name);
        Some(PluginCredential {
            plugin: plugin.name.clone(),
            scheme: scheme.name.to_string(),
            variable: credential_variable(&plugin.name, &scheme.name),
            place: scheme.place()?.clone(),
            is_from_environment: found
                .as_ref()
                .is_some_and(|found| found.from == CredentialOrigin::Environment),
            value: found.map(|found| found.value),
        })
    });
    Ok(credentials.collect())
}

/// A credential that cannot be sent as it is.
fn unusable(
    plugin: &PluginConnection,
    scheme: &SecurityScheme,
    from: CredentialOrigin,
    why: &str,
) -> CredentialError {
    let (name, why) = (scheme.name.clone(), why.to_owned());
    match from {
        CredentialOrigin::Environment => {
            let variable = credential_variable(&plugin.name, &name);
            CredentialError::UnusableVariable { scheme: name, variable, why }
        }
        CredentialOrigin::Stored => {
            let schemes = &plugin.known.descriptor.about.schemes;
            let store = super::credential_source::how_to_store(&plugin.typed, name.as_str(), schemes);
            CredentialError::UnusableStored { scheme: name, plugin: plugin.name.clone(), why, store }
        }
    }
}

/// What a scheme is that cannot be sent, in words.
pub fn cannot_be_sent(scheme: &SecurityScheme) -> String {
    let authentication = match &scheme.kind {
        SchemeKind::Other(authentication) => authentication.clone(),
        SchemeKind::Key(_) | SchemeKind::Session => CleanText::default(),
    };
    format!("HTTP {authentication} authentication (`{}`) cannot be sent through the server", scheme.name)
}

//! The credentials of plugins' own, as the user has given them: by the variable that is for one, else stored by `auth plugin`
//! for this server.
//!
//! It must not know what requires one, nor where it goes.

use super::App;
use super::run_error::RunError;
use crate::client::Address;
use crate::config::{ConfigError, CredentialKey, CredentialsFile, StoredCredentials};
use crate::error::Failure;
use crate::openapi::{SchemeName, credential_variable};
use crate::runner::proxy::{CredentialOrigin, CredentialSource, FoundCredential};
use crate::sys::Environment;
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// The credentials for the plugins of one server. The file is read when the first one is looked for.
pub(super) struct UserCredentials {
    environment: Environment,
    file: Option<CredentialsFile>,
    server: String,
    stored: OnceLock<Result<StoredCredentials, Failure>>,
}

impl UserCredentials {
    /// Those for the plugins of the server at `address`.
    pub(super) fn new(app: &App, address: &str) -> Self {
        Self {
            environment: app.environment.clone(),
            file: app.config_file().map(|file| file.credentials_beside()),
            server: server_of(address),
            stored: OnceLock::new(),
        }
    }

    fn stored(&self) -> Result<&StoredCredentials, Failure> {
        let read =
            || self.file.as_ref().map_or_else(|| Ok(StoredCredentials::default()), CredentialsFile::read);
        self.stored.get_or_init(|| read().map_err(Failure::from)).as_ref().map_err(Clone::clone)
    }
}

impl CredentialSource for UserCredentials {
    fn find(
        &self,
        cluster: &str,
        plugin: &str,
        scheme: &SchemeName,
    ) -> Result<Option<FoundCredential>, Failure> {
        let variable = credential_variable(plugin, scheme);
        if let Some(value) = self.environment.os(&variable) {
            let text = value.to_str().map(|value| Zeroizing::new(value.to_owned()));
            let value = text.ok_or(RunError::NotText(variable))?;
            return Ok(Some(FoundCredential { value, from: CredentialOrigin::Environment }));
        }
        let key = CredentialKey {
            server: self.server.clone(),
            cluster: cluster.to_owned(),
            plugin: plugin.to_owned(),
            scheme: scheme.to_string(),
        };
        let value = self.stored()?.value(&key).cloned();
        Ok(value.map(|value| FoundCredential { value, from: CredentialOrigin::Stored }))
    }
}

/// What a server is called in the file, however its address is written.
pub fn server_of(address: &str) -> String {
    Address::new(address, true).map_or_else(|_| address.to_owned(), |address| address.to_string())
}

/// The file of stored credentials.
pub fn file(app: &App) -> Result<CredentialsFile, Failure> {
    app.config_file().map(|file| file.credentials_beside()).ok_or_else(|| ConfigError::NoPlace.into())
}

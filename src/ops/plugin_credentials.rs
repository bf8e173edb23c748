//! `auth plugin`: the credentials that plugins require beside the session, stored for one server and one plugin of it.
//!
//! It must not know how they are asked for, nor how they are sent.

use super::credential_error::{CredentialStoreError, HeaderTaken};
use super::{App, plugin_run};
use crate::app::plugin_credentials::{file, server_of};
use crate::app::{connection, descriptors};
use crate::client::server_failure::not_signed_in;
use crate::config::{CredentialKey, StoredCredentials};
use crate::error::Failure;
use crate::index::Names;
use crate::model::{CleanText, CommandWord, Warning};
use crate::openapi::{SchemeKind, SecurityScheme, credential_variable};
use crate::runner::PluginApi;
use crate::runner::proxy::plugin_credentials::cannot_be_sent;
use crate::runner::proxy::{CredentialOrigin, PluginConnection, ServerAccess};
use serde::Serialize;
use zeroize::Zeroizing;

/// A credential that a plugin requires or that is stored for one. Its JSON form is an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialRow {
    /// The plugin.
    pub plugin: String,
    /// What its document calls it.
    pub scheme: String,
    /// Where it is sent; nothing where no document declares it any more.
    pub sent_in: Option<String>,
    /// Who has given it.
    pub known: Known,
    /// The variable that may hold it.
    pub variable: Option<String>,
    /// What the document says of it.
    pub description: Option<CleanText>,
}

/// Who has given a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Known {
    /// Nobody.
    No,
    /// The variable that is for it.
    Environment,
    /// `auth plugin`.
    Stored,
    /// The session: it is its token.
    Session,
    /// It cannot be sent.
    Impossible,
}

impl Known {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Environment => "environment",
            Self::Stored => "stored",
            Self::Session => "session",
            Self::Impossible => "cannot be sent",
        }
    }
}

/// The credentials of `plugin`, or of all plugins that the index knows. Asks nobody.
pub fn list(app: &App, plugin: Option<&CommandWord>) -> Result<Vec<CredentialRow>, Failure> {
    let access = connection::access(app)?;
    let names = app.remote()?.names(app.store().as_ref());
    let mut rows = Vec::new();
    for name in names.described.keys().filter(|name| plugin.is_none_or(|plugin| plugin.as_str() == **name)) {
        if let Some(known) = descriptors::known(app, &names, name) {
            rows.extend(of_plugin(&access, &known)?);
        }
    }
    for key in stored_here(app, &access)?.keys().filter(|key| is_here(key, &access)) {
        let is_meant = plugin.is_none_or(|plugin| plugin.as_str() == key.plugin);
        let is_listed = |row: &CredentialRow| row.plugin == key.plugin && row.scheme == key.scheme;
        if is_meant && !rows.iter().any(is_listed) {
            rows.push(CredentialRow {
                plugin: key.plugin.clone(),
                scheme: key.scheme.clone(),
                sent_in: None,
                known: Known::Stored,
                variable: None,
                description: None,
            });
        }
    }
    Ok(rows)
}

/// What the document of a plugin declares, and who has given it.
pub fn of_plugin(access: &ServerAccess, known: &PluginApi) -> Result<Vec<CredentialRow>, Failure> {
    let row = |scheme: &SecurityScheme| -> Result<CredentialRow, Failure> {
        let (sent_in, given) = match &scheme.kind {
            SchemeKind::Key(place) => {
                let found = access.credentials.find(&access.cluster, &known.name, &scheme.name)?;
                let given = match found.map(|found| found.from) {
                    None => Known::No,
                    Some(CredentialOrigin::Environment) => Known::Environment,
                    Some(CredentialOrigin::Stored) => Known::Stored,
                };
                (place.to_string(), given)
            }
            SchemeKind::Session => ("header `Authorization`".to_owned(), Known::Session),
            SchemeKind::Other(_) => ("header `Authorization`".to_owned(), Known::Impossible),
        };
        Ok(CredentialRow {
            plugin: known.name.clone(),
            scheme: scheme.name.to_string(),
            sent_in: Some(sent_in),
            known: given,
            variable: scheme.place().map(|_| credential_variable(&known.name, &scheme.name)),
            description: scheme.description.clone(),
        })
    };
    known.descriptor.about.schemes.iter().map(row).collect()
}

/// The plugin of a server, with what it requires; that is asked when it is not known.
pub fn open(
    app: &App,
    name: &CommandWord,
    warn: &mut dyn FnMut(Warning),
) -> Result<PluginConnection, Failure> {
    let command = plugin_run::on_server(app, name, warn)?;
    Ok(connection::open(app, &command)?.typed_as(name.as_str()))
}

/// The one that is meant: by its name, or the only one that there is.
pub fn meant<'p>(
    plugin: &'p PluginConnection,
    scheme: Option<&str>,
) -> Result<&'p SecurityScheme, CredentialStoreError> {
    let schemes = &plugin.known.descriptor.about.schemes;
    let keys: Vec<&SecurityScheme> = schemes.iter().filter(|scheme| scheme.place().is_some()).collect();
    let known = || keys.iter().map(|scheme| scheme.name.clone()).collect();
    let plugin = &plugin.name;
    match (scheme, keys.as_slice()) {
        (Some(wanted), _) => {
            let named = schemes.iter().find(|scheme| scheme.name.as_str() == wanted);
            let same = |scheme: &&SecurityScheme| scheme.name.as_str().eq_ignore_ascii_case(wanted);
            let unknown = || CredentialStoreError::Unknown {
                plugin: plugin.clone(),
                scheme: CleanText::new(wanted),
                known: known(),
            };
            storable(named.or_else(|| schemes.iter().find(same)).ok_or_else(unknown)?)
        }
        (None, [only]) => Ok(only),
        (None, []) => {
            storable(schemes.first().ok_or_else(|| CredentialStoreError::NotRequired(plugin.clone()))?)
        }
        (None, _) => Err(CredentialStoreError::Several { plugin: plugin.clone(), known: known() }),
    }
}

/// One that can be stored, or why not.
fn storable(scheme: &SecurityScheme) -> Result<&SecurityScheme, CredentialStoreError> {
    match &scheme.kind {
        SchemeKind::Key(_) => Ok(scheme),
        SchemeKind::Session => Err(CredentialStoreError::OfSession(scheme.name.clone())),
        SchemeKind::Other(_) => {
            Err(CredentialStoreError::Impossible { what: cannot_be_sent(scheme), why: HeaderTaken })
        }
    }
}

/// What a stored credential is for. Its JSON form is an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialReport {
    /// The server.
    pub server: String,
    /// The cluster.
    pub cluster: String,
    /// The plugin.
    pub plugin: String,
    /// What its document calls it.
    pub scheme: String,
    /// The variable that is set and takes precedence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overridden_by: Option<String>,
}

/// Stores `value` as the credential of `scheme`.
pub fn store(
    app: &App,
    plugin: &PluginConnection,
    scheme: &SecurityScheme,
    value: Zeroizing<String>,
) -> Result<CredentialReport, Failure> {
    if let Some(why) = scheme.place().and_then(|place| place.fault(&value)) {
        return Err(CredentialStoreError::Unusable { scheme: scheme.name.clone(), why }.into());
    }
    let key = CredentialKey {
        server: server_of(plugin.server()),
        cluster: plugin.cluster().to_owned(),
        plugin: plugin.name.clone(),
        scheme: scheme.name.to_string(),
    };
    file(app)?.change(app.patience(), |stored| stored.set(key.clone(), value))?;
    let variable = credential_variable(&plugin.name, &scheme.name);
    let overridden_by = app.environment.os(&variable).map(|_| variable);
    Ok(CredentialReport { overridden_by, ..report(key) })
}

/// Removes what is stored for a plugin of this server: one of its credentials, or all.
pub fn remove(
    app: &App,
    plugin: &CommandWord,
    scheme: Option<&str>,
) -> Result<Vec<CredentialReport>, Failure> {
    let access = connection::access(app)?;
    if access.server.is_empty() {
        return Err(not_signed_in(None));
    }
    let is_meant = |key: &CredentialKey| {
        is_here(key, &access)
            && key.plugin == plugin.as_str()
            && scheme.is_none_or(|scheme| key.scheme.eq_ignore_ascii_case(scheme))
    };
    // What is not there needs no file.
    let is_there = stored_here(app, &access)?.keys().any(is_meant);
    if !is_there {
        let error = CredentialStoreError::NotStored {
            plugin: plugin.to_string(),
            scheme: scheme.map(CleanText::new),
            server: CleanText::new(&access.server),
            cluster: CleanText::new(&access.cluster),
        };
        return Err(error.into());
    }
    let removed = file(app)?.change(app.patience(), |stored| stored.remove(is_meant))?;
    Ok(removed.into_iter().map(report).collect())
}

/// Removes everything that is stored for plugins of the server at `address`, in all of its clusters; gives how many there
/// were.
pub(super) fn forget_server(app: &App, address: &str) -> Result<usize, Failure> {
    let server = server_of(address);
    let file = file(app)?;
    if !file.read()?.keys().any(|key| key.server == server) {
        return Ok(0);
    }
    Ok(file.change(app.patience(), |stored| stored.remove(|key| key.server == server).len())?)
}

/// What is stored for plugins of this run's server and cluster.
pub(super) fn stored(app: &App) -> Result<Vec<CredentialKey>, Failure> {
    let access = connection::access(app)?;
    Ok(stored_here(app, &access)?.keys().filter(|key| is_here(key, &access)).cloned().collect())
}

/// The names of plugins that have credentials which can be stored, with those that are.
pub(super) fn plugins(app: &App, names: &Names) -> Vec<String> {
    let has_keys = |name: &&String| {
        descriptors::known(app, names, name)
            .is_some_and(|known| known.descriptor.about.schemes.iter().any(|scheme| scheme.place().is_some()))
    };
    let mut found: Vec<String> = names.described.keys().filter(has_keys).cloned().collect();
    found.extend(stored(app).unwrap_or_default().into_iter().map(|key| key.plugin));
    found.sort();
    found.dedup();
    found
}

fn stored_here(app: &App, access: &ServerAccess) -> Result<StoredCredentials, Failure> {
    if access.server.is_empty() {
        return Ok(StoredCredentials::default());
    }
    Ok(file(app)?.read()?)
}

fn is_here(key: &CredentialKey, access: &ServerAccess) -> bool {
    key.server == server_of(&access.server) && key.cluster == access.cluster
}

fn report(key: CredentialKey) -> CredentialReport {
    let CredentialKey { server, cluster, plugin, scheme } = key;
    CredentialReport { server, cluster, plugin, scheme, overridden_by: None }
}

//! `config …`: the contexts of the config file.

use super::context_error::ContextError;
use super::{App, plugin_credentials};
use crate::app::plugin_credentials::server_of;
use crate::client::Address;
use crate::config::{ClientConfig, ConfigError, ConfigFile, Preferences};
use crate::error::Failure;
use crate::model::CleanText;
use crate::session::{server_entry, without_context};
use crate::yaml;
use crate::yaml::edit::{ConfigList, Edit};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;
use url::Url;
use zeroize::Zeroizing;

/// One context. Its JSON form is an interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContextRow {
    /// Whether it is the current one.
    pub current: bool,
    /// Name of the context.
    pub name: String,
    /// Its server's URL.
    pub server: Option<String>,
    /// Name of the user entry in the config file.
    pub user: String,
    /// Whether there is a session.
    pub signed_in: bool,
    /// Its cluster, when one is kept.
    pub cluster: Option<String>,
    /// Its namespace, when one is kept.
    pub namespace: Option<String>,
}

/// All contexts, in the order of the file.
pub fn list(app: &App) -> Result<Vec<ContextRow>, Failure> {
    let file = file(app)?;
    let config = file.read()?;
    let preferences = Preferences::read(file.own_beside().path())?;
    let current = config.current_name();
    Ok(config
        .contexts()
        .map(|context| {
            let kept = preferences.of(context.name).cloned().unwrap_or_default();
            ContextRow {
                current: current == Some(context.name),
                name: context.name.to_owned(),
                server: context.server.map(str::to_owned),
                user: context.user.to_owned(),
                signed_in: context.session.is_some(),
                cluster: kept.cluster,
                namespace: kept.namespace,
            }
        })
        .collect())
}

/// The name of the current context.
pub fn current(app: &App) -> Result<String, Failure> {
    let config = file(app)?.read()?;
    match config.current_name() {
        Some(name) => Ok(name.to_owned()),
        None => Err(ContextError::NoCurrent.into()),
    }
}

/// Makes a context the current one.
pub fn choose(app: &App, name: &str) -> Result<(), Failure> {
    changed(app, |config| {
        known(config, name)?;
        Ok(vec![Edit::Top("currentContext", name.to_owned())])
    })
}

/// What `config set-context` sets.
#[derive(Debug, Default)]
pub struct ContextChange {
    /// The server's URL.
    pub server: Option<String>,
    /// The user entry.
    pub user: Option<String>,
    /// The default database instance.
    pub instance: Option<String>,
    /// The default database of that instance.
    pub database: Option<String>,
    /// What is no longer kept.
    pub unset: Vec<ContextPreference>,
}

/// What is kept for a context beside the shared file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextPreference {
    /// The namespace.
    Namespace,
    /// The cluster.
    Cluster,
    /// The database instance.
    Instance,
    /// The database.
    Database,
    /// The certificates to trust.
    CaFile,
    /// Whether plain http is allowed.
    AllowHttp,
}

impl ContextPreference {
    /// All of them, with the words of the command line.
    pub const ALL: [(&'static str, Self); 6] = [
        ("namespace", Self::Namespace),
        ("cluster", Self::Cluster),
        ("instance", Self::Instance),
        ("database", Self::Database),
        ("ca-file", Self::CaFile),
        ("allow-http", Self::AllowHttp),
    ];

    const fn field(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Cluster => "cluster",
            Self::Instance => "instance",
            Self::Database => "database",
            Self::CaFile => "caFile",
            Self::AllowHttp => "allowHttp",
        }
    }
}

/// Changes a context, or makes one. What the global flags say of namespace, cluster and transport is kept.
pub fn set(app: &App, name: &str, change: &ContextChange) -> Result<(), Failure> {
    check_name(name)?;
    let options = &app.options;
    let address = change.server.as_deref().map(|server| Address::new(server, options.allow_http)).transpose();
    let address = address.map_err(ContextError::Server)?;
    changed(app, |config| {
        if address.is_none() && config.names_of(name).is_none() {
            return Err(ContextError::unknown(config, name).or_with_server().into());
        }
        let mut edits = Vec::new();
        if let Some(address) = &address {
            edits.extend(of_server(config, name, address));
        }
        if let Some(user) = &change.user {
            edits.push(in_context(name, "user", user.as_str().into()));
        }
        Ok(edits)
    })?;
    let mut edits = Vec::new();
    let mut keep = |kept: ContextPreference, value: Option<Value>| {
        edits.extend(value.map(|value| in_context(name, kept.field(), value)));
    };
    let ca_file = options.ca_file.as_deref().and_then(|path| std::path::absolute(path).ok());
    keep(ContextPreference::Namespace, options.wishes.namespace.clone().map(Value::from));
    keep(ContextPreference::Cluster, options.wishes.cluster.clone().map(Value::from));
    keep(ContextPreference::Instance, change.instance.clone().map(Value::from));
    keep(ContextPreference::Database, change.database.clone().map(Value::from));
    keep(ContextPreference::CaFile, ca_file.map(|path| path.to_string_lossy().as_ref().into()));
    keep(ContextPreference::AllowHttp, options.allow_http.then_some(true.into()));
    let context = name.to_owned();
    edits.extend(change.unset.iter().map(|kept| Edit::Unset {
        list: ConfigList::Contexts,
        name: context.clone(),
        field: kept.field(),
    }));
    if edits.is_empty() {
        return Ok(());
    }
    Ok(file(app)?.own_beside().change(app.patience(), |_| edits)?)
}

/// The edits that lead a context to another server. A token is for one server: the user of a context that
/// moves to another origin stays behind.
fn of_server(config: &ClientConfig, name: &str, address: &Address) -> Vec<Edit> {
    let (server, entry) = server_entry(config, address);
    let mut edits = vec![in_context(name, "server", server.into())];
    edits.extend(entry);
    let before = config.context(name).and_then(|context| context.server);
    let moves = before.is_some_and(|before| Address::new(before, true).ok().as_ref() != Some(address));
    if moves || config.names_of(name).is_none() {
        edits.push(in_context(name, "user", "".into()));
    }
    edits
}

fn in_context(name: &str, field: &'static str, value: Value) -> Edit {
    Edit::Set { list: ConfigList::Contexts, name: name.to_owned(), field, value }
}

/// Removes a context, with the user and the server that no other one names.
pub fn delete(app: &App, name: &str) -> Result<(), Failure> {
    changed(app, |config| {
        known(config, name)?;
        Ok(without_context(config, name))
    })?;
    let file = file(app)?;
    forget(&file, name, app.patience())?;
    match app.config().context(name).and_then(|context| context.server) {
        Some(server) => forget_plugins(app, &file, server).map(drop),
        None => Ok(()),
    }
}

/// Gives a context another name.
pub fn rename(app: &App, name: &str, new: &str) -> Result<(), Failure> {
    check_name(new)?;
    let renaming = || Edit::Rename { list: ConfigList::Contexts, name: name.to_owned(), new: new.to_owned() };
    changed(app, |config| {
        known(config, name)?;
        if config.names_of(new).is_some() {
            return Err(ContextError::Exists(CleanText::new(new)).into());
        }
        let current =
            (config.current_name() == Some(name)).then(|| Edit::Top("currentContext", new.to_owned()));
        Ok([Some(renaming()), current].into_iter().flatten().collect())
    })?;
    let own = file(app)?.own_beside();
    if Preferences::read(own.path())?.of(name).is_some() {
        own.change(app.patience(), |_| vec![renaming()])?;
    }
    Ok(())
}

/// Forgets what is kept for a context.
pub(super) fn forget(file: &ConfigFile, name: &str, patience: Duration) -> Result<(), Failure> {
    let own = file.own_beside();
    if Preferences::read(own.path())?.of(name).is_some() {
        let gone = Edit::Remove { list: ConfigList::Contexts, name: name.to_owned() };
        own.change(patience, |_| vec![gone])?;
    }
    Ok(())
}

/// Forgets the credentials of plugins of a server that no context leads to any more; gives how many there were.
pub(super) fn forget_plugins(app: &App, file: &ConfigFile, server: &str) -> Result<usize, Failure> {
    let same = |other: &str| server_of(other) == server_of(server);
    if file.read()?.contexts().any(|context| context.server.is_some_and(same)) {
        return Ok(0);
    }
    plugin_credentials::forget_server(app, server)
}

/// What the file says; secrets only when `raw`.
pub fn view(app: &App, raw: bool) -> Result<Value, Failure> {
    let file = file(app)?;
    let text = file.text()?;
    let damaged = |error| ConfigError::Damaged(file.path().to_owned(), error);
    let mut meaning: Value = yaml::from_slice(&text).map_err(damaged)?;
    if meaning.is_null() {
        meaning = Value::Object(serde_json::Map::new());
    }
    if !raw {
        hide(&mut meaning);
    }
    Ok(meaning)
}

/// The text of the file as it is, secrets and all.
pub fn text(app: &App) -> Result<Zeroizing<Vec<u8>>, Failure> {
    Ok(file(app)?.text()?)
}

/// Replaces a secret.
const HIDDEN: &str = "REDACTED";

/// What the fields of the file are known to say that is not a secret. A list of what is secret would never be whole: the file
/// is shared, and others write fields of their own into it.
const SHOWN: [&str; 8] =
    ["apiVersion", "kind", "currentContext", "name", "server", "user", "url", "expiresAt"];

/// Hides every text and number whose field is not known to be harmless.
fn hide(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "url" => *text = without_password(text),
                    Value::String(_) | Value::Number(_) if SHOWN.contains(&name.as_str()) => {}
                    _ => hide(value),
                }
            }
        }
        Value::Null | Value::Bool(_) => {}
        Value::Number(_) | Value::String(_) => *value = HIDDEN.into(),
    }
}

/// An address without the user, the password and the query that may be in it.
fn without_password(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else {
        return if text.contains(['@', '?', '#']) { HIDDEN.to_owned() } else { text.to_owned() };
    };
    let has_user = !url.username().is_empty() || url.password().is_some();
    if !has_user && url.query().is_none() && url.fragment().is_none() {
        return text.to_owned();
    }
    url.set_query(None);
    url.set_fragment(None);
    match url.set_username(HIDDEN).and_then(|()| url.set_password(None)) {
        Ok(()) => url.to_string(),
        Err(()) => HIDDEN.to_owned(),
    }
}

fn changed(
    app: &App,
    edits: impl FnOnce(&ClientConfig) -> Result<Vec<Edit>, Failure>,
) -> Result<(), Failure> {
    let file = file(app)?;
    let held = file.lock(app.patience())?;
    let edits = edits(&held.read()?)?;
    if edits.is_empty() {
        return Ok(());
    }
    Ok(held.prepare()?.finish(&edits)?)
}

fn known(config: &ClientConfig, name: &str) -> Result<(), ContextError> {
    config.names_of(name).map(drop).ok_or_else(|| ContextError::unknown(config, name))
}

/// What a context can be called.
fn check_name(name: &str) -> Result<(), ContextError> {
    if CleanText::new(name).as_str() == name && !name.is_empty() {
        return Ok(());
    }
    Err(ContextError::InvalidName)
}

fn file(app: &App) -> Result<ConfigFile, Failure> {
    app.config_file().ok_or_else(|| ConfigError::NoPlace.into())
}

//! `plugin catalog`: where extensions are looked for: the OpenEverest hub, and catalogs that the user adds.
//!
//! It must not know what is looked for.

use super::App;
use crate::client::hub::kept::{self, CatalogQuery, KeptCatalog, Loaded};
use crate::client::hub::{HubError, document, download};
use crate::client::proxy::ProxySettings;
use crate::client::{ClientError, Transport};
use crate::config::{ConfigError, ConfigFile};
use crate::error::{ExitCode, Explain, Failure, exit};
use crate::model::{CleanText, Warning, quoted};
use crate::sys::clock::UnixTime;
use crate::sys::files::{self, FileFacts, FileKind};
use crate::yaml::edit::{ConfigList, Edit};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name of the hub's catalog.
pub const HUB: &str = "openeverest";
/// Where the hub's catalog is published.
pub const HUB_URL: &str = "https://raw.githubusercontent.com/openeverest/hub/main/index/index.json";
/// Names another place for it: a mirror.
pub const HUB_URL_VARIABLE: &str = "EVERESTCTL_HUB_URL";
/// How long a catalog may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// Where a git checkout of the hub has its catalog.
const IN_CHECKOUT: [&str; 2] = ["index/index.json", "index.json"];

/// A catalog by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalog {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub location: Location,
}

/// Where a catalog is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// Published.
    Url(String),
    /// A file on this machine.
    File(PathBuf),
}

impl Location {
    /// As the user wrote it: a URL, a file, or the folder of a git checkout.
    pub fn from_text(text: &str) -> Self {
        if text.contains("://") {
            return Self::Url(text.to_owned());
        }
        let path = std::path::absolute(text).unwrap_or_else(|_| PathBuf::from(text));
        let is_folder =
            |path: &Path| FileFacts::from_path(path).is_ok_and(|facts| facts.kind == FileKind::Folder);
        if !is_folder(&path) {
            return Self::File(path);
        }
        let files = IN_CHECKOUT.map(|name| path.join(name));
        let found = files.iter().find(|file| FileFacts::from_path(file).is_ok()).cloned();
        Self::File(found.unwrap_or_else(|| path.join(IN_CHECKOUT[0])))
    }

    /// As a user types it.
    pub fn shown(&self) -> String {
        match self {
            Self::Url(url) => CleanText::new(url).to_string(),
            Self::File(path) => path.display().to_string(),
        }
    }
}

/// Why a catalog cannot be used or kept.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// It cannot be read.
    #[error("could not read catalog `{name}`")]
    Unreadable {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        error: HubError,
    },
    /// It is called something that no catalog can be called.
    #[error("`{0}` is not a valid name of a catalog: use lower-case letters, digits and `-`")]
    BadName(CleanText),
    /// Its address cannot be one.
    #[error(transparent)]
    BadUrl(ClientError),
    /// There is none with this name.
    #[error("no catalog {}", quoted(name))]
    Unknown {
        /// The name.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The hub's own stays.
    #[error("catalog `{HUB}` is built in and cannot be removed")]
    BuiltIn,
}

impl Explain for CatalogError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Unreadable { .. } => exit::FAILURE,
            _ => exit::USAGE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Unreadable { error: HubError::Offline(_), .. } => {
                vec!["run the command once without --offline".to_owned()]
            }
            Self::Unreadable { error: HubError::Download { error, .. }, .. } => {
                let specific = match error {
                    ClientError::Network(_) => error.hint().map(str::to_owned),
                    _ => None,
                };
                vec![specific.unwrap_or_else(|| {
                    format!("set {HUB_URL_VARIABLE} to a mirror, or `everestctl plugin catalog add {HUB} URL|FILE`")
                })]
            }
            Self::Unreadable { name, .. } if name != HUB => {
                vec![format!("everestctl plugin catalog remove {name}")]
            }
            Self::Unknown { known, .. } => vec![format!("known catalogs: {}", known.join(", "))],
            Self::BuiltIn => {
                vec![format!("everestctl plugin catalog add {HUB} URL|FILE puts another one in its place")]
            }
            _ => Vec::new(),
        }
    }
}

/// All catalogs, the hub's first.
pub fn all(app: &App) -> Result<Vec<Catalog>, Failure> {
    let mut catalogs = vec![hub(app)];
    for (name, location) in app.preferences()?.catalogs() {
        let catalog =
            Catalog { name: CleanText::new(name).to_string(), location: Location::from_text(location) };
        match catalogs.iter_mut().find(|other| other.name == catalog.name) {
            // The variable is nearer than the file.
            Some(other) if name == HUB && app.environment.text(HUB_URL_VARIABLE).is_none() => {
                *other = catalog;
            }
            Some(_) => {}
            None => catalogs.push(catalog),
        }
    }
    Ok(catalogs)
}

fn hub(app: &App) -> Catalog {
    let location = app.environment.text(HUB_URL_VARIABLE).unwrap_or(HUB_URL);
    Catalog { name: HUB.to_owned(), location: Location::from_text(location) }
}

/// Reads a catalog.
pub fn load(app: &App, catalog: &Catalog, asking: CatalogQuery) -> Result<Loaded, CatalogError> {
    let loaded = match &catalog.location {
        Location::File(path) => kept::of_file(path),
        Location::Url(url) => {
            let asking = if app.options.offline { CatalogQuery::Never } else { asking };
            let patience = app.options.request_timeout.unwrap_or(PATIENCE);
            KeptCatalog::new(url, app.folders.cache.as_deref()).load(asking, &transport(app), patience)
        }
    };
    loaded.map_err(|error| CatalogError::Unreadable { name: catalog.name.clone(), error })
}

/// A catalog as it is written, from what is kept.
pub(super) fn content(app: &App, catalog: &Catalog) -> Option<Vec<u8>> {
    match &catalog.location {
        Location::File(path) => files::read(path, crate::client::hub::LARGEST as u64).ok(),
        Location::Url(url) => KeptCatalog::new(url, app.folders.cache.as_deref()).content(),
    }
}

/// The way to what everybody may read: what is set for the server of a context counts for that server only.
fn transport(app: &App) -> Transport {
    Transport {
        ca_file: app.options.ca_file.clone(),
        insecure: app.options.insecure,
        allow_http: app.options.allow_http,
        connect: app.options.request_timeout,
        proxies: ProxySettings::from_environment(&app.environment),
    }
}

/// A catalog as it is listed. Its JSON form is an interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogRow {
    /// Its name.
    pub name: String,
    /// Its URL or file.
    pub location: String,
    /// How many extensions are in it; `None` where it cannot be read.
    pub extensions: Option<usize>,
    /// When it was last confirmed (RFC 3339); `None` for a file.
    pub confirmed_at: Option<String>,
}

/// All catalogs with what is known of them, and what is wrong with them.
pub fn list(app: &App) -> Result<(Vec<CatalogRow>, Vec<Warning>), Failure> {
    let mut problems = Vec::new();
    let mut rows = Vec::new();
    for catalog in all(app)? {
        // Nobody is asked: it is a list of settings.
        let loaded = match load(app, &catalog, CatalogQuery::Never) {
            Ok(loaded) => Some(loaded),
            Err(CatalogError::Unreadable { error: HubError::Offline(_), .. }) => None,
            Err(error) => {
                problems.push(warning(error));
                None
            }
        };
        rows.push(CatalogRow {
            location: catalog.location.shown(),
            name: catalog.name,
            extensions: loaded.as_ref().map(|loaded| loaded.document.entries.len()),
            confirmed_at: loaded.and_then(|loaded| Some(loaded.confirmed?.to_rfc3339_seconds())),
        });
    }
    Ok((rows, problems))
}

/// What is wrong with a catalog, where there are others.
pub(super) fn warning(error: CatalogError) -> Warning {
    let Failure { message, causes, hints, .. } = error.into();
    let problem = Warning::general([vec![message], causes].concat().join(": "));
    hints.into_iter().take(1).fold(problem, Warning::hint)
}

/// Adds a catalog, which is read first; gives what it has, and what is wrong with it.
pub fn add(app: &App, name: &str, location: &str) -> Result<(CatalogRow, Vec<Warning>), Failure> {
    if !document::is_label(name) {
        return Err(CatalogError::BadName(CleanText::new(name)).into());
    }
    let location = Location::from_text(location);
    if let Location::Url(url) = &location {
        download::checked(url, &transport(app)).map_err(CatalogError::BadUrl)?;
    }
    let catalog = Catalog { name: name.to_owned(), location };
    let loaded = load(app, &catalog, CatalogQuery::Now)?;
    let value = match &catalog.location {
        Location::Url(url) => url.clone(),
        Location::File(path) => path.to_string_lossy().into_owned(),
    };
    let name = catalog.name.clone();
    change(app, Edit::Set { list: ConfigList::Catalogs, name, field: "location", value: value.into() })?;
    let row = CatalogRow {
        location: catalog.location.shown(),
        name: catalog.name,
        extensions: Some(loaded.document.entries.len()),
        confirmed_at: loaded.confirmed.map(UnixTime::to_rfc3339_seconds),
    };
    Ok((row, loaded.document.problems.into_iter().chain(loaded.problem).collect()))
}

/// Removes a catalog.
pub fn remove(app: &App, name: &str) -> Result<(), Failure> {
    let preferences = app.preferences()?;
    if !preferences.catalogs().any(|(known, _)| known == name) {
        if name == HUB {
            return Err(CatalogError::BuiltIn.into());
        }
        let known = all(app)?.into_iter().map(|catalog| catalog.name).collect();
        return Err(CatalogError::Unknown { name: name.to_owned(), known }.into());
    }
    change(app, Edit::Remove { list: ConfigList::Catalogs, name: name.to_owned() })
}

/// The names of the user's catalogs that start like `typed`, with their places: for TAB.
pub fn names(app: &App, typed: &str) -> Vec<(String, String)> {
    let catalogs = all(app).unwrap_or_default().into_iter();
    let named = catalogs.filter(|catalog| catalog.name.starts_with(typed));
    named.map(|catalog| (catalog.location.shown(), catalog.name)).map(|(place, name)| (name, place)).collect()
}

fn change(app: &App, edit: Edit) -> Result<(), Failure> {
    let file: ConfigFile = app.config_file().ok_or(ConfigError::NoPlace)?.own_beside();
    Ok(file.change(app.patience(), |_| vec![edit])?)
}

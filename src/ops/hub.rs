//! `plugin search`, and what `plugin info` says of an extension that is in a catalog: asked for by name.
//!
//! It must not know how one is installed.

use super::App;
use super::catalogs::{self, Catalog};
use crate::chart::helm::{HelmValues, ReleaseName, install_line};
use crate::client::hub::entry::{ChartVersion, Gate, HubEntry};
use crate::client::hub::kept::CatalogQuery;
use crate::error::{ExitCode, Explain, Failure, exit};
use crate::model::{CleanText, Source, Warning, quoted};
use crate::sys::clock::UnixTime;
use serde::Serialize;
use std::collections::BTreeMap;

pub use crate::client::hub::entry::{Contributes, ExtensionKind, Maturity};

/// Where plugins are installed unless their entry says otherwise.
pub const NAMESPACE: &str = "everest-system";

/// What is searched for.
#[derive(Clone, Debug, Default)]
pub struct SearchQuery {
    /// Words that all must be in an entry.
    pub words: Vec<String>,
    /// Capabilities that it must have: `key`, `key=value`, `ui`, `backend`, `cli`.
    pub capabilities: Vec<String>,
    /// How far it may be; any where none is named.
    pub maturity: Vec<Maturity>,
    /// What it must be.
    pub kind: Option<ExtensionKind>,
    /// Only in this catalog.
    pub catalog: Option<String>,
    /// Also those that should not be installed any more.
    pub with_deprecated: bool,
}

/// What was found. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct SearchReport {
    /// One for each extension.
    pub items: Vec<SearchRow>,
    /// What the user should know.
    #[serde(skip)]
    pub problems: Vec<Warning>,
    /// How many are left out because they are deprecated.
    #[serde(skip)]
    pub deprecated: usize,
}

/// One extension of a catalog.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchRow {
    /// Its name.
    pub name: String,
    /// The catalog that it is in.
    pub catalog: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ExtensionKind,
    /// The version that would be installed.
    pub version: Option<String>,
    /// How far it is.
    pub maturity: Maturity,
    /// Whether only its owner gives it.
    pub gated: bool,
    /// The version that is installed, as far as is known; an empty one where it says none.
    pub installed: Option<String>,
    /// The human name.
    pub display_name: Option<CleanText>,
    /// What it does.
    pub description: Option<CleanText>,
}

/// What a catalog says of one extension. Its JSON form is an interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionReport {
    /// The same as in a search.
    #[serde(flatten)]
    pub row: SearchRow,
    /// Groups that it belongs to.
    pub categories: Vec<CleanText>,
    /// Its license.
    pub license: Option<CleanText>,
    /// Its page.
    pub homepage: Option<CleanText>,
    /// Where its source is.
    pub source_repo: Option<CleanText>,
    /// Who maintains it.
    pub maintainers: Vec<CleanText>,
    /// Whether the catalog's owners have looked at it.
    pub verified: bool,
    /// Whom to ask for it.
    pub gate: Option<Gate>,
    /// The versions of OpenEverest that it fits.
    pub openeverest: Option<CleanText>,
    /// The versions of Kubernetes that it fits.
    pub kubernetes: Option<CleanText>,
    /// What a plugin contributes.
    pub contributes: Contributes,
    /// Where a plugin stands in the web interface.
    pub extension_points: Vec<CleanText>,
    /// What it can do.
    pub capabilities: BTreeMap<String, Vec<CleanText>>,
    /// Its charts, by channel.
    pub channels: BTreeMap<String, ChartVersion>,
    /// The command that installs it.
    pub install: Option<String>,
    /// The same with helm alone.
    pub helm: Option<String>,
    /// When the catalog was last confirmed (RFC 3339); `None` for a file.
    pub confirmed_at: Option<String>,
    /// What of it cannot be used.
    pub faults: Vec<CleanText>,
    /// What the user should know.
    #[serde(skip)]
    pub problems: Vec<Warning>,
}

/// An entry with the catalog that it is in.
#[derive(Debug)]
pub struct FoundEntry {
    /// The entry.
    pub entry: HubEntry,
    /// The catalog.
    pub catalog: Catalog,
    /// When that was last confirmed.
    pub confirmed: Option<UnixTime>,
}

/// Why no extension has a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoExtension {
    /// No catalog has it.
    #[error("no extension {} in {}", quoted(name), catalogs.join(", "))]
    Unknown {
        /// The name.
        name: String,
        /// The catalogs that were read.
        catalogs: Vec<String>,
        /// Those with names like it.
        alike: Vec<String>,
    },
    /// Several catalogs have it.
    #[error("extension `{name}` is in several catalogs: {}", catalogs.join(", "))]
    Ambiguous {
        /// The name.
        name: String,
        /// The catalogs.
        catalogs: Vec<String>,
    },
    /// One catalog has it twice.
    #[error("extension `{name}` has more than one entry in catalog `{catalog}`")]
    Doubled {
        /// The name.
        name: String,
        /// The catalog.
        catalog: String,
    },
    /// There is no such catalog.
    #[error("no catalog {}", quoted(name))]
    UnknownCatalog {
        /// The name.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
}

impl Explain for NoExtension {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Doubled { .. } => exit::FAILURE,
            _ => exit::USAGE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Unknown { alike, .. } if !alike.is_empty() => {
                let alike: Vec<String> = alike.iter().map(|name| format!("`{name}`")).collect();
                vec![format!("did you mean {}?", alike.join(" or "))]
            }
            Self::Unknown { .. } => vec!["everestctl plugin search".to_owned()],
            Self::Ambiguous { name, catalogs } => catalogs
                .iter()
                .take(3)
                .map(|catalog| format!("everestctl plugin install {catalog}/{name}"))
                .collect(),
            Self::Doubled { catalog, .. } => vec![format!("ask the maintainers of catalog `{catalog}`")],
            Self::UnknownCatalog { known, .. } => vec![format!("known catalogs: {}", known.join(", "))],
        }
    }
}

/// Everything that the catalogs have.
#[derive(Default)]
struct Everything {
    found: Vec<FoundEntry>,
    /// Catalogs, and names that are in them more than once.
    doubled: Vec<(String, String)>,
    problems: Vec<Warning>,
}

/// Reads the catalogs. Fails where none of them can be read.
fn everything(app: &App, only: Option<&str>, asking: CatalogQuery) -> Result<Everything, Failure> {
    let catalogs = catalogs::all(app)?;
    let known = || catalogs.iter().map(|catalog| catalog.name.clone()).collect();
    if let Some(name) = only.filter(|name| !catalogs.iter().any(|catalog| catalog.name == *name)) {
        return Err(NoExtension::UnknownCatalog { name: name.to_owned(), known: known() }.into());
    }
    let wanted = catalogs.iter().filter(|catalog| only.is_none_or(|only| only == catalog.name));
    let (mut found, mut doubled, mut problems, mut failed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut is_read = false;
    for catalog in wanted {
        match catalogs::load(app, catalog, asking) {
            Ok(loaded) => {
                is_read = true;
                problems.extend(loaded.problem);
                let of_catalog = |problem: Warning| Warning {
                    message: format!("catalog `{}`: {}", catalog.name, problem.message),
                    ..problem
                };
                problems.extend(loaded.document.problems.into_iter().map(of_catalog));
                doubled.extend(loaded.document.doubled.into_iter().map(|name| (catalog.name.clone(), name)));
                let entries = loaded.document.entries.into_iter();
                found.extend(entries.map(|entry| FoundEntry {
                    entry,
                    catalog: catalog.clone(),
                    confirmed: loaded.confirmed,
                }));
            }
            Err(error) => failed.push(error),
        }
    }
    if !is_read && let Some(error) = failed.pop() {
        return Err(error.into());
    }
    problems.extend(failed.into_iter().map(catalogs::warning));
    Ok(Everything { found, doubled, problems })
}

/// Searches all catalogs.
pub fn search(app: &App, query: &SearchQuery) -> Result<SearchReport, Failure> {
    let Everything { found, problems, .. } =
        everything(app, query.catalog.as_deref(), CatalogQuery::WhenOld)?;
    let installed = installed(app);
    let fits: Vec<FoundEntry> = found.into_iter().filter(|found| matches(&found.entry, query)).collect();
    let is_shown = |found: &&FoundEntry| {
        query.with_deprecated
            || query.maturity.contains(&Maturity::Deprecated)
            || found.entry.maturity != Maturity::Deprecated
    };
    let items: Vec<SearchRow> = fits.iter().filter(is_shown).map(|found| row(found, &installed)).collect();
    Ok(SearchReport { deprecated: fits.len() - items.len(), items, problems })
}

fn matches(entry: &HubEntry, query: &SearchQuery) -> bool {
    let texts: Vec<String> = std::iter::once(entry.name.as_str())
        .chain(entry.display_name.as_ref().map(CleanText::as_str))
        .chain(entry.description.as_ref().map(CleanText::as_str))
        .chain(entry.keywords.iter().chain(&entry.categories).map(CleanText::as_str))
        .map(str::to_lowercase)
        .collect();
    let has_word = |word: &String| texts.iter().any(|text| text.contains(&word.to_lowercase()));
    query.words.iter().all(has_word)
        && query.capabilities.iter().all(|wanted| has_capability(entry, wanted))
        && (query.maturity.is_empty() || query.maturity.contains(&entry.maturity))
        && query.kind.is_none_or(|kind| kind == entry.kind)
}

/// Whether it has a capability: its whole key or the start of it up to a dot, with this value where one is wanted.
fn has_capability(entry: &HubEntry, wanted: &str) -> bool {
    let (key, value) = wanted.split_once('=').map_or((wanted, None), |(key, value)| (key, Some(value)));
    if value.is_none() && entry.contributes.words().any(|word| word == key) {
        return true;
    }
    entry.capabilities.iter().any(|(own, values)| {
        let is_key = own == key || own.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'));
        is_key && value.is_none_or(|value| values.iter().any(|own| own.as_str() == value))
    })
}

/// The plugins that are known to be installed, with their versions. Asks nobody.
fn installed(app: &App) -> BTreeMap<String, String> {
    let Ok(remote) = app.remote() else { return BTreeMap::new() };
    let names = remote.names(app.store().as_ref());
    let is_remote = |source: Source| matches!(source, Source::Server | Source::Cluster);
    let origins = names.origins().filter(|origin| is_remote(origin.source));
    let version = |version: &Option<CleanText>| version.as_ref().map(ToString::to_string).unwrap_or_default();
    origins.map(|origin| (origin.name.to_string(), version(&origin.version))).collect()
}

fn row(found: &FoundEntry, installed: &BTreeMap<String, String>) -> SearchRow {
    let entry = &found.entry;
    let names = [Some(entry.name.as_str()), entry.release.as_deref()];
    SearchRow {
        name: entry.name.clone(),
        catalog: found.catalog.name.clone(),
        kind: entry.kind,
        version: entry.chart(None).and_then(|(_, chart)| chart.version.clone()),
        maturity: entry.maturity,
        gated: entry.gate.is_some(),
        installed: names.into_iter().flatten().find_map(|name| installed.get(name).cloned()),
        display_name: entry.display_name.clone(),
        description: entry.description.clone(),
    }
}

/// The one entry with this name, which may be `CATALOG/NAME`.
pub fn find(app: &App, name: &str, asking: CatalogQuery) -> Result<(FoundEntry, Vec<Warning>), Failure> {
    let (only, bare) = name.split_once('/').map_or((None, name), |(catalog, name)| (Some(catalog), name));
    let Everything { found, doubled, problems } = everything(app, only, asking)?;
    if let Some((catalog, name)) = doubled.into_iter().find(|(_, name)| name == bare) {
        return Err(NoExtension::Doubled { name, catalog }.into());
    }
    let alike = |name: &str| strsim::osa_distance(name, bare) <= 2 || (bare.len() > 2 && name.contains(bare));
    let near: Vec<String> =
        found.iter().map(|found| found.entry.name.clone()).filter(|name| alike(name)).collect();
    let mut named: Vec<FoundEntry> = found.into_iter().filter(|found| found.entry.name == bare).collect();
    if named.len() > 1 {
        let catalogs = named.into_iter().map(|found| found.catalog.name).collect();
        return Err(NoExtension::Ambiguous { name: bare.to_owned(), catalogs }.into());
    }
    let unknown = || -> Result<Failure, Failure> {
        let catalogs = catalogs::all(app)?.into_iter().map(|catalog| catalog.name);
        let catalogs = catalogs.filter(|name| only.is_none_or(|only| only == name));
        let catalogs = catalogs.map(|name| format!("catalog `{name}`")).collect();
        let alike = near.into_iter().take(3).collect();
        Ok(NoExtension::Unknown { name: bare.to_owned(), catalogs, alike }.into())
    };
    match named.pop() {
        Some(found) => Ok((found, problems)),
        None => Err(unknown()?),
    }
}

/// What the catalogs say of the extension `name`.
pub fn extension(app: &App, name: &str) -> Result<ExtensionReport, Failure> {
    let (found, problems) = find(app, name, CatalogQuery::WhenOld)?;
    let row = row(&found, &installed(app));
    let FoundEntry { entry, confirmed, .. } = found;
    let release = release_of(&entry, None);
    let chart = entry.chart(None).map(|(_, chart)| chart);
    let helm = chart.map(|chart| {
        let (version, digest) = (chart.version.as_deref(), chart.digest.as_deref());
        install_line(&release, &chart.reference, version, digest, &HelmValues::default(), &[])
    });
    let flag =
        if matches!(entry.maturity, Maturity::Alpha | Maturity::Beta) { " --allow-prerelease" } else { "" };
    let is_installable = chart.is_some() && entry.gate.is_none() && entry.kind == ExtensionKind::Plugin;
    Ok(ExtensionReport {
        install: is_installable.then(|| format!("everestctl plugin install {}{flag}", entry.name)),
        helm: helm.filter(|_| entry.gate.is_none()),
        row,
        categories: entry.categories,
        license: entry.license,
        homepage: entry.homepage,
        source_repo: entry.source_repo,
        maintainers: entry.maintainers,
        verified: entry.is_verified,
        gate: entry.gate,
        openeverest: entry.openeverest,
        kubernetes: entry.kubernetes,
        contributes: entry.contributes,
        extension_points: entry.extension_points,
        capabilities: entry.capabilities,
        channels: entry.channels,
        confirmed_at: confirmed.map(UnixTime::to_rfc3339_seconds),
        faults: entry.faults,
        problems,
    })
}

/// The same for a name that no command has: `None` where no catalog can be read or has it. A catalog that is not kept is asked
/// for only as long as an unknown command waits.
pub fn known_extension(app: &App, name: &str) -> Option<ExtensionReport> {
    let mut options = app.options.clone();
    options.request_timeout = Some(app.wait());
    extension(&app.with_options(options), name).ok()
}

/// The release that an entry is installed as, in `namespace` where the user wants another.
pub fn release_of(entry: &HubEntry, namespace: Option<&str>) -> ReleaseName {
    ReleaseName {
        name: entry.release.clone().unwrap_or_else(|| entry.name.clone()),
        namespace: namespace.or(entry.namespace.as_deref()).unwrap_or(NAMESPACE).to_owned(),
    }
}

/// The extensions whose names start like `typed`, with what they do: for TAB, from what is kept.
pub fn names(app: &App, typed: &str) -> Vec<(String, String)> {
    let Everything { found, .. } = everything(app, None, CatalogQuery::Never).unwrap_or_default();
    let named = found.into_iter().filter(|found| found.entry.name.starts_with(typed));
    let text = |entry: HubEntry| {
        let what = entry.description.or(entry.display_name).map(|text| text.to_string());
        (entry.name, what.unwrap_or_default())
    };
    named.map(|found| text(found.entry)).collect()
}

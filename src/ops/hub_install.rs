//! `plugin install NAME` and `plugin upgrade NAME` for plugins of a server: by the name that they have in a catalog, with the
//! user's helm. The chart is pulled once.

use super::App;
use super::catalogs::Location;
use super::chart_plan::{self, ChartPlace, HelmValues, ReleasePlace, ServerPlan, WantedChart};
use super::hub::{self, ExtensionKind, FoundEntry, Maturity};
use super::server_error::ServerPluginError;
use super::server_plugins::{self, Step};
use crate::chart::cluster::ClusterConnection;
use crate::chart::helm::{Helm, ReleaseName, install_line};
use crate::chart::objects;
use crate::client::hub::document;
use crate::client::hub::kept::CatalogQuery;
use crate::error::Failure;
use crate::model::{CleanText, Warning};
use crate::sys::FileFacts;
use everestctl_protocol::manifest::KIND;
use std::path::{Path, PathBuf};

/// What the user wants to have.
#[derive(Clone, Debug, Default)]
pub struct ServerRequest {
    /// The name in a catalog, `CATALOG/NAME`, or that of an installed plugin; where the chart is known already, as it was typed.
    pub name: String,
    /// The channel of the chart.
    pub channel: Option<String>,
    /// The version of the chart.
    pub version: Option<String>,
    /// Whether alpha and beta will do.
    pub allows_prerelease: bool,
    /// The namespace, instead of that of the entry.
    pub namespace: Option<String>,
    /// What the user sets.
    pub values: HelmValues,
    /// Whether the same version is installed again.
    pub is_forced: bool,
}

/// Whether what `plugin install` is given names an extension of a catalog, and not a package: a word, or `CATALOG/WORD`, that
/// is no path.
pub fn is_name(app: &App, source: &Path) -> bool {
    let Some(text) = source.to_str() else { return false };
    let (catalog, name) = text.split_once('/').map_or((None, text), |(catalog, name)| (Some(catalog), name));
    let is_catalog = |name: &str| {
        super::catalogs::all(app).is_ok_and(|all| all.iter().any(|catalog| catalog.name == name))
    };
    document::is_label(name) && FileFacts::from_name(source).is_err() && catalog.is_none_or(is_catalog)
}

/// What installing would do. Nothing has changed yet.
pub fn plan(app: &App, request: &ServerRequest, tell: &mut dyn FnMut(Step)) -> Result<ServerPlan, Failure> {
    check_request(request)?;
    let (found, warnings) = hub::find(app, &request.name, CatalogQuery::WhenOld)?;
    check_access(&found, request)?;
    let release = hub::release_of(&found.entry, request.namespace.as_deref());
    let wanted = wanted_chart(&found, request)?;
    let plan = chart_plan::install(app, wanted, release, &request.values, &found.entry.name, tell)?;
    Ok(with_warnings(plan, &found, warnings))
}

/// What upgrading would do; `None` where there is nothing to do.
pub fn upgrade_plan(
    app: &App,
    request: &ServerRequest,
    tell: &mut dyn FnMut(Step),
) -> Result<Option<ServerPlan>, Failure> {
    check_request(request)?;
    let (helm, cluster) = (server_plugins::helm(app)?, server_plugins::cluster(app)?);
    let (plugin, release) = installed_release(app, &cluster, &helm, &request.name)?;
    let (found, warnings) = source_of(app, request, &plugin, &release)?;
    check_access(&found, request)?;
    let wanted = wanted_chart(&found, request)?;
    let place = ReleasePlace { helm, cluster, release };
    let plan = chart_plan::upgrade(app, wanted, place, &request.values, request.is_forced, tell)?;
    Ok(plan.map(|plan| with_warnings(plan, &found, warnings)))
}

/// The plan with what the catalog has to say first.
fn with_warnings(mut plan: ServerPlan, found: &FoundEntry, mut warnings: Vec<Warning>) -> ServerPlan {
    if found.entry.maturity == Maturity::Deprecated {
        warnings.push(Warning::general(format!("`{}` is deprecated", found.entry.name)));
    }
    plan.warnings.splice(0..0, warnings);
    plan
}

pub(super) fn check_request(request: &ServerRequest) -> Result<(), ServerPluginError> {
    if let Some(version) = request.version.as_ref().filter(|version| !document::is_version(version)) {
        return Err(ServerPluginError::BadVersion(version.clone()));
    }
    if let Some(namespace) = request.namespace.as_deref().filter(|name| !document::is_label(name)) {
        return Err(ServerPluginError::BadNamespace(CleanText::new(namespace)));
    }
    Ok(())
}

/// Whether this entry may be installed at all.
fn check_access(found: &FoundEntry, request: &ServerRequest) -> Result<(), ServerPluginError> {
    let entry = &found.entry;
    let name = entry.name.clone();
    if let Some(gate) = &entry.gate {
        let (contact, instructions) = (gate.contact_url.clone(), gate.instructions.clone());
        return Err(ServerPluginError::Gated { name, contact, instructions });
    }
    if entry.kind != ExtensionKind::Plugin {
        let release = hub::release_of(entry, request.namespace.as_deref());
        let helm = entry.chart(request.channel.as_deref()).map(|(_, chart)| {
            let (version, digest) = (chart.version.as_deref(), chart.digest.as_deref());
            install_line(&release, &chart.reference, version, digest, &request.values, &[])
        });
        return Err(ServerPluginError::NotPlugin { name, kind: entry.kind.as_str(), helm });
    }
    let is_early = matches!(entry.maturity, Maturity::Alpha | Maturity::Beta);
    if is_early && !request.allows_prerelease {
        return Err(ServerPluginError::Prerelease { name, maturity: entry.maturity.as_str() });
    }
    Ok(())
}

/// The chart of an entry.
fn wanted_chart(found: &FoundEntry, request: &ServerRequest) -> Result<WantedChart, ServerPluginError> {
    let entry = &found.entry;
    let name = || entry.name.clone();
    let channel = request.channel.as_deref();
    let Some((_, chart)) = entry.chart(channel) else {
        return Err(match channel.filter(|_| !entry.channels.is_empty()) {
            Some(channel) => ServerPluginError::NoChannel {
                name: name(),
                channel: channel.to_owned(),
                known: entry.channels.keys().cloned().collect(),
            },
            None => ServerPluginError::NoChart { name: name(), faults: entry.faults.clone() },
        });
    };
    let reference = &chart.reference;
    let is_other = request.version.is_some() && request.version != chart.version;
    let version = request.version.clone().or_else(|| chart.version.clone());
    // The digest is that of the catalog's version.
    let digest = chart.digest.clone().filter(|_| !is_other);
    let wanted = |pulled: String, version, digest| WantedChart {
        name: entry.name.clone(),
        catalog: Some(found.catalog.name.clone()),
        maturity: Some(entry.maturity),
        openeverest: entry.openeverest.clone(),
        kubernetes: entry.kubernetes.clone(),
        shown: pulled.clone(),
        place: ChartPlace::Pulled(pulled),
        version,
        digest,
        signer: None,
    };
    if reference.starts_with("oci://") || (reference.starts_with("https://") && !is_other) {
        return Ok(wanted(reference.clone(), version, digest));
    }
    if is_other {
        let there = CleanText::new(chart.version.as_deref().unwrap_or("unknown"));
        return Err(ServerPluginError::OtherVersion { name: name(), there });
    }
    match &found.catalog.location {
        Location::File(file) if !reference.contains("://") => {
            let path: PathBuf = file.parent().unwrap_or(file).join(reference);
            Ok(wanted(path.to_string_lossy().into_owned(), None, None))
        }
        _ => Err(ServerPluginError::Reference { name: name(), reference: CleanText::new(reference) }),
    }
}

/// The plugin called `name` and its release: the name is that of its command, or that in a catalog.
pub(super) fn installed_release(
    app: &App,
    cluster: &ClusterConnection,
    helm: &Helm,
    name: &str,
) -> Result<(String, ReleaseName), Failure> {
    let bare = name.split_once('/').map_or(name, |(_, name)| name);
    if let Some(release) = cluster.plugin(bare)?.as_ref().and_then(server_plugins::release_of) {
        return Ok((bare.to_owned(), release));
    }
    let none = || ServerPluginError::NoRelease { name: name.to_owned() };
    let (found, _) = hub::find(app, name, CatalogQuery::Never).map_err(|_| none())?;
    let release = hub::release_of(&found.entry, app.options.wishes.namespace.as_deref());
    if helm.history(&release)?.is_empty() {
        return Err(none().into());
    }
    let text = helm.manifest(&release, None)?;
    let objects = objects::read(&text)
        .map_err(|why| ServerPluginError::Unreadable { what: format!("release `{}`", release.name), why })?;
    let plugin = objects.iter().find(|object| object.kind() == KIND).ok_or_else(none)?;
    Ok((plugin.name().to_owned(), release))
}

/// The entry that a release comes from: the one with its name, or of its name.
fn source_of(
    app: &App,
    request: &ServerRequest,
    plugin: &str,
    release: &ReleaseName,
) -> Result<(FoundEntry, Vec<Warning>), Failure> {
    if request.name.contains('/') {
        return hub::find(app, &request.name, CatalogQuery::WhenOld);
    }
    let mut first = None;
    for name in [release.name.as_str(), plugin, request.name.as_str()] {
        match hub::find(app, name, CatalogQuery::WhenOld) {
            Ok(found) => return Ok(found),
            Err(failure) => first = first.or(Some(failure)),
        }
    }
    let none = ServerPluginError::NoSource { name: plugin.to_owned(), release: release.name.clone() };
    Err(match first {
        Some(failure) => failure.as_cause_of(none),
        None => none.into(),
    })
}

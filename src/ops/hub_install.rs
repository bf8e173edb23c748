//! `plugin install NAME` and `plugin upgrade NAME` for plugins of a server: by the name that they have in a catalog, with the
//! user's helm.
//!
//! The chart is pulled once, rendered, and judged before anything is asked; what was judged is what is installed.

use super::App;
use super::catalogs::Location;
use super::hub::{self, ExtensionKind, FoundEntry, Maturity};
use super::server_error::ServerPluginError;
use super::server_plugins::{self, HELM_TIMEOUT, Outcome, PodWatch, Step, Waiting};
use crate::app::catalog::CommandCatalog;
use crate::chart::cluster::{Applying, ClusterConnection};
use crate::chart::difference;
pub use crate::chart::helm::HelmValues;
use crate::chart::helm::{Helm, LocalChart, ReleaseName, install_line};
use crate::chart::objects::{self, Object};
use crate::chart::range;
use crate::chart::surface::{self, Surface};
use crate::client::hub::document;
use crate::client::hub::kept::CatalogQuery;
use crate::error::Failure;
use crate::model::surface_change::SurfaceDifference;
use crate::model::{CleanText, CommandWord, Warning};
use crate::resolve::{RunTarget, candidates, choose};
use crate::sys::{FileFacts, files};
use everestctl_protocol::manifest::KIND;
use serde::Serialize;
use std::path::{Path, PathBuf};

pub use crate::chart::difference::ObjectChange;

/// What the user wants to have.
#[derive(Clone, Debug, Default)]
pub struct ServerRequest {
    /// The name in a catalog, `CATALOG/NAME`, or that of an installed plugin.
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

/// What would be done. Its JSON form is an interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerPlan {
    /// The name in the catalog.
    pub extension: String,
    /// The catalog.
    pub catalog: String,
    /// How far it is.
    pub maturity: Maturity,
    /// The release of helm.
    pub release: ReleaseName,
    /// Where the chart is.
    pub chart: String,
    /// The version of the chart.
    pub version: CleanText,
    /// The version that is installed now; `None` for a new one.
    pub installed: Option<CleanText>,
    /// The digest of the chart, where its registry named one.
    pub digest: Option<CleanText>,
    /// What it brings.
    pub brings: Surface,
    /// What an upgrade changes for who uses the plugin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surface: Option<SurfaceDifference>,
    /// What an upgrade changes in the cluster.
    pub changes: Vec<ObjectChange>,
    /// The same with helm alone.
    pub helm: String,
    /// What the user should know before.
    #[serde(skip)]
    pub warnings: Vec<Warning>,
    /// What the chart makes, as YAML.
    #[serde(skip)]
    pub manifest: String,
    #[serde(skip)]
    work: Work,
}

/// What carrying it out takes.
#[derive(Debug)]
struct Work {
    helm: Helm,
    cluster: ClusterConnection,
    chart: LocalChart,
    values: HelmValues,
    objects: Vec<Object>,
    makes_namespace: bool,
    _values_folder: Option<tempfile::TempDir>,
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
    let (helm, cluster) = (server_plugins::helm(app)?, server_plugins::cluster(app)?);
    cluster.check_openeverest()?;
    if let Some(newest) = helm.history(&release)?.last() {
        return Err(ServerPluginError::Present {
            release: release.name,
            namespace: release.namespace,
            status: CleanText::new(&format!("{}, {}", newest.chart, newest.status)),
            plugin: found.entry.name,
        }
        .into());
    }
    let makes_namespace = !cluster.has_namespace(&release.namespace);
    let parts = ChartParts { helm, cluster, release, makes_namespace, installed: None, values: None };
    let plan = rendered(app, request, &found, parts, warnings, tell)?;
    if let Some(plugin) = plan.work.cluster.plugin(&plan.brings.name)? {
        let from = match server_plugins::release_of(&plugin) {
            Some(release) => format!("from release `{}` in namespace `{}`", release.name, release.namespace),
            None => "which was not installed with helm".to_owned(),
        };
        return Err(ServerPluginError::Taken { name: plan.brings.name, from }.into());
    }
    Ok(plan)
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
    let installed = helm.history(&release)?.pop().map(|revision| revision.chart).unwrap_or_default();
    let values = helm.values(&release)?;
    let before = helm.manifest(&release, None)?;
    let installed = Some(installed);
    let parts =
        ChartParts { helm, cluster, release, makes_namespace: false, installed, values: Some(values) };
    let mut plan = rendered(app, request, &found, parts, warnings, tell)?;
    let what = format!("release `{}`", plan.release.name);
    let before = objects::read(&before).map_err(|why| ServerPluginError::Unreadable { what, why })?;
    let known = surface::of(&before).ok();
    plan.surface = known.map(|known| {
        SurfaceDifference::between(&known.to_command_surface(), &plan.brings.to_command_surface())
    });
    let stays = |object: &&Object| !object.is_hook() && object.kind() != "CustomResourceDefinition";
    let [before, after] = [&before, &plan.work.objects].map(|objects| {
        objects.iter().filter(stays).cloned().map(|object| placed(object, &plan.release)).collect::<Vec<_>>()
    });
    plan.changes = difference::between(&before, &after);
    let is_same = plan.changes.is_empty() && plan.installed.as_ref() == Some(&plan.version);
    Ok(Some(plan).filter(|_| !is_same || request.is_forced))
}

/// An object without a namespace is in that of its release, if it is in one at all: either way it is the same object.
fn placed(mut object: Object, release: &ReleaseName) -> Object {
    if object.namespace() == Some(release.namespace.as_str())
        && let Some(metadata) = object.0.get_mut("metadata").and_then(serde_json::Value::as_object_mut)
    {
        metadata.remove("namespace");
    }
    object
}

/// Installs or upgrades, waits until the plugin is ready, and makes its command known.
pub fn carry_out(
    app: &App,
    plan: &ServerPlan,
    waiting: Waiting,
    tell: &mut dyn FnMut(Step),
) -> Result<Outcome, Failure> {
    let work = &plan.work;
    let mut watched = PodWatch::new(&work.cluster, &plan.release.namespace, &work.objects);
    let path = &work.chart.path;
    if plan.installed.is_some() {
        tell(Step::Doing(format!("upgrading release `{}`", plan.release.name)));
        work.helm.upgrade(&plan.release, path, &work.values, HELM_TIMEOUT)?;
    } else {
        tell(Step::Doing(format!("installing release `{}`", plan.release.name)));
        work.helm.install(&plan.release, path, &work.values, work.makes_namespace, HELM_TIMEOUT)?;
    }
    server_plugins::conclude(app, &plan.brings.name, &mut watched, waiting, tell)
}

fn check_request(request: &ServerRequest) -> Result<(), ServerPluginError> {
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

/// What is known before the chart is.
struct ChartParts {
    helm: Helm,
    cluster: ClusterConnection,
    release: ReleaseName,
    makes_namespace: bool,
    /// The chart that is installed, as helm writes it: `bench-0.1.0`.
    installed: Option<String>,
    /// What the user of the release has set before, as YAML.
    values: Option<String>,
}

fn rendered(
    app: &App,
    request: &ServerRequest,
    found: &FoundEntry,
    parts: ChartParts,
    mut warnings: Vec<Warning>,
    tell: &mut dyn FnMut(Step),
) -> Result<ServerPlan, Failure> {
    let ChartParts { helm, cluster, release, makes_namespace, installed, values: kept } = parts;
    let entry = &found.entry;
    if entry.maturity == Maturity::Deprecated {
        warnings.push(Warning::general(format!("`{}` is deprecated", entry.name)));
    }
    let kubernetes = cluster.kubernetes_version();
    check_ranges(
        app,
        entry.name.as_str(),
        entry.openeverest.as_ref(),
        entry.kubernetes.as_ref(),
        kubernetes.as_deref(),
        &mut warnings,
    )?;
    let wanted = wanted_chart(found, request)?;
    if wanted.pulled.contains("://") {
        tell(Step::Doing(format!("pulling chart {}", CleanText::new(&wanted.shown))));
    }
    let chart = helm.pull(&wanted.pulled, wanted.version.as_deref(), wanted.digest.as_deref())?;
    let facts = helm.facts(&chart.path)?;
    let (values, values_folder) = with_kept(&request.values, kept.as_deref())?;
    let manifest =
        helm.template(&release, &chart.path, &values, kubernetes.as_deref(), installed.is_some())?;
    let what = format!("the chart of `{}`", entry.name);
    let objects =
        objects::read(&manifest).map_err(|why| ServerPluginError::Unreadable { what: what.clone(), why })?;
    let brings = surface::of(&objects).map_err(|why| ServerPluginError::Rule { what, why })?;
    if let Some(range) = &brings.compatible_host_versions {
        check_ranges(app, &entry.name, Some(range), None, None, &mut warnings)?;
    }
    if let Some(plugin) = objects.iter().find(|object| object.kind() == KIND) {
        // The cluster's own rules.
        let how = Applying { is_dry_run: true, takes_over: true, is_strict: false };
        cluster.apply(plugin, &release.namespace, how)?;
    }
    if brings.name != facts.name {
        let message = format!(
            "the command is called `{}`, and the chart `{}`",
            brings.name,
            CleanText::new(&facts.name)
        );
        warnings.push(Warning::general(message));
    }
    warnings.extend(brings.remarks.iter().map(|remark| Warning::general(remark.to_string())));
    if installed.is_none() {
        warnings.extend(neighbour(app, &brings.name));
    }
    let version = CleanText::new(&facts.version);
    let prefix = format!("{}-", facts.name);
    let installed = installed.map(|chart| CleanText::new(chart.strip_prefix(&prefix).unwrap_or(&chart)));
    let mut flags = Vec::new();
    flags.extend(makes_namespace.then_some("--create-namespace"));
    flags.extend(installed.is_some().then_some("--reuse-values"));
    let (reference, number) = (&wanted.shown, wanted.version.as_deref());
    let line = install_line(&release, reference, number, wanted.digest.as_deref(), &request.values, &flags);
    Ok(ServerPlan {
        extension: entry.name.clone(),
        catalog: found.catalog.name.clone(),
        maturity: entry.maturity,
        chart: wanted.shown.clone(),
        version,
        installed,
        digest: chart.digest.clone(),
        brings,
        surface: None,
        changes: Vec::new(),
        helm: line,
        warnings,
        manifest,
        release,
        work: Work { helm, cluster, chart, values, objects, makes_namespace, _values_folder: values_folder },
    })
}

/// Fails where a version is known and not in its range; says what could not be checked.
fn check_ranges(
    app: &App,
    name: &str,
    openeverest: Option<&CleanText>,
    kubernetes: Option<&CleanText>,
    kubernetes_version: Option<&str>,
    warnings: &mut Vec<Warning>,
) -> Result<(), ServerPluginError> {
    let unfit = |product, range: &CleanText, version: &str| ServerPluginError::Unfit {
        name: name.to_owned(),
        product,
        range: range.clone(),
        version: CleanText::new(version),
    };
    if let (Some(range), Some(version)) = (kubernetes, kubernetes_version)
        && !range::allows(range.as_str(), version)
    {
        return Err(unfit("Kubernetes", range, version));
    }
    let Some(range) = openeverest else { return Ok(()) };
    match server_plugins::openeverest_version(app) {
        Ok(version) if range::allows(range.as_str(), &version) => Ok(()),
        Ok(version) => Err(unfit("OpenEverest", range, &version)),
        Err(why) => {
            let message = format!("could not check whether `{name}` fits this OpenEverest ({range}): {why}");
            if !warnings.iter().any(|warning| warning.message.starts_with("could not check whether")) {
                warnings.push(Warning::general(message));
            }
            Ok(())
        }
    }
}

/// The chart that is wanted.
struct WantedChart {
    /// As helm is given it.
    pulled: String,
    /// As the user would write it.
    shown: String,
    version: Option<String>,
    digest: Option<String>,
}

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
    if reference.starts_with("oci://") || (reference.starts_with("https://") && !is_other) {
        return Ok(WantedChart { pulled: reference.clone(), shown: reference.clone(), version, digest });
    }
    if is_other {
        let there = CleanText::new(chart.version.as_deref().unwrap_or("unknown"));
        return Err(ServerPluginError::OtherVersion { name: name(), there });
    }
    match &found.catalog.location {
        Location::File(file) if !reference.contains("://") => {
            let path: PathBuf = file.parent().unwrap_or(file).join(reference);
            let path = path.to_string_lossy().into_owned();
            Ok(WantedChart { pulled: path.clone(), shown: path, version: None, digest: None })
        }
        _ => Err(ServerPluginError::Reference { name: name(), reference: CleanText::new(reference) }),
    }
}

/// The user's values after those that the release has had.
fn with_kept(
    values: &HelmValues,
    kept: Option<&str>,
) -> Result<(HelmValues, Option<tempfile::TempDir>), ServerPluginError> {
    let mut values = values.clone();
    let Some(kept) = kept.filter(|kept| !matches!(kept.trim(), "" | "null" | "{}")) else {
        return Ok((values, None));
    };
    let unwritable = |error: std::io::Error| ServerPluginError::NoFolder(error.to_string());
    // They may hold secrets: the folder is the user's alone, and goes afterwards.
    let folder = files::temporary_folder("everestctl-values-").map_err(unwritable)?;
    let file = folder.path().join("values.yaml");
    files::replace(&file, kept.as_bytes()).map_err(unwritable)?;
    values.files.insert(0, file);
    Ok((values, Some(folder)))
}

/// A warning about what has its name already, and comes before it.
fn neighbour(app: &App, name: &str) -> Option<Warning> {
    let catalog = CommandCatalog::new(app);
    let words = [CommandWord::new(name).ok()?];
    let RunTarget::Command(command) = choose(candidates(&words, &catalog))?.target else { return None };
    let from = command.source();
    let message = format!("source {from} has a command `{name}` already, which comes first");
    (!from.is_remote()).then(|| Warning::general(message).hint(format!("everestctl plugin which {name}")))
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

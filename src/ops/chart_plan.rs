//! What installing or upgrading a chart does, wherever it comes from: it is rendered and judged before anything is asked, and what was judged
//! is what is installed.
//!
//! It must not know where a chart is looked for.

use super::App;
use super::hub::Maturity;
use super::server_error::ServerPluginError;
use super::server_plugins::{self, HELM_TIMEOUT, Outcome, PodWatch, Step, Waiting};
use crate::app::catalog::CommandCatalog;
use crate::chart::cluster::{Applying, ClusterConnection};
use crate::chart::difference;
use crate::chart::helm::{Helm, LocalChart, ReleaseName, install_line};
use crate::chart::objects::{self, Object};
use crate::chart::range;
use crate::chart::surface::{self, Surface};
use crate::error::Failure;
use crate::model::surface_change::SurfaceDifference;
use crate::model::{CleanText, CommandWord, Warning};
use crate::resolve::{RunTarget, candidates, choose};
use crate::sys::files;
use everestctl_protocol::manifest::KIND;
use serde::Serialize;

pub use crate::chart::difference::ObjectChange;
pub use crate::chart::helm::HelmValues;

/// What would be done. Its JSON form is an interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerPlan {
    /// The name in the catalog, or else that of the chart.
    pub extension: String,
    /// The catalog, if it comes from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog: Option<String>,
    /// How far it is, as its catalog says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maturity: Option<Maturity>,
    /// The release of helm.
    pub release: ReleaseName,
    /// Where the chart is.
    pub chart: String,
    /// The version of the chart.
    pub version: CleanText,
    /// The version that is installed now; `None` for a new one.
    pub installed: Option<CleanText>,
    /// The digest of the chart, where it is known.
    pub digest: Option<CleanText>,
    /// The fingerprint of the key that has signed it, if that was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
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

/// A chart that is wanted, and what is said of it where it comes from.
pub(super) struct WantedChart {
    /// The name in the catalog, or else that of the chart.
    pub(super) name: String,
    /// The catalog, if it comes from one.
    pub(super) catalog: Option<String>,
    /// How far it is, as its catalog says.
    pub(super) maturity: Option<Maturity>,
    /// The versions of OpenEverest that it fits, as its catalog says.
    pub(super) openeverest: Option<CleanText>,
    /// The versions of Kubernetes that it fits, as its catalog says.
    pub(super) kubernetes: Option<CleanText>,
    /// Where it is.
    pub(super) place: ChartPlace,
    /// The same as the user would write it.
    pub(super) shown: String,
    /// The version that helm is to take.
    pub(super) version: Option<String>,
    /// The digest that is known of it.
    pub(super) digest: Option<String>,
    /// The fingerprint of the key that has signed it.
    pub(super) signer: Option<String>,
}

/// Where a chart is.
pub(super) enum ChartPlace {
    /// Where helm pulls it from.
    Pulled(String),
    /// On this machine.
    Here(LocalChart),
}

/// A release in a cluster, and helm for both.
pub(super) struct ReleasePlace {
    pub(super) helm: Helm,
    pub(super) cluster: ClusterConnection,
    pub(super) release: ReleaseName,
}

/// What installing `wanted` as `release` would do. `again` is what upgrades it where it is there already.
pub(super) fn install(
    app: &App,
    wanted: WantedChart,
    release: ReleaseName,
    values: &HelmValues,
    again: &str,
    tell: &mut dyn FnMut(Step),
) -> Result<ServerPlan, Failure> {
    let (helm, cluster) = (server_plugins::helm(app)?, server_plugins::cluster(app)?);
    cluster.check_openeverest()?;
    if let Some(newest) = helm.history(&release)?.last() {
        return Err(ServerPluginError::Present {
            release: release.name,
            namespace: release.namespace,
            status: CleanText::new(&format!("{}, {}", newest.chart, newest.status)),
            plugin: wanted.name,
            upgrade: again.to_owned(),
        }
        .into());
    }
    let makes_namespace = !cluster.has_namespace(&release.namespace);
    let place = ReleasePlace { helm, cluster, release };
    let before = ReleaseBefore { makes_namespace, installed: None, values: None };
    let plan = rendered(app, wanted, place, values, before, tell)?;
    if let Some(plugin) = plan.work.cluster.plugin(&plan.brings.name)? {
        let from = match server_plugins::release_of(&plugin) {
            Some(release) => format!("from release `{}` in namespace `{}`", release.name, release.namespace),
            None => "which was not installed with helm".to_owned(),
        };
        return Err(ServerPluginError::Taken { name: plan.brings.name, from }.into());
    }
    Ok(plan)
}

/// What upgrading a release to `wanted` would do; `None` where there is nothing to do, unless it `is_forced`.
pub(super) fn upgrade(
    app: &App,
    wanted: WantedChart,
    place: ReleasePlace,
    values: &HelmValues,
    is_forced: bool,
    tell: &mut dyn FnMut(Step),
) -> Result<Option<ServerPlan>, Failure> {
    let ReleasePlace { helm, release, .. } = &place;
    let installed = helm.history(release)?.pop().map(|revision| revision.chart).unwrap_or_default();
    let kept = helm.values(release)?;
    let before = helm.manifest(release, None)?;
    let known = ReleaseBefore { makes_namespace: false, installed: Some(installed), values: Some(kept) };
    let mut plan = rendered(app, wanted, place, values, known, tell)?;
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
    Ok(Some(plan).filter(|_| !is_same || is_forced))
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

/// What is known of a release before the chart is.
struct ReleaseBefore {
    makes_namespace: bool,
    /// The chart that is installed, as helm writes it: `bench-0.1.0`.
    installed: Option<String>,
    /// What the user of the release has set before, as YAML.
    values: Option<String>,
}

fn rendered(
    app: &App,
    wanted: WantedChart,
    place: ReleasePlace,
    values: &HelmValues,
    before: ReleaseBefore,
    tell: &mut dyn FnMut(Step),
) -> Result<ServerPlan, Failure> {
    let ReleasePlace { helm, cluster, release } = place;
    let ReleaseBefore { makes_namespace, installed, values: kept } = before;
    let mut warnings = Vec::new();
    let kubernetes = cluster.kubernetes_version();
    check_ranges(
        app,
        &wanted.name,
        wanted.openeverest.as_ref(),
        wanted.kubernetes.as_ref(),
        kubernetes.as_deref(),
        &mut warnings,
    )?;
    let chart = match wanted.place {
        ChartPlace::Here(chart) => chart,
        ChartPlace::Pulled(reference) => {
            if reference.contains("://") {
                tell(Step::Doing(format!("pulling chart {}", CleanText::new(&wanted.shown))));
            }
            helm.pull(&reference, wanted.version.as_deref(), wanted.digest.as_deref())?
        }
    };
    let facts = helm.facts(&chart.path)?;
    let (all_values, values_folder) = with_kept(values, kept.as_deref())?;
    let manifest =
        helm.template(&release, &chart.path, &all_values, kubernetes.as_deref(), installed.is_some())?;
    let what = format!("the chart of `{}`", wanted.name);
    let objects =
        objects::read(&manifest).map_err(|why| ServerPluginError::Unreadable { what: what.clone(), why })?;
    let brings = surface::of(&objects).map_err(|why| ServerPluginError::Rule { what, why })?;
    if let Some(range) = &brings.compatible_host_versions {
        check_ranges(app, &wanted.name, Some(range), None, None, &mut warnings)?;
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
    let line = install_line(&release, reference, number, wanted.digest.as_deref(), values, &flags);
    Ok(ServerPlan {
        extension: wanted.name,
        catalog: wanted.catalog,
        maturity: wanted.maturity,
        chart: wanted.shown,
        version,
        installed,
        digest: chart.digest.clone(),
        signer: wanted.signer,
        brings,
        surface: None,
        changes: Vec::new(),
        helm: line,
        warnings,
        manifest,
        release,
        work: Work {
            helm,
            cluster,
            chart,
            values: all_values,
            objects,
            makes_namespace,
            _values_folder: values_folder,
        },
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

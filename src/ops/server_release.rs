//! `plugin rollback NAME`, `remove NAME`, `enable` and `disable` for plugins of a server.
//!
//! It must not know where a chart comes from.

use super::App;
use super::hub_install::installed_release;
use super::server_error::ServerPluginError;
use super::server_plugins::{self, HELM_TIMEOUT, Outcome, PodWatch, Step, Waiting};
use crate::chart::cluster::{ClusterConnection, ClusterFailure};
use crate::chart::difference::{self, ObjectChange};
use crate::chart::helm::{Helm, ReleaseName};
use crate::chart::objects::{self, Object};
use crate::error::Failure;
use crate::model::CleanText;
use serde::Serialize;
use serde_json::Value;

/// What going back or removing would do. Its JSON form is an interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleasePlan {
    /// The plugin.
    pub plugin: String,
    /// Its release.
    pub release: ReleaseName,
    /// The chart that is installed.
    pub installed: CleanText,
    /// The revision that is gone back to; `None` where it is removed.
    pub revision: Option<u64>,
    /// The chart of that revision.
    pub chart: Option<CleanText>,
    /// What changes in the cluster.
    pub changes: Vec<ObjectChange>,
    /// What stays in the cluster.
    pub stays: Vec<CleanText>,
    /// The same with helm alone.
    pub helm: String,
    #[serde(skip)]
    helm_program: Helm,
    #[serde(skip)]
    cluster: ClusterConnection,
    #[serde(skip)]
    objects: Vec<Object>,
}

/// Whether there is a cluster to ask for a plugin.
pub fn has_cluster(app: &App) -> bool {
    app.remote().is_ok_and(|remote| remote.access.is_some())
}

/// What going back to `revision`, or to the one before the newest, would do.
pub fn rollback_plan(app: &App, name: &str, revision: Option<u64>) -> Result<ReleasePlan, Failure> {
    let (helm, cluster) = (server_plugins::helm(app)?, server_plugins::cluster(app)?);
    let (plugin, release) = installed_release(app, &cluster, &helm, name)?;
    let mut history = helm.history(&release)?;
    let newest = history.pop().ok_or_else(|| ServerPluginError::NoRelease { name: name.to_owned() })?;
    let target = match revision {
        Some(wanted) => history.iter().find(|one| one.revision == wanted).ok_or_else(|| {
            let known = history.iter().map(|one| one.revision).collect();
            ServerPluginError::NoRevision { release: release.name.clone(), revision: wanted, known }
        })?,
        // What failed was never in use.
        None => history
            .iter()
            .rfind(|one| one.status == "superseded" || one.status == "deployed")
            .ok_or_else(|| ServerPluginError::NothingBefore(release.name.clone()))?,
    };
    let now = objects_of(&helm, &release, None)?;
    let then = objects_of(&helm, &release, Some(target.revision))?;
    Ok(ReleasePlan {
        changes: difference::between(&now, &then),
        stays: Vec::new(),
        installed: CleanText::new(&newest.chart),
        revision: Some(target.revision),
        chart: Some(CleanText::new(&target.chart)),
        helm: format!("helm rollback {} {} --namespace {}", release.name, target.revision, release.namespace),
        plugin,
        release,
        helm_program: helm,
        cluster,
        objects: then,
    })
}

/// What removing would do, and what it leaves.
pub fn remove_plan(app: &App, name: &str) -> Result<ReleasePlan, Failure> {
    let (helm, cluster) = (server_plugins::helm(app)?, server_plugins::cluster(app)?);
    let (plugin, release) = installed_release(app, &cluster, &helm, name)?;
    let newest = helm.history(&release)?.pop();
    let installed = newest.map(|revision| revision.chart).unwrap_or_default();
    let now = objects_of(&helm, &release, None)?;
    let is_kept = |object: &&Object| object.annotation("helm.sh/resource-policy") == Some("keep");
    let mut stays: Vec<CleanText> = now
        .iter()
        .filter(is_kept)
        .map(|object| CleanText::new(&format!("{} (its chart says so)", object.id())))
        .collect();
    let claims = |object: &Object| {
        let claims =
            object.0.pointer("/spec/volumeClaimTemplates").and_then(Value::as_array).map_or(0, Vec::len);
        (claims > 0).then(|| CleanText::new(&format!("the volumes of {}, with their data", object.id())))
    };
    stays.extend(now.iter().filter_map(claims));
    stays.push(CleanText::new(&format!("namespace {}", release.namespace)));
    let goes: Vec<Object> = now.iter().filter(|object| !is_kept(object)).cloned().collect();
    Ok(ReleasePlan {
        changes: difference::between(&goes, &[]),
        stays,
        installed: CleanText::new(&installed),
        revision: None,
        chart: None,
        helm: format!("helm uninstall {} --namespace {}", release.name, release.namespace),
        plugin,
        release,
        helm_program: helm,
        cluster,
        objects: Vec::new(),
    })
}

fn objects_of(helm: &Helm, release: &ReleaseName, revision: Option<u64>) -> Result<Vec<Object>, Failure> {
    let text = helm.manifest(release, revision)?;
    let what = format!("release `{}`", release.name);
    Ok(objects::read(&text).map_err(|why| ServerPluginError::Unreadable { what, why })?)
}

/// Goes back or removes.
pub fn carry_out(
    app: &App,
    plan: &ReleasePlan,
    waiting: Waiting,
    tell: &mut dyn FnMut(Step),
) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::default();
    let Some(revision) = plan.revision else {
        tell(Step::Doing(format!("removing release `{}`", plan.release.name)));
        plan.helm_program.uninstall(&plan.release, HELM_TIMEOUT)?;
        server_plugins::refresh_index(app, None, &mut outcome);
        return Ok(outcome);
    };
    let mut watched = PodWatch::new(&plan.cluster, &plan.release.namespace, &plan.objects);
    tell(Step::Doing(format!("rolling back release `{}`", plan.release.name)));
    plan.helm_program.rollback(&plan.release, revision, HELM_TIMEOUT)?;
    server_plugins::conclude(app, &plan.plugin, &mut watched, waiting, tell)
}

/// What switching a plugin on or off has done.
#[derive(Debug)]
pub struct Switched {
    /// Whether it was so already.
    pub was_so: bool,
    /// The release that may switch it back.
    pub release: Option<String>,
    /// What has become of it.
    pub outcome: Outcome,
}

/// Switches a plugin on or off, or only tries to.
pub fn switch(app: &App, name: &str, is_enabled: bool, is_dry_run: bool) -> Result<Switched, Failure> {
    let cluster = server_plugins::cluster(app)?;
    let plugin = cluster.plugin(name)?.ok_or_else(|| ClusterFailure::NoPlugin(CleanText::new(name)))?;
    let was_so = (plugin.pointer("/spec/enabled") != Some(&Value::Bool(false))) == is_enabled;
    let mut outcome = Outcome::default();
    if !was_so {
        cluster.set_enabled(name, is_enabled, is_dry_run)?;
        if !is_dry_run {
            server_plugins::refresh_index(app, Some(name), &mut outcome);
        }
    }
    let release =
        server_plugins::release_of(&plugin).map(|release| CleanText::new(&release.name).to_string());
    Ok(Switched { was_so, release, outcome })
}

/// The plugins of the cluster that start like `typed`: for TAB.
pub fn names(app: &App, typed: &str) -> Vec<(String, String)> {
    let Ok(remote) = app.remote() else { return Vec::new() };
    let names = remote.names(app.store().as_ref());
    let named =
        names.origins().filter(|origin| origin.source.is_remote() && origin.name.as_str().starts_with(typed));
    let version = |version: &Option<CleanText>| version.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut found: Vec<(String, String)> =
        named.map(|origin| (origin.name.to_string(), version(&origin.version))).collect();
    found.sort();
    found.dedup_by(|second, first| second.0 == first.0);
    found
}

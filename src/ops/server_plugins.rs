//! What the commands that install, change and remove plugins of a server share: the cluster and helm of this run, waiting
//! until a plugin is ready, and the index, which must know it afterwards.
//!
//! It must not know what is installed, nor what is shown of it.

use super::App;
use super::server_error::ServerPluginError;
use crate::app::descriptors;
use crate::app::refresh::{self, Trigger};
use crate::chart::cluster::{ClusterConnection, ClusterEvent, ClusterFailure, Readiness};
use crate::chart::helm::{Helm, ReleaseName};
use crate::chart::objects::Object;
use crate::client::api_client::{ApiClient, ConditionalResponse};
use crate::client::{self, Deadline, Endpoint, StopReason, within};
use crate::error::{Failure, Interrupted};
use crate::model::{CleanText, Source, Via, Warning};
use crate::sys::signals::Interrupts;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long a plugin has to become ready.
pub const TIMEOUT: Duration = Duration::from_mins(5);
/// How long helm has for what a chart runs before and after.
pub const HELM_TIMEOUT: Duration = Duration::from_mins(5);
/// Between two looks at a plugin.
const PAUSE: Duration = Duration::from_millis(500);
/// So many looks at the plugin for each at the events.
const LOOKS: u32 = 4;
/// How long a plugin's document may take once it is ready.
const DESCRIBING: Duration = Duration::from_secs(15);

/// What is told meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// What is being done.
    Doing(String),
    /// What went wrong with a pod, or with what makes it.
    Event(ClusterEvent),
}

/// How a plugin is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// Whether it is waited for at all.
    pub waits: bool,
    /// For how long.
    pub timeout: Duration,
}

/// What has become of a plugin.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Whether it is ready; `None` where nobody has waited.
    pub is_ready: Option<bool>,
    /// Why it never will be.
    pub remark: Option<CleanText>,
    /// Whether its command can be run now.
    pub is_known: bool,
    /// What the user should know.
    pub problems: Vec<Warning>,
}

/// The cluster of this run.
pub(super) fn cluster(app: &App) -> Result<ClusterConnection, Failure> {
    if app.options.offline {
        return Err(ServerPluginError::Offline.into());
    }
    let remote = app.remote()?;
    let access = remote.access.as_ref().ok_or(ClusterFailure::NoCluster)?;
    let timeout = app.options.request_timeout.unwrap_or(client::transport::CONNECT);
    Ok(ClusterConnection::connect(access, timeout)?)
}

/// The helm of this run, for the cluster of this run.
pub(super) fn helm(app: &App) -> Result<Helm, Failure> {
    let remote = app.remote()?;
    let access = remote.access.as_ref().ok_or(ClusterFailure::NoCluster)?;
    // helm finds the cluster of its own Pod by itself.
    let context = if access.is_in_cluster() { "" } else { access.context() };
    Ok(Helm::find(&app.environment, &app.kubeconfig_files(), context)?)
}

/// The version of the OpenEverest server of this run; why it is not known otherwise.
pub(super) fn openeverest_version(app: &App) -> Result<String, String> {
    let (target, _) = app.target().map_err(|failure| failure.message)?;
    if target.server.is_none() {
        return Err("no OpenEverest server is configured".to_owned());
    }
    let endpoint = app.endpoint(&target, Via::Server).map_err(|error| error.to_string())?;
    let Endpoint::Server { address, credentials, transport } = endpoint else {
        return Err("no OpenEverest server is configured".to_owned());
    };
    let server = ApiClient::new(address, credentials, &transport).map_err(|error| error.to_string())?;
    let asked = client::wait_for(within(app.budget(), server.get(&["version"], None)));
    let answer = asked.map_err(|error| error.to_string())?.ok_or("the server did not respond in time")?;
    let ConditionalResponse::Body(body, _) = answer.map_err(|error| format!("the server {error}"))? else {
        return Err("the server named no version".to_owned());
    };
    let version: Value = serde_json::from_slice(&body).unwrap_or_default();
    let version = version.get("version").and_then(Value::as_str).filter(|version| version.len() < 100);
    version.map(str::to_owned).ok_or_else(|| "the server named no version".to_owned())
}

/// The release of helm that a plugin's resource belongs to.
pub(super) fn release_of(plugin: &Value) -> Option<ReleaseName> {
    let annotation =
        |name: &str| Some(plugin.pointer("/metadata/annotations")?.get(name)?.as_str()?.to_owned());
    Some(ReleaseName {
        name: annotation("meta.helm.sh/release-name")?,
        namespace: annotation("meta.helm.sh/release-namespace")?,
    })
}

/// The names that pods of these objects start with.
pub(super) fn owners(objects: &[Object]) -> BTreeSet<String> {
    const MAKE_PODS: [&str; 7] =
        ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet", "Pod"];
    let makers = objects.iter().filter(|object| MAKE_PODS.contains(&object.kind()));
    makers.map(|object| object.name().to_owned()).filter(|name| !name.is_empty()).collect()
}

/// Where the pods of a plugin are, and what was wrong there before.
pub(super) struct PodWatch<'c> {
    pub(super) cluster: &'c ClusterConnection,
    pub(super) namespace: String,
    pub(super) owners: BTreeSet<String>,
    pub(super) seen: BTreeSet<ClusterEvent>,
}

impl<'c> PodWatch<'c> {
    pub(super) fn new(cluster: &'c ClusterConnection, namespace: &str, objects: &[Object]) -> Self {
        let owners = owners(objects);
        let seen = cluster.warnings(namespace, &owners).into_iter().collect();
        Self { cluster, namespace: namespace.to_owned(), owners, seen }
    }

    fn tell_news(&mut self, tell: &mut dyn FnMut(Step)) {
        for event in self.cluster.warnings(&self.namespace, &self.owners) {
            if self.seen.insert(event.clone()) {
                tell(Step::Event(event));
            }
        }
    }
}

/// Waits until plugin `name` is ready, then makes its command known.
pub(super) fn conclude(
    app: &App,
    name: &str,
    watched: &mut PodWatch<'_>,
    waiting: Waiting,
    tell: &mut dyn FnMut(Step),
) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::default();
    if waiting.waits {
        let awaited = wait(name, watched, waiting.timeout, tell);
        if awaited.is_err() {
            watched.tell_news(tell);
        }
        let remark = match awaited {
            Ok(remark) => remark,
            Err(failure) => {
                // It is there, whatever it does.
                refresh_index(app, None, &mut outcome);
                return Err(failure);
            }
        };
        outcome.is_ready = Some(remark.is_none());
        outcome.remark = remark;
    }
    tell(Step::Doing("refreshing the index".to_owned()));
    refresh_index(app, Some(name), &mut outcome);
    Ok(outcome)
}

/// Gives why it never will be ready, where it need not.
fn wait(
    name: &str,
    watched: &mut PodWatch<'_>,
    timeout: Duration,
    tell: &mut dyn FnMut(Step),
) -> Result<Option<CleanText>, Failure> {
    let interrupts = Interrupts::watch().ok();
    let deadline = Deadline::interrupt(interrupts.as_ref()).or_at(Instant::now().checked_add(timeout));
    for look in 0_u32.. {
        let state = match watched.cluster.readiness(name)? {
            Readiness::Ready => return Ok(None),
            Readiness::NeverReady(why) => return Ok(Some(why)),
            Readiness::Waiting(state) => state,
        };
        tell(Step::Doing(format!("waiting for `{name}`: {state}")));
        if look % LOOKS == LOOKS - 1 {
            watched.tell_news(tell);
        }
        match watched.cluster.rest(PAUSE, deadline) {
            Ok(()) => {}
            Err(StopReason::Interrupted) => return Err(Interrupted.into()),
            Err(StopReason::TimedOut) => {
                return Err(ServerPluginError::NotReady { name: name.to_owned(), state }.into());
            }
        }
    }
    Ok(None)
}

/// Asks the sources again, and plugin `name` what it offers.
pub(super) fn refresh_index(app: &App, name: Option<&str>, outcome: &mut Outcome) {
    let remote = match app.remote() {
        Ok(remote) => remote,
        Err(failure) => return outcome.problems.push(Warning::general(failure.message)),
    };
    let refreshed = refresh::refresh(app, &remote, &[Source::Server, Source::Cluster], Trigger::Explicit);
    outcome.problems.extend(refreshed.problems);
    let Some(name) = name else { return };
    outcome.is_known = refreshed.names.origins().any(|origin| origin.name.as_str() == name);
    let plugins = [name.to_owned()];
    // Whoever is not ready yet says nothing yet.
    if outcome.is_known
        && outcome.is_ready == Some(true)
        && let Ok(found) = descriptors::refresh(app, &remote, Some(&plugins), false, DESCRIBING)
    {
        outcome.problems.extend(found.problems);
    }
}

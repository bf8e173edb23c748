//! `plugin apply`: a plugin of a server from plain manifests, without a chart: server-side apply, tried before it is done.
//!
//! It must not know what is shown or asked.

use super::App;
use super::server_error::ServerPluginError;
use super::server_plugins::{self, Outcome, PodWatch, Step, Waiting};
use crate::chart::cluster::{Applying, ClusterConnection};
use crate::chart::difference::{self, ChangeKind, ObjectChange};
use crate::chart::objects::{self, Object};
use crate::chart::surface::{self, Surface};
use crate::error::Failure;
use crate::model::CleanText;
use crate::sys::files;
use serde::Serialize;
use std::path::Path;

/// What applying would do. Its JSON form is an interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplyPlan {
    /// What the manifest brings.
    pub brings: Surface,
    /// The namespace of objects that name none.
    pub namespace: String,
    /// What changes in the cluster.
    pub changes: Vec<ObjectChange>,
    /// How many objects stay as they are.
    pub unchanged: usize,
    #[serde(skip)]
    cluster: ClusterConnection,
    #[serde(skip)]
    objects: Vec<Object>,
    #[serde(skip)]
    takes_over: bool,
}

/// The order in which kinds are applied: what others need comes first, the plugin last.
const ORDER: [&str; 12] = [
    "Namespace",
    "CustomResourceDefinition",
    "ServiceAccount",
    "Secret",
    "ConfigMap",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "PersistentVolumeClaim",
    "Service",
    "Deployment",
];

/// What applying the manifests `files` would do; `input` is what `-` stands for.
pub fn plan(
    app: &App,
    files: &[(&Path, Option<&str>)],
    namespace: Option<&str>,
    takes_over: bool,
) -> Result<ApplyPlan, Failure> {
    let mut objects = Vec::new();
    let mut names = Vec::new();
    for (path, input) in files {
        objects.extend(read(path, *input)?);
        names.push(shown(path));
    }
    let what = names.join(", ");
    let brings = surface::of(&objects).map_err(|why| ServerPluginError::Rule { what, why })?;
    let place = |object: &Object| match object.kind() {
        "Plugin" => ORDER.len() + 1,
        kind => ORDER.iter().position(|known| *known == kind).unwrap_or(ORDER.len()),
    };
    objects.sort_by_key(place);
    let cluster = server_plugins::cluster(app)?;
    cluster.check_openeverest()?;
    let namespace = namespace.unwrap_or(super::hub::NAMESPACE).to_owned();
    let new_namespaces: Vec<String> = objects
        .iter()
        .filter(|object| object.kind() == "Namespace" && !cluster.has_namespace(object.name()))
        .map(|object| object.name().to_owned())
        .collect();
    let (mut changes, mut unchanged) = (Vec::new(), 0);
    for object in &objects {
        let how = Applying { is_dry_run: true, takes_over, is_strict: true };
        let home = object.namespace().unwrap_or(&namespace);
        let live = cluster.live(object, &namespace)?;
        // The cluster cannot try what is in a namespace that is yet to come.
        let cannot_be_tried = live.is_none() && new_namespaces.iter().any(|new| new == home);
        let after =
            if cannot_be_tried { object.0.clone() } else { cluster.apply(object, &namespace, how)? };
        let id = object.id();
        let Some(live) = live else {
            changes.push(ObjectChange { object: id, change: ChangeKind::Added, fields: Vec::new() });
            continue;
        };
        let [live, after] = [&live, &after].map(difference::without_bookkeeping);
        let fields = difference::fields(&id, &live, &after);
        if fields.is_empty() {
            unchanged += 1;
        } else {
            changes.push(ObjectChange { object: id, change: ChangeKind::Changed, fields });
        }
    }
    Ok(ApplyPlan { brings, namespace, changes, unchanged, cluster, objects, takes_over })
}

fn read(path: &Path, input: Option<&str>) -> Result<Vec<Object>, ServerPluginError> {
    let unreadable = |why: String| ServerPluginError::File { path: path.to_owned(), why };
    let text = if let Some(text) = input {
        text.to_owned()
    } else {
        let content =
            files::read(path, objects::LARGEST as u64).map_err(|error| unreadable(error.to_string()))?;
        String::from_utf8(content).map_err(|_| unreadable("it is not UTF-8 text".to_owned()))?
    };
    let what = shown(path);
    let objects = objects::read(&text).map_err(|why| ServerPluginError::Unreadable { what, why })?;
    if objects.is_empty() {
        return Err(ServerPluginError::Empty(shown(path)));
    }
    Ok(objects)
}

fn shown(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

/// Applies it, waits until the plugin is ready, and makes its command known.
pub fn carry_out(
    app: &App,
    plan: &ApplyPlan,
    waiting: Waiting,
    tell: &mut dyn FnMut(Step),
) -> Result<Outcome, Failure> {
    let mut watched = PodWatch::new(&plan.cluster, &plan.namespace, &plan.objects);
    let how = Applying { is_dry_run: false, takes_over: plan.takes_over, is_strict: true };
    for object in &plan.objects {
        tell(Step::Doing(format!("applying {}", CleanText::new(&object.id().to_string()))));
        plan.cluster.apply(object, &plan.namespace, how)?;
    }
    server_plugins::conclude(app, &plan.brings.name, &mut watched, waiting, tell)
}

//! The objects of a server plugin in the cluster: what is there, what would be applied, and how far it is.
//!
//! Everything is server-side apply with the field manager `everestctl`, so that the cluster itself says what would change
//! and who else has a say in it. It must not know what is shown or asked.

use super::objects::Object;
use crate::client::kubernetes::{ClusterClient, ClusterError, KubeconfigAccess};
use crate::client::{ClientError, Deadline, Runtime, StopReason};
use crate::error::{ExitCode, Explain, exit};
use crate::model::CleanText;
use everestctl_protocol::manifest::{API_GROUPS, API_VERSION, PLURAL};
use serde::Deserialize;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Who changes what.
const FIELD_MANAGER: &str = "everestctl";
/// The most events that are looked at.
const MOST_EVENTS: usize = 500;

/// What could not be done in a cluster.
#[derive(Debug, thiserror::Error)]
pub enum ClusterFailure {
    /// No kubeconfig names a cluster.
    #[error("no Kubernetes cluster: no kubeconfig names one")]
    NoCluster,
    /// It could not be asked, or said no.
    #[error("could not {doing} (kubeconfig context `{context}`)")]
    Refused {
        /// What was to be done.
        doing: String,
        /// The context of the kubeconfig.
        context: CleanText,
        /// Why.
        error: Box<ClusterError>,
    },
    /// It has no plugins.
    #[error(
        "the cluster of kubeconfig context `{0}` has no Plugin resources: OpenEverest 2 is not installed in it"
    )]
    NoOpenEverest(CleanText),
    /// A kind is not known there.
    #[error("the cluster does not know the kind {kind} of {api_version}")]
    UnknownKind {
        /// The API group and version.
        api_version: CleanText,
        /// The kind.
        kind: CleanText,
    },
    /// A name cannot be one.
    #[error("`{0}` is not a valid name of a Kubernetes object")]
    BadName(CleanText),
    /// Someone else decides a field.
    #[error("{object} has fields that someone else manages")]
    Conflict {
        /// The object.
        object: CleanText,
        /// Who, and which.
        said: CleanText,
    },
    /// There is no such plugin.
    #[error("the cluster has no plugin `{0}`")]
    NoPlugin(CleanText),
    /// It was given up.
    #[error("interrupted")]
    Interrupted,
    /// The answer is something else.
    #[error("could not {doing}: the cluster's response is not {expected}")]
    Unexpected {
        /// What was to be done.
        doing: String,
        /// What it should be.
        expected: &'static str,
    },
}

impl Explain for ClusterFailure {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Refused { error, .. } if wants_sign_in(error) => exit::SIGN_IN,
            Self::NoPlugin(_) => exit::USAGE,
            Self::Interrupted => exit::INTERRUPTED,
            _ => exit::FAILURE,
        }
    }

    fn causes(&self) -> Vec<String> {
        match self {
            Self::Refused { error, .. } => vec![error.to_string()],
            Self::Conflict { said, .. } => vec![said.to_string()],
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::NoCluster => vec!["pass `-k FILE` or set KUBECONFIG".to_owned()],
            Self::NoOpenEverest(_) => {
                vec!["pass `-k FILE` to name the kubeconfig of another cluster".to_owned()]
            }
            Self::Conflict { .. } => vec!["pass --force-conflicts to take these fields over".to_owned()],
            Self::NoPlugin(_) => vec!["everestctl plugin list --source cluster".to_owned()],
            Self::Refused { error, .. } => match error.as_ref() {
                ClusterError::Client(ClientError::Status { status: 403, .. }) => {
                    vec![
                        "ask for a role that may do this, or use another kubeconfig with `-k FILE`"
                            .to_owned(),
                    ]
                }
                ClusterError::Client(error @ (ClientError::Network(_) | ClientError::NoCluster { .. })) => {
                    error.hint().map(str::to_owned).into_iter().collect()
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}

fn wants_sign_in(error: &ClusterError) -> bool {
    match error {
        ClusterError::Client(error) => error.wants_sign_in(),
        ClusterError::Helper(_) => true,
        ClusterError::Kubeconfig(_) => false,
    }
}

/// A connection to the cluster of this run.
pub struct ClusterConnection {
    runtime: Runtime,
    client: ClusterClient,
    context: CleanText,
    kinds: RefCell<BTreeMap<String, Vec<ApiResource>>>,
}

impl std::fmt::Debug for ClusterConnection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Cluster({})", self.context)
    }
}

#[derive(Clone, Deserialize)]
struct ApiResource {
    name: String,
    kind: String,
    #[serde(default)]
    namespaced: bool,
}

/// How far a plugin is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It can be used.
    Ready,
    /// It cannot become ready, and need not: it is switched off, or has nothing to wait for.
    NeverReady(CleanText),
    /// Not yet; what is known of it.
    Waiting(CleanText),
}

/// Something that went wrong with a pod or what makes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterEvent {
    /// What it is about.
    pub object: CleanText,
    /// What happened, and why.
    pub message: CleanText,
}

/// How an object is applied.
#[derive(Clone, Copy, Debug, Default)]
pub struct Applying {
    /// Whether it is only tried.
    pub is_dry_run: bool,
    /// Whether fields of others are taken over.
    pub takes_over: bool,
    /// Whether a field that the cluster does not know is an error, where the cluster can say so.
    pub is_strict: bool,
}

impl ClusterConnection {
    /// Connects to the cluster of a kubeconfig.
    pub fn connect(access: &KubeconfigAccess, timeout: Duration) -> Result<Self, ClusterFailure> {
        let context = CleanText::new(access.context());
        let refused = |error: ClusterError| ClusterFailure::Refused {
            doing: "connect to the cluster".to_owned(),
            context: context.clone(),
            error: Box::new(error),
        };
        let runtime = Runtime::new().map_err(|error| refused(ClientError::from(error).into()))?;
        let client = runtime.wait_for(access.connect(timeout)).map_err(refused)?;
        Ok(Self { runtime, client, context, kinds: RefCell::default() })
    }

    /// The version of Kubernetes; `None` where it does not say.
    pub fn kubernetes_version(&self) -> Option<String> {
        let body = self.runtime.wait_for(self.client.get("/version")).ok()?;
        let version: Value = serde_json::from_slice(&body).ok()?;
        version.get("gitVersion")?.as_str().filter(|text| text.len() < 100).map(str::to_owned)
    }

    /// Fails if there are no plugins in it.
    pub fn check_openeverest(&self) -> Result<(), ClusterFailure> {
        let path = format!("/apis/{}/{API_VERSION}", API_GROUPS[0]);
        match self.found(&path, "look for OpenEverest")? {
            Some(_) => Ok(()),
            None => Err(ClusterFailure::NoOpenEverest(self.context.clone())),
        }
    }

    /// Whether a namespace is there; in doubt it is.
    pub fn has_namespace(&self, name: &str) -> bool {
        let path = format!("/api/v1/namespaces/{name}");
        !matches!(self.found(&path, "look for the namespace"), Ok(None))
    }

    /// The resource of a plugin.
    pub fn plugin(&self, name: &str) -> Result<Option<Value>, ClusterFailure> {
        let path = plugin_path(name)?;
        let doing = format!("read plugin `{}`", CleanText::new(name));
        let Some(body) = self.found(&path, &doing)? else { return Ok(None) };
        let expected = "a Plugin resource";
        serde_json::from_slice(&body).map(Some).map_err(|_| ClusterFailure::Unexpected { doing, expected })
    }

    /// Switches a plugin on or off; gives what it becomes.
    pub fn set_enabled(
        &self,
        name: &str,
        is_enabled: bool,
        is_dry_run: bool,
    ) -> Result<Value, ClusterFailure> {
        let mut path = format!("{}?fieldManager={FIELD_MANAGER}", plugin_path(name)?);
        if is_dry_run {
            path.push_str("&dryRun=All");
        }
        let doing = format!("change plugin `{}`", CleanText::new(name));
        let patch = json!({"spec": {"enabled": is_enabled}}).to_string().into_bytes();
        let sent = self.runtime.wait_for(self.client.patch(&path, "application/merge-patch+json", patch));
        let body = sent.map_err(|error| match status(&error) {
            Some(404) => ClusterFailure::NoPlugin(CleanText::new(name)),
            _ => self.refused(&doing, error),
        })?;
        serde_json::from_slice(&body)
            .map_err(|_| ClusterFailure::Unexpected { doing, expected: "a Plugin resource" })
    }

    /// The object as it is in the cluster now.
    pub fn live(&self, object: &Object, namespace: &str) -> Result<Option<Value>, ClusterFailure> {
        let path = self.path_of(object, namespace)?;
        let doing = format!("read {}", CleanText::new(&object.id().to_string()));
        let Some(body) = self.found(&path, &doing)? else { return Ok(None) };
        let expected = "a Kubernetes object";
        serde_json::from_slice(&body).map(Some).map_err(|_| ClusterFailure::Unexpected { doing, expected })
    }

    /// Applies an object, into `namespace` where it names none; gives what it becomes.
    pub fn apply(&self, object: &Object, namespace: &str, how: Applying) -> Result<Value, ClusterFailure> {
        let mut path = format!(
            "{}?fieldManager={FIELD_MANAGER}&force={}",
            self.path_of(object, namespace)?,
            how.takes_over
        );
        if how.is_strict {
            path.push_str("&fieldValidation=Strict");
        }
        if how.is_dry_run {
            path.push_str("&dryRun=All");
        }
        let shown = CleanText::new(&object.id().to_string());
        let doing = format!("apply {shown}");
        // JSON is YAML.
        let content = object.0.to_string().into_bytes();
        let sent = self.runtime.wait_for(self.client.patch(&path, "application/apply-patch+yaml", content));
        let body = sent.map_err(|error| match (status(&error), &error) {
            (Some(409), ClusterError::Client(ClientError::Status { message, .. })) => {
                ClusterFailure::Conflict { object: shown.clone(), said: message.clone().unwrap_or_default() }
            }
            _ => self.refused(&doing, error),
        })?;
        let expected = "a Kubernetes object";
        serde_json::from_slice(&body).map_err(|_| ClusterFailure::Unexpected { doing, expected })
    }

    /// How far a plugin is.
    pub fn readiness(&self, name: &str) -> Result<Readiness, ClusterFailure> {
        let plugin = self.plugin(name)?.ok_or_else(|| ClusterFailure::NoPlugin(CleanText::new(name)))?;
        Ok(readiness(&plugin))
    }

    /// What has gone wrong in a namespace with objects whose names start with one of `owners`; nothing where that may not be
    /// asked.
    pub fn warnings(&self, namespace: &str, owners: &BTreeSet<String>) -> Vec<ClusterEvent> {
        let path =
            format!("/api/v1/namespaces/{namespace}/events?fieldSelector=type%3DWarning&limit={MOST_EVENTS}");
        let body = self.runtime.wait_for(self.client.get(&path)).unwrap_or_default();
        let list: Value = serde_json::from_slice(&body).unwrap_or_default();
        let items = list.get("items").and_then(Value::as_array).into_iter().flatten();
        let text = |event: &Value, path: &str| {
            event.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        items
            .filter(|event| {
                let name = text(event, "/involvedObject/name");
                text(event, "/type") == "Warning"
                    && owners.iter().any(|owner| name.starts_with(owner.as_str()))
            })
            .map(|event| {
                let kind = text(event, "/involvedObject/kind");
                let object = format!("{kind} {}", text(event, "/involvedObject/name"));
                let message = format!("{}: {}", text(event, "/reason"), text(event, "/message"));
                ClusterEvent { object: CleanText::new(&object), message: CleanText::new(&message) }
            })
            .collect()
    }

    /// Rests between two looks; fails when the deadline has passed meanwhile.
    pub fn rest(&self, pause: Duration, deadline: Deadline<'_>) -> Result<(), StopReason> {
        self.runtime.rest(pause, deadline).map_or(Ok(()), Err)
    }

    fn found(&self, path: &str, doing: &str) -> Result<Option<Vec<u8>>, ClusterFailure> {
        match self.runtime.wait_for(self.client.get(path)) {
            Ok(body) => Ok(Some(body)),
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(self.refused(doing, error)),
        }
    }

    fn refused(&self, doing: &str, error: ClusterError) -> ClusterFailure {
        ClusterFailure::Refused {
            doing: doing.to_owned(),
            context: self.context.clone(),
            error: Box::new(error),
        }
    }

    /// The path of an object, as the cluster says where its kind is.
    fn path_of(&self, object: &Object, namespace: &str) -> Result<String, ClusterFailure> {
        let (api_version, kind) = (object.api_version(), object.kind());
        let base = if api_version.contains('/') {
            format!("/apis/{api_version}")
        } else {
            format!("/api/{api_version}")
        };
        let is_plain = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte))
                && !text.contains("..")
        };
        let unknown = || ClusterFailure::UnknownKind {
            api_version: CleanText::new(api_version),
            kind: CleanText::new(kind),
        };
        if !is_plain(api_version) {
            return Err(unknown());
        }
        if !self.kinds.borrow().contains_key(&base) {
            #[derive(Deserialize)]
            struct List {
                resources: Vec<ApiResource>,
            }
            let body = self.found(&base, &format!("look for the kind {}", CleanText::new(kind)))?;
            let list = body.and_then(|body| serde_json::from_slice::<List>(&body).ok());
            let resources = list.map(|list| list.resources).unwrap_or_default();
            self.kinds.borrow_mut().insert(base.clone(), resources);
        }
        let kinds = self.kinds.borrow();
        let is_it = |resource: &&ApiResource| resource.kind == kind && !resource.name.contains('/');
        let resource = kinds.get(&base).and_then(|kinds| kinds.iter().find(is_it)).ok_or_else(unknown)?;
        let name = part(object.name())?;
        let plural = part(&resource.name)?;
        if resource.namespaced {
            let namespace = part(object.namespace().unwrap_or(namespace))?;
            return Ok(format!("{base}/namespaces/{namespace}/{plural}/{name}"));
        }
        Ok(format!("{base}/{plural}/{name}"))
    }
}

fn plugin_path(name: &str) -> Result<String, ClusterFailure> {
    Ok(format!("/apis/{}/{API_VERSION}/{PLURAL}/{}", API_GROUPS[0], part(name)?))
}

/// A name that stays one part of a path.
fn part(name: &str) -> Result<&str, ClusterFailure> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    let is_name =
        !name.is_empty() && name.len() <= 253 && name.bytes().all(is_plain) && !matches!(name, "." | "..");
    if is_name { Ok(name) } else { Err(ClusterFailure::BadName(CleanText::new(name))) }
}

fn status(error: &ClusterError) -> Option<u16> {
    match error {
        ClusterError::Client(ClientError::Status { status, .. }) => Some(*status),
        _ => None,
    }
}

/// How far a plugin is, by its conditions (reference, section 2.1).
pub fn readiness(plugin: &Value) -> Readiness {
    let conditions = plugin.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
    let text = |condition: &Value, key: &str| {
        condition.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let ready = conditions.into_iter().find(|condition| text(condition, "type") == "Ready");
    let is_enabled = plugin.pointer("/spec/enabled") != Some(&Value::Bool(false));
    let Some(ready) = ready else {
        return if is_enabled {
            Readiness::Waiting(CleanText::new("the server has not looked at it yet"))
        } else {
            Readiness::NeverReady(CleanText::new("it is disabled"))
        };
    };
    let (reason, message) = (text(ready, "reason"), text(ready, "message"));
    if text(ready, "status") == "True" {
        return Readiness::Ready;
    }
    match reason.as_str() {
        "Disabled" => Readiness::NeverReady(CleanText::new("it is disabled")),
        "NoBackend" => Readiness::NeverReady(CleanText::new("it has no backend to wait for")),
        _ => {
            let separator = if reason.is_empty() || message.is_empty() { "" } else { ": " };
            let what = format!("{reason}{separator}{message}");
            Readiness::Waiting(CleanText::non_empty(&what).unwrap_or_else(|| CleanText::new("not ready")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_is_what_the_conditions_say() {
        let plugin = |status: &str, reason: &str| {
            json!({"spec":{},"status":{"conditions":[{"type":"Available","status":"True"},
                {"type":"Ready","status":status,"reason":reason,"message":"m"}]}})
        };
        assert_eq!(readiness(&plugin("True", "BackendReady")), Readiness::Ready);
        assert!(matches!(readiness(&plugin("False", "NoBackend")), Readiness::NeverReady(_)));
        assert!(matches!(readiness(&plugin("False", "Disabled")), Readiness::NeverReady(_)));
        let waiting = readiness(&plugin("False", "BackendNotReady"));
        assert_eq!(waiting, Readiness::Waiting(CleanText::new("BackendNotReady: m")));
        assert!(matches!(readiness(&json!({})), Readiness::Waiting(_)));
        assert!(matches!(readiness(&json!({"spec":{"enabled":false}})), Readiness::NeverReady(_)));
    }

    #[test]
    fn a_name_stays_in_its_place() {
        for name in ["", "..", "a/b", "a?b", "a%2fb", "a b"] {
            assert!(part(name).is_err(), "{name}");
        }
        assert_eq!(part("system:node-1.x").unwrap(), "system:node-1.x");
    }
}

//! The manifest of a plugin of a server: the `Plugin` custom resource (reference, section 2.1).
//!
//! Every field is optional and unknown ones are ignored, so that whoever reads a resource decides how strict to be: the
//! client shows what it can, the development host refuses what breaks a rule. What one of them never looks into it
//! need not read at all: the types of `spec.frontend` and `spec.permissions` are parameters, and
//! [`serde::de::IgnoredAny`] fits.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The API groups that `Plugin` has had, the newest first.
pub const API_GROUPS: [&str; 3] =
    ["extensions.openeverest.io", "plugin.openeverest.io", "core.openeverest.io"];
/// The version of the resource in each of them.
pub const API_VERSION: &str = "v1alpha1";
/// Its kind.
pub const KIND: &str = "Plugin";
/// Its name in paths.
pub const PLURAL: &str = "plugins";
/// The annotation with the path of the plugin's OpenAPI document on its backend (design, section 6).
pub const OPENAPI_ANNOTATION: &str = "everestctl.openeverest.io/openapi";

/// A resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plugin<F = Frontend, P = Vec<Permission>> {
    /// API group and version.
    pub api_version: Option<String>,
    /// `Plugin`.
    pub kind: Option<String>,
    /// Its name and annotations.
    pub metadata: Option<Metadata>,
    /// What it declares.
    pub spec: Option<Spec<F, P>>,
}

/// What Kubernetes knows of any resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Metadata {
    /// The plugin's name.
    pub name: Option<String>,
    /// Further facts.
    pub annotations: Option<BTreeMap<String, String>>,
}

/// What a manifest declares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec<F = Frontend, P = Vec<Permission>> {
    /// The human name.
    pub display_name: Option<String>,
    /// One line on what it does.
    pub description: Option<String>,
    /// The plugin's own version.
    pub version: Option<String>,
    /// Who makes it.
    pub vendor: Option<String>,
    /// The path or address of its icon.
    pub icon: Option<String>,
    /// The versions of OpenEverest that it fits.
    pub compatible_host_versions: Option<String>,
    /// The versions of the web interface that it fits.
    pub compatible_ui_contract_versions: Option<String>,
    /// Whether it is switched on; it is unless it says no.
    pub enabled: Option<bool>,
    /// The web bundle.
    pub frontend: Option<F>,
    /// Where requests go.
    pub backend: Option<Backend>,
    /// Its command line.
    pub cli: Option<Cli>,
    /// What it may do in the cluster.
    pub permissions: Option<P>,
}

/// The web bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frontend {
    /// Where the backend serves it, `/main.js` unless it says otherwise.
    pub bundle_path: Option<String>,
    /// What the bundle must be: a hash, as in the `integrity` of a script.
    pub bundle_integrity: Option<String>,
    /// Where it stands in the interface.
    pub extension_points: Option<Vec<ExtensionPoint>>,
}

/// A place in the interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct ExtensionPoint {
    /// Which kind of place.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its address in the interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Its icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The database providers that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub providers: Option<Vec<String>>,
}

/// Where requests go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backend {
    /// A service of the cluster.
    pub service_ref: Option<ServiceRef>,
    /// An address outside of it.
    pub external_url: Option<String>,
}

/// A service of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ServiceRef {
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its port, as the resource has it: not every number is one.
    pub port: Option<i64>,
}

/// The command line of a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Cli {
    /// The image of its container.
    pub image: Option<String>,
    /// A further name of its command.
    pub subcommand: Option<String>,
    /// One line on what the command does.
    pub description: Option<String>,
}

/// Something that a plugin may do in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Permission {
    /// What.
    pub verb: Option<String>,
    /// To what.
    pub resource: Option<String>,
}

impl<F, P> Plugin<F, P> {
    /// The plugin's name.
    pub fn name(&self) -> Option<&str> {
        self.metadata.as_ref()?.name.as_deref()
    }
}

impl<F, P> Spec<F, P> {
    /// Whether it is switched on.
    pub fn is_enabled(&self) -> bool {
        self.enabled != Some(false)
    }
}

impl Frontend {
    /// Where the backend serves the bundle.
    pub fn bundle_path(&self) -> &str {
        self.bundle_path.as_deref().unwrap_or(DEFAULT_BUNDLE)
    }
}

/// Where a backend serves its bundle unless its manifest says otherwise.
pub const DEFAULT_BUNDLE: &str = "/main.js";

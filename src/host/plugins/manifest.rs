//! Reading one manifest, with the rules of the CRD and those that it lacks.

use crate::model::CommandWord;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The API groups that `Plugin` has had, the newest first.
pub(super) const API_GROUPS: [&str; 3] =
    ["extensions.openeverest.io", "plugin.openeverest.io", "core.openeverest.io"];

/// A manifest whose fields have the right types.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    api_version: String,
    kind: String,
    metadata: Metadata,
    /// What it declares.
    pub spec: Spec,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Metadata {
    name: String,
}

/// What a manifest declares, in the fields of the CRD (reference, section 2.1).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spec {
    pub display_name: String,
    pub description: Option<String>,
    pub version: Option<String>,
    pub vendor: Option<String>,
    pub icon: Option<String>,
    pub compatible_host_versions: Option<String>,
    pub compatible_ui_contract_versions: Option<String>,
    pub frontend: Option<Frontend>,
    pub backend: Option<Backend>,
    #[serde(default = "yes")]
    pub enabled: bool,
    cli: Option<Cli>,
    permissions: Option<Vec<Permission>>,
}

/// The web bundle.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frontend {
    /// Where the backend serves it.
    #[serde(default = "main_js")]
    pub bundle_path: String,
    /// Where it is in the interface; passed on as it is.
    #[serde(default)]
    pub extension_points: Vec<ExtensionPoint>,
}

/// A place in the interface.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ExtensionPoint {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub providers: Option<Vec<String>>,
}

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backend {
    /// A service of the cluster.
    pub service_ref: Option<ServiceRef>,
    /// An address outside of it.
    pub external_url: Option<String>,
}

/// A service of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ServiceRef {
    pub namespace: String,
    pub name: String,
    pub port: i32,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Cli {
    image: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Permission {
    #[serde(rename = "verb")]
    _verb: String,
    #[serde(rename = "resource")]
    _resource: String,
}

fn yes() -> bool {
    true
}

fn main_js() -> String {
    "/main.js".to_owned()
}

/// Reads a manifest. The error says what is wrong, and where a real server would not have minded.
pub fn read(value: &Value) -> Result<Manifest, String> {
    let manifest: Manifest = serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        format!("{path}: {}", error.into_inner())
    })?;
    let (group, version) = manifest.api_version.split_once('/').unwrap_or_default();
    if !API_GROUPS.contains(&group) || version != "v1alpha1" || manifest.kind != "Plugin" {
        return Err(format!("it is a {} of {}, not a Plugin", manifest.kind, manifest.api_version));
    }
    CommandWord::new(manifest.name()).map_err(|error| {
        format!("metadata.name: {error} (a real server accepts other names, but they cannot be commands)")
    })?;
    if let Some(cli) = &manifest.spec.cli
        && cli.image.trim().is_empty()
    {
        return Err("spec.cli.image: it is empty".to_owned());
    }
    let bundle = manifest.spec.frontend.as_ref().map(|frontend| &frontend.bundle_path);
    if bundle.is_some_and(|path| !path.starts_with('/') && !path.starts_with("http")) {
        return Err("spec.frontend.bundlePath: must start with `/` or `http`".to_owned());
    }
    if let Some(backend) = &manifest.spec.backend {
        check_backend(backend)?;
    }
    Ok(manifest)
}

fn check_backend(backend: &Backend) -> Result<(), String> {
    match (&backend.service_ref, &backend.external_url) {
        (Some(_), Some(_)) => Err(
            "spec.backend: it has both serviceRef and externalUrl (a real server would take the serviceRef)"
                .to_owned(),
        ),
        (None, None) => {
            Err("spec.backend: it has neither serviceRef nor externalUrl (a real server would take it and \
             answer 500 to every request)"
                .to_owned())
        }
        (Some(service), None) if !(1..=65535).contains(&service.port) => {
            Err(format!("spec.backend.serviceRef.port: {} is not between 1 and 65535", service.port))
        }
        (None, Some(url)) => match url.parse::<http::Uri>() {
            Ok(uri) if matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some() => Ok(()),
            _ => Err("spec.backend.externalUrl: not an http or https URL".to_owned()),
        },
        _ => Ok(()),
    }
}

impl Manifest {
    /// The plugin's name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with_spec(spec: &Value) -> Result<Manifest, String> {
        read(&json!({"apiVersion": "extensions.openeverest.io/v1alpha1", "kind": "Plugin",
            "metadata": {"name": "x"}, "spec": spec}))
    }

    #[test]
    fn every_rule_names_its_field() {
        for (spec, expected) in [
            (json!({}), "spec: missing field `displayName`"),
            (json!({"displayName": 7}), "spec.displayName: invalid type: integer `7`, expected a string"),
            (json!({"displayName": "X", "enabled": "yes"}), "spec.enabled: invalid type"),
            (json!({"displayName": "X", "backend": {}}), "spec.backend: it has neither"),
            (
                json!({"displayName": "X", "backend": {"externalUrl": "https://x",
                    "serviceRef": {"namespace": "n", "name": "s", "port": 1}}}),
                "spec.backend: it has both",
            ),
            (
                json!({"displayName": "X", "backend": {"serviceRef": {"namespace": "n", "name": "s", "port": 70000}}}),
                "spec.backend.serviceRef.port: 70000",
            ),
            (json!({"displayName": "X", "backend": {"externalUrl": "ftp://x"}}), "spec.backend.externalUrl"),
            (json!({"displayName": "X", "cli": {"subcommand": "y"}}), "spec.cli: missing field `image`"),
        ] {
            let error = with_spec(&spec).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
        assert!(with_spec(&json!({"displayName": "X"})).unwrap().spec.enabled);
    }

    #[test]
    fn names_kinds_and_groups() {
        let named = |group: &str, kind: &str, name: &str| {
            read(&json!({"apiVersion": format!("{group}/v1alpha1"), "kind": kind, "metadata": {"name": name},
                "spec": {"displayName": "X"}}))
        };
        for group in API_GROUPS {
            assert!(named(group, "Plugin", "x").is_ok(), "{group}");
        }
        assert!(named("example.com", "Plugin", "x").is_err());
        assert!(named("core.openeverest.io", "Provider", "x").is_err());
        assert!(
            named("core.openeverest.io", "Plugin", "my.plugin")
                .unwrap_err()
                .contains("a real server accepts")
        );
    }
}

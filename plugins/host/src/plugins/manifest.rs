//! Reading one manifest, with the rules of the CRD and those that it lacks.

use everestctl::model::CommandWord;
use everestctl_protocol::manifest::{API_GROUPS, API_VERSION, Backend, KIND, Plugin, ServiceRef, Spec};
use serde_json::Value;

/// A manifest that breaks no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    name: String,
    /// What it declares.
    pub spec: Spec,
}

/// Reads a manifest. The error says what is wrong, and where a real server would not have minded.
pub fn read(value: &Value) -> Result<Manifest, String> {
    let plugin: Plugin = serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        format!("{path}: {}", error.into_inner())
    })?;
    let (api_version, kind) = (plugin.api_version.as_deref(), plugin.kind.as_deref());
    let (group, version) = api_version.and_then(|text| text.split_once('/')).unwrap_or_default();
    if !API_GROUPS.contains(&group) || version != API_VERSION || kind != Some(KIND) {
        let (kind, api_version) = (kind.unwrap_or("resource"), api_version.unwrap_or("an unknown API"));
        return Err(format!("it is a {kind} of {api_version}, not a {KIND}"));
    }
    let name = required(plugin.name(), "metadata", "name")?.to_owned();
    CommandWord::new(&name).map_err(|error| {
        format!("metadata.name: {error} (a real server accepts other names, but they cannot be commands)")
    })?;
    let spec = plugin.spec.ok_or("it has no spec")?;
    check_spec(&spec)?;
    Ok(Manifest { name, spec })
}

fn check_spec(spec: &Spec) -> Result<(), String> {
    required(spec.display_name.as_ref(), "spec", "displayName")?;
    if let Some(cli) = &spec.cli
        && required(cli.image.as_ref(), "spec.cli", "image")?.trim().is_empty()
    {
        return Err("spec.cli.image: it is empty".to_owned());
    }
    if let Some(frontend) = &spec.frontend {
        let path = frontend.bundle_path();
        if !path.starts_with('/') && !path.starts_with("http") {
            return Err("spec.frontend.bundlePath: must start with `/` or `http`".to_owned());
        }
        for (number, point) in frontend.extension_points.iter().flatten().enumerate() {
            required(point.kind.as_ref(), &format!("spec.frontend.extensionPoints[{number}]"), "type")?;
        }
    }
    for (number, permission) in spec.permissions.iter().flatten().enumerate() {
        let place = format!("spec.permissions[{number}]");
        required(permission.verb.as_ref(), &place, "verb")?;
        required(permission.resource.as_ref(), &place, "resource")?;
    }
    spec.backend.as_ref().map_or(Ok(()), check_backend)
}

fn required<T>(value: Option<T>, place: &str, field: &str) -> Result<T, String> {
    value.ok_or_else(|| format!("{place}: missing field `{field}`"))
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
        (Some(service), None) => check_service(service),
        (None, Some(url)) => match url.parse::<http::Uri>() {
            Ok(uri) if matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some() => Ok(()),
            _ => Err("spec.backend.externalUrl: not an http or https URL".to_owned()),
        },
    }
}

fn check_service(service: &ServiceRef) -> Result<(), String> {
    const PLACE: &str = "spec.backend.serviceRef";
    required(service.namespace.as_ref(), PLACE, "namespace")?;
    required(service.name.as_ref(), PLACE, "name")?;
    match required(service.port, PLACE, "port")? {
        1..=65535 => Ok(()),
        port => Err(format!("{PLACE}.port: {port} is not between 1 and 65535")),
    }
}

impl Manifest {
    /// The plugin's name.
    pub fn name(&self) -> &str {
        &self.name
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
        assert!(with_spec(&json!({"displayName": "X"})).unwrap().spec.is_enabled());
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

//! A `Plugin` resource, judged by its CRD and by what real servers and their interface do with it. Pure.

use super::finding::Findings;
use super::place;
use super::rules;
use crate::model::{CommandWord, host_range, reserved};
use crate::yaml;
use everestctl_protocol::manifest::{API_GROUPS, API_VERSION, Backend, Plugin, Spec};
use serde_json::Value;
use url::Url;

/// The versions of OpenEverest that a plugin can be for: those that read the resource, and the next ones.
const HOSTS: &[&str] = &["2.0.0", "2.1.0", "2.2.0", "2.3.0"];
/// The names of engines, which the documentation of upstream once had for providers.
const ENGINES: &[&str] = &["postgresql", "postgres", "psmdb", "mongodb", "pxc", "mysql"];
/// The types of extension points that the interface knows.
pub const POINTS: &[&str] = &[
    "route",
    "sidebarItem",
    "clusterDetailTab",
    "clusterAction",
    "clusterCard",
    "globalDashboardWidget",
    "settingsPanel",
    "instanceCreateFormSection",
    "instanceEditFormSection",
];
/// The keys that the CRD knows, by where they stand; an entry of a list is in `[]`.
const KEYS: &[(&str, &[&str])] = &[
    ("", &["apiVersion", "kind", "metadata", "spec", "status"]),
    (
        "spec",
        &[
            "displayName",
            "description",
            "version",
            "vendor",
            "icon",
            "compatibleHostVersions",
            "compatibleUiContractVersions",
            "enabled",
            "frontend",
            "backend",
            "cli",
            "permissions",
        ],
    ),
    ("spec.frontend", &["bundlePath", "bundleIntegrity", "extensionPoints"]),
    ("spec.frontend.extensionPoints[]", &["type", "label", "path", "icon", "providers"]),
    ("spec.backend", &["serviceRef", "externalUrl", "credentialsSecretRef"]),
    ("spec.backend.serviceRef", &["namespace", "name", "port"]),
    ("spec.cli", &["image", "subcommand", "description"]),
    ("spec.permissions[]", &["verb", "resource"]),
];

/// Whether a YAML or JSON value is the resource.
pub fn is_one(value: &Value) -> bool {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    text("kind") == "Plugin" && text("apiVersion").contains("openeverest.io")
}

/// What is wrong with the resource in `text`; and the types of its extension points, if it lists any.
pub fn lint(text: &str, found: &mut Findings) -> Option<Vec<String>> {
    if let Ok(value) = yaml::explained::<Value>(text.as_bytes()) {
        unknown_keys(&value, "", &mut Vec::new(), text, found);
    }
    let plugin: Plugin = match yaml::explained(text.as_bytes()) {
        Ok(plugin) => plugin,
        Err(misfit) => {
            found.add(rules::MANIFEST_FIELD, misfit.place.map(|(line, _)| line), &misfit.to_string());
            return None;
        }
    };
    let at = |keys: &[&str]| place::line(text, keys);
    let (group, version) =
        plugin.api_version.as_deref().and_then(|it| it.split_once('/')).unwrap_or_default();
    if group != API_GROUPS[0] || version != API_VERSION {
        let shown = plugin.api_version.as_deref().unwrap_or_default();
        found.add(
            rules::MANIFEST_GROUP,
            at(&["apiVersion"]),
            &format!("OpenEverest 2 does not read `{shown}`"),
        );
    }
    let name = plugin.name().unwrap_or_default();
    match CommandWord::new(name) {
        Err(error) => {
            found.add(rules::MANIFEST_NAME, at(&["metadata", "name"]), &format!("`{name}`: {error}"));
        }
        Ok(_) => {
            if let Some((_, purpose)) = reserved::owner(name) {
                let message = format!("`{name}` is reserved by everestctl for {purpose}");
                found.add(rules::MANIFEST_NAME, at(&["metadata", "name"]), &message);
            }
        }
    }
    let Some(spec) = &plugin.spec else {
        found.add(rules::MANIFEST_FIELD, None, "missing key `spec`");
        return None;
    };
    about(spec, text, found);
    targets(spec, text, found);
    points(spec, text, found)
}

fn about(spec: &Spec, text: &str, found: &mut Findings) {
    let at = |key: &str| place::line(text, &["spec", key]);
    let is_said = |value: &Option<String>| value.as_deref().is_some_and(|text| !text.trim().is_empty());
    if !is_said(&spec.display_name) {
        found.add(rules::MANIFEST_FIELD, at("displayName"), "missing key `spec.displayName`");
    }
    let missing: Vec<&str> =
        [("description", &spec.description), ("version", &spec.version), ("vendor", &spec.vendor)]
            .into_iter()
            .filter(|(_, value)| !is_said(value))
            .map(|(key, _)| key)
            .collect();
    if !missing.is_empty() {
        found.add(rules::MANIFEST_ABOUT, at(""), &format!("it has no {}", missing.join(", ")));
    }
    if let Some(range) = spec.compatible_host_versions.as_deref() {
        let line = at("compatibleHostVersions");
        let terms = range.split("||").flat_map(str::split_whitespace);
        let unclear: Vec<&str> = terms.filter(|term| !is_understood(term)).collect();
        if unclear.is_empty() {
            if !HOSTS.iter().any(|host| host_range::allows(range, host)) {
                let message = format!("`{range}` allows none of the versions from {} on", HOSTS[0]);
                found.add(rules::MANIFEST_HOSTS, line, &message);
            }
        } else {
            let message = format!("`{}` is not understood, and allows everything", unclear.join(" "));
            found.add(rules::MANIFEST_HOSTS_FORM, line, &message);
        }
    }
    if spec.frontend.is_none() && spec.backend.is_none() && spec.cli.is_none() {
        found.add(rules::MANIFEST_EMPTY, at(""), "it has no frontend, no backend and no image");
    }
}

fn is_understood(term: &str) -> bool {
    let digits = term.trim_start_matches(['^', '~', '>', '<', '=', 'v']);
    semver::Version::parse(digits).is_ok()
}

fn targets(spec: &Spec, text: &str, found: &mut Findings) {
    let at = |keys: &[&str]| place::line(text, &[&["spec"], keys].concat());
    if let Some(Backend { service_ref, external_url }) = &spec.backend {
        match (service_ref, external_url) {
            (Some(_), Some(_)) => {
                let message = "it has both `serviceRef` and `externalUrl`";
                found.add(rules::MANIFEST_BACKEND, at(&["backend", "externalUrl"]), message);
            }
            (None, None) => {
                let message = "it has neither `serviceRef` nor `externalUrl`";
                found.add(rules::MANIFEST_BACKEND, at(&["backend"]), message);
            }
            _ => {}
        }
        if let Some(service) = service_ref {
            let line = at(&["backend", "serviceRef"]);
            for (key, value) in [("namespace", &service.namespace), ("name", &service.name)] {
                if value.is_none() {
                    let message = format!("missing key `spec.backend.serviceRef.{key}`");
                    found.add(rules::MANIFEST_FIELD, line, &message);
                }
            }
            match service.port {
                None => found.add(rules::MANIFEST_FIELD, line, "missing key `spec.backend.serviceRef.port`"),
                Some(1..=65535) => {}
                Some(port) => {
                    let line = at(&["backend", "serviceRef", "port"]);
                    found.add(rules::MANIFEST_PORT, line, &format!("{port} is no port"));
                }
            }
        }
        if let Some(address) = external_url {
            let url = Url::parse(address).ok();
            if !url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
                let line = at(&["backend", "externalUrl"]);
                found.add(rules::MANIFEST_URL, line, "`externalUrl` is not an http or https URL");
            }
        }
    }
    if let Some(cli) = &spec.cli {
        match cli.image.as_deref().map(str::trim) {
            None | Some("") => found.add(rules::MANIFEST_FIELD, at(&["cli"]), "missing key `spec.cli.image`"),
            Some(image) if !image.contains("@sha256:") => {
                found.add(rules::MANIFEST_IMAGE, at(&["cli", "image"]), &format!("`{image}` has no digest"));
            }
            Some(_) => {}
        }
    }
    for (number, permission) in spec.permissions.iter().flatten().enumerate() {
        if permission.verb.is_none() || permission.resource.is_none() {
            let message = format!("spec.permissions[{number}] needs `verb` and `resource`");
            found.add(rules::MANIFEST_FIELD, at(&["permissions", &number.to_string()]), &message);
        }
    }
}

fn points(spec: &Spec, text: &str, found: &mut Findings) -> Option<Vec<String>> {
    let frontend = spec.frontend.as_ref()?;
    let at = |keys: &[&str]| place::line(text, &[&["spec", "frontend"], keys].concat());
    if frontend.bundle_path.as_deref().is_some_and(|path| !path.starts_with('/') && !path.starts_with("http"))
    {
        found.add(rules::MANIFEST_BUNDLE_PATH, at(&["bundlePath"]), "`bundlePath` does not start with `/`");
    }
    let points = frontend.extension_points.as_ref()?;
    let mut kinds = Vec::new();
    for (number, point) in points.iter().enumerate() {
        let line = at(&["extensionPoints", &number.to_string()]);
        match point.kind.as_deref() {
            None => {
                let message = format!("missing key `spec.frontend.extensionPoints[{number}].type`");
                found.add(rules::MANIFEST_FIELD, line, &message);
            }
            Some(kind) if !POINTS.contains(&kind) => {
                found.add(rules::MANIFEST_POINT, line, &format!("the interface knows no `{kind}`"));
            }
            Some(kind) => kinds.push(kind.to_owned()),
        }
        for provider in point.providers.iter().flatten() {
            if ENGINES.contains(&provider.as_str()) || CommandWord::new(provider).is_err() {
                found.add(rules::MANIFEST_PROVIDER, line, &format!("no provider is called `{provider}`"));
            }
        }
    }
    Some(kinds)
}

fn unknown_keys(value: &Value, place: &str, keys: &mut Vec<String>, text: &str, found: &mut Findings) {
    let known = KEYS.iter().find(|(of, _)| *of == place).map(|(_, known)| *known);
    match (value, known) {
        (Value::Object(fields), Some(known)) => {
            for (key, inside) in fields {
                keys.push(key.clone());
                if known.contains(&key.as_str()) {
                    let below = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                    unknown_keys(inside, &below, keys, text, found);
                } else {
                    let path: Vec<&str> = keys.iter().map(String::as_str).collect();
                    let message = format!("the server knows no key `{}`", path.join("."));
                    found.add(rules::MANIFEST_KEY, place::line(text, &path), &message);
                }
                keys.pop();
            }
        }
        (Value::Array(entries), _) => {
            for (number, entry) in entries.iter().enumerate() {
                keys.push(number.to_string());
                unknown_keys(entry, &format!("{place}[]"), keys, text, found);
                keys.pop();
            }
        }
        _ => {}
    }
}

//! What the objects of a chart bring: the plugin and its command, what it may do, which images run, what it gets in the
//! whole cluster. And the rules of a `Plugin` resource (reference, section 2.1). Pure.

use super::objects::Object;
use crate::model::command_surface::{CommandSurface, SurfaceTerm};
use crate::model::{CleanText, CommandWord, reserved};
use everestctl_protocol::manifest::{API_GROUPS, KIND, Permission};
use everestctl_protocol::manifest::{Frontend, Plugin};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The most lines of one kind that are shown.
const MOST: usize = 200;

/// What the objects of a chart bring. Its JSON form is an interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Surface {
    /// The name of the plugin and of its command.
    pub name: String,
    /// The human name.
    pub display_name: Option<CleanText>,
    /// What it does.
    pub description: Option<CleanText>,
    /// Its version.
    pub version: Option<CleanText>,
    /// The words that its command will have: its name first.
    pub commands: Vec<CleanText>,
    /// The versions of OpenEverest that it fits.
    pub compatible_host_versions: Option<CleanText>,
    /// Whether it is switched on.
    pub enabled: bool,
    /// What it says that it does in OpenEverest: verb and resource.
    pub permissions: Vec<CleanText>,
    /// The images that run.
    pub images: Vec<CleanText>,
    /// What it gets in the whole cluster.
    pub cluster_roles: Vec<CleanText>,
    /// What its containers may do to the machine that they run on.
    pub privileges: Vec<CleanText>,
    /// How many objects of each kind there are.
    pub objects: BTreeMap<String, usize>,
    /// What the user should know.
    pub remarks: Vec<CleanText>,
    /// Whether the server can ever call it ready: it needs a web bundle or a backend for that.
    pub can_be_ready: bool,
}

impl Surface {
    /// The same as what a new version is compared by. The commands themselves are in the document of its backend.
    pub fn to_command_surface(&self) -> CommandSurface {
        let mut surface = CommandSurface {
            name: CleanText::new(&self.name),
            version: self.version.clone(),
            ..CommandSurface::default()
        };
        let range = self.compatible_host_versions.iter().map(|range| format!("OpenEverest {range}"));
        let terms = [
            (SurfaceTerm::Alias, self.commands.iter().skip(1).map(ToString::to_string).collect::<Vec<_>>()),
            (SurfaceTerm::Permission, self.permissions.iter().map(ToString::to_string).collect()),
            (SurfaceTerm::Image, self.images.iter().map(ToString::to_string).collect()),
            (SurfaceTerm::ClusterRole, self.cluster_roles.iter().map(ToString::to_string).collect()),
            (SurfaceTerm::Privilege, self.privileges.iter().map(ToString::to_string).collect()),
            (SurfaceTerm::Requirement, range.collect()),
        ];
        for (term, texts) in terms {
            for text in &texts {
                surface.add(term, text);
            }
        }
        surface
    }
}

/// Which rule a chart breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenRule {
    /// It has no plugin.
    #[error("it makes no `Plugin` resource")]
    NoPlugin,
    /// It has several.
    #[error("it makes {0} `Plugin` resources, and must make one")]
    SeveralPlugins(usize),
    /// The name cannot be that of a command.
    #[error(
        "its Plugin is called `{0}`, which is not a valid name: use lower-case letters, digits and `-`, starting with a letter"
    )]
    Name(CleanText),
    /// The name is kept.
    #[error("its Plugin is called `{name}`, which is reserved for {purpose}")]
    Reserved {
        /// The name.
        name: CommandWord,
        /// What it is kept for.
        purpose: &'static str,
    },
    /// It is of a group that servers no longer know.
    #[error("its Plugin is of the API group `{0}`, which OpenEverest 2 no longer reads")]
    OldGroup(CleanText),
    /// A field has the wrong type.
    #[error("its Plugin cannot be read: {0}")]
    WrongType(CleanText),
    /// A field that must be there is not.
    #[error("its Plugin has no `{0}`")]
    Missing(&'static str),
    /// The port is none.
    #[error("its Plugin has the port {0}: expected 1 to 65535")]
    Port(i64),
}

/// Reads what `objects` bring; fails if their plugin breaks a rule.
pub fn of(objects: &[Object]) -> Result<Surface, BrokenRule> {
    let is_plugin = |object: &&Object| {
        let group = object.api_version().split('/').next().unwrap_or_default();
        object.kind() == KIND && API_GROUPS.contains(&group)
    };
    let plugins: Vec<&Object> = objects.iter().filter(is_plugin).collect();
    let plugin = match plugins.as_slice() {
        [plugin] => plugin,
        [] => return Err(BrokenRule::NoPlugin),
        several => return Err(BrokenRule::SeveralPlugins(several.len())),
    };
    let mut surface = of_plugin(plugin)?;
    let mut images: BTreeSet<CleanText> = surface.images.drain(..).collect();
    let mut privileges = BTreeSet::new();
    for object in objects {
        *surface.objects.entry(CleanText::new(object.kind()).to_string()).or_default() += 1;
        pods(&object.0, &object.id().to_string(), &mut images, &mut privileges);
        surface.cluster_roles.extend(cluster_role(object));
    }
    surface.images = images.into_iter().take(MOST).collect();
    surface.privileges = privileges.into_iter().take(MOST).collect();
    surface.cluster_roles.truncate(MOST);
    Ok(surface)
}

fn of_plugin(object: &Object) -> Result<Surface, BrokenRule> {
    let group = object.api_version().split('/').next().unwrap_or_default();
    if group != API_GROUPS[0] {
        return Err(BrokenRule::OldGroup(CleanText::new(group)));
    }
    let name =
        CommandWord::new(object.name()).map_err(|_| BrokenRule::Name(CleanText::new(object.name())))?;
    if let Some((_, purpose)) = reserved::owner(name.as_str()) {
        return Err(BrokenRule::Reserved { name, purpose });
    }
    let plugin: Plugin<Frontend, Vec<Permission>> = serde_json::from_value(object.0.clone())
        .map_err(|error| BrokenRule::WrongType(CleanText::new(&error.to_string())))?;
    let spec = plugin.spec.ok_or(BrokenRule::Missing("spec"))?;
    if spec.display_name.is_none() {
        return Err(BrokenRule::Missing("spec.displayName"));
    }
    let clean = |text: &Option<String>| text.as_deref().and_then(CleanText::non_empty);
    let mut remarks = Vec::new();
    if let Some(service) = spec.backend.as_ref().and_then(|backend| backend.service_ref.as_ref()) {
        service.namespace.as_ref().ok_or(BrokenRule::Missing("spec.backend.serviceRef.namespace"))?;
        service.name.as_ref().ok_or(BrokenRule::Missing("spec.backend.serviceRef.name"))?;
        let port = service.port.ok_or(BrokenRule::Missing("spec.backend.serviceRef.port"))?;
        if !(1..=65535).contains(&port) {
            return Err(BrokenRule::Port(port));
        }
    }
    let mut commands = vec![CleanText::new(name.as_str())];
    let mut images = Vec::new();
    if let Some(cli) = &spec.cli {
        let image = clean(&cli.image).ok_or(BrokenRule::Missing("spec.cli.image"))?;
        images.push(image);
        match cli.subcommand.as_deref().map(CommandWord::new) {
            Some(Ok(alias)) if alias != name && reserved::owner(alias.as_str()).is_none() => {
                commands.push(CleanText::new(alias.as_str()));
            }
            Some(Ok(alias)) if alias == name => {}
            Some(_) => remarks.push(CleanText::new("its subcommand cannot be a name of its command")),
            None => {}
        }
    }
    let mut permissions = Vec::new();
    for permission in spec.permissions.iter().flatten().take(MOST) {
        let verb = permission.verb.as_ref().ok_or(BrokenRule::Missing("spec.permissions[].verb"))?;
        let resource =
            permission.resource.as_ref().ok_or(BrokenRule::Missing("spec.permissions[].resource"))?;
        permissions.push(CleanText::new(&format!("{verb} {resource}")));
    }
    let can_be_ready = spec.frontend.is_some() || spec.backend.is_some();
    if spec.backend.is_none() && spec.cli.is_none() {
        remarks.push(CleanText::new("it has neither a backend nor an image: it brings no command"));
    }
    Ok(Surface {
        name: name.to_string(),
        display_name: clean(&spec.display_name),
        description: clean(&spec.description),
        version: clean(&spec.version),
        commands,
        compatible_host_versions: clean(&spec.compatible_host_versions),
        enabled: spec.is_enabled(),
        permissions,
        images,
        remarks,
        can_be_ready,
        ..Surface::default()
    })
}

/// The images of all containers below `value`, and what they may do to their machine.
fn pods(value: &Value, owner: &str, images: &mut BTreeSet<CleanText>, privileges: &mut BTreeSet<CleanText>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| pods(item, owner, images, privileges)),
        Value::Object(fields) => {
            let mut may = |what: &str| {
                privileges.insert(CleanText::new(&format!("{owner}: {what}")));
            };
            let is_pod = fields.get("containers").is_some_and(Value::is_array);
            for list in ["containers", "initContainers", "ephemeralContainers"] {
                for container in fields.get(list).and_then(Value::as_array).into_iter().flatten() {
                    let image = container.get("image").and_then(Value::as_str);
                    images.extend(image.and_then(CleanText::non_empty));
                    if container.pointer("/securityContext/privileged") == Some(&Value::Bool(true)) {
                        may("privileged container");
                    }
                }
            }
            if is_pod {
                for key in ["hostNetwork", "hostPID", "hostIPC"] {
                    if fields.get(key) == Some(&Value::Bool(true)) {
                        may(key);
                    }
                }
                for volume in fields.get("volumes").and_then(Value::as_array).into_iter().flatten() {
                    if let Some(path) = volume.pointer("/hostPath/path").and_then(Value::as_str) {
                        may(&format!("hostPath {path}"));
                    }
                }
            }
            fields.values().for_each(|field| pods(field, owner, images, privileges));
        }
        _ => {}
    }
}

fn cluster_role(object: &Object) -> Vec<CleanText> {
    let words = |rule: &Value, key: &str| {
        let list = rule.get(key).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).collect::<Vec<_>>().join(",")
    };
    match object.kind() {
        "ClusterRole" => {
            let rules = object.0.get("rules").and_then(Value::as_array).into_iter().flatten();
            let line = |rule: &Value| {
                let what =
                    if rule.get("nonResourceURLs").is_some() { "nonResourceURLs" } else { "resources" };
                let group = Some(words(rule, "apiGroups")).filter(|groups| !groups.is_empty());
                let group = group.map(|groups| format!(" ({groups})")).unwrap_or_default();
                CleanText::new(&format!(
                    "{}: {} {}{group}",
                    object.name(),
                    words(rule, "verbs"),
                    words(rule, what)
                ))
            };
            rules.map(line).collect()
        }
        kind @ ("ClusterRoleBinding" | "RoleBinding")
            if object.text("/roleRef/kind") == Some("ClusterRole") =>
        {
            let role = object.text("/roleRef/name").unwrap_or_default();
            let reach = match object.namespace().filter(|_| kind == "RoleBinding") {
                Some(namespace) => format!("in namespace {namespace}"),
                None if kind == "RoleBinding" => "in its namespace".to_owned(),
                None => "in all namespaces".to_owned(),
            };
            vec![CleanText::new(&format!("{}: has the role {role} {reach}", object.name()))]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::objects;

    fn plugin(spec: &str) -> String {
        format!(
            "apiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\nmetadata: {{name: bench}}\nspec: {spec}\n"
        )
    }

    fn judged(text: &str) -> Result<Surface, BrokenRule> {
        of(&objects::read(text).unwrap())
    }

    #[test]
    fn what_a_chart_brings() {
        let text = plugin(
            "{displayName: Bench, version: '1', backend: {serviceRef: {namespace: n, name: s, port: 80}}, \
             cli: {image: 'r/cli:1', subcommand: pgbench}, permissions: [{verb: read, resource: instances}]}",
        ) + "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {template: {spec: {hostNetwork: true, \
             volumes: [{hostPath: {path: /}}], containers: [{image: 'r/a:1', securityContext: {privileged: true}}], initContainers: [{image: 'r/b:2'}]}}}\n\
             ---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: reader}\n\
             rules: [{apiGroups: [''], resources: [pods, secrets], verbs: [get, list]}]\n\
             ---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {kind: ClusterRole, name: cluster-admin}\n";
        let surface = judged(&text).unwrap();
        let shown = |lines: &[CleanText]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(shown(&surface.commands), ["bench", "pgbench"]);
        assert_eq!(shown(&surface.images), ["r/a:1", "r/b:2", "r/cli:1"]);
        assert_eq!(shown(&surface.permissions), ["read instances"]);
        assert_eq!(
            shown(&surface.cluster_roles),
            ["reader: get,list pods,secrets", "b: has the role cluster-admin in all namespaces"]
        );
        assert_eq!(
            shown(&surface.privileges),
            ["Deployment d: hostNetwork", "Deployment d: hostPath /", "Deployment d: privileged container"]
        );
        assert_eq!(surface.objects["Deployment"], 1);
    }

    #[test]
    fn each_rule_is_named() {
        let broken = |text: &str| judged(text).unwrap_err().to_string();
        assert_eq!(
            broken("{apiVersion: v1, kind: Plugin, metadata: {name: x}}"),
            "it makes no `Plugin` resource"
        );
        for (spec, expected) in [
            ("{}", "no `spec.displayName`"),
            (
                "{displayName: x, backend: {serviceRef: {name: s, port: 1}}}",
                "no `spec.backend.serviceRef.namespace`",
            ),
            (
                "{displayName: x, backend: {serviceRef: {namespace: n, name: s, port: 70000}}}",
                "the port 70000",
            ),
            ("{displayName: x, cli: {subcommand: y}}", "no `spec.cli.image`"),
            ("{displayName: x, permissions: [{verb: read}]}", "no `spec.permissions[].resource`"),
            ("{displayName: [x]}", "cannot be read: "),
        ] {
            let error = broken(&plugin(spec));
            assert!(error.contains(expected), "{spec}: {error}");
        }
        for (name, expected) in
            [("plugin", "reserved for"), ("9lives", "not a valid name"), ("a.b", "not a valid name")]
        {
            let text = plugin("{displayName: x}").replace("bench", name);
            assert!(broken(&text).contains(expected), "{name}");
        }
        let old = plugin("{displayName: x}").replace("extensions.", "plugin.");
        assert!(broken(&old).contains("no longer reads"));
        let two = format!("{0}---\n{0}", plugin("{displayName: x}"));
        assert!(broken(&two).contains("2 `Plugin` resources"));
    }
}

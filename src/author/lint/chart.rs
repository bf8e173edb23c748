//! A Helm chart, judged by what it renders.

use super::finding::Findings;
use super::rules;
use crate::chart::helm::{Helm, HelmValues, ReleaseName};
use crate::chart::objects::{self, Object};
use crate::chart::surface;
use crate::error::Explain as _;
use serde_json::Value;
use std::path::Path;

/// What is wrong with the chart in `folder`.
pub fn lint(folder: &Path, helm: &Helm, found: &mut Findings) {
    let failed =
        |error: crate::chart::helm::HelmError| [vec![error.to_string()], error.causes()].concat().join(": ");
    let facts = match helm.facts(folder) {
        Ok(facts) => facts,
        Err(error) => return found.add(rules::CHART_RENDERS, None, &failed(error)),
    };
    if let Err(error) = helm.lint(folder) {
        found.add(rules::CHART_RENDERS, None, &failed(error));
    }
    let release = ReleaseName { name: facts.name.clone(), namespace: "everest-system".to_owned() };
    let rendered = match helm.template(&release, folder, &HelmValues::default(), None, false) {
        Ok(rendered) => rendered,
        Err(error) => return found.add(rules::CHART_RENDERS, None, &failed(error)),
    };
    match objects::read(&rendered) {
        Ok(objects) => lint_objects(&objects, &facts.name, found),
        Err(error) => found.add(rules::CHART_RENDERS, None, &error.to_string()),
    }
}

fn lint_objects(objects: &[Object], chart: &str, found: &mut Findings) {
    match surface::of(objects) {
        Err(error) => found.add(rules::CHART_PLUGIN, None, &error.to_string()),
        Ok(surface) => {
            if surface.name != chart {
                let message = format!("the chart is `{chart}`, and its Plugin is `{}`", surface.name);
                found.add(rules::CHART_NAME, None, &message);
            }
            if !surface.cluster_roles.is_empty() && surface.permissions.is_empty() {
                let message =
                    format!("it has rights in the cluster and declares none: {}", surface.cluster_roles[0]);
                found.add(rules::CHART_RIGHTS, None, &message);
            }
        }
    }
    for object in objects.iter().filter(|object| !object.is_hook()) {
        let Some(pod) = pod(&object.0) else { continue };
        let lists = ["containers", "initContainers"].map(|key| pod.get(key).and_then(Value::as_array));
        for container in lists.into_iter().flatten().flatten() {
            let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
            let of = format!("container `{name}` of {}", object.id());
            let has = |pointer: &str| container.pointer(pointer).is_some_and(|value| !value.is_null());
            if !has("/resources/requests") || !has("/resources/limits") {
                found.add(rules::CHART_RESOURCES, None, &format!("{of} has no requests or no limits"));
            }
            let is = |of: Option<&Value>, key: &str, wanted: bool| {
                of.and_then(|of| of.get(key)).and_then(Value::as_bool) == Some(wanted)
            };
            let (own, shared) = (container.get("securityContext"), pod.get("securityContext"));
            let is_user = is(own, "runAsNonRoot", true) || is(shared, "runAsNonRoot", true);
            if !is_user || !is(own, "allowPrivilegeEscalation", false) {
                found.add(rules::CHART_CONTEXT, None, &format!("{of} may run as root or gain rights"));
            }
        }
    }
}

/// The pod that an object makes.
fn pod(object: &Value) -> Option<&Value> {
    ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec", "/spec"]
        .iter()
        .filter_map(|pointer| object.pointer(pointer))
        .find(|spec| spec.get("containers").is_some_and(Value::is_array))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "apiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\nmetadata: {name: bench}\nspec: {displayName: Bench, backend: {serviceRef: {namespace: n, name: s, port: 80}}}\n---\n\
        apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {template: {spec: {securityContext: {runAsNonRoot: true}, containers: [{name: c, image: 'r/a:1', \
        resources: {requests: {cpu: 1m}, limits: {memory: 1Mi}}, securityContext: {allowPrivilegeEscalation: false}}]}}}\n";

    #[test]
    fn each_rule_has_its_small_chart() {
        let rules_broken = |text: &str| {
            let mut found = Findings::new(Path::new("chart"));
            lint_objects(&objects::read(text).unwrap(), "bench", &mut found);
            found.into_list().into_iter().map(|finding| finding.rule).collect::<Vec<_>>()
        };
        assert_eq!(rules_broken(GOOD), Vec::<&str>::new());
        for (from, to, rule) in [
            ("{name: bench}", "{name: other}", "chart-name"),
            ("port: 80", "port: 0", "chart-plugin"),
            ("limits: {memory: 1Mi}", "limits: null", "chart-resources"),
            ("runAsNonRoot: true", "runAsNonRoot: false", "chart-context"),
            ("allowPrivilegeEscalation: false", "privileged: false", "chart-context"),
        ] {
            assert_eq!(rules_broken(&GOOD.replace(from, to)), [rule], "{to}");
        }
        let role = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules: [{apiGroups: [''], resources: [pods], verbs: [get]}]\n";
        assert_eq!(rules_broken(&format!("{GOOD}{role}")), ["chart-rights"]);
    }
}

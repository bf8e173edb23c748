//! A Helm chart, judged by what it renders. What is found is told of the template that made it.

use super::finding::{Finding, Findings};
use super::place;
use super::rules::{self, LintRule};
use crate::chart::helm::{Helm, HelmError, HelmValues, ReleaseName};
use crate::chart::objects::{self, NoObjects, Object};
use crate::chart::surface;
use crate::error::Explain as _;
use crate::sys::files;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What helm writes above each part of what it renders.
const SOURCE: &str = "# Source: ";
/// More than any template, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// What is wrong with the chart in `folder`.
pub fn lint(folder: &Path, helm: &Helm) -> Vec<Finding> {
    let mut found = ChartFindings { folder, files: BTreeMap::new() };
    let facts = match helm.facts(folder) {
        Ok(facts) => facts,
        Err(error) => {
            found.refused(&error);
            return found.into_list();
        }
    };
    if let Err(error) = helm.lint(folder) {
        found.refused(&error);
    }
    let release = ReleaseName { name: facts.name.clone(), namespace: "everest-system".to_owned() };
    match helm.template(&release, folder, &HelmValues::default(), None, false) {
        Ok(rendered) => lint_rendered(&rendered, &facts.name, &mut found),
        Err(error) => found.refused(&error),
    }
    found.into_list()
}

/// The findings in the files of a chart.
struct ChartFindings<'a> {
    folder: &'a Path,
    files: BTreeMap<PathBuf, Findings>,
}

impl ChartFindings<'_> {
    /// Adds one in the file `inside` the chart, with the line that `line` finds in its text; in its description, if there is no such file.
    fn add(
        &mut self,
        rule: &'static LintRule,
        inside: &Path,
        line: impl Fn(&str) -> Option<u64>,
        message: &str,
    ) {
        let path = self.folder.join(inside);
        let read = files::read(&path, LARGEST).ok().and_then(|content| String::from_utf8(content).ok());
        let (path, line) = match read {
            Some(text) => (path, line(&text)),
            None => (self.folder.join("Chart.yaml"), None),
        };
        let of_file = self.files.entry(path).or_insert_with_key(|path| Findings::new(path));
        of_file.add(rule, Some(line.unwrap_or(1)), message);
    }

    /// What helm says, at the place that it names.
    fn refused(&mut self, error: &HelmError) {
        let message = [vec![error.to_string()], error.causes()].concat().join(": ");
        let (file, line) = named_place(&message).unwrap_or((PathBuf::from("Chart.yaml"), 1));
        self.add(rules::CHART_RENDERS, &file, |_| Some(line), &message);
    }

    fn into_list(self) -> Vec<Finding> {
        self.files.into_values().flat_map(Findings::into_list).collect()
    }
}

/// The template and the line that helm names, as in `bench/templates/plugin.yaml:3:4`.
fn named_place(message: &str) -> Option<(PathBuf, u64)> {
    let end = |sign: char| sign.is_whitespace() || matches!(sign, ')' | '"' | '\'' | '>' | ',');
    message.match_indices("templates/").find_map(|(start, _)| {
        let mut parts = message[start..].split(end).next()?.split(':');
        let path = parts.next()?;
        Some((PathBuf::from(path), parts.next()?.parse().ok()?))
    })
}

/// An object, and the file of the chart that made it.
struct Rendered<'a> {
    file: &'a Path,
    object: Object,
}

/// What was rendered, with where it comes from.
fn sources(rendered: &str) -> Result<Vec<Rendered<'_>>, NoObjects> {
    let mut found = Vec::new();
    let mut file = Path::new("Chart.yaml");
    for document in rendered.split("\n---\n") {
        // The first directory is the name of the chart.
        let source = document.lines().find_map(|line| line.strip_prefix(SOURCE));
        if let Some((_, inside)) = source.and_then(|source| source.split_once('/')) {
            file = Path::new(inside);
        }
        found.extend(objects::read(document)?.into_iter().map(|object| Rendered { file, object }));
    }
    Ok(found)
}

fn lint_rendered(text: &str, chart: &str, found: &mut ChartFindings<'_>) {
    let rendered = match sources(text) {
        Ok(rendered) => rendered,
        Err(error) => {
            return found.add(rules::CHART_RENDERS, Path::new("Chart.yaml"), |_| None, &error.to_string());
        }
    };
    let of_kind = |kind: &str| {
        let one = rendered.iter().find(|one| one.object.kind() == kind);
        one.map_or(Path::new("Chart.yaml"), |one| one.file)
    };
    let whole: Vec<Object> = rendered.iter().map(|one| one.object.clone()).collect();
    match surface::of(&whole) {
        Err(error) => {
            found.add(
                rules::CHART_PLUGIN,
                of_kind("Plugin"),
                |text| line_with(text, "kind: Plugin"),
                &error.to_string(),
            );
        }
        Ok(surface) => {
            if surface.name != chart {
                let message = format!("the chart is `{chart}`, and its Plugin is `{}`", surface.name);
                let line = |text: &str| place::line(text, &["metadata", "name"]);
                found.add(rules::CHART_NAME, of_kind("Plugin"), line, &message);
            }
            if !surface.cluster_roles.is_empty() && surface.permissions.is_empty() {
                let message =
                    format!("it has rights in the cluster and declares none: {}", surface.cluster_roles[0]);
                let line = |text: &str| line_with(text, "kind: ClusterRole");
                found.add(rules::CHART_RIGHTS, of_kind("ClusterRole"), line, &message);
            }
        }
    }
    for one in rendered.iter().filter(|one| !one.object.is_hook()) {
        lint_containers(one, found);
    }
}

fn lint_containers(one: &Rendered<'_>, found: &mut ChartFindings<'_>) {
    let Some(pod) = pod(&one.object.0) else { return };
    let lists = ["containers", "initContainers"].map(|key| (key, pod.get(key).and_then(Value::as_array)));
    let containers = lists.into_iter().filter_map(|(key, list)| Some((key, list?)));
    for (key, container) in containers.flat_map(|(key, list)| list.iter().map(move |one| (key, one))) {
        let name = container.get("name").and_then(Value::as_str).unwrap_or_default();
        let of = format!("container `{name}` of {}", one.object.id());
        // A template may make the name: the list is there in any case.
        let line = |text: &str| {
            line_with(text, &format!("- name: {name}")).or_else(|| line_with(text, &format!("{key}:")))
        };
        let has = |pointer: &str| container.pointer(pointer).is_some_and(|value| !value.is_null());
        if !has("/resources/requests") || !has("/resources/limits") {
            found.add(rules::CHART_RESOURCES, one.file, line, &format!("{of} has no requests or no limits"));
        }
        let is = |of: Option<&Value>, key: &str, wanted: bool| {
            of.and_then(|of| of.get(key)).and_then(Value::as_bool) == Some(wanted)
        };
        let (own, shared) = (container.get("securityContext"), pod.get("securityContext"));
        let is_user = is(own, "runAsNonRoot", true) || is(shared, "runAsNonRoot", true);
        if !is_user || !is(own, "allowPrivilegeEscalation", false) {
            found.add(rules::CHART_CONTEXT, one.file, line, &format!("{of} may run as root or gain rights"));
        }
    }
}

/// The first line on which `part` and nothing else stands.
fn line_with(text: &str, part: &str) -> Option<u64> {
    (1..).zip(text.lines()).find(|(_, line)| line.trim() == part).map(|(number, _)| number)
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

    const GOOD: &str = "---\n# Source: bench/templates/plugin.yaml\napiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\nmetadata: {name: bench}\nspec: {displayName: Bench, backend: {serviceRef: {namespace: n, name: s, port: 80}}}\n---\n\
        # Source: bench/templates/deployment.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {template: {spec: {securityContext: {runAsNonRoot: true}, containers: [{name: c, image: 'r/a:1', \
        resources: {requests: {cpu: 1m}, limits: {memory: 1Mi}}, securityContext: {allowPrivilegeEscalation: false}}]}}}\n";

    /// The rules that are broken, the end of the path, and the line.
    fn broken(folder: &Path, text: &str) -> Vec<(&'static str, String, Option<u64>)> {
        let mut found = ChartFindings { folder, files: BTreeMap::new() };
        lint_rendered(text, "bench", &mut found);
        let end = |finding: &Finding| finding.file.as_str().rsplit('/').next().unwrap().to_owned();
        found.into_list().into_iter().map(|finding| (finding.rule, end(&finding), finding.line)).collect()
    }

    #[test]
    fn each_rule_has_its_small_chart_and_its_template() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            files::make_private_folder(&folder.path().join("templates")).unwrap();
            files::replace(&folder.path().join("templates").join(name), text.as_bytes()).unwrap();
        };
        write("plugin.yaml", "# It is one.\nkind: Plugin\nmetadata:\n  name: {{ .Chart.Name }}\n");
        write("deployment.yaml", "kind: Deployment\nspec:\n  containers:\n  - name: {{ .Values.name }}\n");
        write("role.yaml", "{{- if .Values.reads }}\nkind: ClusterRole\n{{- end }}\n");
        assert_eq!(broken(folder.path(), GOOD), []);
        for (from, to, rule, file, line) in [
            ("{name: bench}", "{name: other}", "chart-name", "plugin.yaml", 4),
            ("port: 80", "port: 0", "chart-plugin", "plugin.yaml", 2),
            ("limits: {memory: 1Mi}", "limits: null", "chart-resources", "deployment.yaml", 3),
            ("runAsNonRoot: true", "runAsNonRoot: false", "chart-context", "deployment.yaml", 3),
            ("allowPrivilegeEscalation: false", "privileged: false", "chart-context", "deployment.yaml", 3),
        ] {
            let expected = (rule, file.to_owned(), Some(line));
            assert_eq!(broken(folder.path(), &GOOD.replace(from, to)), [expected], "{to}");
        }
        let role = "---\n# Source: bench/templates/role.yaml\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules: [{apiGroups: [''], resources: [pods], verbs: [get]}]\n";
        let expected = ("chart-rights", "role.yaml".to_owned(), Some(2));
        assert_eq!(broken(folder.path(), &format!("{GOOD}{role}")), [expected]);
        // A file that is not there is not made up.
        let expected = ("chart-plugin", "Chart.yaml".to_owned(), Some(1));
        assert_eq!(broken(folder.path(), &GOOD.replace("kind: Plugin", "kind: Thing")), [expected]);
    }

    #[test]
    fn the_place_that_helm_names_is_found() {
        for (message, expected) in [
            ("execution error at (bench/templates/plugin.yaml:3:4): no", Some(("templates/plugin.yaml", 3))),
            ("parse error at (bench/templates/a.yaml:12): unexpected", Some(("templates/a.yaml", 12))),
            (
                "[ERROR] templates/: template: bench/templates/a.yaml:2:3: executing",
                Some(("templates/a.yaml", 2)),
            ),
            ("[ERROR] values.yaml: unable", None),
        ] {
            let expected = expected.map(|(file, line)| (PathBuf::from(file), line));
            assert_eq!(named_place(message), expected, "{message}");
        }
    }
}

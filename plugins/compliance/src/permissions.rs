//! What a plugin asks for in its manifest, held against the roles that its chart makes.

use crate::catalogue::{self as rule, Rule};
use crate::document::{Document, FILLED_IN};
use crate::finding::Finding;
use serde_json::Value;
use std::collections::BTreeMap;

/// A permission of a manifest or a rule of a role, as far as it matters here.
struct Grant<'d> {
    document: &'d Document<'d>,
    resources: Vec<&'d str>,
}

/// What stands in the documents of one chart or folder.
#[derive(Default)]
struct Chart<'d> {
    plugins: Vec<&'d Document<'d>>,
    asked: Vec<Grant<'d>>,
    taken: Vec<Grant<'d>>,
}

/// What the profile `permissions` has to say to documents, chart by chart.
pub(crate) fn judge<'d>(documents: &'d [Document<'d>]) -> Vec<Finding> {
    let roots: Vec<&str> =
        documents.iter().filter_map(|document| document.path.strip_suffix("Chart.yaml")).collect();
    let mut charts: BTreeMap<&str, Chart<'d>> = BTreeMap::new();
    let mut findings = Vec::new();
    for document in documents {
        let folder = document.path.rfind('/').map_or("", |end| &document.path[..=end]);
        let root = roots
            .iter()
            .copied()
            .filter(|root| document.path.starts_with(*root))
            .max_by_key(|root| root.len());
        let chart = charts.entry(root.unwrap_or(folder)).or_default();
        match document.kind() {
            "Plugin" => plugin(document, chart, &mut findings),
            "Role" | "ClusterRole" => role(document, chart, &mut findings),
            "ClusterRoleBinding" if document.value["roleRef"]["name"] == "cluster-admin" => {
                findings.push(finding(
                    document,
                    &rule::ROLE_ADMIN,
                    "cluster-admin",
                    "roleRef: cluster-admin",
                ));
            }
            _ => {}
        }
    }
    for chart in charts.values() {
        compare(chart, &mut findings);
    }
    findings
}

fn finding(document: &Document<'_>, rule: &'static Rule, subject: &str, evidence: &str) -> Finding {
    let named = format!("{} {}: {subject}", document.kind(), document.name());
    Finding::new(rule, document.place(subject), &named, evidence)
}

fn plugin<'d>(document: &'d Document<'d>, chart: &mut Chart<'d>, findings: &mut Vec<Finding>) {
    chart.plugins.push(document);
    let spec = &document.value["spec"];
    let asked = spec["permissions"].as_array().map_or(&[][..], Vec::as_slice);
    if !asked.is_empty() && spec["backend"].is_null() {
        let evidence = format!("{} permissions, and no spec.backend", asked.len());
        findings.push(finding(document, &rule::PERMISSION_WITHOUT_BACKEND, "permissions", &evidence));
    }
    for permission in asked {
        let text = |key: &str| permission[key].as_str().unwrap_or_default();
        if text("verb") == "*" || text("resource") == "*" {
            let evidence = format!("verb: {}, resource: {}", text("verb"), text("resource"));
            findings.push(finding(document, &rule::PERMISSION_WILDCARD, "permissions", &evidence));
        }
    }
    let resources = asked.iter().filter_map(|permission| permission["resource"].as_str()).collect();
    chart.asked.push(Grant { document, resources });
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn role<'d>(document: &'d Document<'d>, chart: &mut Chart<'d>, findings: &mut Vec<Finding>) {
    for rules in document.value["rules"].as_array().into_iter().flatten() {
        let wild: Vec<&str> = ["verbs", "resources", "apiGroups"]
            .into_iter()
            .filter(|key| texts(&rules[*key]).contains(&"*"))
            .collect();
        // Every group of one resource is no more than that resource.
        if wild.contains(&"verbs") || wild.contains(&"resources") {
            let evidence = format!("`*` in {}", wild.join(", "));
            findings.push(finding(document, &rule::ROLE_WILDCARD, "rules", &evidence));
        }
        chart.taken.push(Grant { document, resources: texts(&rules["resources"]) });
    }
}

/// The resource without its part: `pods/log` is `pods`.
fn whole(resource: &str) -> &str {
    resource.split('/').next().unwrap_or(resource)
}

/// Holds what the manifest asks for against what the roles take. Where there are no roles, nothing is known of the use.
fn compare(chart: &Chart<'_>, findings: &mut Vec<Finding>) {
    if chart.plugins.is_empty() || chart.taken.is_empty() {
        return;
    }
    let of = |grants: &[Grant<'_>], wanted: &str| {
        grants
            .iter()
            .flat_map(|grant| &grant.resources)
            .any(|resource| whole(resource) == whole(wanted) || *resource == "*")
    };
    let is_known = |resource: &&&str| **resource != "*" && !resource.contains(FILLED_IN);
    for grant in &chart.taken {
        for resource in grant.resources.iter().filter(is_known).filter(|resource| !of(&chart.asked, resource))
        {
            let evidence = format!("a rule for {resource}, which no spec.permissions names");
            findings.push(finding(grant.document, &rule::PERMISSION_BESIDE, resource, &evidence));
        }
    }
    for grant in &chart.asked {
        for resource in grant.resources.iter().filter(is_known).filter(|resource| !of(&chart.taken, resource))
        {
            let evidence = format!("a permission for {resource}, which no role of the chart touches");
            findings.push(finding(grant.document, &rule::PERMISSION_UNUSED, resource, &evidence));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::documents;
    use crate::files::TextFile;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<TextFile> = files
            .iter()
            .map(|(path, text)| TextFile { path: (*path).to_owned(), text: (*text).to_owned() })
            .collect();
        let all: Vec<Document<'_>> = files.iter().flat_map(|file| documents(file).0).collect();
        judge(&all).iter().map(|finding| format!("{} {}", finding.rule.id, finding.place)).collect()
    }

    const PLUGIN: &str = "kind: Plugin\nmetadata: {name: x}\nspec:\n  backend: {}\n  permissions:\n  - {verb: read, resource: instances}\n";

    #[test]
    fn a_chart_takes_what_its_plugin_asks_for() {
        let role = |resource: &str| {
            format!("kind: Role\nrules:\n- {{verbs: [get], apiGroups: ['*'], resources: [{resource}]}}\n")
        };
        let chart = |resource: &str| {
            let role = role(resource);
            found(&[
                ("c/Chart.yaml", "name: x\n"),
                ("c/templates/p.yaml", PLUGIN),
                ("c/templates/role.yaml", &role),
            ])
        };
        assert_eq!(chart("instances/status"), [""; 0]);
        assert_eq!(
            chart("secrets"),
            ["permission-beside c/templates/role.yaml:3", "permission-unused c/templates/p.yaml:6"]
        );
        // A role of another chart is none of its business.
        assert_eq!(found(&[("a/p.yaml", PLUGIN), ("b/role.yaml", &role("secrets"))]), [""; 0]);
    }

    #[test]
    fn wildcards_administrators_and_permissions_for_nobody() {
        assert_eq!(
            found(&[(
                "p.yaml",
                "kind: Plugin\nspec:\n  permissions:\n  - {verb: '*', resource: instances}\n"
            )]),
            ["permission-without-backend p.yaml:3", "permission-wildcard p.yaml:3"]
        );
        assert_eq!(
            found(&[("r.yaml", "kind: ClusterRole\nrules:\n- {verbs: ['*'], resources: [pods]}\n")]),
            ["role-wildcard r.yaml:2"]
        );
        assert_eq!(
            found(&[("b.yaml", "kind: ClusterRoleBinding\nroleRef: {name: cluster-admin}\n")]),
            ["role-admin b.yaml:2"]
        );
    }
}

//! Objects of Kubernetes and values of charts, judged one by one: what they open to the network, how they are named, and
//! secrets that they write out.

use crate::catalogue::{self as rule, Rule};
use crate::document::{Document, FILLED_IN};
use crate::finding::Finding;
use everestctl_plugin::protocol::manifest::API_GROUPS;
use serde_json::Value;

/// The deepest value that is looked into.
const DEEPEST: usize = 64;
/// Resources of OpenEverest that need labels.
const LABELED: &[&str] = &["Plugin", "Instance", "DatabaseCluster"];

/// Everything that the rules have to say to one document.
pub(crate) fn judge(document: &Document<'_>, labels: &[String]) -> Vec<Finding> {
    let mut notes = DocumentNotes { document, findings: Vec::new() };
    let spec = &document.value["spec"];
    match document.kind() {
        "Service" => service(&mut notes, spec),
        "Ingress" if is_empty(&spec["tls"]) => {
            notes.add(&rule::EXPOSED_PLAIN_INGRESS, "Ingress", "spec.tls is missing");
        }
        "Secret" => secret(&mut notes),
        "Pod" => pod(&mut notes, spec),
        "CronJob" => pod(&mut notes, &spec["jobTemplate"]["spec"]["template"]["spec"]),
        "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "ReplicaSet" => {
            pod(&mut notes, &spec["template"]["spec"]);
        }
        "Plugin" if is_of_everest(&document.value) => plugin(&mut notes, spec),
        _ => {}
    }
    if document.kind() != "Service" {
        for kind in exposures(&document.value) {
            exposed(&mut notes, &kind);
        }
    }
    if LABELED.contains(&document.kind()) && is_of_everest(&document.value) && !document.is_template {
        for label in missing_labels(&document.value, labels) {
            notes.add(&rule::TAG_MISSING, label, &format!("metadata.labels has no {label}"));
        }
    }
    notes.findings
}

/// The labels that a resource lacks.
pub(crate) fn missing_labels<'l>(resource: &Value, labels: &'l [String]) -> Vec<&'l str> {
    let has = |label: &str| {
        resource["metadata"]["labels"][label].as_str().is_some_and(|value| !value.trim().is_empty())
    };
    labels.iter().map(String::as_str).filter(|label| !has(label)).collect()
}

/// The types of service that values anywhere in a resource ask for, if they lead out of the cluster.
pub(crate) fn exposures(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    look(value, "", 0, &mut found);
    found
}

fn look(value: &Value, parent: &str, depth: usize, found: &mut Vec<String>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Object(members) => {
            // Whose networks are listed is open to those only.
            let limited =
                ["loadBalancerSourceRanges", "ipSourceRanges"].iter().any(|key| is_limited(&value[*key]));
            for (key, member) in members {
                let names_type = matches!(key.as_str(), "serviceType" | "exposeType")
                    || key == "type"
                        && ["service", "expose"]
                            .iter()
                            .any(|part| parent.to_ascii_lowercase().contains(part));
                if let Some(kind @ ("LoadBalancer" | "NodePort" | "external")) = member.as_str()
                    && names_type
                    && !(limited && kind != "NodePort")
                {
                    found.push(kind.to_owned());
                }
                look(member, key, depth + 1, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| look(item, parent, depth + 1, found)),
        _ => {}
    }
}

/// Whether a list names networks, and not all of them.
fn is_limited(ranges: &Value) -> bool {
    let open = |range: &Value| matches!(range.as_str(), Some("0.0.0.0/0" | "::/0"));
    ranges.as_array().is_some_and(|ranges| !ranges.is_empty() && !ranges.iter().any(open))
}

/// Notes findings of one document.
struct DocumentNotes<'n> {
    document: &'n Document<'n>,
    findings: Vec<Finding>,
}

impl DocumentNotes<'_> {
    fn at(&mut self, text: &str, rule: &'static Rule, subject: &str, evidence: &str) {
        let name = self.document.name();
        let subject = if name.is_empty() { subject.to_owned() } else { format!("{name}: {subject}") };
        self.findings.push(Finding::new(rule, self.document.place(text), &subject, evidence));
    }

    /// At the place of what is found, which is the last word of the subject.
    fn add(&mut self, rule: &'static Rule, subject: &str, evidence: &str) {
        self.at(subject, rule, subject, evidence);
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn is_of_everest(value: &Value) -> bool {
    let group = value["apiVersion"].as_str().unwrap_or_default().split('/').next().unwrap_or_default();
    API_GROUPS.contains(&group) || group == "everest.percona.com"
}

fn service(notes: &mut DocumentNotes<'_>, spec: &Value) {
    if spec["type"] == "LoadBalancer" && !is_limited(&spec["loadBalancerSourceRanges"]) {
        notes.add(&rule::EXPOSED_SERVICE, "LoadBalancer", "type: LoadBalancer, open to all networks");
    }
    if spec["type"] == "NodePort" {
        notes.add(&rule::EXPOSED_NODE_PORT, "NodePort", "type: NodePort");
    }
    if !is_empty(&spec["externalIPs"]) {
        notes.add(&rule::EXPOSED_SERVICE, "externalIPs", "externalIPs are set");
    }
}

fn exposed(notes: &mut DocumentNotes<'_>, kind: &str) {
    match kind {
        "NodePort" => notes.add(&rule::EXPOSED_NODE_PORT, kind, "the type of a service is NodePort"),
        kind => notes.add(
            &rule::EXPOSED_SERVICE,
            kind,
            &format!("the type of a service is {kind}, open to all networks"),
        ),
    }
}

fn pod(notes: &mut DocumentNotes<'_>, spec: &Value) {
    if spec["hostNetwork"] == true {
        notes.add(&rule::EXPOSED_HOST_NETWORK, "hostNetwork", "hostNetwork: true");
    }
    let containers =
        ["containers", "initContainers"].iter().filter_map(|key| spec[*key].as_array()).flatten();
    let ports = containers.filter_map(|container| container["ports"].as_array()).flatten();
    if ports.into_iter().any(|port| !port["hostPort"].is_null()) {
        notes.add(&rule::EXPOSED_HOST_NETWORK, "hostPort", "a container has a hostPort");
    }
}

fn secret(notes: &mut DocumentNotes<'_>) {
    let written =
        |value: &Value| value.as_str().is_some_and(|text| !text.is_empty() && !text.contains(FILLED_IN));
    for part in ["data", "stringData"] {
        let Some(members) = notes.document.value[part].as_object() else { continue };
        let keys: Vec<String> =
            members.iter().filter(|(_, value)| written(value)).map(|(key, _)| key.clone()).collect();
        if !keys.is_empty() {
            let evidence = format!("{part} has {} values written out", keys.len());
            notes.add(&rule::SECRET_MANIFEST, part, &evidence);
        }
    }
}

fn plugin(notes: &mut DocumentNotes<'_>, spec: &Value) {
    let name = notes.document.name().to_owned();
    if !name.is_empty() && !name.contains(FILLED_IN) && !is_command(&name) {
        notes.at("name:", &rule::TAG_NAME, "name", &format!("metadata.name = {name}"));
    }
    if is_empty(&spec["version"]) {
        notes.add(&rule::TAG_VERSION, "version", "spec.version is missing");
    }
    if let Some(url) = spec["backend"]["externalUrl"].as_str() {
        // The address itself may have a password in it.
        let rule = if url.starts_with("http://") {
            &rule::EXPOSED_PLAIN_BACKEND
        } else if url.contains(FILLED_IN) {
            return;
        } else {
            &rule::EXPOSED_EXTERNAL_BACKEND
        };
        notes.add(rule, "externalUrl", "spec.backend.externalUrl is set");
    }
}

/// As everestctl has it.
fn is_command(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::documents;
    use crate::files::TextFile;

    fn found(text: &str) -> Vec<String> {
        let file = TextFile { path: "a.yaml".to_owned(), text: text.to_owned() };
        let (documents, unread) = documents(&file);
        assert_eq!(unread, None);
        let labels = ["owner".to_owned()];
        let all = documents.iter().flat_map(|document| judge(document, &labels)).collect::<Vec<_>>();
        all.iter().map(|finding| format!("{} {}", finding.rule.id, finding.place)).collect()
    }

    #[test]
    fn what_is_open_to_the_network() {
        for (text, expected) in [
            ("kind: Service\nspec:\n  type: LoadBalancer\n", &["exposed-service a.yaml:3"][..]),
            ("kind: Service\nspec: {type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8]}\n", &[]),
            (
                "kind: Service\nspec: {type: LoadBalancer, loadBalancerSourceRanges: [0.0.0.0/0]}\n",
                &["exposed-service a.yaml:2"],
            ),
            ("kind: Service\nspec: {type: NodePort}\n", &["exposed-node-port a.yaml:2"]),
            ("kind: Service\nspec: {type: ClusterIP}\n", &[]),
            ("kind: Ingress\nspec: {rules: []}\n", &["exposed-plain-ingress a.yaml:1"]),
            ("kind: Ingress\nspec: {tls: [{secretName: x}]}\n", &[]),
            (
                "kind: Deployment\nspec:\n  template:\n    spec:\n      hostNetwork: true\n",
                &["exposed-host-network a.yaml:5"],
            ),
            (
                "kind: Pod\nspec: {containers: [{ports: [{hostPort: 80}]}]}\n",
                &["exposed-host-network a.yaml:2"],
            ),
            ("service:\n  type: LoadBalancer\n  port: 80\n", &["exposed-service a.yaml:2"]),
            ("proxy:\n  expose: {type: external, ipSourceRanges: [10.0.0.0/8]}\n", &[]),
            ("kind: Secret\ndata: {password: aHVudGVyMg==}\n", &["secret-manifest a.yaml:2"]),
            ("kind: Secret\nstringData:\n  password: {{ .Values.password | quote }}\n", &[]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn plugins_and_instances_need_names_labels_and_versions() {
        let plugin = "apiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\n";
        assert_eq!(
            found(&format!(
                "{plugin}metadata:\n  name: My.Plugin\nspec:\n  backend:\n    externalUrl: http://x\n"
            )),
            [
                "tag-name a.yaml:4",
                "tag-version a.yaml:1",
                "exposed-plain-backend a.yaml:7",
                "tag-missing a.yaml:1"
            ]
        );
        assert_eq!(
            found(&format!(
                "{plugin}metadata: {{name: x, labels: {{owner: dana}}}}\nspec: {{version: '1'}}\n"
            )),
            [""; 0]
        );
        assert_eq!(found("apiVersion: example.com/v1\nkind: Plugin\nmetadata: {name: X}\n"), [""; 0]);
        assert_eq!(
            found("apiVersion: core.openeverest.io/v1alpha1\nkind: Instance\nmetadata: {name: x}\n"),
            ["tag-missing a.yaml:1"]
        );
    }
}

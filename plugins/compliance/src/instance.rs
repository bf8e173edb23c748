//! What the OpenEverest API says of an instance, judged: its labels, its address, its backups.

use crate::catalogue::{self as rule, Rule};
use crate::credentials;
use crate::everest::{ConnectionDetails, Instance};
use crate::finding::{Finding, Place};
use crate::resources;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::net::IpAddr;

/// The deepest value that is looked into.
const DEEPEST: usize = 64;
/// A backup that is older than this is too old.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How the states of a backup that succeeded are called.
const SUCCEEDED: &[&str] = &["succeeded", "completed", "ready"];

fn finding(instance: &Instance, rule: &'static Rule, subject: &str, evidence: &str) -> Finding {
    Finding::new(rule, Place::Instance(instance.place()), subject, evidence)
}

/// The profile `tags`.
pub(crate) fn judge_tags(instance: &Instance, labels: &[String]) -> Vec<Finding> {
    resources::missing_labels(&instance.resource, labels)
        .into_iter()
        .map(|label| finding(instance, &rule::TAG_MISSING, label, &format!("metadata.labels has no {label}")))
        .collect()
}

/// The profile `exposure`, as far as the resource says.
pub(crate) fn judge_services(instance: &Instance) -> Vec<Finding> {
    let rule =
        |kind: &str| if kind == "NodePort" { &rule::EXPOSED_NODE_PORT } else { &rule::EXPOSED_SERVICE };
    let each =
        |kind: String| finding(instance, rule(&kind), &kind, &format!("the type of a service is {kind}"));
    resources::exposures(&instance.resource).into_iter().map(each).collect()
}

/// The profile `exposure`, as far as the address says.
pub(crate) fn judge_address(instance: &Instance, access: &ConnectionDetails) -> Vec<Finding> {
    let Some(host) = access.place() else { return Vec::new() };
    let mut findings = Vec::new();
    if host.parse().is_ok_and(is_public) {
        findings.push(finding(instance, &rule::EXPOSED_DATABASE, "host", &format!("the address is {host}")));
    }
    if access.ssl_mode().as_deref() == Some("disable") && !host.starts_with('/') {
        findings.push(finding(instance, &rule::EXPOSED_PLAIN_ADDRESS, "uri", "sslmode=disable"));
    }
    findings
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            let [first, second, ..] = four.octets();
            !(four.is_private()
                || four.is_loopback()
                || four.is_link_local()
                || four.is_unspecified()
                || four.is_multicast()
                || four.is_documentation()
                || first == 100 && (64..128).contains(&second)
                || first == 0
                || first >= 240)
        }
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => is_public(IpAddr::V4(four)),
            None => {
                !(six.is_loopback()
                    || six.is_unspecified()
                    || six.is_unique_local()
                    || six.is_unicast_link_local()
                    || six.is_multicast())
            }
        },
    }
}

/// The profile `credentials`: values that the resource writes out.
pub(crate) fn judge_values(instance: &Instance) -> Vec<Finding> {
    let mut keys = Vec::new();
    look(&instance.resource, 0, &mut keys);
    let each = |key: String| finding(instance, &rule::SECRET_VALUE, &key, &format!("{key} = HIDDEN"));
    keys.into_iter().map(each).collect()
}

fn look(value: &Value, depth: usize, keys: &mut Vec<String>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let written = member.as_str().is_some_and(credentials::is_written_out);
                if written && credentials::is_secret_key(key) {
                    keys.push(key.clone());
                }
                look(member, depth + 1, keys);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| look(item, depth + 1, keys)),
        _ => {}
    }
}

/// The profile `backups`, from the list of an instance's backups.
pub(crate) fn judge_backups(instance: &Instance, backups: &[Value], now: Timestamp) -> Vec<Finding> {
    let succeeded = |backup: &&Value| {
        let state =
            ["state", "phase"].iter().find_map(|key| backup["status"][*key].as_str()).unwrap_or_default();
        SUCCEEDED.contains(&state.to_ascii_lowercase().as_str())
    };
    let good: Vec<&Value> = backups.iter().filter(succeeded).collect();
    if good.is_empty() {
        let evidence = format!("{} backups, none of which succeeded", backups.len());
        return vec![finding(instance, &rule::BACKUP_MISSING, "backups", &evidence)];
    }
    let moment = |backup: &&Value| -> Option<Timestamp> {
        let status = ["completedAt", "completed"].iter().find_map(|key| backup["status"][*key].as_str());
        status.or_else(|| backup["metadata"]["creationTimestamp"].as_str())?.parse().ok()
    };
    match good.iter().filter_map(moment).max() {
        Some(last) if now.duration_since(last) > WEEK => {
            vec![finding(instance, &rule::BACKUP_OLD, "backups", &format!("the last one is of {last}"))]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn instance(resource: Value) -> Instance {
        Instance { namespace: "prod".to_owned(), name: "shop".to_owned(), resource }
    }

    fn ids(findings: &[Finding]) -> Vec<&'static str> {
        findings.iter().map(|finding| finding.rule.id).collect()
    }

    #[test]
    fn what_a_resource_says() {
        let shop = instance(json!({
            "metadata": {"labels": {"owner": "dana"}},
            "spec": {"engine": {"userPassword": "hunter2", "secretName": "shop"}, "proxy": {"expose": {"type": "LoadBalancer"}}},
        }));
        let labels = ["owner".to_owned(), "environment".to_owned()];
        assert_eq!(judge_tags(&shop, &labels)[0].subject, "environment");
        assert_eq!(ids(&judge_services(&shop)), ["exposed-service"]);
        let values = judge_values(&shop);
        assert_eq!((values.len(), values[0].evidence.as_str()), (1, "userPassword = HIDDEN"));
    }

    #[test]
    fn what_an_address_says() {
        let shop = instance(Value::Null);
        let judged = |host: &str, uri: &str| {
            let access = serde_json::from_value(json!({"host": host, "uri": uri})).unwrap();
            ids(&judge_address(&shop, &access))
        };
        for host in [
            "10.1.2.3",
            "db.example.com",
            "/run/postgresql",
            "127.0.0.1",
            "fd00::1",
            "100.64.1.1",
            "::ffff:10.0.0.1",
        ] {
            assert_eq!(judged(host, ""), [""; 0], "{host}");
        }
        for host in ["8.8.8.8", "2606:4700::1111"] {
            assert_eq!(judged(host, ""), ["exposed-database"], "{host}");
        }
        assert_eq!(judged("", "postgresql://db/x?sslmode=disable"), ["exposed-plain-address"]);
    }

    #[test]
    fn what_the_backups_say() {
        let shop = instance(Value::Null);
        let now: Timestamp = "2026-11-28T00:00:00Z".parse().unwrap();
        let backup = |state: &str, at: &str| json!({"status": {"state": state, "completedAt": at}});
        let judged = |backups: &[Value]| ids(&judge_backups(&shop, backups, now));
        assert_eq!(judged(&[]), ["backup-missing"]);
        assert_eq!(judged(&[backup("Failed", "2026-11-27T00:00:00Z")]), ["backup-missing"]);
        assert_eq!(judged(&[backup("Succeeded", "2026-11-01T00:00:00Z")]), ["backup-old"]);
        assert_eq!(
            judged(&[
                backup("Succeeded", "2026-11-01T00:00:00Z"),
                backup("Succeeded", "2026-11-27T00:00:00Z")
            ]),
            [""; 0]
        );
    }
}

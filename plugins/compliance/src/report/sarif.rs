//! SARIF 2.1.0, which code scanning reads (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/>).

use super::Report;
use crate::catalogue::Rule;
use crate::finding::{Finding, Place, Severity};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// What stays in a path (RFC 3986).
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

pub(crate) fn sarif(report: &Report) -> Value {
    let rules: Vec<&Rule> = report.rules().collect();
    let index = |finding: &Finding| rules.iter().position(|rule| rule.id == finding.rule.id);
    let open = report.findings.iter().map(|finding| result(finding, index(finding)));
    let accepted = report.accepted.iter().map(|accepted| {
        let mut result = result(&accepted.finding, index(&accepted.finding));
        let why = format!("{} (until {})", accepted.reason, accepted.until);
        result["suppressions"] = json!([{"kind": "external", "status": "accepted", "justification": why}]);
        result
    });
    let notes: Vec<Value> = report
        .unchecked
        .iter()
        .map(|unchecked| {
            let level = if unchecked.whole { "error" } else { "warning" };
            json!({"level": level, "message": {"text": format!("not checked: {}: {}", unchecked.place, unchecked.why)}})
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "everestctl compliance",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| description(rule)).collect::<Vec<_>>(),
            }},
            "results": open.chain(accepted).collect::<Vec<_>>(),
            "invocations": [{
                "executionSuccessful": !report.is_incomplete(),
                "toolExecutionNotifications": notes,
            }],
        }],
    })
}

fn description(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.mend},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {"tags": [rule.profile.word(), "security"], "security-severity": score(rule.severity)},
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// As code scanning sorts them: the middle of each band of CVSS.
const fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.5",
        Severity::Info => "0.0",
    }
}

fn result(finding: &Finding, index: Option<usize>) -> Value {
    let location = match &finding.place {
        Place::Instance(name) => {
            json!({"logicalLocations": [{"fullyQualifiedName": name, "kind": "resource"}]})
        }
        Place::File { path, line } => {
            let uri = utf8_percent_encode(path, PATH).to_string();
            // An absolute path is an address of its own.
            let uri = if uri.starts_with('/') { format!("file://{uri}") } else { uri };
            json!({"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}})
        }
    };
    let same = format!("{}|{}|{}", finding.rule.id, finding.place.stable(), finding.subject);
    json!({
        "ruleId": finding.rule.id,
        "ruleIndex": index,
        "level": level(finding.rule.severity),
        "message": {"text": format!("{}: {}", finding.rule.title, finding.evidence)},
        "locations": [location],
        "partialFingerprints": {"ruleAndPlace/v1": same},
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::hostile;
    use super::*;

    #[test]
    fn results_refer_to_their_rules_and_places() {
        let sarif = sarif(&hostile());
        let run = &sarif["runs"][0];
        let results = run["results"].as_array().unwrap();
        assert_eq!((sarif["version"].as_str(), results.len()), (Some("2.1.0"), 3));
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        }
        let uri = results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.starts_with("a%20b/%3C/td%3E") && !uri.contains([' ', '<', '"']), "{uri}");
        assert_eq!(results[1]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "prod/shop");
        assert_eq!(results[2]["suppressions"][0]["status"], "accepted");
        assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    }
}

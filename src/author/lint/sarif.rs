//! Findings in the format of code hosts: SARIF 2.1.0 (OASIS), as GitHub's code scanning reads it. Pure.

use super::LintReport;
use super::rules::{LintRule, RULES, Severity};
use serde_json::{Value, json};

/// Where the documentation is.
const HOME: &str = "https://github.com/openeverest/everestctl/blob/main/";

/// The report as one run.
pub fn sarif(report: &LintReport, version: &str) -> Value {
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|found| {
            let index = RULES.iter().position(|rule| rule.id == found.rule);
            let uri: String = found.file.as_str().trim_start_matches("./").replace(' ', "%20");
            let mut result = json!({
                "ruleId": found.rule,
                "ruleIndex": index,
                "level": level(found.severity),
                "message": {"text": format!("{}. {}", found.message, found.mend)},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": uri},
                    // Code hosts show nothing without a line.
                    "region": {"startLine": found.line.unwrap_or(1)},
                }}],
            });
            if let Some(reason) = &found.allowed {
                result["suppressions"] = json!([{"kind": "external", "justification": reason}]);
            }
            result
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "everestctl plugin lint",
                "version": version,
                "informationUri": format!("{HOME}docs/lint.md"),
                "rules": RULES.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn described(rule: &LintRule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "help": {"text": rule.mend},
        "helpUri": format!("{HOME}{}", rule.docs()),
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

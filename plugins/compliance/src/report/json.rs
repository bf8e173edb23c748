//! JSON, for programs. The keys are a stable interface.

use super::Report;
use crate::finding::{Finding, Place};
use serde_json::{Value, json};

pub(crate) fn json(report: &Report) -> Value {
    let counts: serde_json::Map<String, Value> = report
        .counts()
        .iter()
        .rev()
        .map(|(severity, count)| (severity.word().to_owned(), json!(count)))
        .collect();
    let accepted: Vec<Value> = report
        .accepted
        .iter()
        .map(|accepted| {
            let mut one = finding(&accepted.finding);
            one["reason"] = json!(accepted.reason);
            one["until"] = json!(accepted.until.to_string());
            one
        })
        .collect();
    json!({
        "day": report.day,
        "profiles": report.profiles,
        "instances": report.instances,
        "files": report.files,
        "counts": counts,
        "failed": report.fails(),
        "complete": !report.is_incomplete(),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "accepted": accepted,
        "unchecked": report.unchecked,
    })
}

fn finding(finding: &Finding) -> Value {
    let (instance, file, line) = match &finding.place {
        Place::Instance(name) => (Some(name), None, None),
        Place::File { path, line } => (None, Some(path), Some(line)),
    };
    json!({
        "rule": finding.rule.id,
        "profile": finding.rule.profile,
        "severity": finding.rule.severity,
        "title": finding.rule.title,
        "instance": instance,
        "file": file,
        "line": line,
        "subject": finding.subject,
        "evidence": finding.evidence,
        "mend": finding.rule.mend,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::hostile;
    use super::*;

    #[test]
    fn everything_is_there_under_its_name() {
        let json = json(&hostile());
        assert_eq!(json["counts"], json!({"critical": 0, "high": 1, "medium": 0, "low": 1, "info": 0}));
        assert_eq!(
            (&json["findings"][0]["line"], &json["findings"][1]["instance"]),
            (&json!(7), &json!("prod/shop"))
        );
        assert_eq!(json["accepted"][0]["until"], "2027-01-31");
        assert_eq!(json["profiles"], json!(["credentials", "cis-postgres"]));
        assert_eq!(json["unchecked"][0]["whole"], true);
    }
}

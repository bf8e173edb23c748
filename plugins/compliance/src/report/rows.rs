//! Rows for people: a table of what was found, the worst first.

use super::Report;
use serde::Serialize;

/// A row.
#[derive(Serialize)]
pub(crate) struct Row {
    severity: &'static str,
    rule: &'static str,
    #[serde(rename = "where")]
    place: String,
    subject: String,
    evidence: String,
}

pub(crate) fn rows(report: &Report) -> Vec<Row> {
    let row = |finding: &crate::finding::Finding| Row {
        severity: finding.rule.severity.word(),
        rule: finding.rule.id,
        place: crate::finding::harmless(&finding.place.to_string()),
        subject: finding.subject.clone(),
        evidence: finding.evidence.clone(),
    };
    report.findings.iter().map(row).collect()
}

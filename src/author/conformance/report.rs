//! What became of all checks of a plugin. Its JSON form is an interface.

use super::checks::{Check, CheckGroup};
use super::verdict::{Verdict, VerdictKind};
use crate::model::CleanText;
use serde::Serialize;
use std::time::Duration;

/// What became of one check.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckOutcome {
    /// The check.
    pub id: &'static str,
    /// What it is about.
    pub group: CheckGroup,
    /// How it ended.
    pub status: VerdictKind,
    /// What was wanted.
    pub wanted: &'static str,
    /// What was done; none if nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub did: Option<CleanText>,
    /// What was seen; none if nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saw: Option<CleanText>,
    /// Why nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<CleanText>,
    /// What to change, where it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<&'static str>,
    /// Where to read more.
    pub docs: String,
    /// How long it took.
    pub milliseconds: u64,
}

impl CheckOutcome {
    /// What became of `check`, which took so long. `secret` stands in no report.
    pub fn new(check: &'static Check, verdict: &Verdict, took: Duration, secret: &str) -> Self {
        let clean = |text: &str| {
            let text = if secret.is_empty() { text.to_owned() } else { text.replace(secret, "HIDDEN") };
            CleanText::new(&text)
        };
        let is_skipped = verdict.status == VerdictKind::Skipped;
        Self {
            id: check.id,
            group: check.group,
            status: verdict.status,
            wanted: check.wants,
            did: (!is_skipped).then(|| clean(&verdict.did)),
            saw: (!is_skipped).then(|| clean(&verdict.saw)),
            reason: is_skipped.then(|| clean(&verdict.saw)),
            mend: (verdict.status == VerdictKind::Failed).then_some(check.mend),
            docs: check.docs(),
            milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// What became of all of them.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConformanceReport {
    /// The plugin, as it is typed.
    pub plugin: CleanText,
    /// What it is: `executable`, `library`, `image` or `server`.
    pub kind: &'static str,
    /// How many checks passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// How many were skipped.
    pub skipped: usize,
    /// How long all of it took.
    pub milliseconds: u64,
    /// Each check, in the order of the table.
    pub checks: Vec<CheckOutcome>,
}

impl ConformanceReport {
    /// The report of these outcomes.
    pub fn new(plugin: &str, kind: &'static str, mut checks: Vec<CheckOutcome>, took: Duration) -> Self {
        let place = |outcome: &CheckOutcome| super::checks::CHECKS.iter().position(|it| it.id == outcome.id);
        checks.sort_by_key(place);
        let count = |status| checks.iter().filter(|outcome| outcome.status == status).count();
        Self {
            plugin: CleanText::new(plugin),
            kind,
            passed: count(VerdictKind::Passed),
            failed: count(VerdictKind::Failed),
            skipped: count(VerdictKind::Skipped),
            milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            checks,
        }
    }
}

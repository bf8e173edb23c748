//! What came of a scan, and one file for each form of it. All of them show the same findings.

mod html;
mod json;
mod junit;
mod rows;
mod sarif;

pub(crate) use html::html;
pub(crate) use json::json;
pub(crate) use junit::junit;
pub(crate) use rows::rows;
pub(crate) use sarif::sarif;

use crate::arguments::FailOn;
use crate::baseline::Accepted;
use crate::catalogue::{Profile, RULES, Rule};
use crate::finding::{Finding, Severity, Unchecked};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What came of a scan.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// The day on which it was made.
    pub(crate) day: String,
    pub(crate) profiles: Vec<Profile>,
    /// What was looked at: instances, and how many files.
    pub(crate) instances: Vec<String>,
    pub(crate) files: usize,
    /// The worst first.
    pub(crate) findings: Vec<Finding>,
    pub(crate) accepted: Vec<Accepted>,
    pub(crate) unchecked: Vec<Unchecked>,
    pub(crate) fail_on: FailOn,
}

impl Report {
    /// The rules that were asked.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        RULES.iter().copied().filter(|rule| self.profiles.contains(&rule.profile))
    }

    /// How many findings there are of each severity.
    pub(crate) fn counts(&self) -> BTreeMap<Severity, usize> {
        let mut counts: BTreeMap<Severity, usize> =
            Severity::WORST_FIRST.iter().map(|one| (*one, 0)).collect();
        for finding in &self.findings {
            *counts.entry(finding.rule.severity).or_default() += 1;
        }
        counts
    }

    /// Whether there is a finding that fails the scan.
    pub(crate) fn fails(&self) -> bool {
        self.findings.iter().any(|finding| self.fail_on.includes(finding.rule.severity))
    }

    /// Whether something that was asked for could not be looked at.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.unchecked.iter().any(|unchecked| unchecked.whole)
    }

    /// In one line.
    pub(crate) fn summary(&self) -> String {
        let counts = self.counts();
        let each: Vec<String> = Severity::WORST_FIRST
            .iter()
            .filter_map(|one| {
                counts.get(one).filter(|count| **count > 0).map(|count| format!("{count} {}", one.word()))
            })
            .collect();
        let mut line = match self.findings.len() {
            0 => "no findings".to_owned(),
            1 => format!("1 finding ({})", each.join(", ")),
            many => format!("{many} findings ({})", each.join(", ")),
        };
        if !self.accepted.is_empty() {
            let _ = write!(line, "; {} accepted", self.accepted.len());
        }
        let number =
            |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        let (instances, files) = (number(self.instances.len(), "instance"), number(self.files, "file"));
        let _ = write!(line, "; looked at {instances} and {files}");
        line
    }
}

/// For XML and HTML: what would be markup is text, and what XML cannot have is left out.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(' '),
            one if one.is_control() || matches!(one, '\u{fffe}' | '\u{ffff}') => {}
            one => safe.push(one),
        }
    }
    safe
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::catalogue as rule;
    use crate::finding::Place;

    /// A report with one of everything, in which every text is hostile.
    pub(crate) fn hostile() -> Report {
        let evil = "</td><script>alert('1')</script>&\"]]>\u{1b}[31m";
        let file = Place::File { path: format!("a b/{evil}.yaml"), line: 7 };
        let finding = Finding::new(&rule::SECRET_VALUE, file, evil, evil);
        let instance = Place::Instance("prod/shop".to_owned());
        Report {
            day: "2026-11-28".to_owned(),
            profiles: vec![Profile::Credentials, Profile::CisPostgres],
            instances: vec!["prod/shop".to_owned()],
            files: 1,
            findings: vec![finding.clone(), Finding::new(&rule::PG_NO_AUDIT, instance, "s", "e")],
            accepted: vec![Accepted {
                finding,
                reason: evil.to_owned(),
                until: jiff::civil::date(2027, 1, 31),
            }],
            unchecked: vec![Unchecked::whole(evil, evil)],
            fail_on: FailOn::High,
        }
    }

    #[test]
    fn a_report_in_one_line() {
        let report = hostile();
        assert_eq!(
            report.summary(),
            "2 findings (1 high, 1 low); 1 accepted; looked at 1 instance and 1 file"
        );
        assert!(report.fails());
        assert!(!Report { fail_on: FailOn::Critical, ..report }.fails());
    }

    #[test]
    fn markup_is_text() {
        assert_eq!(escaped("<a b='c'>&\u{0}\u{1b}"), "&lt;a b=&#39;c&#39;&gt;&amp;");
    }
}

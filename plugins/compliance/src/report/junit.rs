//! XML as `JUnit` has it, which CI systems read: a suite for each profile, a case for each finding and for each rule without one.

use super::{Report, escaped};
use crate::finding::Finding;
use std::fmt::Write as _;

pub(crate) fn junit(report: &Report) -> String {
    let (mut suites, mut tests, mut failures, mut skipped) = (String::new(), 0, 0, 0);
    for profile in &report.profiles {
        let of = |finding: &&Finding| finding.rule.profile == *profile;
        let found: Vec<&Finding> = report.findings.iter().filter(of).collect();
        let accepted: Vec<_> = report.accepted.iter().filter(|accepted| of(&&accepted.finding)).collect();
        let mut cases = String::new();
        let (mut count, mut failed) = (0, 0);
        for finding in &found {
            let fails = report.fail_on.includes(finding.rule.severity);
            failed += usize::from(fails);
            count += 1;
            case(&mut cases, profile.word(), &name(finding), &outcome(finding, fails));
        }
        for accepted in &accepted {
            count += 1;
            let why = escaped(&format!("accepted until {}: {}", accepted.until, accepted.reason));
            case(
                &mut cases,
                profile.word(),
                &name(&accepted.finding),
                &format!("<skipped message=\"{why}\"/>"),
            );
        }
        let has = |id: &str| {
            found.iter().copied().chain(accepted.iter().map(|one| &one.finding)).any(|one| one.rule.id == id)
        };
        for rule in report.rules().filter(|rule| rule.profile == *profile && !has(rule.id)) {
            count += 1;
            case(&mut cases, profile.word(), rule.id, "");
        }
        let _ = writeln!(
            suites,
            "  <testsuite name=\"{}\" tests=\"{count}\" failures=\"{failed}\" errors=\"0\" skipped=\"{}\">\n{cases}  </testsuite>",
            profile.word(),
            accepted.len()
        );
        (tests, failures, skipped) = (tests + count, failures + failed, skipped + accepted.len());
    }
    let errors = report.unchecked.len();
    if errors > 0 {
        let mut cases = String::new();
        for unchecked in &report.unchecked {
            let why = escaped(&unchecked.why);
            // What the user may not see is no error of theirs.
            let outcome = if unchecked.whole { "error" } else { "skipped" };
            case(&mut cases, "unchecked", &unchecked.place, &format!("<{outcome} message=\"{why}\"/>"));
        }
        let whole = report.unchecked.iter().filter(|unchecked| unchecked.whole).count();
        let parts = errors - whole;
        let _ = writeln!(
            suites,
            "  <testsuite name=\"unchecked\" tests=\"{errors}\" failures=\"0\" errors=\"{whole}\" skipped=\"{parts}\">\n{cases}  </testsuite>"
        );
        (tests, skipped) = (tests + errors, skipped + parts);
        return whole_document(tests, failures, whole, skipped, &suites);
    }
    whole_document(tests, failures, 0, skipped, &suites)
}

fn whole_document(tests: usize, failures: usize, errors: usize, skipped: usize, suites: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"everestctl compliance\" tests=\"{tests}\" \
         failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">\n{suites}</testsuites>\n"
    )
}

fn name(finding: &Finding) -> String {
    format!("{}: {}: {}", finding.rule.id, finding.place, finding.subject)
}

fn case(into: &mut String, suite: &str, name: &str, outcome: &str) {
    let _ =
        writeln!(into, "    <testcase classname=\"{suite}\" name=\"{}\">{outcome}</testcase>", escaped(name));
}

fn outcome(finding: &Finding, fails: bool) -> String {
    let (severity, title) = (finding.rule.severity.word(), escaped(finding.rule.title));
    let (evidence, mend) = (escaped(&finding.evidence), escaped(finding.rule.mend));
    if fails {
        format!("<failure type=\"{severity}\" message=\"{title}\">{evidence}\n{mend}</failure>")
    } else {
        format!("<system-out>{severity}: {title}\n{evidence}\n{mend}</system-out>")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::hostile;
    use super::*;

    #[test]
    fn what_is_counted_is_there_and_nothing_is_markup() {
        let xml = junit(&hostile());
        assert_eq!(xml.matches("<failure ").count(), 1);
        assert_eq!(xml.matches("<skipped ").count(), 1);
        assert_eq!(xml.matches("<error ").count(), 1);
        let tests = xml.matches("<testcase ").count();
        assert!(
            xml.contains(&format!("tests=\"{tests}\" failures=\"1\" errors=\"1\" skipped=\"1\"")),
            "{xml}"
        );
        assert!(!xml.contains("<script>") && !xml.contains("]]>") && !xml.contains('\u{1b}'), "{xml}");
    }
}

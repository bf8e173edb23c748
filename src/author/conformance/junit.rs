//! A report in the form of JUnit, which CI servers show: a suite for each group, a case for each check.
//!
//! It is little, and only written: an engine for XML would be more than it is.

use super::report::{CheckOutcome, ConformanceReport};
use super::verdict::VerdictKind;
use std::fmt::Write as _;

/// The text of the file.
pub fn junit(report: &ConformanceReport) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        text,
        "<testsuites name=\"everestctl plugin test {}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{}\">",
        escaped(report.plugin.as_str()),
        report.checks.len(),
        report.failed,
        report.skipped,
        seconds(report.milliseconds),
    );
    let mut rest = report.checks.as_slice();
    while let Some(first) = rest.first() {
        let count = rest.iter().take_while(|outcome| outcome.group == first.group).count();
        let (suite, others) = rest.split_at(count);
        of_group(&mut text, report.plugin.as_str(), suite);
        rest = others;
    }
    text.push_str("</testsuites>\n");
    text
}

fn of_group(text: &mut String, plugin: &str, checks: &[CheckOutcome]) {
    let Some(first) = checks.first() else { return };
    let count = |status| checks.iter().filter(|outcome| outcome.status == status).count();
    let took = checks.iter().map(|outcome| outcome.milliseconds).sum();
    let _ = writeln!(
        text,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{}\">",
        first.group.as_str(),
        checks.len(),
        count(VerdictKind::Failed),
        count(VerdictKind::Skipped),
        seconds(took),
    );
    for outcome in checks {
        let shown = |part: &Option<crate::model::CleanText>| {
            part.as_ref().map(|part| escaped(part.as_str())).unwrap_or_default()
        };
        let _ = write!(
            text,
            "    <testcase classname=\"{}.{}\" name=\"{}\" time=\"{}\"",
            escaped(plugin),
            outcome.group.as_str(),
            outcome.id,
            seconds(outcome.milliseconds),
        );
        let _ = match outcome.status {
            VerdictKind::Passed => writeln!(text, "/>"),
            VerdictKind::Skipped => {
                writeln!(text, "><skipped message=\"{}\"/></testcase>", shown(&outcome.reason))
            }
            VerdictKind::Failed => writeln!(
                text,
                ">\n      <failure message=\"{}\" type=\"{}\">did: {}\nsaw: {}\nwanted: {}\nmend: {}\nsee: {}</failure>\n    </testcase>",
                shown(&outcome.saw),
                outcome.id,
                shown(&outcome.did),
                shown(&outcome.saw),
                escaped(outcome.wanted),
                escaped(outcome.mend.unwrap_or_default()),
                escaped(&outcome.docs),
            ),
        };
    }
    text.push_str("  </testsuite>\n");
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// Text inside of XML, in an attribute or between tags.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            // No other character below a blank, and neither of these, can stand in XML.
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            character if character < ' ' => safe.push(' '),
            character => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::checks;
    use super::super::verdict::Verdict;
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_check_is_a_case_and_nothing_in_it_is_markup() {
        let took = Duration::from_millis(1234);
        let outcome = |check, verdict| CheckOutcome::new(check, &verdict, took, "s3cret");
        let outcomes = vec![
            outcome(checks::UNKNOWN_COMMAND, Verdict::failed("ran `a <b> & \"c\"`", "s3cret \u{1b}[31m]]>")),
            outcome(checks::HELP_OUTPUT, Verdict::passed("ran it", "output")),
            outcome(checks::SIGNAL_TERM, Verdict::skipped("no <long> command")),
        ];
        let text = junit(&ConformanceReport::new("greet", "executable", outcomes, took));
        assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"everestctl plugin test greet\" tests=\"3\" failures=\"1\" skipped=\"1\" time=\"1.234\">\n"), "{text}");
        assert!(text.contains("name=\"help-output\" time=\"1.234\"/>"), "{text}");
        assert!(
            text.contains("did: ran `a &lt;b&gt; &amp; &quot;c&quot;`\nsaw: HIDDEN [31m]]&gt;\nwanted: "),
            "{text}"
        );
        assert!(text.contains("<skipped message=\"no &lt;long&gt; command\"/>"), "{text}");
        assert_eq!(text.matches("<testsuite name=").count(), 3);
        assert!(!text.contains('\u{1b}') && !text.contains("s3cret"), "{text}");
    }
}

//! One page that reads and prints well. It has no script and loads nothing: the page forbids itself both.

use super::{Report, escaped};
use crate::baseline::Accepted;
use crate::finding::{Finding, Severity};
use std::fmt::Write as _;

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884;--soft:#8881}\
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem}\
p.about{margin:.25rem 0 1.5rem;opacity:.75}\
ul.counts{display:flex;flex-wrap:wrap;gap:.75rem;padding:0;list-style:none}\
ul.counts li{border:1px solid var(--line);border-radius:.5rem;padding:.4rem .9rem}\
ul.counts b{font-size:1.3rem;margin-right:.4rem}\
article{border:1px solid var(--line);border-left:.4rem solid var(--mark);border-radius:.4rem;padding:.6rem 1rem;margin:.75rem 0;break-inside:avoid}\
article h3{font-size:1rem;margin:0}article p{margin:.3rem 0}\
.word{display:inline-block;background:var(--mark);color:#fff;border-radius:.3rem;padding:0 .45rem;font-size:.8rem;margin-right:.4rem;print-color-adjust:exact;-webkit-print-color-adjust:exact}\
code{font:13px/1.4 ui-monospace,monospace;background:var(--soft);padding:.1rem .3rem;border-radius:.2rem;overflow-wrap:anywhere}\
.critical{--mark:#8b0f2e}.high{--mark:#b3261e}.medium{--mark:#9a5b00}.low{--mark:#3a6ea5}.info{--mark:#5f6368}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;border-bottom:1px solid var(--line);padding:.3rem .6rem .3rem 0;overflow-wrap:anywhere}\
@media print{body{font-size:10.5pt;margin:0;max-width:none}h2{break-after:avoid}tr{break-inside:avoid}thead{display:table-header-group}}\
@page{margin:16mm}";

pub(crate) fn html(report: &Report) -> String {
    let mut page = String::new();
    let day = escaped(&report.day);
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Compliance report, {day}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>Compliance report</h1>\n<p class=\"about\">{day} · {}</p>\n",
        escaped(&looked_at(report)),
    );
    page.push_str("<ul class=\"counts\">\n");
    let counts = report.counts();
    for severity in Severity::WORST_FIRST {
        let count = counts.get(&severity).copied().unwrap_or_default();
        let word = severity.word();
        let _ = writeln!(page, "<li class=\"{word}\"><b>{count}</b>{word}</li>");
    }
    page.push_str("</ul>\n");
    let verdict = match (report.fails(), report.is_incomplete()) {
        (true, _) => "Failed",
        (false, true) => "Incomplete",
        (false, false) => "Passed",
    };
    let _ = writeln!(page, "<p><strong>{verdict}.</strong> {}</p>", escaped(&report.summary()));
    for severity in Severity::WORST_FIRST {
        let of: Vec<&Finding> = report.findings.iter().filter(|one| one.rule.severity == severity).collect();
        if !of.is_empty() {
            let _ = writeln!(page, "<h2>{} ({})</h2>", title(severity), of.len());
        }
        for finding in of {
            article(&mut page, finding);
        }
    }
    accepted(&mut page, &report.accepted);
    if !report.unchecked.is_empty() {
        page.push_str(
            "<h2>Not checked</h2>\n<table>\n<thead><tr><th>Where</th><th>Why</th></tr></thead>\n<tbody>\n",
        );
        for unchecked in &report.unchecked {
            let (place, why) = (escaped(&unchecked.place), escaped(&unchecked.why));
            let _ = writeln!(page, "<tr><td>{place}</td><td>{why}</td></tr>");
        }
        page.push_str("</tbody>\n</table>\n");
    }
    page.push_str("</body>\n</html>\n");
    page
}

/// A text of a rule, in which what stands between backticks is typed as it is.
fn prose(text: &str) -> String {
    let parts = text.split('`').map(escaped).enumerate();
    parts.map(|(index, part)| if index % 2 == 1 { format!("<code>{part}</code>") } else { part }).collect()
}

fn looked_at(report: &Report) -> String {
    let profiles: Vec<&str> = report.profiles.iter().map(|profile| profile.word()).collect();
    let instances =
        if report.instances.is_empty() { "no instance".to_owned() } else { report.instances.join(", ") };
    format!("{instances} · {} files · profiles {}", report.files, profiles.join(", "))
}

const fn title(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "For information",
    }
}

fn article(page: &mut String, finding: &Finding) {
    let rule = finding.rule;
    let _ = writeln!(
        page,
        "<article class=\"{0}\">\n<h3><span class=\"word\">{0}</span>{1}</h3>\n\
         <p><code>{2}</code> in <code>{3}</code></p>\n<p>Seen: <code>{4}</code></p>\n<p>{5}</p>\n\
         <p><strong>Mend:</strong> {6}</p>\n</article>",
        rule.severity.word(),
        prose(rule.title),
        escaped(rule.id),
        escaped(&finding.place.to_string()),
        escaped(&finding.evidence),
        prose(rule.why),
        prose(rule.mend),
    );
}

fn accepted(page: &mut String, all: &[Accepted]) {
    if all.is_empty() {
        return;
    }
    page.push_str("<h2>Accepted</h2>\n<table>\n<thead><tr><th>Rule</th><th>Where</th><th>Reason</th><th>Until</th></tr></thead>\n<tbody>\n");
    for one in all {
        let (rule, place) = (escaped(one.finding.rule.id), escaped(&one.finding.place.to_string()));
        let (reason, until) = (escaped(&one.reason), one.until);
        let _ = writeln!(page, "<tr><td>{rule}</td><td>{place}</td><td>{reason}</td><td>{until}</td></tr>");
    }
    page.push_str("</tbody>\n</table>\n");
}

#[cfg(test)]
mod tests {
    use super::super::tests::hostile;
    use super::*;

    #[test]
    fn nothing_from_outside_is_markup_and_nothing_is_loaded() {
        let page = html(&hostile());
        assert!(
            !page.contains("<script") && !page.contains("alert('1')") && !page.contains('\u{1b}'),
            "{page}"
        );
        assert!(!page.contains("src=") && !page.contains("href=") && !page.contains("url("), "{page}");
        assert!(page.contains("&lt;script&gt;") && page.contains("default-src 'none'"), "{page}");
        for tag in ["article", "table", "ul", "tbody", "h2"] {
            assert_eq!(
                page.matches(&format!("<{tag}")).count(),
                page.matches(&format!("</{tag}>")).count(),
                "{tag}"
            );
        }
    }
}

//! A web bundle: what the web shell of the development host says of it, and whether it registers what its Plugin declares.

use super::finding::Findings;
use super::manifest::POINTS;
use super::rules;
use crate::sys::{Environment, process};
use serde::Deserialize;
use std::path::Path;

/// More than the host says of any bundle, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;

#[derive(Deserialize)]
struct Said {
    severity: String,
    message: String,
    change: String,
}

/// What the development host `program` says of the bundle; false if it does not say anything.
pub fn lint(program: &Path, environment: &Environment, found: &mut Findings) -> bool {
    let Ok(path) = std::path::absolute(found.path()) else { return false };
    let arguments = ["lint-bundle".into(), "-o".into(), "json".into(), path.into_os_string()];
    let Ok(output) = process::output_of_file(program, &arguments, environment, LARGEST) else { return false };
    let Ok(said) = serde_json::from_slice::<Vec<Said>>(&output.stdout) else { return false };
    for Said { severity, message, change } in said {
        let rule = if severity == "error" { rules::BUNDLE_WORKS } else { rules::BUNDLE_BURDEN };
        found.add(rule, None, &format!("{message} ({change})"));
    }
    true
}

/// What texts stand in.
const QUOTES: [char; 3] = ['"', '\'', '`'];

/// The first line that has `part`.
fn line_of(text: &str, part: &str) -> Option<u64> {
    (1..).zip(text.lines()).find(|(_, line)| line.contains(part)).map(|(number, _)| number)
}

/// The types of extension points that a bundle names, each in quotes.
fn named(source: &str) -> impl Iterator<Item = &'static str> {
    let is_named = |kind: &&str| QUOTES.iter().any(|quote| source.contains(&format!("{quote}{kind}{quote}")));
    POINTS.iter().copied().filter(is_named)
}

/// Compares the extension points of a Plugin, in the text of its `declaration`, with those that the bundle registers in its `source`.
pub fn compare(
    source: &str,
    (declaration, declared): (&str, &[String]),
    manifest: &mut Findings,
    bundle: &mut Findings,
) {
    let named: Vec<&str> = named(source).collect();
    for kind in declared.iter().filter(|kind| !named.contains(&kind.as_str())) {
        let line = line_of(declaration, kind);
        manifest.add(rules::MANIFEST_POINT_ABSENT, line, &format!("the bundle registers no `{kind}`"));
    }
    // Without a list everything is accepted.
    for kind in named.iter().filter(|kind| !declared.is_empty() && !declared.iter().any(|it| it == **kind)) {
        let line = QUOTES.iter().find_map(|quote| line_of(source, &format!("{quote}{kind}{quote}")));
        bundle.add(rules::BUNDLE_POINT_UNDECLARED, line, &format!("the Plugin does not declare `{kind}`"));
    }
}

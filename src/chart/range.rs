//! Ranges of versions as catalogs write them: as [`host_range`], and with versions of one or two parts, such as
//! `>=1.30 <1.35`. Pure.

use crate::model::host_range;

/// Whether `version` is in `range`. What is not understood is allowed.
pub fn allows(range: &str, version: &str) -> bool {
    // `>= 1.30` is one comparator.
    let is_operator = |character: char| "<>=^~".contains(character);
    let mut terms: Vec<String> = Vec::new();
    for word in range.split([' ', ',']).filter(|word| !word.is_empty()) {
        match terms.last_mut().filter(|term| !term.is_empty() && term.chars().all(is_operator)) {
            Some(operator) => operator.push_str(word),
            None => terms.push(word.to_owned()),
        }
    }
    let whole: Vec<String> = terms.iter().map(|term| completed(term)).collect();
    host_range::allows(&whole.join(" "), &plain(version))
}

/// A comparator with all three parts of its version.
fn completed(term: &str) -> String {
    let digits = term.trim_start_matches(['^', '~', '>', '<', '=', 'v']);
    let parts = digits.split('.').count();
    if !digits.is_empty() && digits.chars().all(|it| it.is_ascii_digit() || it == '.') && parts < 3 {
        format!("{term}{}", ".0".repeat(3 - parts))
    } else {
        term.to_owned()
    }
}

/// Kubernetes' own versions carry what their vendor adds: `v1.30.4+k3s1`, `v1.29.1-gke.1589018`.
fn plain(version: &str) -> String {
    let start = version.trim().trim_start_matches('v');
    start.split(['-', '+']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_two_parts_count() {
        for (range, version, expected) in [
            (">=1.30 <1.35", "v1.30.4+k3s1", true),
            (">=1.30 <1.35", "v1.35.0", false),
            (">=1.30 <1.35", "1.29.9", false),
            (">= 1.30, < 1.35", "v1.34.1", true),
            (">=1.30, <1.35", "v1.20.2", false),
            (">=2", "1.9.9", false),
            (">=2.0.0", "2.0.0-dev.4", true),
            (">=2.0.0-dev.2", "2.0.0-dev.4", true),
            ("<1.28 || >=1.30", "1.31.0", true),
            ("<1.28 || >=1.30", "1.29.0", false),
            ("newer", "1.0.0", true),
            ("", "1.0.0", true),
        ] {
            assert_eq!(allows(range, version), expected, "{range} with {version}");
        }
    }
}

//! Which of the known names the user may have meant.

/// At most this many are offered.
const MOST: usize = 3;

/// The names that are closest to `typed`, all equally close: at most one edit for every third letter, where
/// two letters swapped are one edit, or a name that begins with what was typed.
pub fn closest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let typed = typed.to_lowercase().replace('_', "-");
    let length = typed.chars().count();
    if length == 0 || length > 64 {
        return Vec::new();
    }
    let allowed = length.div_ceil(3);
    let mut found: Vec<(usize, &str)> = names
        .into_iter()
        // The distance is at least the difference in length: most names need no look at their letters.
        .filter(|name| name.len().abs_diff(typed.len()) <= allowed || name.starts_with(&typed))
        .filter_map(|name| {
            let distance = strsim::osa_distance(&typed, name);
            let begins = length >= 3 && name.starts_with(&typed);
            (distance <= allowed || begins).then_some((if begins { 1.min(distance) } else { distance }, name))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    let best = found.first().map_or(0, |(distance, _)| *distance);
    found.retain(|(distance, _)| *distance == best);
    found.truncate(MOST);
    found.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 6] = ["bench", "audit", "plugin", "plugin-bench", "sql-explorer", "version"];

    #[test]
    fn slips_of_the_finger() {
        for (typed, meant) in [
            ("bnech", "bench"),
            ("benhc", "bench"),
            ("audti", "audit"),
            ("Plugin", "plugin"),
            ("plugn", "plugin"),
            ("sql_explorer", "sql-explorer"),
            ("sql", "sql-explorer"),
            ("vesrion", "version"),
        ] {
            assert_eq!(closest(typed, NAMES).first(), Some(&meant), "{typed}");
        }
    }

    #[test]
    fn nothing_like_it_is_nothing() {
        assert!(closest("zzzzzz", NAMES).is_empty());
        assert!(closest("", NAMES).is_empty());
        assert!(closest(&"x".repeat(100_000), NAMES).is_empty());
    }
}

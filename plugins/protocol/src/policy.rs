//! How the terms of an access policy are matched, by a host and by a backend that asks for the policy's rows
//! (`/v1/permissions`): as Go's `path.Match` does it, as far as such terms go.

/// Whether `value` is what `pattern` says, in which `*` is any text without `/`.
///
/// In one pass, whatever the value: it comes from whoever sends a request.
#[must_use]
pub fn matches(value: &str, pattern: &str) -> bool {
    let (values, patterns) = (value.split('/'), pattern.split('/'));
    values.clone().count() == patterns.clone().count()
        && values.zip(patterns).all(|(value, pattern)| text_matches(value, pattern))
}

/// The same where `*` is any text, with `/` too.
#[must_use]
pub fn text_matches(value: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return value == pattern };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let inside = value.strip_prefix(start).and_then(|value| value.strip_suffix(end));
    // The first place of each part leaves the most for the parts after it, so that no other place has to be tried.
    let after = |left: &str, part: &str| left.find(part).map(|at| at + part.len());
    let mut parts = middle.split('*');
    inside.is_some_and(|inside| parts.try_fold(inside, |left, part| left.get(after(left, part)?..)).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stops_at_a_slash() {
        for (value, pattern, expected) in [
            ("main/hello", "main/*", true),
            ("main/hello", "*/*", true),
            ("main/hello", "*", false),
            ("main/hello", "**", false),
            ("main/hello", "main/**", true),
            ("main/a/b", "main/**", false),
            ("main/slow-query", "main/slow-*", true),
            ("main/slow-query", "main/slow", false),
            ("all", "*", true),
            ("main/team-a-prod", "main/team-*-*-prod", false),
            ("main/team-a-b-prod", "main/team-*-*-prod", true),
            ("main/team-a-b-prod-x", "main/team-*-*-prod", false),
            ("main/abcab", "main/*ab*ab", true),
            ("main/ab", "main/*ab*ab", false),
            ("main/aba", "main/ab*ba", false),
            ("main/größe", "main/g*ö*e", true),
        ] {
            assert_eq!(matches(value, pattern), expected, "{value} against {pattern}");
        }
    }

    #[test]
    fn no_name_takes_long_to_match() {
        let value = format!("main/{}", "-".repeat(1_000_000));
        assert!(!matches(&value, "main/*-*-*-*-*-*-*x"));
        assert!(matches(&value, "main/*-*-*-*-*-*-*-"));
    }
}

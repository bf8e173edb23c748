//! `.helmignore`: what lies in the folder of a chart and is no part of it, by helm's own rules, which are not those of git: the first rule
//! that speaks decides, a rule with `!` leaves out what does not match, and there is no `**`. Pure.

use crate::model::CleanText;

/// The name of the file.
pub const FILE: &str = ".helmignore";
/// What helm leaves out whatever the file says.
const ALWAYS: &str = "templates/.?*";

/// A rule that helm does not understand either.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{rule}` {why}")]
pub struct InvalidIgnore {
    line: usize,
    rule: CleanText,
    why: &'static str,
}

/// What is no part of a chart.
#[derive(Clone, Debug)]
pub struct ChartIgnore {
    rules: Vec<IgnoreRule>,
}

#[derive(Clone, Debug)]
struct IgnoreRule {
    pattern: Vec<IgnorePart>,
    /// It is about what does not match.
    is_negated: bool,
    /// It is about folders only.
    is_of_folders: bool,
    /// It is about the whole path, not the last name in it.
    is_of_path: bool,
}

/// A part of a pattern, as Go's `filepath.Match` has them.
#[derive(Clone, Debug, PartialEq, Eq)]
enum IgnorePart {
    /// Any text without a slash.
    Any,
    /// Any character but a slash.
    One,
    /// This character.
    Character(char),
    /// One of these characters, or none of them.
    Class { is_negated: bool, ranges: Vec<(char, char)> },
}

impl ChartIgnore {
    /// The rules in `text`, and those that helm adds.
    pub fn new(text: &str) -> Result<Self, InvalidIgnore> {
        let mut rules = Vec::new();
        for (line, rule) in (1..).zip(text.trim_start_matches('\u{feff}').lines().chain([ALWAYS])) {
            let rule = rule.trim();
            if rule.is_empty() || rule.starts_with('#') {
                continue;
            }
            rules.push(IgnoreRule::new(rule).map_err(|why| InvalidIgnore {
                line,
                rule: CleanText::new(rule),
                why,
            })?);
        }
        Ok(Self { rules })
    }

    /// Whether `path`, relative to the folder of the chart and with slashes, is left out; a folder with everything in it.
    pub fn leaves_out(&self, path: &str, is_folder: bool) -> bool {
        for rule in &self.rules {
            let speaks = is_folder || !rule.is_of_folders;
            let matches = rule.matches(path);
            match (rule.is_negated, speaks) {
                (true, false) => return true,
                (true, true) if !matches => return true,
                (false, true) if matches => return true,
                _ => {}
            }
        }
        false
    }
}

impl IgnoreRule {
    fn new(rule: &str) -> Result<Self, &'static str> {
        if rule.contains("**") {
            return Err("has `**`, which helm does not support");
        }
        let (is_negated, rule) = rule.strip_prefix('!').map_or((false, rule), |rule| (true, rule));
        let (is_of_folders, rule) = rule.strip_suffix('/').map_or((false, rule), |rule| (true, rule));
        let is_of_path = rule.contains('/');
        let pattern = pattern(rule.strip_prefix('/').unwrap_or(rule)).ok_or("is not a pattern")?;
        Ok(Self { pattern, is_negated, is_of_folders, is_of_path })
    }

    fn matches(&self, path: &str) -> bool {
        let text = if self.is_of_path { path } else { path.rsplit('/').next().unwrap_or(path) };
        matches(&self.pattern, text)
    }
}

/// The parts of a pattern; nothing if it is none.
fn pattern(text: &str) -> Option<Vec<IgnorePart>> {
    let mut parts = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        parts.push(match next {
            '*' => IgnorePart::Any,
            '?' => IgnorePart::One,
            '\\' => IgnorePart::Character(rest.next()?),
            '[' => {
                let is_negated = rest.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                while ranges.is_empty() || rest.next_if_eq(&']').is_none() {
                    let first = in_class(&mut rest)?;
                    let is_range = rest.next_if_eq(&'-').is_some();
                    let last = if is_range { in_class(&mut rest)? } else { first };
                    ranges.push((first, last));
                }
                IgnorePart::Class { is_negated, ranges }
            }
            other => IgnorePart::Character(other),
        });
    }
    Some(parts)
}

/// A character between brackets.
fn in_class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    match rest.next()? {
        '-' | ']' => None,
        '\\' => rest.next(),
        other => Some(other),
    }
}

/// Whether the whole text is what the parts say, in a time that their number and its length bound.
fn matches(parts: &[IgnorePart], text: &str) -> bool {
    // Which parts may come next: a part that can be nothing has the one after it beside it.
    let start = |at: usize, next: &mut Vec<bool>| {
        let mut at = at;
        next[at] = true;
        while parts.get(at) == Some(&IgnorePart::Any) {
            at += 1;
            next[at] = true;
        }
    };
    let mut now = vec![false; parts.len() + 1];
    start(0, &mut now);
    for character in text.chars() {
        let mut next = vec![false; parts.len() + 1];
        for (at, part) in parts.iter().enumerate().filter(|(at, _)| now[*at]) {
            match part {
                IgnorePart::Any if character != '/' => start(at, &mut next),
                IgnorePart::One if character != '/' => start(at + 1, &mut next),
                IgnorePart::Character(wanted) if *wanted == character => start(at + 1, &mut next),
                IgnorePart::Class { is_negated, ranges } => {
                    let is_in = ranges.iter().any(|(first, last)| (*first..=*last).contains(&character));
                    if is_in != *is_negated {
                        start(at + 1, &mut next);
                    }
                }
                _ => {}
            }
        }
        now = next;
    }
    now[parts.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_out(rules: &str, path: &str) -> bool {
        ChartIgnore::new(rules).unwrap().leaves_out(path.trim_end_matches('/'), path.ends_with('/'))
    }

    /// Taken from helm's own tests of its rules (`pkg/ignore/rules_test.go`).
    #[test]
    fn helm_leaves_out_the_same() {
        for (rules, path, expected) in [
            ("helm.txt", "helm.txt", true),
            ("helm.*", "helm.txt", true),
            ("helm.*", "rudder.txt", false),
            ("*.txt", "tiller.txt", true),
            ("*.txt", "cargo/a.txt", true),
            ("cargo/*.txt", "cargo/a.txt", true),
            ("cargo/*.*", "cargo/a.txt", true),
            ("ru[c-e]?er.txt", "rudder.txt", true),
            ("templates/.?*", "templates/.dotfile", true),
            // A name in any folder.
            (".joonix", "a/.joonix", true),
            ("cargo", "cargo/", true),
            ("cargo/", "cargo/", true),
            ("cargo/", "mast/", false),
            ("helm.txt/", "helm.txt", false),
            // At the root only.
            ("/helm.txt", "helm.txt", true),
            ("/*.txt", "helm.txt", true),
            ("/cargo/*.txt", "cargo/a.txt", true),
            ("/*.txt", "cargo/a.txt", false),
            // What does not match is left out.
            ("!helm.txt", "helm.txt", false),
            ("!helm.txt", "tiller.txt", true),
            ("!*.txt", "cargo/", true),
            ("!cargo/", "mast/", true),
            // The first that speaks decides.
            ("a.txt\n!a.txt", "a.txt", true),
            // Blank lines, comments, and what helm adds.
            ("\n# nothing\n", "a.txt", false),
            ("", "templates/.swp", true),
            ("", "templates/a.yaml", false),
        ] {
            assert_eq!(is_out(rules, path), expected, "{rules} {path}");
        }
    }

    #[test]
    fn what_is_no_rule_is_said_with_its_line() {
        for (rules, why) in [
            ("a\n**/b", "line 2: `**/b` has `**`, which helm does not support"),
            ("[a", "line 1: `[a` is not a pattern"),
            ("[]", "is not a pattern"),
            ("[a-]", "is not a pattern"),
            ("a\\", "is not a pattern"),
        ] {
            let error = ChartIgnore::new(rules).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = "*a".repeat(500);
        assert!(!is_out(&format!("{pattern}b"), &"a".repeat(2000)));
    }

    proptest! {
        #[test]
        fn any_rules_are_read_and_the_name_itself_matches(rules in "[a-z*?!/\\[\\]^\\\\#. \n-]{0,40}", name in "[a-z]{1,8}") {
            let _ = ChartIgnore::new(&rules);
            let (inside, longer) = (format!("x/{name}"), format!("{name}?"));
            prop_assert!(is_out(&name, &inside) && !is_out(&longer, &name));
        }
    }
}

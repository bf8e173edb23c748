//! What a rule has found, where, and what may be shown of it.

use crate::catalogue::Rule;
use everestctl_plugin::clap;
use serde::Serialize;
use std::fmt;

/// The most that is shown of a text from outside, in characters.
const LONGEST: usize = 240;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// Worth knowing
    Info,
    /// A second line of defense is missing
    Low,
    /// An attacker who is near gets further
    Medium,
    /// Somebody who should not may get in, or data may be lost
    High,
    /// Anybody gets in
    Critical,
}

impl Severity {
    /// All of them, the worst first.
    pub(crate) const WORST_FIRST: [Self; 5] =
        [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// In a database instance, `namespace/name`.
    Instance(String),
    /// In a file, at a line that counts from 1.
    File { path: String, line: usize },
}

impl Place {
    /// The instance, or the file without its line: it stays the same when a line is added above.
    pub(crate) fn stable(&self) -> &str {
        match self {
            Self::Instance(name) => name,
            Self::File { path, .. } => path,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instance(name) => formatter.write_str(name),
            Self::File { path, line } => write!(formatter, "{path}:{line}"),
        }
    }
}

/// What a rule has found.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) rule: &'static Rule,
    pub(crate) place: Place,
    /// Which thing there: a role, a setting, a key.
    pub(crate) subject: String,
    /// What was seen. It never has a secret in it.
    pub(crate) evidence: String,
}

impl Finding {
    /// Text from outside is made harmless here.
    pub(crate) fn new(rule: &'static Rule, place: Place, subject: &str, evidence: &str) -> Self {
        Self { rule, place, subject: harmless(subject), evidence: harmless(evidence) }
    }
}

/// What could not be looked at. A report that leaves it out would promise too much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Unchecked {
    /// An instance, a file, or a rule in one of them.
    #[serde(rename = "where")]
    pub(crate) place: String,
    pub(crate) why: String,
    /// Whether the user named it, and nothing of it was looked at.
    pub(crate) whole: bool,
}

impl Unchecked {
    pub(crate) fn whole(place: &str, why: &str) -> Self {
        Self { place: harmless(place), why: harmless(why), whole: true }
    }

    pub(crate) fn part(place: &str, why: &str) -> Self {
        Self { place: harmless(place), why: harmless(why), whole: false }
    }
}

/// In one line, without what moves a cursor or turns the direction of writing, and not too long.
pub(crate) fn harmless(text: &str) -> String {
    everestctl_plugin::text::one_line(text, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_from_outside_is_one_harmless_line(text in any::<String>()) {
            let shown = harmless(&text);
            prop_assert!(shown.chars().count() <= LONGEST);
            let harmful = shown.chars().any(|one| one.is_control() || one == '\u{202e}');
            prop_assert!(!harmful);
        }
    }

    #[test]
    fn what_is_too_long_is_cut_and_says_so() {
        assert_eq!(harmless("a\u{1b}[31mb\n"), "a [31mb");
        assert!(harmless(&"x".repeat(1000)).ends_with("x…"));
    }
}

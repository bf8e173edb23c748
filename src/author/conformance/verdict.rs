//! What became of a check: what was done and what was seen, in words for the author.

use serde::Serialize;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VerdictKind {
    /// It was seen what was wanted.
    Passed,
    /// Something else was seen.
    Failed,
    /// Nothing was done, for a reason.
    Skipped,
}

impl VerdictKind {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// What became of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How it ended.
    pub status: VerdictKind,
    /// What was done; empty if nothing was.
    pub did: String,
    /// What was seen, or why nothing was done.
    pub saw: String,
}

impl Verdict {
    /// It was seen what was wanted.
    pub fn passed(did: impl Into<String>, saw: impl Into<String>) -> Self {
        Self { status: VerdictKind::Passed, did: did.into(), saw: saw.into() }
    }

    /// Something else was seen.
    pub fn failed(did: impl Into<String>, saw: impl Into<String>) -> Self {
        Self { status: VerdictKind::Failed, did: did.into(), saw: saw.into() }
    }

    /// Nothing was done.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self { status: VerdictKind::Skipped, did: String::new(), saw: why.into() }
    }

    /// The first fault that there is, or what was seen instead.
    pub fn of(did: impl Into<String>, fault: Option<String>, seen: impl Into<String>) -> Self {
        match fault {
            Some(fault) => Self::failed(did, fault),
            None => Self::passed(did, seen),
        }
    }
}

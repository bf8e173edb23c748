//! What one source answered.

use super::{FileIdentity, Origin, Problem, Source};
use std::path::PathBuf;

/// What one source answered when it was asked.
#[derive(Clone, Debug)]
pub struct Report {
    /// The source.
    pub source: Source,
    /// What the source returned.
    pub outcome: Outcome,
    /// What the user should know of it.
    pub problems: Vec<Problem>,
}

/// The answer itself.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Nothing says where this source would be.
    NotConfigured,
    /// The complete list.
    Complete {
        /// All that it holds.
        origins: Vec<Origin>,
        /// What tells later whether it still holds.
        validators: Validators,
    },
    /// What was known still holds.
    Unchanged,
    /// No response, or one that may be incomplete.
    Failed {
        /// Whether signing in would help.
        sign_in: bool,
    },
}

/// What tells later whether the answer still holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// The `ETag` of a server's answer.
    pub etag: Option<String>,
    /// The family of paths that answered.
    pub family: Option<PathFamily>,
    /// The files and folders that were read, as they were; `None` where nothing was.
    pub watched: Vec<(PathBuf, Option<FileIdentity>)>,
}

/// The two generations of the plugin routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathFamily {
    /// `/v1/clusters/{cluster}/plugins`, from 2.0.0-dev.3 on.
    Clustered,
    /// `/v1/plugins`, up to 2.0.0-dev.2.
    Flat,
}

impl Report {
    /// A source that is not configured.
    pub fn not_configured(source: Source) -> Self {
        Self { source, outcome: Outcome::NotConfigured, problems: Vec::new() }
    }

    /// A source that failed, and why.
    pub fn failed(problem: Problem, source: Source, sign_in: bool) -> Self {
        Self { source, outcome: Outcome::Failed { sign_in }, problems: vec![problem] }
    }
}

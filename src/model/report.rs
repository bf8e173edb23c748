//! What one source answered.

use super::{FileIdentity, Origin, Source, Warning};
use std::path::PathBuf;

/// What one source answered when it was asked.
#[derive(Clone, Debug)]
pub struct SourceReport {
    /// The source.
    pub source: Source,
    /// What the source returned.
    pub outcome: ReportOutcome,
    /// What the user should know of it.
    pub problems: Vec<Warning>,
}

/// The answer itself.
#[derive(Clone, Debug)]
pub enum ReportOutcome {
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

impl SourceReport {
    /// A source that is not configured.
    pub fn not_configured(source: Source) -> Self {
        Self { source, outcome: ReportOutcome::NotConfigured, problems: Vec::new() }
    }

    /// A source that failed, and why.
    pub fn failed(problem: Warning, source: Source, sign_in: bool) -> Self {
        Self { source, outcome: ReportOutcome::Failed { sign_in }, problems: vec![problem] }
    }
}

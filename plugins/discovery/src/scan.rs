//! What a scan has looked at, and what it has found there.

use crate::database::{Database, Source};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Scan {
    pub(crate) source: Source,
    /// When it ended.
    pub(crate) at: Timestamp,
    /// The places that were looked at as a whole; what could not be is not among them.
    pub(crate) places: Vec<String>,
    pub(crate) databases: Vec<Database>,
    /// What could not be looked at. Silence about it would pass for a good result.
    #[serde(default)]
    pub(crate) problems: Vec<Problem>,
}

/// A place that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Problem {
    pub(crate) place: String,
    pub(crate) message: String,
    /// What the user can type next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

impl Scan {
    /// One of now, in the order in which it is shown.
    pub(crate) fn now(
        source: Source,
        mut places: Vec<String>,
        mut databases: Vec<Database>,
        mut problems: Vec<Problem>,
    ) -> Self {
        places.sort();
        places.dedup();
        databases.sort_by(|one, other| one.id.cmp(&other.id));
        databases.dedup_by(|one, other| one.id == other.id);
        problems.sort_by(|one, other| one.place.cmp(&other.place));
        Self { source, at: Timestamp::now(), places, databases, problems }
    }
}

//! Something the user should know that stops nothing else.

use super::Source;
use serde::Serialize;

/// A warning with its source and what to type next. Its JSON form is an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The source it is about; `None` for the settings that all sources share.
    pub source: Option<Source>,
    /// What happened, in lower case and without a full stop; already clean.
    pub message: String,
    /// What the user can do about it, as a hint.
    pub hint: Option<String>,
}

impl Warning {
    /// A problem of `source`.
    pub fn new(source: Source, message: impl Into<String>) -> Self {
        Self { source: Some(source), message: message.into(), hint: None }
    }

    /// A problem of no source: the settings, the cache.
    pub fn general(message: impl Into<String>) -> Self {
        Self { source: None, message: message.into(), hint: None }
    }

    /// The same with what the user can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

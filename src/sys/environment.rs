//! The environment variables, read once at the start.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::sync::Arc;

/// A snapshot of the environment: what is read here cannot change under our feet, and a test can make
/// one of its own. Clones share it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: Arc<[(OsString, OsString)]>,
}

impl Environment {
    /// The environment of this process.
    pub fn from_process() -> Self {
        Self { variables: std::env::vars_os().collect() }
    }

    /// The same with some variables set and others removed.
    #[must_use]
    pub fn changed<'a>(&self, set: impl IntoIterator<Item = (&'a str, OsString)>, removed: &[&str]) -> Self {
        let set: Vec<(OsString, OsString)> =
            set.into_iter().map(|(key, value)| (key.into(), value)).collect();
        let stays = |key: &OsString| {
            !removed.iter().any(|name| key == name) && !set.iter().any(|(other, _)| other == key)
        };
        let kept = self.variables.iter().filter(|(key, _)| stays(key)).cloned();
        kept.chain(set.iter().cloned()).collect()
    }

    /// All of it.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// Only those whose name `stays`.
    #[must_use]
    pub fn only(&self, stays: impl Fn(&OsStr) -> bool) -> Self {
        self.variables.iter().filter(|(name, _)| stays(name)).cloned().collect()
    }

    /// The variable as it is; `None` when it is unset or empty, which mean the same here.
    pub fn os(&self, name: &str) -> Option<&OsStr> {
        self.variables
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_os_str())
            .filter(|value| !value.is_empty())
    }

    /// The variable as text; `None` also when it is not UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.os(name).and_then(OsStr::to_str)
    }

    /// Whether a switch is on: set to anything but `0`, `false` and `no`.
    pub fn switch(&self, name: &str) -> bool {
        self.os(name).is_some_and(|value| !matches!(value.to_str(), Some("0" | "false" | "no")))
    }

    /// Whether this is CI, where nobody is there to be asked.
    pub fn is_ci(&self) -> bool {
        self.switch("CI")
    }
}

impl fmt::Debug for Environment {
    /// The names only: values are secrets more often than not.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.variables.iter().map(|(name, _)| name)).finish()
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self { variables: pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect() }
    }
}

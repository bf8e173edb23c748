//! Which installed packages have something newer at their sources, as of the last time that somebody looked. It can be lost
//! without harm.
//!
//! How that is found out, and who is told, is not known here.

use super::store::{Key, Store};
use crate::sys::clock::UnixTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

/// The largest file, in bytes.
const LARGEST: u64 = 256 * 1024;
/// How often sources are asked, and the user is told.
const PAUSE: Duration = Duration::from_hours(24);

/// Which installed packages have something newer at their sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewerPackages {
    /// When somebody looked, in milliseconds since 1970; 0 for never.
    looked: u64,
    /// When the user was told.
    told: u64,
    /// The packages, by the name of their command.
    pub packages: BTreeMap<String, NewerPackage>,
}

/// What is newer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewerPackage {
    /// The digest of the installed package that it is newer than.
    pub than: String,
    /// Its version, where that is known.
    pub version: Option<String>,
}

impl NewerPackages {
    /// Whether the sources may be asked again.
    pub fn is_due(&self, now: UnixTime) -> bool {
        has_passed(self.looked, now)
    }

    /// Whether the user may be told again.
    pub fn may_be_told(&self, now: UnixTime) -> bool {
        !self.packages.is_empty() && has_passed(self.told, now)
    }

    /// The user is told now.
    pub fn tell(&mut self, now: UnixTime) {
        self.told = now.0;
    }

    /// What was found now.
    pub fn look(&mut self, packages: BTreeMap<String, NewerPackage>, now: UnixTime) {
        (self.looked, self.packages) = (now.0, packages);
    }
}

/// A moment in the future, as after the clock was set back, is as good as this one.
fn has_passed(moment: u64, now: UnixTime) -> bool {
    moment == 0 || now.since(UnixTime(moment)).is_some_and(|age| age >= PAUSE)
}

impl Store {
    /// What is known; nothing when it is damaged or not there.
    pub fn newer_packages(&self) -> NewerPackages {
        self.json(key(), LARGEST).unwrap_or_default()
    }

    /// Keeps it.
    pub fn keep_newer_packages(&self, newer: &NewerPackages) -> io::Result<()> {
        self.keep_json(key(), newer)
    }
}

fn key() -> Key {
    Key::new("newer-packages", [b"1".as_slice()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_asked_and_the_user_is_told_once_a_day() {
        let hour = |hours: u64| UnixTime(1).after(Duration::from_hours(hours));
        let mut newer = NewerPackages::default();
        assert!(newer.is_due(hour(0)) && !newer.may_be_told(hour(0)));
        newer.look([("greet".to_owned(), NewerPackage::default())].into(), hour(0));
        assert!(!newer.is_due(hour(23)) && newer.is_due(hour(24)) && newer.may_be_told(hour(0)));
        newer.tell(hour(1));
        assert!(!newer.may_be_told(hour(24)) && newer.may_be_told(hour(25)));
        // After the clock was set back, it waits and does not tell at once.
        assert!(!newer.may_be_told(hour(0)));
    }
}

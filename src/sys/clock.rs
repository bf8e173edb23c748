//! What time it is.
//!
//! A test need not wait for what comes later: a build with debug assertions reads [`AHEAD`], once. A release build does
//! not know the variable, and nothing that this program starts as a plugin gets it.

use super::Environment;
use jiff::Timestamp;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The variable by which a test sets the clock of one process ahead, in seconds.
pub const AHEAD: &str = "EVERESTCTL_TEST_CLOCK_AHEAD";

static SECONDS_AHEAD: OnceLock<u64> = OnceLock::new();

/// Sets the clock as `environment` says; a clock that has been set stays.
pub fn set(environment: &Environment) {
    if cfg!(debug_assertions)
        && let Some(seconds) = environment.text(AHEAD).and_then(|text| text.parse().ok())
    {
        let _ = SECONDS_AHEAD.set(seconds);
    }
}

/// This moment, as the library has it.
pub fn now() -> SystemTime {
    SystemTime::now() + Duration::from_secs(SECONDS_AHEAD.get().copied().unwrap_or_default())
}

/// A moment in milliseconds since 1970, as the index stores it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixTime(pub u64);

impl UnixTime {
    /// This moment.
    pub fn now() -> Self {
        let elapsed = now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
    }

    /// How long ago `earlier` was; `None` when it lies in the future, as after a clock was set back.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        self.0.checked_sub(earlier.0).map(Duration::from_millis)
    }

    /// The moment that is `duration` later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The moment that is `duration` earlier.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The moment that a text names (RFC 3339).
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let timestamp: Timestamp = text.parse().ok()?;
        u64::try_from(timestamp.as_millisecond()).ok().map(Self)
    }

    /// As RFC 3339 in UTC, for people.
    pub fn to_rfc3339_seconds(self) -> String {
        format!("{:.0}", self.to_timestamp())
    }

    /// As RFC 3339 in UTC, with nanoseconds as the Go CLI writes them.
    pub fn to_rfc3339(self) -> String {
        format!("{:.9}", self.to_timestamp())
    }

    /// A moment that has no name any more, after the year 9999, is the last one that has.
    fn to_timestamp(self) -> Timestamp {
        let milliseconds = i64::try_from(self.0).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_every_zone() {
        let moment = UnixTime::from_rfc3339("2026-10-01T09:15:00.123456789Z").unwrap();
        assert_eq!(moment, UnixTime(1_790_846_100_123));
        assert_eq!(UnixTime::from_rfc3339("2026-10-01T11:15:00.123456789+02:00"), Some(moment));
        assert_eq!(UnixTime::from_rfc3339("2026-10-01T04:45:00.123-04:30"), Some(moment));
        assert_eq!(moment.to_rfc3339(), "2026-10-01T09:15:00.123000000Z");
        assert_eq!(UnixTime(u64::MAX).to_rfc3339_seconds(), "9999-12-30T22:00:00Z");
        for wrong in [
            "",
            "soon",
            "2026-10-01",
            "é+02:00",
            "2026-10-01T09:15:00+é:00",
            "2026-10-01T09:15:00.123456789é2:00",
            "1969-12-31T23:59:59Z",
        ] {
            assert_eq!(UnixTime::from_rfc3339(wrong), None, "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_a_panic(text in "\\PC{0,40}", at in 0..40_usize, other in "\\PC{0,3}") {
            let _ = UnixTime::from_rfc3339(&text);
            let mut near: Vec<char> = "2026-10-01T11:15:00.123456789+02:00".chars().collect();
            let at = at.min(near.len());
            near.splice(at..(at + 1).min(near.len()), other.chars());
            let _ = UnixTime::from_rfc3339(&near.into_iter().collect::<String>());
        }

        #[test]
        fn every_moment_has_a_name(milliseconds: u64) {
            let text = UnixTime(milliseconds).to_rfc3339();
            let again = UnixTime::from_rfc3339(&text).map(|moment| moment.0);
            proptest::prop_assert!(again == Some(milliseconds) || milliseconds > 253_402_207_200_000, "{}", text);
        }
    }
}

//! What time it is.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// This moment, as the library has it.
pub fn now() -> SystemTime {
    SystemTime::now()
}

/// Rests, and looks around many times a second; `true` when `enough` made an end of it.
pub fn rest(rest: Duration, enough: &mut dyn FnMut() -> bool) -> bool {
    const STEP: Duration = Duration::from_millis(50);
    let end = Instant::now() + rest;
    loop {
        if enough() {
            return true;
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        std::thread::sleep(left.min(STEP));
    }
}

/// A moment in milliseconds since 1970, as the index stores it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

impl Moment {
    /// This moment.
    pub fn now() -> Self {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
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
    pub fn of_rfc3339(text: &str) -> Option<Self> {
        let time = humantime::parse_rfc3339(text).ok().or_else(|| with_offset(text))?;
        let elapsed = time.duration_since(UNIX_EPOCH).ok()?;
        Some(Self(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)))
    }

    /// As RFC 3339 in UTC, for people.
    pub fn to_rfc3339_seconds(self) -> String {
        humantime::format_rfc3339_seconds(self.to_system()).to_string()
    }

    /// As RFC 3339 in UTC, with nanoseconds as the Go CLI writes them.
    pub fn to_rfc3339(self) -> String {
        humantime::format_rfc3339_nanos(self.to_system()).to_string()
    }

    fn to_system(self) -> SystemTime {
        // The last moment that four digits of a year can name.
        UNIX_EPOCH + Duration::from_millis(self.0.min(253_402_300_799_000))
    }
}

/// A moment of another zone, as in `+02:00`: Go writes local time.
fn with_offset(text: &str) -> Option<SystemTime> {
    let (date, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let (hours, minutes) = offset[1..].split_once(':')?;
    let offset_seconds = hours.parse::<u64>().ok()? * 3600 + minutes.parse::<u64>().ok()? * 60;
    let time = humantime::parse_rfc3339(&format!("{date}Z")).ok()?;
    match offset.as_bytes()[0] {
        b'+' => time.checked_sub(Duration::from_secs(offset_seconds)),
        b'-' => time.checked_add(Duration::from_secs(offset_seconds)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_every_zone() {
        let moment = Moment::of_rfc3339("2026-10-01T09:15:00.123456789Z").unwrap();
        assert_eq!(moment, Moment(1_790_846_100_123));
        assert_eq!(Moment::of_rfc3339("2026-10-01T11:15:00.123456789+02:00"), Some(moment));
        assert_eq!(Moment::of_rfc3339("2026-10-01T04:45:00.123-04:30"), Some(moment));
        assert_eq!(moment.to_rfc3339(), "2026-10-01T09:15:00.123000000Z");
        assert_eq!(Moment(u64::MAX).to_rfc3339(), "9999-12-31T23:59:59.000000000Z");
        for wrong in ["", "soon", "2026-10-01", "é+02:00", "2026-10-01T09:15:00+é:00"] {
            assert_eq!(Moment::of_rfc3339(wrong), None, "{wrong}");
        }
    }
}

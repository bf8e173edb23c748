//! Moments as people read them: how long ago. It must not know where they stand.

use crate::openapi::call::read_moment;
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The point in time that a value means: RFC 3339, or a number since 1970.
pub(super) fn point_in_time(value: &Value) -> Option<SystemTime> {
    match value {
        Value::String(text) => read_moment(text),
        Value::Number(number) => epoch(number.as_f64()?),
        _ => None,
    }
}

/// `5m ago`, for who sees the moment itself; with what the number means where it is one.
pub(super) fn ago(value: &Value, now: SystemTime) -> Option<String> {
    let moment = point_in_time(value)?;
    let age = age(value, now).filter(|age| age != "-")?;
    let distance = if age.starts_with("in ") { age } else { format!("{age} ago") };
    Some(match value {
        Value::Number(_) => format!("{}, {distance}", humantime::format_rfc3339_seconds(moment)),
        _ => distance,
    })
}

/// The time that has passed since a moment, or is left until it.
pub(super) fn age(value: &Value, now: SystemTime) -> Option<String> {
    let moment = point_in_time(value)?;
    // Go writes this for no moment at all.
    if moment.duration_since(UNIX_EPOCH).is_ok_and(|since| since.is_zero()) {
        return Some("-".to_owned());
    }
    Some(match now.duration_since(moment) {
        Ok(passed) => span(passed),
        Err(ahead) => format!("in {}", span(ahead.duration())),
    })
}

/// The point in time that a number since 1970 is: seconds, and milliseconds, micro- or nanoseconds where seconds would
/// be in the year 5138. A number that would be before 1973 is a duration, or no time at all.
fn epoch(number: f64) -> Option<SystemTime> {
    let number = Some(number).filter(|number| (1e8..1e20).contains(number))?;
    let seconds = match number {
        number if number < 1e11 => number,
        number if number < 1e14 => number / 1e3,
        number if number < 1e17 => number / 1e6,
        number => number / 1e9,
    };
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

/// A duration, as short as kubectl has it.
pub(super) fn span(length: Duration) -> String {
    let seconds = length.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let two = |large: u64, unit: &str, small: u64, smaller: &str| {
        if small == 0 { format!("{large}{unit}") } else { format!("{large}{unit}{small}{smaller}") }
    };
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        () if hours < 3 => format!("{minutes}m"),
        () if hours < 8 => two(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 => two(days, "d", hours % 24, "h"),
        () if days < 730 => format!("{days}d"),
        () if days < 2_920 => two(days / 365, "y", days % 365, "d"),
        () => format!("{}y", days / 365),
    }
}

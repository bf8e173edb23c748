//! Moments: as users type them (`24h`, `2026-01-02`), and as servers write them.
//!
//! It must not ask the clock.

use std::time::{Duration, SystemTime};

/// What is typed for a moment → RFC 3339. `24h` is that long ago, `+24h` that long from now; a day is its first
/// moment; a time without a zone is UTC.
pub(super) fn typed(text: &str, now: SystemTime) -> Option<String> {
    if text == "now" {
        return written(now);
    }
    if read(text).is_some() {
        let text = text.replacen(' ', "T", 1);
        return Some(if has_zone(&text) { text } else { text + "Z" });
    }
    if read(&format!("{text}T00:00:00Z")).is_some() {
        return Some(format!("{text}T00:00:00Z"));
    }
    written(distance(text, now)?)
}

/// What is typed for a day → `2026-01-02`.
pub(super) fn typed_day(text: &str, now: SystemTime) -> Option<String> {
    if read(&format!("{text}T00:00:00Z")).is_some() {
        return Some(text.to_owned());
    }
    let moment = if matches!(text, "now" | "today") { now } else { distance(text, now)? };
    written(moment)?.split('T').next().map(str::to_owned)
}

fn distance(text: &str, now: SystemTime) -> Option<SystemTime> {
    let (ahead, length) = match text.strip_prefix('+') {
        Some(length) => (true, length),
        None => (false, text.strip_prefix('-').unwrap_or(text)),
    };
    // `5` alone could be anything.
    if !length.ends_with(|character: char| character.is_ascii_alphabetic()) {
        return None;
    }
    let length = humantime::parse_duration(length).ok()?;
    if ahead { now.checked_add(length) } else { now.checked_sub(length) }
}

/// RFC 3339 in UTC, for the years that it can write.
fn written(moment: SystemTime) -> Option<String> {
    let since = moment.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    (since.as_secs() < 253_402_300_800).then(|| humantime::format_rfc3339_seconds(moment).to_string())
}

/// Reads what servers write: RFC 3339 with any zone, and Python's form without one, which is taken as UTC.
pub(in crate::openapi) fn read(text: &str) -> Option<SystemTime> {
    if !text.is_ascii() || text.len() > 40 {
        return None;
    }
    let (moment, offset) = split_zone(text)?;
    let moment = humantime::parse_rfc3339_weak(moment).ok()?;
    let distance = Duration::from_secs(offset.unsigned_abs() * 60);
    if offset < 0 { moment.checked_add(distance) } else { moment.checked_sub(distance) }
}

fn has_zone(text: &str) -> bool {
    split_zone(text).is_some_and(|(moment, _)| moment.len() < text.len())
}

/// The moment without its zone, and the zone in minutes east.
fn split_zone(text: &str) -> Option<(&str, i64)> {
    if let Some(moment) = text.strip_suffix(['Z', 'z']) {
        return Some((moment, 0));
    }
    // The sign of a time zone comes after the time, those of the date before it.
    let Some(at) = text.get(11..).and_then(|rest| rest.rfind(['+', '-'])).map(|at| at + 11) else {
        return Some((text, 0));
    };
    let (moment, zone) = text.split_at_checked(at)?;
    let digits: String = zone.chars().skip(1).filter(|character| *character != ':').collect();
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = digits.split_at_checked(2)?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let east = hours * 60 + minutes;
    Some((moment, if zone.starts_with('-') { -east } else { east }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> SystemTime {
        read("2026-03-02T12:00:00Z").unwrap()
    }

    #[test]
    fn moments_as_users_type_them() {
        let typed = |text| typed(text, now());
        assert_eq!(typed("24h").as_deref(), Some("2026-03-01T12:00:00Z"));
        assert_eq!(typed("+1h 30m").as_deref(), Some("2026-03-02T13:30:00Z"));
        assert_eq!(typed("2026-01-02").as_deref(), Some("2026-01-02T00:00:00Z"));
        assert_eq!(typed("2026-01-02 03:04:05").as_deref(), Some("2026-01-02T03:04:05Z"));
        assert_eq!(typed("2026-01-02T03:04:05+02:00").as_deref(), Some("2026-01-02T03:04:05+02:00"));
        assert_eq!(typed("now").as_deref(), Some("2026-03-02T12:00:00Z"));
        for wrong in
            ["", "5", "yesterday", "2026-13-01", "24h; rm", "999999999999y", "+", "2026-01-02T25:00:00Z"]
        {
            assert_eq!(typed(wrong), None, "{wrong}");
        }
        assert_eq!(typed_day("7d", now()).as_deref(), Some("2026-02-23"));
        assert_eq!(typed_day("2026-01-02", now()).as_deref(), Some("2026-01-02"));
        assert_eq!(typed_day("2026-01-02T00:00:00Z", now()), None);
    }

    #[test]
    fn moments_as_servers_write_them() {
        let same = read("2026-03-02T12:00:00Z");
        for text in ["2026-03-02T14:00:00+02:00", "2026-03-02T12:00:00.000000", "2026-03-02T04:30:00.0-0730"]
        {
            assert_eq!(read(text), same, "{text}");
        }
        for wrong in ["", "ok", "2026-03-02", "2026-03-02T12:00:00+99:00", "größe-größe-größe"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in ".{0,40}", number in "[0-9T:.+-]{0,30}") {
            let _ = (read(&text), typed(&text, now()), typed_day(&text, now()));
            let _ = (read(&number), typed(&number, now()), typed_day(&number, now()));
        }
    }
}

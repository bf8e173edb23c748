//! Moments, spans of time and steps, as they are typed: `1h`, `2h30m`, `7d`, `2026-03-02T12:00:00Z`, `1772452800`.
//!
//! It must not know what is asked for them.

use crate::problem::ProblemBody;
use jiff::{SignedDuration, Timestamp};
use promql_parser::util::parse_duration;
use std::time::Duration;

/// How many points a series may have: as many as Prometheus itself allows.
const MOST_POINTS: u128 = 11_000;
/// How many it has where nobody says a step: more than a terminal has columns.
const POINTS: u128 = 240;
/// Steps that are easy to read, in seconds.
const STEPS: &[u64] = &[
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800,
    604_800,
];

/// A span of time with the distance of its points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) step: Duration,
}

/// What a request says of time, as it was typed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PeriodWords<'a> {
    pub(crate) since: Option<&'a str>,
    pub(crate) until: Option<&'a str>,
    pub(crate) step: Option<&'a str>,
}

impl Period {
    /// What the words mean now; nothing where they name no span.
    pub(crate) fn of(
        words: PeriodWords<'_>,
        now: Timestamp,
        longest: Duration,
    ) -> Result<Option<Self>, ProblemBody> {
        let Some(since) = words.since else {
            if words.until.is_some() || words.step.is_some() {
                return Err(ProblemBody::bad("`until` and `step` need `since`").hint("use --since 1h"));
            }
            return Ok(None);
        };
        let end = words.until.map_or(Ok(now), |text| moment(text, now))?;
        let start = moment(since, now)?;
        let range = Duration::try_from(end.duration_since(start)).unwrap_or_default();
        if range.is_zero() {
            return Err(ProblemBody::bad("the range of time is empty: `since` is not before `until`"));
        }
        if range > longest {
            let days = longest.as_secs() / (24 * 3600);
            return Err(ProblemBody::bad(format!("the range of time is longer than {days} days")));
        }
        let step = words.step.map_or_else(|| Ok(step_for(range)), span)?;
        if range.as_millis() / step.as_millis().max(1) >= MOST_POINTS {
            return Err(ProblemBody::bad(format!("more than {MOST_POINTS} points for each series"))
                .hint("use a longer --step, or a shorter --since"));
        }
        Ok(Some(Self { start, end, step }))
    }
}

/// This moment, as finely as Prometheus takes one.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// The step at which a range has a few hundred points.
fn step_for(range: Duration) -> Duration {
    let exact = range.as_millis().div_ceil(POINTS);
    let fits = |seconds: &&u64| u128::from(**seconds) * 1000 >= exact;
    Duration::from_secs(*STEPS.iter().find(fits).unwrap_or(&2_592_000))
}

/// A span: numbers with units, the largest first.
pub(crate) fn span(text: &str) -> Result<Duration, ProblemBody> {
    let wrong =
        || ProblemBody::bad(format!("`{}` is not a duration such as 30s, 5m or 1h30m", text.escape_debug()));
    // Prometheus also takes a bare number of seconds, and so would the parser: one that is no number would end the process.
    let has_units = text.starts_with(|first: char| first.is_ascii_digit())
        && text.ends_with(|last: char| last.is_ascii_lowercase());
    if !has_units || text.len() > 32 {
        return Err(wrong());
    }
    parse_duration(text)
        .map_err(|_| wrong())
        .and_then(|span| if span.is_zero() { Err(wrong()) } else { Ok(span) })
}

/// A moment: RFC 3339, seconds since 1970, or how long ago.
pub(crate) fn moment(text: &str, now: Timestamp) -> Result<Timestamp, ProblemBody> {
    let wrong = || {
        ProblemBody::bad(format!(
            "`{}` is neither a duration such as 1h nor a time such as 2026-03-02T12:00:00Z",
            text.escape_debug()
        ))
    };
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).map_err(|_| wrong());
    }
    let ago = span(text).map_err(|_| wrong())?;
    let ago = SignedDuration::try_from(ago).map_err(|_| wrong())?;
    now.checked_sub(ago).map_err(|_| wrong())
}

/// Seconds since 1970, as Prometheus takes them.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of any moment that is asked for are exact")]
pub(crate) fn seconds(moment: Timestamp) -> String {
    format!("{:.3}", moment.as_millisecond() as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONTH: Duration = Duration::from_hours(31 * 24);

    fn now() -> Timestamp {
        "2026-03-02T12:00:00Z".parse().unwrap()
    }

    fn of(since: &str, until: Option<&str>, step: Option<&str>) -> Result<Option<Period>, ProblemBody> {
        Period::of(PeriodWords { since: Some(since), until, step }, now(), MONTH)
    }

    #[test]
    fn spans_and_moments() {
        let period = of("1h", None, None).unwrap().unwrap();
        assert_eq!((period.start.to_string().as_str(), period.end), ("2026-03-02T11:00:00Z", now()));
        assert_eq!(period.step, Duration::from_secs(15));
        let period = of("2026-03-01T00:00:00+01:00", Some("1d"), Some("1m30s")).unwrap().unwrap();
        assert_eq!(period.start.to_string(), "2026-02-28T23:00:00Z");
        assert_eq!((period.end.to_string().as_str(), period.step.as_secs()), ("2026-03-01T12:00:00Z", 90));
        assert_eq!(moment("1772452800", now()).unwrap(), now());
        assert_eq!(seconds(now()), "1772452800.000");
        assert_eq!(of("30d", None, None).unwrap().unwrap().step.as_secs(), 3 * 3600 + 3600);
        assert_eq!(Period::of(PeriodWords::default(), now(), MONTH), Ok(None));
    }

    #[test]
    fn what_is_no_time_or_too_much_of_it() {
        for wrong in
            ["", "h", "1", "-1h", "inf", "1inf", "nan", "1e9s", "5 m", "1H", "0s", "1x", "99999999999y"]
        {
            assert!(span(wrong).is_err(), "{wrong}");
        }
        for wrong in ["yesterday", "", "inf", "9999999999999999", "-1h", "99999999999y"] {
            assert!(moment(wrong, now()).is_err(), "{wrong}");
        }
        let error = |since: &str, until, step| of(since, until, step).unwrap_err().error().to_owned();
        assert!(error("32d", None, None).contains("longer than 31 days"));
        assert!(error("1h", Some("2h"), None).contains("is empty"));
        assert!(error("1d", None, Some("1s")).contains("more than 11000 points"));
        assert!(error("1d", None, Some("1ms")).contains("more than 11000 points"));
        let words = PeriodWords { step: Some("1m"), ..PeriodWords::default() };
        assert!(Period::of(words, now(), MONTH).unwrap_err().error().contains("need `since`"));
    }
}

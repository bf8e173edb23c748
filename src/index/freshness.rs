//! Whether what is known still holds, and whether a source may be asked again.

use super::Section;
use crate::model::Validators;
use crate::sys::FileFacts;
use crate::sys::clock::UnixTime;
use std::time::Duration;

/// How long things hold.
#[derive(Clone, Copy, Debug)]
pub struct FreshnessPolicy {
    /// How old an answer may be.
    pub time_to_live: Duration,
    /// How long a source that failed is left alone.
    pub pause: Duration,
}

impl Default for FreshnessPolicy {
    fn default() -> Self {
        Self { time_to_live: Duration::from_mins(10), pause: Duration::from_mins(1) }
    }
}

/// What is to be done about a remote source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Nothing: what is known is young enough.
    Fresh,
    /// It may be asked again.
    Due,
    /// It failed recently and is not queried now.
    Paused,
}

impl FreshnessPolicy {
    /// What is to be done about the source of `section`. A time in the future, as after the clock was set
    /// back, proves nothing.
    pub fn judge(&self, section: Option<&Section>, now: UnixTime) -> Freshness {
        let within = |moment: Option<UnixTime>, span: Duration| {
            moment.and_then(|moment| now.since(moment)).is_some_and(|age| age < span)
        };
        let Some(section) = section else { return Freshness::Due };
        if within(section.failed, self.pause) {
            Freshness::Paused
        } else if section.failed.is_none() && within(section.answered, self.time_to_live) {
            Freshness::Fresh
        } else {
            Freshness::Due
        }
    }
}

/// Whether every file and folder that was read is still what it was.
pub fn holds(validators: &Validators) -> bool {
    !validators.watched.is_empty()
        && validators
            .watched
            .iter()
            .all(|(path, was)| FileFacts::from_path(path).ok().map(|facts| facts.identity) == *was)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn young_old_failed_and_from_the_future() {
        let policy = FreshnessPolicy::default();
        let now = UnixTime(10_000_000);
        let section = |answered: Option<u64>, failed: Option<u64>| Section {
            answered: answered.map(UnixTime),
            failed: failed.map(UnixTime),
            ..Section::default()
        };
        for (section, expected) in [
            (None, Freshness::Due),
            (Some(section(Some(9_999_000), None)), Freshness::Fresh),
            (Some(section(Some(9_000_000), None)), Freshness::Due),
            (Some(section(Some(9_999_000), Some(9_990_000))), Freshness::Paused),
            (Some(section(Some(9_999_000), Some(9_900_000))), Freshness::Due),
            (Some(section(Some(11_000_000), None)), Freshness::Due),
        ] {
            assert_eq!(policy.judge(section.as_ref(), now), expected, "{section:?}");
        }
    }
}

//! Which numbers and which moments stand at an axis, and how they are written.
//!
//! It must not know how large an axis is drawn.

use std::time::{Duration, UNIX_EPOCH};

/// Years further away than anybody measures.
const FURTHEST: f64 = 2.5e11;

/// The axis of the values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    is_log: bool,
}

impl Scale {
    /// The axis for all of `values`.
    pub(super) fn of(values: impl Iterator<Item = f64>, is_log: bool) -> Self {
        let fits = |value: &f64| value.is_finite() && value.abs() < 1e300 && (!is_log || *value > 1e-300);
        // The difference of two that are smaller may be no usual number.
        let round = |value: f64| if !is_log && value.abs() < 1e-290 { 0.0 } else { value };
        let (low, high) = values
            .filter(fits)
            .map(round)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            return Self { low: 1.0, high: 10.0, is_log };
        }
        if is_log {
            let (low, high) = (low.log10().floor(), high.log10().ceil());
            let high = if low < high { high } else { low + 1.0 };
            return Self { low, high, is_log };
        }
        let (low, high) = if high - low > high.abs().max(low.abs()) * 1e-12 {
            (low, high)
        } else {
            // All the same: it is drawn in the middle.
            let around = if low == 0.0 { 1.0 } else { low.abs() / 2.0 };
            (low - around, high + around)
        };
        // What is near zero begins there: lengths can be compared then.
        let low = if low > 0.0 && low < high / 2.0 { 0.0 } else { low };
        let high = if high < 0.0 && high > low / 2.0 { 0.0 } else { high };
        Self { low, high, is_log }
    }

    /// Where a value stands, from 0 to 1; none for what the axis cannot have.
    pub(super) fn position(&self, value: f64) -> Option<f64> {
        let value = if self.is_log { value.log10() } else { value };
        let position = (value - self.low) / (self.high - self.low);
        (position.is_finite() && (-0.001..=1.001).contains(&position)).then(|| position.clamp(0.0, 1.0))
    }

    /// Round numbers on the axis, `most` at most, and how each is written.
    pub(super) fn ticks(&self, most: usize, unit: &str) -> Vec<(f64, String)> {
        let most = most.max(2);
        if self.is_log {
            let decades = self.high - self.low;
            let step = (decades / whole(most - 1)).ceil().max(1.0);
            let decade = |at: usize| 10_f64.powf(self.low + whole(at) * step);
            let ticks = (0..most).map(decade).take_while(|tick| tick.log10() <= self.high + 1e-9);
            return ticks.map(|tick| (tick, number(tick, tick, unit))).collect();
        }
        let step = round_step((self.high - self.low) / whole(most), unit);
        let first = (self.low / step - 1e-9).ceil();
        let ticks = (0..most * 2).map(|at| (first + whole(at)) * step);
        let ticks = ticks.take_while(|tick| *tick <= self.high + step * 1e-9).take(most + 1);
        let largest = self.low.abs().max(self.high.abs());
        ticks.map(|tick| (tick, scaled(if tick == 0.0 { 0.0 } else { tick }, largest, step, unit))).collect()
    }

    /// A number of the axis, as it stands in a legend.
    pub(super) fn shown(&self, value: f64, unit: &str) -> String {
        let step = if self.is_log { value.abs() / 100.0 } else { (self.high - self.low) / 1000.0 };
        number(value, step.max(value.abs() / 1e6), unit)
    }
}

fn whole(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::from(u32::MAX), f64::from)
}

/// 1, 2 or 5 times a power of ten, or of two for bytes, which is at least `least`.
fn round_step(least: f64, unit: &str) -> f64 {
    let least = if least.is_normal() { least } else { 1.0 };
    if is_bytes(unit) && least > 1.0 {
        return 2_f64.powf(least.log2().ceil());
    }
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0]
        .iter()
        .map(|factor| factor * power)
        .find(|step| *step >= least * 0.999)
        .unwrap_or(power * 10.0)
}

fn is_bytes(unit: &str) -> bool {
    matches!(unit.to_lowercase().as_str(), "bytes" | "byte" | "b")
}

/// A number with as many digits as tell it from one that is `step` away.
pub(super) fn number(value: f64, step: f64, unit: &str) -> String {
    scaled(value, value.abs(), step, unit)
}

/// The same with the prefix that `largest` has.
fn scaled(value: f64, largest: f64, step: f64, unit: &str) -> String {
    const OF_BYTES: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    const OF_OTHERS: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];
    if !value.is_finite() {
        return "-".to_owned();
    }
    let (base, prefixes): (f64, _) = if is_bytes(unit) { (1024.0, OF_BYTES) } else { (1000.0, OF_OTHERS) };
    if largest >= base.powi(7) || (largest != 0.0 && largest < 1e-6) {
        return format!("{value:.2e}");
    }
    let mut divisor = 1.0;
    let mut prefix = "";
    for next in &prefixes[1..] {
        if largest < divisor * base {
            break;
        }
        divisor *= base;
        prefix = next;
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let decimals = (0..9).find(|decimals| step / divisor * 10_f64.powi(*decimals) > 0.999).unwrap_or(9);
    let text = format!("{:.*}", usize::try_from(decimals).unwrap_or(0), value / divisor);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let sign = if matches!(unit, "%" | "percent") { "%" } else { "" };
    format!("{text}{prefix}{sign}")
}

/// The axis of time, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TimeScale {
    pub(super) begin: f64,
    pub(super) end: f64,
}

impl TimeScale {
    /// The axis for all of `moments`.
    pub(super) fn of(moments: impl Iterator<Item = f64>) -> Self {
        let (begin, end) = moments
            .filter(|moment| is_moment(*moment))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(begin, end), moment| {
                (begin.min(moment), end.max(moment))
            });
        match () {
            () if begin > end => Self { begin: 0.0, end: 60.0 },
            () if end - begin < 1e-3 => Self { begin: begin - 30.0, end: end + 30.0 },
            () => Self { begin, end },
        }
    }

    /// Where a moment stands, from 0 to 1.
    pub(super) fn position(&self, moment: f64) -> Option<f64> {
        let position = (moment - self.begin) / (self.end - self.begin);
        (0.0..=1.0).contains(&position).then_some(position)
    }

    /// Round moments, `most` at most, and how each is written.
    pub(super) fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        const STEPS: [f64; 27] = [
            1.0,
            2.0,
            5.0,
            10.0,
            15.0,
            30.0,
            60.0,
            120.0,
            300.0,
            600.0,
            900.0,
            1800.0,
            3600.0,
            7200.0,
            10_800.0,
            21_600.0,
            43_200.0,
            DAY,
            2.0 * DAY,
            7.0 * DAY,
            14.0 * DAY,
            30.0 * DAY,
            90.0 * DAY,
            365.0 * DAY,
            3650.0 * DAY,
            36_500.0 * DAY,
            365_000.0 * DAY,
        ];
        let most = most.max(1);
        let least = (self.end - self.begin) / whole(most);
        let step = STEPS.into_iter().find(|step| *step >= least).unwrap_or(3_650_000.0 * DAY);
        let first = (self.begin / step).ceil() * step;
        let ticks = (0..=most).map(|at| first + whole(at) * step).take_while(|tick| *tick <= self.end);
        ticks.map(|tick| (tick, written(tick, step))).collect()
    }

    /// From when to when, in words.
    pub(super) fn span(&self) -> String {
        let (begin, end) = (shown(self.begin), shown(self.end));
        let (day, moment) = end.split_at(end.len().min(10));
        if begin.starts_with(day) {
            format!("{begin} –{moment} UTC")
        } else {
            format!("{begin} – {end} UTC")
        }
    }
}

const DAY: f64 = 86_400.0;

fn is_moment(moment: f64) -> bool {
    (0.0..FURTHEST).contains(&moment)
}

/// `2026-03-02 12:00:00`.
fn shown(moment: f64) -> String {
    let moment = UNIX_EPOCH + Duration::try_from_secs_f64(moment.clamp(0.0, FURTHEST)).unwrap_or_default();
    humantime::format_rfc3339_seconds(moment).to_string().replace('T', " ").trim_end_matches('Z').to_owned()
}

/// As much of a moment as tells it from one that is `step` away.
fn written(moment: f64, step: f64) -> String {
    let text = shown(moment);
    let part = match () {
        () if step < 60.0 => text.get(11..19),
        () if step < DAY => text.get(11..16),
        () if step < 90.0 * DAY => text.get(5..10),
        () => text.get(..7),
    };
    part.unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(low: f64, high: f64, unit: &str) -> Vec<String> {
        let scale = Scale::of([low, high].into_iter(), false);
        scale.ticks(5, unit).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn round_numbers_stand_at_the_axis() {
        assert_eq!(labels(0.0, 10.0, ""), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(labels(0.0, 4096.0, "bytes"), ["0", "1Ki", "2Ki", "3Ki", "4Ki"]);
        assert_eq!(labels(990.0, 1000.5, "%").first().map(String::as_str), Some("0.99k%"));
        assert_eq!(labels(0.0, 0.004, ""), ["0", "0.001", "0.002", "0.003", "0.004"]);
        assert_eq!(labels(5.0, 5.0, ""), ["0", "2", "4", "6"]);
        let log = Scale::of([1.0, 1500.0].into_iter(), true).ticks(5, "");
        assert_eq!(
            log.iter().map(|(_, label)| label.as_str()).collect::<Vec<_>>(),
            ["1", "10", "100", "1k", "10k"]
        );
    }

    #[test]
    fn moments_are_written_as_finely_as_they_lie() {
        let ticks = |length: f64| {
            let scale = TimeScale::of([1_772_452_800.0, 1_772_452_800.0 + length].into_iter());
            scale.ticks(4).into_iter().map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(ticks(3600.0), ["12:00", "12:15", "12:30", "12:45", "13:00"]);
        assert_eq!(ticks(20.0), ["12:00:00", "12:00:05", "12:00:10", "12:00:15", "12:00:20"]);
        assert_eq!(ticks(3.0 * DAY), ["03-03", "03-04", "03-05"]);
        assert_eq!(
            TimeScale { begin: 1_772_452_800.0, end: 1_772_456_400.0 }.span(),
            "2026-03-02 12:00:00 – 13:00:00 UTC"
        );
    }

    proptest! {
        #[test]
        fn ticks_rise_and_lie_on_the_axis(low in any::<f64>(), high in any::<f64>(), is_log in any::<bool>(), most in 0usize..40) {
            let scale = Scale::of([low, high].into_iter(), is_log);
            let ticks = scale.ticks(most, "");
            prop_assert!(ticks.len() <= most.max(2) + 1);
            prop_assert!(ticks.windows(2).all(|pair| pair[0].0 < pair[1].0), "{ticks:?}");
            prop_assert!(ticks.iter().all(|(tick, _)| scale.position(*tick).is_some()), "{scale:?} {ticks:?}");
            let time = TimeScale::of([low, high].into_iter());
            let ticks = time.ticks(most);
            prop_assert!(ticks.windows(2).all(|pair| pair[0].0 < pair[1].0), "{ticks:?}");
            prop_assert!(ticks.iter().all(|(tick, _)| time.position(*tick).is_some()), "{time:?} {ticks:?}");
        }
    }
}

//! What Prometheus answers, as series for people and programs: a name that tells them apart, exact labels, points.
//!
//! It must not know where they come from, nor who sees them.

use crate::problem::ProblemBody;
use crate::prometheus::{RawSeries, too_large};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// How many points one answer may have: what a client reads within its own limits.
const MOST_POINTS: usize = 200_000;
/// How long a name may be, in characters.
const LONGEST_NAME: usize = 200;
/// The label that has the name of a metric.
const METRIC: &str = "__name__";
/// The label that has the address of an exporter.
const INSTANCE: &str = "instance";

/// A value of Prometheus: a number, or a text where JSON has no number for it (`NaN`, `+Inf`, `-Inf`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SampleValue(pub(crate) f64);

impl SampleValue {
    /// As Prometheus writes it.
    pub(crate) fn read(text: &str) -> Self {
        Self(text.parse().unwrap_or(f64::NAN))
    }
}

impl Serialize for SampleValue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(number) = *self;
        if number.is_nan() {
            serializer.serialize_str("NaN")
        } else if number.is_infinite() {
            serializer.serialize_str(if number > 0.0 { "+Inf" } else { "-Inf" })
        } else if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 {
            #[expect(clippy::cast_possible_truncation, reason = "a whole number that fits")]
            serializer.serialize_i64(number as i64)
        } else {
            serializer.serialize_f64(number)
        }
    }
}

/// A point.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct SeriesPoint {
    /// When
    #[schema(value_type = String, format = DateTime)]
    pub(crate) time: Timestamp,
    /// The value; a text for NaN and infinities
    #[schema(value_type = f64)]
    pub(crate) value: SampleValue,
}

/// A series.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Series {
    /// What tells it from the others
    pub(crate) name: String,
    /// The last value; a text for NaN and infinities
    #[schema(value_type = f64)]
    pub(crate) value: SampleValue,
    /// The least value
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub(crate) min: Option<SampleValue>,
    /// The greatest value
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    pub(crate) max: Option<SampleValue>,
    /// All labels
    pub(crate) labels: BTreeMap<String, String>,
    /// The values over time, if a range was asked for
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) points: Vec<SeriesPoint>,
}

/// How series are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeriesStyle<'a> {
    /// What one is called that has nothing of its own.
    pub(crate) otherwise: &'a str,
    /// The labels that name a series; those that differ, where none is chosen.
    pub(crate) legend: &'a [String],
    /// How many are wanted.
    pub(crate) most: usize,
}

/// The series of an answer, and how many there are beyond those.
pub(crate) fn series(raw: &[RawSeries], style: SeriesStyle<'_>) -> Result<(Vec<Series>, usize), ProblemBody> {
    let shown = &raw[..raw.len().min(style.most)];
    if shown.iter().map(|one| one.values().count()).sum::<usize>() > MOST_POINTS {
        return Err(too_large());
    }
    let mut differing = differing(shown);
    // Where a series is scraped from says little to people, if something else tells it apart.
    let others: Vec<String> = differing.iter().filter(|label| *label != INSTANCE).cloned().collect();
    let of_others =
        |one: &RawSeries| others.iter().map(|label| one.metric.get(label).cloned()).collect::<Vec<_>>();
    let distinct: BTreeSet<_> = shown.iter().map(of_others).collect();
    if distinct.len() == shown.len() {
        differing = others;
    }
    let found = shown.iter().filter_map(|one| {
        let points: Vec<SeriesPoint> = one.values().filter_map(|(time, value)| point(time, value)).collect();
        let last = points.last().map(|point| point.value);
        let value = last.or_else(|| one.value().map(|(_, value)| SampleValue::read(value)))?;
        let numbers = || points.iter().map(|point| point.value.0).filter(|number| !number.is_nan());
        Some(Series {
            name: name(one, &differing, style),
            value,
            min: numbers().reduce(f64::min).map(SampleValue),
            max: numbers().reduce(f64::max).map(SampleValue),
            labels: one.metric.clone(),
            points,
        })
    });
    Ok((found.collect(), raw.len() - shown.len()))
}

fn point(time: f64, value: &str) -> Option<SeriesPoint> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a moment in milliseconds; one that is none is left out"
    )]
    let time = Timestamp::from_millisecond((time * 1000.0).round() as i64).ok()?;
    Some(SeriesPoint { time, value: SampleValue::read(value) })
}

/// The labels that are not the same in all series.
fn differing(raw: &[RawSeries]) -> Vec<String> {
    let mut names: Vec<&String> = raw.iter().flat_map(|one| one.metric.keys()).collect();
    names.sort();
    names.dedup();
    let differs = |name: &&String| raw.iter().any(|one| one.metric.get(*name) != raw[0].metric.get(*name));
    names.into_iter().filter(differs).cloned().collect()
}

/// `up{pod=shop-1}`, with the labels that tell the series apart.
fn name(one: &RawSeries, differing: &[String], style: SeriesStyle<'_>) -> String {
    let value = |label: &String| one.metric.get(label).map(String::as_str).filter(|value| !value.is_empty());
    let text = if style.legend.is_empty() {
        let labels = differing.iter().filter(|label| *label != METRIC);
        let labels: Vec<String> =
            labels.filter_map(|label| Some(format!("{label}={}", value(label)?))).collect();
        let metric = one.metric.get(METRIC).map(String::as_str).unwrap_or_default();
        match (metric, labels.as_slice()) {
            ("", []) => style.otherwise.to_owned(),
            (metric, []) => metric.to_owned(),
            (metric, labels) => format!("{metric}{{{}}}", labels.join(", ")),
        }
    } else {
        let values: Vec<&str> = style.legend.iter().filter_map(value).collect();
        if values.is_empty() { style.otherwise.to_owned() } else { values.join(" ") }
    };
    match text.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_series_apart() {
        let raw = [
            RawSeries::of(&[("__name__", "up"), ("job", "x"), ("pod", "a")], "1"),
            RawSeries::of(&[("__name__", "up"), ("job", "x"), ("pod", "b")], "NaN"),
        ];
        let style = SeriesStyle { otherwise: "up * 2", legend: &[], most: 10 };
        let names = |raw: &[RawSeries], style| -> Vec<String> {
            series(raw, style).unwrap().0.into_iter().map(|series| series.name).collect()
        };
        assert_eq!(names(&raw, style), ["up{pod=a}", "up{pod=b}"]);
        assert_eq!(names(&raw[..1], style), ["up"]);
        assert_eq!(names(&[RawSeries::of(&[("job", "x")], "1")], style), ["up * 2"]);
        let scraped = [
            RawSeries::of(&[("instance", "x:1"), ("pod", "a")], "1"),
            RawSeries::of(&[("instance", "x:2"), ("pod", "b")], "1"),
            RawSeries::of(&[("instance", "x:3"), ("pod", "b")], "1"),
        ];
        assert_eq!(names(&scraped[..2], style), ["{pod=a}", "{pod=b}"]);
        assert_eq!(names(&scraped[1..], style), ["{instance=x:2}", "{instance=x:3}"]);
        let legend = ["job".to_owned(), "pod".to_owned()];
        assert_eq!(names(&raw, SeriesStyle { legend: &legend, ..style }), ["x a", "x b"]);
        let (found, more) = series(&raw, SeriesStyle { most: 1, ..style }).unwrap();
        assert_eq!((found.len(), more), (1, 1));
    }

    #[test]
    fn values_are_numbers_where_json_has_one() {
        let written = |text: &str| serde_json::to_string(&SampleValue::read(text)).unwrap();
        for (text, expected) in [
            ("1", "1"),
            ("-0.5", "-0.5"),
            ("1e+20", "1e+20"),
            ("1.5e-9", "1.5e-9"),
            ("NaN", "\"NaN\""),
            ("+Inf", "\"+Inf\""),
            ("-Inf", "\"-Inf\""),
        ] {
            assert_eq!(written(text), expected);
        }
    }
}

//! The points of an answer: lines over time, or a number for each category. By `x-cli-plot`, and where a document has none,
//! by what the answer looks like.
//!
//! It must not know how they are drawn.

use super::cell::{RecordValue, plain, record_value};
use super::moment::point_in_time;
use super::point_place::{is_time_name, number, point_place, series_place};
use super::view::rows;
use crate::model::CleanText;
use crate::openapi::plot::{DeclaredPlot, PlotUnit};
use crate::openapi::wrapping::heading;
use crate::openapi::{ApiCommand, Pointer};
use everestctl_rows::case::kebab;
use serde_json::Value;
use std::collections::HashMap;
use std::time::UNIX_EPOCH;

/// How deep points are looked for.
const DEEPEST: usize = 4;

/// More series than anybody looks at; each has a line in memory only.
const MOST_SERIES: usize = 1000;

/// More charts than anybody looks at.
const MOST_CHARTS: usize = 50;

/// So many rows are looked at to learn what they are.
const LOOKED_AT: usize = 100;

/// The points of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerPoints {
    /// What the values are.
    pub unit: CleanText,
    /// The points.
    pub kind: PointsKind,
}

/// Points that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerChart {
    /// What they have in common; empty where they are all that there is.
    pub title: CleanText,
    /// The points.
    pub points: AnswerPoints,
}

/// What points are.
#[derive(Clone, Debug, PartialEq)]
pub enum PointsKind {
    /// Series in time.
    Series(Vec<PointSeries>),
    /// A number for each category.
    Categories(Vec<(CleanText, f64)>),
}

/// A series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PointSeries {
    /// Its name.
    pub name: CleanText,
    /// Seconds since 1970, and the value where there is one.
    pub points: Vec<(f64, Option<f64>)>,
}

/// An answer without points.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPoints {
    /// Nothing looks like points.
    #[error(
        "-o plot: the response has no points: neither rows with a moment and a number, nor lists of points such as [[time, value], …], nor rows with a name and a number"
    )]
    NothingLike,
    /// `x-cli-plot` fits nothing that came.
    #[error("-o plot: the response has no points where the plugin says that they are: {0}")]
    NotThere(CleanText),
    /// There are no rows, and so no points.
    #[error("-o plot: the response is empty")]
    Empty,
}

/// The points of `value`, which `command` answered, in the charts that they are of: one, unless the document has several.
pub fn charts(command: &ApiCommand, value: &Value) -> Result<Vec<AnswerChart>, NoPoints> {
    let list = rows(command, value);
    let declared = command.answer.plot.as_deref();
    let Some((plot, chart)) = declared.and_then(|plot| Some((plot, plot.chart.as_ref()?))) else {
        return Ok(vec![AnswerChart { title: CleanText::default(), points: points(command, value)? }]);
    };
    let mut groups: Vec<(CleanText, Vec<SeriesItem<'_>>)> = Vec::new();
    for item in items(plot, value, list).unwrap_or_default() {
        let title = chart.find(item.1).map(plain).unwrap_or_default();
        match groups.iter().position(|(known, _)| *known == title) {
            Some(at) => groups[at].1.push(item),
            None if groups.len() < MOST_CHARTS => groups.push((title, vec![item])),
            None => {}
        }
    }
    let is_empty = groups.is_empty();
    let made = groups.into_iter().filter_map(|(title, group)| {
        let whole = group.first().map_or(value, |(_, item)| *item);
        Some(AnswerChart { title, points: read_items(plot, unit(plot, whole), &group)? })
    });
    let charts: Vec<AnswerChart> = made.collect();
    match charts.is_empty() {
        true if is_empty => Err(NoPoints::Empty),
        true => Err(NoPoints::NotThere(places(plot))),
        false => Ok(charts),
    }
}

/// The points of `value`, which `command` answered.
fn points(command: &ApiCommand, value: &Value) -> Result<AnswerPoints, NoPoints> {
    let list = rows(command, value);
    if let Some(declared) = &command.answer.plot {
        let found = read(declared, value, list);
        return found.ok_or_else(|| match list {
            Some([]) => NoPoints::Empty,
            _ => NoPoints::NotThere(places(declared)),
        });
    }
    if list.is_some_and(<[Value]>::is_empty) {
        return Err(NoPoints::Empty);
    }
    let of_rows = list.and_then(|rows| Some((guessed(rows.iter())?, rows)));
    if let Some((guess, rows)) = of_rows
        && let Some(found) = read(&guess, value, Some(rows))
    {
        return Ok(found);
    }
    search(value, value, DEEPEST).ok_or(NoPoints::NothingLike)
}

/// Looks for something like points in what is below `value`.
fn search(whole: &Value, value: &Value, depth: usize) -> Option<AnswerPoints> {
    let deeper = |below: &Value| depth.checked_sub(1).and_then(|depth| search(whole, below, depth));
    match value {
        Value::Array(items) => {
            // The points themselves, without anything around them.
            let own = DeclaredPlot { series: None, ..guessed(std::iter::once(value)).unwrap_or_default() };
            let is_points = !own.values.is_empty() && point_place(items.first()?).is_some();
            let only = std::slice::from_ref(value);
            if is_points {
                return read(&own, whole, Some(only));
            }
            let guess = guessed(items.iter());
            guess
                .and_then(|guess| read(&guess, whole, Some(items)))
                .or_else(|| items.iter().take(1).find_map(deeper))
        }
        Value::Object(members) => {
            let by_name = members.values().filter(|member| series_place(member).is_some()).count();
            if by_name > 0 {
                let list = |member: &&Value| series_place(member).is_some();
                let series: Vec<(&String, &Value)> =
                    members.iter().filter(|(_, member)| list(member)).take(MOST_SERIES).collect();
                let found = series.into_iter().filter_map(|(name, list)| {
                    let (time, value) = series_place(list)?;
                    let points = list.as_array()?.iter();
                    let points = points
                        .filter_map(|point| Some((seconds(time.find(point)?)?, number(value.find(point)))));
                    Some(PointSeries { name: CleanText::new(name), points: points.collect() })
                });
                let kind = PointsKind::Series(found.collect());
                return Some(AnswerPoints { unit: unit_of(whole), kind });
            }
            members.values().find_map(deeper)
        }
        _ => None,
    }
}

/// What reads points of `items`, by what they look like.
fn guessed<'v>(items: impl Iterator<Item = &'v Value>) -> Option<DeclaredPlot> {
    let items: Vec<&Value> = items.take(LOOKED_AT).collect();
    let first = *items.first()?;
    // A list of points for each series, itself or in a member.
    if let Some((time, value)) = series_place(first) {
        let below = |place: &Pointer| Pointer::from_steps([&["*".to_owned()], place.steps()].concat());
        return Some(DeclaredPlot {
            time: Some(below(&time)),
            values: vec![below(&value)],
            ..DeclaredPlot::default()
        });
    }
    let members = first.as_object()?;
    for (name, member) in members {
        if let Some((time, value)) = series_place(member) {
            let below = |place: &Pointer| {
                Pointer::from_steps([&[name.clone(), "*".to_owned()], place.steps()].concat())
            };
            return Some(DeclaredPlot {
                time: Some(below(&time)),
                values: vec![below(&value)],
                labels: naming(&items, Some(name)),
                ..DeclaredPlot::default()
            });
        }
    }
    // Rows that are points.
    let all = |name: &str, is: &dyn Fn(&Value) -> bool| {
        let mut values =
            items.iter().filter_map(|item| item.get(name)).filter(|value| !value.is_null()).peekable();
        values.peek().is_some() && values.all(is)
    };
    let is_time = |name: &&String| is_time_name(name) && all(name, &|value| point_in_time(value).is_some());
    let time = members.keys().find(is_time);
    let is_value = |name: &&String| {
        let kebab = kebab(name);
        Some(*name) != time
            && !(kebab == "id" || kebab.ends_with("-id") || is_time_name(name))
            && all(name, &Value::is_number)
    };
    let values: Vec<Pointer> =
        members.keys().filter(is_value).map(|name| Pointer::from_property(name)).collect();
    let labels = naming(&items, None);
    if values.is_empty() || (time.is_none() && labels.is_empty()) {
        return None;
    }
    Some(DeclaredPlot {
        time: time.map(|name| Pointer::from_property(name)),
        // Numbers of one category are of different kinds.
        values: if time.is_some() { values } else { values.into_iter().take(1).collect() },
        labels: if time.is_some() { varying(&items, &labels) } else { labels.into_iter().take(1).collect() },
        ..DeclaredPlot::default()
    })
}

/// What names the items: their labels, or texts.
fn naming(items: &[&Value], but: Option<&String>) -> Vec<Pointer> {
    let Some(members) = items.first().and_then(|item| item.as_object()) else { return Vec::new() };
    let texts = members.iter().filter(|(name, value)| {
        Some(*name) != but && (value.is_string() && point_in_time(value).is_none() || is_labels(value))
    });
    let mut names: Vec<&String> = texts.map(|(name, _)| name).collect();
    let best =
        |name: &&String| matches!(kebab(name).as_str(), "name" | "metric" | "labels" | "title" | "label");
    if let Some(best) = names.iter().copied().find(best) {
        names = vec![best];
    }
    names.into_iter().take(3).map(|name| Pointer::from_property(name)).collect()
}

/// Those of `labels` by which rows fall into a few series.
fn varying(items: &[&Value], labels: &[Pointer]) -> Vec<Pointer> {
    let falls = |label: &&Pointer| {
        let mut seen: Vec<String> =
            items.iter().filter_map(|item| label.find(item)).map(Value::to_string).collect();
        let count = seen.len();
        seen.sort();
        seen.dedup();
        seen.len() > 1 && seen.len() * 2 <= count
    };
    labels.iter().filter(falls).cloned().collect()
}

fn is_labels(value: &Value) -> bool {
    value.as_object().is_some_and(|members| !members.is_empty() && members.values().all(Value::is_string))
}

/// A series, with its name if it has one around it.
type SeriesItem<'v> = (Option<&'v String>, &'v Value);

/// The points where `plot` says that they are.
fn read(plot: &DeclaredPlot, whole: &Value, rows: Option<&[Value]>) -> Option<AnswerPoints> {
    read_items(plot, unit(plot, whole), &items(plot, whole, rows)?)
}

/// What the values in `whole` are.
fn unit(plot: &DeclaredPlot, whole: &Value) -> CleanText {
    match &plot.unit {
        Some(PlotUnit::Always(unit)) => unit.clone(),
        Some(PlotUnit::At(place)) => place.find(whole).map(plain).unwrap_or_default(),
        None => unit_of(whole),
    }
}

/// The series where `plot` says that they are.
fn items<'v>(
    plot: &DeclaredPlot,
    whole: &'v Value,
    rows: Option<&'v [Value]>,
) -> Option<Vec<SeriesItem<'v>>> {
    Some(match plot.series.as_ref().map(|place| place.find(whole)) {
        Some(Some(Value::Array(items))) => items.iter().map(|item| (None, item)).collect(),
        Some(Some(Value::Object(members))) if plot.is_by_name(members) => {
            members.iter().map(|(name, item)| (Some(name), item)).collect()
        }
        Some(Some(one)) => vec![(None, one)],
        Some(None) => return None,
        None => match rows {
            Some(rows) => rows.iter().map(|item| (None, item)).collect(),
            None => vec![(None, whole)],
        },
    })
}

fn read_items(plot: &DeclaredPlot, unit: CleanText, items: &[SeriesItem<'_>]) -> Option<AnswerPoints> {
    let name = |own: Option<&String>, item: &Value, value: &Pointer| {
        let mut parts: Vec<String> = own.cloned().into_iter().collect();
        parts.extend(plot.labels.iter().filter_map(|label| label.find(item)).map(label_text));
        if plot.values.len() > 1 || parts.iter().all(String::is_empty) {
            parts.extend(
                value.steps().iter().rfind(|step| *step != "*" && step.parse::<usize>().is_err()).cloned(),
            );
        }
        parts.retain(|part| !part.is_empty());
        CleanText::new(&parts.join(" "))
    };
    let bars = |values: &[Pointer]| {
        let bars = items.iter().take(MOST_SERIES).flat_map(|(own, item)| {
            values.iter().filter_map(|value| Some((name(*own, item, value), number(value.find(item))?)))
        });
        let bars: Vec<_> = bars.collect();
        (!bars.is_empty()).then(|| AnswerPoints { unit: unit.clone(), kind: PointsKind::Categories(bars) })
    };
    let Some(time) = &plot.time else { return bars(&plot.values) };
    let (list, moment) = split(time);
    let mut series: Vec<PointSeries> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (own, item) in items {
        let points: &[Value] = match &list {
            Some(list) => list.find(item).and_then(Value::as_array).map_or(&[], Vec::as_slice),
            None => std::slice::from_ref(item),
        };
        for value in &plot.values {
            let place = split(value).1;
            let name = name(*own, item, value);
            let next = series.len();
            // Rows of one name are one series; lists are one each.
            let at = if list.is_some() { next } else { *known.entry(name.to_string()).or_insert(next) };
            if at == next {
                if next >= MOST_SERIES {
                    continue;
                }
                series.push(PointSeries { name, points: Vec::new() });
            }
            let points = points
                .iter()
                .filter_map(|point| Some((seconds(moment.find(point)?)?, number(place.find(point)))));
            if let Some(series) = series.get_mut(at) {
                series.points.extend(points);
            }
        }
    }
    let has_points = series.iter().any(|series| !series.points.is_empty());
    if has_points {
        return Some(AnswerPoints { unit, kind: PointsKind::Series(series) });
    }
    bars(plot.bar.as_slice())
}

impl DeclaredPlot {
    /// Whether an object is series by name, and no series itself.
    fn is_by_name(&self, members: &serde_json::Map<String, Value>) -> bool {
        let whole = Value::from(members.clone());
        let begin =
            self.time.as_ref().or(self.values.first()).map(|place| split(place).0.unwrap_or(place.clone()));
        begin.is_none_or(|begin| begin.find(&whole).is_none())
    }
}

/// Columns and records for programs: each point is one, with what names its series. `None` where the document does not say
/// that series have lists of points, or none has any.
pub(super) fn point_records(
    command: &ApiCommand,
    value: &Value,
) -> Option<(Vec<CleanText>, Vec<Vec<RecordValue>>)> {
    let plot = command.answer.plot.as_deref()?;
    let (Some(list), moment) = split(plot.time.as_ref()?) else { return None };
    let name = |place: &Pointer| heading(place.steps().last().map_or("value", String::as_str));
    let names: Vec<&Pointer> = plot.chart.iter().chain(&plot.labels).collect();
    let places: Vec<Pointer> = plot.values.iter().map(|value| split(value).1).collect();
    let time = [CleanText::new("TIME")];
    let of_values = plot.values.iter().map(|place| match place.steps().last() {
        // `/points/*/1`, `/points/*/v`: no name says more.
        Some(step) if step.parse::<usize>().is_ok() || step.len() == 1 => CleanText::new("VALUE"),
        _ => name(place),
    });
    let mut headers: Vec<CleanText> =
        names.iter().map(|place| name(place)).chain(time).chain(of_values).collect();
    let has_units = plot.unit.is_some();
    headers.extend(has_units.then(|| CleanText::new("UNIT")));
    let mut records = Vec::new();
    for (_, item) in items(plot, value, rows(command, value))? {
        let of_series: Vec<RecordValue> =
            names.iter().map(|place| record_value(place.find(item)?, None)).collect();
        let unit = match plot.chart {
            Some(_) => unit(plot, item),
            None => unit(plot, value),
        };
        for point in list.find(item).and_then(Value::as_array).into_iter().flatten() {
            let of_point = std::iter::once(&moment).chain(&places);
            let mut record = of_series.clone();
            record.extend(of_point.map(|place| record_value(place.find(point)?, None)));
            record.extend(has_units.then(|| Some(unit.to_string())));
            records.push(record);
        }
    }
    (!records.is_empty()).then_some((headers, records))
}

/// Labels as `name=value`, texts as they are.
fn label_text(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let name = members.get("__name__").map(text).unwrap_or_default();
            let labels: Vec<String> = members
                .iter()
                .filter(|(name, _)| *name != "__name__")
                .map(|(name, value)| format!("{name}={}", text(value)))
                .collect();
            if labels.is_empty() { name } else { format!("{name}{{{}}}", labels.join(", ")) }
        }
        other => plain(other).to_string(),
    }
}

/// Where a list of points is, and where something in each of them.
fn split(place: &Pointer) -> (Option<Pointer>, Pointer) {
    match place.steps().iter().rposition(|step| step == "*") {
        Some(at) => {
            let (list, rest) = place.steps().split_at(at);
            (Some(Pointer::from_steps(list.to_vec())), Pointer::from_steps(rest[1..].to_vec()))
        }
        None => (None, place.clone()),
    }
}

fn unit_of(whole: &Value) -> CleanText {
    whole.get("unit").and_then(Value::as_str).map(CleanText::new).unwrap_or_default()
}

fn seconds(value: &Value) -> Option<f64> {
    let moment = point_in_time(value)?;
    Some(match moment.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    })
}

fn places(plot: &DeclaredPlot) -> CleanText {
    let shown = |place: &Pointer| format!("/{}", place.steps().join("/"));
    let places = plot.series.iter().chain(&plot.time).chain(&plot.values).map(shown);
    CleanText::new(&places.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(plot: &Value, answer: &Value) -> Result<AnswerPoints, NoPoints> {
        charts_of(plot, answer).map(|mut charts| charts.remove(0).points)
    }

    fn charts_of(plot: &Value, answer: &Value) -> Result<Vec<AnswerChart>, NoPoints> {
        let mut operation = json!({"responses": {"200": {"content": {"application/json": {"schema": {}}}}}});
        if !plot.is_null() {
            operation["x-cli-plot"] = plot.clone();
        }
        let document = json!({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/x": {"get": operation}}});
        charts(&crate::openapi::read(document.to_string().as_bytes()).unwrap().commands[0], answer)
    }

    fn series(points: AnswerPoints) -> Vec<(String, Vec<Option<f64>>)> {
        let PointsKind::Series(series) = points.kind else { panic!("{points:?}") };
        let values = |series: PointSeries| series.points.into_iter().map(|(_, value)| value).collect();
        series.into_iter().map(|series| (series.name.to_string(), values(series))).collect()
    }

    #[test]
    fn points_are_where_the_document_says() {
        let plot = json!({"series": "/series", "time": "/points/*/t", "value": "/points/*/v", "unit": "/unit", "labels": "/name"});
        let answer = json!({"unit": "bytes", "series": [{"name": "a", "points": [{"t": 1_772_452_200_000_i64, "v": 1}, {"t": 1_772_452_500_000_i64, "v": null}]},
            {"name": "b", "points": []}]});
        let found = of(&plot, &answer).unwrap();
        assert_eq!(found.unit.as_str(), "bytes");
        assert_eq!(series(found), [("a".to_owned(), vec![Some(1.0), None]), ("b".to_owned(), vec![])]);
        let missing = of(&plot, &json!({"series": [{"name": "a"}]})).unwrap_err();
        assert!(missing.to_string().contains("/series, /points/*/t, /points/*/v"), "{missing}");
        let rows = json!([{"at": "2026-03-02T12:00:00Z", "db": "x", "n": 1, "m": 5}, {"at": "2026-03-02T12:00:00Z", "db": "y", "n": "2", "m": "NaN"}]);
        let found =
            of(&json!({"time": "/at", "value": ["/n", "/m"], "labels": "/db", "unit": "rows"}), &rows)
                .unwrap();
        assert_eq!(found.unit.as_str(), "rows");
        let expected = [("x n", Some(1.0)), ("x m", Some(5.0)), ("y n", Some(2.0)), ("y m", None)];
        assert_eq!(series(found), expected.map(|(name, value)| (name.to_owned(), vec![value])));
        let bars = of(&json!({"value": "/n", "labels": "/db"}), &rows).unwrap();
        assert!(matches!(bars.kind, PointsKind::Categories(bars) if bars[1].0.as_str() == "y"));
    }

    #[test]
    fn series_without_points_are_bars_and_charts_are_apart() {
        let mut plot = json!({"series": "/series", "time": "/points/*/t", "value": "/points/*/v", "unit": "/unit", "labels": "/name"});
        let point = json!([{"t": 1_772_452_200, "v": 1}]);
        let answer = json!({"unit": "whole", "series": [
            {"name": "a", "panel": "One", "unit": "bytes", "value": 1, "points": point},
            {"name": "b", "panel": "Two", "unit": "s", "value": 2},
            {"name": "c", "panel": "One", "unit": "bytes", "value": 3, "points": point},
            {"name": "d", "panel": "Two", "unit": "s", "value": "NaN"},
        ]});
        let without = json!({"series": [{"name": "b", "value": 2}]});
        assert!(matches!(of(&plot, &without), Err(NoPoints::NotThere(_))));
        plot["bar"] = json!("/value");
        let bars = of(&plot, &without).unwrap();
        assert!(matches!(bars.kind, PointsKind::Categories(bars) if bars == [(CleanText::new("b"), 2.0)]));
        plot["chart"] = json!("/panel");
        let found = charts_of(&plot, &answer).unwrap();
        let titles: Vec<_> =
            found.iter().map(|chart| (chart.title.as_str(), chart.points.unit.as_str())).collect();
        assert_eq!(titles, [("One", "bytes"), ("Two", "s")]);
        assert!(matches!(&found[0].points.kind, PointsKind::Series(series) if series.len() == 2));
        assert!(matches!(&found[1].points.kind, PointsKind::Categories(bars) if bars.len() == 1));
        assert_eq!(charts_of(&plot, &json!({"series": []})), Err(NoPoints::Empty));
    }

    #[test]
    fn each_point_is_a_record() {
        let plot = json!({"series": "/series", "time": "/points/*/t", "value": "/points/*/v", "unit": "/unit", "labels": "/name"});
        let operation = json!({"x-cli-plot": plot, "responses": {"200": {"content": {"application/json": {"schema": {}}}}}});
        let document = json!({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/x": {"get": operation}}});
        let descriptor = crate::openapi::read(document.to_string().as_bytes()).unwrap();
        let answer = json!({"unit": "s", "series": [
            {"name": "a", "points": [{"t": 1, "v": 1.5}, {"t": 2, "v": null}]}, {"name": "b", "points": []}]});
        let (headers, records) = point_records(&descriptor.commands[0], &answer).unwrap();
        assert_eq!(
            headers.iter().map(CleanText::as_str).collect::<Vec<_>>(),
            ["NAME", "TIME", "VALUE", "UNIT"]
        );
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            records,
            [vec![text("a"), text("1"), text("1.5"), text("s")], vec![text("a"), text("2"), None, text("s")],]
        );
        assert_eq!(point_records(&descriptor.commands[0], &json!({"series": [{"name": "a"}]})), None);
    }

    #[test]
    fn points_are_found_without_a_word() {
        let prometheus = json!({"status": "success", "data": {"resultType": "matrix", "result": [
            {"metric": {"__name__": "up", "job": "node"}, "values": [[1_772_452_200, "1"], [1_772_452_500, "NaN"]]}]}});
        assert_eq!(
            series(of(&Value::Null, &prometheus).unwrap()),
            [("up{job=node}".to_owned(), vec![Some(1.0), None])]
        );
        let by_name = json!({"unit": "s", "cpu": [[1_772_452_200, 1]], "memory": [[1_772_452_200, 2]]});
        assert_eq!(series(of(&Value::Null, &by_name).unwrap()).len(), 2);
        let rows: Vec<Value> = (0..8).map(|at| json!({"time": 1_772_452_200 + at / 2 * 60, "host": format!("h{}", at % 2), "load": at, "id": at})).collect();
        let found = series(of(&Value::Null, &json!({"items": rows})).unwrap());
        assert_eq!(found[0], ("h0".to_owned(), vec![Some(0.0), Some(2.0), Some(4.0), Some(6.0)]));
        let bars = of(&Value::Null, &json!([{"name": "a", "size": 3}, {"name": "b", "size": 4}])).unwrap();
        assert!(matches!(bars.kind, PointsKind::Categories(bars) if bars.len() == 2));
        for none in [json!({"name": "x"}), json!(["a"]), json!(1), json!([{"a": "b"}])] {
            assert_eq!(of(&Value::Null, &none), Err(NoPoints::NothingLike), "{none}");
        }
        assert_eq!(of(&Value::Null, &json!([])), Err(NoPoints::Empty));
    }
}

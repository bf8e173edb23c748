//! The points of a series in one word: how many they are, and how long they span.
//!
//! It must not know where they are shown.

use super::moment::{point_in_time, span};
use crate::openapi::column_names;
use everestctl_rows::case::kebab;
use serde_json::Value;

/// A point has no more members than a moment and a few values.
const MEMBERS: usize = 4;

/// `60 points over 59m`; `None` when the items are no points in time.
pub(super) fn summary(items: &[Value]) -> Option<String> {
    let (first, last) = (items.first()?, items.last()?);
    if items.len() < 2 {
        return None;
    }
    let place = place(first)?;
    let moment = |point: &Value| point_in_time(place.of(point)?);
    if !items.iter().all(|item| moment(item).is_some()) {
        return None;
    }
    let (begin, end) = (moment(first)?, moment(last)?);
    let length = end.duration_since(begin).or_else(|_| begin.duration_since(end)).ok()?;
    Some(format!("{} points over {}", items.len(), span(length)))
}

/// Where a point has its moment.
#[derive(Clone, Copy)]
enum MomentPlace<'v> {
    First,
    Member(&'v str),
}

impl MomentPlace<'_> {
    fn of(self, point: &Value) -> Option<&Value> {
        match self {
            Self::First => point.as_array()?.first(),
            Self::Member(name) => point.get(name),
        }
    }
}

fn place(point: &Value) -> Option<MomentPlace<'_>> {
    match point {
        Value::Array(parts)
            if (2..=MEMBERS).contains(&parts.len())
                && !parts.iter().any(|part| part.is_array() || part.is_object()) =>
        {
            Some(MomentPlace::First)
        }
        Value::Object(members) if (2..=MEMBERS).contains(&members.len()) => {
            let is_moment = |name: &str| {
                let name = kebab(name);
                matches!(name.as_str(), "t" | "x") || column_names::is_moment(&name)
            };
            let (name, _) = members.iter().find(|(name, _)| is_moment(name))?;
            let is_number = |value: &Value| {
                value.is_null()
                    || value.is_number()
                    || value.as_str().is_some_and(|text| text.parse::<f64>().is_ok())
            };
            // What has texts is an event, and no point.
            let others = members.iter().filter(|(other, _)| *other != name);
            others.into_iter().all(|(_, value)| is_number(value)).then_some(MomentPlace::Member(name))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn points_are_counted_and_spanned() {
        let summary = |value: Value| summary(value.as_array().unwrap());
        let five = Some("2 points over 5m".to_owned());
        assert_eq!(summary(json!([[1_772_452_200, "1"], [1_772_452_500, "2"]])), five);
        assert_eq!(
            summary(json!([{"t": 1_772_452_200_000_i64, "v": 1}, {"t": 1_772_452_500_000_i64, "v": null}])),
            five
        );
        assert_eq!(
            summary(
                json!([{"timestamp": "2026-03-02T11:55:00Z", "value": 1}, {"timestamp": "2026-03-02T12:00:00Z", "value": 2}])
            ),
            five
        );
        for none in [
            json!([]),
            json!([[1_772_452_200, 1]]),
            json!([[1, 2], [3, 4]]),
            json!([{"created": "2026-03-02T11:55:00Z", "name": "a"}, {"created": "2026-03-02T11:56:00Z", "name": "b"}]),
            json!([{"id": 1, "n": 2}, {"id": 2, "n": 3}]),
            json!(["a", "b"]),
        ] {
            assert_eq!(summary(none.clone()), None, "{none}");
        }
    }
}

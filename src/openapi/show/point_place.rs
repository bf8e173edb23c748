//! What looks like a point in time, and where its moment and its value are.
//!
//! It must not know of rows, nor of what a document says.

use super::moment::point_in_time;
use crate::openapi::Pointer;
use crate::openapi::column_names::is_moment;
use everestctl_rows::case::kebab;
use serde_json::Value;

pub(super) fn is_time_name(name: &str) -> bool {
    let name = kebab(name);
    matches!(name.as_str(), "t" | "x" | "ts" | "time" | "bucket" | "minute" | "hour" | "day")
        || is_moment(&name)
}

/// Where a list of points has the moment and the value of each.
pub(super) fn series_place(list: &Value) -> Option<(Pointer, Pointer)> {
    let items = list.as_array()?;
    let place = point_place(items.first()?)?;
    let has_moment = |point: &Value| place.0.find(point).and_then(point_in_time).is_some();
    items.iter().all(has_moment).then_some(place)
}

pub(super) fn point_place(point: &Value) -> Option<(Pointer, Pointer)> {
    let step = |name: &str| Pointer::from_property(name);
    match point {
        Value::Array(parts) if (2..=4).contains(&parts.len()) => {
            point_in_time(parts.first()?)?;
            parts.iter().all(|part| !part.is_array() && !part.is_object()).then(|| (step("0"), step("1")))
        }
        Value::Object(members) if (2..=4).contains(&members.len()) => {
            let is_time =
                |(name, value): &(&String, &Value)| is_time_name(name) && point_in_time(value).is_some();
            let (time, _) = members.iter().find(is_time)?;
            let is_value =
                |value: &Value| value.is_null() || value.is_number() || number(Some(value)).is_some();
            let (value, _) = members.iter().find(|(name, value)| *name != time && is_value(value))?;
            Some((step(time), step(value)))
        }
        _ => None,
    }
}

/// The values of a list of points, in their order; `None` when it is none.
pub(super) fn values(list: &Value) -> Option<Vec<Option<f64>>> {
    let items = list.as_array()?;
    if items.iter().all(|item| item.is_number() || item.is_null()) {
        return Some(items.iter().map(|item| number(Some(item))).collect());
    }
    let (_, place) = series_place(list)?;
    Some(items.iter().map(|point| number(place.find(point))).collect())
}

/// A number, or a text that is one; what is not finite is no value.
pub(super) fn number(value: Option<&Value>) -> Option<f64> {
    let number = match value? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite())
}

//! Where something is in an answer: a JSON pointer, one property name, or names with dots between them;
//! `*` stands for the first member there is, and `-1` for the last of a list. It must not know what the answer means.

use super::limits;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::fmt;

/// A place below a value. The empty pointer is the value itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pointer(Vec<String>);

impl Pointer {
    /// Reads `/spec/type`, `spec.type`, `.spec.type` or `name`; `None` when it is too long to mean something.
    pub fn new(text: &str) -> Option<Self> {
        if text.len() > limits::ROUTE {
            return None;
        }
        let steps: Vec<String> = if let Some(rest) = text.strip_prefix('/') {
            rest.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
        } else if text.is_empty() || text == "." {
            Vec::new()
        } else {
            text.strip_prefix('.').unwrap_or(text).split('.').map(str::to_owned).collect()
        };
        (steps.len() <= limits::DEPTH).then_some(Self(steps))
    }

    /// The place of one property.
    pub fn from_property(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }

    /// The place of `steps`.
    pub fn from_steps(steps: Vec<String>) -> Self {
        Self(steps)
    }

    /// The steps from the root, unescaped.
    pub fn steps(&self) -> &[String] {
        &self.0
    }

    /// What is there.
    pub fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, step| match value {
            Value::Object(members) => {
                members.get(step).or_else(|| members.values().next().filter(|_| step == "*"))
            }
            Value::Array(items) => items.get(index(step, items.len())?),
            _ => None,
        })
    }

    /// The same in the text that `value` was read from.
    pub fn find_raw<'b>(&self, value: &Value, text: &'b RawValue) -> Option<&'b RawValue> {
        let start = (value, text);
        let found = self.0.iter().try_fold(start, |(value, text), step| match value {
            Value::Object(members) => {
                let first = || members.iter().next().filter(|_| step == "*");
                let (name, below) = members.get_key_value(step).or_else(first)?;
                let texts: HashMap<String, &RawValue> = serde_json::from_str(text.get()).ok()?;
                Some((below, *texts.get(name)?))
            }
            Value::Array(items) => {
                let at = index(step, items.len())?;
                let texts: Vec<&RawValue> = serde_json::from_str(text.get()).ok()?;
                Some((items.get(at)?, *texts.get(at)?))
            }
            _ => None,
        });
        found.map(|(_, text)| text)
    }

    /// Everything that is there when `*` means every member.
    pub fn find_all<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        let mut found = vec![value];
        for step in &self.0 {
            found = found.into_iter().flat_map(|value| members(value, step)).collect();
        }
        found
    }
}

fn members<'v>(value: &'v Value, step: &str) -> Vec<&'v Value> {
    match value {
        Value::Object(members) if step == "*" && !members.contains_key(step) => members.values().collect(),
        Value::Array(items) if step == "*" => items.iter().collect(),
        Value::Object(members) => members.get(step).into_iter().collect(),
        Value::Array(items) => index(step, items.len()).and_then(|at| items.get(at)).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The item of a list that `step` means; one with a minus counts from the end.
fn index(step: &str, length: usize) -> Option<usize> {
    match step.strip_prefix('-') {
        _ if step == "*" => Some(0),
        Some(back) => length.checked_sub(back.parse().ok().filter(|back| *back > 0)?),
        None => step.parse().ok(),
    }
}

/// The JSON pointer.
impl fmt::Display for Pointer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|step| write!(formatter, "/{}", step.replace('~', "~0").replace('/', "~1")))
    }
}

impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pointer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).ok_or_else(|| serde::de::Error::custom("not a JSON pointer"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn the_three_spellings_lead_to_the_same_place() {
        let value = json!({"spec": {"type": "pg", "a/b": 1}, "name": "x"});
        for text in ["/spec/type", "spec.type", ".spec.type"] {
            assert_eq!(Pointer::new(text).unwrap().find(&value), Some(&json!("pg")), "{text}");
        }
        assert_eq!(Pointer::new("/spec/a~1b").unwrap().find(&value), Some(&json!(1)));
        assert_eq!(Pointer::new("name").unwrap().find(&value), Some(&json!("x")));
        assert_eq!(Pointer::new("").unwrap().find(&value), Some(&value));
        assert_eq!(Pointer::new("/nothing/here").unwrap().find(&value), None);
    }

    #[test]
    fn a_minus_counts_from_the_end_of_a_list() {
        let value = json!({"points": [{"v": 1}, {"v": 2}], "none": []});
        let find = |text: &str| Pointer::new(text).unwrap().find(&value).cloned();
        assert_eq!(find("/points/-1/v"), Some(json!(2)));
        assert_eq!(find("/points/-2/v"), Some(json!(1)));
        for text in ["/points/-3/v", "/points/-0/v", "/points/-/v", "/points/--1", "/none/-1"] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn a_star_is_the_first_member_or_every_one() {
        let value =
            json!({"channels": {"stable": {"version": "1"}, "edge": {"version": "2"}}, "items": [1, 2]});
        let pointer = Pointer::new("/channels/*/version").unwrap();
        assert_eq!(pointer.find(&value), Some(&json!("1")));
        assert_eq!(pointer.find_all(&value), [&json!("1"), &json!("2")]);
        assert_eq!(Pointer::new("/items/*").unwrap().find_all(&value), [&json!(1), &json!(2)]);
    }

    proptest! {
        #[test]
        fn a_pointer_is_read_back_as_it_was_written(steps in proptest::collection::vec(".{0,8}", 1..6)) {
            let pointer = Pointer::from_steps(steps);
            prop_assert_eq!(Pointer::new(&pointer.to_string()), Some(pointer));
        }
    }
}

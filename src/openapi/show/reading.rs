//! JSON of an answer → a value, whatever numbers and texts are in it: one that no value can hold, `1e400` or half of a
//! surrogate pair, is there as the text that it was. One odd cell must not spoil a table.
//!
//! It must not know what the answer means.

use crate::model::limits::{self, Excess};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// How deep it is looked for what is odd: an object, its rows, one of them, a cell.
const DEEPEST: usize = 4;

/// Why an answer is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is not JSON.
    NotJson,
    /// It is more than is read.
    TooMuch(Excess),
}

/// The value.
pub fn read_answer(json: &[u8]) -> Result<Value, Unread> {
    limits::check(json).map_err(Unread::TooMuch)?;
    let odd = || Some(value(serde_json::from_slice(json).ok()?, DEEPEST));
    serde_json::from_slice(json).ok().or_else(odd).ok_or(Unread::NotJson)
}

fn value(json: &RawValue, depth: usize) -> Value {
    let text = json.get();
    if let Ok(value) = serde_json::from_str(text) {
        return value;
    }
    let as_it_is = || Value::String(text.to_owned());
    let Some(depth) = depth.checked_sub(1) else { return as_it_is() };
    if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(text) {
        return items.into_iter().map(|item| value(item, depth)).collect();
    }
    let Ok(Members(members)) = serde_json::from_str(text) else { return as_it_is() };
    Value::Object(members.into_iter().map(|(name, member)| (name, value(member, depth))).collect())
}

/// The members of an object in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn what_no_value_holds_stands_there_as_text() {
        let inner = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let deep = format!("[{inner}]");
        let body = format!(
            r#"{{"z": 1, "rows": [{{"b": 1e400, "a": "\ud800", "d": {{"x": [1e999]}}, "deep": {deep}}}]}}"#
        );
        let read = read_answer(body.as_bytes()).unwrap();
        assert_eq!(
            read,
            json!({"z": 1, "rows": [{"b": "1e400", "a": r#""\ud800""#, "d": {"x": "[1e999]"}, "deep": [inner]}]})
        );
        let names: Vec<_> = read["rows"][0].as_object().unwrap().keys().collect();
        assert_eq!(names, ["b", "a", "d", "deep"]);
        for wrong in ["", "{", "[1,]", "nul", "{\"a\": 1e400", "<html>"] {
            assert_eq!(read_answer(wrong.as_bytes()), Err(Unread::NotJson), "{wrong}");
        }
        let deep = "[".repeat(50_000);
        assert_eq!(read_answer(deep.as_bytes()), Err(Unread::TooMuch(Excess::Depth)));
    }

    proptest! {
        #[test]
        fn what_is_usual_is_read_as_usual(text in r#"[\[\]{}",:0-9a-z\\ .e-]{0,40}"#) {
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                prop_assert_eq!(read_answer(text.as_bytes()), Ok(value));
            }
        }
    }
}

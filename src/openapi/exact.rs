//! JSON whose numbers are the digits that were typed: `0.10` stays `0.10`, and no number is too long.
//!
//! It must not know where a value came from, nor where it goes.

use crate::model::limits;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// A value of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExactJson {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as JSON writes it.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// The members of an object in their order; of those with one name, the last counts.
    Object(Vec<(String, Self)>),
}

impl ExactJson {
    /// Reads JSON; `None` when it is none, or nests too deep.
    pub fn read(text: &str) -> Option<Self> {
        limits::check(text.as_bytes()).ok()?;
        Self::of(serde_json::from_str(text).ok()?)
    }

    fn of(raw: &RawValue) -> Option<Self> {
        let text = raw.get();
        Some(match text.as_bytes().first()? {
            b'n' => Self::Null,
            b't' | b'f' => Self::Bool(text == "true"),
            b'"' => Self::Text(serde_json::from_str(text).ok()?),
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                Self::List(items.into_iter().map(Self::of).collect::<Option<_>>()?)
            }
            b'{' => {
                let Members(members) = serde_json::from_str(text).ok()?;
                let member = |(name, raw)| Some((name, Self::of(raw)?));
                Self::Object(members.into_iter().map(member).collect::<Option<_>>()?)
            }
            _ => Self::Number(text.to_owned()),
        })
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// Whether it is a list or an object.
    pub fn is_nested(&self) -> bool {
        matches!(self, Self::List(_) | Self::Object(_))
    }

    /// The member of this name; `None` when there is none, or it is no object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// The member of this name, which is made where there is none; `None` when it is no object.
    pub(super) fn entry(&mut self, name: &str) -> Option<&mut Self> {
        let Self::Object(members) = self else { return None };
        let at = members.iter().rposition(|(other, _)| other == name).unwrap_or_else(|| {
            members.push((name.to_owned(), Self::Null));
            members.len() - 1
        });
        members.get_mut(at).map(|(_, value)| value)
    }

    /// The value as it is typed: a text without quotes.
    pub fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

impl From<&Value> for ExactJson {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(is) => Self::Bool(*is),
            Value::Number(number) => Self::Number(number.to_string()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(members) => {
                Self::Object(members.iter().map(|(name, value)| (name.clone(), value.into())).collect())
            }
        }
    }
}

impl From<&str> for ExactJson {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// As compact JSON.
impl fmt::Display for ExactJson {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted =
            |formatter: &mut fmt::Formatter<'_>, text: &str| write!(formatter, "{}", Value::from(text));
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Bool(is) => write!(formatter, "{is}"),
            Self::Number(number) => formatter.write_str(number),
            Self::Text(text) => quoted(formatter, text),
            Self::List(items) => {
                formatter.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    write!(formatter, "{}{item}", if at == 0 { "" } else { "," })?;
                }
                formatter.write_str("]")
            }
            Self::Object(members) => {
                formatter.write_str("{")?;
                for (at, (name, value)) in members.iter().enumerate() {
                    formatter.write_str(if at == 0 { "" } else { "," })?;
                    quoted(formatter, name)?;
                    write!(formatter, ":{value}")?;
                }
                formatter.write_str("}")
            }
        }
    }
}

/// The members of an object in their order.
pub(super) struct Members<'a>(pub(super) Vec<(String, &'a RawValue)>);

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

    #[test]
    fn digits_and_order_stay() {
        let text =
            r#"{"z":0.10000000000000000001,"a":[1e400,-0,1.00,"\n",null,true],"z":12345678901234567890123}"#;
        let value = ExactJson::read(text).unwrap();
        assert_eq!(value.to_string(), text);
        assert_eq!(value.get("z").unwrap().plain(), "12345678901234567890123");
        assert_eq!(ExactJson::read(" [ 1 , {} ] ").unwrap().to_string(), "[1,{}]");
        for wrong in ["", "{", "[1,]", "01", "nul", "\"\\ud800\"", "1 2", &"[".repeat(10_000)] {
            assert_eq!(ExactJson::read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_the_same(text in r#"[\[\]{}",:0-9a-z\\ .e-]{0,30}"#) {
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                let exact = ExactJson::read(&text).unwrap();
                prop_assert_eq!(serde_json::from_str::<Value>(&exact.to_string()).unwrap(), value);
            }
        }
    }
}

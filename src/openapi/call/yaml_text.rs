//! YAML that was given where JSON is expected, digit for digit. Only lists and objects count: any word is YAML.
//!
//! It is read twice: first for what is a number, then for the digits of each. It must not know what the value is for.

use crate::openapi::yaml_options::yaml_options;
use crate::openapi::{ExactJson, limits};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::fmt;

/// Values of a text, with what aliases repeat.
const MOST: usize = 1_000_000;

/// Reads `text`; `None` when it is no list and no object in YAML, or too much.
pub(super) fn read(text: &str) -> Option<ExactJson> {
    let kinds = pass(text, None)?;
    if !kinds.is_nested() {
        return None;
    }
    pass(text, Some(&kinds))
}

fn pass(text: &str, kinds: Option<&ExactJson>) -> Option<ExactJson> {
    let options = yaml_options(MOST, MOST);
    let left = Cell::new(MOST);
    serde_yaml::with_deserializer_from_str_with_options(text, options, |reader| {
        YamlValue { kinds, left: &left, depth: 0 }.deserialize(reader)
    })
    .ok()
}

/// One value; `kinds`: the same of the first time.
#[derive(Clone, Copy)]
struct YamlValue<'k> {
    kinds: Option<&'k ExactJson>,
    left: &'k Cell<usize>,
    depth: usize,
}

impl<'k> YamlValue<'k> {
    fn below<E: serde::de::Error>(self, kinds: Option<&'k ExactJson>) -> Result<Self, E> {
        let left = self.left.get().checked_sub(1).filter(|_| self.depth < limits::DEPTH);
        self.left.set(left.ok_or_else(|| E::custom("too much"))?);
        Ok(Self { kinds, depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for YamlValue<'_> {
    type Value = ExactJson;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<ExactJson, D::Error> {
        match self.kinds {
            Some(ExactJson::Number(number)) => {
                // As it is written, where JSON writes it so, too: not `0x1F`.
                let digits = reader.deserialize_str(Digits)?;
                let is_json =
                    serde_json::from_str::<&serde_json::value::RawValue>(&digits).is_ok_and(|raw| {
                        raw.get().starts_with(|first: char| first == '-' || first.is_ascii_digit())
                    });
                Ok(ExactJson::Number(if is_json { digits } else { number.clone() }))
            }
            _ => reader.deserialize_any(self),
        }
    }
}

struct Digits;

impl Visitor<'_> for Digits {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a number")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.trim().to_owned())
    }
}

impl<'de> Visitor<'de> for YamlValue<'_> {
    type Value = ExactJson;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<ExactJson, E> {
        Ok(ExactJson::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<ExactJson, E> {
        Ok(ExactJson::Number(value.to_string()))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<ExactJson, E> {
        Ok(ExactJson::Number(value.to_string()))
    }

    fn visit_i128<E: serde::de::Error>(self, value: i128) -> Result<ExactJson, E> {
        Ok(ExactJson::Number(value.to_string()))
    }

    fn visit_u128<E: serde::de::Error>(self, value: u128) -> Result<ExactJson, E> {
        Ok(ExactJson::Number(value.to_string()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<ExactJson, E> {
        let number = serde_json::Number::from_f64(value).ok_or_else(|| E::custom("not a number of JSON"))?;
        Ok(ExactJson::Number(number.to_string()))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<ExactJson, E> {
        Ok(ExactJson::Text(value.to_owned()))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<ExactJson, E> {
        Ok(ExactJson::Null)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<ExactJson, E> {
        Ok(ExactJson::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, reader: D) -> Result<ExactJson, D::Error> {
        self.deserialize(reader)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut reader: A) -> Result<ExactJson, A::Error> {
        let known = match self.kinds {
            Some(ExactJson::List(items)) => items.as_slice(),
            _ => &[],
        };
        let mut items = Vec::new();
        while let Some(item) = reader.next_element_seed(self.below(known.get(items.len()))?)? {
            items.push(item);
        }
        Ok(ExactJson::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut reader: A) -> Result<ExactJson, A::Error> {
        let known = match self.kinds {
            Some(ExactJson::Object(members)) => members.as_slice(),
            _ => &[],
        };
        let mut members: Vec<(String, ExactJson)> = Vec::new();
        while let Some(key) = reader.next_key::<String>()? {
            let kinds = known.get(members.len()).map(|(_, kinds)| kinds);
            let value = reader.next_value_seed(self.below(kinds)?)?;
            if members.iter().any(|(other, _)| *other == key) {
                return Err(A::Error::custom("duplicate key"));
            }
            members.push((key, value));
        }
        Ok(ExactJson::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_is_json_digit_for_digit() {
        let shown = |text: &str| read(text).map(|value| value.to_string());
        let text = "a: 1\nprice: 0.10000000000000000001\nbig: 123456789012345678901234567890\nhex: 0x1F\n\
                    word: on\nquoted: \"1.0\"\nnone: ~\nlist: [1.50, x, true]\ndeep:\n  - b: -2.0\n  - {}\n";
        assert_eq!(
            shown(text).unwrap(),
            r#"{"a":1,"price":0.10000000000000000001,"big":123456789012345678901234567890,"hex":31,"word":"on","quoted":"1.0","none":null,"list":[1.50,"x",true],"deep":[{"b":-2.0},{}]}"#
        );
        assert_eq!(shown("- 1\n- &x {a: 2.0}\n- *x\n").unwrap(), r#"[1,{"a":2.0},{"a":2.0}]"#);
        for text in ["", "x", "1", "a: [", "a: 1\na: 2", "a: .nan", "--- {a: 1}\n--- {b: 1}\n"] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn an_alias_bomb_is_not_a_body() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let before = format!("*a{}, ", level - 1).repeat(10);
            let line = format!("a{level}: &a{level} [{}]\n", before.trim_end_matches(", "));
            bomb.push_str(&line);
        }
        assert_eq!(read(&bomb), None);
        assert_eq!(read(&format!("{}1{}", "[".repeat(100), "]".repeat(100))), None);
    }
}

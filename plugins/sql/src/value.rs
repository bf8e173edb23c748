//! What the database writes as text, as JSON: exact, so that nothing is lost on the way.
//!
//! Whole and binary numbers are numbers, `NaN` and infinities texts; `numeric` is a text, since JSON's readers round it;
//! JSON is itself, arrays are lists, everything else is the text that the database writes.

use crate::array;
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use tokio_postgres::types::{Kind, Type};
use utoipa::ToSchema;

/// One column of a result.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ResultColumn {
    /// Its name, which another column may have too.
    pub(crate) name: String,
    /// Its name in the rows, which no other column has.
    pub(crate) key: String,
    /// Name of the type of the column.
    #[serde(rename = "type")]
    pub(crate) type_name: String,
    /// Whether its values are numbers.
    pub(crate) numeric: bool,
    #[serde(skip)]
    form: ValueFormat,
    /// `"key":`, as it is in each row.
    #[serde(skip)]
    label: Vec<u8>,
}

/// How a value is written.
#[derive(Clone, Debug)]
enum ValueFormat {
    Number,
    Boolean,
    Json,
    Text,
    List { element: Box<ValueFormat>, delimiter: u8 },
}

/// What stands between the elements of an array, by the number of their type.
pub(crate) type Delimiters = HashMap<u32, u8>;

/// The number of the type of an array's elements, where the database does not come with that type.
pub(crate) fn added_element(kind: &Type) -> Option<u32> {
    match kind.kind() {
        Kind::Array(element) if Type::from_oid(element.oid()).is_none() => Some(element.oid()),
        Kind::Domain(base) => added_element(base),
        _ => None,
    }
}

/// The columns, each with its own key: `id`, `id_2`.
pub(crate) fn columns<'a>(
    described: impl Iterator<Item = (&'a str, &'a Type)>,
    delimiters: &Delimiters,
) -> Vec<ResultColumn> {
    let described: Vec<_> = described.collect();
    let mut keys = HashSet::new();
    let given: HashSet<&str> = described.iter().map(|(name, _)| *name).collect();
    let mut column = |(name, kind): &(&str, &Type)| {
        let mut key = (*name).to_owned();
        let mut number = 2;
        while !keys.insert(key.clone()) {
            // A column that has this very name keeps it.
            loop {
                key = format!("{name}_{number}");
                number += 1;
                if !given.contains(key.as_str()) {
                    break;
                }
            }
        }
        let label = format!("{}:", serde_json::Value::from(key.as_str())).into_bytes();
        let form = ValueFormat::of(kind, delimiters);
        let numeric = matches!(form, ValueFormat::Number) || **kind == Type::NUMERIC;
        ResultColumn { name: (*name).to_owned(), key, type_name: kind.to_string(), numeric, form, label }
    };
    described.iter().map(&mut column).collect()
}

impl ResultColumn {
    /// A column of numbers.
    pub(crate) fn count(name: &str) -> Self {
        let mut made = columns(std::iter::once((name, &Type::INT8)), &Delimiters::new());
        made.remove(0)
    }

    /// Writes `"key":value`.
    pub(crate) fn write(&self, value: Option<&str>, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.label);
        match value {
            None => out.extend_from_slice(b"null"),
            Some(text) => self.form.write(text, out),
        }
    }
}

impl ValueFormat {
    fn of(kind: &Type, delimiters: &Delimiters) -> Self {
        match kind.kind() {
            Kind::Array(element) => {
                // The one type that uses something else, of those that the database comes with.
                let usual = if *element == Type::BOX { b';' } else { b',' };
                let delimiter = delimiters.get(&element.oid()).copied().unwrap_or(usual);
                return Self::List { element: Box::new(Self::of(element, delimiters)), delimiter };
            }
            Kind::Domain(base) => return Self::of(base, delimiters),
            _ => {}
        }
        match *kind {
            Type::INT2 | Type::INT4 | Type::INT8 | Type::OID | Type::FLOAT4 | Type::FLOAT8 => Self::Number,
            Type::BOOL => Self::Boolean,
            Type::JSON | Type::JSONB => Self::Json,
            _ => Self::Text,
        }
    }

    fn write(&self, text: &str, out: &mut Vec<u8>) {
        match self {
            // `NaN` and `Infinity` are not numbers of JSON.
            Self::Number if text.ends_with(|last: char| last.is_ascii_digit()) => {
                out.extend_from_slice(text.as_bytes());
            }
            Self::Boolean => out.extend_from_slice(if text == "t" { b"true" } else { b"false" }),
            // The type `json` keeps the line ends that stood between its parts; within texts there are none.
            Self::Json => {
                out.extend(text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }));
            }
            Self::List { element, delimiter } => {
                let start = out.len();
                let written = array::write(text, *delimiter, out, &|text, out| element.write(text, out));
                if written.is_none() {
                    out.truncate(start);
                    quote(text, out);
                }
            }
            Self::Number | Self::Text => quote(text, out),
        }
    }
}

fn quote(text: &str, out: &mut Vec<u8>) {
    // Writing into memory does not fail.
    let _ = serde_json::to_writer(out, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(kind: &Type, text: &str) -> String {
        let mut out = Vec::new();
        ValueFormat::of(kind, &Delimiters::new()).write(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_is_lost() {
        for (kind, text, json) in [
            (Type::INT8, "-9223372036854775808", "-9223372036854775808"),
            (Type::FLOAT8, "1e-05", "1e-05"),
            (Type::FLOAT8, "NaN", "\"NaN\""),
            (Type::FLOAT8, "-Infinity", "\"-Infinity\""),
            (Type::NUMERIC, "12345678901234567890.10", "\"12345678901234567890.10\""),
            (Type::BOOL, "t", "true"),
            (Type::TEXT, "a\"\u{1}\n", r#""a\"\u0001\n""#),
            (Type::JSON, "{\"a\":\n 1.10}", "{\"a\":  1.10}"),
            (Type::BYTEA, "\\x00ff", r#""\\x00ff""#),
            (Type::INT4_ARRAY, "{1,NULL}", "[1,null]"),
            (Type::JSON_ARRAY, r#"{"{\"a\": 1}"}"#, r#"[{"a": 1}]"#),
            (Type::BOX_ARRAY, "{(1,1),(0,0);(2,2),(0,0)}", r#"["(1,1),(0,0)","(2,2),(0,0)"]"#),
            (Type::TEXT_ARRAY, "broken", "\"broken\""),
        ] {
            assert_eq!(written(&kind, text), json);
        }
    }

    #[test]
    fn columns_of_one_name_have_keys_of_their_own() {
        let names = ["id", "id", "id_2", "id", "?column?"];
        let made = columns(names.iter().map(|name| (*name, &Type::TEXT)), &Delimiters::new());
        let keys: Vec<&str> = made.iter().map(|column| column.key.as_str()).collect();
        assert_eq!(keys, ["id", "id_3", "id_2", "id_4", "?column?"]);
    }
}

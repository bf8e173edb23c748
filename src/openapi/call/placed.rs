//! A value on its way into a path, a query, a header or a form: a text, a list or the members of an object, each written as
//! OpenAPI's styles have it.
//!
//! It must not know whose value it is, but for what of it is a secret.

use super::UsageError;
use super::argument_value::{self, pair};
use super::encode::{IN_QUERY, QueryBuilder, in_cookie, percent};
use crate::openapi::secrecy::{hide_in_json, hide_names, is_secret_name};
use crate::openapi::{Argument, Encoding, ExactJson, HIDDEN, Repeat, Style, ValueKind};
use std::time::SystemTime;

/// A value outside of a JSON body.
pub(super) enum Placed {
    Text(String),
    List(Vec<String>),
    Members(Vec<(String, ExactJson)>),
}

impl Placed {
    pub(super) fn of_json(value: ExactJson) -> Self {
        match value {
            ExactJson::List(items) => Self::List(items.iter().map(ExactJson::plain).collect()),
            ExactJson::Object(members) => Self::Members(members),
            other => Self::Text(other.plain()),
        }
    }

    /// What was typed for `argument`, which is not empty.
    pub(super) fn of_given(argument: &Argument, given: &[&str], now: SystemTime) -> Result<Self, UsageError> {
        let text = |given: &&str| argument_value::text(argument, given, now);
        Ok(match argument.repeat {
            Repeat::Map => {
                let members = given.iter().map(|given| {
                    let (key, value) = pair(argument, given)?;
                    Ok((key.to_owned(), ExactJson::Text(argument_value::text(argument, value, now)?)))
                });
                Self::Members(members.collect::<Result<_, _>>()?)
            }
            _ if matches!(argument.kind, ValueKind::Json | ValueKind::JsonList | ValueKind::Union { .. }) => {
                Self::of_json(argument_value::values(argument, given, now)?)
            }
            Repeat::List => Self::List(given.iter().map(text).collect::<Result<_, _>>()?),
            Repeat::Either if given.len() > 1 => {
                Self::List(given.iter().map(text).collect::<Result<_, _>>()?)
            }
            Repeat::Once | Repeat::Either => Self::Text(given.last().map_or(Ok(String::new()), text)?),
        })
    }

    /// The same as it may be shown.
    pub(super) fn shown(&self, argument: &Argument) -> Self {
        let hidden = |text: &String| {
            if argument.is_private() { HIDDEN.to_owned() } else { hide_in_json(text) }
        };
        match self {
            Self::Text(text) => Self::Text(hidden(text)),
            Self::List(items) => Self::List(items.iter().map(hidden).collect()),
            Self::Members(members) => {
                let member = |(key, value): &(String, ExactJson)| {
                    let mut value = value.clone();
                    if argument.is_private() || is_secret_name(key) {
                        value = HIDDEN.into();
                    } else if let ExactJson::Text(text) = &value {
                        value = ExactJson::Text(hide_in_json(text));
                    } else {
                        hide_names(&mut value);
                    }
                    (key.clone(), value)
                };
                Self::Members(members.iter().map(member).collect())
            }
        }
    }

    /// In a path, where it is the value of `name`.
    pub(super) fn in_path(&self, name: &str, encoding: Encoding, encoded: impl Fn(&str) -> String) -> String {
        let pairs = |members: &[(String, ExactJson)]| -> Vec<String> {
            let pair =
                |(key, value): &(String, ExactJson)| [&encoded(key), "=", &encoded(&value.plain())].concat();
            members.iter().map(pair).collect()
        };
        match (encoding, self) {
            (Encoding::Usual | Encoding::Styled(_), _) => self.simple(false, encoded),
            (Encoding::Pairs, _) => self.simple(true, encoded),
            (Encoding::Label { explode: true }, Self::List(items)) => {
                each(".", items.iter().map(|item| encoded(item)))
            }
            (Encoding::Label { explode: true }, Self::Members(members)) => each(".", pairs(members)),
            (Encoding::Label { .. }, _) => format!(".{}", self.simple(false, encoded)),
            (Encoding::Matrix { explode: true }, Self::List(items)) => {
                each(&format!(";{}=", encoded(name)), items.iter().map(|item| encoded(item)))
            }
            (Encoding::Matrix { explode: true }, Self::Members(members)) => each(";", pairs(members)),
            (Encoding::Matrix { .. }, _) => format!(";{}={}", encoded(name), self.simple(false, encoded)),
        }
    }

    /// What separates values of a header, where one of them has it.
    pub(super) fn ambiguous(&self, has_pairs: bool) -> Option<char> {
        let has = |texts: &[String], sign: char| texts.iter().any(|text| text.contains(sign));
        match self {
            Self::Text(_) => None,
            Self::List(items) => has(items, ',').then_some(','),
            Self::Members(members) => {
                let keys: Vec<String> = members.iter().map(|(key, _)| key.clone()).collect();
                let values: Vec<String> = members.iter().map(|(_, value)| value.plain()).collect();
                let comma = (has(&keys, ',') || has(&values, ',')).then_some(',');
                comma.or_else(|| (has_pairs && has(&keys, '=')).then_some('='))
            }
        }
    }

    /// The cookies that it is.
    pub(super) fn cookies(&self, name: &str, encoding: Encoding) -> Vec<(String, String)> {
        let one = |value: String| vec![(name.to_owned(), value)];
        match (self, encoding) {
            (Self::List(items), Encoding::Styled(Style::Repeated)) => {
                items.iter().map(|item| (name.to_owned(), in_cookie(item))).collect()
            }
            (Self::Members(members), Encoding::Styled(Style::Repeated)) => {
                members.iter().map(|(key, value)| (percent(key), in_cookie(&value.plain()))).collect()
            }
            _ => one(self.simple(false, in_cookie)),
        }
    }

    /// With commas between, as in a path and a header; members are `k,v`, or pairs `k=v`.
    pub(super) fn simple(&self, has_pairs: bool, encoded: impl Fn(&str) -> String) -> String {
        match self {
            Self::Text(text) => encoded(text),
            Self::List(items) => items.iter().map(|item| encoded(item)).collect::<Vec<_>>().join(","),
            Self::Members(members) => {
                let between = if has_pairs { "=" } else { "," };
                let member = |(key, value): &(String, ExactJson)| {
                    [encoded(key).as_str(), between, &encoded(&value.plain())].concat()
                };
                members.iter().map(member).collect::<Vec<_>>().join(",")
            }
        }
    }

    /// Into a query.
    pub(super) fn write_query(&self, query: &mut QueryBuilder, name: &str, style: Style, is_reserved: bool) {
        let kept = match () {
            // It is a form already.
            () if is_reserved && name.is_empty() => b":/?@!$'()*,;=&+%".as_slice(),
            () if is_reserved => IN_QUERY,
            () => b"",
        };
        match self {
            Self::Text(text) => query.one(name, text, kept),
            Self::List(items) => query.list(name, items, style, kept),
            Self::Members(_) if style == Style::Deep => {
                self.deep(name).iter().for_each(|(name, value)| query.one(name, value, kept));
            }
            Self::Members(members) => {
                let members: Vec<_> =
                    members.iter().map(|(key, value)| (key.clone(), value.plain())).collect();
                query.map(name, &members, style, kept);
            }
        }
    }

    /// The fields of a form.
    pub(super) fn fields(&self, name: &str, encoding: Encoding) -> Vec<(String, String)> {
        let one = |value: String| vec![(name.to_owned(), value)];
        let style = match encoding {
            Encoding::Styled(style) => Some(style),
            _ => None,
        };
        let between = style.and_then(|style| match style {
            Style::Commas => Some(","),
            Style::Spaces => Some(" "),
            Style::Pipes => Some("|"),
            Style::Tabs => Some("\t"),
            Style::Repeated | Style::Deep | Style::Json => None,
        });
        match (self, between) {
            (Self::Text(text), _) => one(text.clone()),
            (Self::List(items), Some(between)) => one(items.join(between)),
            (Self::List(items), None) => items.iter().map(|item| (name.to_owned(), item.clone())).collect(),
            (Self::Members(members), Some(between)) => {
                let flat = members.iter().flat_map(|(key, value)| [key.clone(), value.plain()]);
                one(flat.collect::<Vec<_>>().join(between))
            }
            (Self::Members(_), None) if style == Some(Style::Deep) => self.deep(name),
            (Self::Members(members), None) if style == Some(Style::Repeated) => {
                members.iter().map(|(key, value)| (key.clone(), value.plain())).collect()
            }
            (Self::Members(members), None) => one(ExactJson::Object(members.clone()).to_string()),
        }
    }

    /// `name[key]=value`, however deep; the elements of a list are counted.
    fn deep(&self, name: &str) -> Vec<(String, String)> {
        fn below(name: &str, value: &ExactJson, found: &mut Vec<(String, String)>) {
            match value {
                ExactJson::Object(members) => {
                    for (key, value) in members {
                        below(&format!("{name}[{key}]"), value, found);
                    }
                }
                ExactJson::List(items) => {
                    let items = items.iter().enumerate();
                    items.for_each(|(at, item)| below(&format!("{name}[{at}]"), item, found));
                }
                other => found.push((name.to_owned(), other.plain())),
            }
        }
        let mut found = Vec::new();
        if let Self::Members(members) = self {
            for (key, value) in members {
                below(&format!("{name}[{key}]"), value, &mut found);
            }
        }
        found
    }
}

/// All of `parts`, each behind `sign`.
fn each(sign: &str, parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().fold(String::new(), |mut whole, part| {
        whole.push_str(sign);
        whole.push_str(&part);
        whole
    })
}

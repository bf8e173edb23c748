//! Values into the path, the query, the headers and the fields of a form.
//!
//! It must not know JSON bodies; those are in [`super::body`].

use super::UsageError;
use super::encode::{Query, literal, percent};
use super::request::{Input, Part, given};
use super::values::{self, pair, plain, wrong};
use crate::openapi::{Argument, Command, Form, Kind, Place, Repeat, Style};
use serde_json::Value;

/// The fixed parts encoded, the parameters as they stand.
fn literal_route(route: &str) -> String {
    let mut path = String::with_capacity(route.len());
    let mut rest = route;
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, behind) = behind.split_once('}').unwrap_or((behind, ""));
        path.push_str(&literal(before));
        path.push('{');
        path.push_str(name);
        path.push('}');
        rest = behind;
    }
    path.push_str(&literal(rest));
    path
}

/// A request that grows.
pub(super) struct Making<'c, 'i> {
    pub(super) command: &'c Command,
    pub(super) input: &'i Input<'i>,
    pub(super) path: String,
    pub(super) query: Query,
    pub(super) headers: Vec<(String, String)>,
    pub(super) fields: Vec<Part>,
    pub(super) missing: Vec<String>,
    /// Fields that are missing if a form is sent at all.
    pub(super) missing_fields: Vec<String>,
}

impl<'c, 'i> Making<'c, 'i> {
    pub(super) fn new(command: &'c Command, input: &'i Input<'i>) -> Self {
        let accept = command.answer.accept.as_str();
        let accept = (!accept.is_empty()).then(|| ("accept".to_owned(), accept.to_owned()));
        Self {
            command,
            input,
            path: literal_route(command.route.as_str()),
            query: Query::default(),
            headers: accept.into_iter().collect(),
            fields: Vec::new(),
            missing: Vec::new(),
            missing_fields: Vec::new(),
        }
    }

    pub(super) fn miss(&mut self, argument: &Argument) {
        let shown = argument.shown();
        if !self.missing.contains(&shown) {
            self.missing.push(shown);
        }
    }

    /// Puts an argument into its place, unless that is a JSON body.
    pub(super) fn place(&mut self, argument: &Argument) -> Result<(), UsageError> {
        if matches!(argument.place, Place::Body(_)) {
            return Ok(());
        }
        let now = self.input.now;
        let given = given(argument, self.input);
        let fixed = match (&argument.form, &argument.default) {
            (Form::Constant(constant), _) => Some(constant),
            (_, Some(default)) if argument.required && given.is_empty() => Some(default),
            _ => None,
        };
        let texts: Vec<String> = match fixed {
            Some(Value::Array(items)) if given.is_empty() => items.iter().map(plain).collect(),
            Some(value) if given.is_empty() => vec![plain(value)],
            _ if given.is_empty() => {
                match argument.place {
                    Place::Field(_) if argument.required => self.missing_fields.push(argument.shown()),
                    _ if argument.required => self.miss(argument),
                    _ => {}
                }
                return Ok(());
            }
            _ if argument.repeat == Repeat::Map => return self.map(argument, &given),
            _ => given.iter().map(|given| values::text(argument, given, now)).collect::<Result<_, _>>()?,
        };
        let last = || texts.last().cloned().unwrap_or_default();
        match &argument.place {
            Place::Path(name) => self.path_value(argument, name, &last())?,
            Place::Query { name, style: Style::Json } => {
                let typed = if given.is_empty() {
                    fixed.cloned()
                } else {
                    Some(values::values(argument, &given, now)?)
                };
                self.query.one(name, &typed.unwrap_or(Value::Null).to_string());
            }
            Place::Query { name, style } if argument.repeat == Repeat::List => {
                self.query.list(name, &texts, *style);
            }
            Place::Query { name, .. } => self.query.one(name, &last()),
            Place::Header(name) => self.header(argument, name, &texts.join(","))?,
            Place::Field(name) => {
                let texts = if argument.repeat == Repeat::List { texts } else { vec![last()] };
                for value in texts {
                    let name = name.clone();
                    self.fields.push(if argument.kind == Kind::File {
                        Part::File { name, file: value }
                    } else {
                        Part::Text { name, value }
                    });
                }
            }
            Place::Body(_) | Place::Row(_) => {}
        }
        Ok(())
    }

    fn map(&mut self, argument: &Argument, given: &[&str]) -> Result<(), UsageError> {
        let members = given.iter().map(|given| {
            let (key, value) = pair(argument, given)?;
            Ok((key.to_owned(), values::text(argument, value, self.input.now)?))
        });
        let members: Vec<(String, String)> = members.collect::<Result<_, _>>()?;
        match &argument.place {
            Place::Query { name, style: Style::Json } => {
                let typed = values::values(argument, given, self.input.now)?;
                self.query.one(name, &typed.to_string());
            }
            Place::Query { name, style } => self.query.map(name, &members, *style),
            Place::Header(name) => {
                let pairs: Vec<String> =
                    members.iter().map(|(key, value)| format!("{key},{value}")).collect();
                self.header(argument, name, &pairs.join(","))?;
            }
            Place::Field(name) => {
                let typed = values::values(argument, given, self.input.now)?;
                self.fields.push(Part::Text { name: name.clone(), value: typed.to_string() });
            }
            Place::Path(name) => {
                let pairs: Vec<String> =
                    members.iter().map(|(key, value)| format!("{key},{value}")).collect();
                self.path_value(argument, name, &pairs.join(","))?;
            }
            Place::Body(_) | Place::Row(_) => {}
        }
        Ok(())
    }

    fn path_value(&mut self, argument: &Argument, name: &str, value: &str) -> Result<(), UsageError> {
        let why = if value.is_empty() {
            "is empty, and it is part of the path"
        } else if value.contains('/') {
            "contains `/`, which the server takes for the end of this part of the path"
        } else if matches!(value, "." | "..") {
            "means another path"
        } else if value.chars().any(char::is_control) {
            "has control characters"
        } else {
            // Encoded, a value has no braces and cannot look like another parameter.
            self.path = self.path.replacen(&format!("{{{name}}}"), &percent(value), 1);
            return Ok(());
        };
        Err(wrong(argument, value, why.to_owned()))
    }

    fn header(&mut self, argument: &Argument, name: &str, value: &str) -> Result<(), UsageError> {
        if value.bytes().any(|byte| !matches!(byte, b' '..=b'~')) {
            let why = "has characters that cannot stand in a header".to_owned();
            return Err(wrong(argument, value, why));
        }
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        Ok(())
    }
}

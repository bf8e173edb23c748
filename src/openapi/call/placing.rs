//! Values into the path, the query, the headers and the fields of a form.
//!
//! It must not know JSON bodies; those are in [`super::body`].

use super::UsageError;
use super::argument_value::{self, pair, plain, wrong};
use super::encode::{QueryBuilder, literal, percent};
use super::types::{FormPart, Input, RedactedRequest, given};
use crate::model::below::leaves;
use crate::openapi::secrecy::{hide_in_json, hide_names, is_secret_name};
use crate::openapi::{
    ApiCommand, Argument, ArgumentForm, ArgumentPlace, HIDDEN, Repeat, Style, ValueKind, header,
};
use serde_json::Value;

/// The fixed parts encoded, the parameters as they are.
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
pub(super) struct Making<'c, 'i, F> {
    pub(super) command: &'c ApiCommand,
    pub(super) input: &'i Input<'i, F>,
    pub(super) path: String,
    pub(super) query: QueryBuilder,
    pub(super) headers: Vec<(String, String)>,
    pub(super) fields: Vec<FormPart<F>>,
    /// The same as it may be shown.
    pub(super) shown: RedactedRequest,
    pub(super) shown_query: QueryBuilder,
    pub(super) missing: Vec<String>,
    /// Fields that are missing if a form is sent at all.
    pub(super) missing_fields: Vec<String>,
}

impl<'c, 'i, F: Clone> Making<'c, 'i, F> {
    pub(super) fn new(command: &'c ApiCommand, input: &'i Input<'i, F>) -> Self {
        let accept = command.answer.accept.as_str();
        let accept = (!accept.is_empty()).then(|| ("accept".to_owned(), accept.to_owned()));
        Self {
            command,
            input,
            path: literal_route(command.route.as_str()),
            query: QueryBuilder::default(),
            headers: accept.into_iter().collect(),
            fields: Vec::new(),
            shown: RedactedRequest {
                path: literal_route(command.route.as_str()),
                ..RedactedRequest::default()
            },
            shown_query: QueryBuilder::default(),
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
        match &argument.place {
            ArgumentPlace::Body(_) => return Ok(()),
            ArgumentPlace::Field(name) if argument.kind == ValueKind::File => {
                return self.files(argument, name);
            }
            _ => {}
        }
        let now = self.input.now;
        let given = given(argument, self.input);
        let fixed = match (&argument.form, &argument.default) {
            (ArgumentForm::Constant(constant), _) => Some(constant),
            (_, Some(default)) if argument.required && given.is_empty() => Some(default),
            _ => None,
        };
        let texts: Vec<String> = match fixed {
            Some(Value::Array(items)) if given.is_empty() => items.iter().map(plain).collect(),
            Some(value) if given.is_empty() => vec![plain(value)],
            _ if given.is_empty() => {
                match argument.place {
                    ArgumentPlace::Field(_) if argument.required => {
                        self.missing_fields.push(argument.shown());
                    }
                    _ if argument.required => self.miss(argument),
                    _ => {}
                }
                return Ok(());
            }
            _ if argument.repeat == Repeat::Map => return self.map(argument, &given),
            _ => given
                .iter()
                .map(|given| argument_value::text(argument, given, now))
                .collect::<Result<_, _>>()?,
        };
        let shown: Vec<String> = texts.iter().map(|text| shown(argument, text)).collect();
        let last = |texts: &[String]| texts.last().cloned().unwrap_or_default();
        match &argument.place {
            ArgumentPlace::Path(name) => self.path_value(argument, name, &last(&texts), &last(&shown))?,
            ArgumentPlace::Query { name, style: Style::Json } => {
                let typed = if given.is_empty() {
                    fixed.cloned()
                } else {
                    Some(argument_value::values(argument, &given, now)?)
                };
                let mut typed = typed.unwrap_or(Value::Null);
                self.query.one(name, &typed.to_string());
                hide_value(argument, &mut typed);
                self.shown_query.one(name, &typed.to_string());
            }
            ArgumentPlace::Query { name, style } if argument.repeat == Repeat::List => {
                self.query.list(name, &texts, *style);
                self.shown_query.list(name, &shown, *style);
            }
            ArgumentPlace::Query { name, .. } => {
                self.query.one(name, &last(&texts));
                self.shown_query.one(name, &last(&shown));
            }
            ArgumentPlace::Header(name) => self.header(argument, name, &texts.join(","), &shown.join(","))?,
            ArgumentPlace::Field(name) => {
                let first = if argument.repeat == Repeat::List { 0 } else { texts.len().saturating_sub(1) };
                for (value, shown) in texts.into_iter().zip(shown).skip(first) {
                    self.fields.push(FormPart::Text { name: name.clone(), value, shown });
                }
            }
            ArgumentPlace::Body(_) | ArgumentPlace::Row(_) => {}
        }
        Ok(())
    }

    /// The files that the user has named for `argument`. What the document says of it, its default among that, is no
    /// file, and what came as a text is none either.
    fn files(&mut self, argument: &Argument, name: &str) -> Result<(), UsageError> {
        if let Some(text) = given(argument, self.input).last() {
            return Err(wrong(argument, text, "is text, not a file".to_owned()));
        }
        let own = self.input.files.iter().filter(|(other, _)| *other == argument.name.as_str());
        let files: Vec<F> = own.map(|(_, file)| file.clone()).collect();
        if files.is_empty() && argument.required {
            self.missing_fields.push(argument.shown());
        }
        let first = if argument.repeat == Repeat::List { 0 } else { files.len().saturating_sub(1) };
        let named = files.into_iter().skip(first).map(|file| FormPart::File { name: name.to_owned(), file });
        self.fields.extend(named);
        Ok(())
    }

    fn map(&mut self, argument: &Argument, given: &[&str]) -> Result<(), UsageError> {
        let members = given.iter().map(|given| {
            let (key, value) = pair(argument, given)?;
            Ok((key.to_owned(), argument_value::text(argument, value, self.input.now)?))
        });
        let members: Vec<(String, String)> = members.collect::<Result<_, _>>()?;
        let shown: Vec<(String, String)> = members
            .iter()
            .map(|(key, value)| {
                let is_hidden = argument.is_private() || is_secret_name(key);
                (key.clone(), if is_hidden { HIDDEN.to_owned() } else { hide_in_json(value) })
            })
            .collect();
        let joined = |members: &[(String, String)]| {
            let pairs: Vec<String> = members.iter().map(|(key, value)| format!("{key},{value}")).collect();
            pairs.join(",")
        };
        match &argument.place {
            ArgumentPlace::Query { name, style: Style::Json } => {
                let mut typed = argument_value::values(argument, given, self.input.now)?;
                self.query.one(name, &typed.to_string());
                hide_value(argument, &mut typed);
                self.shown_query.one(name, &typed.to_string());
            }
            ArgumentPlace::Query { name, style } => {
                self.query.map(name, &members, *style);
                self.shown_query.map(name, &shown, *style);
            }
            ArgumentPlace::Header(name) => self.header(argument, name, &joined(&members), &joined(&shown))?,
            ArgumentPlace::Field(name) => {
                let mut typed = argument_value::values(argument, given, self.input.now)?;
                let value = typed.to_string();
                hide_value(argument, &mut typed);
                self.fields.push(FormPart::Text { name: name.clone(), value, shown: typed.to_string() });
            }
            ArgumentPlace::Path(name) => {
                self.path_value(argument, name, &joined(&members), &joined(&shown))?;
            }
            ArgumentPlace::Body(_) | ArgumentPlace::Row(_) => {}
        }
        Ok(())
    }

    fn path_value(
        &mut self,
        argument: &Argument,
        name: &str,
        value: &str,
        shown: &str,
    ) -> Result<(), UsageError> {
        let why = if value.is_empty() {
            "is empty, and it is part of the path"
        } else if value.contains('/') {
            "contains `/`, which is not allowed in a path"
        } else if leaves(value) {
            "would lead to another path"
        } else if value.chars().any(char::is_control) {
            "has control characters"
        } else {
            // Encoded, a value has no braces and cannot look like another parameter.
            let place = format!("{{{name}}}");
            self.path = self.path.replacen(&place, &percent(value), 1);
            self.shown.path = self.shown.path.replacen(&place, &percent(shown), 1);
            return Ok(());
        };
        Err(wrong(argument, value, why.to_owned()))
    }

    fn header(
        &mut self,
        argument: &Argument,
        name: &str,
        value: &str,
        shown: &str,
    ) -> Result<(), UsageError> {
        if header::is_reserved(name) {
            return Ok(());
        }
        if value.bytes().any(|byte| !matches!(byte, b' '..=b'~')) {
            let why = "has characters that are not allowed in a header".to_owned();
            return Err(wrong(argument, value, why));
        }
        let name = name.to_ascii_lowercase();
        self.shown.headers.push((name.clone(), shown.to_owned()));
        self.headers.push((name, value.to_owned()));
        Ok(())
    }
}

/// A value as it may be shown.
fn shown(argument: &Argument, text: &str) -> String {
    if argument.is_private() { HIDDEN.to_owned() } else { hide_in_json(text) }
}

fn hide_value(argument: &Argument, value: &mut Value) {
    if argument.is_private() {
        *value = Value::from(HIDDEN);
    } else {
        hide_names(value);
    }
}

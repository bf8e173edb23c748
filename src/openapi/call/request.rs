//! The arguments of one command → method, path, query, headers and body. What is not given is not sent.
//!
//! It must not know how a value stands in its place.

use super::UsageError;
use super::placing::Making;
use crate::model::{Line, harmless};
use crate::openapi::{Argument, ArgumentName, Command, Context, Form, Method};
use serde_json::Value;
use std::time::SystemTime;

/// What was typed, with what is known besides.
#[derive(Clone, Debug)]
pub struct Input<'i> {
    /// The name of each argument with a value, in the order in which they were typed; one that repeats stands several
    /// times. A switch that was given has the value `true`. `@file` is read already, but for `Kind::File`.
    pub values: Vec<(&'i str, &'i str)>,
    /// `--set`.
    pub sets: Vec<&'i str>,
    /// `--body`.
    pub body: GivenBody<'i>,
    /// `-n/--namespace`, or what it falls back to.
    pub namespace: Option<&'i str>,
    /// `--cluster`, or what it falls back to.
    pub cluster: Option<&'i str>,
    /// For `24h`.
    pub now: SystemTime,
}

impl Input<'_> {
    /// Nothing was typed.
    pub fn at(now: SystemTime) -> Self {
        Self {
            values: Vec::new(),
            sets: Vec::new(),
            body: GivenBody::None,
            namespace: None,
            cluster: None,
            now,
        }
    }
}

/// What was given by `--body`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GivenBody<'i> {
    /// Nothing.
    #[default]
    None,
    /// This text.
    Text(&'i str),
    /// Bytes that the caller keeps, for a body of the kind `BodyKind::Raw`.
    Kept,
}

/// A request, relative to the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Its path below the plugin: percent-encoded, begins with `/`.
    pub path: String,
    /// Its query, percent-encoded; may be empty.
    pub query: String,
    /// Headers in small letters, `accept` and those of the command. The content type is with the body.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Option<RequestBody>,
    /// It changes nothing (RFC 9110, 9.2.1): whoever is in doubt may ask again.
    pub safe: bool,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestBody {
    /// JSON text. What was given whole by `--body` is untouched, digit for digit.
    Json {
        /// The content type.
        content_type: String,
        /// The text.
        text: String,
    },
    /// The text of a form, `application/x-www-form-urlencoded`.
    Form(String),
    /// The parts of a form, `multipart/form-data`.
    Multipart(Vec<Part>),
    /// What was given by `--body`, which the caller has.
    Raw {
        /// The content type.
        content_type: String,
    },
}

/// One part of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A text.
    Text {
        /// The field.
        name: String,
        /// Its value.
        value: String,
    },
    /// A file, as it was typed: `@path`, `path`, or `-` for stdin.
    File {
        /// The field.
        name: String,
        /// The file.
        file: String,
    },
}

/// The request that `command` makes of `input`.
pub fn request(command: &Command, input: &Input<'_>) -> Result<Request, UsageError> {
    for (name, _) in &input.values {
        if command.argument(name).is_none() {
            return Err(UsageError::Unknown(Line::new(name)));
        }
    }
    let mut making = Making::new(command, input);
    for argument in &command.arguments {
        making.place(argument)?;
    }
    // Two parameters in one segment could be `.` and `.`.
    if making.path.split('/').any(|segment| matches!(segment, "." | "..")) {
        let (argument, value) = ("the path".to_owned(), format!("`{}`", making.path));
        return Err(UsageError::Value { argument, value, why: "means another path".to_owned() });
    }
    let body = making.body()?;
    if !making.missing.is_empty() {
        return Err(UsageError::Missing(making.missing));
    }
    Ok(Request {
        method: command.method,
        path: making.path,
        query: making.query.finish(),
        headers: making.headers,
        body,
        safe: is_safe(command, input),
    })
}

/// Whether `command` changes nothing, with what was typed.
fn is_safe(command: &Command, input: &Input<'_>) -> bool {
    let is_off = |unless: &ArgumentName| is_off(command, input, unless.as_str());
    let is_said = command.safe.as_ref().is_some_and(|safe| safe.unless.as_ref().is_none_or(is_off));
    command.method == Method::Get || is_said
}

/// The question to ask before `command` runs, with the values in it.
pub fn confirmation(command: &Command, input: &Input<'_>) -> Option<Line> {
    let mut text = command.confirm.as_ref()?.as_str().to_owned();
    if command.confirm_when.as_ref().is_some_and(|when| is_off(command, input, when.as_str())) {
        return None;
    }
    for argument in command.arguments.iter().filter(|argument| !argument.secret) {
        let place = format!("{{{}}}", argument.name);
        if text.contains(&place) {
            let given: Vec<&str> = given(argument, input);
            text = text.replace(&place, &harmless(&given.join(", ")));
        }
    }
    Some(Line::new(&text))
}

/// Whether the switch `name` is surely off: what was given whole may hold it, too.
fn is_off(command: &Command, input: &Input<'_>, name: &str) -> bool {
    let by_default = command.argument(name).and_then(|argument| argument.default.as_ref());
    let is_on = match input.values.iter().rev().find(|(other, _)| *other == name) {
        Some((_, value)) => *value != "false",
        None => by_default.is_some_and(|value| *value != Value::Bool(false)),
    };
    input.body == GivenBody::None && input.sets.is_empty() && !is_on
}

/// What was given for `argument`, by the user or by the global flags.
pub(super) fn given<'i>(argument: &Argument, input: &Input<'i>) -> Vec<&'i str> {
    let typed = input.values.iter().filter(|(name, _)| *name == argument.name.as_str());
    let typed: Vec<&str> = typed.map(|(_, value)| *value).collect();
    let context = match argument.form {
        Form::Filled(Context::Namespace) => input.namespace,
        Form::Filled(Context::Cluster) => input.cluster,
        _ => None,
    };
    if typed.is_empty() { context.into_iter().collect() } else { typed }
}

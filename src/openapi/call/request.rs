//! The arguments of one command → method, path, query, headers and body. What is not given is not sent.
//!
//! It must not know how a value is in its place.

use super::UsageError;
use super::placing::RequestBuilder;
use super::types::{GivenBody, Input, OperationRequest, given};
use crate::model::{CleanText, harmless};
use crate::openapi::{ApiCommand, ArgumentForm, ArgumentName, FilledFlag};
use serde_json::Value;

/// The request that `command` makes of `input`.
pub fn request<F: Clone>(
    command: &ApiCommand,
    input: &Input<'_, F>,
) -> Result<OperationRequest<F>, UsageError> {
    let names = input.values.iter().map(|(name, _)| name).chain(input.files.iter().map(|(name, _)| name));
    for name in names {
        if command.argument(name).is_none() {
            return Err(UsageError::Unknown(CleanText::new(name)));
        }
    }
    let mut making = RequestBuilder::new(command, input);
    for argument in &command.arguments {
        making.place(argument)?;
    }
    making.send_cookies();
    // Two parameters in one segment could be `.` and `.`; what follows a semicolon is a parameter to some servers.
    let leaves = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
    if making.path.split('/').any(leaves) {
        let (argument, value) = ("the path".to_owned(), format!("`{}`", making.shown.path));
        return Err(UsageError::Value { argument, value, why: "would lead to another path".to_owned() });
    }
    let body = making.body()?;
    making.shown.query = std::mem::take(&mut making.shown_query).finish();
    if !making.missing.is_empty() {
        return Err(UsageError::Missing(making.missing));
    }
    Ok(OperationRequest {
        method: command.method,
        path: making.path,
        query: making.query.finish(),
        headers: making.headers,
        body,
        safe: is_safe(command, input),
        shown: making.shown,
    })
}

/// Whether `command` changes nothing, with what was typed.
fn is_safe<F>(command: &ApiCommand, input: &Input<'_, F>) -> bool {
    let is_off = |unless: &ArgumentName| is_off(command, input, unless.as_str());
    let is_said = command.safe.as_ref().is_some_and(|safe| safe.unless.as_ref().is_none_or(is_off));
    command.method.is_safe() || is_said
}

/// The question to ask before `command` runs, with the values in it.
pub fn confirmation<F>(command: &ApiCommand, input: &Input<'_, F>) -> Option<CleanText> {
    let template = command.confirm.as_ref()?.as_str();
    if command.confirm_when.as_ref().is_some_and(|when| is_off(command, input, when.as_str())) {
        return None;
    }
    let mut made = String::new();
    // What is in brackets is left out where its value is not known.
    for (at, part) in template.split('[').enumerate() {
        let (optional, rest) = match part.split_once(']') {
            Some((optional, rest)) if at > 0 => (optional, rest),
            _ => ("", part),
        };
        let (text, is_known) = with_values(optional, command, input);
        if is_known {
            made.push_str(&text);
        }
        made.push_str(&with_values(rest, command, input).0);
    }
    Some(CleanText::new(&made))
}

/// How much of a value a question shows, in characters.
const SHOWN: usize = 300;

/// The text with the values of the arguments that it names, and whether all of them have one.
fn with_values<F>(text: &str, command: &ApiCommand, input: &Input<'_, F>) -> (String, bool) {
    let mut made = text.to_owned();
    let mut is_known = true;
    for argument in command.arguments.iter().filter(|argument| !argument.is_private()) {
        let name = match argument.form {
            ArgumentForm::Filled(FilledFlag::Namespace) => "namespace",
            ArgumentForm::Filled(FilledFlag::Cluster) => "cluster",
            _ => argument.name.as_str(),
        };
        let place = format!("{{{name}}}");
        if !text.contains(&place) {
            continue;
        }
        let value = harmless(&given(argument, input).join(", "));
        // A statement over several lines is one in a question.
        let line = value.split_whitespace().collect::<Vec<_>>().join(" ");
        is_known &= !line.is_empty();
        let shown = match line.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        };
        made = made.replace(&place, &shown);
    }
    (made, is_known)
}

/// Whether the switch `name` is surely off: what was given whole may hold it, too.
fn is_off<F>(command: &ApiCommand, input: &Input<'_, F>, name: &str) -> bool {
    let by_default = command.argument(name).and_then(|argument| argument.default.as_ref());
    let is_on = match input.values.iter().rev().find(|(other, _)| *other == name) {
        Some((_, value)) => *value != "false",
        None => by_default.is_some_and(|value| *value != Value::Bool(false)),
    };
    input.body == GivenBody::None && input.sets.is_empty() && !is_on
}

//! A thing as it is on the server, before it is changed: what is not changed is sent back, or compared with.
//!
//! It must not know how it is changed.

use super::arguments::ParsedArguments;
use super::connection::PluginConnection;
use super::error::{RequestError, ResponseError};
use super::request::{self, NamedFile};
use crate::client::{ClientError, Deadline};
use crate::error::Failure;
use crate::model::limits;
use crate::openapi::{self, ApiCommand, ExactJson, Input};
use crate::sys::clock;

/// A thing as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentObject {
    /// What the server says of it.
    pub value: ExactJson,
    /// The version that it is (`ETag`), where the server says it and it can be compared.
    pub version: Option<String>,
}

/// What `read`, a GET at the route of what is to be changed, returns for what was typed.
pub fn fetch<F: NamedFile + Clone>(
    plugin: &PluginConnection,
    read: &ApiCommand,
    typed: &ParsedArguments<F>,
) -> Result<CurrentObject, Failure> {
    let filled = &plugin.access().filled;
    let values = typed.pairs().into_iter().filter(|(name, _)| {
        read.argument(name).is_some_and(|argument| matches!(argument.place, openapi::ArgumentPlace::Path(_)))
    });
    let (namespace, cluster) = (filled.namespace.as_deref(), filled.cluster.as_deref());
    let input = Input { values: values.collect(), namespace, cluster, ..Input::at(clock::now()) };
    let request = openapi::request(read, &input);
    let request = request.map_err(|error| super::invocation::refused(plugin, read, &error.to_string()))?;
    let call = request::call(plugin, read, request, None)?;
    let explained = |trouble: RequestError| match trouble {
        RequestError::Client(ClientError::Excess(excess)) => ResponseError::TooMuch(excess).into(),
        trouble => plugin.explain_for(read, &call, trouble),
    };
    let deadline = Deadline::NEVER.or_at(plugin.deadline());
    let mut incoming = plugin.begin(&call, deadline).map_err(explained)?;
    // A weak one says nothing of every byte, and never matches (RFC 9110, 13.1.1).
    let version = incoming.reply.header("etag").filter(|tag| tag.starts_with('"')).map(str::to_owned);
    let body = incoming.json(limits::SHOWN, deadline).map_err(explained)?;
    let value = std::str::from_utf8(&body).ok().and_then(ExactJson::read);
    match value {
        Some(value @ ExactJson::Object(_)) => Ok(CurrentObject { value, version }),
        _ => Err(ResponseError::NoObject { command: format!("{} {}", plugin.name, read.words) }.into()),
    }
}

//! The headers of a response, where they are all that it has: of HEAD, and of OPTIONS without a body.
//!
//! It must not know how they are shown.

use super::options::OutputShape;
use crate::client::plugin_request::PluginResponse;
use crate::error::Failure;
use crate::openapi::{ApiCommand, JsonAnswer};
use crate::runner::event::{Event, Sink};
use serde_json::{Map, Value};

/// Tells the headers: as an object, whose members are what a table or a filter may choose, or as they came.
pub(super) fn tell(
    reply: &PluginResponse,
    command: &ApiCommand,
    shape: OutputShape,
    sink: &mut dyn Sink,
) -> Result<(), Failure> {
    let headers = reply.headers();
    if shape == OutputShape::Bytes {
        return sink.take(Event::Head { status: &reply.status_line(), headers: &headers });
    }
    let mut members = Map::new();
    for (name, value) in headers {
        match members.get_mut(&name) {
            Some(Value::String(known)) => {
                known.push_str(", ");
                known.push_str(&value);
            }
            _ => {
                members.insert(name, Value::from(value));
            }
        }
    }
    let answer = JsonAnswer::new(Value::Object(members).to_string().into_bytes());
    sink.take(Event::Json { command, answer: &answer, selected: None })
}

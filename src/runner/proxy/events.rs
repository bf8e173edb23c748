//! The server's own stream of events. It must not know how an event is shown.

use super::connection::PluginConnection;
use super::follow::{StreamFollower, is_unknown_cursor};
use super::input_error::InputError;
use super::request;
use crate::client::Deadline;
use crate::client::event_stream::Framing;
use crate::client::plugin_request::PluginRequest;
use crate::error::Failure;
use crate::openapi::{self, ApiCommand, Input};
use crate::runner::event::Sink;
use crate::sys::clock;
use crate::sys::signals::Interrupts;
use std::time::{Duration, Instant};

/// Without following: how long nothing comes when there is nothing more.
const QUIET: Duration = Duration::from_secs(1);

/// Which events are wanted.
#[derive(Debug)]
pub struct EventsRequest {
    /// Whether to go on with what happens.
    pub follow: bool,
    /// Only of these types.
    pub types: Vec<String>,
    /// Only of these namespaces.
    pub namespaces: Vec<String>,
    /// Begin behind this one.
    pub since: Option<String>,
    /// How long nothing may come.
    pub idle_timeout: Option<Duration>,
    /// How long the server may take to answer.
    pub patience: Duration,
}

/// Tells them, by what `command` of the server itself says.
pub fn follow(
    server: &PluginConnection,
    command: &ApiCommand,
    wanted: EventsRequest,
    sink: &mut dyn Sink,
) -> Result<(), Failure> {
    let interrupts = Interrupts::watch().map_err(|error| Failure::of(&error))?;
    let EventsRequest { follow, types, namespaces, since, idle_timeout, patience } = wanted;
    let again = |cursor: Option<&str>| {
        let types = types.iter().map(|kind| ("types", kind.as_str()));
        let namespaces = namespaces.iter().map(|name| ("namespaces", name.as_str()));
        let since = cursor.map(|cursor| ("since", cursor));
        let values = types.chain(namespaces).chain(since).collect();
        let request = openapi::request(command, &Input { values, ..Input::at(clock::now()) });
        let request = request.map_err(InputError::Unusable)?;
        let call = request::call(server, command, request, None)?;
        Ok(PluginRequest { timeout: None, ..call })
    };
    let following = StreamFollower {
        plugin: server,
        again: &again,
        goes_on: follow,
        id: None,
        silence: idle_timeout,
        until_silent: (!follow).then_some(QUIET),
        interrupts: &interrupts,
    };
    let until = Instant::now() + patience;
    let begun = server.begin(&again(since.as_deref())?, Deadline::interrupt(&interrupts).or_at(until));
    let incoming = begun.map_err(|trouble| {
        let is_unknown = since.is_some() && is_unknown_cursor(&trouble);
        let failure = server.explain(trouble);
        if is_unknown { failure.hint("without --since, only new events are shown") } else { failure }
    })?;
    following.to_the_end(incoming, Framing::Events, since, Some("--since"), sink)
}

//! `plugin events`: what happens on the server, by the overlay for its own stream.

use super::App;
use crate::app::connection;
use crate::error::{Explain, Failure};
use crate::runner::event::Sink;
use crate::runner::proxy::PluginConnection;
use crate::runner::proxy::events::{self, EventsRequest};

/// What the user types before the flags.
const NAME: &str = "plugin events";

/// The server, whose first command is the stream.
pub fn open(app: &App) -> Result<PluginConnection, Failure> {
    connection::of_server(app, NAME)
}

/// Tells the events that are wanted; those of the run's namespace, if none is named.
pub fn events(
    app: &App,
    server: &PluginConnection,
    mut request: EventsRequest,
    sink: &mut dyn Sink,
) -> Result<(), Failure> {
    let command = server.known.descriptor.get(0).ok_or(NoStream)?;
    if request.namespaces.is_empty() {
        request.namespaces.extend(app.options.wishes.namespace.clone());
    }
    events::follow(server, command, request, sink)
}

/// The overlay of the server describes no stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server declares no stream of events")]
pub struct NoStream;

impl Explain for NoStream {}

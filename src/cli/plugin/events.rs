//! `everestctl plugin events`: what happens on the server, by the overlay for its own stream.

use crate::cli::CommandResult;
use crate::cli::completer::Completer;
use crate::cli::output::row_filter;
use crate::cli::plugin_command::no_effect::refuse_combinations;
use crate::cli::plugin_command::renderer::Renderer;
use crate::cli::plugin_command::show::OutputOptions;
use crate::error::{Failure, exit};
use crate::ops::{App, events};
use crate::runner::proxy::events::EventsRequest;
use crate::term::Streams;
use std::time::Duration;

/// Show events of the server: plugins installed and removed, backups, sign-ins
///
/// Without -f it ends after one second without a new event. A server sends only the events after the one
/// given with --since, and new ones.
#[derive(Debug, clap::Args)]
pub struct PluginEventsArgs {
    /// Keep printing new events; reconnect automatically
    #[arg(short, long)]
    follow: bool,
    /// Only events of these types, for example plugin.installed,user.login
    #[arg(long, value_name = "TYPE", value_delimiter = ',', add = Completer::EventTypes)]
    types: Vec<String>,
    /// Only events in these namespaces [default: the one given with -n]
    #[arg(long, value_name = "NAME", value_delimiter = ',', add = Completer::Namespaces)]
    namespaces: Vec<String>,
    /// Start after the event with this ID
    #[arg(long, value_name = "CURSOR")]
    since: Option<String>,
    /// Reconnect after this long without data, for example 1m [default: 5m]
    #[arg(long, value_name = "DURATION", requires = "follow", value_parser = crate::ops::duration)]
    idle_timeout: Option<Duration>,
    /// Filter each event with a jq expression
    #[arg(long, value_name = "EXPRESSION")]
    jq: Option<String>,
    /// Show only the events that a jq expression is true of
    #[arg(long, value_name = "EXPRESSION", allow_hyphen_values = true)]
    filter: Option<String>,
    /// Columns to show, separated by commas: names, or NAME=.path
    #[arg(long, value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// Omit the header row
    #[arg(long)]
    no_headers: bool,
}

pub(super) fn run(streams: &mut Streams, app: &App, args: PluginEventsArgs) -> CommandResult {
    let PluginEventsArgs { follow, types, namespaces, since, idle_timeout, jq, filter, columns, no_headers } =
        args;
    // `audit events --since 1h` is another flag of that name.
    let is_duration =
        |since: &String| since.ends_with(char::is_alphabetic) && crate::ops::duration(since).is_ok();
    if since.as_ref().is_some_and(is_duration) {
        let failure = Failure::new(exit::USAGE, "--since takes the ID of an event, not a duration");
        return Err(failure.hint("leave out --since: a server keeps no events from before"));
    }
    let server = events::open(app)?;
    let patience = app.budget();
    let request = EventsRequest { follow, types, namespaces, since, idle_timeout, patience };
    let filter = filter.as_deref().map(row_filter).transpose()?;
    let wishes = OutputOptions { jq, columns, filter, no_headers, ..OutputOptions::default() };
    refuse_combinations(app, &wishes)?;
    if app.options.wishes.namespace.is_some() {
        let failure =
            Failure::new(exit::USAGE, "--namespace has no effect: events can be of several namespaces");
        return Err(failure.hint("use `--namespaces NAME,NAME`"));
    }
    let command = server.known.descriptor.get(0);
    let mut renderer = Renderer::new(streams, app, command, &wishes);
    events::events(app, &server, request, &mut renderer)?;
    Ok(exit::SUCCESS)
}

//! `everestctl plugin events`: what happens on the server, by the overlay for its own stream.

use crate::cli::Ending;
use crate::cli::plugin_command::renderer::Renderer;
use crate::cli::plugin_command::show::Wishes;
use crate::error::exit;
use crate::ops::{World, events};
use crate::runner::proxy::events::EventsRequest;
use crate::term::Streams;
use std::time::Duration;

/// Show what happens on the server: plugins that come and go, backups, sign-ins
///
/// Without -f it ends when nothing more has come for a second: a server has only what happened behind the event
/// that --since names, and what happens meanwhile.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Go on with what happens from now on, through lost connections
    #[arg(short, long)]
    follow: bool,
    /// Only events of these types, as in plugin.installed,user.login
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// Only events of these namespaces [default: the one of -n]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    namespaces: Vec<String>,
    /// Begin behind the event with this id
    #[arg(long, value_name = "CURSOR")]
    since: Option<String>,
    /// How long nothing may come, as in 1m; then it connects again [default: 5m]
    #[arg(long, value_name = "DURATION", requires = "follow", value_parser = crate::ops::duration)]
    idle_timeout: Option<Duration>,
    /// Show what this expression of jq makes of each event
    #[arg(long, value_name = "EXPRESSION")]
    jq: Option<String>,
    /// The columns to show: names, or NAME=.path, with commas between them
    #[arg(long, value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// Leave the headers out
    #[arg(long)]
    no_headers: bool,
}

pub(super) fn run(streams: &mut Streams, world: &World, args: Args) -> Ending {
    let Args { follow, types, namespaces, since, idle_timeout, jq, columns, no_headers } = args;
    let server = events::open(world)?;
    let patience = world.budget();
    let request = EventsRequest { follow, types, namespaces, since, idle_timeout, patience };
    let wishes = Wishes { jq, columns, no_headers };
    let command = server.known.descriptor.commands.first();
    let mut renderer = Renderer::new(streams, world, command, &wishes);
    events::events(world, &server, request, &mut renderer)?;
    Ok(exit::SUCCESS)
}

//! `everestctl plugin events`: what happens on the server, by the overlay for its own stream.

use crate::cli::Ending;
use crate::cli::server::follow::Shown;
use crate::cli::server::show::Wishes;
use crate::client::call::Call;
use crate::client::messages::Framing;
use crate::discovery::overlays;
use crate::error::{Failure, exit};
use crate::openapi::{self, Input};
use crate::ops::follow::{Following, is_unknown_cursor};
use crate::ops::proxy::Plugin;
use crate::ops::trouble::stop;
use crate::ops::{World, request};
use crate::sys::clock;
use crate::sys::signals::Interrupts;
use crate::term::Streams;
use std::time::{Duration, Instant};

/// Show events of the server: plugins installed and removed, backups, sign-ins
///
/// Without -f it ends after one second without a new event. A server sends only the events after the one
/// given with --since, and new ones.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Keep printing new events; reconnect automatically
    #[arg(short, long)]
    follow: bool,
    /// Only events of these types, for example plugin.installed,user.login
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// Only events in these namespaces [default: the one given with -n]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    namespaces: Vec<String>,
    /// Start after the event with this id
    #[arg(long, value_name = "CURSOR")]
    since: Option<String>,
    /// Reconnect after this long without data, for example 1m [default: 5m]
    #[arg(long, value_name = "DURATION", requires = "follow", value_parser = crate::ops::duration)]
    idle_timeout: Option<Duration>,
    /// Filter each event with a jq expression
    #[arg(long, value_name = "EXPRESSION")]
    jq: Option<String>,
    /// Columns to show, separated by commas: names, or NAME=.path
    #[arg(long, value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// Omit the header row
    #[arg(long)]
    no_headers: bool,
}

/// What the user types before the flags.
const NAME: &str = "plugin events";
/// Without `-f`: how long nothing comes when there is nothing more.
const QUIET: Duration = Duration::from_secs(1);

pub(super) fn run(streams: &mut Streams, world: &World, args: Args) -> Ending {
    let broken =
        || Failure::new(exit::FAILURE, "could not read the built-in description of the server's events");
    let plugin = Plugin::of_server(world, NAME, overlays::of_host().ok_or_else(broken)?)?;
    let command = plugin.known.descriptor.commands.first().ok_or_else(broken)?;
    let interrupts = Interrupts::watch().map_err(|error| Failure::of(&error))?;
    let namespaces = match &world.options.wishes.namespace {
        Some(namespace) if args.namespaces.is_empty() => std::slice::from_ref(namespace),
        _ => &args.namespaces[..],
    };
    let again = |cursor: Option<&str>| {
        let types = args.types.iter().map(|kind| ("types", kind.as_str()));
        let namespaces = namespaces.iter().map(|name| ("namespaces", name.as_str()));
        let since = cursor.map(|cursor| ("since", cursor));
        let values = types.chain(namespaces).chain(since).collect();
        let request = openapi::request(command, &Input { values, ..Input::at(clock::now()) });
        let call =
            request::call(request.map_err(|error| Failure::new(exit::USAGE, error.to_string()))?, None)?;
        Ok(Call { timeout: None, ..call })
    };
    let following = Following {
        world,
        plugin: &plugin,
        again: &again,
        goes_on: args.follow,
        id: None,
        silence: args.idle_timeout,
        until_silent: (!args.follow).then_some(QUIET),
        interrupts: &interrupts,
    };
    let until = Instant::now() + world.budget();
    let begun =
        plugin.begin(world, &again(args.since.as_deref())?, &mut || stop(Some(&interrupts), Some(until)));
    let incoming = begun.map_err(|trouble| {
        let is_unknown = args.since.is_some() && is_unknown_cursor(&trouble);
        let failure = plugin.explain(trouble);
        if is_unknown { failure.hint("without --since, only new events are shown") } else { failure }
    })?;
    let wishes = Wishes { jq: args.jq, columns: args.columns, no_headers: args.no_headers };
    Shown { following: &following, command, wishes: &wishes, since: Some("--since") }.run(
        streams,
        incoming,
        Framing::Events,
        args.since,
    )
}

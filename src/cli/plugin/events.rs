//! `everestctl plugin events`: what happens on the server, by the overlay for its own stream.

use crate::cli::Ending;
use crate::cli::plugin_command::follow::Shown;
use crate::cli::plugin_command::show::Wishes;
use crate::client::call::Call;
use crate::client::messages::Framing;
use crate::discovery::overlays;
use crate::error::{Failure, exit};
use crate::openapi::{self, Input};
use crate::ops::World;
use crate::runner::proxy::connection::Plugin;
use crate::runner::proxy::error::stop;
use crate::runner::proxy::follow::{Following, is_unknown_cursor};
use crate::runner::proxy::request;
use crate::sys::clock;
use crate::sys::signals::Interrupts;
use crate::term::Streams;
use std::time::{Duration, Instant};

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

/// What the user types before the flags.
const NAME: &str = "plugin events";
/// Without `-f`: how long nothing comes when there is nothing more.
const QUIET: Duration = Duration::from_secs(1);

pub(super) fn run(streams: &mut Streams, world: &World, args: Args) -> Ending {
    let broken = || Failure::new(exit::FAILURE, "the overlay for the server's events cannot be read");
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
        if is_unknown { failure.hint("without --since it begins now") } else { failure }
    })?;
    let wishes = Wishes { jq: args.jq, columns: args.columns, no_headers: args.no_headers };
    Shown { following: &following, command, wishes: &wishes, since: Some("--since") }.run(
        streams,
        incoming,
        Framing::Events,
        args.since,
    )
}

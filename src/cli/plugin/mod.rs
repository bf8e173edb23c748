//! `everestctl plugin …`.

mod api;
mod events;
mod info;
mod list;
mod refresh;
mod run;
mod which;

use super::Ending;
use crate::model::{Source, Way};
use crate::ops::World;
use crate::term::Streams;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// The commands below `plugin`.
#[derive(Debug, clap::Subcommand)]
pub enum PluginCommand {
    /// List every command that plugins bring, where it comes from, and whether it works
    #[command(visible_alias = "ls")]
    List(list::Args),
    /// Show every claim to a name and the rule that decides
    Which(which::Args),
    /// Show everything that is known of a command
    Info(info::Args),
    /// Run a command, from the source and in the way that you name
    Run(run::Args),
    /// Ask every source again, now, and every plugin what it offers
    Refresh(refresh::Args),
    /// Send any request to a plugin's backend
    Api(api::Args),
    /// Show what happens on the server, as it happens
    Events(events::Args),
}

/// Runs one of them.
pub fn run(streams: &mut Streams, world: &World, command: PluginCommand) -> Ending {
    match command {
        PluginCommand::List(args) => list::run(streams, world, args),
        PluginCommand::Which(args) => which::run(streams, world, &args),
        PluginCommand::Info(args) => info::run(streams, world, &args),
        PluginCommand::Run(args) => run::run(streams, world, args),
        PluginCommand::Refresh(args) => refresh::run(streams, world, &args),
        PluginCommand::Api(args) => api::run(streams, world, args),
        PluginCommand::Events(args) => events::run(streams, world, args),
    }
}

/// How clap reads a source.
fn source() -> impl TypedValueParser<Value = Source> {
    PossibleValuesParser::new(Source::ALL.map(Source::as_str))
        .try_map(|word| Source::from_word(&word).ok_or("no such source"))
}

/// How clap reads a way.
fn way() -> impl TypedValueParser<Value = Way> {
    PossibleValuesParser::new(Way::ALL.map(Way::as_str))
        .try_map(|word| Way::from_word(&word).ok_or("no such way"))
}

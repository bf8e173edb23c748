//! `everestctl plugin …`.

mod api;
mod events;
mod info;
mod list;
mod refresh;
mod run;
mod which;

use super::CommandResult;
use crate::model::{Source, Way};
use crate::ops::App;
use crate::term::Streams;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// The commands below `plugin`.
#[derive(Debug, clap::Subcommand)]
pub enum PluginCommand {
    /// List commands from plugins, their source and their status
    #[command(visible_alias = "ls")]
    List(list::PluginListArgs),
    /// Show which plugin provides a command, and why
    Which(which::PluginWhichArgs),
    /// Show details of a command
    Info(info::PluginInfoArgs),
    /// Run a command from a specific source
    Run(run::PluginRunArgs),
    /// Refresh the index of plugins and their commands
    Refresh(refresh::PluginRefreshArgs),
    /// Send a request to a plugin's backend
    Api(api::PluginApiArgs),
    /// Show events of the server
    Events(events::PluginEventsArgs),
}

/// Runs one of them.
pub fn run(streams: &mut Streams, app: &App, command: PluginCommand) -> CommandResult {
    match command {
        PluginCommand::List(args) => list::run(streams, app, args),
        PluginCommand::Which(args) => which::run(streams, app, &args),
        PluginCommand::Info(args) => info::run(streams, app, &args),
        PluginCommand::Run(args) => run::run(streams, app, args),
        PluginCommand::Refresh(args) => refresh::run(streams, app, &args),
        PluginCommand::Api(args) => api::run(streams, app, args),
        PluginCommand::Events(args) => events::run(streams, app, args),
    }
}

/// How clap reads a source.
fn source() -> impl TypedValueParser<Value = Source> {
    PossibleValuesParser::new(Source::ALL.map(Source::as_str))
        .try_map(|word| Source::from_word(&word).ok_or("unknown source"))
}

/// How clap reads a way.
fn way() -> impl TypedValueParser<Value = Way> {
    PossibleValuesParser::new(Way::ALL.map(Way::as_str))
        .try_map(|word| Way::from_word(&word).ok_or("unknown way"))
}

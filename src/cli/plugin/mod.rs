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
#[expect(
    missing_docs,
    reason = "the help of a command is the doc comment of its arguments, which this would replace"
)]
#[derive(Debug, clap::Subcommand)]
pub enum PluginCommand {
    #[command(visible_alias = "ls")]
    List(list::PluginListArgs),
    Which(which::PluginWhichArgs),
    Info(info::PluginInfoArgs),
    Run(run::PluginRunArgs),
    Refresh(refresh::PluginRefreshArgs),
    Api(api::PluginApiArgs),
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

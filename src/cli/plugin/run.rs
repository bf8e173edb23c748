//! `everestctl plugin run`.

use crate::cli::completer::Completer;
use crate::cli::{CommandResult, server_command, words};
use crate::error::{Failure, exit};
use crate::model::{Source, Way};
use crate::ops::App;
use crate::ops::plugin_run::{PluginRunRequest, run as run_plugin};
use crate::term::Streams;
use std::ffi::OsString;

/// Run a command from a specific source
#[derive(Debug, clap::Args)]
pub struct PluginRunArgs {
    /// Source of the command
    #[arg(long, value_parser = super::source())]
    source: Option<Source>,
    /// Way to run it
    #[arg(long, value_parser = super::way())]
    way: Option<Way>,
    /// Name of the command
    #[arg(add = Completer::Commands)]
    name: String,
    /// Arguments, passed to it unchanged; `--` before those that start with a dash
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub(super) fn run(streams: &mut Streams, app: &App, args: PluginRunArgs) -> CommandResult {
    let PluginRunArgs { source, way, name, arguments } = args;
    let mut words = words(&[name])?;
    let Some(name) = words.pop() else { return Err(Failure::new(exit::USAGE, "missing plugin name")) };
    let request = PluginRunRequest { name, source, way, arguments };
    let command = run_plugin(app, &request, &mut |problem| streams.problem(&problem))?;
    let typed = request.name.to_string();
    server_command(streams, app, (&command, &typed), &request.arguments, &|app| {
        run_plugin(app, &request, &mut |_| {})
    })
}

//! `everestctl plugin dev`.

use crate::cli::CommandResult;
use crate::model::CleanText;
use crate::ops::App;
use crate::ops::plugin_dev::{self, DevPlugin, PluginDevRequest};
use crate::term::Streams;
use clap::ValueHint;
use std::ffi::OsString;
use std::path::PathBuf;

/// Try the plugin of a folder while you write it
///
/// A server plugin runs in a development host, which starts it again when its code changes; you get a shell that is signed in to
/// it. With --ui the host shows its frontend, too, until Ctrl-C. A local plugin comes first for what you type in the shell, before an
/// installed one of that name. Nothing is built: build in another terminal, and the next command is the new one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  everestctl plugin dev\n  everestctl plugin dev ./memo --ui\n  \
                  everestctl plugin dev ./greet -- everestctl greet hello")]
pub struct PluginDevArgs {
    /// Folder of the plugin
    #[arg(value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    folder: PathBuf,
    /// Show the frontend of a server plugin in a browser, instead of a shell
    #[arg(long, conflicts_with = "command")]
    ui: bool,
    /// Command and arguments, instead of your shell
    #[arg(last = true, value_name = "COMMAND", value_hint = ValueHint::CommandWithArguments)]
    command: Vec<OsString>,
}

pub(super) fn run(streams: &mut Streams, app: &App, args: PluginDevArgs) -> CommandResult {
    let request = PluginDevRequest { folder: args.folder, ui: args.ui, command: args.command };
    let plugin = plugin_dev::look(&request)?;
    if let DevPlugin::Local { folder, name } = &plugin
        && request.command.is_empty()
    {
        let folder = CleanText::new(&folder.to_string_lossy());
        streams.remark(&format!(
            "`everestctl {name}` is the plugin of {folder} in this shell; `exit` leaves it"
        ));
    }
    let _ = streams.flush();
    plugin_dev::run(app, &request, &plugin, &mut |problem| streams.problem(&problem))
}

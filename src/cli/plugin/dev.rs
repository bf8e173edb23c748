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
/// installed one of that name.
///
/// With `build` in host.yaml the plugin is built first, and again after each change; while a build fails, the last one goes on. After a
/// change of a server plugin you are told what is new of its commands, and TAB knows them. Without `build`, build in another terminal.
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
    /// It is built already: what the host calls when it has built a local plugin.
    #[arg(long, hide = true)]
    built: bool,
}

pub(super) fn run(streams: &mut Streams, app: &App, args: PluginDevArgs) -> CommandResult {
    let PluginDevArgs { folder, ui, command, built } = args;
    let request = PluginDevRequest { folder, ui, command, is_built: built };
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

//! `everestctl plugin enable` and `disable`.

use crate::cli::CommandResult;
use crate::cli::completer::Completer;
use crate::error::exit;
use crate::model::CleanText;
use crate::ops::App;
use crate::ops::server_release::{self, Switched};
use crate::term::Streams;

/// Enable plugins of a server
#[derive(Debug, clap::Args)]
pub struct PluginEnableArgs {
    #[command(flatten)]
    switched: SwitchedArgs,
}

/// Disable plugins of a server
///
/// They stay installed; their commands and their parts of the web interface are off until they are enabled again.
#[derive(Debug, clap::Args)]
pub struct PluginDisableArgs {
    #[command(flatten)]
    switched: SwitchedArgs,
}

#[derive(Debug, clap::Args)]
struct SwitchedArgs {
    /// Names of the plugins
    #[arg(required = true, add = Completer::ServerPlugins)]
    name: Vec<String>,
    /// Let the cluster check the change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn enable(streams: &mut Streams, app: &App, args: &PluginEnableArgs) -> CommandResult {
    switch(streams, app, &args.switched, true)
}

pub(super) fn disable(streams: &mut Streams, app: &App, args: &PluginDisableArgs) -> CommandResult {
    switch(streams, app, &args.switched, false)
}

fn switch(streams: &mut Streams, app: &App, args: &SwitchedArgs, is_enabled: bool) -> CommandResult {
    let word = if is_enabled { "enabled" } else { "disabled" };
    for name in &args.name {
        let Switched { was_so, release, outcome } =
            server_release::switch(app, name, is_enabled, args.dry_run)?;
        let name = CleanText::new(name);
        if was_so {
            streams.remark(&format!("`{name}` is {word} already"));
            continue;
        }
        if args.dry_run {
            streams.remark(&format!("`{name}` would be {word}"));
            continue;
        }
        streams.remark(&format!("{word} `{name}`"));
        for problem in &outcome.problems {
            streams.problem(problem);
        }
        if let Some(release) = release {
            streams.remark(&format!("the next upgrade of release `{release}` may change it back"));
        }
    }
    Ok(exit::SUCCESS)
}

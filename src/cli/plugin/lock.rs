//! `everestctl plugin lock` and `sync`: the set of installed plugins as a repository wants it.

use super::install::ConsentArgs;
use crate::cli::output::{OutputFormat, structured};
use crate::cli::{CommandResult, confirmation, write};
use crate::error::exit;
use crate::ops::App;
use crate::ops::install::lock::{self, SyncPlan};
use crate::term::Streams;
use clap::ValueHint;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Write the installed plugins into a lockfile
///
/// The lockfile names each plugin with its version, its source and its digest. Commit it, and `everestctl plugin sync` makes
/// other machines match.
#[derive(Debug, clap::Args)]
pub struct PluginLockArgs {
    /// Lockfile [default: everestctl.lock in the current folder]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
}

/// Make the installed plugins match a lockfile
///
/// Plugins that the lockfile does not name are removed. What is installed is what the lockfile says, byte for byte, or nothing.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  everestctl plugin sync\n  everestctl plugin sync --frozen     # in CI: no question"
)]
pub struct PluginSyncArgs {
    /// Lockfile [default: everestctl.lock in the current folder]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
    /// Do not ask: the lockfile has been agreed to
    #[arg(long)]
    frozen: bool,
    #[command(flatten)]
    consent: ConsentArgs,
}

pub(super) fn lock(streams: &mut Streams, app: &App, args: &PluginLockArgs) -> CommandResult {
    let (path, count, warnings) = lock::lock(app, args.file.as_deref())?;
    for warning in &warnings {
        streams.problem(warning);
    }
    let plugins = if count == 1 { "plugin" } else { "plugins" };
    streams.remark(&format!("wrote {} ({count} {plugins})", path.display()));
    Ok(exit::SUCCESS)
}

pub(super) fn sync(streams: &mut Streams, app: &App, args: &PluginSyncArgs) -> CommandResult {
    let prepared = lock::prepare(app, args.file.as_deref())?;
    let form = OutputFormat::for_own_report(&app.options);
    let is_data = matches!(form, OutputFormat::Json | OutputFormat::Yaml);
    if is_data {
        structured(streams, form, &serde_json::json!(prepared.plan))?;
    }
    if prepared.plan.is_empty() {
        streams.remark("everything matches the lockfile");
        return Ok(exit::SUCCESS);
    }
    let is_agreed = args.consent.yes || args.frozen;
    if !is_data && (args.consent.dry_run || !is_agreed) {
        write(streams, &described(&prepared.plan))?;
    }
    if args.consent.dry_run {
        return Ok(exit::SUCCESS);
    }
    if !is_agreed {
        let _ = streams.flush();
        confirmation::confirm(streams, "change the installed plugins?", "nothing changed")?;
    }
    let changes = prepared.plan.install.len() + prepared.plan.remove.len();
    let number = prepared.carry_out()?;
    let changes = if changes == 1 { "1 change".to_owned() } else { format!("{changes} changes") };
    streams.remark(&format!("the installed plugins match the lockfile ({changes}, generation {number})"));
    Ok(exit::SUCCESS)
}

fn described(plan: &SyncPlan) -> String {
    let mut lines = String::new();
    for row in &plan.install {
        let version = match &row.installed {
            Some(installed) => format!("{installed} to {}", row.version),
            None => row.version.clone(),
        };
        let _ = writeln!(lines, "install {} {version}\n  from: {}", row.name, row.source);
    }
    for name in &plan.remove {
        let _ = writeln!(lines, "remove {name}");
    }
    lines
}

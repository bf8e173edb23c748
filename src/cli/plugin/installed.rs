//! `everestctl plugin remove`, `pin`, `unpin`, `rollback`, `history` and `verify`: the set of installed plugins.

use super::install::{ConsentArgs, by_place};
use super::server_plugin::{self, WaitArgs};
use crate::cli::completer::Completer;
use crate::cli::list_output::{ListOptions, OwnList};
use crate::cli::{CommandResult, words};
use crate::error::{Failure, exit};
use crate::ops::App;
use crate::ops::install::{change, history, verify};
use crate::term::Streams;

/// Remove installed plugins
///
/// A local plugin goes at once, and `plugin rollback` brings it back. A plugin of a server is removed from the cluster with
/// helm, after what goes and what stays was shown.
#[derive(Debug, clap::Args)]
pub struct PluginRemoveArgs {
    /// Names of the plugins
    #[arg(required = true, add = Completer::InstalledAnywhere)]
    name: Vec<String>,
    #[command(flatten)]
    consent: ConsentArgs,
}

/// Leave plugins alone when everything is upgraded
#[derive(Debug, clap::Args)]
pub struct PluginPinArgs {
    /// Names of the plugins
    #[arg(required = true, add = Completer::Installed)]
    pub(super) name: Vec<String>,
}

/// Upgrade pinned plugins again with the others
#[derive(Debug, clap::Args)]
pub struct PluginUnpinArgs {
    /// Names of the plugins
    #[arg(required = true, add = Completer::Installed)]
    pub(super) name: Vec<String>,
}

/// Go back to an earlier set of installed plugins, or to an earlier revision of a plugin of a server
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  everestctl plugin rollback\n  everestctl plugin rollback 3\n  everestctl plugin rollback plugin-bench\n  \
                  everestctl plugin rollback plugin-bench 2 --dry-run"
)]
pub struct PluginRollbackArgs {
    /// Number of the generation, or name of a plugin of a server [default: the generation before the current one]
    #[arg(value_name = "GENERATION|NAME", add = Completer::Earlier)]
    target: Option<String>,
    /// Revision of the plugin's release [default: the one before the current one]
    #[arg(value_name = "REVISION", value_hint = clap::ValueHint::Other)]
    revision: Option<u64>,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

/// List the sets of installed plugins, now and before
#[derive(Debug, clap::Args)]
pub struct PluginHistoryArgs {
    #[command(flatten)]
    shown: ListOptions,
}

/// Verify that installed plugins are what was installed
#[derive(Debug, clap::Args)]
pub struct PluginVerifyArgs {
    /// Names of the plugins [default: all]
    #[arg(add = Completer::Installed)]
    name: Vec<String>,
    #[command(flatten)]
    shown: ListOptions,
}

pub(super) fn remove(streams: &mut Streams, app: &App, args: &PluginRemoveArgs) -> CommandResult {
    let (of_server, local) = by_place(app, &args.name);
    for name in &of_server {
        server_plugin::remove(streams, app, name, args.consent.for_server())?;
    }
    if local.is_empty() {
        return Ok(exit::SUCCESS);
    }
    let names = words(&local)?;
    if args.consent.dry_run {
        verify::verify(app, &names)?;
        streams.remark(&format!("would remove {}", quoted(&local)));
        return Ok(exit::SUCCESS);
    }
    let number = change::remove(app, &names)?;
    streams.remark(&format!("removed {} (generation {number})", quoted(&local)));
    streams.hint("everestctl plugin rollback");
    Ok(exit::SUCCESS)
}

pub(super) fn pin(streams: &mut Streams, app: &App, names: &[String], is_pinned: bool) -> CommandResult {
    change::pin(app, &words(names)?, is_pinned)?;
    streams.remark(&format!("{} {}", if is_pinned { "pinned" } else { "unpinned" }, quoted(names)));
    Ok(exit::SUCCESS)
}

pub(super) fn rollback(streams: &mut Streams, app: &App, args: &PluginRollbackArgs) -> CommandResult {
    let generation = args.target.as_deref().map(str::parse::<u64>);
    let generation = match (&args.target, generation) {
        (Some(name), Some(Err(_))) => {
            let consent = args.consent.for_server();
            return server_plugin::rollback(streams, app, name, args.revision, &args.wait, consent);
        }
        (_, generation) => generation.and_then(Result::ok),
    };
    if args.revision.is_some() {
        return Err(Failure::new(exit::USAGE, "a generation has no revisions")
            .hint("everestctl plugin rollback NAME REVISION"));
    }
    args.wait.refuse("this is a generation")?;
    if args.consent.dry_run {
        return Err(Failure::new(exit::USAGE, "--dry-run applies to plugins of a server only")
            .hint("everestctl plugin history"));
    }
    let (from, to) = change::rollback(app, generation)?;
    streams.remark(&format!("the installed plugins are those of generation {to} (before: {from})"));
    Ok(exit::SUCCESS)
}

pub(super) fn history(streams: &mut Streams, app: &App, args: &PluginHistoryArgs) -> CommandResult {
    let (rows, problems) = history::history(app)?;
    for problem in &problems {
        streams.problem(problem);
    }
    let report = serde_json::json!({ "items": rows });
    let cells = rows.iter().map(|row| {
        let packages: Vec<String> =
            row.packages.iter().map(|(name, version)| format!("{name} {version}")).collect();
        vec![
            if row.current { "*".to_owned() } else { " ".to_owned() },
            row.generation.to_string(),
            row.made.clone(),
            row.reason.clone(),
            packages.join(", "),
        ]
    });
    let headers = ["CURRENT", "GENERATION", "MADE", "CHANGE", "PLUGINS"];
    let list = OwnList {
        report: &report,
        headers: &headers,
        rows: cells.collect(),
        narrow: 5,
        flexible: &[3, 4],
        name: 1,
    };
    list.show(streams, app, &args.shown)?;
    Ok(if problems.is_empty() { exit::SUCCESS } else { exit::FAILURE })
}

pub(super) fn verify(streams: &mut Streams, app: &App, args: &PluginVerifyArgs) -> CommandResult {
    let rows = verify::verify(app, &words(&args.name)?)?;
    let report = serde_json::json!({ "items": rows });
    let cells = rows.iter().map(|row| {
        let state = if row.changed.is_empty() { "unchanged" } else { "changed" };
        let signer = row.signer.clone().unwrap_or_default();
        vec![
            row.name.clone(),
            row.version.clone(),
            state.to_owned(),
            row.source.clone(),
            signer,
            row.digest.clone(),
        ]
    });
    let headers = ["NAME", "VERSION", "STATUS", "SOURCE", "SIGNER", "SHA256"];
    let list = OwnList {
        report: &report,
        headers: &headers,
        rows: cells.collect(),
        narrow: 4,
        flexible: &[3, 4, 5],
        name: 0,
    };
    list.show(streams, app, &args.shown)?;
    let changed: Vec<_> = rows.iter().filter(|row| !row.changed.is_empty()).collect();
    for row in &changed {
        for path in &row.changed {
            streams.warning(&format!("changed: {}", path.display()));
        }
        streams.hint(&format!("everestctl plugin upgrade --force {}", row.name));
    }
    Ok(if changed.is_empty() { exit::SUCCESS } else { exit::FAILURE })
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

//! `everestctl plugin install`, `upgrade`, `remove`, `pin`, `unpin`, `rollback`, `history` and `verify`.

use crate::cli::completer::Completer;
use crate::cli::list_output::{ListOptions, OwnList};
use crate::cli::output::{OutputFormat, structured};
use crate::cli::{CommandResult, confirmation, words, write};
use crate::error::exit;
use crate::ops::App;
use crate::ops::install::{self, InstallPlan};
use crate::term::Streams;
use clap::ValueHint;
use std::path::PathBuf;

/// Install a local plugin from a folder or an archive
///
/// A package is a folder, a .tar.gz or a .zip with a file everestctl-plugin.yaml.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  everestctl plugin install ./greet\n  everestctl plugin install greet-1.2.0.tar.gz --yes"
)]
pub struct PluginInstallArgs {
    /// Folder or archive of the package
    #[arg(value_name = "SOURCE", value_hint = ValueHint::AnyPath)]
    source: PathBuf,
    /// Leave it alone when everything is upgraded
    #[arg(long)]
    pin: bool,
    #[command(flatten)]
    consent: ConsentArgs,
}

/// Upgrade installed plugins from where they came
#[derive(Debug, clap::Args)]
pub struct PluginUpgradeArgs {
    /// Names of the plugins [default: all that are not pinned]
    #[arg(add = Completer::Installed)]
    name: Vec<String>,
    /// Install them again, even if nothing has changed
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    consent: ConsentArgs,
}

/// How a change is agreed to.
#[derive(Debug, clap::Args)]
struct ConsentArgs {
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
    /// Show what would change and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Remove installed plugins
#[derive(Debug, clap::Args)]
pub struct PluginRemoveArgs {
    /// Names of the plugins
    #[arg(required = true, add = Completer::Installed)]
    name: Vec<String>,
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

/// Go back to an earlier set of installed plugins
#[derive(Debug, clap::Args)]
pub struct PluginRollbackArgs {
    /// Number of the generation [default: the one before the current one]
    #[arg(add = Completer::Generations)]
    generation: Option<u64>,
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

pub(super) fn install(streams: &mut Streams, app: &App, args: &PluginInstallArgs) -> CommandResult {
    let plan = install::plan(app, &args.source, args.pin)?;
    carry_out(streams, app, &[plan], &args.consent)
}

pub(super) fn upgrade(streams: &mut Streams, app: &App, args: &PluginUpgradeArgs) -> CommandResult {
    let (plans, problems) = install::upgrade_plans(app, &words(&args.name)?, args.force)?;
    for problem in &problems {
        streams.problem(problem);
    }
    if plans.is_empty() {
        streams.remark("everything is up to date");
        return Ok(if problems.is_empty() { exit::SUCCESS } else { exit::FAILURE });
    }
    carry_out(streams, app, &plans, &args.consent)
}

/// Shows what will change, asks, and does it.
fn carry_out(
    streams: &mut Streams,
    app: &App,
    plans: &[InstallPlan],
    consent: &ConsentArgs,
) -> CommandResult {
    for problem in plans.iter().flat_map(|plan| &plan.warnings) {
        streams.problem(problem);
    }
    let form = OutputFormat::for_own_report(&app.options);
    let is_data = matches!(form, OutputFormat::Json | OutputFormat::Yaml);
    if is_data {
        structured(streams, form, &serde_json::json!({ "items": plans }))?;
    }
    if !is_data && (consent.dry_run || !consent.yes) {
        for plan in plans {
            write(streams, &described(plan))?;
        }
    }
    if consent.dry_run {
        return Ok(exit::SUCCESS);
    }
    if !consent.yes {
        let count =
            if let [plan] = plans { format!("`{}`", plan.name) } else { format!("{} plugins", plans.len()) };
        // What is asked about comes first.
        let _ = streams.flush();
        // Where nobody can be asked, nothing is installed, unless the command line says so.
        confirmation::confirm(streams, &format!("install {count}?"), "nothing installed")?;
    }
    let number = install::carry_out(app, plans)?;
    for plan in plans {
        let verb = if plan.installed.is_some() { "upgraded" } else { "installed" };
        streams.remark(&format!("{verb} `{}` {} (generation {number})", plan.name, plan.version));
    }
    Ok(exit::SUCCESS)
}

fn described(plan: &InstallPlan) -> String {
    let version = match &plan.installed {
        Some(installed) => format!("{installed} to {}", plan.version),
        None => plan.version.clone(),
    };
    let mut lines = format!("{} {version}\n", plan.name);
    let facts = [
        ("", plan.summary.as_ref().map(ToString::to_string)),
        ("license: ", plan.license.as_ref().map(ToString::to_string)),
        ("from: ", Some(plan.source.clone())),
        ("sha256: ", Some(plan.digest.clone())),
    ];
    for (label, fact) in facts {
        lines.extend(fact.map(|fact| format!("  {label}{fact}\n")));
    }
    lines
}

pub(super) fn remove(streams: &mut Streams, app: &App, args: &PluginRemoveArgs) -> CommandResult {
    let number = install::remove(app, &words(&args.name)?)?;
    streams.remark(&format!("removed {} (generation {number})", quoted(&args.name)));
    streams.hint("everestctl plugin rollback");
    Ok(exit::SUCCESS)
}

pub(super) fn pin(streams: &mut Streams, app: &App, names: &[String], is_pinned: bool) -> CommandResult {
    install::pin(app, &words(names)?, is_pinned)?;
    streams.remark(&format!("{} {}", if is_pinned { "pinned" } else { "unpinned" }, quoted(names)));
    Ok(exit::SUCCESS)
}

pub(super) fn rollback(streams: &mut Streams, app: &App, args: &PluginRollbackArgs) -> CommandResult {
    let (from, to) = install::rollback(app, args.generation)?;
    streams.remark(&format!("the installed plugins are those of generation {to} (before: {from})"));
    Ok(exit::SUCCESS)
}

pub(super) fn history(streams: &mut Streams, app: &App, args: &PluginHistoryArgs) -> CommandResult {
    let (rows, problems) = install::history(app)?;
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
    let rows = install::verify(app, &words(&args.name)?)?;
    let report = serde_json::json!({ "items": rows });
    let cells = rows.iter().map(|row| {
        let state = if row.changed.is_empty() { "unchanged" } else { "changed" };
        vec![row.name.clone(), row.version.clone(), state.to_owned(), row.digest.clone()]
    });
    let headers = ["NAME", "VERSION", "STATUS", "SHA256"];
    let list = OwnList {
        report: &report,
        headers: &headers,
        rows: cells.collect(),
        narrow: 4,
        flexible: &[3],
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

//! `everestctl plugin install`, `upgrade`, `remove`, `pin`, `unpin`, `rollback`, `history` and `verify`.

use super::server_plugin::{self, Consent, ServerArgs, WaitArgs};
use crate::cli::completer::Completer;
use crate::cli::list_output::{ListOptions, OwnList};
use crate::cli::output::{OutputFormat, structured};
use crate::cli::{CommandResult, confirmation, words, write};
use crate::error::{Failure, exit};
use crate::ops::install::{self, InstallPlan};
use crate::ops::{App, hub_install, server_release};
use crate::term::Streams;
use std::path::PathBuf;

/// Install a plugin: a local one from a folder or an archive, one of a server by its name in a catalog
///
/// A package is a folder, a .tar.gz or a .zip with a file everestctl-plugin.yaml.
///
/// A plugin of a server is found by its name in the catalogs (`plugin search`) and installed into the Kubernetes cluster of
/// your kubeconfig with your helm (version 3 or 4), after what it brings was shown: its commands, permissions, images and
/// rights in the cluster.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  everestctl plugin install ./greet\n  everestctl plugin install greet-1.2.0.tar.gz --yes\n  \
                  everestctl plugin install plugin-inspector\n  everestctl plugin install plugin-bench --dry-run"
)]
pub struct PluginInstallArgs {
    /// Folder or archive of the package, or the name of an extension: NAME or CATALOG/NAME
    #[arg(value_name = "SOURCE", add = Completer::Extensions, value_hint = clap::ValueHint::AnyPath)]
    source: PathBuf,
    /// Leave it alone when everything is upgraded
    #[arg(long)]
    pin: bool,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    server: ServerArgs,
}

/// Upgrade installed plugins from where they came
///
/// Plugins of a server are upgraded where they are named: with helm, to the chart that their catalog has, after what
/// changes was shown.
#[derive(Debug, clap::Args)]
pub struct PluginUpgradeArgs {
    /// Names of the plugins [default: all local ones that are not pinned]
    #[arg(add = Completer::InstalledAnywhere)]
    name: Vec<String>,
    /// Install them again, even if nothing has changed
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    server: ServerArgs,
}

/// How a change is agreed to.
#[derive(Clone, Copy, Debug, clap::Args)]
struct ConsentArgs {
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
    /// Show what would change and change nothing
    #[arg(long)]
    dry_run: bool,
}

impl ConsentArgs {
    fn for_server(self) -> Consent {
        Consent { yes: self.yes, is_dry_run: self.dry_run }
    }
}

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

pub(super) fn install(streams: &mut Streams, app: &App, args: &PluginInstallArgs) -> CommandResult {
    if let Some(name) = args.source.to_str().filter(|_| hub_install::is_name(app, &args.source)) {
        if args.pin {
            let message = "--pin applies to local plugins only; a plugin of a server is upgraded only where it is named";
            return Err(Failure::new(exit::USAGE, message).hint("leave out --pin"));
        }
        return server_plugin::install(streams, app, name, &args.server, args.consent.for_server());
    }
    args.server.refuse("this is a package")?;
    let plan = install::plan(app, &args.source, args.pin)?;
    carry_out(streams, app, &[plan], args.consent)
}

/// The names of plugins of a server, and those of local ones; a name that nobody has is that of a local one where there is
/// no cluster.
fn by_place(app: &App, names: &[String]) -> (Vec<String>, Vec<String>) {
    let has_cluster = server_release::has_cluster(app);
    let is_local =
        |name: &String| !has_cluster || install::names(app, name).iter().any(|(known, _)| known == name);
    let (local, of_server) = names.iter().cloned().partition(is_local);
    (of_server, local)
}

pub(super) fn upgrade(streams: &mut Streams, app: &App, args: &PluginUpgradeArgs) -> CommandResult {
    let (of_server, local) = by_place(app, &args.name);
    if of_server.is_empty() {
        args.server.refuse("these are packages")?;
    }
    for name in &of_server {
        server_plugin::upgrade(streams, app, name, &args.server, args.force, args.consent.for_server())?;
    }
    if local.is_empty() && !of_server.is_empty() {
        return Ok(exit::SUCCESS);
    }
    let (plans, problems) = install::upgrade_plans(app, &words(&local)?, args.force)?;
    for problem in &problems {
        streams.problem(problem);
    }
    if plans.is_empty() {
        streams.remark("everything is up to date");
        return Ok(if problems.is_empty() { exit::SUCCESS } else { exit::FAILURE });
    }
    carry_out(streams, app, &plans, args.consent)
}

/// Shows what will change, asks, and does it.
fn carry_out(streams: &mut Streams, app: &App, plans: &[InstallPlan], consent: ConsentArgs) -> CommandResult {
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
    let (of_server, local) = by_place(app, &args.name);
    for name in &of_server {
        server_plugin::remove(streams, app, name, args.consent.for_server())?;
    }
    if local.is_empty() {
        return Ok(exit::SUCCESS);
    }
    let names = words(&local)?;
    if args.consent.dry_run {
        install::verify(app, &names)?;
        streams.remark(&format!("would remove {}", quoted(&local)));
        return Ok(exit::SUCCESS);
    }
    let number = install::remove(app, &names)?;
    streams.remark(&format!("removed {} (generation {number})", quoted(&local)));
    streams.hint("everestctl plugin rollback");
    Ok(exit::SUCCESS)
}

pub(super) fn pin(streams: &mut Streams, app: &App, names: &[String], is_pinned: bool) -> CommandResult {
    install::pin(app, &words(names)?, is_pinned)?;
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
    let (from, to) = install::rollback(app, generation)?;
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

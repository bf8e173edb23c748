//! What the commands that install, change and remove plugins of a server show and ask.

use super::diff::{self, DenyArgs};
use crate::cli::output::{OutputFormat, structured};
use crate::cli::{CommandResult, confirmation, write, write_clean};
use crate::error::{Failure, exit};
use crate::model::CleanText;
use crate::ops::chart_plan::{self, HelmValues, ObjectChange, ServerPlan};
use crate::ops::chart_source::{self, SourceChart};
use crate::ops::hub_install::{self, ServerRequest};
use crate::ops::server_plugins::{Outcome, Step, TIMEOUT, Waiting};
use crate::ops::server_release;
use crate::ops::{App, duration};
use crate::term::Streams;
use crate::term::progress::ProgressLine;
use clap::ValueHint;
use serde::Serialize;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

/// The most changes that are shown one by one.
const MOST_CHANGES: usize = 40;

/// What counts for plugins of a server only.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Plugins of a server")]
pub(super) struct ServerArgs {
    /// Version of the chart [default: the one that the catalog names], or tag of a package in a registry
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Channel of the chart
    #[arg(long)]
    channel: Option<String>,
    /// Accept plugins that are alpha or beta
    #[arg(long)]
    allow_prerelease: bool,
    /// File with values for the chart
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    values: Vec<PathBuf>,
    /// Value for the chart
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    wait: WaitArgs,
}

/// How a plugin is waited for.
#[derive(Debug, Default, clap::Args)]
pub(super) struct WaitArgs {
    /// How long to wait until the plugin is ready [default: 5m]
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "no_wait")]
    timeout: Option<Duration>,
    /// Do not wait until the plugin is ready
    #[arg(long)]
    no_wait: bool,
}

impl WaitArgs {
    pub(super) fn waiting(&self) -> Waiting {
        Waiting { waits: !self.no_wait, timeout: self.timeout.unwrap_or(TIMEOUT) }
    }

    fn first(&self) -> Option<&'static str> {
        let typed = [("--timeout", self.timeout.is_some()), ("--no-wait", self.no_wait)];
        typed.into_iter().find(|(_, is_typed)| *is_typed).map(|(flag, _)| flag)
    }

    /// Fails if something was typed that counts for plugins of a server only.
    pub(super) fn refuse(&self, what: &str) -> Result<(), Failure> {
        self.first().map_or(Ok(()), |flag| Err(of_servers_only(flag, what)))
    }
}

impl ServerArgs {
    /// Fails if something was typed that counts for plugins of a server only; `what` is something else.
    pub(super) fn refuse(&self, what: &str) -> Result<(), Failure> {
        if self.version.is_some() {
            return Err(of_servers_only("--version", what));
        }
        self.refuse_but_version(what)
    }

    /// The same for a package, which can have versions, too.
    pub(super) fn refuse_but_version(&self, what: &str) -> Result<(), Failure> {
        let typed = [
            ("--channel", self.channel.is_some()),
            ("--allow-prerelease", self.allow_prerelease),
            ("--values", !self.values.is_empty()),
            ("--set", !self.set.is_empty()),
        ];
        let typed = typed.into_iter().find(|(_, is_typed)| *is_typed).map(|(flag, _)| flag);
        typed.or_else(|| self.wait.first()).map_or(Ok(()), |flag| Err(of_servers_only(flag, what)))
    }

    /// Fails if something was typed that only a catalog knows; the version counts for a registry, too.
    pub(super) fn refuse_of_catalogs(&self) -> Result<(), Failure> {
        let typed = [("--channel", self.channel.is_some()), ("--allow-prerelease", self.allow_prerelease)];
        let Some((flag, _)) = typed.into_iter().find(|(_, is_typed)| *is_typed) else { return Ok(()) };
        let message = format!("{flag} applies to charts of a catalog only, and this comes from elsewhere");
        Err(Failure::new(exit::USAGE, message).hint(format!("leave out {flag}")))
    }

    /// The version that the user wants.
    pub(super) fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    fn request(&self, app: &App, name: &str, is_forced: bool) -> ServerRequest {
        ServerRequest {
            name: name.to_owned(),
            channel: self.channel.clone(),
            version: self.version.clone(),
            allows_prerelease: self.allow_prerelease,
            namespace: app.options.wishes.namespace.clone(),
            values: HelmValues { files: self.values.clone(), set: self.set.clone() },
            is_forced,
        }
    }
}

fn of_servers_only(flag: &str, what: &str) -> Failure {
    Failure::new(exit::USAGE, format!("{flag} applies to plugins of a server only, and {what}"))
        .hint(format!("leave out {flag}"))
}

/// Whether it is done, and whether anybody is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Consent {
    pub(super) yes: bool,
    pub(super) is_dry_run: bool,
}

/// Installs the extension `name` of a catalog.
pub(super) fn install(
    streams: &mut Streams,
    app: &App,
    name: &str,
    args: &ServerArgs,
    consent: Consent,
) -> CommandResult {
    let request = args.request(app, name, false);
    let plan = watched(streams, |tell| hub_install::plan(app, &request, tell))?;
    carry_out(streams, app, &plan, args.wait.waiting(), consent)
}

/// Installs the plugin whose chart has come from the source that was typed.
pub(super) fn install_chart(
    streams: &mut Streams,
    app: &App,
    (typed, chart): (&str, &SourceChart),
    args: &ServerArgs,
    consent: Consent,
) -> CommandResult {
    args.refuse_of_catalogs()?;
    let request = ServerRequest { version: None, ..args.request(app, typed, false) };
    let plan = watched(streams, |tell| chart_source::install_plan(app, chart, &request, tell))?;
    carry_out(streams, app, &plan, args.wait.waiting(), consent)
}

/// Upgrades the plugin whose chart has come from the source that was typed.
pub(super) fn upgrade_to_chart(
    streams: &mut Streams,
    app: &App,
    (typed, chart): (&str, &SourceChart),
    args: &ServerArgs,
    is_forced: bool,
    deny: DenyArgs,
    consent: Consent,
) -> CommandResult {
    args.refuse_of_catalogs()?;
    let request = ServerRequest { version: None, ..args.request(app, typed, is_forced) };
    let plan = watched(streams, |tell| chart_source::upgrade_plan(app, chart, &request, tell))?;
    carry_out_upgrade(streams, app, typed, plan, args, deny, consent)
}

/// Upgrades the plugin `name` of a server.
pub(super) fn upgrade(
    streams: &mut Streams,
    app: &App,
    name: &str,
    args: &ServerArgs,
    is_forced: bool,
    deny: DenyArgs,
    consent: Consent,
) -> CommandResult {
    let request = args.request(app, name, is_forced);
    let plan = watched(streams, |tell| hub_install::upgrade_plan(app, &request, tell))?;
    carry_out_upgrade(streams, app, name, plan, args, deny, consent)
}

fn carry_out_upgrade(
    streams: &mut Streams,
    app: &App,
    name: &str,
    plan: Option<ServerPlan>,
    args: &ServerArgs,
    deny: DenyArgs,
    consent: Consent,
) -> CommandResult {
    let Some(plan) = plan else {
        streams.remark(&format!("`{}` is up to date", CleanText::new(name)));
        return Ok(exit::SUCCESS);
    };
    if let Some(surface) = &plan.surface
        && let Err(failure) = deny.check(surface)
    {
        write(streams, &described(&plan))?;
        let _ = streams.flush();
        return Err(failure);
    }
    carry_out(streams, app, &plan, args.wait.waiting(), consent)
}

fn carry_out(
    streams: &mut Streams,
    app: &App,
    plan: &ServerPlan,
    waiting: Waiting,
    consent: Consent,
) -> CommandResult {
    for problem in &plan.warnings {
        streams.problem(problem);
    }
    let is_upgrade = plan.installed.is_some();
    let question = format!("{} `{}`?", if is_upgrade { "upgrade" } else { "install" }, plan.brings.name);
    if consent.is_dry_run {
        return dry_run(streams, app, plan);
    }
    agree(streams, app, plan, &described(plan), &question, consent, "nothing changed")?;
    let outcome = watched(streams, |tell| chart_plan::carry_out(app, plan, waiting, tell))?;
    let verb = if is_upgrade { "upgraded" } else { "installed" };
    let name = &plan.brings.name;
    streams.remark(&format!("{verb} `{name}` {} (release `{}`)", plan.version, plan.release.name));
    concluded(streams, name, &outcome);
    Ok(exit::SUCCESS)
}

/// What would be made, for whoever wants to look at it or to apply it: nothing else on standard output.
fn dry_run(streams: &mut Streams, app: &App, plan: &ServerPlan) -> CommandResult {
    let form = OutputFormat::for_own_report(&app.options);
    if matches!(form, OutputFormat::Json | OutputFormat::Yaml) {
        let mut report = serde_json::to_value(plan).unwrap_or_default();
        report["manifest"] = Value::String(plan.manifest.clone());
        structured(streams, form, &report)?;
        return Ok(exit::SUCCESS);
    }
    for line in described(plan).lines() {
        streams.remark(line);
    }
    write(streams, &format!("# {}\n", plan.helm))?;
    write_clean(streams, plan.manifest.as_bytes())?;
    Ok(exit::SUCCESS)
}

/// Shows what will change and asks.
pub(super) fn agree(
    streams: &mut Streams,
    app: &App,
    plan: &impl Serialize,
    described: &str,
    question: &str,
    consent: Consent,
    declined: &str,
) -> Result<(), Failure> {
    let form = OutputFormat::for_own_report(&app.options);
    if matches!(form, OutputFormat::Json | OutputFormat::Yaml) {
        structured(streams, form, plan)?;
    } else if !consent.yes || consent.is_dry_run {
        write(streams, described)?;
    }
    if consent.yes || consent.is_dry_run {
        return Ok(());
    }
    // What is asked about comes first.
    let _ = streams.flush();
    confirmation::confirm(streams, question, declined)
}

/// Does it, and shows how far it is.
pub(super) fn watched<T>(
    streams: &mut Streams,
    work: impl FnOnce(&mut dyn FnMut(Step)) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let _ = streams.flush();
    let mut progress = ProgressLine::new(streams);
    let done = work(&mut |step| match step {
        Step::Doing(what) => progress.state(streams, &what, None),
        Step::Event(event) => {
            progress.say(|| streams.warning(&format!("{}: {}", event.object, event.message)));
        }
    });
    progress.clear();
    done
}

/// What has become of a plugin.
pub(super) fn concluded(streams: &mut Streams, name: &str, outcome: &Outcome) {
    for problem in &outcome.problems {
        streams.problem(problem);
    }
    if let Some(remark) = &outcome.remark {
        streams.remark(&format!("`{name}` will not become ready: {remark}"));
    }
    if outcome.is_known {
        streams.hint(&format!("everestctl {name} --help"));
    } else {
        streams.warning(&format!("no source lists `{name}` yet"));
        streams.hint("everestctl plugin refresh");
    }
}

fn described(plan: &ServerPlan) -> String {
    let brings = &plan.brings;
    let version = match &plan.installed {
        Some(installed) => format!("{installed} to {}", plan.version),
        None => plan.version.to_string(),
    };
    let clean = |line: &Option<CleanText>| line.as_ref().map(ToString::to_string).unwrap_or_default();
    let commands: Vec<String> = brings.commands.iter().map(|word| format!("everestctl {word}")).collect();
    let objects: Vec<String> = brings.objects.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let from = match &plan.catalog {
        Some(catalog) => format!("{} ({catalog})", CleanText::new(&plan.chart)),
        None => CleanText::new(&plan.chart).to_string(),
    };
    let facts = [
        ("", clean(&brings.description)),
        ("from: ", from),
        ("digest: ", clean(&plan.digest)),
        ("signed by: ", plan.signer.clone().unwrap_or_default()),
        ("release: ", format!("{} in namespace {}", plan.release.name, plan.release.namespace)),
        ("OpenEverest: ", clean(&brings.compatible_host_versions)),
        ("commands: ", commands.join(", ")),
        ("makes: ", objects.join(", ")),
    ];
    let facts = facts.into_iter().filter(|(_, fact)| !fact.is_empty());
    let mut lines = vec![format!("{} {version}", brings.name)];
    lines.extend(facts.map(|(label, fact)| format!("  {label}{fact}")));
    for (label, all) in [
        ("permissions in OpenEverest", &brings.permissions),
        ("images", &brings.images),
        ("rights in the whole cluster", &brings.cluster_roles),
        ("rights on the nodes", &brings.privileges),
    ] {
        lines.extend((!all.is_empty()).then(|| format!("  {label}:")));
        lines.extend(all.iter().map(|line| format!("    {line}")));
    }
    if let Some(surface) = plan.surface.as_ref().filter(|surface| !surface.changes.is_empty()) {
        lines.extend(diff::described(surface, "  ").lines().map(str::to_owned));
    }
    lines.extend(changes(&plan.changes));
    lines.push(format!("  as: {}", plan.helm));
    in_lines(&lines)
}

/// What changes in the cluster, in lines.
pub(super) fn changes(changes: &[ObjectChange]) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend((!changes.is_empty()).then(|| "  changes:".to_owned()));
    for change in changes.iter().take(MOST_CHANGES) {
        lines.push(format!("    {} {}", change.change.mark(), CleanText::new(&change.object.to_string())));
        lines.extend(change.fields.iter().map(|field| format!("        {field}")));
    }
    if changes.len() > MOST_CHANGES {
        lines.push(format!("    and {} more objects", changes.len() - MOST_CHANGES));
    }
    lines
}

/// Lines as one text.
pub(super) fn in_lines(lines: &[String]) -> String {
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// Goes back to an earlier revision of the plugin `name` of a server.
pub(super) fn rollback(
    streams: &mut Streams,
    app: &App,
    name: &str,
    revision: Option<u64>,
    wait: &WaitArgs,
    consent: Consent,
) -> CommandResult {
    let plan = server_release::rollback_plan(app, name, revision)?;
    let chart = plan.chart.clone().unwrap_or_default();
    let number = plan.revision.unwrap_or_default();
    let mut lines = vec![format!("{} {} to {chart} (revision {number})", plan.plugin, plan.installed)];
    lines.extend(changes(&plan.changes));
    lines.push(format!("  as: {}", plan.helm));
    let text = in_lines(&lines);
    let question = format!("roll back `{}` to {chart}?", plan.plugin);
    agree(streams, app, &plan, &text, &question, consent, "nothing changed")?;
    if consent.is_dry_run {
        return Ok(exit::SUCCESS);
    }
    let outcome = watched(streams, |tell| server_release::carry_out(app, &plan, wait.waiting(), tell))?;
    streams.remark(&format!("rolled back `{}` to {chart} (revision {number})", plan.plugin));
    concluded(streams, &plan.plugin, &outcome);
    Ok(exit::SUCCESS)
}

/// Removes the plugin `name` of a server.
pub(super) fn remove(streams: &mut Streams, app: &App, name: &str, consent: Consent) -> CommandResult {
    let plan = server_release::remove_plan(app, name)?;
    let mut lines = vec![format!("{} ({})", plan.plugin, plan.installed)];
    lines.extend(changes(&plan.changes));
    lines.push("  stays:".to_owned());
    lines.extend(plan.stays.iter().map(|line| format!("    {line}")));
    lines.push(format!("  as: {}", plan.helm));
    let text = in_lines(&lines);
    let question = format!("remove `{}` from the cluster?", plan.plugin);
    agree(streams, app, &plan, &text, &question, consent, "nothing removed")?;
    if consent.is_dry_run {
        return Ok(exit::SUCCESS);
    }
    let no_wait = Waiting { waits: false, timeout: TIMEOUT };
    let outcome = watched(streams, |tell| server_release::carry_out(app, &plan, no_wait, tell))?;
    streams.remark(&format!("removed `{}` (release `{}`)", plan.plugin, plan.release.name));
    let stays: Vec<&str> = plan.stays.iter().map(CleanText::as_str).collect();
    streams.remark(&format!("what stays: {}", stays.join("; ")));
    for problem in &outcome.problems {
        streams.problem(problem);
    }
    Ok(exit::SUCCESS)
}

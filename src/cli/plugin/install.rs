//! `everestctl plugin install`, `upgrade` and `outdated`.

use super::diff::{self, DenyArgs};
use super::server_plugin::{self, Consent, ServerArgs};
use super::signer_args::SignerArgs;
use crate::cli::completer::Completer;
use crate::cli::list_output::{ListOptions, OwnList};
use crate::cli::output::{OutputFormat, structured};
use crate::cli::{CommandResult, confirmation, words, write};
use crate::error::{Failure, exit};
use crate::model::CleanText;
use crate::ops::chart_source::{self, SourceContent};
use crate::ops::install::plan::{InstallPlan, InstallWishes};
use crate::ops::install::{self, change, plan};
use crate::ops::server_error::ServerPluginError;
use crate::ops::{App, hub_install, server_release};
use crate::term::Streams;
use clap::ValueHint;
use std::path::Path;

/// Install a plugin from a folder, an archive, a URL or a registry, one of a server also by its name in a catalog
///
/// The package of a local plugin is a folder, a .tar.gz or a .zip with a file everestctl-plugin.yaml. A registry holds it as an
/// artifact, for instance by `oras push REFERENCE greet.tar.gz`; who asks is known from `podman login` or `docker login`.
///
/// A plugin of a server is a Helm chart: its folder or .tgz (`plugin pack`), that of a URL or a registry (`plugin push`, `helm
/// push`), or found by its name in the catalogs (`plugin search`). It is installed into the Kubernetes cluster of your
/// kubeconfig with your helm (version 3 or 4), after what it brings was shown: its commands, permissions, images and rights in
/// the cluster.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  everestctl plugin install ./greet\n  everestctl plugin install greet-1.2.0.tar.gz --yes\n  \
                  everestctl plugin install https://example.com/greet.tar.gz --sha256 9f86d081884c…\n  \
                  everestctl plugin install oci://ghcr.io/example/greet --version 1.2.0\n  \
                  everestctl plugin install oci://ghcr.io/example/greet --trusted-root trusted_root.json \\\n    --certificate-identity 'https://github.com/example/greet/*' \\\n    --certificate-oidc-issuer https://token.actions.githubusercontent.com\n  everestctl plugin install plugin-inspector\n  everestctl plugin install plugin-bench --dry-run\n  \
                  everestctl plugin install ./memo-0.1.0.tgz --set image.repository=registry.example.com/memo"
)]
pub struct PluginInstallArgs {
    /// Folder or archive of a package or a chart, https://, oci://, or the name of an extension: NAME or CATALOG/NAME
    #[arg(value_name = "SOURCE", add = Completer::Extensions, value_hint = ValueHint::AnyPath)]
    source: String,
    /// Refuse any archive or manifest that does not have this checksum
    #[arg(long, value_name = "CHECKSUM")]
    sha256: Option<String>,
    #[command(flatten)]
    signer: SignerArgs,
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
/// A package that was signed has to be signed by the same key or identity again, unless another one is named. Plugins of a server are upgraded where they are named: with helm, to the chart that their catalog has, after what
/// changes was shown. In place of a name stands the chart itself where no catalog has it: its folder, .tgz, https:// or oci://.
#[derive(Debug, clap::Args)]
pub struct PluginUpgradeArgs {
    /// Names of the plugins, or charts of plugins of a server [default: all local ones that are not pinned]
    #[arg(add = Completer::InstalledAnywhere)]
    name: Vec<String>,
    /// Upgrade all local plugins that are not pinned, as without a name
    #[arg(long, conflicts_with = "name")]
    all: bool,
    #[command(flatten)]
    signer: SignerArgs,
    /// Install them again, even if nothing has changed
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    deny: DenyArgs,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    server: ServerArgs,
}

/// List installed plugins that are older than at their sources
#[derive(Debug, clap::Args)]
pub struct PluginOutdatedArgs {
    #[command(flatten)]
    shown: ListOptions,
}

/// How a change is agreed to.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct ConsentArgs {
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Show what would change and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

impl ConsentArgs {
    pub(super) fn for_server(self) -> Consent {
        Consent { yes: self.yes, is_dry_run: self.dry_run }
    }
}

pub(super) fn install(streams: &mut Streams, app: &App, args: &PluginInstallArgs) -> CommandResult {
    if hub_install::is_name(app, Path::new(&args.source)) {
        let of_packages = [args.pin.then_some("--pin"), args.sha256.as_ref().map(|_| "--sha256")];
        if let Some(flag) = of_packages.into_iter().flatten().next().or_else(|| args.signer.typed()) {
            let message = format!("{flag} applies to local plugins only, and this is a plugin of a server");
            return Err(Failure::new(exit::USAGE, message).hint(format!("leave out {flag}")));
        }
        return server_plugin::install(streams, app, &args.source, &args.server, args.consent.for_server());
    }
    let wishes = InstallWishes {
        version: args.server.version().map(str::to_owned),
        sha256: args.sha256.clone(),
        signer: args.signer.required(),
        is_pinned: args.pin,
    };
    match chart_source::fetch(app, &plan::source(&args.source)?, &wishes)? {
        SourceContent::Package(arrival) => {
            args.server.refuse_but_version("this is a package")?;
            let plan = plan::plan(app, *arrival)?;
            carry_out(streams, app, &[plan], args.consent, DenyArgs::default())
        }
        SourceContent::Chart(_) if args.pin => {
            let message = "--pin applies to local plugins only, and this is a plugin of a server";
            Err(Failure::new(exit::USAGE, message).hint("leave out --pin"))
        }
        SourceContent::Chart(chart) => {
            let chart = (args.source.as_str(), &*chart);
            server_plugin::install_chart(streams, app, chart, &args.server, args.consent.for_server())
        }
    }
}

/// Upgrades the plugin of a server whose chart is at the source that was typed.
fn upgrade_to_source(
    streams: &mut Streams,
    app: &App,
    typed: &str,
    args: &PluginUpgradeArgs,
) -> CommandResult {
    let wishes = InstallWishes {
        version: args.server.version().map(str::to_owned),
        signer: args.signer.required(),
        ..InstallWishes::default()
    };
    match chart_source::fetch(app, &plan::source(typed)?, &wishes)? {
        SourceContent::Package(_) => Err(ServerPluginError::Package(CleanText::new(typed)).into()),
        SourceContent::Chart(chart) => {
            let (chart, consent) = ((typed, &*chart), args.consent.for_server());
            server_plugin::upgrade_to_chart(streams, app, chart, &args.server, args.force, args.deny, consent)
        }
    }
}

/// The names of plugins of a server, and those of local ones; a name that nobody has is that of a local one where there is
/// no cluster.
pub(super) fn by_place(app: &App, names: &[String]) -> (Vec<String>, Vec<String>) {
    let has_cluster = server_release::has_cluster(app);
    let is_local =
        |name: &String| !has_cluster || install::names(app, name).iter().any(|(known, _)| known == name);
    let (local, of_server) = names.iter().cloned().partition(is_local);
    (of_server, local)
}

pub(super) fn upgrade(streams: &mut Streams, app: &App, args: &PluginUpgradeArgs) -> CommandResult {
    let (sources, names): (Vec<String>, Vec<String>) =
        args.name.iter().cloned().partition(|name| chart_source::is_source(app, name));
    for typed in &sources {
        upgrade_to_source(streams, app, typed, args)?;
    }
    if names.is_empty() && !sources.is_empty() {
        return Ok(exit::SUCCESS);
    }
    let (of_server, local) = by_place(app, &names);
    if of_server.is_empty() {
        args.server.refuse("these are packages")?;
    } else if let Some(flag) = args.signer.typed() {
        let message =
            format!("{flag} applies to local plugins only, and some of these are plugins of a server");
        return Err(Failure::new(exit::USAGE, message).hint("upgrade them one by one"));
    }
    for name in &of_server {
        let consent = args.consent.for_server();
        server_plugin::upgrade(streams, app, name, &args.server, args.force, args.deny, consent)?;
    }
    if local.is_empty() && !of_server.is_empty() {
        return Ok(exit::SUCCESS);
    }
    let (plans, problems) =
        plan::upgrade_plans(app, &words(&local)?, args.signer.required().as_ref(), args.force)?;
    for problem in &problems {
        streams.problem(problem);
    }
    if plans.is_empty() {
        if !problems.is_empty() {
            return Ok(exit::FAILURE);
        }
        streams.remark("everything is up to date");
        return Ok(exit::SUCCESS);
    }
    carry_out(streams, app, &plans, args.consent, args.deny)
}

/// Shows what will change, asks, and does it.
fn carry_out(
    streams: &mut Streams,
    app: &App,
    plans: &[InstallPlan],
    consent: ConsentArgs,
    deny: DenyArgs,
) -> CommandResult {
    for problem in plans.iter().flat_map(|plan| &plan.warnings) {
        streams.problem(problem);
    }
    let form = OutputFormat::for_own_report(&app.options);
    let is_data = matches!(form, OutputFormat::Json | OutputFormat::Yaml);
    if is_data {
        structured(streams, form, &serde_json::json!({ "items": plans }))?;
    }
    if !is_data && (consent.dry_run || !consent.yes || deny.deny.is_some()) {
        for plan in plans {
            write(streams, &described(plan))?;
        }
    }
    for surface in plans.iter().filter_map(|plan| plan.surface.as_ref()) {
        let _ = streams.flush();
        deny.check(surface)?;
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
    let number = change::carry_out(app, plans)?;
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
        ("digest: ", Some(plan.origin.clone())),
        ("signed by: ", plan.signer.clone()),
    ];
    for (label, fact) in facts {
        lines.extend(fact.map(|fact| format!("  {label}{fact}\n")));
    }
    let surface = plan.surface.as_ref().filter(|surface| !surface.changes.is_empty());
    lines.extend(surface.map(|surface| diff::described(surface, "  ")));
    lines
}

pub(super) fn outdated(streams: &mut Streams, app: &App, args: &PluginOutdatedArgs) -> CommandResult {
    let (rows, problems) = plan::outdated(app)?;
    for problem in &problems {
        streams.problem(problem);
    }
    let report = serde_json::json!({ "items": rows });
    let cells = rows.iter().map(|row| {
        let pinned = if row.pinned { "yes" } else { "" };
        [&row.name, &row.installed, &row.available, pinned, &row.source].map(str::to_owned).to_vec()
    });
    let list = OwnList {
        report: &report,
        headers: &["NAME", "INSTALLED", "AVAILABLE", "PINNED", "SOURCE"],
        rows: cells.collect(),
        narrow: 4,
        flexible: &[4],
        name: 0,
    };
    list.show(streams, app, &args.shown)?;
    Ok(if problems.is_empty() { exit::SUCCESS } else { exit::FAILURE })
}

//! `everestctl plugin export` and `import`: plugins in one file, for machines that reach no server.

use super::install::ConsentArgs;
use super::signer_args::SignerArgs;
use crate::cli::completer::Completer;
use crate::cli::list_output::{ListOptions, OwnList};
use crate::cli::output::{OutputFormat, structured};
use crate::cli::{CommandResult, confirmation, write};
use crate::error::exit;
use crate::ops::App;
use crate::ops::export::{self, ExportRow};
use crate::ops::import::{self, ImportPlan};
use crate::term::Streams;
use crate::term::progress::ProgressLine;
use clap::ValueHint;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Put plugins into one file, with all that they need, for machines that reach no server
///
/// Installed packages are copied from where they came, with their signatures; extensions of a catalog with their chart, the
/// catalog, and the list of their images by digest. The file is an OCI image layout in a tar archive: everything in it is under
/// its digest.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  everestctl plugin export greet -f greet.tar\n  \
                  everestctl plugin export greet plugin-inspector --images -f bundle.tar")]
pub struct PluginExportArgs {
    /// Names of installed packages and of extensions: NAME or CATALOG/NAME
    #[arg(required = true, value_name = "NAME", add = Completer::CommandsAndExtensions)]
    name: Vec<String>,
    /// File to write
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Copy the images, too
    #[arg(long)]
    images: bool,
    #[command(flatten)]
    shown: ListOptions,
}

/// Install what `plugin export` has put into a file, without a server
///
/// Everything is verified against its digest first; signatures and the policy count as for `plugin install`. Charts become
/// known in the catalog `imported`, so that `plugin install NAME` finds them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  everestctl plugin import bundle.tar\n  \
                  everestctl plugin import bundle.tar --registry registry.example.com/mirror --yes")]
pub struct PluginImportArgs {
    /// File of `plugin export`
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Copy everything into this registry, as whoever is logged in there
    #[arg(long, value_name = "HOST[/PREFIX]")]
    registry: Option<String>,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    consent: ConsentArgs,
}

pub(super) fn export(streams: &mut Streams, app: &App, args: &PluginExportArgs) -> CommandResult {
    let mut progress = ProgressLine::new(streams);
    let done = export::export(app, &args.name, &args.file, args.images, &mut |what| {
        progress.state(streams, &what, None);
    });
    progress.clear();
    let report = done?;
    for problem in &report.problems {
        streams.problem(problem);
    }
    let list = OwnList {
        report: &report,
        headers: &["KIND", "NAME", "VERSION", "DIGEST", "SOURCE"],
        rows: report.items.iter().map(cells).collect(),
        narrow: 5,
        flexible: &[4],
        name: 1,
    };
    list.show(streams, app, &args.shown)?;
    let _ = streams.flush();
    streams.remark(&format!("wrote {} ({} bytes)", args.file.display(), report.size));
    Ok(exit::SUCCESS)
}

fn cells(row: &ExportRow) -> Vec<String> {
    let text =
        |text: &Option<crate::model::CleanText>| text.as_ref().map(ToString::to_string).unwrap_or_default();
    vec![
        row.kind.to_owned(),
        row.name.to_string(),
        text(&row.version),
        text(&row.digest),
        row.source.to_string(),
    ]
}

pub(super) fn import(streams: &mut Streams, app: &App, args: &PluginImportArgs) -> CommandResult {
    let plan = import::plan(app, &args.file, args.registry.as_deref(), args.signer.required().as_ref())?;
    for problem in &plan.warnings {
        streams.problem(problem);
    }
    let form = OutputFormat::for_own_report(&app.options);
    if matches!(form, OutputFormat::Json | OutputFormat::Yaml) {
        structured(streams, form, &plan)?;
    } else if args.consent.dry_run || !args.consent.yes {
        write(streams, &described(&plan))?;
    }
    if args.consent.dry_run {
        return Ok(exit::SUCCESS);
    }
    if plan.packages.is_empty() && plan.charts.is_empty() && plan.copies.is_empty() {
        streams.remark("everything is installed already");
        return Ok(exit::SUCCESS);
    }
    if !args.consent.yes {
        let _ = streams.flush();
        confirmation::confirm(streams, &format!("import {}?", args.file.display()), "nothing imported")?;
    }
    let _ = streams.flush();
    let mut progress = ProgressLine::new(streams);
    let done = import::carry_out(app, &plan, &mut |what| progress.state(streams, &what, None));
    progress.clear();
    let number = done?;
    for package in &plan.packages {
        let number = number.unwrap_or_default();
        streams.remark(&format!("installed `{}` {} (generation {number})", package.name, package.version));
    }
    for chart in &plan.charts {
        streams.remark(&format!("`{}` is in the catalog `{}`", chart.name, import::CATALOG));
        streams.hint(&format!("everestctl plugin install {}/{}", import::CATALOG, chart.name));
    }
    for copy in &plan.copies {
        streams.remark(&format!("copied {} to {}", copy.from, copy.to));
    }
    Ok(exit::SUCCESS)
}

fn described(plan: &ImportPlan) -> String {
    let mut lines = String::new();
    for package in &plan.packages {
        let from = package.installed.as_ref().map(|version| format!("{version} to ")).unwrap_or_default();
        let _ = writeln!(lines, "package {} {from}{}", package.name, package.version);
        let _ = writeln!(lines, "  from: {}\n  digest: {}", package.source, package.origin);
        if let Some(signer) = &package.signer {
            let _ = writeln!(lines, "  signed by: {signer}");
        }
    }
    for name in &plan.unchanged {
        let _ = writeln!(lines, "package {name}: installed already");
    }
    for row in plan.charts.iter().chain(&plan.images) {
        let version = row.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        let _ = writeln!(lines, "{} {}{version}", row.kind, row.name);
        if let Some(digest) = &row.digest {
            let _ = writeln!(lines, "  digest: {digest}");
        }
    }
    for copy in &plan.copies {
        let _ = writeln!(lines, "copy {} to {}", copy.from, copy.to);
    }
    lines
}

//! `everestctl plugin pack`.

use crate::cli::output::{OutputFormat, structured};
use crate::cli::{CommandResult, write};
use crate::error::exit;
use crate::model::CleanText;
use crate::ops::App;
use crate::ops::pack;
use crate::term::Streams;
use clap::ValueHint;
use std::path::PathBuf;

/// How many names that are left out are shown.
const SHOWN: usize = 5;

/// Pack a plugin into an archive that `plugin install` takes
///
/// A local plugin is a folder with everestctl-plugin.yaml. Its archive has what that names: the file of each platform, the man page,
/// `files`, and beside them LICENSE, NOTICE, README and CHANGELOG. The checksum of each platform's file is filled in.
///
/// A server plugin is packed as its Helm chart: the folder with Chart.yaml, or the one with chart/Chart.yaml. The archive has
/// everything in it that .helmignore does not leave out, and helm takes it, too. Where there is a helm, it renders the chart, and
/// what `plugin install` would refuse is refused.
///
/// The same input gives the same bytes; `SOURCE_DATE_EPOCH` sets the time of the files.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  everestctl plugin pack\n  everestctl plugin pack ./greet -f dist/greet.tar.gz\n  \
                        everestctl plugin pack ./memo/chart\n  \
                        everestctl plugin pack && everestctl plugin install ./greet-1.2.0.tar.gz"
)]
pub struct PluginPackArgs {
    /// Folder of the plugin, or its everestctl-plugin.yaml or Chart.yaml where it has both
    #[arg(value_name = "DIR", default_value = ".", value_hint = ValueHint::AnyPath)]
    folder: PathBuf,
    /// Archive to write [default: NAME-VERSION.tar.gz, of a chart NAME-VERSION.tgz]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
    /// Replace an archive that is different
    #[arg(long)]
    force: bool,
}

pub(super) fn run(streams: &mut Streams, app: &App, args: &PluginPackArgs) -> CommandResult {
    let report = pack::pack(app, &args.folder, args.file.as_deref(), args.force)?;
    let form = OutputFormat::for_own_report(&app.options);
    if matches!(form, OutputFormat::Json | OutputFormat::Yaml) {
        structured(streams, form, &report)?;
        return Ok(exit::SUCCESS);
    }
    let file = CleanText::new(&report.file.to_string_lossy());
    if form == OutputFormat::Name {
        write(streams, &format!("{file}\n"))?;
        return Ok(exit::SUCCESS);
    }
    write(streams, &format!("sha256:{}  {file}\n", report.sha256))?;
    let _ = streams.flush();
    let done = if report.unchanged { "unchanged" } else { "packed" };
    let files = if report.files.len() == 1 { "file" } else { "files" };
    streams.remark(&format!("{done}: `{}` {} ({} {files})", report.name, report.version, report.files.len()));
    if let Some(why) = &report.not_checked {
        streams.warning(&format!("could not check what the chart makes: {why}"));
    }
    if !report.left_out.is_empty() {
        let more = if report.left_out.len() > SHOWN { ", …" } else { "" };
        let names = report.left_out.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        let why = if report.kind == "chart" {
            "as .helmignore says"
        } else {
            "what the plugin needs is listed under `files`"
        };
        streams.hint(&format!("left out: {names}{more} ({why})"));
    }
    Ok(exit::SUCCESS)
}

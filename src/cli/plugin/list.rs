//! `everestctl plugin list`.

use crate::cli::CommandResult;
use crate::cli::list_output::{ListOptions, OwnList};
use crate::cli::output::OutputFormat;
use crate::error::exit;
use crate::model::{CleanText, Source};
use crate::ops::App;
use crate::ops::command_row::CommandRow;
use crate::ops::list::{ListReport, ListRequest, list};
use crate::term::Streams;

/// List commands from plugins, their source and their status
#[derive(Debug, clap::Args)]
pub struct PluginListArgs {
    /// Also show shadowed commands
    #[arg(long)]
    all: bool,
    /// List only commands from these sources
    #[arg(long, value_parser = super::source(), value_delimiter = ',')]
    source: Vec<Source>,
    #[command(flatten)]
    shown: ListOptions,
}

const HEADERS: [&str; 13] = [
    "NAME",
    "VERSION",
    "SOURCE",
    "WAY",
    "STATUS",
    "DESCRIPTION",
    "ORIGINS",
    "VENDOR",
    "BACKEND",
    "INSTALLED FROM",
    "DIGEST",
    "SIGNER",
    "PATH",
];

pub(super) fn run(streams: &mut Streams, app: &App, args: PluginListArgs) -> CommandResult {
    let report = list(app, &ListRequest { sources: args.source, all: args.all })?;
    let list = OwnList {
        report: &report,
        headers: &HEADERS,
        rows: report.items.iter().map(cells).collect(),
        narrow: 6,
        flexible: &[5, 8, 9, 10, 11, 12, 7, 1],
        name: 0,
    };
    let form = list.show(streams, app, &args.shown)?;
    // Data first: what is on standard error then is below it.
    let _ = streams.flush();
    for (source, answered) in &report.outcomes {
        streams.note(&format!("{source}: {answered}"));
    }
    if !matches!(form, OutputFormat::Json | OutputFormat::Yaml) {
        remarks(streams, app, &report);
    }
    Ok(match report.failed {
        None => exit::SUCCESS,
        Some(true) => exit::SIGN_IN,
        Some(false) => exit::FAILURE,
    })
}

/// The warnings, and what is not in the table. In JSON and YAML they are part of the answer.
fn remarks(streams: &mut Streams, app: &App, report: &ListReport) {
    for problem in &report.problems {
        streams.problem(problem);
    }
    if report.left_out > 0 {
        streams
            .hint(&format!("{} shadowed: use `everestctl plugin list --all` to show them", report.left_out));
    }
    if report.items.is_empty() && report.left_out == 0 && report.problems.is_empty() {
        how_to_begin(streams, app, report.nothing_configured);
    }
}

fn how_to_begin(streams: &mut Streams, app: &App, nothing_configured: bool) {
    streams.message("no plugins found\n");
    if let Some(folder) = &app.folders.plugins {
        streams.hint(&format!("put an executable `everestctl-NAME` into {} or on PATH", folder.display()));
    }
    if nothing_configured {
        streams.hint("`everestctl auth login --server URL` adds the plugins of an OpenEverest server");
        streams.hint("`everestctl -k FILE plugin list` adds those of a Kubernetes cluster");
    }
}

fn cells(row: &CommandRow) -> Vec<String> {
    let package = row.package.as_ref();
    let origins: Vec<&str> = row.origins.iter().map(|origin| origin.source.as_str()).collect();
    vec![
        row.name.to_string(),
        text(row.version.as_ref()),
        row.source.to_string(),
        row.way.map(|way| way.to_string()).unwrap_or_default(),
        row.status.to_string(),
        described(row),
        origins.join(","),
        text(row.vendor.as_ref()),
        text(row.backend.as_ref().or(row.image.as_ref())),
        text(package.map(|package| &package.source)),
        text(package.and_then(|package| package.digest.as_ref())),
        text(package.and_then(|package| package.signer.as_ref())),
        row.path.clone().unwrap_or_default(),
    ]
}

/// What it does; for what does not work, why it does not.
fn described(row: &CommandRow) -> String {
    use crate::ops::command_row::CommandStatus;
    match (row.status, &row.reason) {
        (
            CommandStatus::Invalid
            | CommandStatus::Shadowed
            | CommandStatus::Incompatible
            | CommandStatus::BackendDown,
            Some(reason),
        ) => reason.clone(),
        _ => text(row.description.as_ref().or(row.display_name.as_ref())),
    }
}

fn text(line: Option<&CleanText>) -> String {
    line.map(CleanText::to_string).unwrap_or_default()
}

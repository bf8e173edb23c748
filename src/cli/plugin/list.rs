//! `everestctl plugin list`.

use crate::cli::output::{Form, structured, tabular};
use crate::cli::{Ending, write};
use crate::error::exit;
use crate::model::{Line, Source};
use crate::ops::World;
use crate::ops::list::{Report, Request, list};
use crate::ops::row::Row;
use crate::term::Streams;
use crate::term::table::Table;

/// List commands from plugins, their source and their status
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also show shadowed commands
    #[arg(long)]
    all: bool,
    /// List only commands from these sources
    #[arg(long, value_parser = super::source(), value_delimiter = ',')]
    source: Vec<Source>,
    /// Omit the header row
    #[arg(long)]
    no_headers: bool,
}

const HEADERS: [&str; 6] = ["NAME", "VERSION", "SOURCE", "WAY", "STATUS", "DESCRIPTION"];
const WIDE_HEADERS: [&str; 10] =
    ["NAME", "VERSION", "SOURCE", "WAY", "STATUS", "DESCRIPTION", "ORIGINS", "VENDOR", "BACKEND", "PATH"];

pub(super) fn run(streams: &mut Streams, world: &World, args: Args) -> Ending {
    let report = list(world, &Request { sources: args.source, all: args.all })?;
    let form = Form::of_own(&world.options);
    match form {
        Form::Json | Form::Yaml => structured(streams, form, &report)?,
        Form::Name => {
            for row in &report.items {
                write(streams, &format!("{}\n", row.name))?;
            }
        }
        Form::Table | Form::Raw | Form::JsonLines => {
            let rows = report.items.iter().map(cells).collect();
            tabular(
                streams,
                Table {
                    headers: (!args.no_headers).then_some(&HEADERS),
                    rows,
                    flexible: &[5],
                    ..Table::default()
                },
            )?;
        }
        Form::Wide => {
            let rows = report.items.iter().map(wide_cells).collect();
            let headers: Option<&[&str]> = if args.no_headers { None } else { Some(&WIDE_HEADERS) };
            tabular(streams, Table { headers, rows, flexible: &[5, 8, 9, 7], ..Table::default() })?;
        }
    }
    // Data first: what is on standard error then is below it.
    let _ = streams.flush();
    for (source, answered) in &report.outcomes {
        streams.note(&format!("{source}: {answered}"));
    }
    if !matches!(form, Form::Json | Form::Yaml) {
        remarks(streams, world, &report);
    }
    Ok(match report.failed {
        None => exit::SUCCESS,
        Some(true) => exit::SIGN_IN,
        Some(false) => exit::FAILURE,
    })
}

/// The warnings, and what is not in the table. In JSON and YAML they are part of the answer.
fn remarks(streams: &mut Streams, world: &World, report: &Report) {
    for problem in &report.problems {
        streams.problem(problem);
    }
    if report.left_out > 0 {
        streams
            .hint(&format!("{} shadowed: use `everestctl plugin list --all` to show them", report.left_out));
    }
    if report.items.is_empty() && report.left_out == 0 && report.problems.is_empty() {
        how_to_begin(streams, world, report.nothing_configured);
    }
}

fn how_to_begin(streams: &mut Streams, world: &World, nothing_configured: bool) {
    streams.message("No plugins found.\n");
    if let Some(folder) = &world.folders.plugins {
        streams.hint(&format!("put an executable `everestctl-NAME` into {} or on PATH", folder.display()));
    }
    if nothing_configured {
        streams.hint("`everestctl auth login --server URL` adds the plugins of an OpenEverest server");
        streams.hint("`everestctl -k FILE plugin list` adds those of a Kubernetes cluster");
    }
}

fn cells(row: &Row) -> Vec<String> {
    vec![
        row.name.to_string(),
        text(row.version.as_ref()),
        row.source.to_string(),
        row.way.map(|way| way.to_string()).unwrap_or_default(),
        row.status.to_string(),
        described(row),
    ]
}

fn wide_cells(row: &Row) -> Vec<String> {
    let origins: Vec<&str> = row.origins.iter().map(|origin| origin.source.as_str()).collect();
    let mut cells = cells(row);
    cells.extend([
        origins.join(","),
        text(row.vendor.as_ref()),
        text(row.backend.as_ref().or(row.image.as_ref())),
        row.path.clone().unwrap_or_default(),
    ]);
    cells
}

/// What it does; for what does not work, why it does not.
fn described(row: &Row) -> String {
    use crate::ops::row::Status;
    match (row.status, &row.reason) {
        (Status::Invalid | Status::Shadowed | Status::Incompatible, Some(reason)) => reason.clone(),
        _ => text(row.description.as_ref().or(row.display_name.as_ref())),
    }
}

fn text(line: Option<&Line>) -> String {
    line.map(Line::to_string).unwrap_or_default()
}

//! `everestctl plugin which`.

use crate::cli::completer::Completer;
use crate::cli::list_output::{ListOptions, OwnList};
use crate::cli::output::OutputFormat;
use crate::cli::{CommandResult, words, write};
use crate::error::exit;
use crate::ops::App;
use crate::ops::which::{Claim, which};
use crate::term::Streams;
use std::time::Duration;

/// Show which plugin provides a command, and why
#[derive(Debug, clap::Args)]
pub struct PluginWhichArgs {
    /// Words of the command
    #[arg(required = true, value_name = "NAME", add = Completer::Commands)]
    name: Vec<String>,
    #[command(flatten)]
    shown: ListOptions,
}

const HEADERS: [&str; 6] = ["CHOSEN", "COMMAND", "SOURCE", "WAY", "PLACE", "RULE"];

pub(super) fn run(streams: &mut Streams, app: &App, args: &PluginWhichArgs) -> CommandResult {
    let report = which(app, &words(&args.name)?, &mut |problem| streams.problem(&problem))?;
    if OutputFormat::from_options(&app.options) == OutputFormat::Name {
        for claim in report.candidates.iter().filter(|claim| claim.chosen) {
            write(streams, &format!("{}\n", claim.name))?;
        }
        return Ok(exit::SUCCESS);
    }
    let rows = report.candidates.iter().map(cells).collect();
    let list = OwnList { report: &report, headers: &HEADERS, rows, narrow: 6, flexible: &[4, 5], name: 1 };
    list.show(streams, app, &args.shown)?;
    Ok(exit::SUCCESS)
}

fn cells(claim: &Claim) -> Vec<String> {
    let age =
        claim.age_seconds.map(|seconds| format!(" (answered {} ago)", age(seconds))).unwrap_or_default();
    vec![
        if claim.chosen { "*".to_owned() } else { " ".to_owned() },
        claim.name.clone(),
        claim.source.map(|source| source.to_string()).unwrap_or_default(),
        claim.way.map(|way| way.to_string()).unwrap_or_default(),
        claim.place.clone(),
        format!("{}{age}", claim.reason),
    ]
}

/// An age in its two largest units.
fn age(seconds: u64) -> String {
    let text = humantime::format_duration(Duration::from_secs(seconds)).to_string();
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

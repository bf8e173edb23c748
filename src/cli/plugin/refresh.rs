//! `everestctl plugin refresh`.

use super::diff::{self, DenyArgs};
use crate::cli::completer::Completer;
use crate::cli::output::{OutputFormat, structured};
use crate::cli::{CommandResult, write};
use crate::error::exit;
use crate::model::Source;
use crate::ops::App;
use crate::ops::refresh::ask;
use crate::term::Streams;

/// Refresh the index of plugins and their commands
///
/// A plugin that requires a token to describe its commands gets yours. What has changed of commands that were known is shown.
#[derive(Debug, clap::Args)]
pub struct PluginRefreshArgs {
    /// Refresh only these sources
    #[arg(long, value_parser = super::source(), value_delimiter = ',')]
    source: Vec<Source>,
    /// Refresh only these plugins [default: all]
    #[arg(add = Completer::Commands)]
    name: Vec<String>,
    #[command(flatten)]
    deny: DenyArgs,
}

pub(super) fn run(streams: &mut Streams, app: &App, args: &PluginRefreshArgs) -> CommandResult {
    let report = ask(app, &args.source, &args.name)?;
    let form = OutputFormat::for_own_report(&app.options);
    if matches!(form, OutputFormat::Json | OutputFormat::Yaml) {
        structured(streams, form, &report)?;
    } else {
        for answer in &report.items {
            write(streams, &format!("{}: {}\n", answer.source, answer.answer))?;
        }
        if let Some(counts) = report.descriptions {
            let text = format!(
                "documents: {} read, {} without one, {} failed\n",
                counts.described, counts.nothing, counts.failed
            );
            write(streams, &text)?;
        }
        for difference in &report.changes {
            write(streams, &diff::described(difference, ""))?;
        }
        let _ = streams.flush();
        report.problems.iter().for_each(|problem| streams.problem(problem));
    }
    for difference in &report.changes {
        let _ = streams.flush();
        args.deny.check(difference)?;
    }
    Ok(match report.failed {
        None => exit::SUCCESS,
        Some(true) => exit::SIGN_IN,
        Some(false) => exit::FAILURE,
    })
}

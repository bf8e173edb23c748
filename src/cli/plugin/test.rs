//! `everestctl plugin test`.

use crate::cli::completer::Completer;
use crate::cli::output::{OutputFormat, structured};
use crate::cli::{CommandResult, write};
use crate::error::exit;
use crate::ops::App;
use crate::ops::plugin_test::{self, CheckOutcome, PluginTestRequest, VerdictKind};
use crate::term::Streams;
use clap::ValueHint;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Run a plugin as its users will, and find out how it behaves
///
/// A plugin that is an executable or a library is run with --help, with words that no plugin knows, and with what its
/// plugin-test.yaml names: without a home, with closed streams, on strange terminals, with signals. A server plugin is started by a
/// development host and asked: each GET of its document, requests that make no sense, slow clients, its end. Nothing that may do harm
/// is run. What each check wants is described in docs/plugin-test.md.
///
/// Exits with 0 if no check fails, and with 1 if one does.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  everestctl plugin test\n  everestctl plugin test ./greet --junit report.xml\n  \
                  everestctl plugin test greet --only help-output --only reader-gone"
)]
pub struct PluginTestArgs {
    /// Folder or file of a plugin, or the name of one on this machine
    #[arg(value_name = "DIR|NAME", default_value = ".", add = Completer::Commands, value_hint = ValueHint::AnyPath)]
    target: String,
    /// Run this check only (repeatable)
    #[arg(long, value_name = "ID", add = Completer::Checks)]
    only: Vec<String>,
    /// Write the report as JUnit XML, too, for CI servers
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    junit: Option<PathBuf>,
}

pub(super) fn run(streams: &mut Streams, app: &App, args: PluginTestArgs) -> CommandResult {
    let request = PluginTestRequest { target: args.target, only: args.only, junit: args.junit };
    let report = plugin_test::test(app, &request, &mut |problem| streams.problem(&problem))?;
    let form = OutputFormat::for_own_report(&app.options);
    if matches!(form, OutputFormat::Json | OutputFormat::Yaml) {
        structured(streams, form, &report)?;
    } else {
        let is_told =
            |outcome: &&CheckOutcome| outcome.status == VerdictKind::Failed || app.options.verbose > 0;
        let text: String = report.checks.iter().filter(is_told).map(told).collect();
        write(streams, &text)?;
    }
    let _ = streams.flush();
    for outcome in report.checks.iter().filter(|outcome| outcome.status == VerdictKind::Skipped) {
        if let Some(reason) = outcome.reason.as_ref().filter(|_| app.options.verbose == 0) {
            streams.remark(&format!("skipped {}: {reason}", outcome.id));
        }
    }
    let seconds = report.milliseconds / 1000;
    let tenths = report.milliseconds % 1000 / 100;
    streams.remark(&format!(
        "{}: {} passed, {} failed, {} skipped in {seconds}.{tenths} s",
        report.plugin, report.passed, report.failed, report.skipped
    ));
    Ok(if report.failed > 0 { exit::FAILURE } else { exit::SUCCESS })
}

/// What became of a check, for people.
fn told(outcome: &CheckOutcome) -> String {
    let mut text = format!("{} {}: {}\n", outcome.status.as_str(), outcome.id, outcome.wanted);
    let mut line = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            let _ = writeln!(text, "  {name:<7} {value}");
        }
    };
    line("did", outcome.did.as_ref().map(crate::model::CleanText::as_str));
    line("saw", outcome.saw.as_ref().map(crate::model::CleanText::as_str));
    line("because", outcome.reason.as_ref().map(crate::model::CleanText::as_str));
    line("mend", outcome.mend);
    if outcome.status == VerdictKind::Failed {
        line("see", Some(&outcome.docs));
    }
    text
}

//! `everestctl plugin lint`.

use crate::cli::output::{OutputFormat, structured};
use crate::cli::{CommandResult, write};
use crate::error::exit;
use crate::ops::App;
use crate::ops::lint::{self, LintWishes, Severity};
use crate::term::Streams;
use clap::ValueHint;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Find what is wrong with a plugin before its users do
///
/// Judges what it finds: a manifest (`Plugin`), a sidecar, a package, an OpenAPI document, a Helm chart, a web bundle (dist/main.js).
/// Nothing of the plugin is run. What each rule wants is described in docs/lint.md.
///
/// Exits with 0 if there are no errors, and with 1 if there are.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  everestctl plugin lint\n  everestctl plugin lint openapi.yaml\n  everestctl plugin lint ./greet --fix\n  \
                  everestctl plugin lint --allow 'manifest-image=pinned by our mirror'\n  everestctl plugin lint -o sarif > lint.sarif"
)]
pub struct PluginLintArgs {
    /// Folder, file or chart
    #[arg(value_name = "DIR|FILE|CHART", default_value = ".", value_hint = ValueHint::AnyPath)]
    path: PathBuf,
    /// Allow a rule to be broken, with a reason; also in .everestctl-lint.yaml
    #[arg(long, value_name = "RULE=REASON")]
    allow: Vec<String>,
    /// Correct what has one right form: checksums of a package, a missing end of line
    #[arg(long)]
    fix: bool,
    /// Write the findings as SARIF 2.1.0, too, for code hosts
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    sarif: Option<PathBuf>,
}

pub(super) fn run(streams: &mut Streams, app: &App, args: &PluginLintArgs) -> CommandResult {
    let wishes = LintWishes {
        path: args.path.clone(),
        allowed: args.allow.clone(),
        mends: args.fix,
        sarif: args.sarif.clone(),
    };
    let (report, mended) = lint::lint(app, &wishes)?;
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    let form = OutputFormat::for_own_report(&app.options);
    if app.options.output() == Some("sarif") {
        structured(streams, OutputFormat::Json, &lint::sarif(&report))?;
    } else if matches!(form, OutputFormat::Json | OutputFormat::Yaml) {
        structured(streams, form, &report)?;
    } else {
        let mut text = String::new();
        for found in report.findings.iter().filter(|found| found.allowed.is_none()) {
            let word = if found.severity == Severity::Error { "error" } else { "warning" };
            let place = found.line.map(|line| format!(":{line}")).unwrap_or_default();
            let _ = writeln!(text, "{}{place}: {word}: {} [{}]", found.file, found.message, found.rule);
            let _ = writeln!(text, "  {}", found.mend);
        }
        write(streams, &text)?;
    }
    let _ = streams.flush();
    for not_checked in &report.not_checked {
        streams.remark(&format!("not checked: {not_checked}"));
    }
    let count = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    let allowed = report.findings.iter().filter(|found| found.allowed.is_some()).count();
    let mut summary = format!(
        "{}, {} in {}",
        count(errors, "error"),
        count(warnings, "warning"),
        count(report.checked.len(), "file")
    );
    for (number, what) in [(allowed, "allowed"), (mended, "corrected")] {
        if number > 0 {
            let _ = write!(summary, ", {number} {what}");
        }
    }
    streams.remark(&summary);
    Ok(if errors > 0 { exit::FAILURE } else { exit::SUCCESS })
}

//! `everestctl plugin policy explain` and `check`.

use crate::cli::completer::Completer;
use crate::cli::output::{OutputFormat, structured};
use crate::cli::{CommandResult, write};
use crate::error::exit;
use crate::ops::App;
use crate::ops::policy;
use crate::term::Streams;
use clap::ValueHint;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Explain what may be installed and run here
///
/// The policy is /etc/everestctl/policy.yaml, then everestctl-policy.yaml beside the config file, then the file that `EVERESTCTL_POLICY` names.
/// Each has to agree.
#[derive(Debug, clap::Args)]
pub struct PluginPolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

/// The commands below `plugin policy`.
#[derive(Debug, clap::Subcommand)]
enum PolicyCommand {
    Explain(PolicyExplainArgs),
    Check(PolicyCheckArgs),
}

/// Explain why a plugin or a source is allowed or denied
#[derive(Debug, clap::Args)]
struct PolicyExplainArgs {
    /// Name of a command, or a source as `plugin install` takes it
    #[arg(value_name = "NAME|SOURCE", add = Completer::Commands)]
    subject: String,
}

/// Check that a policy file can be used
#[derive(Debug, clap::Args)]
struct PolicyCheckArgs {
    /// Policy file
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
}

pub(super) fn run(streams: &mut Streams, app: &App, args: &PluginPolicyArgs) -> CommandResult {
    match &args.command {
        PolicyCommand::Explain(args) => explain(streams, app, args),
        PolicyCommand::Check(args) => {
            policy::check(&args.file)?;
            streams.remark(&format!("{} is a valid policy", args.file.display()));
            Ok(exit::SUCCESS)
        }
    }
}

fn explain(streams: &mut Streams, app: &App, args: &PolicyExplainArgs) -> CommandResult {
    let report = policy::explain(app, &args.subject)?;
    let form = OutputFormat::for_own_report(&app.options);
    if matches!(form, OutputFormat::Json | OutputFormat::Yaml) {
        structured(streams, form, &serde_json::json!(report))?;
    } else {
        let verdict = if report.allowed { "allowed" } else { "denied" };
        let mut text = format!("{}: {verdict}\n", report.subject);
        if report.files.is_empty() {
            text.push_str("  there is no policy\n");
        } else if report.reasons.is_empty() {
            text.push_str("  no rule is about it\n");
        }
        for reason in &report.reasons {
            let verdict = if reason.allowed { "allowed" } else { "denied" };
            let _ = writeln!(text, "  {verdict} by {} ({})", reason.file.display(), reason.reason);
        }
        write(streams, &text)?;
    }
    Ok(if report.allowed { exit::SUCCESS } else { exit::FAILURE })
}

//! The command line. It only says what is wanted.

use crate::catalogue::Profile;
use crate::finding::Severity;
use everestctl_plugin::{Output, clap};
use jiff::civil::Date;
use std::path::PathBuf;

/// Audit database instances, manifests and charts
#[derive(Debug, clap::Parser)]
#[command(name = "compliance", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Look at instances and files, and report what breaks a rule
    Scan(ScanArguments),
    /// List the rules
    Rules(RulesArguments),
    /// Explain a rule: what it looks for, why, and how to mend it
    Explain {
        /// Id of the rule, as in `compliance rules`
        rule: String,
    },
    /// Findings that somebody has accepted, each with a reason and until a day
    #[command(subcommand)]
    Baseline(BaselineCommand),
}

/// With no instance named, the one of the context or `EVEREST_INSTANCE` is looked at, unless there are only files.
#[derive(Debug, clap::Args)]
pub(crate) struct ScanArguments {
    /// Look at this instance (can be repeated)
    #[arg(short, long, value_name = "NAME", conflicts_with = "all")]
    pub(crate) instance: Vec<String>,
    /// Look at all instances: of the chosen namespace, or of all of them
    #[arg(long)]
    pub(crate) all: bool,
    /// Look at this database of each instance [default: the one in the instance's address, or the user name]
    #[arg(short, long, value_name = "NAME")]
    pub(crate) database: Option<String>,
    /// Look at these files, and at those in these folders
    #[arg(short, long, value_name = "PATH", num_args = 1..)]
    pub(crate) files: Vec<PathBuf>,
    /// Only the rules of this profile (can be repeated) [default: all]
    #[arg(short, long, value_enum, value_delimiter = ',')]
    pub(crate) profile: Vec<Profile>,
    /// A label that instances and plugins need (can be repeated) [default: owner, environment]
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    pub(crate) require_label: Vec<String>,
    /// End with exit code 1 if there is a finding this bad or worse
    #[arg(long, value_enum, default_value = "high")]
    pub(crate) fail_on: FailOn,
    /// File with accepted findings
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Form of the report
    #[arg(short, long, value_enum)]
    pub(crate) output: Option<Form>,
}

/// From when on a scan fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FailOn {
    /// Any finding
    Info,
    /// Low and worse
    Low,
    /// Medium and worse
    Medium,
    /// High and critical
    High,
    /// Critical only
    Critical,
    /// Findings never fail it
    Never,
}

impl FailOn {
    /// Whether a finding of this severity fails the scan.
    pub(crate) fn includes(self, severity: Severity) -> bool {
        let least = match self {
            Self::Info => Severity::Info,
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
            Self::Critical => Severity::Critical,
            Self::Never => return false,
        };
        severity >= least
    }
}

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// Rows for people
    Table,
    /// JSON
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// One page, to read and to print
    Html,
    /// Test results in XML, for CI
    Junit,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RulesArguments {
    /// Only the rules of this profile (can be repeated)
    #[arg(short, long, value_enum, value_delimiter = ',')]
    pub(crate) profile: Vec<Profile>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum BaselineCommand {
    /// List what is accepted, and whether it still is
    List {
        /// File with accepted findings
        #[arg(long, value_name = "FILE")]
        baseline: PathBuf,
        #[command(flatten)]
        output: Output,
    },
    /// Accept a finding until a day
    Accept(AcceptArguments),
    /// Accept a finding no longer
    Remove {
        /// Id of the rule
        rule: String,
        /// Where it was found: NAMESPACE/INSTANCE, or the file without its line
        #[arg(long = "where", value_name = "PLACE")]
        place: String,
        /// What was found there [default: everything]
        #[arg(long, value_name = "TEXT")]
        subject: Option<String>,
        /// File with accepted findings
        #[arg(long, value_name = "FILE")]
        baseline: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct AcceptArguments {
    /// Id of the rule
    pub(crate) rule: String,
    /// Where it was found: NAMESPACE/INSTANCE, or the file without its line
    #[arg(long = "where", value_name = "PLACE")]
    pub(crate) place: String,
    /// What was found there, as in the report (subject)
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: String,
    /// How many findings of this kind there are
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) count: u32,
    /// Why it is accepted
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// The last day on which it is, as in 2027-01-31
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Date,
    /// File with accepted findings; it is made if there is none
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: PathBuf,
}

//! The command line. It only says what is wanted.

use crate::database::Source;
use everestctl_plugin::{Output, clap};
use std::path::PathBuf;

/// Find databases outside the cluster
#[derive(Debug, clap::Parser)]
#[command(name = "discovery", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Look for databases, and keep what is found
    #[command(subcommand)]
    Scan(ScanCommand),
    /// List the databases that the last scans have found
    List(ListArguments),
    /// Show everything that is known of a database
    Show {
        /// Name or id of the database, as in `discovery list -o wide`
        name: String,
        #[command(flatten)]
        output: Output,
    },
    /// Write what was found for other programs, without passwords
    Export(ExportArguments),
    /// Show what the last scan has found otherwise than the one before
    Diff(DiffArguments),
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum ScanCommand {
    /// Amazon RDS and Aurora, with the credentials that the AWS command line would use
    AwsRds(AwsArguments),
    /// Hosts that you name, asked as PostgreSQL
    Postgres(PostgresArguments),
    /// Hosts that you name, asked as MySQL or MariaDB
    Mysql(MysqlArguments),
}

#[derive(Debug, clap::Args)]
pub(crate) struct AwsArguments {
    /// Look into this region (can be repeated) [default: that of the AWS configuration]
    #[arg(short, long, value_name = "REGION", value_delimiter = ',', value_parser = word)]
    pub(crate) region: Vec<String>,
    /// Look into all regions
    #[arg(long, conflicts_with = "region")]
    pub(crate) all_regions: bool,
    /// Profile of the AWS configuration
    #[arg(short, long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Which hosts, and how patiently.
#[derive(Debug, clap::Args)]
pub(crate) struct HostArguments {
    /// File with a host or host:port in each line (`-` is standard input), or a range such as 10.0.0.0/24 (can be repeated)
    #[arg(long, value_name = "FILE|CIDR", required = true, value_hint = clap::ValueHint::AnyPath)]
    pub(crate) hosts: Vec<String>,
    /// Look at no more hosts than this
    #[arg(long, value_name = "NUMBER", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub(crate) max_hosts: u32,
    /// How many seconds one host may take
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=300))]
    pub(crate) timeout: u16,
    /// How many hosts are asked at once
    #[arg(long, value_name = "NUMBER", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) parallel: u16,
}

#[derive(Debug, clap::Args)]
pub(crate) struct PostgresArguments {
    #[command(flatten)]
    pub(crate) hosts: HostArguments,
    /// Port of hosts that are named without one
    #[arg(long, value_name = "PORT", default_value_t = 5432, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: u16,
    /// Sign in as this user to learn versions; the password comes from PGPASSWORD or --password-file
    #[arg(short, long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// File with the password
    #[arg(long, value_name = "FILE", requires = "user")]
    pub(crate) password_file: Option<PathBuf>,
    /// Database to sign in to [default: postgres]
    #[arg(short, long, value_name = "NAME", requires = "user")]
    pub(crate) database: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, clap::Args)]
pub(crate) struct MysqlArguments {
    #[command(flatten)]
    pub(crate) hosts: HostArguments,
    /// Port of hosts that are named without one
    #[arg(long, value_name = "PORT", default_value_t = 3306, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: u16,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Which databases are meant.
#[derive(Debug, clap::Args)]
pub(crate) struct FilterArguments {
    /// Only those of this source (can be repeated)
    #[arg(short, long, value_enum, value_delimiter = ',')]
    pub(crate) source: Vec<Source>,
    /// Only those of this engine (can be repeated)
    #[arg(short, long, value_name = "ENGINE", value_delimiter = ',', value_parser = word)]
    pub(crate) engine: Vec<String>,
    /// Only those in this AWS region (can be repeated)
    #[arg(short, long, value_name = "REGION", value_delimiter = ',', value_parser = word)]
    pub(crate) region: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListArguments {
    #[command(flatten)]
    pub(crate) filter: FilterArguments,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DiffArguments {
    /// The last scan of this source [default: the last of all]
    #[arg(value_enum)]
    pub(crate) source: Option<Source>,
    /// End with exit code 1 if there are differences
    #[arg(long)]
    pub(crate) exit_code: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// The forms of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ExportFormat {
    /// The file that `everestctl host run --instances` reads
    Instances,
    /// A row for each database
    Csv,
    /// Everything
    Json,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExportArguments {
    /// Form of the export
    #[arg(short, long, value_enum, default_value = "instances")]
    pub(crate) format: ExportFormat,
    #[command(flatten)]
    pub(crate) filter: FilterArguments,
    /// Namespace of the instances
    #[arg(short, long, value_name = "NAME", default_value = "everest")]
    pub(crate) namespace: String,
    /// User of all instances [default: the one that was found]
    #[arg(short, long, value_name = "NAME")]
    pub(crate) username: Option<String>,
    /// Database of all instances [default: the one that was found, or postgres]
    #[arg(short, long, value_name = "NAME")]
    pub(crate) database: Option<String>,
    /// Variable from which the host takes the password of the instances
    #[arg(long, value_name = "VARIABLE", conflicts_with = "password_file")]
    pub(crate) password_env: Option<String>,
    /// File from which the host takes the password of the instances
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Fetch passwords from AWS Secrets Manager into files in this folder, which only you can read
    #[arg(long, value_name = "FOLDER")]
    pub(crate) secrets_to: Option<PathBuf>,
    /// Secret with the password of a database, where AWS names none (can be repeated)
    #[arg(long, value_name = "DATABASE=SECRET", requires = "secrets_to", value_parser = pair)]
    pub(crate) secret: Vec<(String, String)>,
    /// Profile of the AWS configuration
    #[arg(short, long, value_name = "NAME", requires = "secrets_to")]
    pub(crate) profile: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, secret)) if !name.is_empty() && !secret.is_empty() => {
            Ok((name.to_owned(), secret.to_owned()))
        }
        _ => Err("it is not as in shop=arn:aws:secretsmanager:…".to_owned()),
    }
}

/// A region or an engine. Which there are, nobody here can know: TAB offers those of today.
fn word(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if matches!(text.len(), 1..=63) && text.bytes().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("it is of small letters, digits and `-`".to_owned())
    }
}

/// The engines that scans find, as their sources call them, for TAB.
pub(crate) const ENGINES: &[&str] = &[
    "aurora-mysql",
    "aurora-postgresql",
    "db2-ae",
    "db2-se",
    "docdb",
    "mariadb",
    "mysql",
    "neptune",
    "oracle-ee",
    "oracle-se2",
    "postgres",
    "postgresql",
    "sqlserver-ee",
    "sqlserver-ex",
    "sqlserver-se",
    "sqlserver-web",
];

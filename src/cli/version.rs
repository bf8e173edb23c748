//! `everestctl version` and `everestctl --version`.

use super::output::{OutputFormat, structured};
use super::{CommandResult, write};
use crate::error::exit;
use crate::ops::{App, auth};
use crate::term::Streams;
use serde::Serialize;

const LINE: &str = concat!("everestctl ", env!("CARGO_PKG_VERSION"), "\n");

/// Print the version of this program and of the server
///
/// A release also says which commit it was built from.
#[derive(Debug, clap::Args)]
pub struct VersionArgs {
    /// Print the version of this program only; do not ask the server
    #[arg(long)]
    client: bool,
}

#[derive(Serialize)]
struct VersionReport {
    name: &'static str,
    version: &'static str,
    /// The commit that a release was built from.
    commit: Option<&'static str>,
    /// The date of that commit.
    date: Option<&'static str>,
    platform: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<ServerVersion>,
}

#[derive(Serialize)]
struct ServerVersion {
    address: String,
    version: Option<String>,
}

/// The one line of `--version`.
pub fn print_short(streams: &mut Streams) -> CommandResult {
    write(streams, LINE)?;
    Ok(exit::SUCCESS)
}

/// The command.
pub fn run(streams: &mut Streams, app: &App, args: &VersionArgs) -> CommandResult {
    let status = if args.client || app.options.offline { None } else { Some(auth::status(app)?) };
    // Without a server there is nothing to ask.
    let status = status.filter(|status| status.server.is_some());
    let report = VersionReport {
        name: "everestctl",
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("EVERESTCTL_COMMIT").filter(|commit| !commit.is_empty()),
        date: option_env!("EVERESTCTL_COMMIT_DATE").filter(|date| !date.is_empty()),
        platform: format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
        server: status.as_ref().and_then(|status| {
            Some(ServerVersion { address: status.server.clone()?, version: status.server_version.clone() })
        }),
    };
    let form = OutputFormat::for_own_report(&app.options);
    if matches!(form, OutputFormat::Json | OutputFormat::Yaml) {
        structured(streams, form, &report)?;
    } else {
        let built: Vec<&str> =
            [report.commit, report.date, Some(&report.platform)].into_iter().flatten().collect();
        write(streams, &format!("everestctl {} ({})\n", report.version, built.join(", ")))?;
        if let Some(server) = &report.server {
            let version = server.version.as_deref().unwrap_or("unknown");
            write(streams, &format!("server {version} at {}\n", server.address))?;
        }
    }
    let _ = streams.flush();
    let Some(status) = status else { return Ok(exit::SUCCESS) };
    if let Some(problem) = &status.problem {
        streams.problem(problem);
    }
    Ok(status.check.exit_code())
}

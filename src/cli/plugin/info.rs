//! `everestctl plugin info`.

use super::extension;
use crate::cli::completer::Completer;
use crate::cli::output::{OutputFormat, structured, tabular};
use crate::cli::{CommandResult, words, write};
use crate::error::exit;
use crate::model::CleanText;
use crate::ops::info::{Info, InfoReport, info};
use crate::ops::plugin_credentials::Known;
use crate::ops::{App, hub};
use crate::term::Streams;
use crate::term::table::Table;

/// Show details of a command, or of an extension that is not installed
#[derive(Debug, clap::Args)]
pub struct PluginInfoArgs {
    /// Words of the command, or the name of an extension
    #[arg(required = true, value_name = "NAME", add = Completer::CommandsAndExtensions)]
    name: Vec<String>,
    /// Show what the catalogs say, also of what is installed
    #[arg(long)]
    hub: bool,
}

pub(super) fn run(streams: &mut Streams, app: &App, args: &PluginInfoArgs) -> CommandResult {
    if args.hub || matches!(args.name.as_slice(), [name] if name.contains('/')) {
        let report = hub::extension(app, &args.name.join(" "))?;
        return extension::show(streams, app, &report);
    }
    let report = match info(app, &words(&args.name)?, &mut |problem| streams.problem(&problem))? {
        Info::Command(report) => report,
        Info::Extension(report) => return extension::show(streams, app, &report),
    };
    match OutputFormat::for_own_report(&app.options) {
        form @ (OutputFormat::Json | OutputFormat::Yaml) => structured(streams, form, report.as_ref())?,
        OutputFormat::Name => write(streams, &format!("{}\n", report.row.name))?,
        _ => {
            let rows =
                facts(&report).into_iter().map(|(label, value)| vec![format!("{label}:"), value]).collect();
            tabular(streams, Table { headers: None, rows, flexible: &[], ..Table::default() })?;
            let _ = streams.flush();
            for problem in &report.problems {
                streams.problem(problem);
            }
            if let Some(hint) = &report.row.hint {
                streams.hint(hint);
            }
        }
    }
    Ok(exit::SUCCESS)
}

/// What there is to say, without what is not known.
fn facts(report: &InfoReport) -> Vec<(&'static str, String)> {
    let row = &report.row;
    let text = |line: &Option<CleanText>| line.as_ref().map(CleanText::to_string);
    let status = match &row.reason {
        Some(reason) => format!("{} ({reason})", row.status),
        None => row.status.to_string(),
    };
    let aliases: Vec<&str> = row.aliases.iter().map(CleanText::as_str).collect();
    let mut facts: Vec<(&'static str, Option<String>)> = vec![
        ("Name", Some(row.name.to_string())),
        ("Display name", text(&row.display_name)),
        ("Description", text(&row.description)),
        ("Version", text(&row.version)),
        ("Vendor", text(&row.vendor)),
        ("Status", Some(status)),
        ("Way", row.way.map(|way| way.to_string())),
        ("Aliases", Some(aliases.join(", "))),
        ("Host versions", text(&row.compatible_host_versions)),
        ("Backend", text(&row.backend)),
        ("Image", text(&row.image)),
        ("Path", row.path.clone()),
    ];
    if let Some(package) = &row.package {
        facts.push(("Installed from", Some(package.source.to_string())));
        facts.push(("Package digest", text(&package.digest)));
        facts.push(("Signed by", text(&package.signer)));
        facts.push(("Pinned", package.pinned.then(|| "yes".to_owned())));
    }
    if let Some(container) = &report.container {
        let here = match (&container.id, &container.digest) {
            (Some(id), Some(digest)) => format!("{digest} ({id})"),
            (Some(id), None) => id.to_string(),
            (None, _) => "not on this machine".to_owned(),
        };
        facts.push(("Digest", Some(here)));
        facts.push(("Runtime", Some(container.runtime.clone())));
        let other = container.ran.as_ref().filter(|ran| container.id.as_ref().is_some_and(|id| id != *ran));
        facts.push(("Ran before", other.map(CleanText::to_string)));
    }
    for origin in &row.origins {
        let answered = origin.answered_at.as_ref().map(|at| format!(", answered {at}")).unwrap_or_default();
        facts.push(("Origin", Some(format!("{} ({}){answered}", origin.source, origin.place))));
    }
    if let Some(offers) = &report.offers {
        let version =
            offers.version.as_ref().map(|version| format!(" (version {version})")).unwrap_or_default();
        facts.push(("OpenAPI document", Some(format!("{}{version}", offers.described_by))));
        facts.push(("Token sent to", Some(offers.token_goes_to.clone())));
        for row in &offers.credentials {
            let place = row.sent_in.as_deref().unwrap_or_default();
            let how = match row.known {
                Known::No => "not known".to_owned(),
                Known::Environment => format!("from {}", row.variable.as_deref().unwrap_or_default()),
                Known::Session => "your session's token".to_owned(),
                Known::Stored | Known::Impossible => row.known.as_str().to_owned(),
            };
            facts.push(("Credential", Some(format!("{} ({place}): {how}", row.scheme))));
        }
        for command in &offers.commands {
            let cookies: Vec<String> =
                command.cookies.iter().map(|name| format!(", cookie {name}")).collect();
            let about = format!("{}  {}{}", command.words, command.summary, cookies.concat());
            facts.push(("Command", Some(about)));
        }
        if let [command] = offers.commands.as_slice() {
            facts.push(("Request", Some(command.route.clone())));
        }
        for problem in &offers.problems {
            facts.push(("Left out", Some(problem.to_string())));
        }
    }
    for claim in report.candidates.iter().filter(|claim| !claim.chosen) {
        facts.push(("Also claimed by", Some(format!("{} ({})", claim.place, claim.reason))));
    }
    facts
        .into_iter()
        .filter_map(|(label, value)| value.filter(|value| !value.is_empty()).map(|value| (label, value)))
        .collect()
}

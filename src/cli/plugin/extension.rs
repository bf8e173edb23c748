//! What a catalog says of one extension: `everestctl plugin info` of what is not installed.

use crate::cli::output::{OutputFormat, structured, tabular};
use crate::cli::{CommandResult, write};
use crate::error::exit;
use crate::model::CleanText;
use crate::ops::App;
use crate::ops::hub::ExtensionReport;
use crate::term::Streams;
use crate::term::table::Table;

pub(super) fn show(streams: &mut Streams, app: &App, report: &ExtensionReport) -> CommandResult {
    match OutputFormat::for_own_report(&app.options) {
        form @ (OutputFormat::Json | OutputFormat::Yaml) => structured(streams, form, report)?,
        OutputFormat::Name => write(streams, &format!("{}\n", report.row.name))?,
        _ => {
            let rows =
                facts(report).into_iter().map(|(label, value)| vec![format!("{label}:"), value]).collect();
            tabular(streams, Table { headers: None, rows, flexible: &[], ..Table::default() })?;
        }
    }
    let _ = streams.flush();
    for problem in &report.problems {
        streams.problem(problem);
    }
    Ok(exit::SUCCESS)
}

fn facts(report: &ExtensionReport) -> Vec<(&'static str, String)> {
    let row = &report.row;
    let text = |line: &Option<CleanText>| line.as_ref().map(ToString::to_string);
    let joined = |lines: &[CleanText]| lines.iter().map(CleanText::as_str).collect::<Vec<_>>().join(", ");
    let verified = if report.verified { ", verified" } else { "" };
    let confirmed = report.confirmed_at.as_ref().map(|at| format!(" (as of {at})")).unwrap_or_default();
    let installed = match row.installed.as_deref() {
        Some("") => "yes".to_owned(),
        Some(version) => version.to_owned(),
        None => "no".to_owned(),
    };
    let contributes: Vec<&str> = report.contributes.words().collect();
    let mut facts: Vec<(&'static str, Option<String>)> = vec![
        ("Name", Some(row.name.clone())),
        ("Display name", text(&row.display_name)),
        ("Description", text(&row.description)),
        ("Type", Some(row.kind.as_str().to_owned())),
        ("Installed", Some(installed)),
        ("Version", row.version.clone()),
        ("Maturity", Some(format!("{}{verified}", row.maturity.as_str()))),
        ("Contributes", Some(contributes.join(", "))),
        ("Extension points", Some(joined(&report.extension_points))),
        ("OpenEverest", text(&report.openeverest)),
        ("Kubernetes", text(&report.kubernetes)),
        ("Categories", Some(joined(&report.categories))),
        ("License", text(&report.license)),
        ("Maintainers", Some(joined(&report.maintainers))),
        ("Homepage", text(&report.homepage)),
        ("Source", text(&report.source_repo)),
        ("Catalog", Some(format!("{}{confirmed}", row.catalog))),
    ];
    for (key, values) in &report.capabilities {
        facts.push(("Capability", Some(format!("{key}: {}", joined(values)))));
    }
    for (channel, chart) in &report.channels {
        let version = chart.version.as_deref().unwrap_or_default();
        let digest = chart.digest.as_ref().map(|digest| format!(" ({digest})")).unwrap_or_default();
        facts.push((
            "Chart",
            Some(format!("{channel}: {} {version}{digest}", CleanText::new(&chart.reference))),
        ));
    }
    if let Some(gate) = &report.gate {
        let contact = text(&gate.contact_url).unwrap_or_else(|| "its owner".to_owned());
        facts.push(("Gated", Some(format!("ask {contact}"))));
        facts.push(("Instructions", text(&gate.instructions)));
    }
    facts.extend(report.faults.iter().map(|fault| ("Left out", Some(fault.to_string()))));
    facts.push(("Install", report.install.clone()));
    facts.push(("With helm", report.helm.clone()));
    facts
        .into_iter()
        .filter_map(|(label, value)| value.filter(|value| !value.is_empty()).map(|value| (label, value)))
        .collect()
}

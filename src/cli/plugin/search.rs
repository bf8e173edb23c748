//! `everestctl plugin search`.

use crate::cli::CommandResult;
use crate::cli::completer::Completer;
use crate::cli::list_output::{ListOptions, OwnList};
use crate::error::exit;
use crate::model::CleanText;
use crate::ops::App;
use crate::ops::hub::{self, ExtensionKind, Maturity, SearchQuery};
use crate::term::Streams;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Search the catalogs for extensions to install
///
/// The catalog of the OpenEverest hub is kept for an hour; `plugin catalog add` adds others.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  everestctl plugin search\n  everestctl plugin search backup --maturity stable\n  \
                  everestctl plugin search --capability postgresql.versions=17"
)]
pub struct PluginSearchArgs {
    /// Words in the name, the description, the keywords or the categories; all must match
    #[arg(value_name = "WORDS", add = Completer::Extensions)]
    words: Vec<String>,
    /// Only extensions with this capability, for example backups.scheduled, postgresql.versions=17, ui, backend or cli
    #[arg(long, value_name = "KEY[=VALUE]", value_delimiter = ',')]
    capability: Vec<String>,
    /// Only extensions of this maturity
    #[arg(long, value_parser = maturity(), value_delimiter = ',')]
    maturity: Vec<Maturity>,
    /// Only extensions of this type
    #[arg(long = "type", value_name = "TYPE", value_parser = kind())]
    kind: Option<ExtensionKind>,
    /// Only this catalog
    #[arg(long, add = Completer::Catalogs)]
    catalog: Option<String>,
    /// Also list deprecated extensions
    #[arg(long)]
    include_deprecated: bool,
    #[command(flatten)]
    shown: ListOptions,
}

fn maturity() -> impl TypedValueParser<Value = Maturity> {
    PossibleValuesParser::new(Maturity::ALL.map(Maturity::as_str))
        .try_map(|word| Maturity::from_word(&word).ok_or("unknown maturity"))
}

fn kind() -> impl TypedValueParser<Value = ExtensionKind> {
    let kinds = [ExtensionKind::Plugin, ExtensionKind::Provider];
    PossibleValuesParser::new(kinds.map(ExtensionKind::as_str))
        .try_map(move |word| kinds.into_iter().find(|kind| kind.as_str() == word).ok_or("unknown type"))
}

pub(super) fn run(streams: &mut Streams, app: &App, args: &PluginSearchArgs) -> CommandResult {
    let query = SearchQuery {
        words: args.words.clone(),
        capabilities: args.capability.clone(),
        maturity: args.maturity.clone(),
        kind: args.kind,
        catalog: args.catalog.clone(),
        with_deprecated: args.include_deprecated,
    };
    let report = hub::search(app, &query)?;
    let text = |text: &Option<CleanText>| text.as_ref().map(ToString::to_string).unwrap_or_default();
    let cells = report.items.iter().map(|row| {
        let installed = match row.installed.as_deref() {
            Some("") => "yes".to_owned(),
            Some(version) => version.to_owned(),
            None => String::new(),
        };
        vec![
            row.name.clone(),
            row.kind.as_str().to_owned(),
            row.version.clone().unwrap_or_default(),
            if row.gated { "gated".to_owned() } else { row.maturity.as_str().to_owned() },
            installed,
            text(&row.description),
            row.catalog.clone(),
        ]
    });
    let list = OwnList {
        report: &report,
        headers: &["NAME", "TYPE", "VERSION", "MATURITY", "INSTALLED", "DESCRIPTION", "CATALOG"],
        rows: cells.collect(),
        narrow: 6,
        flexible: &[5],
        name: 0,
    };
    let form = list.show(streams, app, &args.shown)?;
    let _ = streams.flush();
    for problem in &report.problems {
        streams.problem(problem);
    }
    if form.is_table() {
        if report.items.is_empty() {
            streams.remark("no extensions found in the catalogs");
        }
        if report.deprecated > 0 {
            streams.hint(&format!("--include-deprecated shows {} more", report.deprecated));
        }
    }
    Ok(exit::SUCCESS)
}

//! `everestctl plugin catalog …`.

use crate::cli::CommandResult;
use crate::cli::completer::Completer;
use crate::cli::list_output::{ListOptions, OwnList};
use crate::error::exit;
use crate::ops::{App, catalogs};
use crate::term::Streams;
use clap::ValueHint;

/// Manage the catalogs that extensions are found in
///
/// The catalog `openeverest` of the OpenEverest hub is built in; one that is added with this name takes its place.
#[derive(Debug, clap::Args)]
pub struct PluginCatalogArgs {
    #[command(subcommand)]
    command: CatalogCommand,
}

#[derive(Debug, clap::Subcommand)]
enum CatalogCommand {
    /// Add a catalog
    #[command(
        after_help = "Examples:\n  everestctl plugin catalog add team https://example.com/hub/index.json\n  \
                      everestctl plugin catalog add checkout ./hub"
    )]
    Add {
        /// Name of the catalog
        #[arg(add = Completer::Catalogs)]
        name: String,
        /// URL of an index.json, a file, or the folder of a git checkout of a hub
        #[arg(value_hint = ValueHint::AnyPath)]
        location: String,
    },
    /// List the catalogs
    #[command(visible_alias = "ls")]
    List(ListOptions),
    /// Remove a catalog
    #[command(visible_alias = "rm", alias = "delete")]
    Remove {
        /// Name of the catalog
        #[arg(add = Completer::Catalogs)]
        name: String,
    },
}

pub(super) fn run(streams: &mut Streams, app: &App, args: &PluginCatalogArgs) -> CommandResult {
    match &args.command {
        CatalogCommand::Add { name, location } => {
            let (row, problems) = catalogs::add(app, name, location)?;
            for problem in &problems {
                streams.problem(problem);
            }
            let count = match row.extensions {
                Some(1) => "1 extension".to_owned(),
                count => format!("{} extensions", count.unwrap_or_default()),
            };
            streams.remark(&format!("added catalog `{name}`: {count}"));
            Ok(exit::SUCCESS)
        }
        CatalogCommand::Remove { name } => {
            catalogs::remove(app, name)?;
            streams.remark(&format!("removed catalog `{name}`"));
            Ok(exit::SUCCESS)
        }
        CatalogCommand::List(shown) => list(streams, app, shown),
    }
}

fn list(streams: &mut Streams, app: &App, shown: &ListOptions) -> CommandResult {
    let (rows, problems) = catalogs::list(app)?;
    let report = serde_json::json!({ "items": rows });
    let cells = rows.iter().map(|row| {
        vec![
            row.name.clone(),
            row.extensions.map(|count| count.to_string()).unwrap_or_default(),
            row.confirmed_at.clone().unwrap_or_default(),
            row.location.clone(),
        ]
    });
    let list = OwnList {
        report: &report,
        headers: &["NAME", "EXTENSIONS", "CONFIRMED", "LOCATION"],
        rows: cells.collect(),
        narrow: 4,
        flexible: &[3],
        name: 0,
    };
    list.show(streams, app, shown)?;
    let _ = streams.flush();
    for problem in &problems {
        streams.problem(problem);
    }
    Ok(exit::SUCCESS)
}

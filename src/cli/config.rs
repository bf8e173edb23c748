//! `everestctl config …`.

use super::completer::Completer;
use super::output::{OutputFormat, structured, tabular};
use super::{CommandResult, write};
use crate::error::exit;
use crate::ops::App;
use crate::ops::contexts::{self, ContextChange, ContextPreference, ContextRow};
use crate::term::Streams;
use crate::term::table::Table;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// The commands below `config`.
#[derive(Debug, clap::Subcommand)]
pub enum ConfigCommand {
    /// List the contexts
    GetContexts(ListArgs),
    /// Print the name of the current context
    CurrentContext,
    /// Set the current context
    UseContext {
        /// Name of the context
        #[arg(add = Completer::Contexts)]
        name: String,
    },
    /// Create or change a context
    ///
    /// Saves `--namespace`, `--cluster`, `--ca-file` and `--allow-http` with the context.
    SetContext(SetArgs),
    /// Delete a context and its session from this machine
    DeleteContext {
        /// Name of the context
        #[arg(add = Completer::Contexts)]
        name: String,
    },
    /// Rename a context
    RenameContext {
        /// Current name
        #[arg(add = Completer::Contexts)]
        name: String,
        /// New name
        #[arg(add = Completer::Contexts)]
        new: String,
    },
    /// Print the config file without its secrets
    View {
        /// Include secrets
        #[arg(long)]
        raw: bool,
    },
}

/// How to list.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Omit the header row
    #[arg(long)]
    no_headers: bool,
}

/// What to change.
#[derive(Debug, clap::Args)]
pub struct SetArgs {
    /// Name of the context
    #[arg(required_unless_present = "current", add = Completer::Contexts)]
    name: Option<String>,
    /// Change the current context
    #[arg(long, conflicts_with = "name")]
    current: bool,
    /// Server address
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Name of the user entry in the config file
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Remove a saved setting (repeatable)
    #[arg(long, value_name = "WHAT", value_parser = kept())]
    unset: Vec<ContextPreference>,
}

fn kept() -> impl TypedValueParser<Value = ContextPreference> {
    PossibleValuesParser::new(ContextPreference::ALL.map(|(word, _)| word)).try_map(|word| {
        ContextPreference::ALL
            .into_iter()
            .find(|(other, _)| *other == word)
            .map(|(_, kept)| kept)
            .ok_or("unknown setting")
    })
}

/// Runs one of them.
pub fn run(streams: &mut Streams, app: &App, command: ConfigCommand) -> CommandResult {
    match command {
        ConfigCommand::GetContexts(args) => list(streams, app, &args)?,
        ConfigCommand::CurrentContext => write(streams, &format!("{}\n", contexts::current(app)?))?,
        ConfigCommand::UseContext { name } => {
            contexts::choose(app, &name)?;
            streams.remark(&format!("current context is now `{name}`"));
        }
        ConfigCommand::SetContext(SetArgs { name, current: _, server, user, unset }) => {
            let name = name.map_or_else(|| contexts::current(app), Ok)?;
            contexts::set(app, &name, &ContextChange { server, user, unset })?;
            streams.remark(&format!("saved context `{name}`"));
        }
        ConfigCommand::DeleteContext { name } => {
            contexts::delete(app, &name)?;
            streams.remark(&format!("deleted context `{name}`"));
        }
        ConfigCommand::RenameContext { name, new } => {
            contexts::rename(app, &name, &new)?;
            streams.remark(&format!("renamed context `{name}` to `{new}`"));
        }
        ConfigCommand::View { raw } => view(streams, app, raw)?,
    }
    Ok(exit::SUCCESS)
}

const HEADERS: [&str; 7] = ["CURRENT", "NAME", "SERVER", "USER", "SESSION", "CLUSTER", "NAMESPACE"];

fn list(streams: &mut Streams, app: &App, args: &ListArgs) -> Result<(), crate::error::Failure> {
    let rows = contexts::list(app)?;
    match OutputFormat::for_own_report(&app.options) {
        form @ (OutputFormat::Json | OutputFormat::Yaml) => {
            structured(streams, form, &serde_json::json!({"items": rows}))
        }
        OutputFormat::Name => rows.iter().try_for_each(|row| write(streams, &format!("{}\n", row.name))),
        OutputFormat::Table | OutputFormat::Wide | OutputFormat::Raw | OutputFormat::JsonLines => {
            let rows = rows.into_iter().map(cells).collect();
            tabular(
                streams,
                Table {
                    headers: (!args.no_headers).then_some(&HEADERS),
                    rows,
                    flexible: &[2],
                    ..Table::default()
                },
            )
        }
    }
}

fn cells(row: ContextRow) -> Vec<String> {
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    vec![
        if row.current { "*" } else { " " }.to_owned(),
        row.name,
        text(row.server),
        if row.user.is_empty() { "-".to_owned() } else { row.user },
        if row.signed_in { "yes" } else { "no" }.to_owned(),
        text(row.cluster),
        text(row.namespace),
    ]
}

fn view(streams: &mut Streams, app: &App, raw: bool) -> Result<(), crate::error::Failure> {
    match OutputFormat::for_own_report(&app.options) {
        OutputFormat::Json => structured(streams, OutputFormat::Json, &contexts::view(app, raw)?),
        _ if raw => {
            let text = contexts::text(app)?;
            write(streams, &String::from_utf8_lossy(&text))
        }
        _ => structured(streams, OutputFormat::Yaml, &contexts::view(app, raw)?),
    }
}

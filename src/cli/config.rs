//! `everestctl config …`.

use super::completer::Completer;
use super::list_output::{ListOptions, OwnList};
use super::output::{OutputFormat, structured};
use super::{CommandResult, write};
use crate::error::exit;
use crate::ops::App;
use crate::ops::contexts::{self, ContextChange, ContextPreference, ContextRow};
use crate::term::Streams;
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// The commands below `config`.
#[derive(Debug, clap::Subcommand)]
pub enum ConfigCommand {
    /// List the contexts
    #[command(alias = "list")]
    GetContexts(ListOptions),
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
    /// Saves `--namespace`, `--cluster`, `--instance`, `--database`, `--ca-file` and `--allow-http` with the context.
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
    /// Database instance for commands that need one
    #[arg(long, value_name = "NAME")]
    instance: Option<String>,
    /// Database of that instance
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
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
        ConfigCommand::SetContext(SetArgs { name, current: _, server, user, instance, database, unset }) => {
            let name = name.map_or_else(|| contexts::current(app), Ok)?;
            contexts::set(app, &name, &ContextChange { server, user, instance, database, unset })?;
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

fn list(streams: &mut Streams, app: &App, options: &ListOptions) -> Result<(), crate::error::Failure> {
    let rows = contexts::list(app)?;
    let report = serde_json::json!({"items": rows});
    let rows = rows.into_iter().map(cells).collect();
    let list = OwnList { report: &report, headers: &HEADERS, rows, narrow: 7, flexible: &[2, 3, 1], name: 1 };
    list.show(streams, app, options).map(drop)
}

fn cells(row: ContextRow) -> Vec<String> {
    vec![
        if row.current { "*" } else { " " }.to_owned(),
        row.name,
        row.server.unwrap_or_default(),
        row.user,
        if row.signed_in { "yes" } else { "no" }.to_owned(),
        row.cluster.unwrap_or_default(),
        row.namespace.unwrap_or_default(),
    ]
}

fn view(streams: &mut Streams, app: &App, raw: bool) -> Result<(), crate::error::Failure> {
    match OutputFormat::for_own_report(&app.options) {
        OutputFormat::Json => structured(streams, OutputFormat::Json, &contexts::view(app, raw)?),
        _ if raw => {
            let text = contexts::text(app)?;
            write(streams, &String::from_utf8_lossy(&text))
        }
        _ => {
            let value = contexts::view(app, raw)?;
            structured(streams, OutputFormat::Yaml, &value)?;
            if value.as_object().is_some_and(serde_json::Map::is_empty) {
                streams.hint("no contexts yet: sign in with `everestctl auth login URL`");
            }
            Ok(())
        }
    }
}

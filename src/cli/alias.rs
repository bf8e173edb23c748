//! `everestctl alias …`.

use super::completer::Completer;
use super::output::{OutputFormat, structured, tabular};
use super::{CommandResult, write};
use crate::error::exit;
use crate::model::quoted;
use crate::ops::App;
use crate::ops::alias;
use crate::term::Streams;
use crate::term::table::Table;

/// The commands below `alias`.
#[derive(Debug, clap::Subcommand)]
pub enum AliasCommand {
    /// Create an alias
    ///
    /// The words are split as in a shell, but no shell runs. $1 to $9 are the arguments after the alias, $@ is all
    /// of them; arguments that are not mentioned are appended.
    ///
    /// An alias cannot have the name of a command. If a plugin provides a command of that name later, the command
    /// takes precedence.
    #[command(
        after_help = "Examples:\n  everestctl alias set pl 'plugin list --all'\n  everestctl alias set try \
                            'bench run --instance $1 -n $2 --wait'\n  everestctl alias set prod '--context prod'"
    )]
    Set {
        /// Name of the alias
        name: String,
        /// Words that it expands to
        #[arg(value_name = "WORDS", allow_hyphen_values = true)]
        words: String,
    },
    /// List the aliases
    #[command(visible_alias = "ls")]
    List {
        /// Omit the header row
        #[arg(long)]
        no_headers: bool,
    },
    /// Delete an alias
    Delete {
        /// Name of the alias
        #[arg(value_name = "NAME", add = Completer::Aliases)]
        alias: String,
    },
}

/// Runs it.
pub fn run(streams: &mut Streams, app: &App, command: AliasCommand) -> CommandResult {
    match command {
        AliasCommand::Set { name, words } => {
            let before = alias::set(app, &name, &words)?;
            let before = before.map(|before| format!(" (was: {})", quoted(&before))).unwrap_or_default();
            streams.remark(&format!("created alias `{name}` for {}{before}", quoted(&words)));
        }
        AliasCommand::Delete { alias } => {
            alias::delete(app, &alias)?;
            streams.remark(&format!("deleted alias `{alias}`"));
        }
        AliasCommand::List { no_headers } => return list(streams, app, no_headers),
    }
    Ok(exit::SUCCESS)
}

fn list(streams: &mut Streams, app: &App, no_headers: bool) -> CommandResult {
    let rows = alias::list(app)?;
    let form = OutputFormat::from_options(&app.options);
    match form {
        OutputFormat::Table | OutputFormat::Wide => {
            let shadowed = rows.iter().filter_map(|row| Some((&row.name, row.shadowed_by.as_ref()?)));
            for (name, by) in shadowed {
                streams.hint(&format!("`{name}` is {by}: alias not used"));
            }
            if rows.is_empty() {
                streams.hint("everestctl alias set NAME 'WORDS…'");
            }
            let rows = rows.into_iter().map(|row| vec![row.name, row.command]).collect();
            let headers = ["NAME", "STANDS FOR"];
            let headers = (!no_headers).then_some(&headers[..]);
            tabular(streams, Table { headers, rows, flexible: &[1], ..Table::default() })?;
        }
        OutputFormat::Name => {
            rows.iter().try_for_each(|row| write(streams, &format!("{}\n", row.name)))?;
        }
        _ => structured(streams, form, &serde_json::json!({ "items": rows }))?,
    }
    Ok(exit::SUCCESS)
}

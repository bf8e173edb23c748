//! `everestctl alias …`.

use super::CommandResult;
use super::completer::Completer;
use super::list_output::{ListOptions, OwnList};
use crate::error::exit;
use crate::model::{CleanText, quoted};
use crate::ops::App;
use crate::ops::alias;
use crate::term::Streams;

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
    List(ListOptions),
    /// Delete an alias
    #[command(alias = "rm", alias = "remove", alias = "unset")]
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
            let created = alias::set(app, &name, &words)?;
            if let Some(word) = created.unknown {
                streams.warning(&format!("`{}` is not a command here", CleanText::new(&word)));
                streams.hint("run `everestctl plugin list` to list all commands");
            }
            let before =
                created.before.map(|before| format!(" (was: {})", quoted(&before))).unwrap_or_default();
            streams.remark(&format!("created alias `{name}` for {}{before}", quoted(&words)));
        }
        AliasCommand::Delete { alias } => {
            alias::delete(app, &alias)?;
            streams.remark(&format!("deleted alias `{alias}`"));
        }
        AliasCommand::List(options) => return list(streams, app, &options),
    }
    Ok(exit::SUCCESS)
}

fn list(streams: &mut Streams, app: &App, options: &ListOptions) -> CommandResult {
    let rows = alias::list(app)?;
    let report = serde_json::json!({ "items": rows });
    let cells = rows.iter().map(|row| vec![row.name.clone(), row.command.clone()]).collect();
    let list = OwnList {
        report: &report,
        headers: &["NAME", "STANDS FOR"],
        rows: cells,
        narrow: 2,
        flexible: &[1],
        name: 0,
    };
    if list.show(streams, app, options)?.is_table() {
        let _ = streams.flush();
        for (name, by) in rows.iter().filter_map(|row| Some((&row.name, row.shadowed_by.as_ref()?))) {
            streams.hint(&format!("`{name}` is {by}: alias not used"));
        }
        if rows.is_empty() {
            streams.hint("everestctl alias set NAME 'WORDS…'");
        }
    }
    Ok(exit::SUCCESS)
}

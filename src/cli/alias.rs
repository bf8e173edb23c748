//! `everestctl alias …`.

use super::completer::Completer;
use super::output::{Form, structured, tabular};
use super::{Ending, write};
use crate::error::exit;
use crate::model::quoted;
use crate::ops::World;
use crate::ops::alias;
use crate::term::Streams;
use crate::term::table::Table;

/// The commands below `alias`.
#[derive(Debug, clap::Subcommand)]
pub enum AliasCommand {
    /// Give words a name
    ///
    /// The words are split as a shell splits them, and no shell runs them. $1 to $9 in them are the arguments that
    /// follow the name, $@ is all of them, and those that are not named so come behind.
    ///
    /// A name that a command has cannot be an alias; where a plugin brings a command of that name later, the
    /// command wins.
    #[command(
        after_help = "Examples:\n  everestctl alias set pl 'plugin list --all'\n  everestctl alias set try \
                            'bench run --instance $1 -n $2 --wait'\n  everestctl alias set prod '--context prod'"
    )]
    Set {
        /// The name
        name: String,
        /// What it stands for
        #[arg(value_name = "WORDS", allow_hyphen_values = true)]
        words: String,
    },
    /// List the aliases
    #[command(visible_alias = "ls")]
    List {
        /// Leave the headers out
        #[arg(long)]
        no_headers: bool,
    },
    /// Take a name away again
    Delete {
        /// The name
        #[arg(value_name = "NAME", add = Completer::Aliases)]
        alias: String,
    },
}

/// Runs it.
pub fn run(streams: &mut Streams, world: &World, command: AliasCommand) -> Ending {
    match command {
        AliasCommand::Set { name, words } => {
            let before = alias::set(world, &name, &words)?;
            let before =
                before.map(|before| format!(", no longer for {}", quoted(&before))).unwrap_or_default();
            streams.remark(&format!("`{name}` stands for {}{before}", quoted(&words)));
        }
        AliasCommand::Delete { alias } => {
            alias::delete(world, &alias)?;
            streams.remark(&format!("`{alias}` is no alias any more"));
        }
        AliasCommand::List { no_headers } => return list(streams, world, no_headers),
    }
    Ok(exit::SUCCESS)
}

fn list(streams: &mut Streams, world: &World, no_headers: bool) -> Ending {
    let rows = alias::list(world)?;
    let form = Form::of(&world.options);
    match form {
        Form::Table | Form::Wide => {
            let shadowed = rows.iter().filter_map(|row| Some((&row.name, row.shadowed_by.as_ref()?)));
            for (name, by) in shadowed {
                streams.hint(&format!("`{name}` is {by}: the alias is not used"));
            }
            if rows.is_empty() {
                streams.hint("everestctl alias set NAME 'WORDS…'");
            }
            let rows = rows.into_iter().map(|row| vec![row.name, row.command]).collect();
            let headers = ["NAME", "STANDS FOR"];
            let headers = (!no_headers).then_some(&headers[..]);
            tabular(streams, Table { headers, rows, flexible: &[1], ..Table::default() })?;
        }
        Form::Name => {
            rows.iter().try_for_each(|row| write(streams, &format!("{}\n", row.name)))?;
        }
        _ => structured(streams, form, &serde_json::json!({ "items": rows }))?,
    }
    Ok(exit::SUCCESS)
}

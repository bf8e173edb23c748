//! `everestctl NAME --search WORDS`: the commands of a plugin that say something of it.
//!
//! It must not know how they are found.

use crate::cli::output::{OutputFormat, structured, tabular};
use crate::cli::{CommandResult, set_up, write};
use crate::error::{Failure, exit};
use crate::model::{CleanText, quoted};
use crate::openapi::{SearchHit, search};
use crate::ops::App;
use crate::runner::proxy::PluginConnection;
use crate::term::Streams;
use crate::term::table::Table;
use clap::{Arg, ArgAction, ArgMatches};
use serde::Serialize;
use std::ffi::OsStr;

/// No argument of a plugin can have this name.
const ID: &str = "words to search";
const LONG: &str = "search";
/// More of them are no answer.
const MOST: usize = 50;

/// The flag of every group.
pub(super) fn flag() -> Arg {
    Arg::new(ID)
        .long(LONG)
        .value_name("WORDS")
        .num_args(1..)
        .action(ArgAction::Append)
        .help("Find commands by words of their names and descriptions")
}

/// Whether it is the flag.
pub(super) fn is_flag(argument: &OsStr) -> bool {
    argument.to_str().and_then(|text| text.strip_prefix("--")).is_some_and(|text| {
        text.strip_prefix(LONG).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })
}

/// What was typed for it; `None` when it was not.
pub(super) fn wanted(matches: &ArgMatches) -> Option<Vec<&str>> {
    let values = matches.try_get_many::<String>(ID).ok()??;
    Some(values.map(String::as_str).collect())
}

/// One command that was found.
#[derive(Serialize)]
struct FoundCommand {
    command: String,
    summary: CleanText,
    method: String,
    route: String,
}

/// Shows the commands below `group` that were found, the best first.
pub(super) fn show(
    streams: &mut Streams,
    app: &App,
    plugin: &PluginConnection,
    group: &[&str],
    wanted: &[&str],
) -> CommandResult {
    set_up(streams, &app.options);
    let name = &plugin.typed;
    let hits = search(&plugin.known.descriptor, group, wanted);
    if hits.is_empty() {
        let words = wanted.join(" ");
        let place = std::iter::once(name.as_str()).chain(group.iter().copied()).collect::<Vec<_>>().join(" ");
        return Err(Failure::new(
            exit::FAILURE,
            format!("no command of `{place}` matches {}", quoted(&words)),
        )
        .hint(format!("everestctl {place} --help")));
    }
    let found = |hit: &SearchHit<'_>| FoundCommand {
        command: format!("{name} {}", hit.head.words()),
        summary: hit.head.summary(),
        method: hit.head.method().to_owned(),
        route: hit.head.route().to_owned(),
    };
    match OutputFormat::for_own_report(&app.options) {
        form @ (OutputFormat::Json | OutputFormat::Yaml) => {
            structured(streams, form, &hits.iter().map(found).collect::<Vec<_>>())?;
        }
        OutputFormat::Name => {
            let lines: Vec<String> = hits.iter().map(|hit| found(hit).command).collect();
            write(streams, &(lines.join("\n") + "\n"))?;
        }
        _ => {
            let shown = hits.iter().take(MOST).map(found);
            let rows = shown.map(|found| vec![found.command, found.summary.to_string()]).collect();
            let headers = Some(&["COMMAND", "SUMMARY"][..]);
            tabular(streams, Table { headers, rows, flexible: &[1], ..Table::default() })?;
            let _ = streams.flush();
            if let Some(more) = hits.len().checked_sub(MOST).filter(|more| *more > 0) {
                streams.remark(&format!("{more} more commands match; add a word to narrow the search"));
            }
        }
    }
    Ok(exit::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_is_told_from_others() {
        for (text, expected) in [
            ("--search", true),
            ("--search=a", true),
            ("--searches", false),
            ("search", false),
            ("-search", false),
        ] {
            assert_eq!(is_flag(OsStr::new(text)), expected, "{text}");
        }
    }
}

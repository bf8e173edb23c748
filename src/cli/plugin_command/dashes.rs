//! Positional values that begin with a dash and are no option: a comment of SQL, a number.
//!
//! It must not know what a value is for.

use clap::{Arg, ArgAction, ArgMatches};
use std::ffi::{OsStr, OsString};

/// What `line`, which `tree` has refused, says if such values are taken; `None` if that changes nothing.
pub(super) fn read(tree: &clap::Command, line: &[OsString]) -> Option<ArgMatches> {
    if !line.iter().take_while(|argument| *argument != "--").any(|argument| is_value(argument)) {
        return None;
    }
    let matches = lenient(tree.clone()).try_get_matches_from(line).ok()?;
    let mut leaf = &matches;
    while let Some((_, below)) = leaf.subcommand() {
        leaf = below;
    }
    let names: Vec<&str> = leaf.ids().map(clap::Id::as_str).collect();
    let values = names.into_iter().filter_map(|name| leaf.get_raw(name)).flatten();
    // A misspelt option is no value.
    let is_option = |value: &OsStr| starts_with_dash(value) && !is_value(value);
    let written_apart = |value: &OsStr| {
        line.iter().take_while(|argument| *argument != "--").any(|argument| argument == value)
    };
    let has_option = values.into_iter().any(|value| is_option(value) && written_apart(value) && value != "-");
    (!has_option).then_some(matches)
}

/// The same tree, whose positional arguments take what begins with a dash.
fn lenient(tree: clap::Command) -> clap::Command {
    let is_one_word = |arg: &Arg| arg.is_positional() && matches!(arg.get_action(), ArgAction::Set);
    tree.mut_args(|arg| if is_one_word(&arg) { arg.allow_hyphen_values(true) } else { arg })
        .mut_subcommands(lenient)
}

fn starts_with_dash(argument: &OsStr) -> bool {
    argument.as_encoded_bytes().starts_with(b"-")
}

/// Whether it begins with a dash and can only be a value: no option has blanks in its name, or is a number.
fn is_value(argument: &OsStr) -> bool {
    let Some(text) = argument.to_str().and_then(|text| text.strip_prefix('-')) else { return false };
    let name = text.split('=').next().unwrap_or_default();
    name.contains(char::is_whitespace) || text.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> clap::Command {
        let query = clap::Command::new("query").args([
            Arg::new("sql"),
            Arg::new("all").long("all").action(ArgAction::SetTrue),
            Arg::new("limit").long("limit").allow_hyphen_values(true),
        ]);
        clap::Command::new("sql").subcommand(query)
    }

    fn sql(arguments: &[&str]) -> Option<String> {
        let line: Vec<OsString> = ["sql", "query"].iter().chain(arguments).map(OsString::from).collect();
        let matches = tree().try_get_matches_from(&line).ok().or_else(|| read(&tree(), &line))?;
        matches.subcommand()?.1.get_one::<String>("sql").cloned()
    }

    #[test]
    fn a_comment_and_a_number_are_values_and_a_misspelt_option_is_not() {
        for given in ["-- who is it?\nselect 1", "--\tx", "-1", "-5.2"] {
            assert_eq!(sql(&[given]).as_deref(), Some(given));
            assert_eq!(sql(&["--all", given]).as_deref(), Some(given));
            assert_eq!(sql(&[given, "--limit", "-5"]).as_deref(), Some(given));
        }
        assert_eq!(sql(&["--", "--all"]).as_deref(), Some("--all"));
        for wrong in
            [&["--al"][..], &["-- a comment", "--al"], &["--al", "-1"], &["-x", "-- a"], &["--a=b c"]]
        {
            assert_eq!(sql(wrong), None, "{wrong:?}");
        }
    }
}

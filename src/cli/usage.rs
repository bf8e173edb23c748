//! What clap says: help, which is an answer, and usage errors, with what may have been meant.

use super::output::long;
use super::template_text::from_template;
use super::{CommandResult, clap_cursor, equivalent_words, equivalents};
use crate::error::exit;
use crate::model::harmless_lines;
use crate::ops::not_found::did_you_mean;
use crate::resolve::suggest;
use crate::sys::Environment;
use crate::term::Streams;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;

/// Shows it. `tree` is what was asked to read `arguments`, which are without the program's name.
pub(super) fn show(
    streams: &mut Streams,
    environment: &Environment,
    error: &clap::Error,
    tree: &clap::Command,
    arguments: &[OsString],
) -> CommandResult {
    let text = error.render();
    let shown = |color: bool| {
        if color {
            colored(&from_template(text.ansi().to_string()))
        } else {
            harmless_lines(&from_template(text.to_string()))
        }
    };
    if error.use_stderr() {
        let text = without_tip(&shown(streams.err_color()));
        streams.message(&text);
        if let Some(hint) = equivalent(error, tree, arguments) {
            streams.hint(&hint);
        } else if let Some(hint) = meant(error, tree, arguments) {
            streams.hint(&hint);
        }
        return Ok(exit::USAGE);
    }
    let text = shown(streams.out_color());
    long(streams, environment, &text)?;
    Ok(exit::SUCCESS)
}

/// `plugin help list` is `plugin list --help`, as git, gh and docker have it; `None` where `help` is something else.
pub(super) fn help_at_the_end(tree: &clap::Command, arguments: &[OsString]) -> Option<Vec<OsString>> {
    let at = arguments.iter().position(|argument| argument == "help").filter(|at| *at > 0)?;
    let here = clap_cursor::reached(tree, &arguments[..at]);
    let is_group = here.has_subcommands() && here.find_subcommand("help").is_none();
    (is_group && clap_cursor::leads_below(tree, &arguments[..at])).then(|| {
        let mut line = arguments.to_vec();
        line.remove(at);
        line.push("--help".into());
        line
    })
}

/// What clap has coloured, without everything else that a terminal acts on: it repeats what was typed as it is, and a script
/// may have got that from somewhere.
fn colored(text: &str) -> String {
    const ESCAPE: char = '\u{1b}';
    let mut pieces = text.split(ESCAPE);
    let mut clean = harmless_lines(pieces.next().unwrap_or_default());
    for piece in pieces {
        let code = piece.strip_prefix('[').and_then(|piece| piece.split_once('m'));
        let code = code.filter(|(code, _)| code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'));
        match code {
            Some((code, rest)) => {
                clean.extend([&format!("{ESCAPE}[{code}m"), harmless_lines(rest).as_str()]);
            }
            None => clean.push_str(&harmless_lines(piece)),
        }
    }
    clean
}

/// The error without clap's advice to pass a flag as a value, which nobody has meant.
fn without_tip(text: &str) -> String {
    let mut lines: Vec<&str> = text.split('\n').collect();
    if let Some(at) = lines.iter().position(|line| line.contains("tip:") && line.contains("as a value, use"))
    {
        // With the empty line after it.
        lines.drain(at..(at + 2).min(lines.len()));
    }
    lines.join("\n")
}

/// What does the same here as what was typed does elsewhere.
fn equivalent(error: &clap::Error, tree: &clap::Command, arguments: &[OsString]) -> Option<String> {
    let text = |kind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.as_str()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::InvalidValue if text(ContextKind::InvalidArg)?.contains("--output") => {
            let line = equivalents::of_output(text(ContextKind::InvalidValue)?)?;
            Some(format!("use {line}"))
        }
        ErrorKind::UnknownArgument => {
            let here = clap_cursor::reached(tree, arguments);
            let follows = here.get_arguments().any(|argument| argument.get_long() == Some("follow"));
            equivalents::of_flag(text(ContextKind::InvalidArg)?, follows).map(str::to_owned)
        }
        _ => None,
    }
}

/// The question for a hint, if anything is like what was typed.
fn meant(error: &clap::Error, tree: &clap::Command, arguments: &[OsString]) -> Option<String> {
    let text = |kind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.as_str()),
        _ => None,
    };
    let here = clap_cursor::reached(tree, arguments);
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let typed = text(ContextKind::InvalidSubcommand)?;
            match equivalent_words::of_group(here.get_name(), typed) {
                Some(command) => Some(did_you_mean(&[command])),
                None => near(typed, commands(here), ""),
            }
        }
        ErrorKind::InvalidValue => match error.get(ContextKind::ValidValue)? {
            ContextValue::Strings(values) => {
                near(text(ContextKind::InvalidValue)?, values.iter().map(String::as_str), "")
            }
            _ => None,
        },
        ErrorKind::UnknownArgument => {
            let typed = text(ContextKind::InvalidArg)?;
            match typed.strip_prefix("--") {
                Some(name) => near(name.split('=').next()?, flags(here), "--"),
                None if typed.starts_with('-') => None,
                None => near(typed, commands(here), ""),
            }
        }
        _ => None,
    }
}

/// `dashes` stand before each name.
fn near<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>, dashes: &str) -> Option<String> {
    let close = suggest::closest(&[typed], names);
    let close: Vec<String> = close.into_iter().map(|name| format!("{dashes}{name}")).collect();
    (!close.is_empty()).then(|| did_you_mean(&close))
}

fn commands(here: &clap::Command) -> impl Iterator<Item = &str> {
    let shown = here.get_subcommands().filter(|command| !command.is_hide_set());
    shown.flat_map(|command| std::iter::once(command.get_name()).chain(command.get_visible_aliases()))
}

/// The flags that are shown, and the global ones, which are not shown everywhere.
fn flags(here: &clap::Command) -> impl Iterator<Item = &str> {
    let known = here.get_arguments().filter(|argument| !argument.is_hide_set() || argument.is_global_set());
    known.filter_map(clap::Arg::get_long)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_does_nothing_to_the_terminal_in_color() {
        for (text, expected) in [
            ("\u{1b}[1merror:\u{1b}[0m x", "\u{1b}[1merror:\u{1b}[0m x"),
            ("\u{1b}[33m'\u{1b}]52;c;eA==\u{7}'\u{1b}[0m", "\u{1b}[33m']52;c;eA=='\u{1b}[0m"),
            ("a\u{1b}[2Jb\u{9b}1mc\r\nd", "a[2Jb1mc\nd"),
            ("\u{1b}[1", "[1"),
        ] {
            assert_eq!(colored(text), expected);
        }
    }
}

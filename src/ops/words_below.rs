//! Which of a plugin's commands the words after its name lead to, for `plugin info` and `plugin which`.
//!
//! It must not know what is said of them.

use super::App;
use super::not_found::did_you_mean;
use crate::app::descriptors;
use crate::error::{Failure, exit};
use crate::index::Names;
use crate::model::{CleanText, CommandWord};
use crate::openapi::{CommandHead, LazyDescriptor};
use crate::resolve::{Command, suggest};

/// Refuses the words `below` the name of `command` that are none of its commands, as far as those are known.
pub(super) fn check(
    app: &App,
    names: &Names,
    command: &Command,
    below: &[CommandWord],
) -> Result<(), Failure> {
    if below.is_empty() || !command.source().is_remote() {
        return Ok(());
    }
    match descriptors::known(app, names, command.name().as_str()) {
        Some(known) => led_to(command.name(), &known.descriptor, below).map(drop),
        None => Ok(()),
    }
}

/// The words of the commands that `below` leads to: of one, of those of a group, or of all.
pub(super) fn led_to(
    plugin: &CleanText,
    descriptor: &LazyDescriptor,
    below: &[CommandWord],
) -> Result<Vec<String>, Failure> {
    let typed: Vec<&str> = below.iter().map(CommandWord::as_str).collect();
    let all = || descriptor.heads().filter(|head| !head.is_hidden()).map(CommandHead::words);
    if typed.is_empty() {
        return Ok(all().map(str::to_owned).collect());
    }
    if descriptor.is_group(&typed) {
        let group = format!("{} ", typed.join(" "));
        return Ok(all()
            .filter(|words| format!("{words} ").starts_with(&group))
            .map(str::to_owned)
            .collect());
    }
    if let Some((command, _)) = descriptor.find(&typed) {
        return Ok(vec![command.words.to_string()]);
    }
    if let Some((words, _)) = descriptor.alternative(&typed) {
        return Ok(vec![words.to_string()]);
    }
    let mut failure = Failure::new(exit::FAILURE, format!("`{plugin}` has no command `{}`", typed.join(" ")));
    let close = suggest::closest(&typed, all());
    if !close.is_empty() {
        let close: Vec<String> = close.iter().map(|words| format!("{plugin} {words}")).collect();
        failure = failure.hint(did_you_mean(&close));
    }
    Err(failure.hint(format!("everestctl {plugin} --help")))
}

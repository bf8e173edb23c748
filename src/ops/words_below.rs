//! Which of a plugin's commands the words after its name lead to, for `plugin info` and `plugin which`.
//!
//! It must not know what is said of them.

use super::App;
use super::not_found::did_you_mean;
use crate::app::descriptors;
use crate::error::Explain;
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
) -> Result<(), NoCommandBelow> {
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
) -> Result<Vec<String>, NoCommandBelow> {
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
    let close = suggest::closest(&typed, all()).into_iter().map(str::to_owned).collect();
    Err(NoCommandBelow { plugin: plugin.clone(), typed: typed.join(" "), close })
}

/// A plugin has no command of these words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{plugin}` has no command `{typed}`")]
pub(super) struct NoCommandBelow {
    plugin: CleanText,
    typed: String,
    close: Vec<String>,
}

impl Explain for NoCommandBelow {
    fn hints(&self) -> Vec<String> {
        let plugin = &self.plugin;
        let close: Vec<String> = self.close.iter().map(|words| format!("{plugin} {words}")).collect();
        let meant = (!close.is_empty()).then(|| did_you_mean(&close));
        meant.into_iter().chain([format!("everestctl {plugin} --help")]).collect()
    }
}

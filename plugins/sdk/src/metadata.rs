//! What everestctl knows of a plugin without running it, made of the clap command: the sidecar, the words for TAB, the manual page.

use crate::Error;
use crate::plugin::{self, Plugin};
use clap::{Arg, Command};
use everestctl_protocol::sidecar::{Completion, Sidecar};
use everestctl_protocol::version::PROTOCOL;
use std::collections::BTreeMap;

/// What the plugin says of itself.
pub fn of<P: Plugin>() -> Sidecar {
    completed_by::<P>(P::COMPLETION)
}

fn completed_by<P: Plugin>(completion: Completion) -> Sidecar {
    let mut command = plugin::command::<P>();
    command.build();
    let mut words = BTreeMap::new();
    // Without them, words would only be in the way of who answers TAB.
    if completion == Completion::Words {
        add(&mut words, "", &command);
    }
    Sidecar {
        summary: command.get_about().map(ToString::to_string),
        version: command.get_version().map(str::to_owned),
        vendor: P::VENDOR.map(str::to_owned),
        protocol: Some(PROTOCOL),
        requires: P::REQUIRES.iter().map(|&feature| feature.to_owned()).collect(),
        features: Vec::new(),
        credentials: P::CREDENTIALS,
        completion,
        words,
    }
}

/// Everything that may follow `before`.
fn add(words: &mut BTreeMap<String, Option<String>>, before: &str, command: &Command) {
    let line = |word: &str| if before.is_empty() { word.to_owned() } else { format!("{before} {word}") };
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
        let about = argument.get_help().map(ToString::to_string);
        let values = values(argument);
        let longs = argument.get_long().map(|long| format!("--{long}"));
        let shorts = argument.get_short().map(|short| format!("-{short}"));
        for flag in longs.into_iter().chain(shorts) {
            let word = if values.is_empty() { flag } else { format!("{flag} <{values}>") };
            words.insert(line(&word), about.clone());
        }
    }
    // `help`, which clap adds, takes words and no flags: it is typed without TAB, and `--help` is offered everywhere.
    let is_of_clap =
        |below: &Command| below.get_name() == "help" && !command.is_disable_help_subcommand_set();
    let is_offered = |below: &&Command| !below.is_hide_set() && !is_of_clap(below);
    for below in command.get_subcommands().filter(is_offered) {
        let word = line(below.get_name());
        words.insert(word.clone(), below.get_about().map(ToString::to_string));
        add(words, &word, below);
    }
}

/// The values of a flag as a sidecar has them: those that there are, else a name for them; nothing for a flag without one.
fn values(argument: &Arg) -> String {
    if !argument.get_action().takes_values() {
        return String::new();
    }
    let possible: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| value.get_name().to_owned())
        .collect();
    if !possible.is_empty() {
        return possible.join("|");
    }
    let named = argument.get_value_names().and_then(|names| names.first());
    named.map_or_else(|| "VALUE".to_owned(), ToString::to_string)
}

/// The sidecar file, `everestctl-NAME.yaml`.
pub fn sidecar_file<P: Plugin>() -> Result<String, Error> {
    serde_yaml::to_string(&of::<P>())
        .map_err(|error| Error::new("could not write the sidecar").because(error))
}

/// The metadata of a library.
pub(crate) fn json<P: Plugin>() -> String {
    // No library is loaded for TAB.
    serde_json::to_string(&completed_by::<P>(Completion::Words)).unwrap_or_default()
}

/// The manual page, in roff.
pub fn manual_page<P: Plugin>() -> Result<String, Error> {
    let mut command = plugin::command::<P>();
    let name = format!("everestctl-{}", command.get_name());
    command = command.display_name(name);
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

//! What was typed for a command, by the names of its arguments, and what goes into the request beside that.

use super::matches_many;
use super::run::refused;
use crate::error::{Failure, exit};
use crate::openapi::{Command, GivenBody, Input, Kind, UsageError};
use crate::ops::World;
use crate::ops::proxy::Plugin;
use crate::ops::request;
use crate::term::prompt::{self, NoAnswer};
use clap::ArgMatches;
use zeroize::Zeroizing;

/// What was typed, by the names of the arguments.
#[derive(Clone)]
pub(super) struct Given {
    values: Vec<(String, Zeroizing<String>)>,
}

impl Given {
    /// The values that nobody may read.
    pub(super) fn secrets(&self, command: &Command) -> Vec<&str> {
        let is_secret = |name: &str| command.argument(name).is_some_and(|argument| argument.secret);
        self.values.iter().filter(|(name, _)| is_secret(name)).map(|(_, value)| value.as_str()).collect()
    }

    /// Gives an argument another value than was typed.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.take_back(name);
        self.values.push((name.to_owned(), Zeroizing::new(value.to_owned())));
    }

    /// As if an argument had not been typed.
    pub(super) fn take_back(&mut self, name: &str) {
        self.values.retain(|(other, _)| other != name);
    }

    /// What may be repeated to the user.
    pub(super) fn open_pairs(&self, command: &Command) -> Vec<(&str, &str)> {
        let is_secret = |name: &str| command.argument(name).is_some_and(|argument| argument.secret);
        self.pairs().into_iter().filter(|(name, _)| !is_secret(name)).collect()
    }

    pub(super) fn read(command: &Command, matches: &ArgMatches) -> Result<Self, Failure> {
        let mut values = Vec::new();
        for argument in command.arguments.iter().filter(|argument| argument.is_typed()) {
            let name = argument.name.as_str();
            for value in matches_many(matches, name) {
                let value = match argument.kind {
                    Kind::Json | Kind::Content if value == "-" || value.starts_with('@') => {
                        request::given_text(value)?
                    }
                    _ => value.to_owned(),
                };
                values.push((name.to_owned(), Zeroizing::new(value)));
            }
        }
        Ok(Self { values })
    }

    pub(super) fn pairs(&self) -> Vec<(&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Gets the secrets among what is missing: from the variable that the plugin names, or from the terminal.
    pub(super) fn ask_for_secrets(
        &mut self,
        world: &World,
        command: &Command,
        missing: Vec<String>,
        plugin: &Plugin,
    ) -> Result<(), Failure> {
        let before = self.values.len();
        let secrets = command
            .arguments
            .iter()
            .filter(|argument| argument.secret && missing.contains(&argument.shown()));
        for argument in secrets {
            let variable =
                argument.environment.as_ref().and_then(|name| world.environment.text(name.as_str()));
            let value = match variable {
                Some(value) => Zeroizing::new(value.to_owned()),
                None if world.is_ci() => continue,
                None => match prompt::secret(argument.name.as_str()) {
                    Ok(value) => value,
                    Err(NoAnswer::NoTerminal) => continue,
                    Err(NoAnswer::Ended) => {
                        return Err(Failure::new(
                            exit::INTERRUPTED,
                            "nothing was entered, and nothing was sent",
                        ));
                    }
                },
            };
            self.values.push((argument.name.as_str().to_owned(), value));
        }
        if self.values.len() > before {
            return Ok(());
        }
        Err(refused(plugin, command, &UsageError::Missing(missing).to_string()))
    }
}

/// What goes into a request beside the arguments.
pub(super) struct Beside<'a> {
    pub(super) sets: Vec<&'a str>,
    pub(super) body: GivenBody<'a>,
    pub(super) namespace: Option<&'a str>,
    pub(super) cluster: Option<&'a str>,
    pub(super) now: std::time::SystemTime,
}

impl Beside<'_> {
    pub(super) fn input<'i>(&'i self, given: &'i Given) -> Input<'i> {
        Input {
            values: given.pairs(),
            sets: self.sets.clone(),
            body: self.body,
            namespace: self.namespace,
            cluster: self.cluster,
            now: self.now,
        }
    }
}

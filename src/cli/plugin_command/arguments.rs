//! What was typed for a command, by the names of its arguments, and what goes into the request beside that.

use super::matches_many;
use super::run::refused;
use crate::cli::user_file::{self, Typed, UserFile};
use crate::error::{Failure, exit};
use crate::model::quoted;
use crate::openapi::{Argument, Command, Form, GivenBody, Input, Kind, UsageError};
use crate::ops::World;
use crate::runner::proxy::connection::Plugin;
use crate::runner::proxy::request;
use crate::term::Streams;
use crate::term::prompt::{self, NoAnswer};
use clap::ArgMatches;
use zeroize::Zeroizing;

/// What was typed, by the names of the arguments.
#[derive(Clone)]
pub(super) struct Given {
    values: Vec<(String, Zeroizing<String>)>,
    files: Vec<(String, UserFile)>,
}

impl Given {
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
        let (mut values, mut files) = (Vec::new(), Vec::new());
        for argument in command.arguments.iter().filter(|argument| argument.is_typed()) {
            let name = argument.name.as_str().to_owned();
            if !argument.takes_file() {
                let texts = matches_many(matches, &name).into_iter();
                values.extend(texts.map(|text| (name.clone(), Zeroizing::new(text.to_owned()))));
                continue;
            }
            for value in user_file::typed(matches, &name) {
                match (value, &argument.kind) {
                    (Typed::File(file), Kind::File) => files.push((name.clone(), file)),
                    (Typed::Text(text), Kind::File) => return Err(no_file(argument, &text)),
                    (Typed::File(file), _) => {
                        values.push((name.clone(), Zeroizing::new(request::text(&file)?)));
                    }
                    (Typed::Text(text), _) => values.push((name.clone(), Zeroizing::new(text))),
                }
            }
        }
        Ok(Self { values, files })
    }

    fn files(&self) -> Vec<(&str, &UserFile)> {
        self.files.iter().map(|(name, file)| (name.as_str(), file)).collect()
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
        streams: &mut Streams,
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
            let variable = argument.environment.as_ref();
            let variable = variable.and_then(|name| Some((name, world.environment.text(name.as_str())?)));
            let value = match variable {
                Some((name, value)) => {
                    streams.note(&format!("{} comes from the variable {name}", argument.shown()));
                    Zeroizing::new(value.to_owned())
                }
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

/// The failure for a text where a file is needed.
fn no_file(argument: &Argument, text: &str) -> Failure {
    let shown = argument.shown();
    let typed = |value: &str| match argument.form {
        Form::Positional => value.to_owned(),
        _ => format!("{shown} {value}"),
    };
    // `file:` and the like are no names of files, and one of a document would have no place here.
    Failure::new(exit::USAGE, format!("{shown} takes a file, and {} is not spelled @FILE", quoted(text)))
        .hint(if text.is_empty() { typed("@FILE") } else { typed(&quoted(&format!("@{text}"))) })
        .hint(format!("{} reads standard input", typed("-")))
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
    pub(super) fn input<'i>(&'i self, given: &'i Given) -> Input<'i, &'i UserFile> {
        Input {
            values: given.pairs(),
            files: given.files(),
            sets: self.sets.clone(),
            body: self.body,
            namespace: self.namespace,
            cluster: self.cluster,
            now: self.now,
        }
    }
}

//! The values of a command's arguments, by their names. It must not know how they are typed.

use crate::openapi::{ApiCommand, GivenBody, Input};
use std::time::SystemTime;
use zeroize::Zeroizing;

/// What was typed, by the names of the arguments. `F` is a file that the user has named.
#[derive(Clone, Debug)]
pub struct ParsedArguments<F> {
    /// Texts; an argument that repeats stands several times.
    pub values: Vec<(String, Zeroizing<String>)>,
    /// Files.
    pub files: Vec<(String, F)>,
}

impl<F> ParsedArguments<F> {
    /// Gives an argument another value than was typed.
    pub fn set(&mut self, name: &str, value: &str) {
        self.take_back(name);
        self.values.push((name.to_owned(), Zeroizing::new(value.to_owned())));
    }

    /// As if an argument had not been typed.
    pub fn take_back(&mut self, name: &str) {
        self.values.retain(|(other, _)| other != name);
    }

    /// What may be repeated to the user.
    pub fn open_pairs(&self, command: &ApiCommand) -> Vec<(&str, &str)> {
        let is_secret = |name: &str| command.argument(name).is_some_and(|argument| argument.secret);
        self.pairs().into_iter().filter(|(name, _)| !is_secret(name)).collect()
    }

    /// Names with their values.
    pub fn pairs(&self) -> Vec<(&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The first value of an argument.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// What goes into a request beside the arguments.
#[derive(Clone, Debug)]
pub(super) struct RequestContext {
    pub(super) sets: Vec<String>,
    pub(super) body: TypedBody,
    pub(super) namespace: Option<String>,
    pub(super) cluster: Option<String>,
    pub(super) now: SystemTime,
    pub(super) is_unchecked: bool,
}

/// The body that was given whole.
#[derive(Clone, Debug)]
pub(super) enum TypedBody {
    None,
    /// It is kept elsewhere, and sent as it is.
    Kept,
    Text(String),
}

impl RequestContext {
    pub(super) fn input<'i, F>(&'i self, arguments: &'i ParsedArguments<F>) -> Input<'i, &'i F> {
        Input {
            values: arguments.pairs(),
            files: arguments.files.iter().map(|(name, file)| (name.as_str(), file)).collect(),
            sets: self.sets.iter().map(String::as_str).collect(),
            body: match &self.body {
                TypedBody::None => GivenBody::None,
                TypedBody::Kept => GivenBody::Kept,
                TypedBody::Text(text) => GivenBody::Text(text),
            },
            namespace: self.namespace.as_deref(),
            cluster: self.cluster.as_deref(),
            now: self.now,
            is_unchecked: self.is_unchecked,
        }
    }
}

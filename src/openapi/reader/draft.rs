//! A command that still looks for its words: what naming asks of it, and what follows from the words that it gets.
//!
//! It must not know how an operation is read.

use super::former_words::FormerCandidate;
use super::links::Links;
use super::naming::NamingCandidate;
use super::routes::RouteWords;
use crate::model::CleanText;
use crate::openapi::{ApiCommand, ArgumentForm, Words};
use everestctl_rows::case::kebab;
use serde_json::{Map, Value};

/// A command that still looks for its words.
pub(super) struct CommandDraft<'a> {
    /// Without its words.
    pub(super) command: ApiCommand,
    /// `GET /api/runs`.
    pub(super) label: String,
    /// Further words it asks for.
    pub(super) aliases: Vec<&'a str>,
    pub(super) operation_id: Option<&'a str>,
    /// Why it would get no words.
    pub(super) nameless: String,
    /// What it was called before.
    pub(super) former: Option<Words>,
    pub(super) former_wanted: Option<Words>,
    pub(super) wanted: Option<Words>,
    pub(super) given: bool,
    pub(super) route_words: RouteWords,
    pub(super) own: Option<Words>,
    pub(super) asks: bool,
    pub(super) layers: Vec<&'a Map<String, Value>>,
    pub(super) completes: Vec<(usize, &'a Map<String, Value>)>,
}

impl<'a> CommandDraft<'a> {
    pub(super) fn candidate(&self) -> NamingCandidate {
        let Self { wanted, given, own, command, route_words, .. } = self;
        NamingCandidate {
            words: wanted.clone(),
            given: *given,
            operation: own.clone(),
            method: command.method,
            route: route_words.clone(),
        }
    }

    /// Its verb below its tag, as a CLI has it that was made of the tags: `custom-roles list` of `GET /roles`.
    pub(super) fn words_by_tag(&self) -> Option<Words> {
        let tag = kebab(self.command.tags.first()?.as_str());
        let verb = self.route_words.verb.clone()?;
        let is_known = self.route_words.nouns.contains(&tag);
        if is_known || self.given { None } else { Words::from_words([tag, verb]).ok() }
    }

    pub(super) fn former_candidate(&self) -> FormerCandidate {
        let Self { former_wanted, given, own, command, .. } = self;
        FormerCandidate {
            words: former_wanted.clone(),
            given: *given,
            // An operation without any is one that no earlier version had.
            operation: own.clone().filter(|_| former_wanted.is_some()),
            method: command.method,
        }
    }

    /// What depends on its words: which examples are its own, and the question that it asks.
    pub(super) fn finish(&mut self) {
        let ApiCommand { words, aliases, examples, .. } = &mut self.command;
        examples.retain(|example| {
            let typed: Vec<&str> = example.command.as_str().split(' ').collect();
            std::iter::once(&*words).chain(aliases.iter()).any(|words| words.begin(&typed))
        });
        if !self.asks || self.command.confirm.is_some() {
            return;
        }
        let named =
            self.command.arguments.iter().filter(|argument| argument.form == ArgumentForm::Positional);
        let values: Vec<String> = named.map(|argument| format!("{{{}}}", argument.name)).collect();
        let what = format!("{} {}", self.command.words, values.join(" "));
        self.command.confirm = Some(CleanText::new(&format!("{}: are you sure?", what.trim_end())));
    }

    pub(super) fn into_parts(self) -> (ApiCommand, (String, Links<'a>)) {
        (self.command, (self.label, Links { layers: self.layers, completes: self.completes }))
    }
}

//! What was typed of a command whose answer may be a stream: whether it is followed, and from where on.

use super::arguments::Given;
use super::{clap_tree, is_set, matches_one};
use crate::client::call::Call;
use crate::openapi::{AnswerKind, ArgumentName, Command, Method};
use crate::runner::proxy::follow::with_last_id;
use clap::ArgMatches;

/// What was typed of a command whose answer may be a stream.
pub(super) struct Streaming {
    /// Whether it may never end.
    may_last: bool,
    /// Whether a lost connection is made again.
    pub(super) goes_on: bool,
    /// The content type to ask for.
    accept: Option<String>,
    /// The argument that takes the cursor, and its value.
    argument: Option<String>,
    pub(super) cursor: Option<String>,
}

impl Streaming {
    pub(super) fn of(command: &Command, matches: &ArgMatches, given: &Given) -> Self {
        let argument = command.follow.as_ref().and_then(|follow| follow.cursor.as_ref());
        let argument = argument.map(|argument| argument.as_str().to_owned());
        // Where the operation has no such parameters, the flags are ours.
        let accept = command.answer.stream.as_ref().map(ToString::to_string);
        let accept = accept.filter(|_| clap_tree::adds_follow(command) && is_set(matches, clap_tree::FOLLOW));
        let cursor = match &argument {
            Some(argument) => given.value(argument),
            None if clap_tree::adds_since(command) => {
                matches_one(matches, clap_tree::SINCE).map(String::as_str)
            }
            None => None,
        };
        let is_asked_for = command.follow.as_ref().is_some_and(|follow| {
            let switch = follow.argument.as_ref().map(ArgumentName::as_str);
            switch.is_none_or(|name| given.value(name) == Some("true"))
        });
        let kind = command.answer.kind;
        let goes_on = command.method == Method::Get && (is_asked_for || accept.is_some());
        let is_stream = matches!(
            kind,
            AnswerKind::EventStream | AnswerKind::JsonLines | AnswerKind::Text | AnswerKind::Binary
        );
        let cursor = cursor.map(str::to_owned);
        Self { may_last: goes_on || is_stream, goes_on, accept, argument, cursor }
    }

    /// What was typed, as if it began behind this cursor.
    pub(super) fn behind(&self, mut given: Given, cursor: Option<&str>) -> Given {
        if let Some(argument) = &self.argument {
            given.take_back(argument);
            if let Some(cursor) = cursor {
                given.set(argument, cursor);
            }
        }
        given
    }

    /// The first call of the stream.
    pub(super) fn first(&self, call: Call) -> Call {
        with_last_id(self.apply(call), self.cursor.as_deref())
    }

    /// The call as the stream wants it.
    pub(super) fn apply(&self, mut call: Call) -> Call {
        if self.may_last {
            call.timeout = None;
        }
        if let Some(accept) = &self.accept {
            call.headers.retain(|(name, _)| name != "accept");
            call.headers.push(("accept".to_owned(), accept.clone()));
        }
        call
    }

    /// The flag that goes on behind a cursor.
    pub(super) fn since(&self, command: &Command) -> Option<String> {
        match &self.argument {
            Some(argument) => Some(format!("--{argument}")),
            None => clap_tree::adds_since(command).then(|| format!("--{}", clap_tree::SINCE)),
        }
    }
}

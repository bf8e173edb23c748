//! What was typed of a command whose answer may be a stream: whether it is followed, and from where on.

use super::arguments::ParsedArguments;
use super::follow::with_last_id;
use crate::client::plugin_request::PluginRequest;
use crate::openapi::{ApiCommand, ArgumentName, Method, ResponseKind};

/// Our own flag that goes on with what happens.
pub const FOLLOW: &str = "follow";
/// Our own flag that begins behind an event.
pub const SINCE: &str = "since";

/// Whether `--follow` is ours: the operation has another form that is a stream, and no parameter of that name.
pub fn adds_follow(command: &ApiCommand) -> bool {
    command.answer.stream.is_some() && !command.has_argument(FOLLOW)
}

/// Whether `--since` is ours: a stream of events has no parameter for its cursor, and none of that name.
pub fn adds_since(command: &ApiCommand) -> bool {
    let answer = &command.answer;
    (answer.kind == ResponseKind::EventStream || answer.stream.is_some())
        && command.follow.as_ref().is_none_or(|follow| follow.cursor.is_none())
        && !command.has_argument(SINCE)
}

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
    /// `follow` and `since` are what was typed for our own flags.
    pub(super) fn of<F>(
        command: &ApiCommand,
        follow: bool,
        since: Option<&str>,
        arguments: &ParsedArguments<F>,
    ) -> Self {
        let argument = command.follow.as_ref().and_then(|follow| follow.cursor.as_ref());
        let argument = argument.map(|argument| argument.as_str().to_owned());
        // Where the operation has no such parameters, the flags are ours.
        let accept = command.answer.stream.as_ref().map(ToString::to_string);
        let accept = accept.filter(|_| adds_follow(command) && follow);
        let cursor = match &argument {
            Some(argument) => arguments.value(argument),
            None if adds_since(command) => since,
            None => None,
        };
        let is_asked_for = command.follow.as_ref().is_some_and(|follow| {
            let switch = follow.argument.as_ref().map(ArgumentName::as_str);
            switch.is_none_or(|name| arguments.value(name) == Some("true"))
        });
        let kind = command.answer.kind;
        let goes_on = command.method == Method::Get && (is_asked_for || accept.is_some());
        let is_stream = matches!(
            kind,
            ResponseKind::EventStream | ResponseKind::JsonLines | ResponseKind::Text | ResponseKind::Binary
        );
        let cursor = cursor.map(str::to_owned);
        Self { may_last: goes_on || is_stream, goes_on, accept, argument, cursor }
    }

    /// The typed request, resumed after this cursor.
    pub(super) fn behind<F>(
        &self,
        mut arguments: ParsedArguments<F>,
        cursor: Option<&str>,
    ) -> ParsedArguments<F> {
        if let Some(argument) = &self.argument {
            arguments.take_back(argument);
            if let Some(cursor) = cursor {
                arguments.set(argument, cursor);
            }
        }
        arguments
    }

    /// The first call of the stream.
    pub(super) fn first(&self, call: PluginRequest) -> PluginRequest {
        with_last_id(self.apply(call), self.cursor.as_deref())
    }

    /// The call as the stream wants it.
    pub(super) fn apply(&self, mut call: PluginRequest) -> PluginRequest {
        if self.may_last {
            call.timeout = None;
        }
        if let Some(accept) = &self.accept {
            call.headers.retain(|(name, _)| name != "accept");
            call.headers.push(("accept".to_owned(), accept.clone()));
        }
        call
    }

    /// The flag that resumes after a cursor.
    pub(super) fn since(&self, command: &ApiCommand) -> Option<String> {
        match &self.argument {
            Some(argument) => Some(format!("--{argument}")),
            None => adds_since(command).then(|| format!("--{SINCE}")),
        }
    }
}

//! The `x-cli-*` keys that name other operations or arguments, once all of them are known: waiting, paging, following,
//! values for TAB. What names something that is not there is a remark, and the key is dropped.
//!
//! It must not know how any of it is carried out.

use super::argument_names::OF_WAIT;
use super::by_name::{CommandsById, argument};
use super::keys::Extensions;
use super::reference::DocumentReader;
use super::shell::shell;
use crate::model::{CleanText, CommandWord};
use crate::openapi::command::{Cancel, PageBy};
use crate::openapi::{
    ApiCommand, ArgumentForm, ArgumentName, ArgumentPlace, Complete, Follow, Method, Paginate, Pointer, Safe,
    Shell, Wait, limits,
};
use serde_json::{Map, Value};
use std::time::Duration;

/// Adds the commands that wait again for what others have started: `jobs wait ID` beside the `jobs get ID` that looks.
pub(super) fn add_waiting(commands: &mut Vec<ApiCommand>) {
    let Ok(word) = CommandWord::new("wait") else { return };
    let mut added: Vec<ApiCommand> = Vec::new();
    for command in commands.iter() {
        let Some(wait) = &command.wait else { continue };
        let Some(poll) = commands.iter().find(|other| other.words == wait.poll) else { continue };
        let words = poll.words.with_last(word.clone());
        let is_taken = |other: &ApiCommand| {
            other.all_words().any(|taken| taken.as_slice().starts_with(words.as_slice()))
        };
        let is_ambiguous = OF_WAIT.iter().any(|name| poll.has_argument(name));
        if is_ambiguous || commands.iter().chain(&added).any(is_taken) {
            continue;
        }
        added.push(ApiCommand {
            summary: CleanText::new(&format!("Wait for a job started by `{}`", command.words)),
            words,
            aliases: Vec::new(),
            description: None,
            examples: Vec::new(),
            operation: None,
            paginate: None,
            follow: None,
            wait: Some(wait.clone()),
            attaches: true,
            ..poll.clone()
        });
    }
    added.truncate(limits::COMMANDS.saturating_sub(commands.len()));
    commands.append(&mut added);
}

/// The rest between two looks, when the document does not tell, and its bounds.
const INTERVAL: Duration = Duration::from_secs(2);
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_mins(10);

impl CommandsById<'_> {
    /// The argument of the other command that takes the id: the one named, else the last in its route.
    fn taker(
        keys: &Extensions<'_, '_>,
        command: &ApiCommand,
        name: Option<&str>,
    ) -> Result<Option<ArgumentName>, ()> {
        let Some(name) = name else {
            let mut in_path = command.arguments.iter().filter(|argument| {
                argument.form == ArgumentForm::Positional && matches!(argument.place, ArgumentPlace::Path(_))
            });
            return Ok(in_path.next_back().map(|argument| argument.name.clone()));
        };
        if let Some(argument) = argument(command, name) {
            return Ok(Some(argument.name.clone()));
        }
        keys.source.remark(format!("`{}` has no parameter `{}`", command.words, CleanText::new(name)));
        Err(())
    }

    pub(super) fn wait(&self, keys: &Extensions<'_, '_>) -> Option<Wait> {
        let keys = keys.within("x-cli-wait")?;
        let poll = match self.named(&keys, "poll") {
            Some(poll) if poll.method == Method::Get => poll,
            Some(_) => {
                keys.source.remark("`x-cli-wait`: the polled operation is not a GET");
                return None;
            }
            None => {
                keys.source.remark("`x-cli-wait` has no usable `poll`");
                return None;
            }
        };
        let argument = Self::taker(&keys, poll, keys.text("parameter")).ok()?;
        let states = |key: &str| -> Vec<CleanText> {
            keys.texts(key).into_iter().filter_map(CleanText::non_empty).collect()
        };
        let success = states("success");
        if success.is_empty() {
            keys.source.remark("`x-cli-wait` has no `success`");
            return None;
        }
        let cancel = keys.get("cancel").and_then(|_| self.named(&keys, "cancel"));
        let cancel = cancel.and_then(|command| {
            let argument = Self::taker(&keys, command, None).ok()?;
            Some(Cancel { command: command.words.clone(), argument })
        });
        Some(Wait {
            id: keys.pointer("id"),
            poll: poll.words.clone(),
            argument,
            status: keys.pointer("status").unwrap_or_else(|| Pointer::from_property("status")),
            success,
            failure: states("failure"),
            interval: interval(&keys),
            message: keys.pointer("message"),
            progress: keys.pointer("progress"),
            cancel,
        })
    }

    pub(super) fn complete(&self, keys: &Extensions<'_, '_>, command: &ApiCommand) -> Option<Complete> {
        let other = self.named(keys, "operation")?;
        if other.method != Method::Get {
            keys.source.remark("`x-cli-complete`: the operation is not a GET");
            return None;
        }
        let mut values = keys.pointers("values").into_iter();
        let Some(first) = values.next() else {
            keys.source.remark("`x-cli-complete` has no `values`");
            return None;
        };
        let with = keys.texts("with").into_iter().filter_map(|name| {
            let found = command.argument(name).or_else(|| argument(command, name));
            if found.is_none() {
                keys.source.remark(format!(
                    "`x-cli-complete` needs `{}`, which is not an argument",
                    CleanText::new(name)
                ));
            }
            // What the global flags fill, they fill there too.
            found.filter(|argument| argument.is_typed()).map(|argument| argument.name.clone())
        });
        Some(Complete {
            command: other.words.clone(),
            values: first,
            spellings: values.collect(),
            describe: keys.pointer("describe"),
            with: with.collect(),
        })
    }
}

/// How `command` gets further pages.
pub(super) fn paginate(keys: &Extensions<'_, '_>, command: &ApiCommand) -> Option<Paginate> {
    let keys = keys.within("x-cli-paginate")?;
    let taker = |key: &str| named_argument(&keys, command, key);
    let by = if let Some(cursor) = keys.pointer("cursor") {
        PageBy::Cursor { cursor, argument: taker("parameter")? }
    } else if keys.get("offset").is_some() {
        PageBy::Offset { argument: taker("offset")? }
    } else if keys.flag("link") == Some(true) {
        PageBy::Link
    } else {
        keys.source.remark("`x-cli-paginate` has neither `cursor` nor `offset` nor `link`");
        return None;
    };
    let size = keys.get("size").and_then(|_| taker("size"));
    Some(Paginate { by, size })
}

/// How `command` gives a stream that does not end.
pub(super) fn follow(keys: &Extensions<'_, '_>, command: &ApiCommand) -> Option<Follow> {
    match keys.get("x-cli-follow")? {
        Value::Bool(true) => return Some(Follow { argument: None, cursor: None, id: None }),
        Value::Bool(false) => return None,
        _ => {}
    }
    let keys = keys.within("x-cli-follow")?;
    let taker = |key: &str| named_argument(&keys, command, key);
    let argument = match keys.get("parameter") {
        Some(_) => Some(taker("parameter")?),
        None => None,
    };
    if let Some(argument) = argument.as_ref().and_then(|name| command.argument(name.as_str()))
        && !argument.is_switch()
    {
        keys.source.remark("`x-cli-follow` names a parameter that is not a boolean flag");
        return None;
    }
    let cursor = keys.get("cursor").and_then(|_| taker("cursor"));
    Some(Follow { argument, cursor, id: keys.pointer("id") })
}

/// The argument of `command` without which it does not ask.
fn confirm_when(keys: &Extensions<'_, '_>, command: &ApiCommand) -> Option<ArgumentName> {
    let members = keys.get("x-cli-confirm")?.as_object()?;
    named_argument(&keys.of(members), command, "when")
}

/// Whether `command` changes nothing, and what it depends on.
fn safe(keys: &Extensions<'_, '_>, command: &ApiCommand) -> Option<Safe> {
    match keys.get("x-cli-safe")? {
        Value::Bool(safe) => safe.then_some(Safe { unless: None }),
        Value::Object(members) => {
            Some(Safe { unless: Some(named_argument(&keys.of(members), command, "unless")?) })
        }
        _ => {
            keys.source.remark("`x-cli-safe` is neither true nor false nor an object");
            None
        }
    }
}

fn named_argument(keys: &Extensions<'_, '_>, command: &ApiCommand, key: &str) -> Option<ArgumentName> {
    let name = keys.text(key)?;
    let found = argument(command, name).map(|argument| argument.name.clone());
    if found.is_none() {
        keys.source.remark(format!("no parameter `{}`", CleanText::new(name)));
    }
    found
}

fn interval(keys: &Extensions<'_, '_>) -> Duration {
    let given = match keys.get("interval") {
        None => return INTERVAL,
        Some(Value::Number(seconds)) => {
            seconds.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        }
        Some(Value::String(text)) => humantime::parse_duration(text).ok(),
        Some(_) => None,
    };
    given.map_or_else(
        || {
            keys.source.remark("`interval` is not a duration such as `2s`");
            INTERVAL
        },
        |given| given.clamp(SHORTEST, LONGEST),
    )
}

/// The parameter that says how many rows a page has.
pub(super) fn page_size<'a>(keys: &Extensions<'_, 'a>) -> Option<&'a str> {
    let members: &Map<String, Value> = keys.get("x-cli-paginate")?.as_object()?;
    members.get("size")?.as_str()
}

/// The keys that name other operations or arguments.
pub(super) struct Links<'a> {
    pub(super) layers: Vec<&'a Map<String, Value>>,
    pub(super) completes: Vec<(usize, &'a Map<String, Value>)>,
}

/// What became of them.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    wait: Option<Wait>,
    paginate: Option<Paginate>,
    follow: Option<Follow>,
    confirm_when: Option<ArgumentName>,
    safe: Option<Safe>,
    shell: Option<Shell>,
    completes: Vec<(usize, Complete)>,
}

impl<'a> Links<'a> {
    pub(super) fn resolve(
        self,
        source: &DocumentReader<'a>,
        known: &CommandsById<'_>,
        command: &ApiCommand,
    ) -> Resolved {
        let keys = Extensions { source, layers: self.layers, schema: None };
        let complete = |(at, members): (usize, &'a Map<String, Value>)| {
            Some((at, known.complete(&keys.of(members), command)?))
        };
        Resolved {
            wait: known.wait(&keys),
            paginate: paginate(&keys, command),
            follow: follow(&keys, command),
            confirm_when: confirm_when(&keys, command),
            safe: safe(&keys, command),
            shell: shell(&keys, known, command),
            completes: self.completes.into_iter().filter_map(complete).collect(),
        }
    }
}

impl Resolved {
    pub(super) fn put_into(self, command: &mut ApiCommand) {
        command.wait = self.wait;
        command.paginate = self.paginate.or(command.paginate.take());
        command.follow = self.follow;
        command.confirm_when = self.confirm_when;
        command.safe = self.safe;
        command.shell = self.shell.map(Box::new);
        for (at, complete) in self.completes {
            if let Some(argument) = command.arguments.get_mut(at) {
                argument.complete = Some(complete);
            }
        }
    }
}

//! `x-cli-shell`, once all commands are known. A shell that cannot run a statement is a remark, and there is none.
//!
//! It must not know how a shell looks.

use super::by_name::{CommandsById, argument};
use super::keys::Extensions;
use crate::model::CleanText;
use crate::openapi::shell::{
    Blocks, Shell, ShellAction, ShellOperation, ShellPrompt, ShellVerb, ShellWord, StatementSyntax,
};
use crate::openapi::{ApiCommand, ArgumentName, Complete};
use serde_json::Value;

/// How many keywords are kept.
const KEYWORDS: usize = 1000;

/// The shell that `command` opens a session of.
pub(super) fn shell(
    keys: &Extensions<'_, '_>,
    known: &CommandsById<'_>,
    command: &ApiCommand,
) -> Option<Shell> {
    let keys = keys.within("x-cli-shell")?;
    let run = keys.within("run").and_then(|keys| operation(&keys, known));
    let Some(run) = run.filter(|run| run.statement.is_some()) else {
        keys.source.remark("`x-cli-shell` has no usable `run` with `operation`, `session` and `statement`");
        return None;
    };
    let (Some(session), Some(syntax)) =
        (keys.pointer("session"), keys.within("statement").map(|keys| syntax(&keys)))
    else {
        keys.source.remark("`x-cli-shell` needs `session` and `statement`");
        return None;
    };
    if syntax.end.is_empty() {
        keys.source.remark("`x-cli-shell` does not say what ends a statement");
        return None;
    }
    let words = keys.items("commands").into_iter().filter_map(|item| word(&keys, item, command)).collect();
    let complete =
        keys.items("complete").into_iter().filter_map(|item| complete(&keys, known, command, item));
    let texts = |key: &str| -> Vec<CleanText> {
        let all = keys.get(key).and_then(Value::as_array).into_iter().flatten();
        all.filter_map(Value::as_str).filter_map(CleanText::non_empty).take(KEYWORDS).collect()
    };
    Some(Shell {
        session,
        open: keys.within("open").map(|set| constants(&set, command)).unwrap_or_default(),
        run,
        state: keys.within("state").and_then(|keys| operation(&keys, known)),
        close: keys.within("close").and_then(|keys| operation(&keys, known)),
        prompt: keys.within("prompt").map(|keys| prompt(&keys)).unwrap_or_default(),
        syntax,
        keywords: texts("keywords"),
        complete: complete.collect(),
        forget: texts("forget"),
        words,
    })
}

fn operation(keys: &Extensions<'_, '_>, known: &CommandsById<'_>) -> Option<ShellOperation> {
    let other = known.named(keys, "operation")?;
    let taker = |key: &str| {
        let name = keys.text(key)?;
        let found = argument(other, name).map(|argument| argument.name.clone());
        if found.is_none() {
            keys.source.remark(format!("`{}` has no parameter `{}`", other.words, CleanText::new(name)));
        }
        found
    };
    Some(ShellOperation {
        command: other.words.clone(),
        session: taker("session")?,
        statement: taker("statement"),
        variables: taker("variables"),
        set: keys.within("set").map(|set| constants(&set, other)).unwrap_or_default(),
    })
}

/// Values for arguments of `command`.
fn constants(keys: &Extensions<'_, '_>, command: &ApiCommand) -> Vec<(ArgumentName, String)> {
    let members = keys.layers.iter().flat_map(|layer| layer.iter());
    let constant = |(name, value): (&String, &Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some((argument(command, name)?.name.clone(), text))
    };
    members.filter_map(constant).collect()
}

fn prompt(keys: &Extensions<'_, '_>) -> ShellPrompt {
    let states = keys.within("states").map(|keys| {
        let members = keys.layers.iter().flat_map(|layer| layer.iter());
        members
            .filter_map(|(state, shown)| {
                Some((CleanText::new(state), CleanText::non_empty(shown.as_str()?)?))
            })
            .collect()
    });
    ShellPrompt {
        name: keys.pointer("name"),
        state: keys.pointer("state"),
        states: states.unwrap_or_default(),
        powerful: keys.pointer("powerful"),
    }
}

fn syntax(keys: &Extensions<'_, '_>) -> StatementSyntax {
    let characters = |key: &str| keys.texts(key).into_iter().filter_map(|text| text.chars().next()).collect();
    let pair = |key: &str| match keys.texts(key).as_slice() {
        [start, end] if !start.is_empty() && !end.is_empty() => {
            Some(((*start).to_owned(), (*end).to_owned()))
        }
        _ => None,
    };
    let words = |keys: &Extensions<'_, '_>, key: &str| -> Vec<String> {
        keys.texts(key).into_iter().map(str::to_lowercase).collect()
    };
    let blocks = keys.within("blocks").map(|keys| Blocks {
        start: words(&keys, "start"),
        nested: words(&keys, "nested"),
        end: words(&keys, "end"),
    });
    StatementSyntax {
        end: keys.text("end").unwrap_or_default().to_owned(),
        quotes: characters("quotes"),
        escapes: characters("escapes"),
        tagged: keys.text("tagged").and_then(|text| text.chars().next()),
        line_comment: keys.text("lineComment").filter(|text| !text.is_empty()).map(str::to_owned),
        block_comment: pair("blockComment"),
        brackets: pair("brackets")
            .and_then(|(open, close)| Some((open.chars().next()?, close.chars().next()?))),
        blocks: blocks.unwrap_or_default(),
    }
}

fn word(keys: &Extensions<'_, '_>, item: &Value, command: &ApiCommand) -> Option<ShellWord> {
    let text = |key: &str| item.get(key).and_then(Value::as_str);
    let unusable = |why: &str| {
        keys.source.remark(format!("a command in `x-cli-shell` {why}"));
        None
    };
    let Some(word) =
        text("word").filter(|word| word.starts_with('\\') && !word.contains(char::is_whitespace))
    else {
        return unusable("has no `word` that starts with a backslash");
    };
    let does = match (item.get("run").and_then(Value::as_array), text("action")) {
        (Some(template), _) => {
            let template: Vec<CleanText> =
                template.iter().filter_map(Value::as_str).map(CleanText::new).collect();
            let places: Vec<&str> =
                template.iter().map(CleanText::as_str).filter(|part| part.contains('{')).collect();
            // Without a pattern, what follows the word is the one value that the command takes.
            let pattern = text("pattern").map_or_else(
                || places.iter().map(|part| part.trim_start_matches('@')).collect::<Vec<_>>().join(" "),
                str::to_owned,
            );
            ShellAction::Command { template, pattern: CleanText::new(&pattern) }
        }
        (None, Some("reopen")) => match text("argument").and_then(|name| argument(command, name)) {
            Some(argument) => ShellAction::Reopen(argument.name.clone()),
            None => return unusable("reopens by an argument that is not there"),
        },
        (None, Some(action)) => match ShellVerb::ALL.iter().find(|(name, _)| *name == action) {
            Some((_, verb)) => ShellAction::Own(*verb),
            None => return unusable(&format!("has the unknown action `{}`", CleanText::new(action))),
        },
        (None, None) => return unusable("has neither `run` nor `action`"),
    };
    let summary = text("summary").map(CleanText::new).unwrap_or_default();
    Some(ShellWord { word: CleanText::new(word), does, summary })
}

/// Where words come from: what the other command needs, it gets by the names that both have.
fn complete(
    keys: &Extensions<'_, '_>,
    known: &CommandsById<'_>,
    command: &ApiCommand,
    item: &Value,
) -> Option<Complete> {
    let members = item.as_object()?;
    let operation = members.get("operation")?.as_str()?;
    let pointer = |key: &str| crate::openapi::Pointer::new(members.get(key)?.as_str()?);
    let Some(other) = known.by_id(operation) else {
        keys.source.remark(format!("no operation `{}`", CleanText::new(operation)));
        return None;
    };
    let shared = command
        .arguments
        .iter()
        .filter(|argument| argument.is_typed() && other.has_argument(argument.name.as_str()));
    Some(Complete {
        command: other.words.clone(),
        values: pointer("values")?,
        spellings: Vec::new(),
        describe: pointer("describe"),
        with: shared.map(|argument| argument.name.clone()).collect(),
    })
}

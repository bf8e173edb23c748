//! All commands of a document by the names of their operations, and the arguments of one by theirs: for keys that name
//! others.
//!
//! It must not know what the keys are for.

use super::keys::Extensions;
use crate::model::CleanText;
use crate::openapi::{ApiCommand, Argument, ArgumentPlace};
use std::collections::HashMap;

/// All commands with what can be said of them by name.
pub(super) struct CommandsById<'c> {
    commands: &'c [ApiCommand],
    by_operation: HashMap<&'c str, usize>,
}

impl<'c> CommandsById<'c> {
    pub(super) fn new(commands: &'c [ApiCommand], operations: &'c [Option<String>]) -> Self {
        let mut by_operation = HashMap::new();
        for (at, operation) in operations.iter().enumerate().take(commands.len()) {
            if let Some(operation) = operation {
                // Of the variants of an operation, the first is the operation itself.
                by_operation.entry(operation.as_str()).or_insert(at);
            }
        }
        Self { commands, by_operation }
    }

    pub(super) fn by_id(&self, operation: &str) -> Option<&'c ApiCommand> {
        self.by_operation.get(operation).and_then(|at| self.commands.get(*at))
    }

    pub(super) fn named(&self, keys: &Extensions<'_, '_>, key: &str) -> Option<&'c ApiCommand> {
        let name = keys.text(key)?;
        let found = self.by_operation.get(name).and_then(|at| self.commands.get(*at));
        if found.is_none() {
            keys.source.remark(format!("no operation `{}`", CleanText::new(name)));
        }
        found
    }
}

/// The argument of `command` that is `name` on the wire, else the one that has this name.
pub(super) fn argument<'c>(command: &'c ApiCommand, name: &str) -> Option<&'c Argument> {
    let on_the_wire = |argument: &&Argument| match &argument.place {
        ArgumentPlace::Path(wire)
        | ArgumentPlace::Query { name: wire, .. }
        | ArgumentPlace::Header(wire)
        | ArgumentPlace::Cookie(wire)
        | ArgumentPlace::Field(wire) => wire == name,
        ArgumentPlace::Body(place) => {
            place.steps().last().is_some_and(|step| step == name) || place.to_string() == name
        }
        ArgumentPlace::Row(_) => false,
    };
    command.arguments.iter().find(on_the_wire).or_else(|| command.argument(name))
}

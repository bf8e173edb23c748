//! Everything that is known, with who wins each name: the order of [`super::candidates()`] applied to whole
//! lists.

use super::{Command, RemoteCommands, Rule};
use crate::model::{Origin, OriginState, reserved};
use std::collections::BTreeMap;

/// One row of the catalogue.
#[derive(Clone, Debug)]
pub struct CatalogueEntry {
    /// The command.
    pub command: Command,
    /// The rule by which another has its name; `None` when it has it itself.
    pub shadowed: Option<Shadow>,
}

/// Why a command does not have its own name.
#[derive(Clone, Debug)]
pub struct Shadow {
    /// The rule that decided.
    pub rule: Rule,
    /// The origin that has the name; `None` for a reserved word.
    pub by: Option<Origin>,
}

/// Sorts everything that is known by name, and decides who has each name.
pub fn catalogue(local_and_native: Vec<Origin>, remotes: RemoteCommands) -> Vec<CatalogueEntry> {
    let mut by_name: BTreeMap<String, Vec<Command>> = BTreeMap::new();
    let local = local_and_native.into_iter().map(Command::new);
    let (remote, losers) = remotes.into_parts();
    for command in local.chain(remote) {
        // Most names have one command, and an empty list would grow to four at once.
        let one = || Vec::with_capacity(1);
        by_name.entry(command.name().as_str().to_owned()).or_insert_with(one).push(command);
    }
    let mut entries: Vec<CatalogueEntry> =
        by_name.into_iter().flat_map(|(name, commands)| decide(&name, commands)).collect();
    for (loser, winner) in losers {
        let rule = Rule::between(&winner, &loser);
        let shadow = Shadow { rule, by: Some(winner) };
        entries.push(CatalogueEntry { command: Command::new(loser), shadowed: Some(shadow) });
    }
    entries.sort_by(|a, b| {
        a.command.name().cmp(b.command.name()).then(a.shadowed.is_some().cmp(&b.shadowed.is_some()))
    });
    entries
}

/// Who of `commands`, which all claim `name`, has it.
fn decide(name: &str, mut commands: Vec<Command>) -> Vec<CatalogueEntry> {
    // Remote commands of one name are merged already, so that `place` only decides among local ones.
    commands.sort_by(|a, b| {
        let key = |command: &Command| (command.source(), command.first().place);
        key(a).cmp(&key(b)).then_with(|| spelled(a).cmp(&spelled(b)))
    });
    let is_reserved = reserved::owner(name).is_some();
    let winner = commands
        .iter()
        .position(|command| !command.state().is_passed_over())
        .or(Some(0))
        .filter(|_| commands.len() > 1)
        .and_then(|position| commands.get(position).map(|command| (position, command.first().clone())));
    commands
        .into_iter()
        .enumerate()
        .map(|(position, command)| {
            let shadowed = match &winner {
                _ if is_reserved => Some(Shadow { rule: Rule::Reserved, by: None }),
                // Its own fault is the better answer than who has the name instead.
                _ if matches!(command.state(), OriginState::NotExecutable) => None,
                Some((winning, by)) if *winning != position => {
                    Some(Shadow { rule: Rule::between(by, command.first()), by: Some(by.clone()) })
                }
                _ => None,
            };
            CatalogueEntry { command, shadowed }
        })
        .collect()
}

/// The order of the stems in [`crate::model::file_stems::stems`]: an earlier `_` comes later.
fn spelled(command: &Command) -> Option<Vec<bool>> {
    let file_name = command.first().path.as_ref()?.file_name()?.to_str()?;
    Some(file_name.chars().rev().map(|character| character == '_').collect())
}

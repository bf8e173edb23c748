//! Unknown commands: which ones the user may have meant, and which other context has one of that name.
//!
//! Everything is from memory: no server is asked, and nothing is run.

use super::World;
use crate::app::descriptors;
use crate::app::landscape::Landscape;
use crate::error::{Failure, exit};
use crate::index::Names;
use crate::model::reserved::{self, Owner};
use crate::model::{CommandWord, Origin, State, quoted};
use crate::resolve::{View, suggest};

/// So many plugins are looked into for commands that are like what was typed.
const MOST_PLUGINS: usize = 100;
/// So many other contexts are looked into.
const MOST_CONTEXTS: usize = 50;

/// The error for words that do not start with a command.
pub(super) fn command(
    world: &World,
    words: &[&str],
    local: &[Origin],
    landscape: &Landscape<'_>,
    built_in: fn() -> Vec<String>,
) -> Failure {
    let word = words.first().copied().unwrap_or_default();
    let mut paths = paths(world, local, landscape);
    paths.extend(built_in());
    let usable = |path: &&String| path.split(' ').all(|part| CommandWord::new(part).is_ok()) && *path != word;
    let close = suggest::closest(words, paths.iter().filter(usable).map(String::as_str));
    let mut failure = Failure::new(exit::NOT_FOUND, format!("no such command: {word}"));
    if !close.is_empty() {
        failure = failure.hint(did_you_mean(&close));
    }
    if let Some(context) = elsewhere(world, word) {
        let line = format!("everestctl --context {} {word}", quoted(&context));
        failure = failure.hint(format!("`{word}` exists in context `{context}`: {line}"));
    }
    failure.hint("run `everestctl plugin list` to list all commands")
}

/// The question, for a hint.
pub fn did_you_mean(names: &[impl std::fmt::Display]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("did you mean {}?", quoted.join(" or "))
}

/// Whether it could be run.
pub(super) fn runs(origin: &Origin) -> bool {
    could_run(&origin.state)
}

fn could_run(state: &State) -> bool {
    !matches!(state, State::Invalid { .. } | State::NotExecutable)
}

/// Every command path that is known here, but for those of the built-in commands.
fn paths(world: &World, local: &[Origin], landscape: &Landscape<'_>) -> Vec<String> {
    let reserved =
        [Owner::BuiltIn, Owner::Bundled, Owner::Core, Owner::Kept].into_iter().flat_map(reserved::words_of);
    let mut paths: Vec<String> = reserved.map(str::to_owned).collect();
    paths.extend(local.iter().filter(|origin| runs(origin)).map(|origin| origin.name.to_string()));
    paths.extend(super::alias::all(world).into_keys());
    let remotes = landscape.remotes();
    paths.extend(remotes.aliases().map(|(alias, _)| alias.to_string()));
    let mut left = MOST_PLUGINS;
    for command in remotes.commands().filter(|command| could_run(command.state())) {
        let name = command.name().as_str();
        paths.push(name.to_owned());
        left = left.saturating_sub(1);
        if left == 0 {
            continue;
        }
        let Some(known) = descriptors::known(world, landscape.names(), name) else { continue };
        let shown = known.descriptor.commands.iter().filter(|command| !command.hidden);
        paths.extend(shown.map(|command| format!("{name} {}", command.words)));
    }
    paths
}

/// Another context of the config file in which a command of this name is remembered.
fn elsewhere(world: &World, word: &str) -> Option<String> {
    let (target, _) = world.target().ok()?;
    let config = world.config();
    let others = config.contexts().filter(|context| target.context.as_deref() != Some(context.name));
    others.take(MOST_CONTEXTS).map(|context| context.name.to_owned()).find(|name| {
        let there = world.in_context(name);
        let names = there.remote().map(|remote| remote.names(there.store().as_ref()));
        names.is_ok_and(|names| has(&names, word))
    })
}

fn has(names: &Names, word: &str) -> bool {
    names.origins().filter(|origin| matches!(origin.state, State::Ready)).any(|origin| {
        origin.name.as_str() == word || origin.aliases.iter().any(|alias| alias.as_str() == word)
    })
}

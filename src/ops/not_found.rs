//! Unknown commands: which ones the user may have meant, and which other context has one of that name.
//!
//! Everything is from memory: no server is asked, and nothing is run.

use super::App;
use crate::app::catalog::CommandCatalog;
use crate::app::descriptors;
use crate::error::{Failure, exit};
use crate::index::Names;
use crate::model::reserved::{self, Owner};
use crate::model::{CommandWord, Origin, OriginState, quoted};
use crate::resolve::{CommandSource, suggest};

/// So many plugins are looked into for commands that are like what was typed.
const MOST_PLUGINS: usize = 100;
/// So many other contexts are looked into.
const MOST_CONTEXTS: usize = 50;

/// Words of which the first is no command, with what is known here that is like them.
#[derive(Debug, PartialEq, Eq)]
pub struct Unknown {
    words: Vec<String>,
    paths: Vec<String>,
    elsewhere: Option<String>,
    causes: Vec<String>,
}

impl Unknown {
    pub(super) fn new(app: &App, words: &[&str], local: &[Origin], catalog: &CommandCatalog<'_>) -> Self {
        let word = words.first().copied().unwrap_or_default();
        Self {
            words: words.iter().map(|&word| word.to_owned()).collect(),
            paths: paths(app, local, catalog),
            elsewhere: elsewhere(app, word),
            causes: Vec::new(),
        }
    }

    /// The same with why.
    pub(super) fn because(self, causes: Vec<String>) -> Self {
        Self { causes, ..self }
    }

    /// What the user reads. `built_in` are the paths of the built-in commands.
    pub fn into_failure(self, built_in: Vec<String>) -> Failure {
        let Self { words, mut paths, elsewhere, causes } = self;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let word = words.first().copied().unwrap_or_default();
        paths.extend(built_in);
        let usable =
            |path: &&String| path.split(' ').all(|part| CommandWord::new(part).is_ok()) && *path != word;
        let close = suggest::closest(&words, paths.iter().filter(usable).map(String::as_str));
        let mut failure = Failure::new(exit::NOT_FOUND, format!("no such command: {word}"));
        if !close.is_empty() {
            failure = failure.hint(did_you_mean(&close));
        }
        if let Some(context) = elsewhere {
            let line = format!("everestctl --context {} {word}", quoted(&context));
            failure = failure.hint(format!("`{word}` exists in context `{context}`: {line}"));
        }
        let failure = failure.hint("run `everestctl plugin list` to list all commands");
        Failure { causes, ..failure }
    }
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

fn could_run(state: &OriginState) -> bool {
    !matches!(state, OriginState::Invalid { .. } | OriginState::NotExecutable)
}

/// Every command path that is known here, but for those of the built-in commands.
fn paths(app: &App, local: &[Origin], catalog: &CommandCatalog<'_>) -> Vec<String> {
    let reserved =
        [Owner::BuiltIn, Owner::Bundled, Owner::Core, Owner::Kept].into_iter().flat_map(reserved::words_of);
    let mut paths: Vec<String> = reserved.map(str::to_owned).collect();
    paths.extend(local.iter().filter(|origin| runs(origin)).map(|origin| origin.name.to_string()));
    paths.extend(super::alias::all(app).into_keys());
    let remotes = catalog.remotes();
    paths.extend(remotes.aliases().map(|(alias, _)| alias.to_string()));
    let mut left = MOST_PLUGINS;
    for command in remotes.commands().filter(|command| could_run(command.state())) {
        let name = command.name().as_str();
        paths.push(name.to_owned());
        left = left.saturating_sub(1);
        if left == 0 {
            continue;
        }
        let Some(known) = descriptors::known(app, catalog.names(), name) else { continue };
        let shown = known.descriptor.commands.iter().filter(|command| !command.hidden);
        paths.extend(shown.map(|command| format!("{name} {}", command.words)));
    }
    paths
}

/// Another context of the config file in which a command of this name is remembered.
fn elsewhere(app: &App, word: &str) -> Option<String> {
    let (target, _) = app.target().ok()?;
    let config = app.config();
    let others = config.contexts().filter(|context| target.context.as_deref() != Some(context.name));
    others.take(MOST_CONTEXTS).map(|context| context.name.to_owned()).find(|name| {
        let there = app.in_context(name);
        let names = there.remote().map(|remote| remote.names(there.store().as_ref()));
        names.is_ok_and(|names| has(&names, word))
    })
}

fn has(names: &Names, word: &str) -> bool {
    names.origins().filter(|origin| matches!(origin.state, OriginState::Ready)).any(|origin| {
        origin.name.as_str() == word || origin.aliases.iter().any(|alias| alias.as_str() == word)
    })
}

//! Unknown commands: which ones the user may have meant, and which other context has one of that name.
//!
//! Everything is from memory: no server is asked, and nothing is run.

use super::App;
use super::command_error::LIST_HINT;
use super::not_found_error::NotFoundError;
use crate::app::catalog::CommandCatalog;
use crate::app::descriptors;
use crate::client::server_failure::not_signed_in;
use crate::discovery::overlays;
use crate::error::Failure;
use crate::model::reserved::{self, Owner};
use crate::model::{CommandWord, Origin, quoted};
use crate::resolve::suggest;

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
    obstacle: Option<Obstacle>,
}

/// Why the commands of the server's plugins are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// Nobody is signed in, to this server if one is set up.
    NotSignedIn(Option<String>),
    /// The server could not be asked.
    NoAnswer {
        /// What it came to.
        message: String,
        /// What to do about it.
        hint: Option<String>,
        /// Whether signing in would help.
        sign_in: bool,
    },
}

impl Unknown {
    pub(super) fn new(app: &App, words: &[&str], local: &[Origin], catalog: &CommandCatalog<'_>) -> Self {
        let word = words.first().copied().unwrap_or_default();
        Self {
            words: words.iter().map(|&word| word.to_owned()).collect(),
            paths: paths(app, local, catalog),
            elsewhere: elsewhere(app, word),
            causes: Vec::new(),
            obstacle: None,
        }
    }

    /// The same with why.
    pub(super) fn because(self, causes: Vec<String>) -> Self {
        Self { causes, ..self }
    }

    /// The same with why the commands of the server are not known.
    pub(super) fn behind(self, obstacle: Option<Obstacle>) -> Self {
        Self { obstacle, ..self }
    }

    /// What the user reads. `built_in` are the paths of the built-in commands; `equivalent` knows the command for words of
    /// other programs.
    pub fn into_failure(
        self,
        built_in: Vec<String>,
        equivalent: impl Fn(&[&str]) -> Option<String>,
    ) -> Failure {
        let Self { words, mut paths, elsewhere, causes, obstacle } = self;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let word = words.first().copied().unwrap_or_default();
        paths.extend(built_in);
        let usable =
            |path: &&String| path.split(' ').all(|part| CommandWord::new(part).is_ok()) && *path != word;
        let mut close = suggest::closest(&words, paths.iter().filter(usable).map(String::as_str));
        // A slip of the keyboard is one, whatever the server would say.
        let has_slip = close.iter().any(|path| is_slip(&words, path));
        let obstacle = obstacle.filter(|_| !has_slip);
        // A word that other programs have is more than likeness.
        let equivalent = equivalent(&words);
        if let Some(equivalent) = &equivalent {
            close.retain(|path| path.len() > 3 && strsim::osa_distance(word, path) == 1);
            close.insert(0, equivalent);
        }
        let is_certain = obstacle.as_ref().is_none_or(|obstacle| obstacle.hides_nothing(word));
        let not_found = || {
            let shown = if word.is_empty() { "``" } else { word };
            NotFoundError::Nowhere(shown.to_owned()).into()
        };
        let mut failure = obstacle.map_or_else(not_found, |obstacle| obstacle.into_failure(word));
        if !close.is_empty() {
            failure = failure.hint(did_you_mean(&close));
        }
        if let Some(context) = elsewhere {
            let line = format!("everestctl --context {} {word}", quoted(&context));
            failure = failure.hint(format!("`{word}` exists in context `{context}`: {line}"));
        }
        if is_certain {
            failure = failure.hint(LIST_HINT);
        }
        failure.causes.extend(causes);
        failure
    }
}

impl Obstacle {
    /// Whether nothing says that a server would have `word`.
    fn hides_nothing(&self, word: &str) -> bool {
        matches!(self, Self::NotSignedIn(None)) && !overlays::names_a_plugin(word)
    }

    /// What stands between the user and `word`, unless nothing says that a server would have it.
    pub(super) fn failure_of(self, word: &str) -> Option<Failure> {
        (!self.hides_nothing(word)).then(|| self.into_failure(word))
    }

    fn into_failure(self, word: &str) -> Failure {
        if self.hides_nothing(word) {
            return NotFoundError::NotHere(word.to_owned()).into();
        }
        let may_be =
            format!("`{word}` is not a command of this machine, and those of server plugins are not known");
        let mut failure = match self {
            Self::NotSignedIn(server) => not_signed_in(server.as_deref()),
            Self::NoAnswer { message, hint, sign_in } => {
                NotFoundError::NoAnswer { message, hint, sign_in }.into()
            }
        };
        failure.causes.push(may_be);
        failure
    }
}

/// Whether `path` is what was typed but for a letter in each word, or the end of what is typed in full.
fn is_slip(typed: &[&str], path: &str) -> bool {
    let words: Vec<&str> = path.split(' ').collect();
    let near = |word: &&str| typed.iter().any(|typed| strsim::osa_distance(typed, word) <= 1);
    words.iter().all(near) || words.last() == typed.first()
}

/// The question, for a hint.
pub fn did_you_mean(names: &[impl std::fmt::Display]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("did you mean {}?", quoted.join(" or "))
}

/// Whether it could be run.
pub(super) fn runs(origin: &Origin) -> bool {
    !origin.state.is_broken()
}

/// Every command path that is known here, but for those of the built-in commands.
fn paths(app: &App, local: &[Origin], catalog: &CommandCatalog<'_>) -> Vec<String> {
    let reserved =
        [Owner::BuiltIn, Owner::Bundled, Owner::Core, Owner::Kept].into_iter().flat_map(reserved::words_of);
    let mut paths: Vec<String> = reserved.map(str::to_owned).collect();
    paths.extend(local.iter().filter(|origin| runs(origin)).map(|origin| origin.name.to_string()));
    paths.extend(super::alias::all(app).into_keys());
    let known = descriptors::known_each(app, catalog.names());
    let mut left = MOST_PLUGINS;
    catalog.for_each_remote_name(|name, aliases| {
        paths.extend(aliases.map(str::to_owned));
        paths.push(name.to_owned());
        left = left.saturating_sub(1);
        if let Some(known) = (left > 0).then(|| known(name)).flatten() {
            let shown = known.descriptor.heads().filter(|head| !head.is_hidden());
            paths.extend(shown.map(|head| format!("{name} {}", head.words())));
        }
    });
    paths
}

/// Another context of the config file in which a command of this name is remembered.
fn elsewhere(app: &App, word: &str) -> Option<String> {
    let (target, _) = app.target().ok()?;
    let config = app.config();
    let others = config.contexts().filter(|context| target.context.as_deref() != Some(context.name));
    others.take(MOST_CONTEXTS).map(|context| context.name.to_owned()).find(|name| {
        let there = app.in_context(name);
        let (Ok(remote), Some(store)) = (there.remote(), there.store()) else { return false };
        let mut is_there = false;
        remote.for_each_name(&store, |entry| {
            is_there |= entry.is_ready && (entry.name == word || entry.aliases.contains(&word));
        });
        is_there
    })
}

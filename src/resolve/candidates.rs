//! Every claim to the typed words, in order of precedence.

use super::{Command, RemoteCommands, RemoteMatch};
use crate::model::reserved::{self, Owner};
use crate::model::{CommandWord, Origin, file_stems};

/// What the resolver can look up. Each lookup is made only if those before it did not
/// decide, so that a local command costs no look at the index.
pub trait CommandSource {
    /// The local executables whose file name has one of these stems, in order of precedence: place by
    /// place, and in each the stems as they are given.
    fn local<'a>(&'a self, stems: Vec<String>) -> Box<dyn Iterator<Item = Origin> + 'a>;

    /// The program of the bundled plugin that is called by this word; `None` when it is not installed.
    fn bundled(&self, word: &CommandWord) -> Option<Origin>;

    /// The native library of this name.
    fn native(&self, name: &CommandWord) -> Option<Origin>;

    /// What is known of the remote sources, as far as `word` may mean it.
    fn remotes_for(&self, word: &CommandWord) -> &RemoteCommands;
}

/// One claim to the typed words.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// What would run.
    pub target: RunTarget,
    /// How many of the typed words are its name; the rest are its arguments.
    pub words: usize,
}

/// What would run.
#[derive(Clone, Debug)]
pub enum RunTarget {
    /// A command of this binary.
    BuiltIn(CommandWord),
    /// A command of a plugin that ships with everestctl.
    Bundled {
        /// The reserved word.
        word: CommandWord,
        /// Its program; `None` when it is not installed.
        origin: Option<Origin>,
    },
    /// A command that a later version of this binary will have.
    Kept {
        /// The reserved word.
        word: CommandWord,
        /// What it will be for.
        purpose: &'static str,
    },
    /// A command of the Go CLI: `everestctl-core` if it is there.
    Core {
        /// The reserved word.
        word: CommandWord,
        /// What it is for.
        purpose: &'static str,
        /// The executable `everestctl-core`.
        origin: Option<Origin>,
    },
    /// A plugin's command.
    Command(Command),
    /// An ambiguous alias: several plugins claim it.
    Claimed {
        /// The alias.
        alias: CommandWord,
        /// The plugins.
        names: Vec<String>,
    },
}

impl Candidate {
    /// Whether the search continues after it.
    pub fn is_passed_over(&self) -> bool {
        matches!(&self.target, RunTarget::Command(command) if command.state().is_passed_over())
    }
}

/// Every claim to `words`, the first words that the user typed, in order of precedence.
pub fn candidates<'a, V: CommandSource>(
    words: &'a [CommandWord],
    view: &'a V,
) -> impl Iterator<Item = Candidate> + 'a {
    let first = words.first();
    let reserved = std::iter::once_with(move || reserved(first?, view)).flatten();
    let local = locals(words, view).map(|(origin, words)| Candidate::from_origin(origin, words));
    let native =
        std::iter::once_with(move || Some(Candidate::from_origin(view.native(first?)?, 1))).flatten();
    let remote = std::iter::once_with(move || remotes(first, view)).flatten();
    reserved.chain(local).chain(native).chain(remote)
}

/// The candidate that runs: the first that is not passed over, else the first of those, so that the user
/// learns why it cannot run.
pub fn choose(candidates: impl Iterator<Item = Candidate>) -> Option<Candidate> {
    let mut passed_over = None;
    for candidate in candidates {
        if !candidate.is_passed_over() {
            return Some(candidate);
        }
        passed_over.get_or_insert(candidate);
    }
    passed_over
}

impl Candidate {
    fn from_origin(origin: Origin, words: usize) -> Self {
        Self { target: RunTarget::Command(Command::new(origin)), words }
    }
}

fn reserved<V: CommandSource>(word: &CommandWord, view: &V) -> Option<Candidate> {
    let (owner, purpose) = reserved::owner(word.as_str())?;
    let target = match owner {
        Owner::BuiltIn => RunTarget::BuiltIn(word.clone()),
        Owner::Bundled => RunTarget::Bundled { word: word.clone(), origin: view.bundled(word) },
        Owner::Kept => RunTarget::Kept { word: word.clone(), purpose },
        Owner::Core => {
            let core =
                choose(view.local(vec!["core".to_owned()]).map(|origin| Candidate::from_origin(origin, 1)));
            let origin = core.and_then(|candidate| match candidate.target {
                RunTarget::Command(command) => Some(command.first().clone()),
                _ => None,
            });
            RunTarget::Core { word: word.clone(), purpose, origin }
        }
    };
    Some(Candidate { target, words: 1 })
}

/// The local executables for the longest start of `words`, then for the next shorter one, and so on.
fn locals<'a, V: CommandSource>(
    words: &'a [CommandWord],
    view: &'a V,
) -> impl Iterator<Item = (Origin, usize)> + 'a {
    (1..=words.len().min(file_stems::MOST_WORDS)).rev().flat_map(move |count| {
        view.local(file_stems::stems(&words[..count])).map(move |origin| (origin, count))
    })
}

/// The remote command that the word means, and those of the same source that it takes precedence over.
fn remotes<V: CommandSource>(word: Option<&CommandWord>, view: &V) -> Vec<Candidate> {
    let Some(word) = word else { return Vec::new() };
    let losers =
        view.remotes_for(word).losers().iter().filter(|(loser, _)| loser.name.as_str() == word.as_str());
    let losers = losers.map(|(loser, _)| Candidate::from_origin(loser.clone(), 1));
    remote(word, view).into_iter().chain(losers).collect()
}

fn remote<V: CommandSource>(word: &CommandWord, view: &V) -> Option<Candidate> {
    let target = match view.remotes_for(word).find(word)? {
        RemoteMatch::Name(command) | RemoteMatch::Alias(command) => RunTarget::Command(command.clone()),
        RemoteMatch::Claimed(names) => {
            RunTarget::Claimed { alias: word.clone(), names: names.into_iter().map(str::to_owned).collect() }
        }
    };
    Some(Candidate { target, words: 1 })
}

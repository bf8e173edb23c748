//! One command with all the origins that give it.

use super::{CleanText, CommandWord, Origin, OriginState, Source, Way};

/// One command: a name, and the origins that agree on it. The first origin decides how it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    first: Origin,
    rest: Vec<Origin>,
}

impl Command {
    /// A command with one origin.
    pub fn new(origin: Origin) -> Self {
        Self { first: origin, rest: Vec::new() }
    }

    /// The same with a further origin, which does not decide how it runs.
    #[must_use]
    pub fn and(mut self, origin: Origin) -> Self {
        self.rest.push(origin);
        self
    }

    /// The origin that decides how it runs.
    pub fn first(&self) -> &Origin {
        &self.first
    }

    /// All origins, the deciding one first.
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// The name that it is listed under.
    pub fn name(&self) -> &CleanText {
        &self.first.name
    }

    /// The source that decides how it runs.
    pub fn source(&self) -> Source {
        self.first.source
    }

    /// How it runs.
    pub fn way(&self) -> Option<Way> {
        self.first.way
    }

    /// Whether it can run: one origin that says no is enough, since each knows something that the other
    /// does not (the cluster what a manifest offers, the server its own version).
    pub fn state(&self) -> &OriginState {
        let severity = |state: &OriginState| match state {
            OriginState::Ready => 0,
            OriginState::NoCommands => 1,
            OriginState::Incompatible(_) => 2,
            OriginState::Disabled => 3,
            OriginState::NotExecutable => 4,
            OriginState::Invalid { .. } => 5,
        };
        self.rest.iter().map(|origin| &origin.state).fold(&self.first.state, |worst, state| {
            if severity(state) > severity(worst) { state } else { worst }
        })
    }

    /// Its aliases, each once.
    pub fn aliases(&self) -> Vec<&CommandWord> {
        let mut aliases: Vec<_> = self.origins().flat_map(|origin| &origin.aliases).collect();
        aliases.sort();
        aliases.dedup();
        aliases
    }

    /// The first value that an origin has, starting with the deciding one.
    pub fn find<'a, T>(&'a self, answer: impl Fn(&'a Origin) -> Option<T>) -> Option<T> {
        self.origins().find_map(answer)
    }
}

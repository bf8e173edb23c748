//! The bundled plugins: programs of their own that ship with everestctl. Their words are reserved as those of built-in
//! commands are, and what the command line has to know of each is compiled in.
//!
//! It must not know where their programs are.

use everestctl_protocol::sidecar::Completion;

/// A bundled plugin.
#[derive(Debug)]
pub struct Bundled {
    /// The word that it is called by; its program is `everestctl-WORD`.
    pub word: &'static str,
    /// One line that says what it does.
    pub summary: &'static str,
    /// The commands below it.
    pub commands: &'static [&'static str],
    /// How it completes its own arguments.
    pub completion: Completion,
}

/// All of them. A test of each plugin's package compares its entry with its own commands.
pub const BUNDLED: &[Bundled] = &[Bundled {
    word: "host",
    summary: "Run a development host to work without a server",
    commands: &["run", "exec", "lint-bundle"],
    completion: Completion::Cobra,
}];

/// The bundled plugin that is called by `word`.
pub fn find(word: &str) -> Option<&'static Bundled> {
    BUNDLED.iter().find(|bundled| bundled.word == word)
}

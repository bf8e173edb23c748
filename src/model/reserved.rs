//! The words that no plugin can take: everestctl's own commands and the groups of the Go CLI.
//!
//! One table; the resolver, the help and the documentation are fed from it.

/// Who owns a reserved word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A command of this binary.
    BuiltIn,
    /// A plugin that ships with everestctl ([`super::bundled`]).
    Bundled,
    /// A command that a later version of this binary will have.
    Kept,
    /// A group of the Go CLI (reference, section 7.2), passed on to `everestctl-core`.
    Core,
}

/// Each reserved word with its owner and what it is for.
const WORDS: &[(&str, Owner, &str)] = &[
    ("plugin", Owner::BuiltIn, "commands from plugins"),
    ("plugins", Owner::BuiltIn, "commands from plugins"),
    ("extension", Owner::BuiltIn, "commands from plugins"),
    ("version", Owner::BuiltIn, "the version of this program"),
    ("doctor", Owner::BuiltIn, "checking this installation"),
    ("help", Owner::BuiltIn, "help"),
    ("alias", Owner::BuiltIn, "the user's own names for commands"),
    ("config", Owner::BuiltIn, "contexts"),
    ("host", Owner::Bundled, "the development host"),
    ("accounts", Owner::Core, "user accounts"),
    ("auth", Owner::BuiltIn, "signing in and out"),
    ("backup", Owner::Core, "backups of database instances"),
    ("backup-class", Owner::Core, "backup classes"),
    ("backupclass", Owner::Core, "backup classes"),
    ("bc", Owner::Core, "backup classes"),
    ("backup-storage", Owner::Core, "backup storages"),
    ("backupstorage", Owner::Core, "backup storages"),
    ("bs", Owner::Core, "backup storages"),
    ("completion", Owner::BuiltIn, "shell completion"),
    ("install", Owner::Core, "installing OpenEverest"),
    ("instance", Owner::Core, "database instances"),
    ("namespaces", Owner::Core, "database namespaces"),
    ("provider", Owner::Core, "database providers"),
    ("prov", Owner::Core, "database providers"),
    ("restore", Owner::Core, "restores of backups"),
    ("settings", Owner::Core, "OpenEverest settings"),
    ("status", Owner::Core, "the state of an OpenEverest installation"),
    ("uninstall", Owner::Core, "removing OpenEverest"),
    ("upgrade", Owner::Core, "upgrading OpenEverest"),
];

/// The owner of `word` and what it is for; `None` when plugins may have it.
pub fn owner(word: &str) -> Option<(Owner, &'static str)> {
    WORDS.iter().find(|(name, ..)| *name == word).map(|(_, owner, what)| (*owner, *what))
}

/// The words with this owner.
pub fn words_of(owner: Owner) -> impl Iterator<Item = &'static str> {
    WORDS.iter().filter(move |(_, of, _)| *of == owner).map(|(word, ..)| *word)
}

/// The names of the global flags, with their aliases: a parameter of a plugin that has one of them gets another name,
/// so that no plugin changes what a flag of ours means.
pub const GLOBAL_FLAGS: &[&str] = &[
    "context",
    "cluster",
    "namespace",
    "all-namespaces",
    "output",
    "o",
    "json",
    "offline",
    "verbose",
    "quiet",
    "color",
    "kubeconfig",
    "request-timeout",
    "ca-file",
    "insecure-skip-tls-verify",
    "allow-http",
    "via",
    "no-plugins",
    "no-extensions",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CommandWord;
    use crate::model::bundled::BUNDLED;

    #[test]
    fn every_reserved_word_is_a_word_and_stands_once() {
        for (index, (word, ..)) in WORDS.iter().enumerate() {
            assert!(CommandWord::new(word).is_ok(), "{word}");
            assert!(!WORDS[..index].iter().any(|(other, ..)| other == word), "{word} stands twice");
        }
    }

    #[test]
    fn every_bundled_plugin_has_its_word() {
        let bundled = BUNDLED.iter().map(|bundled| bundled.word);
        assert!(bundled.eq(words_of(Owner::Bundled)));
    }
}

//! Why a word runs no command, although everestctl knows it: plugins are off, it is kept for something else, or several
//! plugins claim it.
//!
//! It must not know what was typed after the word.

use crate::discovery::local;
use crate::error::{ExitCode, Explain, exit};
use crate::model::CommandWord;
use std::path::PathBuf;

/// Where to look when a name leads nowhere.
pub(super) const LIST_HINT: &str = "run `everestctl plugin list` to list all commands";

/// Why a word that everestctl knows runs no command. The exit code is that of a command that was not found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Nothing but built-in commands runs.
    #[error("no such command: {0}")]
    PluginsDisabled(CommandWord),
    /// A command that a later version has.
    #[error("`{word}` ({purpose}) is not in this version of everestctl")]
    NotInThisVersion {
        /// The reserved word.
        word: CommandWord,
        /// What it will be for.
        purpose: &'static str,
    },
    /// A command of the Go CLI, which is nowhere.
    #[error("`{word}` ({purpose}) is a command of OpenEverest's own CLI, which is not installed")]
    CoreMissing {
        /// The reserved word.
        word: CommandWord,
        /// What it is for.
        purpose: &'static str,
    },
    /// A bundled plugin whose program is nowhere.
    #[error("`{word}` needs the program `{}{word}`, which is not installed", local::PREFIX)]
    BundledMissing {
        /// The reserved word.
        word: CommandWord,
        /// Where the program was looked for.
        places: Vec<PathBuf>,
    },
    /// Several plugins claim one alias.
    #[error("alias `{alias}` is ambiguous: claimed by {}", all_quoted(names))]
    Ambiguous {
        /// The alias.
        alias: CommandWord,
        /// The plugins.
        names: Vec<String>,
    },
}

impl CommandError {
    /// The program of the bundled plugin `word` is in none of its places.
    pub(super) fn bundled_missing(word: CommandWord) -> Self {
        let places = local::bundled::places(word.as_str());
        Self::BundledMissing { word, places }
    }
}

impl Explain for CommandError {
    fn exit_code(&self) -> ExitCode {
        exit::NOT_FOUND
    }

    fn causes(&self) -> Vec<String> {
        match self {
            Self::BundledMissing { places, .. } => {
                places.iter().map(|path| format!("there is no {}", path.display())).collect()
            }
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::PluginsDisabled(_) => {
                vec!["plugins are disabled by --no-plugins or EVERESTCTL_NO_PLUGINS".to_owned()]
            }
            Self::NotInThisVersion { .. } => vec![LIST_HINT.to_owned()],
            Self::CoreMissing { .. } => vec![
                "download it from https://github.com/openeverest/openeverest/releases".to_owned(),
                "install it as `everestctl-core` in the plugin folder or on PATH".to_owned(),
            ],
            Self::BundledMissing { places, .. } => {
                let folder = places.first().and_then(|path| path.parent());
                let beside =
                    folder.map(|folder| format!("put it into {}, beside everestctl", folder.display()));
                let build = "`cargo build --workspace` builds it together with everestctl".to_owned();
                beside.into_iter().chain([build]).collect()
            }
            Self::Ambiguous { names, .. } => names.iter().map(|name| format!("everestctl {name}")).collect(),
        }
    }
}

fn all_quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
}

//! One source's claim to a command.

use super::{CleanText, CommandWord, DeclaredWords, Source, Way};
use std::path::PathBuf;

/// One source's claim to a command: everything that the source said of it.
///
/// The same plugin seen through two sources has two origins; the resolver makes one command of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The name it claims, clean but not always a valid word: then it is shown, not run.
    pub name: CleanText,
    /// Where it was found.
    pub source: Source,
    /// How it would run; `None` when it offers no way at all.
    pub way: Option<Way>,
    /// Whether it can run.
    pub state: OriginState,
    /// Where exactly it was found; the order decides between origins of one source.
    pub place: OriginPlace,
    /// Further names: `spec.cli.subcommand`.
    pub aliases: Vec<CommandWord>,
    /// The human name.
    pub display_name: Option<CleanText>,
    /// One line on what it does.
    pub description: Option<CleanText>,
    /// The plugin's own version.
    pub version: Option<CleanText>,
    /// Who makes it.
    pub vendor: Option<CleanText>,
    /// The host versions that it declares to fit.
    pub host_versions: Option<CleanText>,
    /// Where its backend is.
    pub backend: Option<CleanText>,
    /// The image of its container.
    pub image: Option<CleanText>,
    /// The path of its OpenAPI document on the backend, when its manifest says it.
    pub document_path: Option<CleanText>,
    /// What it says of its arguments, where its manifest does: TAB offers it.
    pub words: Option<Box<DeclaredWords>>,
    /// The file that would be run.
    pub path: Option<PathBuf>,
}

impl Origin {
    /// An origin of which only this much is known.
    pub fn new(name: CleanText, source: Source, way: Option<Way>, place: OriginPlace) -> Self {
        Self {
            name,
            source,
            way,
            state: OriginState::Ready,
            place,
            aliases: Vec::new(),
            display_name: None,
            description: None,
            version: None,
            vendor: None,
            host_versions: None,
            backend: None,
            image: None,
            document_path: None,
            words: None,
            path: None,
        }
    }

    /// The name as a word that can be typed, if it is one.
    pub fn word(&self) -> Option<CommandWord> {
        CommandWord::new(self.name.as_str()).ok()
    }
}

/// Where exactly an origin was found. The order is the order of precedence within a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OriginPlace {
    /// Beside this binary, as a part of it.
    Bundled,
    /// The plugin folder.
    PluginFolder,
    /// The set of installed packages.
    Installed,
    /// The folder of PATH with this number, counted from 0.
    Path(u32),
    /// The list of an OpenEverest server.
    PluginList,
    /// An API group of the cluster, counted from 0, the newest.
    ApiGroup(u32),
}

/// Whether an origin can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginState {
    /// It can.
    Ready,
    /// Its manifest says `enabled: false`.
    Disabled,
    /// It does not fit the version of its host; the text says why.
    Incompatible(CleanText),
    /// It offers nothing to run.
    NoCommands,
    /// It is not executable, and so the search continues after it, as it does in a shell.
    NotExecutable,
    /// It must not or cannot run.
    Invalid {
        /// The reason, for `plugin list` and `plugin which`.
        why: CleanText,
        /// The command that fixes it.
        hint: Option<String>,
    },
}

impl OriginState {
    /// Whether the search for a command continues after an origin in this state.
    pub const fn is_passed_over(&self) -> bool {
        matches!(self, Self::NotExecutable)
    }

    /// Whether it cannot be a command at all, whatever changes elsewhere.
    pub const fn is_broken(&self) -> bool {
        matches!(self, Self::NotExecutable | Self::Invalid { .. })
    }
}

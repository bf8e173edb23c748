//! What a plugin shows to those who use it: its commands with all that can be typed, and what it is allowed to do. Two of
//! them are compared before one replaces the other ([`super::surface_change`]).
//!
//! It must not know where the plugin is described: in a package, a chart, or a document.

use super::CleanText;
use std::collections::{BTreeMap, BTreeSet};

/// What one version of a plugin shows to those who use it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandSurface {
    /// The name of the plugin and of its command.
    pub name: CleanText,
    /// Its version.
    pub version: Option<CleanText>,
    /// Its commands, by their words below the plugin's name.
    pub commands: BTreeMap<String, SurfaceCommand>,
    /// What it may do, runs, and needs.
    pub terms: BTreeMap<SurfaceTerm, BTreeSet<CleanText>>,
}

impl CommandSurface {
    /// Adds a term; an empty one is none.
    pub fn add(&mut self, term: SurfaceTerm, text: &str) {
        let text = CleanText::new(text);
        if !text.as_str().is_empty() {
            self.terms.entry(term).or_default().insert(text);
        }
    }
}

/// What a plugin may do, runs, and needs, beside its commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SurfaceTerm {
    /// How it runs.
    Way,
    /// What it says that it does in OpenEverest.
    Permission,
    /// A credential that it is given.
    Credential,
    /// What it gets in the whole cluster.
    ClusterRole,
    /// What its containers may do to the machine that they run on.
    Privilege,
    /// An image that runs.
    Image,
    /// What has to be there.
    Requirement,
    /// A platform that it has files for.
    Platform,
    /// A further name of its command.
    Alias,
}

impl SurfaceTerm {
    /// The word for one of them.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Way => "way",
            Self::Permission => "permission",
            Self::Credential => "credential",
            Self::ClusterRole => "cluster role",
            Self::Privilege => "privilege",
            Self::Image => "image",
            Self::Requirement => "requirement",
            Self::Platform => "platform",
            Self::Alias => "alias",
        }
    }
}

/// One command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurfaceCommand {
    /// Other words for it, also those that help does not show.
    pub aliases: BTreeSet<String>,
    /// Its arguments, in the order in which positional ones are typed.
    pub arguments: Vec<SurfaceArgument>,
    /// The headings of the columns that its answer is known to have.
    pub columns: Vec<CleanText>,
    /// Whether a body can be given, and whether it has to be.
    pub body: Option<bool>,
    /// Whether it asks before it does something.
    pub asks: bool,
    /// Whether its author advises against it.
    pub is_deprecated: bool,
    /// Whether help leaves it out.
    pub is_hidden: bool,
}

impl SurfaceCommand {
    /// The argument that is typed like this, by its own name or another.
    pub fn argument(&self, typed: &str) -> Option<&SurfaceArgument> {
        self.arguments.iter().find(|argument| argument.typed == typed || argument.aliases.contains(typed))
    }
}

/// One argument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurfaceArgument {
    /// How it is typed: `--limit`, `<POD>`.
    pub typed: String,
    /// Other ways to type it: `-l`, `--max`.
    pub aliases: BTreeSet<String>,
    /// What its value is: `text`, `integer`, `boolean`.
    pub kind: &'static str,
    /// The least number, or number of characters.
    pub least: Option<CleanText>,
    /// The greatest.
    pub most: Option<CleanText>,
    /// The only values there are; empty where any will do.
    pub choices: Vec<CleanText>,
    /// Whether the command cannot do without it.
    pub is_required: bool,
    /// Whether it can be given several times.
    pub repeats: bool,
    /// What counts where it is not given.
    pub default: Option<CleanText>,
    /// Whether it is typed by its place.
    pub is_positional: bool,
    /// Whether its author advises against it.
    pub is_deprecated: bool,
}

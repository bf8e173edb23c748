//! The rules of precedence, in the words in which `plugin which` gives them.

use super::RunTarget;
use crate::model::{Origin, OriginPlace, Source};
use std::fmt;

/// Why one claim to a name comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The word belongs to everestctl or to the Go CLI.
    Reserved,
    /// The first source comes before the second.
    Source(Source, Source),
    /// More of the typed words are part of the name.
    LongestName,
    /// The plugin folder comes before what is installed, and before PATH.
    PluginFolder,
    /// What is installed comes before PATH.
    Installed,
    /// A folder comes before later ones in PATH.
    PathOrder,
    /// In one folder the name with `-` comes before the one with `_`.
    Spelling,
    /// A newer API group comes before an older one.
    ApiGroup,
    /// The list of one server has the name twice; the first counts.
    ListOrder,
    /// A plugin's own name comes before an alias.
    NameBeforeAlias,
}

impl Rule {
    /// The rule that puts `winner` before `loser`, which both claim the same name.
    pub fn between(winner: &Origin, loser: &Origin) -> Self {
        match (winner.source, loser.source) {
            (first, second) if first == second => match (winner.place, loser.place) {
                (OriginPlace::PluginFolder, OriginPlace::Path(_) | OriginPlace::Installed) => {
                    Self::PluginFolder
                }
                (OriginPlace::Installed, OriginPlace::Path(_)) => Self::Installed,
                (OriginPlace::Path(first), OriginPlace::Path(second)) if first != second => Self::PathOrder,
                (OriginPlace::ApiGroup(_), OriginPlace::ApiGroup(_)) => Self::ApiGroup,
                (OriginPlace::PluginList, _) => Self::ListOrder,
                _ => Self::Spelling,
            },
            (first, second) if first.is_remote() && second.is_remote() => Self::NameBeforeAlias,
            (first, second) => Self::Source(first, second),
        }
    }

    /// The rule that puts one candidate for the typed words before another.
    pub fn between_targets(winner: (&RunTarget, usize), loser: (&RunTarget, usize)) -> Self {
        match (winner.0, loser.0) {
            (
                RunTarget::BuiltIn(_)
                | RunTarget::Bundled { .. }
                | RunTarget::Kept { .. }
                | RunTarget::Core { .. },
                _,
            ) => Self::Reserved,
            (RunTarget::Command(first), RunTarget::Command(second)) => {
                let (first, second) = (first.first(), second.first());
                if first.source == second.source && winner.1 != loser.1 {
                    Self::LongestName
                } else {
                    Self::between(first, second)
                }
            }
            (RunTarget::Command(first), _) if !first.source().is_remote() => {
                Self::Source(first.source(), Source::Server)
            }
            _ => Self::NameBeforeAlias,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reserved => formatter.write_str("plugins cannot use reserved words"),
            Self::Source(first, second) => {
                write!(formatter, "{first} commands come before {second} commands")
            }
            Self::LongestName => formatter.write_str("the longest name comes first"),
            Self::PluginFolder => formatter.write_str("the plugin folder comes before PATH"),
            Self::Installed => formatter.write_str("installed plugins come before PATH"),
            Self::PathOrder => formatter.write_str("it is earlier in PATH"),
            Self::Spelling => formatter.write_str("a name with `-` comes before one with `_`"),
            Self::ApiGroup => formatter.write_str("a newer API group comes before an older one"),
            Self::ListOrder => formatter.write_str("the first entry in the server's list takes precedence"),
            Self::NameBeforeAlias => formatter.write_str("a plugin's own name comes before an alias"),
        }
    }
}

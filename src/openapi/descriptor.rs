//! What a document is compiled to: everything that running, help and completion need, and of each schema what is worth keeping. It is kept
//! in the index as JSON and read back for every server command, so that it leaves out what is empty.
//!
//! It must not know how a document is written (that is `reader`) or how a request is made (that is `call`).

use super::words::{Words, word_list};
use super::{ApiCommand, SecurityScheme, Text};
use crate::model::{CleanText, CommandWord};
use serde::{Deserialize, Serialize};

/// The commands of one plugin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Descriptor {
    /// The title of the document.
    #[serde(skip_serializing_if = "is_default", default)]
    pub title: CleanText,
    /// The version of the document, which need not be the plugin's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<CleanText>,
    /// What the plugin is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<Text>,
    /// Further names that the plugin's own command asks for. Whether it gets them, the resolver decides.
    #[serde(skip_serializing_if = "Vec::is_empty", default, with = "word_list")]
    pub aliases: Vec<CommandWord>,
    /// Which plugin it fits, for an overlay.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub overlay: Option<Overlay>,
    /// Groups of commands that the document describes.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub groups: Vec<DescribedGroup>,
    /// What the first words of the commands are listed under, where the document says it; the others stand by themselves.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sections: Vec<HelpSection>,
    /// The security schemes that commands need.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub schemes: Vec<SecurityScheme>,
    /// In the order of the document.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub commands: Vec<ApiCommand>,
    /// What could not be made into commands, and why.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub problems: Vec<CleanText>,
}

/// What a document says of a group of commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribedGroup {
    /// The words that its commands start with.
    pub words: Words,
    /// What they have in common, in one line.
    pub text: CleanText,
}

/// A section of the list of commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelpSection {
    /// What it is headed.
    pub title: CleanText,
    /// The first words of its commands.
    pub words: Vec<CleanText>,
}

/// Which plugin an overlay describes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlay {
    /// The plugin's name.
    pub plugin: CleanText,
    /// A range of versions, checked when it was read; `None` fits all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub versions: Option<CleanText>,
}

impl Overlay {
    /// Whether it describes `plugin` in this version. A version that cannot be read, or that the plugin does not
    /// tell, fits: refusing would leave the plugin without any command.
    pub fn fits(&self, plugin: &str, version: Option<&str>) -> bool {
        let range = self.versions.as_ref().and_then(|range| semver::VersionReq::parse(range.as_str()).ok());
        let version = version.and_then(|text| semver::Version::parse(text.trim_start_matches('v')).ok());
        let in_range = match (range, version) {
            (Some(range), Some(mut version)) => {
                // semver leaves pre-releases out of every range that does not name one; a development build of
                // 0.2.0 has the routes of 0.2.0.
                version.pre = semver::Prerelease::EMPTY;
                range.matches(&version)
            }
            _ => true,
        };
        self.plugin.as_str() == plugin && in_range
    }
}

impl Descriptor {
    /// The command with exactly these words, by its own name and not by an alias.
    pub fn command(&self, words: &Words) -> Option<&ApiCommand> {
        self.commands.iter().find(|command| command.words == *words)
    }

    /// The command that `typed` starts with, by name or alias, and how many of the words are its own. The longest
    /// wins, so that `jobs list` is not `jobs` with an argument.
    pub fn find(&self, typed: &[&str]) -> Option<(&ApiCommand, usize)> {
        self.commands
            .iter()
            .flat_map(|command| command.all_words().map(move |words| (command, words)))
            .filter(|(_, words)| words.begin(typed))
            .map(|(command, words)| (command, words.as_slice().len()))
            .max_by_key(|(_, words)| *words)
    }
}

/// For serde, which knows no shorter way.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlay_fits_its_plugin_in_its_versions() {
        let overlay =
            Overlay { plugin: CleanText::new("audit"), versions: Some(CleanText::new(">=0.1.0, <0.3.0")) };
        assert!(overlay.fits("audit", Some("0.2.7")));
        assert!(overlay.fits("audit", Some("v0.2.0-dev.1")));
        assert!(overlay.fits("audit", None) && overlay.fits("audit", Some("main")));
        assert!(!overlay.fits("audit", Some("0.3.0")) && !overlay.fits("bench", Some("0.2.7")));
    }
}

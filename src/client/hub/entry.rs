//! What a catalog says of one extension. Everything but the name may be missing.

use crate::model::CleanText;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// One extension of a catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HubEntry {
    /// Its name in the catalog: neither that of the Helm release nor that of the command.
    pub name: String,
    /// What it is.
    pub kind: ExtensionKind,
    /// The human name.
    pub display_name: Option<CleanText>,
    /// What it does.
    pub description: Option<CleanText>,
    /// Groups that it belongs to.
    pub categories: Vec<CleanText>,
    /// Further words that it is found by.
    pub keywords: Vec<CleanText>,
    /// Its page.
    pub homepage: Option<CleanText>,
    /// Where its source is.
    pub source_repo: Option<CleanText>,
    /// Its license.
    pub license: Option<CleanText>,
    /// Who maintains it.
    pub maintainers: Vec<CleanText>,
    /// How far it is.
    pub maturity: Maturity,
    /// Whether the catalog's owners have looked at it.
    pub is_verified: bool,
    /// Whom to ask for it; `None` for one that everybody may install.
    pub gate: Option<Gate>,
    /// The versions of OpenEverest that it fits.
    pub openeverest: Option<CleanText>,
    /// The versions of Kubernetes that it fits.
    pub kubernetes: Option<CleanText>,
    /// What it can do, with the values of each.
    pub capabilities: BTreeMap<String, Vec<CleanText>>,
    /// What a plugin contributes.
    pub contributes: Contributes,
    /// Where a plugin stands in the web interface.
    pub extension_points: Vec<CleanText>,
    /// Its charts, by channel.
    pub channels: BTreeMap<String, ChartVersion>,
    /// The channel that is installed unless another is wanted.
    pub default_channel: Option<String>,
    /// The Helm release that it is installed as.
    pub release: Option<String>,
    /// The namespace that it is installed in.
    pub namespace: Option<String>,
    /// What of it cannot be used.
    pub faults: Vec<CleanText>,
}

/// What an extension is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExtensionKind {
    /// A generic plugin, which brings a command.
    Plugin,
    /// A database provider.
    Provider,
    /// Something that this version does not know.
    #[default]
    Unknown,
}

impl ExtensionKind {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plugin => "plugin",
            Self::Provider => "provider",
            Self::Unknown => "unknown",
        }
    }
}

/// How far an extension is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Maturity {
    /// Anything may change; also one that says nothing.
    #[default]
    Alpha,
    /// It is being tried.
    Beta,
    /// It is for everybody.
    Stable,
    /// It should not be installed any more.
    Deprecated,
}

impl Maturity {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Alpha, Self::Beta, Self::Stable, Self::Deprecated];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alpha => "alpha",
            Self::Beta => "beta",
            Self::Stable => "stable",
            Self::Deprecated => "deprecated",
        }
    }

    /// The one with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|maturity| maturity.as_str() == word)
    }
}

impl Serialize for Maturity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Whom to ask for an extension that not everybody may install.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Gate {
    /// Where to ask.
    pub contact_url: Option<CleanText>,
    /// What to do.
    pub instructions: Option<CleanText>,
}

/// What a plugin contributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Contributes {
    /// Something in the web interface.
    pub ui: bool,
    /// A service.
    pub backend: bool,
    /// An image for its command.
    pub cli: bool,
}

impl Contributes {
    /// The words of what is contributed.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        let all = [("ui", self.ui), ("backend", self.backend), ("cli", self.cli)];
        all.into_iter().filter(|(_, is_there)| *is_there).map(|(word, _)| word)
    }
}

/// One version of a chart, whose parts are safe to pass to helm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChartVersion {
    /// Where it is: `oci://…`, an https URL of a packed chart, or a path in a catalog that is a file.
    pub reference: String,
    /// Its version; `None` where the reference says it.
    pub version: Option<String>,
    /// The digest that its registry knows it by.
    pub digest: Option<String>,
}

impl HubEntry {
    /// The chart that is installed unless another channel is wanted.
    pub fn chart(&self, channel: Option<&str>) -> Option<(&str, &ChartVersion)> {
        let wanted = channel.or(self.default_channel.as_deref()).unwrap_or("stable");
        let found = self.channels.get_key_value(wanted);
        // A single channel needs no name.
        let only = || self.channels.iter().next().filter(|_| channel.is_none() && self.channels.len() == 1);
        found.or_else(only).map(|(name, chart)| (name.as_str(), chart))
    }
}

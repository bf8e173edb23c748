//! Why a plugin of a server cannot be installed, changed or removed.

use crate::chart::objects::NoObjects;
use crate::chart::surface::BrokenRule;
use crate::error::{ExitCode, Explain, exit};
use crate::model::{CleanText, quoted};
use std::path::PathBuf;

/// Why a plugin of a server cannot be installed, changed or removed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerPluginError {
    /// Only its owner gives it.
    #[error("`{name}` is gated: only its owner gives it")]
    Gated {
        /// The extension.
        name: String,
        /// Where to ask.
        contact: Option<CleanText>,
        /// What to do.
        instructions: Option<CleanText>,
    },
    /// It is not stable.
    #[error("`{name}` is {maturity}, not stable")]
    Prerelease {
        /// The extension.
        name: String,
        /// How far it is.
        maturity: &'static str,
    },
    /// It is no plugin.
    #[error("`{name}` is a {kind}, not a plugin: everestctl installs plugins only")]
    NotPlugin {
        /// The extension.
        name: String,
        /// What it is.
        kind: &'static str,
        /// How helm installs it.
        helm: Option<String>,
    },
    /// It has no chart.
    #[error("`{name}` has no chart that can be installed")]
    NoChart {
        /// The extension.
        name: String,
        /// What is wrong with what it has.
        faults: Vec<CleanText>,
    },
    /// It has no such channel.
    #[error("`{name}` has no channel {}", quoted(channel))]
    NoChannel {
        /// The extension.
        name: String,
        /// The channel.
        channel: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Its chart is where none is taken from.
    #[error("the chart of `{name}` is at `{reference}`: expected oci:// or https://")]
    Reference {
        /// The extension.
        name: String,
        /// Where its chart is.
        reference: CleanText,
    },
    /// Its chart has one version only.
    #[error("`{name}` has version {there} only: its chart is a file")]
    OtherVersion {
        /// The extension.
        name: String,
        /// The version.
        there: CleanText,
    },
    /// It is not a version.
    #[error("invalid value {} for --version: expected a version such as 1.2.0", quoted(.0))]
    BadVersion(String),
    /// No release can be called like the chart.
    #[error("`{0}` cannot be the name of a release: expected at most 53 lower-case letters, digits and `-`")]
    BadRelease(CleanText),
    /// It is a package.
    #[error("{0} is a package of a local plugin")]
    Package(CleanText),
    /// It is not a namespace.
    #[error("`{0}` is not a valid namespace")]
    BadNamespace(CleanText),
    /// What a chart makes cannot be read.
    #[error("could not read the objects of {what}")]
    Unreadable {
        /// The chart or the file.
        what: String,
        /// Why.
        why: NoObjects,
    },
    /// What a chart makes breaks a rule.
    #[error("{what} cannot be installed: {why}")]
    Rule {
        /// The chart or the file.
        what: String,
        /// The rule.
        why: BrokenRule,
    },
    /// It does not fit.
    #[error("`{name}` requires {product} {range}, but this is {version}")]
    Unfit {
        /// The extension.
        name: String,
        /// Of what.
        product: &'static str,
        /// The versions that it fits.
        range: CleanText,
        /// The version that there is.
        version: CleanText,
    },
    /// The release is there already.
    #[error("release `{release}` is installed already in namespace `{namespace}` ({status})")]
    Present {
        /// The release.
        release: String,
        /// Its namespace.
        namespace: String,
        /// What has become of it.
        status: CleanText,
        /// The plugin.
        plugin: String,
        /// What it is upgraded by: its name, or where its chart comes from.
        upgrade: String,
    },
    /// The cluster has a plugin with its name.
    #[error("the cluster has a plugin `{name}` already, {from}")]
    Taken {
        /// The name.
        name: String,
        /// Where that comes from.
        from: String,
    },
    /// No release of helm has it.
    #[error("`{name}` is neither an installed package nor a plugin that helm has installed")]
    NoRelease {
        /// The name.
        name: String,
    },
    /// No catalog knows its chart.
    #[error("no catalog has a chart for release `{release}` of plugin `{name}`")]
    NoSource {
        /// The plugin.
        name: String,
        /// Its release.
        release: String,
    },
    /// There is no such revision.
    #[error("release `{release}` has no revision {revision}")]
    NoRevision {
        /// The release.
        release: String,
        /// The revision.
        revision: u64,
        /// Those that there are.
        known: Vec<u64>,
    },
    /// There is nothing to go back to.
    #[error("release `{0}` has no earlier revision to go back to")]
    NothingBefore(String),
    /// A file cannot be read.
    #[error("could not read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// There is no place for what helm is to read.
    #[error("could not make a temporary folder")]
    NoFolder(String),
    /// The manifest has no plugin.
    #[error("{0} has no Kubernetes objects")]
    Empty(String),
    /// Nothing may be asked.
    #[error("cannot do this with --offline: it needs the cluster")]
    Offline,
    /// It is not ready in time.
    #[error("timed out waiting for `{name}` to be ready: {state}")]
    NotReady {
        /// The plugin.
        name: String,
        /// How far it is.
        state: CleanText,
    },
}

impl Explain for ServerPluginError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NotReady { .. } => exit::TIMED_OUT,
            Self::NoChannel { .. }
            | Self::BadVersion(_)
            | Self::BadNamespace(_)
            | Self::Package(_)
            | Self::NoRelease { .. }
            | Self::NoRevision { .. }
            | Self::Prerelease { .. }
            | Self::Present { .. }
            | Self::Offline => exit::USAGE,
            _ => exit::FAILURE,
        }
    }

    fn causes(&self) -> Vec<String> {
        match self {
            Self::Unreadable { why, .. } => vec![why.to_string()],
            Self::NoChart { faults, .. } => faults.iter().map(ToString::to_string).collect(),
            Self::File { why, .. } | Self::NoFolder(why) => vec![why.clone()],
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Gated { contact, instructions, .. } => {
                let ask = contact.as_ref().map(|contact| format!("ask for it at {contact}"));
                ask.into_iter().chain(instructions.as_ref().map(ToString::to_string)).collect()
            }
            Self::Prerelease { .. } => vec!["pass --allow-prerelease to install it".to_owned()],
            Self::NotPlugin { helm, .. } => helm.iter().cloned().collect(),
            Self::NoChannel { known, .. } => vec![format!("channels: {}", known.join(", "))],
            // helm upgrades nothing that was never deployed.
            Self::Present { plugin, status, .. } if status.as_str().ends_with(", failed") => {
                vec![format!("everestctl plugin remove {plugin}")]
            }
            Self::Present { upgrade, .. } => vec![format!("everestctl plugin upgrade {upgrade}")],
            Self::Package(_) => vec!["everestctl plugin upgrade NAME".to_owned()],
            Self::Taken { name, .. } => vec![format!("everestctl plugin info {name}")],
            Self::NoRelease { .. } => {
                vec!["everestctl plugin list".to_owned(), "helm list --all-namespaces".to_owned()]
            }
            Self::NoSource { .. } => vec![
                "pass its chart instead of its name, such as ./NAME-VERSION.tgz".to_owned(),
                "everestctl plugin catalog add NAME URL|FILE".to_owned(),
            ],
            Self::NoRevision { known, .. } => {
                let known: Vec<String> = known.iter().map(ToString::to_string).collect();
                vec![format!("revisions: {}", known.join(", "))]
            }
            Self::NotReady { name, .. } => vec![
                "it is installed, and may still become ready: pass a longer --timeout next time".to_owned(),
                format!("everestctl plugin remove {name}"),
            ],
            _ => Vec::new(),
        }
    }
}

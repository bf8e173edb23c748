//! Why it is not known what a plugin of a server offers.

use crate::client::ClientError;
use crate::error::{ExitCode, Explain, exit};
use crate::model::CleanText;
use std::path::PathBuf;

/// Why it is not known what a plugin of a server offers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DescriptorError {
    /// It was never asked, and is not to be asked now.
    #[error("the commands of `{0}` are not known yet")]
    NotKnownYet(String),
    /// What the user has written for it cannot be read.
    #[error("could not use your overlay {}", path.display())]
    UnusableOverlay {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// It says nothing of itself.
    #[error("`{plugin}` has no commands: {}", missing(problems))]
    NoDocument {
        /// The plugin.
        plugin: String,
        /// What it says instead.
        problems: Vec<CleanText>,
    },
    /// It is the plugin that does not answer, and the server says why.
    #[error("`{plugin}`: {error}")]
    Backend {
        /// The plugin.
        plugin: String,
        /// What the server says.
        error: Box<ClientError>,
    },
    /// The same, and the server does not say why.
    #[error("`{plugin}`: {error}: the backend of the plugin is not running")]
    BackendDown {
        /// The plugin.
        plugin: String,
        /// What the server says.
        error: Box<ClientError>,
    },
    /// The API server of a cluster does not know the way to it.
    #[error("`{0}` needs an OpenEverest server: its backend is not a Service of the Kubernetes cluster")]
    NeedsServer(String),
    /// There is nobody to ask.
    #[error("server plugins need an OpenEverest server, and none is configured")]
    NoServer,
}

/// What there is instead of a document.
fn missing(problems: &[CleanText]) -> &'static str {
    if problems.is_empty() {
        "it publishes no OpenAPI document"
    } else {
        "it publishes no OpenAPI document that can be read"
    }
}

impl Explain for DescriptorError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoDocument { .. } | Self::NeedsServer(_) => exit::CANNOT_RUN,
            Self::NoServer => exit::SIGN_IN,
            _ => exit::FAILURE,
        }
    }

    fn causes(&self) -> Vec<String> {
        match self {
            Self::UnusableOverlay { why, .. } => vec![why.clone()],
            Self::NoDocument { problems, .. } => problems.iter().map(CleanText::to_string).collect(),
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        const SIGN_IN: &str = "everestctl auth login --server URL";
        let more = |plugin: &str| format!("everestctl plugin info {plugin}");
        match self {
            Self::NotKnownYet(plugin) => vec![format!("everestctl plugin refresh {plugin}")],
            Self::NoDocument { plugin, .. } => {
                vec![format!("everestctl plugin api {plugin} GET /"), more(plugin)]
            }
            Self::BackendDown { plugin, .. } => vec![more(plugin)],
            Self::NeedsServer(plugin) => vec![SIGN_IN.to_owned(), more(plugin)],
            Self::NoServer => vec![SIGN_IN.to_owned()],
            Self::UnusableOverlay { .. } | Self::Backend { .. } => Vec::new(),
        }
    }
}

//! Why a run cannot be what its flags, its environment and its files say.

use crate::error::{ExitCode, Explain, exit};
use crate::model::quoted;

/// Why a run cannot be what its flags, its environment and its files say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RunError {
    /// A variable should say how long something takes.
    #[error("{variable} must be a duration, not {}", quoted(text))]
    InvalidDuration {
        /// Its name.
        variable: &'static str,
        /// What it says.
        text: String,
    },
    /// A variable should be text.
    #[error("{0} is not UTF-8 text")]
    NotText(String),
    /// Nothing can be pulled without a network.
    #[error("--pull always cannot be combined with --offline")]
    PullOffline,
    /// One namespace, and all of them.
    #[error("--all-namespaces cannot be combined with --namespace")]
    NamespaceAndAll {
        /// The one.
        namespace: String,
    },
    /// The kubeconfig that was named on the command line.
    #[error("{message}")]
    Kubeconfig {
        /// What is wrong with it.
        message: String,
        /// How to look.
        hint: Option<String>,
    },
    /// A part of this program is damaged.
    #[error("could not read the built-in description of the server's events")]
    NoDescriptionOfEvents,
}

impl Explain for RunError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Kubeconfig { .. } | Self::NoDescriptionOfEvents => exit::FAILURE,
            _ => exit::USAGE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::InvalidDuration { variable, .. } => vec![format!("export {variable}=30s")],
            Self::NamespaceAndAll { namespace } => {
                vec![format!("pass -n {} for one namespace, or -A for all", quoted(namespace))]
            }
            Self::Kubeconfig { hint, .. } => hint.iter().cloned().collect(),
            Self::NotText(_) | Self::PullOffline | Self::NoDescriptionOfEvents => Vec::new(),
        }
    }
}

//! Why a plugin of a server is not asked at all.

use crate::error::{ExitCode, Explain, exit};

/// Why a plugin of a server is not asked at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ConnectionError {
    /// The API server of a cluster does not know the way to it.
    #[error(
        "`{plugin}` needs an OpenEverest server: its backend ({backend}) is not a Service of the Kubernetes cluster"
    )]
    NoService {
        /// The plugin.
        plugin: String,
        /// What its backend is.
        backend: String,
    },
    /// A cluster has nothing like it.
    #[error("`{0}` needs an OpenEverest server")]
    NeedsServer(String),
    /// Nothing is to be asked.
    #[error("cannot run `{0}` with --offline: it runs on the server")]
    Offline(String),
    /// The system gives no sockets.
    #[error("{0}")]
    NoNetwork(String),
}

impl Explain for ConnectionError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoService { .. } | Self::NeedsServer(_) => exit::CANNOT_RUN,
            Self::Offline(_) | Self::NoNetwork(_) => exit::FAILURE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::NoService { .. } | Self::NeedsServer(_) => {
                vec!["`--via server` reaches it through an OpenEverest server".to_owned()]
            }
            Self::Offline(_) | Self::NoNetwork(_) => Vec::new(),
        }
    }
}

//! Why a context cannot be chosen or changed.
//!
//! It must not know what the config file is made of.

use crate::client::ClientError;
use crate::config::ClientConfig;
use crate::error::{ExitCode, Explain, exit};
use crate::model::{CleanText, quoted};

/// Why a context cannot be chosen or changed.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// None is the current one.
    #[error("no current context")]
    NoCurrent,
    /// There is none of this name.
    #[error("no context `{name}`")]
    Unknown {
        /// What was asked for.
        name: CleanText,
        /// Those that there are.
        known: Vec<CleanText>,
        /// Whether naming a server would make it.
        can_be_made: bool,
    },
    /// Another one has the name.
    #[error("context `{0}` already exists")]
    Exists(CleanText),
    /// Nothing can be called so.
    #[error("invalid context name: it is empty or contains control characters")]
    InvalidName,
    /// The address of its server is none.
    #[error("{0}")]
    Server(ClientError),
}

impl ContextError {
    /// The config file has no context of this name.
    pub(super) fn unknown(config: &ClientConfig, name: &str) -> Self {
        let known = config.contexts().map(|context| CleanText::new(context.name)).collect();
        Self::Unknown { name: CleanText::new(name), known, can_be_made: false }
    }

    /// The same where a server is all that is missing.
    pub(super) fn or_with_server(self) -> Self {
        match self {
            Self::Unknown { name, known, .. } => Self::Unknown { name, known, can_be_made: true },
            other => other,
        }
    }
}

impl Explain for ContextError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoCurrent => exit::FAILURE,
            _ => exit::USAGE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::NoCurrent => vec![
                "everestctl config get-contexts".to_owned(),
                "everestctl config use-context NAME".to_owned(),
            ],
            Self::Unknown { name, known, can_be_made } => {
                let names = known.iter().map(CleanText::as_str).collect::<Vec<_>>().join(", ");
                let known = (!known.is_empty()).then(|| format!("known contexts: {names}"));
                let make = can_be_made
                    .then(|| format!("everestctl config set-context {} --server URL", quoted(name.as_str())));
                known.into_iter().chain(make).collect()
            }
            Self::Server(error) => error.hint().map(str::to_owned).into_iter().collect(),
            Self::Exists(_) | Self::InvalidName => Vec::new(),
        }
    }
}

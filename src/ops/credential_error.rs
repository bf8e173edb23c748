//! Why a credential of a plugin cannot be stored or removed.
//!
//! It must not know where one is kept. Nothing of a value is ever said.

use crate::error::{ExitCode, Explain, exit};
use crate::model::CleanText;
use crate::openapi::SchemeName;

/// Why a credential of a plugin cannot be stored or removed.
#[derive(Debug, thiserror::Error)]
pub enum CredentialStoreError {
    /// The plugin has none of this name.
    #[error("plugin `{plugin}` has no credential `{scheme}`")]
    Unknown {
        /// The plugin.
        plugin: String,
        /// What was asked for.
        scheme: CleanText,
        /// Those that there are.
        known: Vec<SchemeName>,
    },
    /// It needs none beside the session.
    #[error("plugin `{0}` requires no credential of its own")]
    NotRequired(String),
    /// It has several, and none was named.
    #[error("plugin `{plugin}` has several credentials: --scheme says which is meant")]
    Several {
        /// The plugin.
        plugin: String,
        /// Those that there are.
        known: Vec<SchemeName>,
    },
    /// It is what the session has.
    #[error("`{0}` is your session's token, which is sent already")]
    OfSession(SchemeName),
    /// No request through a server can have it.
    #[error("{what}")]
    Impossible {
        /// What it is, in words.
        what: String,
        /// Why not.
        #[source]
        why: HeaderTaken,
    },
    /// It would not arrive as it is.
    #[error("the credential `{scheme}` is not stored: {why}")]
    Unusable {
        /// What it is for.
        scheme: SchemeName,
        /// What is wrong with it.
        why: &'static str,
    },
    /// There is none to be removed.
    #[error("no credential{} of `{plugin}` is stored for {server}, cluster {cluster}", named(scheme.as_ref()))]
    NotStored {
        /// The plugin.
        plugin: String,
        /// Which one was meant.
        scheme: Option<CleanText>,
        /// The server.
        server: CleanText,
        /// The cluster.
        cluster: CleanText,
    },
}

/// The header that a credential would need has another.
#[derive(Debug, thiserror::Error)]
#[error("the header `Authorization` carries your session's token")]
pub struct HeaderTaken;

fn named(scheme: Option<&CleanText>) -> String {
    scheme.map(|scheme| format!(" `{scheme}`")).unwrap_or_default()
}

impl Explain for CredentialStoreError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Impossible { .. } => exit::CANNOT_RUN,
            Self::NotStored { .. } => exit::FAILURE,
            _ => exit::USAGE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Unknown { known, .. } | Self::Several { known, .. } if !known.is_empty() => {
                let names: Vec<&str> = known.iter().map(SchemeName::as_str).collect();
                vec![format!("known credentials: {}", names.join(", "))]
            }
            Self::NotRequired(plugin) => vec![format!("everestctl plugin info {plugin}")],
            Self::OfSession(_) => vec!["everestctl auth status".to_owned()],
            Self::NotStored { .. } => vec!["everestctl auth plugin --list".to_owned()],
            Self::Unknown { .. } | Self::Several { .. } | Self::Impossible { .. } | Self::Unusable { .. } => {
                Vec::new()
            }
        }
    }
}

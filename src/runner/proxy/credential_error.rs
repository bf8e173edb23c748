//! Why a request does not get the credentials of the plugin's own that it needs.

use crate::error::{ExitCode, Explain, exit};
use crate::openapi::SchemeName;

/// Why a request does not get the credentials of the plugin's own that it needs.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum CredentialError {
    /// The one in the environment cannot stand where it belongs.
    #[error("the credential `{scheme}` in {variable} cannot be sent: {why}")]
    UnusableVariable {
        /// Its scheme.
        scheme: SchemeName,
        /// Where it was found.
        variable: String,
        /// What is wrong with it.
        why: String,
    },
    /// The same for one that was stored.
    #[error("the stored credential `{scheme}` of `{plugin}` cannot be sent: {why}")]
    UnusableStored {
        /// Its scheme.
        scheme: SchemeName,
        /// Whose it is.
        plugin: String,
        /// What is wrong with it.
        why: String,
        /// How another one is stored.
        store: String,
    },
    /// No request through a server can have it.
    #[error("`{plugin}`: {what}")]
    Impossible {
        /// The plugin.
        plugin: String,
        /// What it requires, and that it cannot be sent.
        what: String,
    },
    /// Nobody has said it.
    #[error("`{plugin}` requires the {} {}, and none is stored", noun(names.len()), names.join(" and "))]
    Unknown {
        /// The plugin.
        plugin: String,
        /// What it requires: its schemes and their places.
        names: Vec<String>,
        /// How one is stored.
        store: String,
        /// The variables of the environment that are for them.
        variables: Vec<String>,
    },
    /// The plugin does not accept what was sent.
    #[error("`{plugin}` refused its {} {}", noun(names.len()), names.join(" and "))]
    Refused {
        /// The plugin.
        plugin: String,
        /// The schemes, quoted.
        names: Vec<String>,
        /// What it answered.
        answer: String,
        /// What to look at first.
        check: String,
        /// Whether it may be the server that refused.
        may_be_session: bool,
    },
}

fn noun(count: usize) -> &'static str {
    if count == 1 { "credential" } else { "credentials" }
}

impl Explain for CredentialError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::UnusableVariable { .. } | Self::UnusableStored { .. } => exit::USAGE,
            Self::Impossible { .. } => exit::CANNOT_RUN,
            Self::Unknown { .. } | Self::Refused { .. } => exit::SIGN_IN,
        }
    }

    fn causes(&self) -> Vec<String> {
        match self {
            Self::Impossible { .. } => {
                vec!["the header `Authorization` carries your session's token".to_owned()]
            }
            Self::Refused { answer, .. } => vec![format!("the plugin {answer}")],
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::UnusableVariable { .. } => Vec::new(),
            Self::UnusableStored { store, .. } => vec![store.clone()],
            Self::Impossible { plugin, .. } => vec![
                format!(
                    "everestctl plugin api {plugin} METHOD PATH sends a request with your session's token alone"
                ),
                "ask the author of the plugin to accept that token, or an API key in a header of its own"
                    .to_owned(),
            ],
            Self::Unknown { store, variables, .. } => {
                vec![store.clone(), format!("set {} instead", variables.join(" and "))]
            }
            Self::Refused { check, may_be_session, .. } => {
                let session = may_be_session
                    .then(|| "is your session valid? `everestctl auth status` checks it".to_owned());
                [check.clone()].into_iter().chain(session).collect()
            }
        }
    }
}

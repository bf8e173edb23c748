//! What the user reads when the way to a plugin, or the plugin itself, says no. What the plugin says of it in its own words
//! is no part of the error: it is shown as the plugin's (`explain`).

use crate::client::{ClientError, NetworkError};
use crate::error::{ExitCode, Explain, exit};

/// The hint where a change may have been made.
pub(super) const MAY_HAVE_ARRIVED: &str = "it may have been carried out: check before you run it again";

/// What the user reads when the way to a plugin, or the plugin itself, says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PluginError {
    /// It takes longer than the user waits.
    #[error("`{plugin}`: {}", NetworkError::TimedOut)]
    TimedOut {
        /// The plugin.
        plugin: String,
    },
    /// Nobody knows whether a change was made.
    #[error("`{plugin}`: outcome unknown: {why}")]
    OutcomeUnknown {
        /// The plugin.
        plugin: String,
        /// What happened to the request.
        why: &'static str,
        /// That of what happened.
        exit_code: ExitCode,
        /// What the network says.
        cause: Option<String>,
    },
    /// The answer has begun, and not ended.
    #[error("`{plugin}`: incomplete response: stopped after {came} bytes")]
    BrokenOff {
        /// The plugin.
        plugin: String,
        /// So many bytes came.
        came: u64,
        /// What the network says, where the plugin says nothing.
        cause: Option<String>,
    },
    /// A request that the API server of a cluster cannot pass on.
    #[error("`{plugin}`: {error}")]
    NotThroughKubernetes {
        /// The plugin.
        plugin: String,
        /// What cannot be passed on.
        error: Box<ClientError>,
    },
    /// There is nobody to ask.
    #[error("`{0}` needs an OpenEverest server, and none is configured")]
    NoServer(String),
    /// An answer that is no success, or that is not followed.
    #[error("`{plugin}`: {error}")]
    Refused {
        /// The plugin.
        plugin: String,
        /// What it or its proxy answers.
        error: Box<ClientError>,
        /// What to do about it.
        hints: Vec<String>,
    },
}

impl Explain for PluginError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::TimedOut { .. } => exit::TIMED_OUT,
            Self::OutcomeUnknown { exit_code, .. } => *exit_code,
            Self::NotThroughKubernetes { .. } => exit::USAGE,
            Self::NoServer(_) => exit::SIGN_IN,
            Self::BrokenOff { .. } | Self::Refused { .. } => exit::FAILURE,
        }
    }

    fn causes(&self) -> Vec<String> {
        match self {
            Self::OutcomeUnknown { cause, .. } | Self::BrokenOff { cause, .. } => {
                cause.iter().cloned().collect()
            }
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::OutcomeUnknown { .. } => vec![MAY_HAVE_ARRIVED.to_owned()],
            Self::NotThroughKubernetes { error, .. } => error.hint().map(str::to_owned).into_iter().collect(),
            Self::NoServer(_) => vec!["everestctl auth login --server URL".to_owned()],
            Self::Refused { hints, .. } => hints.clone(),
            Self::TimedOut { .. } | Self::BrokenOff { .. } => Vec::new(),
        }
    }
}

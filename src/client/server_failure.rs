//! What the user reads when a server, or the session for it, says no: the cause, and how to sign in where that helps. The same of the
//! API server of a cluster, whose credentials are those of the kubeconfig.

use super::ClientError;
use crate::error::{ExitCode, Explain, Failure, exit};
use crate::model::{CleanText, quoted};

/// What the user reads when a server, or the session for it, says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum ServerFailure {
    /// The server cannot be asked, or refuses.
    #[error("{}", sentence(server, error))]
    Refused {
        /// Its address, as the user wrote it.
        server: String,
        /// Why.
        error: Box<ClientError>,
    },
    /// The API server of a cluster refuses, or there is none.
    #[error("{server}: {error}")]
    RefusedByCluster {
        /// Its address.
        server: CleanText,
        /// Why.
        error: Box<ClientError>,
    },
    /// Nobody is signed in, to this server if one is set up.
    #[error("you are not signed in")]
    NotSignedIn(Option<String>),
}

/// Some errors name the server themselves.
fn sentence(server: &str, error: &ClientError) -> String {
    match error {
        ClientError::BadAddress { .. } | ClientError::NotRenewed { .. } => error.to_string(),
        _ => format!("{}: {error}", CleanText::new(server)),
    }
}

impl Explain for ServerFailure {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Refused { error, .. } | Self::RefusedByCluster { error, .. } if !error.wants_sign_in() => {
                exit::FAILURE
            }
            Self::Refused { .. } | Self::RefusedByCluster { .. } | Self::NotSignedIn(_) => exit::SIGN_IN,
        }
    }

    fn hints(&self) -> Vec<String> {
        let sign_in = |server: String| vec![format!("everestctl auth login --server {server}")];
        match self {
            Self::Refused { server, error } if error.wants_sign_in() => sign_in(quoted(server)),
            Self::Refused { error, .. } | Self::RefusedByCluster { error, .. } => {
                error.hint().map(str::to_owned).into_iter().collect()
            }
            Self::NotSignedIn(server) => sign_in(server.as_deref().map_or_else(|| "URL".to_owned(), quoted)),
        }
    }
}

/// What the user reads when a server, or the session for it, says no.
pub fn of_server(server: &str, error: &ClientError) -> Failure {
    ServerFailure::Refused { server: server.to_owned(), error: Box::new(error.clone()) }.into()
}

/// The same of the API server of a cluster.
pub fn of_cluster(server: &str, error: &ClientError) -> Failure {
    ServerFailure::RefusedByCluster { server: CleanText::new(server), error: Box::new(error.clone()) }.into()
}

/// The user has to sign in first, to `server` if one is set up.
pub fn not_signed_in(server: Option<&str>) -> Failure {
    ServerFailure::NotSignedIn(server.map(str::to_owned)).into()
}

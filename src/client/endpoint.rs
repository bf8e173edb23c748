//! Where requests to plugins go, and as whom: an OpenEverest server with the user's session, or the API server of a
//! Kubernetes cluster with the credentials of a kubeconfig.
//!
//! It must not know which plugin is meant.

use super::api_client::ApiClient;
use super::kubernetes::{ClusterError, HelperError, KubeconfigAccess};
use super::{Address, ClientError, TokenSource, Transport};
use crate::model::CleanText;
use std::sync::Arc;
use std::time::Duration;

/// What a connection is made of. Nothing has been sent yet.
#[derive(Clone, Debug)]
pub enum Endpoint {
    /// An OpenEverest server.
    Server {
        /// Where it is.
        address: Address,
        /// The user's session.
        credentials: Arc<dyn TokenSource>,
        /// How it is reached.
        transport: Transport,
    },
    /// The API server of a cluster.
    Cluster {
        /// The kubeconfig.
        access: KubeconfigAccess,
        /// How long connecting may take.
        timeout: Duration,
    },
}

impl Endpoint {
    /// Whether it is the API server of a cluster.
    pub fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster { .. })
    }

    /// Prepares the connection. For a cluster, this may run a credential helper.
    pub async fn open(self) -> Result<ApiClient, ClientError> {
        match self {
            Self::Server { address, credentials, transport } => {
                ApiClient::new(address, credentials, &transport)
            }
            Self::Cluster { access, timeout } => {
                let client = access.connect_for_streams(timeout).await.map_err(no_cluster)?;
                Ok(ApiClient::for_cluster(client))
            }
        }
    }
}

fn no_cluster(error: ClusterError) -> ClientError {
    let (wants_sign_in, hint) = match &error {
        ClusterError::Client(_) => (false, None),
        ClusterError::Kubeconfig(_) => (false, Some("kubectl config view".to_owned())),
        ClusterError::Helper(HelperError::NotStarted { install: Some(hint), .. }) => {
            (true, Some(hint.to_string()))
        }
        ClusterError::Helper(_) => {
            (true, Some("`kubectl get plugins` lets the helper prompt you".to_owned()))
        }
    };
    match error {
        ClusterError::Client(error) => error,
        error => ClientError::NoCluster {
            why: CleanText::new(&error.to_string()),
            wants_sign_in,
            hint: hint.as_deref().and_then(CleanText::non_empty),
        },
    }
}

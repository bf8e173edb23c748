//! The service account of the Pod that this runs in, where there is no kubeconfig.
//!
//! Where its files are and which variables name the API server is said in Kubernetes' documentation, "Accessing the
//! Kubernetes API from a Pod". The token is rotated: it is read for each connection, as `tokenFile` of a kubeconfig is.

use super::KubeconfigAccess;
use super::entries::{Entries, KubeconfigCluster, KubeconfigContext, KubeconfigUser, Named};
use crate::sys::Environment;
use std::net::IpAddr;
use std::path::Path;

/// Where Kubernetes puts them into a Pod.
const FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// The name of the only context.
const NAME: &str = "in-cluster";

impl KubeconfigAccess {
    /// The cluster around this process; `None` outside of one.
    pub fn in_cluster(environment: &Environment) -> Option<Self> {
        Self::in_cluster_with(Path::new(FOLDER), environment)
    }

    /// Whether it is the cluster around this process, which no file names.
    pub fn is_in_cluster(&self) -> bool {
        self.files == [Path::new(FOLDER)]
    }

    fn in_cluster_with(folder: &Path, environment: &Environment) -> Option<Self> {
        let host = environment.text("KUBERNETES_SERVICE_HOST")?;
        let port: u16 = environment.text("KUBERNETES_SERVICE_PORT")?.parse().ok()?;
        let token = folder.join("token");
        if !token.exists() {
            return None;
        }
        let host = match host.parse() {
            Ok(IpAddr::V6(address)) => format!("[{address}]"),
            _ => host.to_owned(),
        };
        let cluster = KubeconfigCluster {
            server: Some(format!("https://{host}:{port}")),
            certificate_authority: Some(folder.join("ca.crt")),
            ..KubeconfigCluster::default()
        };
        let user = KubeconfigUser { token_file: Some(token), ..KubeconfigUser::default() };
        let context = KubeconfigContext { cluster: Some(NAME.to_owned()), user: Some(NAME.to_owned()) };
        let entries = Entries {
            current_context: Some(NAME.to_owned()),
            clusters: vec![named(cluster)],
            users: vec![named(user)],
            contexts: vec![named(context)],
        };
        let files = vec![folder.to_owned()];
        Some(Self::of(entries.of_file(folder), NAME.to_owned(), files, environment))
    }
}

fn named<T: Default>(value: T) -> Named<T> {
    Named { name: NAME.to_owned(), value, ..Named::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "it makes a file for the test")]
    fn a_pod_has_a_cluster_and_its_service_account() {
        let folder = tempfile::tempdir().unwrap();
        let environment = |host: &str, port: &str| {
            Environment::default().changed(
                [("KUBERNETES_SERVICE_HOST", host.into()), ("KUBERNETES_SERVICE_PORT", port.into())],
                &[],
            )
        };
        let found = |host: &str, port: &str| {
            let access = KubeconfigAccess::in_cluster_with(folder.path(), &environment(host, port))?;
            assert!(!access.needs_helper() && access.context() == "in-cluster");
            access.server().map(|server| server.to_string())
        };
        // No token, no Pod.
        assert_eq!(found("10.0.0.1", "443"), None);
        std::fs::write(folder.path().join("token"), "t\n").unwrap();
        assert_eq!(found("10.0.0.1", "443").as_deref(), Some("https://10.0.0.1:443"));
        assert_eq!(found("fd00::1", "6443").as_deref(), Some("https://[fd00::1]:6443"));
        assert_eq!((found("", "443"), found("10.0.0.1", "https")), (None, None));
    }
}

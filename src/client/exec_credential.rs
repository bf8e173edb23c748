//! The program of a kubeconfig that gets the credentials (client.authentication.k8s.io).
//!
//! kube runs it itself, but three times for one connection, with no end to its time, and with the terminal's
//! input in its hands. Here it runs once, reads nothing, and is ended when its time is up.

use crate::model::CleanText;
use crate::sys::{Environment, process};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use kube::config::{AuthInfo, ExecConfig};
use serde::Deserialize;
use serde_json::json;
use std::ffi::OsString;
use std::time::Duration;
use zeroize::Zeroizing;

/// Why there are no credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HelperError {
    /// The program was not found.
    #[error("could not be started: {0}")]
    NotStarted(CleanText),
    /// It said that it failed.
    #[error("failed ({0})")]
    Failed(CleanText),
    /// It was ended when its time was up.
    #[error("timed out")]
    TooSlow,
    /// It gave something else than credentials.
    #[error("returned no credentials")]
    NoCredentials,
}

#[derive(Deserialize)]
struct Credential {
    status: ExecCredentialStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecCredentialStatus {
    token: Option<Zeroizing<String>>,
    client_certificate_data: Option<String>,
    client_key_data: Option<Zeroizing<String>>,
}

/// Runs the helper that `config` describes, which blocks this thread, and gives `user` with what it gave.
pub(super) fn run(
    config: &ExecConfig,
    environment: &Environment,
    timeout: Duration,
    mut user: AuthInfo,
) -> Result<AuthInfo, HelperError> {
    let version = config.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1");
    let mut spec = json!({"interactive": false});
    if config.provide_cluster_info
        && let Some(cluster) = &config.cluster
    {
        spec["cluster"] = serde_json::to_value(cluster).unwrap_or_default();
    }
    let info = json!({"apiVersion": version, "kind": "ExecCredential", "spec": spec}).to_string();
    let named = config
        .env
        .iter()
        .flatten()
        .filter_map(|pair| Some((pair.get("name")?.as_str(), OsString::from(pair.get("value")?))));
    let environment =
        environment.changed([("KUBERNETES_EXEC_INFO", OsString::from(info))].into_iter().chain(named), &[]);
    let command = config.command.clone().unwrap_or_default();
    let arguments = config.args.clone().unwrap_or_default();
    let answer = process::answer_of(&command, &arguments, &environment, timeout);
    let output = match answer {
        Ok(output) => output,
        Err(process::NoOutput::NotStarted(error)) => {
            return Err(HelperError::NotStarted(CleanText::new(&format!("{command}: {error}"))));
        }
        Err(process::NoOutput::Failed(status)) => return Err(HelperError::Failed(CleanText::new(&status))),
        Err(process::NoOutput::TooSlow) => return Err(HelperError::TooSlow),
    };
    let output = Zeroizing::new(output);
    let Credential { status } = serde_json::from_slice(&output).map_err(|_| HelperError::NoCredentials)?;
    if status.token.is_none() && status.client_certificate_data.is_none() {
        return Err(HelperError::NoCredentials);
    }
    // The kubeconfig's own form of the same: base64 for what the helper gives as PEM.
    user.token = status.token.map(|token| token.as_str().to_owned().into());
    if let (Some(certificate), Some(key)) = (status.client_certificate_data, status.client_key_data) {
        user.client_certificate_data = Some(BASE64.encode(certificate));
        user.client_key_data = Some(BASE64.encode(key.as_bytes()).into());
    }
    Ok(user)
}

//! The program of a kubeconfig that gets the credentials (client.authentication.k8s.io).
//!
//! kube runs it itself, but three times for one connection, with no end to its time, and with the terminal's
//! input in its hands. Here it runs once, reads nothing, and is ended when its time is up.

use super::entries::Exec;
use crate::model::CleanText;
use crate::sys::{Environment, process};
use serde::Deserialize;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io;
use std::time::Duration;
use zeroize::Zeroizing;

/// Why there are no credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HelperError {
    /// The kubeconfig names none.
    #[error("has no command")]
    NoCommand,
    /// The program was not found.
    #[error("could not be started: {command}: {why}")]
    NotStarted {
        /// The program.
        command: CleanText,
        /// The reason.
        why: CleanText,
        /// What the kubeconfig says of installing it.
        install: Option<CleanText>,
    },
    /// It said that it failed.
    #[error("failed ({0})")]
    Failed(CleanText),
    /// It was ended when its time was up.
    #[error("timed out")]
    TooSlow,
    /// It gave something else than credentials.
    #[error("returned no credentials")]
    NoCredentials,
    /// It gave credentials of a version that was not asked for.
    #[error("returned credentials of version `{returned}`, not `{wanted}`")]
    AnotherVersion {
        /// What it gave.
        returned: CleanText,
        /// What the kubeconfig says.
        wanted: CleanText,
    },
    /// Its token cannot be sent.
    #[error("returned a token with characters that are not allowed in a header")]
    BadToken,
    /// Its certificate cannot be used.
    #[error("returned a client certificate that {0}")]
    BadCertificate(&'static str),
}

/// What it gave.
pub(super) struct Granted {
    pub(super) token: Option<Zeroizing<String>>,
    /// A certificate and its key, as PEM.
    pub(super) certificate: Option<(String, Zeroizing<String>)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    api_version: Option<String>,
    status: Option<ExecStatus>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecStatus {
    token: Option<Zeroizing<String>>,
    client_certificate_data: Option<String>,
    client_key_data: Option<Zeroizing<String>>,
}

/// The version that is asked for where the kubeconfig says none.
const USUAL_VERSION: &str = "client.authentication.k8s.io/v1";

/// Runs the helper that `exec` describes, which blocks this thread. `cluster` is what it is told of the cluster.
pub(super) fn run(
    exec: &Exec,
    cluster: Option<Value>,
    environment: &Environment,
    timeout: Duration,
) -> Result<Granted, HelperError> {
    let version = exec.api_version.as_deref().filter(|version| !version.is_empty()).unwrap_or(USUAL_VERSION);
    let mut spec = json!({"interactive": false});
    if let Some(cluster) = cluster {
        spec["cluster"] = cluster;
    }
    let info = json!({"apiVersion": version, "kind": "ExecCredential", "spec": spec}).to_string();
    let named = exec.env.iter().map(|variable| {
        let value = variable.value.as_ref().map(|value| value.as_str()).unwrap_or_default();
        (variable.name.as_str(), OsString::from(value))
    });
    let named = named.filter(|(name, _)| !name.is_empty());
    let environment =
        environment.changed([("KUBERNETES_EXEC_INFO", OsString::from(info))].into_iter().chain(named), &[]);
    let command = exec.command.as_deref().filter(|command| !command.is_empty());
    let command = command.ok_or(HelperError::NoCommand)?;
    let output = match process::answer_of(command, &exec.args, &environment, timeout) {
        Ok(output) => Zeroizing::new(output),
        Err(process::NoOutput::NotStarted(error)) => {
            let is_missing = error.kind() == io::ErrorKind::NotFound;
            let install = exec.install_hint.as_deref().filter(|_| is_missing);
            let why = if is_missing { "no such program".to_owned() } else { error.to_string() };
            return Err(HelperError::NotStarted {
                command: CleanText::new(command),
                why: CleanText::new(&why),
                install: install.and_then(|hint| CleanText::non_empty(hint.trim())),
            });
        }
        Err(process::NoOutput::Failed(status)) => return Err(HelperError::Failed(CleanText::new(&status))),
        Err(process::NoOutput::TooSlow) => return Err(HelperError::TooSlow),
    };
    granted(&output, version)
}

fn granted(output: &[u8], version: &str) -> Result<Granted, HelperError> {
    let credential: Credential = serde_json::from_slice(output).map_err(|_| HelperError::NoCredentials)?;
    if let Some(returned) = credential.api_version.filter(|returned| returned != version) {
        let (returned, wanted) = (CleanText::new(&returned), CleanText::new(version));
        return Err(HelperError::AnotherVersion { returned, wanted });
    }
    let ExecStatus { token, client_certificate_data, client_key_data } =
        credential.status.unwrap_or_default();
    let token = token.filter(|token| !token.trim().is_empty());
    let certificate = client_certificate_data.filter(|text| !text.is_empty());
    let key = client_key_data.filter(|text| !text.is_empty());
    if certificate.is_some() != key.is_some() {
        return Err(HelperError::BadCertificate("has no key, or a key that has no certificate"));
    }
    if token.is_none() && certificate.is_none() {
        return Err(HelperError::NoCredentials);
    }
    Ok(Granted { token, certificate: certificate.zip(key) })
}

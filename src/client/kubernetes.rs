//! A Kubernetes API server.

use super::exec_credential::{self, HelperError};
use super::{ClientError, NetworkError, address};
use crate::model::CleanText;
use crate::model::limits::{self, Excess};
use crate::sys::{Environment, files, process};
use crate::yaml::{self, YamlError};
use http_body_util::{BodyExt, Limited};
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde::Deserialize;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The largest kubeconfig that is read, in bytes.
const LARGEST_KUBECONFIG: u64 = 4 * 1024 * 1024;

/// Why a kubeconfig cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigError {
    /// A file cannot be read.
    #[error("could not read kubeconfig {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// A file is damaged. It holds secrets, so that nothing of it is quoted.
    #[error("kubeconfig {} is not valid: {error}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The file.
        error: YamlError,
    },
    /// It names things that it does not describe.
    #[error("kubeconfig {} is not usable: its current context, cluster, user and certificates do not match", .0.display())]
    Inconsistent(PathBuf),
}

/// What the user's kubeconfig files say together.
#[derive(Clone, Debug)]
pub struct KubeconfigAccess {
    kubeconfig: Kubeconfig,
    context: String,
    /// The files, for messages.
    files: Vec<PathBuf>,
    /// What a credential helper finds.
    environment: Environment,
}

/// The kubeconfig with the files that it names looked for beside it, as kubectl does.
fn with_whole_paths(mut kubeconfig: Kubeconfig, file: &Path) -> Kubeconfig {
    let folder = file.parent().unwrap_or(Path::new(""));
    let whole = |named: &mut Option<String>| {
        if let Some(path) = named.as_mut().filter(|path| !path.is_empty() && Path::new(path).is_relative()) {
            *path = folder.join(&*path).to_string_lossy().into_owned();
        }
    };
    for cluster in kubeconfig.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
        whole(&mut cluster.certificate_authority);
    }
    for user in kubeconfig.auth_infos.iter_mut().filter_map(|named| named.auth_info.as_mut()) {
        whole(&mut user.client_certificate);
        whole(&mut user.client_key);
        whole(&mut user.token_file);
    }
    kubeconfig
}

impl KubeconfigAccess {
    /// Reads and merges `files`, as kubectl does: what stands first wins, and files that are not there do
    /// not count, unless `must_exist`. `None` when there is nothing that names a cluster.
    /// A credential helper that they name will find `environment`.
    pub fn read(
        files: &[PathBuf],
        must_exist: bool,
        environment: &Environment,
    ) -> Result<Option<Self>, KubeconfigError> {
        let mut contents = Vec::new();
        for path in files {
            match files::read(path, LARGEST_KUBECONFIG) {
                Ok(content) => contents.push((path.clone(), zeroize::Zeroizing::new(content))),
                Err(error) if error.kind() == io::ErrorKind::NotFound && !must_exist => {}
                Err(error) => return Err(KubeconfigError::Unreadable { path: path.clone(), error }),
            }
        }
        Self::from_contents(contents, environment)
    }

    /// The same for files that have been read.
    pub fn from_contents(
        contents: Vec<(PathBuf, zeroize::Zeroizing<Vec<u8>>)>,
        environment: &Environment,
    ) -> Result<Option<Self>, KubeconfigError> {
        let mut merged: Option<Kubeconfig> = None;
        let mut files = Vec::new();
        for (path, content) in contents {
            // Read by our reader, whose errors quote nothing.
            let next: Option<Kubeconfig> = yaml::from_slice(&content)
                .map_err(|error| KubeconfigError::Damaged { path: path.clone(), error })?;
            let next = with_whole_paths(next.unwrap_or_default(), &path);
            let inconsistent = || KubeconfigError::Inconsistent(path.clone());
            merged = Some(match merged {
                Some(first) => first.merge(next).map_err(|_| inconsistent())?,
                None => next,
            });
            files.push(path);
        }
        let Some(kubeconfig) = merged else { return Ok(None) };
        let Some(context) = kubeconfig.current_context.clone().filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        Ok(Some(Self { kubeconfig, context, files, environment: environment.clone() }))
    }

    /// The name of the current context.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// Whether using it runs a program that gets the credentials.
    pub fn needs_helper(&self) -> bool {
        let user = self
            .kubeconfig
            .contexts
            .iter()
            .find(|context| context.name == self.context)
            .and_then(|context| context.context.as_ref()?.user.as_ref());
        let users = self.kubeconfig.auth_infos.iter().filter(|named| Some(&named.name) == user);
        users
            .filter_map(|named| named.auth_info.as_ref())
            .any(|user| user.exec.is_some() || user.auth_provider.is_some())
    }

    /// The address of the cluster's API server, for messages.
    pub fn server(&self) -> Option<CleanText> {
        let contexts = self.kubeconfig.contexts.iter();
        let context =
            contexts.filter(|named| named.name == self.context).find_map(|named| named.context.as_ref())?;
        let cluster = self.kubeconfig.clusters.iter().find(|named| named.name == context.cluster)?;
        CleanText::non_empty(cluster.cluster.as_ref()?.server.as_deref()?)
    }

    /// Prepares a connection, which may run a credential helper. `timeout` is for connecting and for each
    /// silence of the server.
    pub async fn connect(&self, timeout: Duration) -> Result<ClusterClient, ClusterError> {
        self.connect_with_silence(timeout, timeout).await
    }

    /// The same, where the server may be silent for `silence`, as when nothing happens during a watch.
    pub async fn connect_with_silence(
        &self,
        timeout: Duration,
        silence: Duration,
    ) -> Result<ClusterClient, ClusterError> {
        let inconsistent =
            || KubeconfigError::Inconsistent(self.files.first().map_or_else(PathBuf::new, Clone::clone));
        let mut config =
            kube::Config::from_custom_kubeconfig(self.kubeconfig.clone(), &KubeConfigOptions::default())
                .await
                .map_err(|_| ClusterError::Kubeconfig(inconsistent()))?;
        if let Some(helper) = config.auth_info.exec.take() {
            // A little less, so that the caller learns why.
            let timeout = timeout.mul_f32(0.9);
            let (environment, user) = (self.environment.clone(), std::mem::take(&mut config.auth_info));
            let credentials = move || exec_credential::run(&helper, &environment, timeout, user);
            // It waits for another process, which no asynchronous worker may do.
            let user = tokio::task::spawn_blocking(credentials).await;
            let user = user.map_err(|error| ClientError::no_network(&error))?;
            config.auth_info = user.map_err(ClusterError::Helper)?;
        }
        process::leave_no_core();
        config.connect_timeout = Some(timeout);
        config.read_timeout = Some(silence);
        config.write_timeout = Some(timeout);
        config.default_retry = false;
        if config.cluster_url.host().is_some_and(address::is_loopback) && !self.names_a_proxy() {
            config.proxy_url = None;
        }
        kube::Client::try_from(config).map(ClusterClient).map_err(|error| ClusterError::of(&error))
    }

    fn names_a_proxy(&self) -> bool {
        self.kubeconfig
            .clusters
            .iter()
            .filter_map(|named| named.cluster.as_ref())
            .any(|cluster| cluster.proxy_url.is_some())
    }
}

/// Why a cluster gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The kubeconfig.
    #[error(transparent)]
    Kubeconfig(#[from] KubeconfigError),
    /// The program that gets the credentials failed.
    #[error("credential helper of the kubeconfig {0}")]
    Helper(HelperError),
    /// Credentials of another kind cannot be had.
    #[error("the credentials in the kubeconfig are not usable")]
    Credentials,
    /// The connection or the answer.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl ClusterError {
    fn of(error: &kube::Error) -> Self {
        match error {
            kube::Error::Auth(_) => Self::Credentials,
            other => Self::Client(ClientError::Network(NetworkError::from_error(other))),
        }
    }
}

/// A connection to one Kubernetes API server.
#[derive(Clone)]
pub struct ClusterClient(kube::Client);

impl ClusterClient {
    /// kube's own client, for what a watch needs of it.
    pub fn into_inner(self) -> kube::Client {
        self.0
    }

    /// Asks for `path` and gives the body, at most 32 MiB.
    pub async fn get(&self, path: &str) -> Result<Vec<u8>, ClusterError> {
        let request = http::Request::get(path)
            .header(http::header::USER_AGENT, super::USER_AGENT)
            .header(http::header::ACCEPT, "application/json")
            .body(kube::client::Body::empty())
            .map_err(|error| ClientError::Network(NetworkError::Other(CleanText::new(&error.to_string()))))?;
        let response = self.0.send(request).await.map_err(|error| ClusterError::of(&error))?;
        let status = response.status();
        let limit = if status.is_success() { limits::RESOURCES } else { limits::REFUSAL };
        let mut limited = Limited::new(response.into_body(), limit);
        let mut body = Vec::new();
        while let Some(frame) = limited.frame().await {
            let frame = frame.map_err(|error| {
                if error.is::<http_body_util::LengthLimitError>() {
                    ClientError::Excess(Excess::Bytes(limit))
                } else {
                    ClientError::Network(NetworkError::from_error(error.as_ref()))
                }
            })?;
            body.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
        }
        if status.is_success() {
            limits::check(&body).map_err(ClientError::Excess)?;
            return Ok(body);
        }
        Err(ClientError::Status {
            status: status.as_u16(),
            message: status_message(&body),
            more: Box::default(),
        }
        .into())
    }
}

/// The `message` of a Kubernetes `Status`.
fn status_message(body: &[u8]) -> Option<CleanText> {
    #[derive(Deserialize)]
    struct Status {
        message: Option<String>,
    }
    serde_json::from_slice::<Status>(body).ok()?.message.as_deref().and_then(CleanText::non_empty)
}

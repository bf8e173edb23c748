//! Kubeconfig files, as kubectl reads them.
//!
//! * this page: which files there are, and what they say together;
//! * `entries`: what a file holds;
//! * `cluster`: where a cluster is, whom to trust and the way there;
//! * `user`: how a user proves who they are; `bearer`: a token as a header, and when it ends;
//! * `oidc`: ID tokens, which their issuer renews;
//! * `exec_credential`: the program that gets the credentials;
//! * `in_cluster`: what stands for a kubeconfig inside of a Pod.
//!
//! The reading is our own, since kube-client 5 differs from kubectl: `Kubeconfig::merge` lets an empty
//! `current-context` hide the next file's, `ConfigLoader::proxy_url` compares `NO_PROXY` with the proxy, `Auth` keeps the
//! line end of a token, a context without a cluster spoils the whole file, and errors quote what stands in it.

mod bearer;
mod cluster;
mod entries;
mod exec_credential;
mod in_cluster;
mod oidc;
mod user;

pub use exec_credential::HelperError;
pub(super) use user::Authorization;

use super::ClientError;
use super::cluster_connector::ClusterRoute;
use super::proxy::ProxySettings;
use crate::model::CleanText;
use crate::sys::{Environment, files};
use crate::yaml::{self, YamlError};
use entries::{AuthProvider, Entries, KubeconfigCluster, KubeconfigUser, Named};
use http::{HeaderName, HeaderValue};
use oidc::OidcSession;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use zeroize::Zeroizing;

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
        /// Where.
        error: YamlError,
    },
    /// It names something that it does not describe.
    #[error("kubeconfig {} has no {kind} `{name}`", path.display())]
    Missing {
        /// The file that would be expected to have it.
        path: PathBuf,
        /// `context`, `cluster` or `user`.
        kind: &'static str,
        /// Its name, as it may be shown.
        name: CleanText,
    },
    /// A value cannot be used. It may be a secret, so that it is not quoted.
    #[error("{field} of {owner} in kubeconfig {} {why}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// The cluster or the user.
        owner: CleanText,
        /// The field.
        field: &'static str,
        /// What is wrong with it, as the rest of a sentence.
        why: String,
    },
}

/// What the user's kubeconfig files say together.
#[derive(Clone)]
pub struct KubeconfigAccess {
    entries: Entries,
    context: String,
    files: Vec<PathBuf>,
    /// What a credential helper finds, and what names proxies.
    environment: Environment,
    /// The tokens that all connections of this run share.
    oidc: Arc<OnceLock<Arc<OidcSession>>>,
    /// Whether a token may be renewed.
    may_renew: bool,
}

/// Who the user is there.
#[derive(Clone)]
pub(super) struct Credentials {
    pub(super) authorization: Authorization,
    /// Whom they act as.
    pub(super) impersonation: Vec<(HeaderName, HeaderValue)>,
}

/// Why there is no way to a cluster.
pub(super) enum NoWay {
    Kubeconfig(KubeconfigError),
    Helper(HelperError),
    Client(ClientError),
}

impl From<KubeconfigError> for NoWay {
    fn from(error: KubeconfigError) -> Self {
        Self::Kubeconfig(error)
    }
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
                Ok(content) => contents.push((path.clone(), Zeroizing::new(content))),
                Err(error) if files::is_absent(&error) && !must_exist => {}
                Err(error) => return Err(KubeconfigError::Unreadable { path: path.clone(), error }),
            }
        }
        Self::from_contents(contents, environment)
    }

    /// The same for files that have been read.
    pub fn from_contents(
        contents: Vec<(PathBuf, Zeroizing<Vec<u8>>)>,
        environment: &Environment,
    ) -> Result<Option<Self>, KubeconfigError> {
        let mut entries = Entries::default();
        let mut files = Vec::new();
        for (path, content) in contents {
            let next: Option<Entries> = yaml::from_slice_as_go(&content)
                .map_err(|error| KubeconfigError::Damaged { path: path.clone(), error })?;
            entries.add(next.unwrap_or_default().of_file(&path));
            files.push(path);
        }
        let Some(context) = entries.current_context.clone().filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        Ok(Some(Self::of(entries, context, files, environment)))
    }

    fn of(entries: Entries, context: String, files: Vec<PathBuf>, environment: &Environment) -> Self {
        let environment = environment.clone();
        Self { entries, context, files, environment, oidc: Arc::default(), may_renew: true }
    }

    /// The same for a process that nobody waits for: it renews no token, which could be cut off.
    #[must_use]
    pub fn without_renewal(self) -> Self {
        Self { may_renew: false, ..self }
    }

    /// The name of the current context.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// Whether using it runs a program that gets the credentials.
    pub fn needs_helper(&self) -> bool {
        self.chosen().is_ok_and(|(_, user)| user.is_some_and(|user| user.value.needs_helper()))
    }

    /// Whether using it now has its issuer renew a token.
    pub fn needs_renewal(&self) -> bool {
        let user = self.chosen().ok().and_then(|(_, user)| user);
        let provider =
            user.filter(|user| !user.value.has_own()).and_then(|user| user.value.auth_provider.as_ref());
        provider.is_some_and(oidc::is_due)
    }

    /// The address of the cluster's API server, for messages.
    pub fn server(&self) -> Option<CleanText> {
        let (cluster, _) = self.chosen().ok()?;
        CleanText::non_empty(cluster.value.server.as_deref()?)
    }

    /// The cluster and the user of the current context. A user may be missing, as in kubectl: then nobody signs in.
    fn chosen(&self) -> Result<(&Named<KubeconfigCluster>, Option<&Named<KubeconfigUser>>), KubeconfigError> {
        let file = || self.files.first().cloned().unwrap_or_default();
        let missing = |path: PathBuf, kind, name: &str| KubeconfigError::Missing {
            path,
            kind,
            name: CleanText::new(name),
        };
        let context = self.entries.contexts.iter().find(|context| context.name == self.context);
        let context = context.ok_or_else(|| missing(file(), "context", &self.context))?;
        let name = context.value.cluster.as_deref().unwrap_or_default();
        let cluster = self.entries.clusters.iter().find(|cluster| cluster.name == name);
        let cluster = cluster.ok_or_else(|| missing(context.file.clone(), "cluster", name))?;
        let name = context.value.user.as_deref().unwrap_or_default();
        let user = self.entries.users.iter().find(|user| user.name == name);
        Ok((cluster, user))
    }

    /// The tokens of `user`, the same for each connection of this run.
    fn oidc_session(
        &self,
        user: &Named<KubeconfigUser>,
        provider: &AuthProvider,
        timeout: Duration,
    ) -> Result<Authorization, NoWay> {
        let session = if let Some(session) = self.oidc.get() {
            Arc::clone(session)
        } else {
            let session = oidc::session(user, provider, &self.environment, timeout)?;
            Arc::clone(self.oidc.get_or_init(|| session))
        };
        Ok(Authorization::Oidc { session, may_renew: self.may_renew })
    }

    /// Everything that a connection needs. This may run a credential helper, for at most `timeout`, or renew a token.
    pub(super) async fn way(&self, timeout: Duration) -> Result<(ClusterRoute, Credentials), NoWay> {
        let (cluster, user) = self.chosen()?;
        let nobody = Named::default();
        let user = user.unwrap_or(&nobody);
        let address = cluster::address(cluster, user.value.has_certificate())?;
        let server_name = cluster::server_name(cluster)?;
        let proxies = ProxySettings::from_environment(&self.environment);
        let proxy = cluster::proxy(cluster, &address, &proxies).map_err(NoWay::Client)?;
        let mut authorization = user::authorization(user)?;
        let mut certificate = user::certificate(user)?;
        if let Some(provider) = user.value.auth_provider.as_ref().filter(|_| authorization.is_none()) {
            authorization = self.oidc_session(user, provider, timeout)?;
            // What is wrong with it is known before anything else is asked.
            authorization.header().await.map_err(NoWay::Client)?;
        }
        if let Some(exec) = user.value.exec.as_ref().filter(|_| authorization.is_none()) {
            let info = exec.provides_cluster_info().then(|| cluster::description(cluster)).transpose()?;
            // A little less, so that the caller learns why.
            let (environment, timeout) = (self.environment.clone(), timeout.mul_f32(0.9));
            let exec = exec.clone();
            // It waits for another process, which no asynchronous worker may do.
            let ran =
                tokio::task::spawn_blocking(move || exec_credential::run(&exec, info, &environment, timeout));
            let ran = ran.await.map_err(|error| NoWay::Client(ClientError::no_network(&error)))?;
            let granted = ran.map_err(NoWay::Helper)?;
            if let Some(token) = granted.token {
                authorization = Authorization::bearer(&token).ok_or(NoWay::Helper(HelperError::BadToken))?;
            }
            if let Some((chain, key)) = granted.certificate {
                let pair = user::pair(chain.as_bytes(), key.as_bytes());
                certificate = Some(pair.map_err(|why| NoWay::Helper(HelperError::BadCertificate(why)))?);
            }
        }
        let impersonation = user::impersonation(user)?;
        let tls = cluster::tls(cluster, &address, certificate)?;
        Ok((ClusterRoute { address, proxy, tls, server_name }, Credentials { authorization, impersonation }))
    }
}

/// The names only: a kubeconfig holds secrets.
impl std::fmt::Debug for KubeconfigAccess {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("KubeconfigAccess")
            .field("context", &self.context)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

/// What a field holds: the file that it names, or the value itself in base64, which comes first.
fn content<T>(
    entry: &Named<T>,
    (data_field, data): (&'static str, Option<&str>),
    (file_field, file): (&'static str, Option<&Path>),
) -> Result<Option<Zeroizing<Vec<u8>>>, KubeconfigError> {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD as BASE64;
    if let Some(data) = data.filter(|data| !data.is_empty()) {
        // A YAML block has line ends, which Go leaves out, too.
        let text: Zeroizing<String> =
            data.chars().filter(|it| !it.is_ascii_whitespace()).collect::<String>().into();
        let decoded = BASE64.decode(text.as_bytes());
        return decoded
            .map(|bytes| Some(Zeroizing::new(bytes)))
            .map_err(|_| entry.fault(data_field, "is not base64"));
    }
    let Some(file) = file.filter(|file| !file.as_os_str().is_empty()) else { return Ok(None) };
    match files::read(file, LARGEST_KUBECONFIG) {
        Ok(content) => Ok(Some(Zeroizing::new(content))),
        Err(error) => {
            Err(entry.fault(file_field, &format!("names {}, which cannot be read: {error}", file.display())))
        }
    }
}

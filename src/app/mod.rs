//! What one run knows: its environment, folders and global options, and each file that says what the run is about
//! (config file, kubeconfig, index), read once and passed on. So one command never mixes two states of a file.
//!
//! * [`remote_identity`]: the sources and their indexes; [`catalog`]: the same as the resolver sees it;
//! * [`descriptors`]: what the plugins of a server offer; `user_overlay`: what the user says of them; `indexed_commands`: both as the index
//!   has them;
//! * [`run_context`], [`connection`]: what it passes on to the runner; [`plugin_credentials`]: what plugins need beside the session;
//! * [`refresh`]: asking the sources again, also in the background; [`package_updates`]: the same for installed packages;
//! * `run_error`, `descriptor_error`: why one of these cannot be had;
//!
//! It must not know what a command does, nor print.

pub mod catalog;
pub mod connection;
mod descriptor_error;
pub mod descriptors;
mod indexed_commands;
pub mod installed;
pub mod native_metadata;
pub mod package_updates;
pub mod plugin_credentials;
pub mod plugin_policy;
pub mod refresh;
pub mod remote_identity;
pub mod run_context;
mod run_error;
mod user_overlay;
mod variables;

use crate::client::kubernetes::KubeconfigAccess;
use crate::client::proxy::ProxySettings;
use crate::client::server_failure::of_server;
use crate::client::{Address, ClientError, Endpoint, FixedToken, Token, TokenSource, Transport, transport};
use crate::config::{ClientConfig, ConfigError, ConfigFile, ContextOverrides, Preferences, Target};
use crate::discovery::local::LocalFolders;
use crate::error::Failure;
use crate::index::{FreshnessPolicy, Store};
use crate::install::generations;
use crate::install::policy::PluginPolicy;
use crate::model::{CleanText, Source, Via, Warning};
use crate::runner::container::options::{ContainerOptions, PullPolicy};
use crate::session::Session;
use crate::sys::{Environment, Folders, folders};
use remote_identity::RemoteIdentity;
use run_error::RunError;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use zeroize::Zeroizing;

/// What the global flags say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `--context`, `--cluster`, `-n`.
    pub wishes: ContextOverrides,
    /// `-k`.
    pub kubeconfig: Option<PathBuf>,
    /// `-o`.
    pub output: Option<String>,
    /// `--json`, which wins over `-o`.
    pub json: bool,
    /// `--via`.
    pub via: Option<Via>,
    /// `--offline`.
    pub offline: bool,
    /// How often `-v`.
    pub verbose: u8,
    /// `-q`.
    pub quiet: bool,
    /// `--color`: `Some(true)` for always, `Some(false)` for never.
    pub color: Option<bool>,
    /// `--request-timeout`.
    pub request_timeout: Option<Duration>,
    /// What the flags of `plugin run` say of containers.
    pub container: ContainerOptions,
    /// `plugin run --in-process`.
    pub in_process: bool,
    /// `--no-plugins`.
    pub no_plugins: bool,
    /// `--ca-file`.
    pub ca_file: Option<PathBuf>,
    /// `--insecure-skip-tls-verify`.
    pub insecure: bool,
    /// `--allow-http`.
    pub allow_http: bool,
}

impl Options {
    /// The output that is asked for, in the words of `-o`.
    pub fn output(&self) -> Option<&str> {
        if self.json { Some("json") } else { self.output.as_deref() }
    }
}

/// What one run knows: environment, folders and global options.
#[derive(Clone, Debug, Default)]
pub struct App {
    /// The environment variables.
    pub environment: Environment,
    /// Where everestctl keeps its files.
    pub folders: Folders,
    /// The global options, with those that variables give.
    pub options: Options,
    /// Whether nobody waits for this process.
    is_in_background: bool,
    config_files: Arc<OnceLock<ConfigFiles>>,
    kubeconfig: Arc<OnceLock<ClusterAccess>>,
    index: Arc<OnceLock<Option<Store>>>,
    target: OnceLock<Result<(Target, Option<Warning>), Failure>>,
    remote: OnceLock<Result<Arc<RemoteIdentity>, Failure>>,
    plugin_policy: OnceLock<Result<Arc<PluginPolicy>, Failure>>,
}

/// What the config files say. A damaged file is as good as none, as long as nothing in it is named: it must not
/// stop what needs no server.
#[derive(Debug, Default)]
struct ConfigFiles {
    config: ClientConfig,
    preferences: Preferences,
    damage: Option<Failure>,
    damage_of_preferences: Option<Failure>,
}

/// The kubeconfig, and what is wrong with it.
type ClusterAccess = (Option<KubeconfigAccess>, Option<Warning>);

/// The longest duration that anything here takes.
const LONGEST: Duration = Duration::from_hours(24);
/// Time to live of the index.
const TIME_TO_LIVE: &str = "EVERESTCTL_INDEX_TTL";
/// How long an unknown command waits for a refresh.
const REFRESH_WAIT: &str = "EVERESTCTL_REFRESH_WAIT";

/// How long the sources may take when the user asks for them.
const BUDGET: Duration = Duration::from_secs(5);
/// Names the container runtime.
const CONTAINER_RUNTIME: &str = "EVERESTCTL_CONTAINER_RUNTIME";
/// How long to wait for the lock of the config file.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long an unknown command waits for a refresh.
const WAIT: Duration = Duration::from_secs(2);

impl App {
    /// Creates it from the environment and the options. Fails with exit code 2 if a variable has no valid duration.
    pub fn new(environment: Environment, options: Options) -> Result<Self, Failure> {
        let folders = Folders::new(&environment)?;
        for variable in [TIME_TO_LIVE, REFRESH_WAIT] {
            if let Some(text) = environment.text(variable)
                && duration(text).is_err()
            {
                return Err(RunError::InvalidDuration { variable, text: text.to_owned() }.into());
            }
        }
        let options = with_variables(options, &environment);
        Ok(Self { environment, folders, options, ..Self::default() })
    }

    /// The same run with other options, as flags after the name of a command give them. No file is read again,
    /// unless the options name another one.
    #[must_use]
    pub fn with_options(&self, options: Options) -> Self {
        let options = with_variables(options, &self.environment);
        let same_kubeconfig = options.kubeconfig == self.options.kubeconfig;
        let same_target = options.wishes == self.options.wishes;
        Self {
            environment: self.environment.clone(),
            folders: self.folders.clone(),
            is_in_background: self.is_in_background,
            config_files: Arc::clone(&self.config_files),
            kubeconfig: if same_kubeconfig { Arc::clone(&self.kubeconfig) } else { Arc::default() },
            index: Arc::clone(&self.index),
            target: if same_target { self.target.clone() } else { OnceLock::new() },
            remote: if same_target && same_kubeconfig { self.remote.clone() } else { OnceLock::new() },
            plugin_policy: self.plugin_policy.clone(),
            options,
        }
    }

    /// The same run in a process that nobody waits for: it neither asks nor renews what could be lost when it is cut off.
    #[must_use]
    pub fn in_background(self) -> Self {
        Self { is_in_background: true, kubeconfig: Arc::default(), remote: OnceLock::new(), ..self }
    }

    /// The same run in another context.
    #[must_use]
    pub fn in_context(&self, context: &str) -> Self {
        let mut options = self.options.clone();
        options.wishes.context = Some(context.to_owned());
        self.with_options(options)
    }

    /// The folders of local plugins.
    pub fn local_folders(&self) -> LocalFolders {
        LocalFolders {
            plugins: self.folders.plugins.clone(),
            installed: self.folders.data.as_ref().map(|data| data.join(generations::CURRENT)),
            path: folders::of_path(self.environment.os("PATH")),
        }
    }

    fn config_files(&self) -> &ConfigFiles {
        self.config_files.get_or_init(|| {
            let file = self.config_file();
            let (config, damage) = or_default(file.as_ref().map(ConfigFile::read));
            let own = file.map(|file| Preferences::read(file.own_beside().path()));
            let (preferences, damage_of_preferences) = or_default(own);
            ConfigFiles { config, preferences, damage, damage_of_preferences }
        })
    }

    /// What the config file said when this run first looked; empty where it cannot be read.
    pub fn config(&self) -> &ClientConfig {
        &self.config_files().config
    }

    /// What `everestctl.yaml` said when this run first looked.
    pub fn preferences(&self) -> Result<&Preferences, Failure> {
        let files = self.config_files();
        match &files.damage_of_preferences {
            Some(failure) => Err(failure.clone()),
            None => Ok(&files.preferences),
        }
    }

    /// How containers are run: as the flags say, then the environment, then `everestctl.yaml`.
    pub fn container_options(&self) -> Result<ContainerOptions, Failure> {
        let kept = self.preferences()?.containers().clone();
        let usual = ContainerOptions {
            runtime: self.environment.text(CONTAINER_RUNTIME).map(str::to_owned).or(kept.runtime),
            arguments: kept.arguments,
            mirrors: kept.mirrors.into_iter().collect(),
            ..ContainerOptions::default()
        };
        let mut options = self.options.container.clone().or(usual);
        if self.options.offline {
            if options.pull == PullPolicy::Always {
                return Err(RunError::PullOffline.into());
            }
            options.pull = PullPolicy::Never;
        }
        Ok(options)
    }

    /// What this run is about, and what is wrong with the config file.
    pub fn target(&self) -> Result<(Target, Option<Warning>), Failure> {
        let wishes = &self.options.wishes;
        if let Some(namespace) = wishes.namespace.as_ref().filter(|_| wishes.all_namespaces) {
            return Err(RunError::NamespaceAndAll { namespace: namespace.clone() }.into());
        }
        let target = self.target.get_or_init(|| {
            let ConfigFiles { config, preferences, damage, damage_of_preferences } = self.config_files();
            let damage = damage.as_ref().or(damage_of_preferences.as_ref()).cloned();
            match Target::choose(&self.options.wishes, &self.environment, config, preferences) {
                Ok(target) => Ok((target, damage.map(problem))),
                Err(error) => Err(damage.unwrap_or_else(|| error.into())),
            }
        });
        target.clone()
    }

    /// The identity of the remote sources of this run. Makes no request.
    pub fn remote(&self) -> Result<Arc<RemoteIdentity>, Failure> {
        self.remote.get_or_init(|| RemoteIdentity::from_app(self).map(Arc::new)).clone()
    }

    /// The policy of this machine.
    pub fn plugin_policy(&self) -> Result<Arc<PluginPolicy>, Failure> {
        let read = || plugin_policy::read(self).map(Arc::new).map_err(Failure::from);
        self.plugin_policy.get_or_init(read).clone()
    }

    /// The kubeconfig of this run, and what is wrong with it.
    fn kubeconfig(&self) -> &ClusterAccess {
        self.kubeconfig.get_or_init(|| {
            let must_exist = self.options.kubeconfig.is_some();
            match KubeconfigAccess::read(&self.kubeconfig_files(), must_exist, &self.environment) {
                // As kubectl: a Pod's own cluster, where no file names one.
                Ok(None) if !must_exist => (KubeconfigAccess::in_cluster(&self.environment), None),
                Ok(access) if self.is_in_background => (access.map(KubeconfigAccess::without_renewal), None),
                Ok(access) => (access, None),
                Err(error) => {
                    let hint = "run `kubectl config view` to inspect it";
                    (None, Some(Warning::new(Source::Cluster, error.to_string()).hint(hint)))
                }
            }
        })
    }

    /// Through whom plugins are reached on this run: as the user says, else through the OpenEverest server, and through the
    /// Kubernetes cluster where that is all there is.
    pub fn via(&self) -> Via {
        let has_server = || self.target().is_ok_and(|(target, _)| target.server.is_some());
        match self.options.via {
            Some(via) => via,
            None if !has_server() && self.kubeconfig().0.is_some() => Via::Kubernetes,
            None => Via::Server,
        }
    }

    /// The address of the API server of this run's Kubernetes cluster.
    pub fn kubernetes_server(&self) -> Option<CleanText> {
        self.kubeconfig().0.as_ref().and_then(KubeconfigAccess::server)
    }

    /// Where requests to plugins go, and as whom. Asks nobody.
    pub fn endpoint(&self, target: &Target, via: Via) -> Result<Endpoint, ClientError> {
        if via == Via::Kubernetes {
            let (access, problem) = self.kubeconfig();
            let no_cluster = || {
                let why = problem.as_ref().map_or("no cluster in any kubeconfig", |why| &why.message);
                let hint = Some(CleanText::new("pass `-k FILE` or set KUBECONFIG"));
                ClientError::NoCluster { why: CleanText::new(why), wants_sign_in: false, hint }
            };
            let timeout = self.connect_timeout();
            let access = access.clone().ok_or_else(no_cluster)?;
            return Ok(Endpoint::Cluster { access, timeout });
        }
        let Some(server) = &target.server else { return Err(ClientError::NoServer) };
        let transport = self.transport(target);
        let address = Address::new(server, transport.allow_http)?;
        let credentials = self.credentials(target)?.ok_or(ClientError::NoSession)?;
        Ok(Endpoint::Server { address, credentials, transport })
    }

    /// How long connecting may take.
    fn connect_timeout(&self) -> Duration {
        self.options.request_timeout.unwrap_or(transport::CONNECT)
    }

    /// The config file; `None` where the system names no home.
    pub fn config_file(&self) -> Option<ConfigFile> {
        let path = self.folders.config_file.clone()?;
        Some(ConfigFile::shared(path, self.folders.owns_config_folder))
    }

    /// The way to the server of `target`.
    pub fn transport(&self, target: &Target) -> Transport {
        Transport {
            ca_file: self.options.ca_file.clone().or_else(|| target.ca_file.clone()),
            insecure: self.options.insecure,
            allow_http: self.options.allow_http || target.allow_http,
            connect: self.options.request_timeout,
            proxies: ProxySettings::from_environment(&self.environment),
        }
    }

    /// The way to every other server: what the config file says of one server is not said of the others.
    pub fn transport_elsewhere(&self) -> Transport {
        Transport {
            ca_file: self.options.ca_file.clone(),
            insecure: self.options.insecure,
            allow_http: self.options.allow_http,
            connect: self.options.request_timeout,
            proxies: ProxySettings::from_environment(&self.environment),
        }
    }

    /// The credentials for the server of `target`; `None` when not signed in. Makes no request.
    pub fn credentials(&self, target: &Target) -> Result<Option<Arc<dyn TokenSource>>, ClientError> {
        let (Some(server), Some(token)) = (&target.server, &target.token) else { return Ok(None) };
        let transport = self.transport(target);
        let address = Address::new(server, transport.allow_http)?;
        let (Some(context), Some(file), false) =
            (&target.context, self.config_file(), target.has_token_of_environment())
        else {
            return Token::new(token.clone(), address).map(|token| Some(FixedToken::from_token(token)));
        };
        let session = Session::new(file, context.clone(), address, transport, self.patience());
        Ok(Some(Arc::new(session.known_from(self.config()))))
    }

    /// How long to wait for the lock of the config file: its holder may be renewing a session over a slow network.
    pub fn patience(&self) -> Duration {
        self.options.request_timeout.unwrap_or(PATIENCE)
    }

    /// The kubeconfig files.
    pub fn kubeconfig_files(&self) -> Vec<PathBuf> {
        match &self.options.kubeconfig {
            Some(path) => vec![path.clone()],
            None => folders::kubeconfig_files(&self.environment),
        }
    }

    /// The store of the indexes; `None` where the system names no cache folder.
    pub fn store(&self) -> Option<Store> {
        self.index.get_or_init(|| self.folders.cache.as_deref().map(Store::new)).clone()
    }

    /// Time to live of the index: `EVERESTCTL_INDEX_TTL` changes it.
    pub fn policy(&self) -> FreshnessPolicy {
        let time_to_live = self.duration(TIME_TO_LIVE);
        FreshnessPolicy {
            time_to_live: time_to_live.unwrap_or(FreshnessPolicy::default().time_to_live),
            ..FreshnessPolicy::default()
        }
    }

    /// How long the sources may take when the user asks for them.
    pub fn budget(&self) -> Duration {
        self.options.request_timeout.unwrap_or(BUDGET)
    }

    /// How long an unknown command waits for a refresh: `EVERESTCTL_REFRESH_WAIT` changes it.
    pub fn wait(&self) -> Duration {
        let wait = self.duration(REFRESH_WAIT).unwrap_or(WAIT);
        self.options.request_timeout.map_or(wait, |timeout| timeout.min(wait))
    }

    /// Whether this is CI: no prompt, no notice, nothing in the background.
    pub fn is_ci(&self) -> bool {
        self.environment.is_ci()
    }

    fn duration(&self, variable: &str) -> Option<Duration> {
        duration(self.environment.text(variable)?).ok()
    }
}

/// A valid token for the server of `target`; `None` when not signed in. Offline it is what
/// is known.
pub fn token_of(app: &App, target: &Target) -> Result<Option<Zeroizing<String>>, Failure> {
    token_lasting(app, target, Duration::ZERO)
}

/// The same, for `at_least` where it can be renewed.
fn token_lasting(
    app: &App,
    target: &Target,
    at_least: Duration,
) -> Result<Option<Zeroizing<String>>, Failure> {
    if app.options.offline {
        return Ok(target.token.clone());
    }
    let server = target.server.clone().unwrap_or_default();
    let credentials = app.credentials(target).map_err(|error| of_server(&server, &error))?;
    let Some(credentials) = credentials else { return Ok(None) };
    match credentials.token_lasting(at_least) {
        Ok(token) => Ok(Some(token.reveal())),
        Err(error) => Err(of_server(&server, &error)),
    }
}

fn with_variables(mut options: Options, environment: &Environment) -> Options {
    options.offline |= environment.switch("EVERESTCTL_OFFLINE");
    options.no_plugins |=
        environment.switch("EVERESTCTL_NO_PLUGINS") || environment.switch("EVERESTCTL_NO_EXTENSIONS");
    options
}

/// What was read, or what nothing says and why it could not be read.
fn or_default<T: Default>(read: Option<Result<T, ConfigError>>) -> (T, Option<Failure>) {
    match read {
        Some(Ok(found)) => (found, None),
        None => (T::default(), None),
        Some(Err(error)) => (T::default(), Some(error.into())),
    }
}

fn problem(Failure { message, causes, .. }: Failure) -> Warning {
    Warning::general([vec![message], causes].concat().join(": "))
}

/// A duration such as `30s` or `1m 30s`, at most a day; a bare number is seconds and 0 means no limit, as in
/// kubectl.
pub fn duration(text: &str) -> Result<Duration, humantime::DurationError> {
    match text
        .parse()
        .map_or_else(|_| humantime::parse_duration(text), |seconds| Ok(Duration::from_secs(seconds)))?
    {
        Duration::ZERO => Ok(LONGEST),
        duration => Ok(duration.min(LONGEST)),
    }
}

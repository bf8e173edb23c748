//! The environment, the folders and the global options of one run.

use crate::client::{Address, ClientError, Credentials, Fixed, Token, Transport};
use crate::config::{ConfigError, ConfigFile, Preferences, Target, Wishes};
use crate::discovery::local::LocalFolders;
use crate::error::{Failure, exit};
use crate::index::{Policy, Store};
use crate::model::{Problem, quoted};
use crate::session::Session;
use crate::sys::{Environment, Folders, folders};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What the global flags say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `--context`, `--cluster`, `-n`.
    pub wishes: Wishes,
    /// `-k`.
    pub kubeconfig: Option<PathBuf>,
    /// `-o`.
    pub output: Option<String>,
    /// `--json`, which wins over `-o`.
    pub json: bool,
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

/// Everything that one run starts from.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The environment variables.
    pub environment: Environment,
    /// Where everestctl keeps its files.
    pub folders: Folders,
    /// The global options, with those that variables give.
    pub options: Options,
}

/// The longest span of time that anything here takes.
const LONGEST: Duration = Duration::from_hours(24);
/// How long what is known holds.
const TIME_TO_LIVE: &str = "EVERESTCTL_INDEX_TTL";
/// How long an unknown command waits.
const REFRESH_WAIT: &str = "EVERESTCTL_REFRESH_WAIT";

/// How long the sources may take when the user asks for them.
const BUDGET: Duration = Duration::from_secs(5);
/// How long another process may keep the config file.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long an unknown command waits for a refresh.
const WAIT: Duration = Duration::from_secs(2);

impl World {
    /// The world of this environment and these options.
    pub fn new(environment: Environment, mut options: Options) -> Result<Self, Failure> {
        let folders = Folders::new(&environment)?;
        for variable in [TIME_TO_LIVE, REFRESH_WAIT] {
            if let Some(text) = environment.text(variable)
                && duration(text).is_err()
            {
                let text = quoted(text);
                return Err(Failure::new(
                    exit::USAGE,
                    format!("{variable} must be a span of time, not {text}"),
                )
                .hint(format!("export {variable}=30s")));
            }
        }
        options.offline |= environment.switch("EVERESTCTL_OFFLINE");
        options.no_plugins |=
            environment.switch("EVERESTCTL_NO_PLUGINS") || environment.switch("EVERESTCTL_NO_EXTENSIONS");
        Ok(Self { environment, folders, options })
    }

    /// The folders of local plugins.
    pub fn local_folders(&self) -> LocalFolders {
        LocalFolders {
            plugins: self.folders.plugins.clone(),
            path: folders::of_path(self.environment.os("PATH")),
        }
    }

    /// What this run is about, and what is wrong with the config file. A damaged file is as good as none,
    /// as long as nobody names a context in it: it must not stop what needs no server.
    pub fn target(&self) -> Result<(Target, Option<Problem>), Failure> {
        let file = self.config_file();
        let (config, damage) = or_default(file.as_ref().map(ConfigFile::read));
        let own = file.map(|file| Preferences::read(file.own_beside().path()));
        let (preferences, own_damage) = or_default(own);
        let damage = damage.or(own_damage);
        match Target::choose(&self.options.wishes, &self.environment, &config, &preferences) {
            Ok(target) => Ok((target, damage.map(problem))),
            Err(error) => Err(damage.unwrap_or_else(|| error.into())),
        }
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
        }
    }

    /// Who the user is to the server of `target`; `None` when nobody is signed in. Asks nobody.
    pub fn credentials(&self, target: &Target) -> Result<Option<Arc<dyn Credentials>>, ClientError> {
        let (Some(server), Some(token)) = (&target.server, &target.token) else { return Ok(None) };
        let transport = self.transport(target);
        let address = Address::new(server, transport.allow_http)?;
        let (Some(context), Some(file), false) =
            (&target.context, self.config_file(), target.has_token_of_environment())
        else {
            return Token::new(token.clone(), address).map(|token| Some(Fixed::of(token)));
        };
        Ok(Some(Arc::new(Session {
            file,
            context: context.clone(),
            address,
            transport,
            patience: self.patience(),
        })))
    }

    /// How long another process may keep the config file: it may be renewing a session over a slow network.
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
        self.folders.cache.as_deref().map(Store::new)
    }

    /// How long what is known holds: `EVERESTCTL_INDEX_TTL` changes it.
    pub fn policy(&self) -> Policy {
        let time_to_live = self.duration(TIME_TO_LIVE);
        Policy { time_to_live: time_to_live.unwrap_or(Policy::default().time_to_live), ..Policy::default() }
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

    /// Whether nobody watches: no prompt, no notice, nothing behind anybody's back.
    pub fn is_ci(&self) -> bool {
        self.environment.switch("CI")
    }

    fn duration(&self, variable: &str) -> Option<Duration> {
        duration(self.environment.text(variable)?).ok()
    }
}

/// What was read, or what nothing says and why it could not be read.
fn or_default<T: Default>(read: Option<Result<T, ConfigError>>) -> (T, Option<Failure>) {
    match read {
        Some(Ok(found)) => (found, None),
        None => (T::default(), None),
        Some(Err(error)) => (T::default(), Some(error.into())),
    }
}

fn problem(Failure { message, causes, .. }: Failure) -> Problem {
    Problem::general([vec![message], causes].concat().join(": "))
}

/// A span of time as in `30s` or `1m 30s`, at most a day; a bare number is seconds and 0 is no limit, as in
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

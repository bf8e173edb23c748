//! The environment, the folders and the global options of one run.

use crate::config::{ClientConfig, Target, Wishes};
use crate::discovery::local::LocalFolders;
use crate::error::{Failure, exit};
use crate::index::{Policy, Store};
use crate::model::{Problem, quoted};
use crate::sys::{Environment, Folders, folders};
use std::path::PathBuf;
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
        let (config, damage) = match self.folders.config_file.as_deref().map(ClientConfig::read) {
            Some(Ok(config)) => (config, None),
            None => (ClientConfig::default(), None),
            Some(Err(error)) => (ClientConfig::default(), Some(Failure::from(error))),
        };
        match Target::choose(&self.options.wishes, &self.environment, &config) {
            Ok(target) => Ok((target, damage.map(problem))),
            Err(error) => Err(damage.unwrap_or_else(|| error.into())),
        }
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

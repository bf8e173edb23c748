//! The backends that the host starts itself, one process group for each plugin.
//!
//! * [`Backends`]: which of them should run;
//! * `child`: starting one, waiting until it is ready, starting it again when it ends; `build`: what it is built with before;
//! * `supervised`: a process that ends with the host; [`changed`]: which plugins are other than before;
//! * `output`: what it prints; [`sources`]: the files that it is made of;
//! * [`listen`]: how it gets its socket; `proof`: that a port is its own; `way`: the connections to it;
//! * [`environment`]: what it finds of the user's environment;
//! * [`supervise`]: the processes between, which end a backend when the host has gone, however it went.

mod build;
pub mod changed;
mod child;
pub mod environment;
pub mod listen;
mod output;
mod proof;
pub mod sources;
pub mod supervise;
mod supervised;
mod way;

pub use listen::Listen;
pub use way::BackendRoute;

use super::Log;
use changed::ChangedPlugins;
use child::{BackendProcess, BackendWishes};
use everestctl::sys::Environment;
use sources::SourceFiles;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use supervised::Supervisor;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long to wait for backends that are neither ready nor exit.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a request waits for a backend that is just being started.
const STARTING: Duration = Duration::from_secs(5);

/// A command to keep running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Program and arguments of what builds it, before it starts and after each change.
    pub build: Option<Vec<String>>,
    /// Program and arguments; empty for a local plugin, which is only built.
    pub command: Vec<String>,
    /// Where it runs.
    pub folder: PathBuf,
    /// The path that answers when it is ready.
    pub readiness: String,
    /// How it gets its socket.
    pub listen: Listen,
    /// Further variables.
    pub environment: BTreeMap<String, String>,
    /// The variables of the user that it asks for.
    pub inherit: Vec<String>,
    /// What starts it again, where that is named.
    pub watch: Option<Vec<PathBuf>>,
    /// The files that it is made of.
    pub sources: SourceFiles,
}

/// How a backend is.
#[derive(Clone, Debug)]
pub enum BackendState {
    /// It is being built, and has not been started yet.
    Building,
    /// It was started, and has neither answered nor ended yet.
    Starting,
    /// It answers.
    Ready(Arc<BackendRoute>),
    /// It was built, and has nothing to start: a local plugin.
    Built,
    /// It has ended, for this reason.
    Down(Arc<str>),
}

impl BackendState {
    const fn is_settled(&self) -> bool {
        !matches!(self, Self::Building | Self::Starting)
    }
}

impl Launch {
    /// Whether it is the same but for its files.
    fn is_of_the_same_kind(&self, other: &Self) -> bool {
        let without_files = |launch: &Self| Self { sources: SourceFiles::default(), ..launch.clone() };
        without_files(self) == without_files(other)
    }

    /// What differs from `before`, in words.
    fn difference(&self, before: &Self) -> String {
        let file = self.sources.changed(&before.sources, &self.folder);
        let file = file.filter(|_| self.is_of_the_same_kind(before));
        format!("{} changed", file.as_deref().unwrap_or("host.yaml"))
    }
}

/// The commands that run, by plugin.
pub struct Backends {
    running: Mutex<BTreeMap<(String, String), RunningBackend>>,
    changed: Arc<ChangedPlugins>,
    supervisor: Supervisor,
    environment: Environment,
    sockets: PathBuf,
    api: SocketAddr,
    log: Log,
}

struct RunningBackend {
    launch: Launch,
    state: watch::Receiver<BackendState>,
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
    build: watch::Sender<()>,
}

impl Backends {
    /// None run yet. The host itself listens at `api`.
    pub fn new(api: SocketAddr, resources: &super::HostResources, log: Log) -> Self {
        Self {
            running: Mutex::default(),
            changed: Arc::default(),
            supervisor: Supervisor::new(resources.supervisor.clone()),
            environment: resources.environment.clone(),
            sockets: resources.sockets.clone(),
            api,
            log,
        }
    }

    /// Keeps exactly `launches` running for `origin`: what is new starts, what has changed is built and starts again, the
    /// rest stops.
    pub fn keep(&self, origin: &str, launches: BTreeMap<String, Launch>) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let mut replaced = BTreeSet::new();
        running.retain(|(of, name), kept| {
            if of != origin {
                return true;
            }
            match launches.get(name) {
                Some(next) if *next == kept.launch => return true,
                Some(next) if next.build.is_some() && next.is_of_the_same_kind(&kept.launch) => {
                    self.log.event(&format!("{name}: {}, building it again", next.difference(&kept.launch)));
                    kept.launch = next.clone();
                    kept.build.send_replace(());
                    return true;
                }
                Some(next) => {
                    self.log.event(&format!("{name}: {}, starting it again", next.difference(&kept.launch)));
                    replaced.insert(name.clone());
                }
                None => {}
            }
            kept.stop.send_replace(true);
            false
        });
        for (name, launch) in launches {
            let has_changed = replaced.contains(&name);
            running
                .entry((origin.to_owned(), name.clone()))
                .or_insert_with(|| self.start(name, launch, has_changed));
        }
    }

    /// Which plugins have changed.
    pub const fn changed(&self) -> &Arc<ChangedPlugins> {
        &self.changed
    }

    /// The way to the backend of `plugin`, or why there is none. Waits a moment for one that is being started.
    pub async fn way(&self, plugin: &str) -> Result<Arc<BackendRoute>, String> {
        let found = {
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running
                .iter()
                .rev()
                .find(|((_, name), _)| name == plugin)
                .map(|(_, kept)| (kept.state.clone(), kept.launch.readiness.clone()))
        };
        let Some((mut state, readiness)) = found else { return Err("it was not started".to_owned()) };
        let settled = state.wait_for(BackendState::is_settled);
        match tokio::time::timeout(STARTING, settled).await.map(|state| state.map(|state| state.clone())) {
            Ok(Ok(BackendState::Ready(way))) => Ok(way),
            Ok(Ok(BackendState::Built)) => Err("it has no command".to_owned()),
            Ok(Ok(BackendState::Down(why))) => Err(why.to_string()),
            Ok(Ok(BackendState::Building | BackendState::Starting) | Err(_)) => {
                Err("it was stopped".to_owned())
            }
            Err(_) if matches!(*state.borrow(), BackendState::Building) => {
                Err("it is being built".to_owned())
            }
            Err(_) => Err(format!("it is starting, and does not answer GET {readiness} yet")),
        }
    }

    /// Whether the backend of `plugin` was started and has ended.
    pub fn is_down(&self, plugin: &str) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let found = running.iter().rev().find(|((_, name), _)| name == plugin);
        found.is_some_and(|(_, kept)| matches!(*kept.state.borrow(), BackendState::Down(_)))
    }

    /// Waits until each of them has answered or ended for the first time, but not for ever.
    pub async fn settled(&self) {
        let mut waiting: Vec<_> = {
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            let of = |((_, name), kept): (&(String, String), &RunningBackend)| {
                (name.clone(), kept.launch.readiness.clone(), kept.state.clone())
            };
            running.iter().map(of).collect()
        };
        for (_, _, state) in &mut waiting {
            // A build takes as long as it takes; whoever waits sees its output.
            let _ = state.wait_for(|state| !matches!(state, BackendState::Building)).await;
        }
        let end = tokio::time::Instant::now() + PATIENCE;
        for (name, readiness, mut state) in waiting {
            let settled = state.wait_for(BackendState::is_settled);
            if tokio::time::timeout_at(end, settled).await.is_err() {
                let seconds = PATIENCE.as_secs();
                self.log
                    .trouble(&format!("{name}: not ready after {seconds} s: no answer to GET {readiness}"));
            }
        }
    }

    /// Stops all of them and waits until they have ended.
    pub async fn stop(&self) {
        let running = std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        for kept in running.values() {
            kept.stop.send_replace(true);
        }
        for kept in running.into_values() {
            let _ = kept.task.await;
        }
    }

    fn start(&self, name: String, launch: Launch, has_changed: bool) -> RunningBackend {
        let first = if launch.build.is_some() { BackendState::Building } else { BackendState::Starting };
        let (tell, state) = watch::channel(first);
        let (stop, stopped) = watch::channel(false);
        let (build, to_build) = watch::channel(());
        let backend = BackendProcess {
            name,
            launch: launch.clone(),
            supervisor: self.supervisor.clone(),
            environment: self.environment.clone(),
            sockets: self.sockets.clone(),
            api: self.api,
            log: self.log.clone(),
            changed: Arc::clone(&self.changed),
            has_changed,
        };
        let wishes = BackendWishes { stop: stopped, build: to_build };
        RunningBackend { launch, state, task: tokio::spawn(backend.run(tell, wishes)), stop, build }
    }
}

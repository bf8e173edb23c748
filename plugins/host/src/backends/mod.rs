//! The backends that the host starts itself, one process group for each plugin.
//!
//! * [`Backends`]: which of them should run;
//! * `child`: starting one, waiting until it is ready, starting it again when it ends;
//! * `output`: what it prints; [`sources`]: the files that it is made of;
//! * [`listen`]: how it gets its socket; `proof`: that a port is its own; `way`: the connections to it;
//! * [`environment`]: what it finds of the user's environment;
//! * [`supervise`]: the processes between, which end a backend when the host has gone, however it went.

mod child;
pub mod environment;
pub mod listen;
mod output;
mod proof;
pub mod sources;
pub mod supervise;
mod way;

pub use listen::Listen;
pub use way::BackendRoute;

use super::Log;
use everestctl::sys::Environment;
use sources::SourceFiles;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long to wait for backends that are neither ready nor exit.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a request waits for a backend that is just being started.
const STARTING: Duration = Duration::from_secs(5);

/// A command to keep running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Program and arguments.
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
    /// It was started, and has neither answered nor ended yet.
    Starting,
    /// It answers.
    Ready(Arc<BackendRoute>),
    /// It has ended, for this reason.
    Down(Arc<str>),
}

impl BackendState {
    const fn is_starting(&self) -> bool {
        matches!(self, Self::Starting)
    }
}

impl Launch {
    /// What differs from `before`, in words.
    fn difference(&self, before: &Self) -> String {
        let is_other = Self { sources: SourceFiles::default(), ..self.clone() }
            != Self { sources: SourceFiles::default(), ..before.clone() };
        let file = self.sources.changed(&before.sources, &self.folder).filter(|_| !is_other);
        format!("{} changed", file.as_deref().unwrap_or("host.yaml"))
    }
}

/// The commands that run, by plugin.
pub struct Backends {
    running: Mutex<BTreeMap<(String, String), RunningBackend>>,
    supervisor: PathBuf,
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
}

impl Backends {
    /// None run yet. The host itself listens at `api`.
    pub fn new(api: SocketAddr, resources: &super::HostResources, log: Log) -> Self {
        Self {
            running: Mutex::default(),
            supervisor: resources.supervisor.clone(),
            environment: resources.environment.clone(),
            sockets: resources.sockets.clone(),
            api,
            log,
        }
    }

    /// Keeps exactly `launches` running for `origin`: what is new starts, what has changed starts again, the
    /// rest stops.
    pub fn keep(&self, origin: &str, launches: BTreeMap<String, Launch>) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|(of, name), kept| {
            let next = launches.get(name);
            let stays = of != origin || next == Some(&kept.launch);
            if !stays {
                kept.stop.send_replace(true);
            }
            if let Some(next) = next.filter(|_| !stays) {
                self.log.event(&format!("{name}: {}, starting it again", next.difference(&kept.launch)));
            }
            stays
        });
        for (name, launch) in launches {
            running.entry((origin.to_owned(), name.clone())).or_insert_with(|| self.start(name, launch));
        }
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
        let settled = state.wait_for(|state| !state.is_starting());
        match tokio::time::timeout(STARTING, settled).await.map(|state| state.map(|state| state.clone())) {
            Ok(Ok(BackendState::Ready(way))) => Ok(way),
            Ok(Ok(BackendState::Down(why))) => Err(why.to_string()),
            Ok(Ok(BackendState::Starting) | Err(_)) => Err("it was stopped".to_owned()),
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
        let waiting: Vec<_> = {
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            let of = |((_, name), kept): (&(String, String), &RunningBackend)| {
                (name.clone(), kept.launch.readiness.clone(), kept.state.clone())
            };
            running.iter().map(of).collect()
        };
        let end = tokio::time::Instant::now() + PATIENCE;
        for (name, readiness, mut state) in waiting {
            let settled = state.wait_for(|state| !state.is_starting());
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

    fn start(&self, name: String, launch: Launch) -> RunningBackend {
        let (tell, state) = watch::channel(BackendState::Starting);
        let (stop, stopped) = watch::channel(false);
        let backend = child::BackendProcess {
            name,
            launch: launch.clone(),
            supervisor: self.supervisor.clone(),
            environment: self.environment.clone(),
            sockets: self.sockets.clone(),
            api: self.api,
            log: self.log.clone(),
        };
        RunningBackend { launch, state, task: tokio::spawn(backend.run(tell, stopped)), stop }
    }
}

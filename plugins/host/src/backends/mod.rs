//! The backends that the host starts itself, one process group for each plugin.
//!
//! * [`Backends`]: which of them should run;
//! * `child`: starting one, waiting until it is ready, starting it again when it ends;
//! * [`listen`]: how it gets its socket; `proof`: that a port is its own; `way`: the connections to it;
//! * [`environment`]: what it finds of the user's environment;
//! * [`supervise`]: the processes between, which end a backend when the host has gone, however it went.

mod child;
pub mod environment;
pub mod listen;
mod proof;
pub mod supervise;
mod way;

pub use listen::Listen;
pub use way::BackendRoute;

use super::state::Log;
use everestctl::sys::Environment;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long to wait for backends that are neither ready nor exit.
const PATIENCE: Duration = Duration::from_secs(10);

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
    /// The way to it, while it is ready.
    way: watch::Receiver<Option<Arc<BackendRoute>>>,
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
            let stays = of != origin || launches.get(name) == Some(&kept.launch);
            if !stays {
                kept.stop.send_replace(true);
            }
            stays
        });
        for (name, launch) in launches {
            running.entry((origin.to_owned(), name.clone())).or_insert_with(|| self.start(name, launch));
        }
    }

    /// The way to the backend of `plugin`; `None` while it does not listen.
    pub fn way(&self, plugin: &str) -> Option<Arc<BackendRoute>> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running
            .iter()
            .rev()
            .find(|((_, name), _)| name == plugin)
            .and_then(|(_, kept)| kept.way.borrow().clone())
    }

    /// Waits until each of them has answered or ended for the first time, but not for ever.
    pub async fn settled(&self) {
        let waiting: Vec<_> = {
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.values().map(|kept| kept.way.clone()).collect()
        };
        let all = async {
            for mut way in waiting {
                if way.borrow().is_none() {
                    let _ = way.changed().await;
                }
            }
        };
        let _ = tokio::time::timeout(PATIENCE, all).await;
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
        let (tell, way) = watch::channel(None);
        let (stop, stopped) = watch::channel(false);
        let backend = child::BackendProcess {
            name,
            launch: launch.clone(),
            supervisor: self.supervisor.clone(),
            environment: self.environment.clone(),
            sockets: self.sockets.clone(),
            api: self.api,
            log: Arc::clone(&self.log),
        };
        RunningBackend { launch, way, task: tokio::spawn(backend.run(tell, stopped)), stop }
    }
}

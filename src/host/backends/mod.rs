//! The backends that the host starts itself, one process group for each plugin.
//!
//! * [`Backends`]: which of them should run;
//! * `child`: starting one, waiting until it is ready, starting it again when it ends;
//! * [`supervise`]: the process between, which ends a backend when the host has gone, however it went.

mod child;
pub mod supervise;

use super::state::Log;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long somebody waits for backends that neither answer nor end.
const PATIENCE: Duration = Duration::from_secs(10);

/// A command to keep running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Its words.
    pub command: Vec<String>,
    /// Where it runs.
    pub folder: PathBuf,
    /// The path that answers when it is ready.
    pub readiness: String,
    /// Further variables.
    pub environment: BTreeMap<String, String>,
}

/// The commands that run, by plugin.
pub struct Backends {
    running: Mutex<BTreeMap<(String, String), Kept>>,
    supervisor: PathBuf,
    api: SocketAddr,
    log: Log,
}

struct Kept {
    launch: Launch,
    /// Where it listens, while it is ready.
    address: watch::Receiver<Option<SocketAddr>>,
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl Backends {
    /// None run yet. `api` is where the host itself listens.
    pub fn new(supervisor: PathBuf, api: SocketAddr, log: Log) -> Self {
        Self { running: Mutex::default(), supervisor, api, log }
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

    /// Where the backend of `plugin` listens; `None` while it does not.
    pub fn address(&self, plugin: &str) -> Option<SocketAddr> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running
            .iter()
            .rev()
            .find(|((_, name), _)| name == plugin)
            .and_then(|(_, kept)| *kept.address.borrow())
    }

    /// Waits until each of them has answered or ended for the first time, but not for ever.
    pub async fn settled(&self) {
        let waiting: Vec<_> = {
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.values().map(|kept| kept.address.clone()).collect()
        };
        let all = async {
            for mut address in waiting {
                if address.borrow().is_none() {
                    let _ = address.changed().await;
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

    fn start(&self, name: String, launch: Launch) -> Kept {
        let (tell, address) = watch::channel(None);
        let (stop, stopped) = watch::channel(false);
        let backend = child::Backend {
            name,
            launch: launch.clone(),
            supervisor: self.supervisor.clone(),
            api: self.api,
            log: Arc::clone(&self.log),
        };
        Kept { launch, address, task: tokio::spawn(backend.run(tell, stopped)), stop }
    }
}

//! One backend: built, started, watched, started again.

use super::build::Builds;
use super::changed::ChangedPlugins;
use super::listen::{Listen, ListenAddress};
use super::output;
use super::supervised::{SupervisedProcess, Supervisor};
use super::{BackendRoute, BackendState, Launch, environment};
use crate::Log;
use backon::{BackoffBuilder, ExponentialBuilder};
use everestctl::sys::Environment;
use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The pauses before it is started again.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(200))
    .with_max_delay(LONGEST_PAUSE)
    .without_max_times();
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// After running this long it counts as well, and the pauses start anew.
const WELL: Duration = Duration::from_secs(10);
/// How often it is asked whether it is ready.
const ASK: Duration = Duration::from_millis(50);
/// Timeout of a readiness probe.
const LONGEST_ANSWER: Duration = Duration::from_secs(2);

pub(super) struct BackendProcess {
    pub(super) name: String,
    pub(super) launch: Launch,
    pub(super) supervisor: Supervisor,
    pub(super) environment: Environment,
    pub(super) sockets: PathBuf,
    pub(super) api: SocketAddr,
    pub(super) log: Log,
    /// Told when it is ready after a change.
    pub(super) changed: Arc<ChangedPlugins>,
    /// Whether one was running before this one, which was something else.
    pub(super) has_changed: bool,
}

/// What those that keep it want of it.
pub(super) struct BackendWishes {
    /// That it ends.
    pub(super) stop: watch::Receiver<bool>,
    /// That it is built again: a file that it is built from has changed.
    pub(super) build: watch::Receiver<()>,
}

/// The number of the next socket in the folder of sockets.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// One run of a backend.
struct BackendRun {
    process: SupervisedProcess,
    way: Arc<BackendRoute>,
}

/// Why a run is over.
enum RunEnd {
    /// It is not wanted any more.
    Unwanted,
    /// It was built anew.
    Built,
    /// It ended, or does not own its port.
    Failed(String),
}

impl BackendProcess {
    /// Keeps it running as long as it is wanted.
    pub(super) async fn run(mut self, tell: watch::Sender<BackendState>, wishes: BackendWishes) {
        let BackendWishes { mut stop, build } = wishes;
        let mut builds =
            Builds::new(&self.name, &self.launch, &self.supervisor, &self.environment, &self.log, build);
        let mut pauses = PAUSES.build();
        // A socket of the host's own outlives the backend: what comes meanwhile waits for the next one.
        let mut place = None;
        // What was said last of why it is down: the same again is no news.
        let mut said = None;
        loop {
            if builds.is_due() {
                // The first build of all is no change.
                let has_built = builds.has_built();
                let has_changed = tokio::select! {
                    () = asked_to_stop(&mut stop) => return,
                    has_changed = builds.until_built(&tell) => has_changed,
                };
                self.has_changed |= has_changed || has_built;
            }
            if self.launch.command.is_empty() {
                tell.send_replace(BackendState::Built);
                tokio::select! {
                    () = asked_to_stop(&mut stop) => return,
                    () = builds.next() => continue,
                }
            }
            let started = Instant::now();
            let (what, why, lines) = match self.start(&mut place) {
                Ok(mut run) => {
                    let ended = tokio::select! {
                        () = asked_to_stop(&mut stop) => RunEnd::Unwanted,
                        () = builds.next() => RunEnd::Built,
                        why = watch(&self.launch, &self.log, &self.name, &mut run, || {
                            if std::mem::take(&mut self.has_changed) {
                                self.changed.add(&self.name);
                            }
                        }, &tell) => RunEnd::Failed(why),
                    };
                    // Nothing goes to what may be another's by now.
                    let was_ready = matches!(*tell.borrow(), BackendState::Ready(_));
                    if was_ready {
                        said = None;
                    }
                    if matches!(ended, RunEnd::Built) {
                        tell.send_replace(BackendState::Starting);
                    } else if was_ready {
                        tell.send_replace(BackendState::Down("it has just ended".into()));
                    }
                    let lines = run.process.end().await;
                    match ended {
                        RunEnd::Unwanted => return,
                        RunEnd::Built => {
                            self.has_changed = true;
                            continue;
                        }
                        RunEnd::Failed(why) => ("stopped", why, lines),
                    }
                }
                Err(error) => ("could not start", error.to_string(), Vec::new()),
            };
            let reason = match output::cause(&lines) {
                Some(cause) => format!("{why}: {cause}"),
                None => why.clone(),
            };
            output::report(
                &self.log,
                &self.name,
                &format!("{what}: {why}"),
                &lines,
                said.as_deref() == Some(reason.as_str()),
            );
            tell.send_replace(BackendState::Down(reason.as_str().into()));
            said = Some(reason);
            if started.elapsed() > WELL {
                pauses = PAUSES.build();
            }
            let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
            tokio::select! {
                () = asked_to_stop(&mut stop) => return,
                () = builds.next() => self.has_changed = true,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Starts the supervisor, and so the backend.
    fn start(&self, kept: &mut Option<ListenAddress>) -> io::Result<BackendRun> {
        let place = match kept.take() {
            Some(place) => place,
            None => {
                ListenAddress::new(self.launch.listen, &self.sockets, NUMBER.fetch_add(1, Ordering::Relaxed))?
            }
        };
        if self.launch.listen == Listen::Socket {
            *kept = Some(place.clone());
        }
        let own = place.fill_in_all(&self.launch.environment);
        let api = ("EVEREST_API_URL", format!("http://{}", self.api));
        let ours = place.variables().into_iter().chain([api]);
        let environment = environment::of_backend(&self.environment, &self.launch.inherit)
            .changed(own.iter().map(|(name, value)| (name.as_str(), value.into())), &[])
            .changed(ours.map(|(name, value)| (name, value.into())), &[]);
        let words: Vec<OsString> =
            self.launch.command.iter().map(|word| OsString::from(place.fill_in(word))).collect();
        let socket = match &place {
            ListenAddress::Held(listener, _) => Some(listener.try_clone()?.into()),
            _ => None,
        };
        let mut process = self.supervisor.start(&words, &self.launch.folder, &environment, socket)?;
        process.follow(&self.name, &self.log);
        let way = Arc::new(place.way(&self.name, process.pid()));
        Ok(BackendRun { process, way })
    }
}

/// Tells when it is ready, and comes back with the reason when it has ended, or has to.
async fn watch(
    launch: &Launch,
    log: &Log,
    name: &str,
    run: &mut BackendRun,
    mut at_ready: impl FnMut(),
    tell: &watch::Sender<BackendState>,
) -> String {
    let way = Arc::clone(&run.way);
    let ready = async {
        let ask = || tokio::time::timeout(LONGEST_ANSWER, way.is_ready(&launch.readiness));
        while !ask().await.unwrap_or(false) {
            tokio::time::sleep(ASK).await;
        }
        tell.send_replace(BackendState::Ready(Arc::clone(&way)));
        log.event(&format!("{name}: ready at {way}"));
        at_ready();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        (_, why) = run.process.ended() => why,
        why = way.is_foreign() => why,
        () = ready => unreachable!("it waits for ever"),
    }
}

/// Returns when the end was requested, or can no longer be.
async fn asked_to_stop(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

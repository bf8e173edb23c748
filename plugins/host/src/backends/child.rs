//! One backend: started, watched, started again.

use super::listen::{Listen, ListenAddress};
use super::output::{self, BackendOutput};
use super::{BackendRoute, BackendState, Launch, environment};
use crate::Log;
use crate::sys::children::SUPERVISE;
use crate::sys::tree;
use backon::{BackoffBuilder, ExponentialBuilder};
use everestctl::sys::Environment;
use everestctl::sys::program::ChildProgram;
use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::process::{Child, ChildStdin, Command};
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
    pub(super) supervisor: PathBuf,
    pub(super) environment: Environment,
    pub(super) sockets: PathBuf,
    pub(super) api: SocketAddr,
    pub(super) log: Log,
}

/// The number of the next socket in the folder of sockets.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// One run of a backend.
struct BackendRun {
    child: Child,
    /// The supervisor's number.
    pid: u32,
    /// The pipe that the supervisor lives by.
    lifeline: Option<ChildStdin>,
    way: Arc<BackendRoute>,
    output: BackendOutput,
}

impl BackendProcess {
    /// Keeps it running until `stopped` says so.
    pub(super) async fn run(self, tell: watch::Sender<BackendState>, mut stopped: watch::Receiver<bool>) {
        let mut pauses = PAUSES.build();
        // A socket of the host's own outlives the backend: what comes meanwhile waits for the next one.
        let mut place = None;
        // What was said last of why it is down: the same again is no news.
        let mut said = None;
        loop {
            let started = Instant::now();
            let (what, why, lines) = match self.start(&mut place) {
                Ok(mut run) => {
                    let ended = tokio::select! {
                        () = asked_to_stop(&mut stopped) => None,
                        why = self.watch(&mut run, &tell) => Some(why),
                    };
                    // Nothing goes to what may be another's by now.
                    let was_ready = matches!(*tell.borrow(), BackendState::Ready(_));
                    if was_ready {
                        said = None;
                        tell.send_replace(BackendState::Down("it has just ended".into()));
                    }
                    let lines = run.end().await;
                    let Some(why) = ended else { return };
                    ("stopped", why, lines)
                }
                Err(error) => ("could not start", error.to_string(), Vec::new()),
            };
            let reason = match output::cause(&lines) {
                Some(cause) => format!("{why}: {cause}"),
                None => why.clone(),
            };
            self.report(&format!("{what}: {why}"), &lines, said.as_deref() == Some(reason.as_str()));
            tell.send_replace(BackendState::Down(reason.as_str().into()));
            said = Some(reason);
            if started.elapsed() > WELL {
                pauses = PAUSES.build();
            }
            let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
            tokio::select! {
                () = asked_to_stop(&mut stopped) => return,
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
        let words = self.launch.command.iter().map(|word| OsString::from(place.fill_in(word)));
        let mut program = ChildProgram::new(&self.supervisor, &environment)
            .arguments([SUPERVISE])
            .arguments(words)
            .in_folder(&self.launch.folder)
            .reading_a_pipe()
            .writing_to_pipes();
        if let ListenAddress::Held(listener, _) = &place {
            program = program.with_descriptor(listener.try_clone()?.into());
        }
        let mut child = Command::from(program.into_command()).spawn()?;
        let mut output = BackendOutput::default();
        output.follow(&self.name, &self.log, child.stdout.take());
        output.follow(&self.name, &self.log, child.stderr.take());
        // Not left in the child: waiting for it would close it.
        let lifeline = child.stdin.take();
        let pid = child.id().ok_or_else(|| io::Error::other("it exited immediately"))?;
        Ok(BackendRun { child, pid, lifeline, way: Arc::new(place.way(&self.name, pid)), output })
    }

    /// Tells when it is ready, and comes back with the reason when it has ended, or has to.
    async fn watch(&self, run: &mut BackendRun, tell: &watch::Sender<BackendState>) -> String {
        let way = Arc::clone(&run.way);
        let ready = async {
            let ask = || tokio::time::timeout(LONGEST_ANSWER, way.is_ready(&self.launch.readiness));
            while !ask().await.unwrap_or(false) {
                tokio::time::sleep(ASK).await;
            }
            tell.send_replace(BackendState::Ready(Arc::clone(&way)));
            self.log.event(&format!("{}: ready at {way}", self.name));
            std::future::pending::<()>().await;
        };
        tokio::select! {
            status = run.child.wait() => status.map_or_else(|error| error.to_string(), |status| status.to_string()),
            why = way.is_foreign() => why,
            () = ready => unreachable!("it waits for ever"),
        }
    }

    /// Says that it is down, with the last lines for whoever has not seen them; once, as long as the reason is the same.
    fn report(&self, why: &str, lines: &[String], is_known: bool) {
        let line = format!("{}: {why}", self.name);
        if is_known {
            return self.log.event(&line);
        }
        for printed in lines {
            self.log.recalled(&format!("{}: {printed}", self.name));
        }
        self.log.trouble(&line);
    }
}

/// Returns when the end was requested, or can no longer be.
async fn asked_to_stop(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

impl BackendRun {
    /// Ends what is left of it, and gives the last lines that it has printed.
    async fn end(mut self) -> Vec<String> {
        // The supervisor ends the backend when this end of the pipe closes.
        drop(self.lifeline.take());
        let _ = self.child.wait().await;
        // One that was killed could not: its session is what is left.
        let pid = self.pid;
        let _ = tokio::task::spawn_blocking(move || tree::end_session(pid)).await;
        self.output.last().await
    }
}

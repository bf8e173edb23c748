//! The host for a program that is not asynchronous itself: threads of its own, the signals of the process,
//! a command in front of it.

use super::accounts::IssuedTokens;
use super::server::{HostError, RunningHost, start};
use super::{HostResources, HostSettings, LogSink, log};
use crate::sys::children::{self, ExitRequest};
use everestctl::error::ExitCode;
use std::io;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// More threads than this only cost memory on one laptop.
const MOST_THREADS: usize = 4;

/// A host that runs in the background of this thread.
pub struct Foreground {
    runtime: Runtime,
    running: RunningHost,
    signals: Signals,
}

/// What a person or the system tells the process.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Foreground {
    /// Starts a host, whose log goes to `lines`. From here on INT, TERM and HUP no longer end the process by themselves.
    pub fn start(
        settings: HostSettings,
        resources: HostResources,
        lines: LogSink,
    ) -> Result<Self, HostError> {
        children::open_many_files();
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
        let runtime = runtime.map_err(|error| HostError::Unusable { what: "this system", error })?;
        let signals = runtime.block_on(async { Signals::new() });
        let signals = signals.map_err(|error| HostError::Unusable { what: "this system", error })?;
        let running = runtime.block_on(start(settings, resources, log::door(lines)))?;
        Ok(Self { runtime, running, signals })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.running.address
    }

    /// The password of the administrator that was made, to be shown once.
    pub fn password(&self) -> Option<&str> {
        self.running.password.as_deref()
    }

    /// A session for the administrator, without a password.
    pub fn sign_in(&self) -> Option<IssuedTokens> {
        self.running.sign_in()
    }

    /// Waits until the backends are ready, or have shown that they cannot be.
    pub fn settle(&self) {
        self.runtime.block_on(self.running.settled());
    }

    /// Calls `again` with the name of each plugin that has changed, one after another, on a thread of its own; before
    /// that `first`, once the backends are ready.
    pub fn follow_changes(
        &self,
        first: Option<impl FnOnce() + Send + 'static>,
        again: impl Fn(&str) + Send + Sync + 'static,
    ) {
        let (changed, backends) = (self.running.changed(), self.running.backends());
        let again = Arc::new(again);
        self.runtime.spawn(async move {
            if let Some(first) = first {
                backends.settled().await;
                let _ = tokio::task::spawn_blocking(first).await;
            }
            loop {
                let names = changed.next().await;
                let again = Arc::clone(&again);
                let all = move || names.iter().for_each(|name| again(name));
                let _ = tokio::task::spawn_blocking(all).await;
            }
        });
    }

    /// Waits until the process is asked to end.
    pub fn wait(&mut self) {
        let signals = &mut self.signals;
        self.runtime.block_on(async {
            tokio::select! {
                _ = signals.interrupt.recv() => {}
                _ = signals.terminate.recv() => {}
                _ = signals.hang_up.recv() => {}
            }
        });
    }

    /// Runs `command` to its end, and gives its exit code. Ctrl-C reaches it through the terminal; TERM and HUP are passed
    /// on.
    pub fn run(&mut self, command: Command) -> io::Result<ExitCode> {
        let signals = &mut self.signals;
        self.runtime.block_on(async {
            let mut child = tokio::process::Command::from(command).spawn()?;
            let pid = child.id();
            loop {
                let ending = tokio::select! {
                    status = child.wait() => return Ok(children::exit_code(status?)),
                    _ = signals.interrupt.recv() => continue,
                    _ = signals.terminate.recv() => ExitRequest::Terminate,
                    _ = signals.hang_up.recv() => ExitRequest::HangUp,
                };
                if let Some(pid) = pid {
                    children::ask_to_end(pid, ending);
                }
            }
        })
    }

    /// Stops the host and everything that it has started.
    pub fn stop(self) {
        self.runtime.block_on(self.running.stop());
        // What streams between two others ends with the runtime.
        self.runtime.shutdown_background();
    }
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }
}

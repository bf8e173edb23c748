//! The build of a backend: before its first start, and after each change of a file that it is built from. While one is
//! running, the backend of the last build goes on.

use super::output;
use super::supervised::Supervisor;
use super::{BackendState, Launch, environment};
use crate::Log;
use everestctl::sys::Environment;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Instant;
use tokio::sync::watch;

/// The builds of one backend. Without a command for them none is ever due.
pub(super) struct Builds {
    name: String,
    command: Vec<OsString>,
    folder: PathBuf,
    supervisor: Supervisor,
    environment: Environment,
    log: Log,
    changed: watch::Receiver<()>,
    is_due: bool,
    has_built: bool,
}

impl Builds {
    /// Those of `launch`; `changed` tells that a file has changed.
    pub(super) fn new(
        name: &str,
        launch: &Launch,
        supervisor: &Supervisor,
        environment: &Environment,
        log: &Log,
        changed: watch::Receiver<()>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            command: launch.build.iter().flatten().map(OsString::from).collect(),
            folder: launch.folder.clone(),
            supervisor: supervisor.clone(),
            environment: environment::of_backend(environment, &launch.inherit),
            log: log.clone(),
            changed,
            is_due: launch.build.is_some(),
            has_built: false,
        }
    }

    /// Whether what there is does not hold the last change.
    pub(super) const fn is_due(&self) -> bool {
        self.is_due
    }

    /// Whether a build has succeeded before.
    pub(super) const fn has_built(&self) -> bool {
        self.has_built
    }

    /// Builds until it works: after a failure again with the next change. Gives whether there was one.
    pub(super) async fn until_built(&mut self, tell: &watch::Sender<BackendState>) -> bool {
        let mut has_changed = false;
        loop {
            tell.send_replace(BackendState::Building);
            match self.build().await {
                Ok(()) => break,
                Err(why) => tell.send_replace(BackendState::Down(why.as_str().into())),
            };
            self.wait_for_a_change().await;
            has_changed = true;
        }
        tell.send_replace(BackendState::Starting);
        has_changed
    }

    /// Returns when a build after the next change has succeeded. One that fails is reported, and changes nothing.
    pub(super) async fn next(&mut self) {
        loop {
            self.wait_for_a_change().await;
            if self.build().await.is_ok() {
                return;
            }
        }
    }

    async fn wait_for_a_change(&mut self) {
        if self.changed.changed().await.is_err() {
            // Nobody can change it any more.
            std::future::pending::<()>().await;
        }
        self.is_due = true;
    }

    /// Builds it. A change meanwhile ends that build and begins another one.
    async fn build(&mut self) -> Result<(), String> {
        loop {
            self.changed.mark_unchanged();
            let started = Instant::now();
            let launched = self.supervisor.start(&self.command, &self.folder, &self.environment, None);
            let mut process = match launched {
                Ok(process) => process,
                Err(error) => return Err(self.failed(&error.to_string(), &[])),
            };
            process.follow(&format!("{}: build", self.name), &self.log);
            let ended = tokio::select! {
                ended = process.ended() => Some(ended),
                Ok(()) = self.changed.changed() => None,
            };
            let lines = process.end().await;
            match ended {
                None => {}
                Some((true, _)) => {
                    (self.is_due, self.has_built) = (false, true);
                    let seconds = started.elapsed().as_secs_f64();
                    self.log.event(&format!("{}: built in {seconds:.1} s", self.name));
                    return Ok(());
                }
                Some((false, why)) => return Err(self.failed(&why, &lines)),
            }
        }
    }

    /// Reports a build that failed; gives the reason in one line.
    fn failed(&self, why: &str, lines: &[String]) -> String {
        output::report(&self.log, &self.name, &format!("the build failed: {why}"), lines, false);
        let cause = output::cause(lines).map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("the build failed: {why}{cause}")
    }
}

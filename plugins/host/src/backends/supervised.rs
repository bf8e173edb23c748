//! A process under a supervisor, which ends it together with everything that it has started when the host has gone,
//! however it went.

use super::output::BackendOutput;
use crate::Log;
use crate::sys::children::SUPERVISE;
use crate::sys::tree;
use everestctl::sys::Environment;
use everestctl::sys::program::ChildProgram;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use tokio::process::{Child, ChildStdin, Command};

/// What starts supervisors: this program.
#[derive(Clone, Debug)]
pub(super) struct Supervisor(PathBuf);

/// A process that runs under a supervisor. It ends when this is dropped.
pub(super) struct SupervisedProcess {
    child: Child,
    /// The supervisor's number.
    pid: u32,
    /// The pipe that the supervisor lives by.
    lifeline: Option<ChildStdin>,
    output: BackendOutput,
}

impl Supervisor {
    /// The one that `program` is, with a hidden word.
    pub(super) const fn new(program: PathBuf) -> Self {
        Self(program)
    }

    /// Starts `words` in `folder`, with `socket` as a further descriptor.
    pub(super) fn start(
        &self,
        words: &[OsString],
        folder: &Path,
        environment: &Environment,
        socket: Option<OwnedFd>,
    ) -> io::Result<SupervisedProcess> {
        let mut program = ChildProgram::new(&self.0, environment)
            .arguments([SUPERVISE])
            .arguments(words)
            .in_folder(folder)
            .reading_a_pipe()
            .writing_to_pipes();
        if let Some(socket) = socket {
            program = program.with_descriptor(socket);
        }
        let mut child = Command::from(program.into_command()).spawn()?;
        // Not left in the child: waiting for it would close it.
        let lifeline = child.stdin.take();
        let pid = child.id().ok_or_else(|| io::Error::other("it exited immediately"))?;
        Ok(SupervisedProcess { child, pid, lifeline, output: BackendOutput::default() })
    }
}

impl SupervisedProcess {
    /// The supervisor's number.
    pub(super) const fn pid(&self) -> u32 {
        self.pid
    }

    /// Logs what it prints, with `name` in front.
    pub(super) fn follow(&mut self, name: &str, log: &Log) {
        self.output.follow(name, log, self.child.stdout.take());
        self.output.follow(name, log, self.child.stderr.take());
    }

    /// Waits until it ends by itself; whether that was a success, and its status in words.
    pub(super) async fn ended(&mut self) -> (bool, String) {
        let ended = self.child.wait().await;
        ended.map_or_else(|error| (false, error.to_string()), |status| (status.success(), status.to_string()))
    }

    /// Ends what is left of it, and gives the last lines that it has printed.
    pub(super) async fn end(mut self) -> Vec<String> {
        // The supervisor ends the process when this end of the pipe closes.
        drop(self.lifeline.take());
        let _ = self.child.wait().await;
        // One that was killed could not: its session is what is left.
        let pid = self.pid;
        let _ = tokio::task::spawn_blocking(move || tree::end_session(pid)).await;
        self.output.last().await
    }
}

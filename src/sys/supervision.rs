//! A child that stands in for this process: it has the streams and the terminal, gets the signals that this process gets, and does not
//! outlive it.
//!
//! Both are in one process group, so that the terminal's own signals (Ctrl-C, Ctrl-Z, a new size) reach the child without help; what
//! is sent to this process alone is passed on. It must not know what the child does.

use super::program::ChildProgram;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use signal_hook::consts::{
    SIGABRT, SIGBUS, SIGCHLD, SIGFPE, SIGHUP, SIGILL, SIGINT, SIGPIPE, SIGQUIT, SIGSEGV, SIGSYS, SIGTERM,
    SIGTRAP, SIGUSR1, SIGUSR2,
};
use signal_hook::low_level;
use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How the child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this code.
    Exited(u8),
    /// By this signal.
    Killed(i32),
}

/// The signals that are passed on.
const PASSED_ON: [i32; 6] = [SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGINT, SIGQUIT];
/// Those of them that a terminal sends to the whole group.
const OF_TERMINAL: [i32; 2] = [SIGINT, SIGQUIT];

/// Runs `program` in place of this process, and waits for its end.
pub fn stand_in(program: ChildProgram) -> io::Result<Ending> {
    let signals = PassedOn::watch()?;
    let child = program.into_command().spawn()?;
    signals.wait_for(child_of(child.id())?)
}

/// The same for a child that has started already.
pub fn stand_in_for(child: u32) -> io::Result<Ending> {
    PassedOn::watch()?.wait_for(child_of(child)?)
}

/// The signals of this process, once they are passed on.
struct PassedOn {
    wake: UnixStream,
    flags: Vec<(i32, Arc<AtomicBool>)>,
}

impl PassedOn {
    /// From here on none of them ends this process.
    fn watch() -> io::Result<Self> {
        let (wake, waker) = UnixStream::pair()?;
        low_level::pipe::register(SIGCHLD, waker.try_clone()?)?;
        let mut flags = Vec::new();
        for signal in PASSED_ON {
            let came = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(signal, Arc::clone(&came))?;
            low_level::pipe::register(signal, waker.try_clone()?)?;
            flags.push((signal, came));
        }
        Ok(Self { wake, flags })
    }

    /// Passes them on to `child` until it has ended.
    fn wait_for(mut self, child: Pid) -> io::Result<Ending> {
        loop {
            // Looked at before the first signal, too: the child may have ended before there was anybody to be told.
            if let Some((_, status)) = rustix::process::waitpid(Some(child), WaitOptions::NOHANG)? {
                return Ok(ending(status));
            }
            let mut bytes = [0; 16];
            match self.wake.read(&mut bytes) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            for (signal, came) in &self.flags {
                if came.swap(false, Ordering::SeqCst)
                    && !(OF_TERMINAL.contains(signal) && is_in_foreground())
                    && let Some(signal) = Signal::from_named_raw(*signal)
                {
                    // One that has just ended gets nothing.
                    let _ = rustix::process::kill_process(child, signal);
                }
            }
        }
    }
}

fn child_of(number: u32) -> io::Result<Pid> {
    let child = i32::try_from(number).ok().and_then(Pid::from_raw);
    child.ok_or_else(|| io::Error::other("the system gave the child no number"))
}

fn ending(status: WaitStatus) -> Ending {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Ending::Exited(u8::try_from(code).unwrap_or(u8::MAX)),
        (None, signal) => Ending::Killed(signal.unwrap_or(SIGTERM)),
    }
}

/// Whether a terminal sends Ctrl-C to this process group: then the child has got it, too.
fn is_in_foreground() -> bool {
    let Ok(terminal) = std::fs::File::open("/dev/tty") else { return false };
    rustix::termios::tcgetpgrp(&terminal).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// Ends this process by `signal`, as the child was ended, so that a shell sees what it would have seen. Comes back where the
/// signal cannot be had that way.
pub fn end_by(signal: i32) {
    if OF_TERMINAL.contains(&signal) || matches!(signal, SIGTERM | SIGHUP | SIGPIPE) {
        let _ = low_level::emulate_default_handler(signal);
    }
}

/// Whether a signal says that the program itself did something wrong.
pub const fn is_crash(signal: i32) -> bool {
    matches!(signal, SIGSEGV | SIGBUS | SIGABRT | SIGILL | SIGFPE | SIGTRAP | SIGSYS)
}

/// In the child: from here on it ends when `parent` does, however that ends. Fails when it has ended already.
pub fn end_with(parent: u32) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    let now = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
    if now != i32::try_from(parent).ok() {
        return Err(io::Error::other("the process that started this one has ended"));
    }
    Ok(())
}

/// The name of a signal: `SIGSEGV`.
pub fn signal_name(signal: i32) -> String {
    low_level::signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned)
}

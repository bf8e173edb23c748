//! Children of this process: in the foreground, or never outliving whoever started them.

use super::process::this_binary;
use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Command, Stdio};

/// A command that keeps the streams of this process, with some variables set and others removed. Its program is
/// looked for on the PATH that it gets.
pub fn child(program: &OsStr, arguments: &[OsString], set: &[(&str, OsString)], removed: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    for name in removed {
        command.env_remove(name);
    }
    command.envs(set.iter().map(|(name, value)| (name, value)));
    command
}

/// The exit code of a process that has ended; 128 + n for signal n.
pub fn exit_code(status: std::process::ExitStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let code = status.code().or_else(|| signal.map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// How a process is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By TERM.
    Terminate,
    /// By HUP.
    HangUp,
}

/// Asks a child of this process to end.
#[cfg(unix)]
pub fn ask_to_end(pid: u32, ending: Ending) {
    use rustix::process::{Pid, Signal, kill_process};
    let signal = match ending {
        Ending::Terminate => Signal::TERM,
        Ending::HangUp => Signal::HUP,
    };
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // It may have ended already.
        let _ = kill_process(pid, signal);
    }
}

/// How a program of [`run_until_input_ends`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code; 128 + n for signal n.
    ByItself(u8),
    /// Because standard input did.
    ByUs,
}

/// How long a process group has between being asked to end and being ended.
#[cfg(unix)]
const GRACE: std::time::Duration = std::time::Duration::from_secs(3);

/// The hidden word that makes this binary a program that dies with its parent.
pub const WITH_PARENT: &str = "__with-parent";

/// Runs `command` in a process group of its own until it ends, or until standard input of this process
/// does: then the whole group is asked to end, and after `GRACE` made to. Whatever it has started ends
/// with it, also when this process is killed.
#[cfg(unix)]
pub fn run_until_input_ends(command: &[OsString]) -> io::Result<Ended> {
    use rustix::process::{Pid, Signal, kill_process_group};
    use std::os::unix::process::CommandExt;
    use std::sync::mpsc;
    let mut child = Command::new(this_binary()?);
    let mut child = child.arg(WITH_PARENT).args(command).stdin(Stdio::null()).process_group(0).spawn()?;
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
    let (sender, receiver) = mpsc::channel();
    let input = sender.clone();
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = input.send(None);
    });
    std::thread::spawn(move || sender.send(Some(child.wait())));
    let ended = if let Some(status) = receiver.recv().map_err(io::Error::other)? {
        Ended::ByItself(exit_code(status?))
    } else {
        let _ = kill_process_group(group, Signal::TERM);
        let _ = receiver.recv_timeout(GRACE);
        Ended::ByUs
    };
    // Whatever is left in the group; usually nothing is.
    let _ = kill_process_group(group, Signal::KILL);
    Ok(ended)
}

/// The part of the child: becomes `command`, found on PATH, and dies when its parent does.
#[cfg(unix)]
pub fn become_with_parent(command: &[OsString]) -> io::Error {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
    {
        return error.into();
    }
    let Some((program, arguments)) = command.split_first() else { return io::ErrorKind::InvalidInput.into() };
    std::os::unix::process::CommandExt::exec(Command::new(program).args(arguments))
}

/// A command of the user's shell that reads what this process writes: a pager.
pub struct Piped {
    child: std::process::Child,
}

impl Piped {
    /// Starts it, with these variables beside those of this process.
    pub fn start(line: &str, variables: &[(&str, &str)]) -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", line]).stdin(Stdio::piped()).envs(variables.iter().copied());
        Ok(Self { child: command.spawn()? })
    }

    /// Writes to it; that it has had enough is no failure.
    pub fn write(&mut self, bytes: &[u8]) {
        use std::io::Write;
        if let Some(stdin) = &mut self.child.stdin {
            let _ = stdin.write_all(bytes);
        }
    }

    /// Waits for its end; `false` when the shell did not find it.
    pub fn wait(mut self) -> bool {
        drop(self.child.stdin.take());
        // 127: no such command.
        self.child.wait().is_ok_and(|status| !matches!(status.code(), Some(126 | 127)))
    }
}

/// Lets this process open as many files as the system allows anybody: a server needs one or two for each
/// connection, and shells give out 1,024. Where that cannot be had, it goes on with fewer.
#[cfg(unix)]
pub fn open_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

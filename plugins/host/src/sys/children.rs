//! Children of this process: in the foreground, or never outliving their parent.

use super::tree;
use everestctl::sys::Environment;
use everestctl::sys::process::this_binary;
use everestctl::sys::program::{self, ChildProgram};
use everestctl_protocol::exit::{self, ExitCode};
use std::ffi::{OsStr, OsString};
use std::io;
use std::process::Command;

/// A command that keeps the streams of this process. Its program is looked for on the PATH that it gets.
pub fn child(program: &OsStr, arguments: &[OsString], environment: &Environment) -> Command {
    ChildProgram::new(program, environment).arguments(arguments).reading_our_input().into_command()
}

/// The exit code of a process that has ended; 128 + n for signal n.
pub fn exit_code(status: std::process::ExitStatus) -> ExitCode {
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    let code = status.code().or_else(|| signal.map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).map_or(exit::FAILURE, ExitCode::from)
}

/// How a process is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitRequest {
    /// By TERM.
    Terminate,
    /// By HUP.
    HangUp,
}

/// Asks a child of this process to end.
pub fn ask_to_end(pid: u32, ending: ExitRequest) {
    use rustix::process::{Pid, Signal, kill_process};
    let signal = match ending {
        ExitRequest::Terminate => Signal::TERM,
        ExitRequest::HangUp => Signal::HUP,
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
    ByItself(ExitCode),
    /// Because standard input did.
    ByUs,
}

/// How long a process group has between being asked to end and being ended.
const GRACE: std::time::Duration = std::time::Duration::from_secs(3);
/// How much longer the outer of two processes that watch waits for the inner one.
const MORE: std::time::Duration = std::time::Duration::from_secs(1);

/// The hidden word of the outer process that watches over a command.
pub const SUPERVISE: &str = "__supervise";
/// The hidden word of the inner one.
pub const SUPERVISE_INSIDE: &str = "__supervise-inside";
/// The hidden word that makes this binary a program that dies with its parent.
pub const WITH_PARENT: &str = "__with-parent";

/// Where a process that watches stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// It watches the inner one, in its own session.
    Outer,
    /// It watches the command.
    Inner,
}

/// Runs `command` until it ends, or until standard input of this process does: then its process group is asked
/// to end, and after `GRACE` made to. Whatever it has started ends with it, sessions of their own included.
///
/// Two processes do this, since one alone cannot when it is killed: the inner one sees its input end when the
/// outer one has gone, and the outer one inherits what the inner one leaves.
pub fn run_until_input_ends(
    watch: Watch,
    command: &[OsString],
    environment: &Environment,
) -> io::Result<Ended> {
    use rustix::process::{Pid, Signal, kill_process_group};
    use std::sync::mpsc;
    if watch == Watch::Outer {
        tree::begin_session();
    }
    program::keep_only_streams(is_handed_a_socket(environment));
    tree::adopt_orphans();
    let program = ChildProgram::new(this_binary()?, environment);
    let program = match watch {
        Watch::Outer => program.arguments(with_word(SUPERVISE_INSIDE, command)).reading_a_pipe(),
        Watch::Inner => program.arguments(with_word(WITH_PARENT, command)).in_own_group(),
    };
    let mut child = program.into_command().spawn()?;
    let lifeline = child.stdin.take();
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidData)?;
    let (sender, receiver) = mpsc::channel();
    let input = sender.clone();
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = input.send(None);
    });
    std::thread::spawn(move || sender.send(Some(wait_for(pid))));
    let ended = if let Some(code) = receiver.recv().map_err(io::Error::other)? {
        Ended::ByItself(code?)
    } else {
        drop(lifeline);
        let patience = if watch == Watch::Outer {
            GRACE + MORE
        } else {
            let _ = kill_process_group(pid, Signal::TERM);
            GRACE
        };
        let _ = receiver.recv_timeout(patience);
        Ended::ByUs
    };
    if watch == Watch::Inner {
        // Where the descendants are not known, this is nearly all of them.
        let _ = kill_process_group(pid, Signal::KILL);
    }
    tree::end_descendants();
    Ok(ended)
}

/// The arguments of a program with more in front.
fn with_word(word: &str, arguments: &[OsString]) -> Vec<OsString> {
    std::iter::once(OsString::from(word)).chain(arguments.iter().cloned()).collect()
}

/// Waits for the child `pid`, and meanwhile for those that this process has adopted. Gives its exit code.
fn wait_for(pid: rustix::process::Pid) -> io::Result<ExitCode> {
    use rustix::process::{WaitOptions, wait};
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((ended, status))) if ended == pid => {
                let signal = status.terminating_signal().map(|signal| 128 + signal);
                let code = status.exit_status().or(signal);
                return Ok(code
                    .and_then(|code| u8::try_from(code).ok())
                    .map_or(exit::FAILURE, ExitCode::from));
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The variables of systemd's protocol for a socket that is handed over (`sd_listen_fds(3)`).
pub const LISTEN_FDS: &str = "LISTEN_FDS";
const LISTEN_PID: &str = "LISTEN_PID";

fn is_handed_a_socket(environment: &Environment) -> bool {
    environment.os(LISTEN_FDS).is_some()
}

/// The part of the child: becomes `command`, found on PATH, and dies when its parent does.
pub fn become_with_parent(command: &[OsString], environment: &Environment) -> io::Error {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
    {
        return error.into();
    }
    let Some((program, arguments)) = command.split_first() else { return io::ErrorKind::InvalidInput.into() };
    let is_handed_a_socket = is_handed_a_socket(environment);
    program::keep_only_streams(is_handed_a_socket);
    // The process that the socket is for: this one, whatever it becomes.
    let own = is_handed_a_socket.then(|| (LISTEN_PID, OsString::from(std::process::id().to_string())));
    let environment = environment.changed(own, &[LISTEN_PID]);
    let mut command = ChildProgram::new(program, &environment).arguments(arguments).into_command();
    std::os::unix::process::CommandExt::exec(&mut command)
}

/// Lets this process open as many files as the system allows: a server needs one or two for each
/// connection, and shells give out 1,024. Where that cannot be had, it continues with fewer.
pub fn open_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

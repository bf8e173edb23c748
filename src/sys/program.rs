//! A program to start: the one place where this package makes a child, with the same rules for each.
//!
//! * Its environment is given by value; what this process finds in its own does not count.
//! * Its standard input is empty unless the caller says otherwise.
//! * A name is looked for on the PATH that the child gets.
//! * It inherits no descriptor of ours but the streams, and one that is handed over on purpose.
//!
//! It must not know what is started, or why.

use super::{Environment, folders};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The descriptor at which a child finds what was handed to it: the first one, as systemd counts.
pub const HANDED_OVER: i32 = 3;

/// A program to start.
#[derive(Debug)]
pub struct ChildProgram {
    command: Command,
}

impl ChildProgram {
    /// The program at `path`, or of this name on the PATH of `environment`, which is all that it gets.
    pub fn new(path: impl AsRef<OsStr>, environment: &Environment) -> Self {
        let mut command = Command::new(path);
        command.env_clear().envs(environment.iter()).stdin(Stdio::null());
        Self { command }
    }

    /// With these arguments.
    #[must_use]
    pub fn arguments(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    /// In this folder.
    #[must_use]
    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// In its own process group, which Ctrl-C on the terminal does not reach.
    #[must_use]
    pub fn in_own_group(mut self) -> Self {
        std::os::unix::process::CommandExt::process_group(&mut self.command, 0);
        self
    }

    /// It reads what this process would read.
    #[must_use]
    pub fn reading_our_input(mut self) -> Self {
        self.command.stdin(Stdio::inherit());
        self
    }

    /// It reads what this process writes to it.
    #[must_use]
    pub fn reading_a_pipe(mut self) -> Self {
        self.command.stdin(Stdio::piped());
        self
    }

    /// It has these streams, one after the other: what it reads, what it writes, and what it says beside that.
    #[must_use]
    pub fn with_streams(mut self, [input, output, errors]: [Stdio; 3]) -> Self {
        self.command.stdin(input).stdout(output).stderr(errors);
        self
    }

    /// This process reads what it writes.
    #[must_use]
    pub fn writing_to_pipes(mut self) -> Self {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        self
    }

    /// Discards its output.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        self
    }

    /// It finds `descriptor` at [`HANDED_OVER`].
    #[must_use]
    pub fn with_descriptor(mut self, descriptor: std::os::fd::OwnedFd) -> Self {
        use command_fds::{CommandFdExt, FdMapping};
        let mapping = FdMapping { parent_fd: descriptor, child_fd: HANDED_OVER };
        // One mapping does not collide with another.
        let _ = self.command.fd_mappings(vec![mapping]);
        self
    }

    /// As a command, to be started once.
    pub fn into_command(self) -> Command {
        self.command
    }
}

/// Keeps from the children of this process what its own parent left open: a pipe, a lock. Streams stay, and what
/// was handed over when `and_handed_over`.
pub fn keep_only_streams(and_handed_over: bool) {
    close_fds::set_fds_cloexec(if and_handed_over { HANDED_OVER + 1 } else { HANDED_OVER }, &[]);
}

/// The file of a program: a path as it is, a name as it is on the PATH of `environment`, but never in the
/// current directory.
pub fn find(program: &str, environment: &Environment) -> Option<PathBuf> {
    let path = Path::new(program);
    if path.components().count() > 1 {
        return Some(path.to_owned());
    }
    folders::of_path(environment.os("PATH"))
        .into_iter()
        .map(|folder| folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX)))
        .find(|path| path.is_file())
}

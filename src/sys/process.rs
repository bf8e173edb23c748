//! Becoming another program, and starting one behind the user's back.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The absolute path of this binary.
pub fn this_binary() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// Becomes `program`: arguments and environment as given, argv[0] its path. Returns only when that fails.
///
/// Where the system cannot replace a process, the program runs as a child and this process ends with its
/// exit code.
pub fn become_program(program: &Path, arguments: &[OsString], added: &[(&str, OsString)]) -> io::Error {
    let mut command = Command::new(program);
    command.args(arguments).envs(added.iter().map(|(name, value)| (name, value)));
    #[cfg(unix)]
    return std::os::unix::process::CommandExt::exec(&mut command);
    #[cfg(not(unix))]
    match command.status() {
        #[expect(clippy::exit, reason = "the plugin is done, and its code is ours")]
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}

/// Starts this binary with `arguments` in the background: a session of its own, no streams, and no child
/// of this process, so that a plugin that this process becomes does not inherit it.
///
/// It costs one process more that ends at once: this one starts `arguments` with [`DETACH`] before them,
/// which must call [`detach`].
pub fn start_in_background(arguments: &[&str]) -> io::Result<()> {
    let status = silent(&this_binary()?).arg(DETACH).args(arguments).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("the background process did not start")) }
}

/// The hidden first argument of the process between.
pub const DETACH: &str = "__detach";

/// The part of the process between: leaves the session and starts this binary with `arguments`.
pub fn detach(arguments: &[OsString]) -> io::Result<()> {
    #[cfg(unix)]
    rustix::process::setsid()?;
    silent(&this_binary()?).args(arguments).spawn().map(drop)
}

fn silent(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Whether an error of [`become_program`] says that the file is in no format that the system runs.
pub fn is_format_error(error: &io::Error) -> bool {
    #[cfg(unix)]
    return error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error());
    #[cfg(not(unix))]
    return error.raw_os_error() == Some(193);
}

/// The text as arguments are: for messages and names, never for running.
pub fn display(text: &OsStr) -> String {
    text.to_string_lossy().into_owned()
}

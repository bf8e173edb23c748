//! Becoming another program, and starting one behind the user's back.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The absolute path of this binary.
pub fn this_binary() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// Becomes `program`: arguments and environment as given, the path as its first word. Returns only when that fails.
///
/// The standard library would do, were it not for `execvp`, which feeds whatever the system cannot run to a
/// shell, programs for other machines too.
#[cfg(unix)]
pub fn become_program(program: &Path, arguments: &[OsString], added: &[(&str, OsString)]) -> io::Error {
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt;
    let text = |parts: &[&[u8]]| CString::new(parts.concat());
    let is_added = |name: &OsStr| added.iter().any(|(other, _)| name == *other);
    let inherited = std::env::vars_os().filter(|(name, _)| !is_added(name));
    let environment: Result<Vec<CString>, _> = inherited
        .map(|(name, value)| text(&[name.as_bytes(), b"=", value.as_bytes()]))
        .chain(added.iter().map(|(name, value)| text(&[name.as_bytes(), b"=", value.as_bytes()])))
        .collect();
    let words = std::iter::once(program.as_os_str()).chain(arguments.iter().map(OsString::as_os_str));
    let words: Result<Vec<CString>, _> = words.map(|word| text(&[word.as_bytes()])).collect();
    let (Ok(path), Ok(words), Ok(environment)) =
        (text(&[program.as_os_str().as_bytes()]), words, environment)
    else {
        return io::ErrorKind::InvalidInput.into();
    };
    // Rust ignores SIGPIPE from the start of a program, and who is ignoring stays ignoring across exec.
    sigpipe::reset();
    match nix::unistd::execve(&path, &words, &environment) {
        Ok(never) => match never {},
        Err(error) => error.into(),
    }
}

/// As on Unix, but a system that cannot replace a process runs the program as a child, and this process
/// ends with its exit code.
#[cfg(not(unix))]
pub fn become_program(program: &Path, arguments: &[OsString], added: &[(&str, OsString)]) -> io::Error {
    let mut command = Command::new(program);
    command.args(arguments).envs(added.iter().map(|(name, value)| (name, value)));
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

//! Becoming another program.
//!
//! It is run by its name, and not by a descriptor of the file that was looked at: a script that is run through
//! `/dev/fd/N` finds neither its own name nor its own folder (`$0`, `dirname`, `ps`). What makes the name as good as a
//! descriptor is the look before ([`super::trust`]): a path that passed it can be changed by the user and by root
//! only, so that no other user can put another file there before the system, or a script's interpreter, opens it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
#[cfg(not(unix))]
use std::process::Command;

/// Becomes `program`: arguments and environment as given, the path as its first word. Returns only when that fails.
///
/// The standard library would do, were it not for `execvp`, which feeds whatever the system cannot run to a
/// shell, programs for other machines too.
#[cfg(unix)]
pub fn become_program(
    program: &Path,
    arguments: &[OsString],
    added: &[(&str, Option<OsString>)],
) -> io::Error {
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt;
    let text = |parts: &[&[u8]]| CString::new(parts.concat());
    let is_added = |name: &OsStr| added.iter().any(|(other, _)| name == *other);
    let inherited = std::env::vars_os().filter(|(name, _)| !is_added(name));
    let environment: Result<Vec<CString>, _> = inherited
        .map(|(name, value)| text(&[name.as_bytes(), b"=", value.as_bytes()]))
        .chain(
            added
                .iter()
                .filter_map(|(name, value)| Some(text(&[name.as_bytes(), b"=", value.as_ref()?.as_bytes()]))),
        )
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
pub fn become_program(
    program: &Path,
    arguments: &[OsString],
    added: &[(&str, Option<OsString>)],
) -> io::Error {
    let mut command = Command::new(program);
    command.args(arguments);
    for (name, value) in added {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    match command.status() {
        #[expect(clippy::exit, reason = "the plugin is done, and its code is ours")]
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}

/// Whether an error of [`become_program`] says that the file is in no format that the system runs.
pub fn is_format_error(error: &io::Error) -> bool {
    #[cfg(unix)]
    return error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error());
    #[cfg(not(unix))]
    return error.raw_os_error() == Some(193);
}

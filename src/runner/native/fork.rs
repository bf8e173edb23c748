//! The quick way to a process for a library: this one a second time, without starting the binary again, which costs more than the
//! run of most libraries.
//!
//! Both go on behind [`fork`]. Only a process that is as it started may do so; any other starts the binary (`child`).

use super::NativeError;
use crate::sys::process;
use std::ffi::OsString;

/// Which of the two processes this is.
pub(super) enum Fork {
    /// The one that waits for the other, whose number this is.
    Parent(u32),
    /// The one that is for the library.
    Child,
}

/// Makes the process, in whose environment `changes` are made; `None` where that is not safe.
#[expect(unsafe_code, reason = "a fork duplicates one thread of all, and variables are read without a lock")]
pub(super) fn fork(
    plugin: &str,
    changes: &[(&'static str, Option<OsString>)],
) -> Result<Option<Fork>, NativeError> {
    if !process::is_as_it_started() {
        return Ok(None);
    }
    // SAFETY: there is one thread, so that no other one holds a lock that nobody would ever release in the child.
    let forked = unsafe { nix::unistd::fork() };
    let not_started =
        |error: nix::Error| NativeError::NotStarted { plugin: plugin.to_owned(), error: error.into() };
    match forked.map_err(not_started)? {
        nix::unistd::ForkResult::Parent { child } => Ok(Some(Fork::Parent(child.as_raw().unsigned_abs()))),
        nix::unistd::ForkResult::Child => {
            for (name, value) in changes {
                // SAFETY: there is one thread, which reads no variable meanwhile.
                match value {
                    Some(value) => unsafe { std::env::set_var(name, value) },
                    None => unsafe { std::env::remove_var(name) },
                }
            }
            Ok(Some(Fork::Child))
        }
    }
}

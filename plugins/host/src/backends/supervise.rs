//! The processes between the host and a backend: `everestctl-host __supervise COMMAND…`, and one more of the kind.
//!
//! They end the backend and all that it has started when the pipe from the host closes. The kernel closes the
//! pipe even when the host is killed, and each of the two does the work when the other one is.

use crate::sys::children::{self, Ended, Watch};
use everestctl::error::{ExitCode, exit};
use everestctl::sys::Environment;
use std::ffi::OsString;

/// Runs `command` until it ends or standard input does; gives its exit code.
pub fn supervise(watch: Watch, command: &[OsString], environment: &Environment) -> ExitCode {
    match children::run_until_input_ends(watch, command, environment) {
        Ok(Ended::ByItself(code)) => code,
        Ok(Ended::ByUs) => exit::SUCCESS,
        Err(_) => exit::NOT_FOUND,
    }
}

//! The process between the host and a backend: `everestctl __supervise COMMAND…`.
//!
//! It starts the command in a process group of its own, and ends that group when the pipe from the host
//! closes. The kernel closes the pipe even when the host is killed, so that no backend is ever left behind.

use crate::sys::children::{self, Ended};
use std::ffi::OsString;

/// The hidden word by which the host starts it.
pub const WORD: &str = "__supervise";

/// Runs `command` until it ends or standard input does; gives its exit code.
pub fn supervise(command: &[OsString]) -> u8 {
    match children::run_until_input_ends(command) {
        Ok(Ended::ByItself(code)) => code,
        Ok(Ended::ByUs) => 0,
        Err(_) => 127,
    }
}

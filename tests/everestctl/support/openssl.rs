//! openssl, which makes keys, certificates and signatures for tests.

use super::{InTime as _, Sandbox, skip};
use std::path::Path;
use std::process::Command;

/// The program.
pub(crate) const OPENSSL: &str = "/usr/bin/openssl";

/// Whether it is there; where it is not, the test is skipped by name.
pub(crate) fn is_there(test: &str) -> bool {
    let is_there = Path::new(OPENSSL).exists();
    if !is_there {
        skip("openssl", test, "openssl is not installed");
    }
    is_there
}

/// Runs a line of it in the folder of the sandbox.
pub(crate) fn run(sandbox: &Sandbox, line: &str) {
    let made =
        Command::new(OPENSSL).args(line.split_whitespace()).current_dir(sandbox.path(".")).output_in_time();
    assert!(made.status.success(), "{made:?}");
}

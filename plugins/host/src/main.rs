//! The binary: hands arguments and environment to the library, and its exit code to the system.

use everestctl::sys::Environment;
use everestctl_host::cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    ExitCode::from(cli::run(&arguments, Environment::from_process()))
}

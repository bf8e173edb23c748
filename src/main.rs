//! The binary: hands arguments and environment to the library, and its exit code to the system.
//!
//! On Linux with glibc it starts without what Rust does before `main`: that reads `/proc/self/maps` to find the end of the stack, for
//! a message when it is exceeded, and takes a tenth of the time of `--version`. What else Rust does there is done here.

#![cfg_attr(all(target_os = "linux", target_env = "gnu"), no_main)]

use everestctl::{cli, sys::Environment};

/// Runs the command line, and gives its exit code.
fn run() -> u8 {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    cli::run(&arguments, Environment::from_process()).into()
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(run())
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod start {
    use everestctl::sys::process;
    use nix::libc;
    use std::ffi::{c_char, c_int};

    /// What libc calls. Rust finds the arguments by itself.
    #[expect(unsafe_code, reason = "the name is libc's, and so is `signal`")]
    // SAFETY: no other function of the program has this name.
    #[unsafe(no_mangle)]
    extern "C" fn main(_count: c_int, _arguments: *const *const c_char) -> c_int {
        if process::open_standard_streams().is_err() {
            std::process::abort();
        }
        // SAFETY: there is no other thread yet, and the signal is ignored: nothing of this program is called.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
        // Not a return, after which what is still held for standard output would not be written.
        std::process::exit(super::run().into())
    }
}

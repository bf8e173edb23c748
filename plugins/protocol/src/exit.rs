//! The exit codes that everestctl itself gives. A plugin's own code passes through unchanged.

/// How a process ended, as the process that started it sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExitCode(u8);

/// The code of a program that is passed through.
impl From<u8> for ExitCode {
    fn from(number: u8) -> Self {
        Self(number)
    }
}

impl From<ExitCode> for u8 {
    fn from(code: ExitCode) -> Self {
        code.0
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        code.0.into()
    }
}

/// Done.
pub const SUCCESS: ExitCode = ExitCode(0);
/// The operation failed.
pub const FAILURE: ExitCode = ExitCode(1);
/// The command line makes no sense.
pub const USAGE: ExitCode = ExitCode(2);
/// The user has to sign in first.
pub const SIGN_IN: ExitCode = ExitCode(4);
/// A deadline that the user set has passed.
pub const TIMED_OUT: ExitCode = ExitCode(124);
/// everestctl failed before the plugin started.
pub const HOST_FAILURE: ExitCode = ExitCode(125);
/// The command was found and may not or cannot run.
pub const CANNOT_RUN: ExitCode = ExitCode(126);
/// No such command, or its interpreter is missing.
pub const NOT_FOUND: ExitCode = ExitCode(127);
/// Interrupted by the user.
pub const INTERRUPTED: ExitCode = ExitCode(130);

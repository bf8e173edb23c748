//! The exit codes that everestctl itself gives. A plugin's own code passes through unchanged.

/// Done.
pub const SUCCESS: u8 = 0;
/// The operation failed.
pub const FAILURE: u8 = 1;
/// The command line makes no sense.
pub const USAGE: u8 = 2;
/// The user has to sign in first.
pub const SIGN_IN: u8 = 4;
/// A deadline that the user set has passed.
pub const TIMED_OUT: u8 = 124;
/// everestctl failed before the plugin started.
pub const HOST_FAILURE: u8 = 125;
/// The command was found and may not or cannot run.
pub const CANNOT_RUN: u8 = 126;
/// No such command, or its interpreter is missing.
pub const NOT_FOUND: u8 = 127;
/// Interrupted by the user.
pub const INTERRUPTED: u8 = 130;

//! L1: what the host alone needs of the operating system; everything else is in `everestctl::sys`.
//!
//! * [`children`]: children in the foreground, or that never outlive whoever started them;
//! * [`tree`]: what a process has started; [`sockets`]: who listens;
//! * [`run_folder`]: a folder for as long as a process runs.
#![expect(clippy::disallowed_methods, reason = "this layer is what the others have instead")]

pub mod children;
pub mod run_folder;
pub mod sockets;
pub mod tree;

//! The process that a library is loaded in: this binary, started for a [`super::task::Task`].
//!
//! It must not know how the library was found; whoever starts it has looked at the file.

use super::error::NativeError;
use super::host;
use super::library::LoadedPlugin;
use super::services::HostServices;
use crate::sys::{process, supervision};
use std::ffi::OsString;
use std::path::Path;

/// Runs the command of the library at `path` in this process; gives the plugin's exit code.
pub fn run(
    parent: Option<u32>,
    name: &str,
    path: &Path,
    arguments: &[OsString],
    services: Box<dyn HostServices>,
) -> Result<u8, NativeError> {
    if let Some(parent) = parent {
        let not_started = |error| NativeError::NotStarted { plugin: name.to_owned(), error };
        supervision::end_with(parent).map_err(not_started)?;
    }
    let plugin =
        LoadedPlugin::load(path).map_err(|fault| NativeError::Unusable { path: path.to_owned(), fault })?;
    // As any program that starts has it.
    process::end_with_reader();
    Ok(plugin.run(name, arguments, host::host(services)))
}

/// The metadata of the library at `path`, or why there is none, as [`super::metadata`] reads it.
pub fn metadata(path: &Path) -> Vec<u8> {
    let told = LoadedPlugin::load(path).and_then(|plugin| plugin.metadata());
    super::metadata::Told::from_result(told).to_bytes()
}

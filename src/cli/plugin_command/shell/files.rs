//! What a shell keeps: its history, and statements that were saved under a name. All of it is for the user alone.

use crate::error::{Failure, exit};
use crate::model::quoted;
use crate::ops::App;
use crate::sys::files;
use std::io;
use std::path::PathBuf;

/// How many bytes a saved statement may have.
const LARGEST: u64 = 16 * 1024 * 1024;

/// The folder of a plugin's shell, which is there afterwards.
fn folder(app: &App, plugin: &str) -> io::Result<PathBuf> {
    let state = app.folders.state.as_ref().ok_or(io::ErrorKind::NotFound)?;
    let folder = state.join("shell").join(plugin);
    files::make_private_folder(&folder)?;
    Ok(folder)
}

/// The file of the history; none where it cannot be kept.
pub(super) fn history(app: &App, plugin: &str) -> Option<PathBuf> {
    let file = folder(app, plugin).ok()?.join("history");
    // It is for the user alone from its first line on.
    files::touch_private(&file).ok()?;
    Some(file)
}

/// The names of saved statements.
pub(super) fn saved(app: &App, plugin: &str) -> Vec<String> {
    let names = folder(app, plugin).and_then(|folder| files::names_in(&folder)).unwrap_or_default();
    let name = |name: std::ffi::OsString| Some(name.to_str()?.strip_suffix(".saved")?.to_owned());
    let mut names: Vec<String> = names.into_iter().filter_map(name).collect();
    names.sort();
    names
}

/// Saves a statement.
pub(super) fn save(app: &App, plugin: &str, name: &str, statement: &str) -> Result<(), Failure> {
    let path = path(app, plugin, name)?;
    files::replace(&path, statement.as_bytes()).map_err(|error| failed(name, &error))
}

/// The statement that was saved as `name`.
pub(super) fn read(app: &App, plugin: &str, name: &str) -> Result<String, Failure> {
    let path = path(app, plugin, name)?;
    let text = files::read(&path, LARGEST).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            Failure::new(exit::FAILURE, format!("saved statement {} not found", quoted(name)))
        }
        _ => failed(name, &error),
    })?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn path(app: &App, plugin: &str, name: &str) -> Result<PathBuf, Failure> {
    let is_name = (1..=100).contains(&name.len())
        && name.chars().all(|character| character.is_alphanumeric() || "-_".contains(character));
    if !is_name {
        let error = format!("{} is not a name: letters, digits, `-` and `_` are allowed", quoted(name));
        return Err(Failure::new(exit::USAGE, error));
    }
    let folder = folder(app, plugin).map_err(|error| failed(name, &error))?;
    Ok(folder.join(format!("{name}.saved")))
}

fn failed(name: &str, error: &io::Error) -> Failure {
    Failure::new(exit::FAILURE, format!("saved statement {}: {error}", quoted(name)))
}

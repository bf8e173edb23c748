//! A file that several processes change: its lock, which is beside the file that its path finally leads to, so that every link
//! to one file means one lock.
//!
//! It must not know what is in the file.

use super::client_config::ConfigError;
use crate::sys::files;
use crate::sys::lock::Lock;
use crate::sys::trust;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Whether this user may change the file at `path` at all: root does not where it is another user's (`sudo -E`).
pub(super) fn is_mine_to_write(path: &Path) -> Result<(), ConfigError> {
    let absolute =
        std::path::absolute(path).map_err(|error| ConfigError::Unwritable(path.to_owned(), error))?;
    trust::root_may_write(&absolute).map_err(|why| ConfigError::OfAnotherUser(path.to_owned(), why))
}

/// Takes the lock of the file at `path`, waiting at most `patience`, and gives where that path leads in the end. Its folder
/// is made where it is missing, and is the user's alone where this program `owns_folder`.
pub(super) fn lock(
    path: &Path,
    owns_folder: bool,
    patience: Duration,
) -> Result<(PathBuf, Lock), ConfigError> {
    let unwritable = |error| ConfigError::Unwritable(path.to_owned(), error);
    is_mine_to_write(path)?;
    if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
        files::make_private_folder(folder).map_err(unwritable)?;
        if owns_folder {
            // This fails if the folder belongs to another user; then the file itself decides.
            let _ = files::make_private(folder, 0o700);
        }
    }
    let target = target(path).map_err(unwritable)?;
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    let lock = Lock::take(&target.with_file_name(name), patience).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => ConfigError::Locked(path.to_owned()),
        _ => unwritable(error),
    })?;
    Ok((target, lock))
}

/// Where a path leads in the end, also when the file itself is not there yet.
fn target(path: &Path) -> io::Result<PathBuf> {
    trust::follow(&std::path::absolute(path)?)
}

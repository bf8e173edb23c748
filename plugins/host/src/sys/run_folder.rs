//! A folder for as long as a process runs. One whose process was killed is removed by the next process that makes
//! one, which knows it by its lock: the system releases that, however the process ended.

use everestctl::sys::lock::Lock;
use everestctl::sys::{FileFacts, files};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

const PREFIX: &str = "everestctl-host-";
/// The lock of a folder, inside of it.
const OWN_LOCK: &str = "lock";
/// The lock of the place, held while a folder is made or removed.
const LOCK: &str = "everestctl-host.lock";
const PATIENCE: Duration = Duration::from_secs(5);

/// The folder; it goes when this is dropped.
#[derive(Debug)]
pub struct RunFolder {
    folder: tempfile::TempDir,
    _lock: Option<Lock>,
}

impl RunFolder {
    /// A folder for the user alone, in the first of `places` that is for the user alone too; in the system's place for
    /// temporary files when there is none.
    pub fn new(places: impl IntoIterator<Item = PathBuf>) -> io::Result<Self> {
        for place in places {
            if let Ok(folder) = Self::within(&place) {
                return Ok(folder);
            }
        }
        Ok(Self { folder: files::temporary_folder(PREFIX)?, _lock: None })
    }

    fn within(place: &Path) -> io::Result<Self> {
        files::make_private_folder(place)?;
        let facts = FileFacts::from_path(place)?;
        if !facts.is_private() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let _one_at_a_time = Lock::take(&place.join(LOCK), PATIENCE)?;
        sweep(place);
        let folder = files::temporary_folder_in(place, PREFIX)?;
        let lock = Lock::try_take(&folder.path().join(OWN_LOCK))?;
        Ok(Self { folder, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders of processes that have ended.
fn sweep(place: &Path) {
    for name in files::names_in(place).unwrap_or_default() {
        let folder = place.join(&name);
        let is_one = name.to_string_lossy().starts_with(PREFIX)
            && fs::symlink_metadata(&folder).is_ok_and(|metadata| metadata.is_dir());
        if is_one && let Ok(Some(_dead)) = Lock::try_take(&folder.join(OWN_LOCK)) {
            let _ = fs::remove_dir_all(&folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_goes_with_its_process_or_with_the_next_one() {
        let place = tempfile::tempdir().unwrap();
        let private = place.path().join("private");
        let first = RunFolder::new([private.clone()]).unwrap();
        let left = private.join(format!("{PREFIX}left"));
        fs::create_dir_all(left.join("deep")).unwrap();
        fs::create_dir(private.join("other")).unwrap();
        let second = RunFolder::new([private.clone()]).unwrap();
        assert!(first.path().exists() && second.path().exists() && private.join("other").exists());
        assert!(!left.exists());
        let path = first.path().to_owned();
        drop(first);
        assert!(!path.exists());
    }

    #[test]
    fn a_place_that_others_can_write_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let open = place.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        let folder = RunFolder::new([open.clone(), place.path().join("private")]).unwrap();
        assert!(folder.path().starts_with(place.path().join("private")));
        assert_eq!(fs::read_dir(open).unwrap().count(), 0);
    }
}

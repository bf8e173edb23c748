//! Advisory locks between processes. The system releases a lock when its holder ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long until the next look.
const PAUSE: Duration = Duration::from_millis(5);
/// More than any note needs, in bytes.
const LONGEST_NOTE: usize = 256 * 1024;

/// A held lock; dropping it releases it.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock at `path` if it is free; `None` if it is held.
    pub fn try_take(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Takes the lock at `path`, waiting for it at most `patience`: after that it is
    /// [`io::ErrorKind::TimedOut`].
    pub fn take(path: &Path, patience: Duration) -> io::Result<Self> {
        let start = Instant::now();
        loop {
            if let Some(lock) = Self::try_take(path)? {
                return Ok(lock);
            }
            if start.elapsed() > patience {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "locked by another process"));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// The content of the lock file: a note for the next holder of the lock.
    pub fn note(&self) -> io::Result<String> {
        let mut text = String::new();
        (&self.file).seek(SeekFrom::Start(0))?;
        (&self.file).take(LONGEST_NOTE as u64).read_to_string(&mut text)?;
        Ok(text)
    }

    /// Leaves a note for the next holder of the lock; an empty one removes it. It stays when this process
    /// is killed.
    pub fn leave_note(&self, text: &str) -> io::Result<()> {
        if text.len() > LONGEST_NOTE {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        // Written before it is cut to its length: a process may be killed at any moment, and a note that is
        // there must be whole. It may be followed by the end of a longer one.
        (&self.file).seek(SeekFrom::Start(0))?;
        (&self.file).write_all(text.as_bytes())?;
        self.file.set_len(text.len() as u64)
    }
}

/// Opens the lock's own file, or makes it: one that is the user's alone. A note may hold secrets and is written over
/// whatever the file has; so a link, another name of another file, or a file of another user is not a lock.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // Without NONBLOCK a device could keep this process for ever.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    let opened = options.open(path);
    #[cfg(unix)]
    if opened
        .as_ref()
        .is_err_and(|error| error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()))
    {
        return Err(refused(path, "is a link"));
    }
    let file = opened?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let metadata = file.metadata()?;
        if !super::owners::is_me(metadata.uid()) {
            return Err(refused(path, &format!("belongs to another user (uid {})", metadata.uid())));
        }
        if !metadata.is_file() {
            return Err(refused(path, "is not a file"));
        }
        if metadata.nlink() > 1 {
            return Err(refused(path, "is a hard link"));
        }
        if metadata.mode() & 0o077 != 0 {
            // Where the file system knows no modes, the config file beside it is as open.
            let _ = file.set_permissions(std::fs::Permissions::from_mode(0o600));
        }
    }
    Ok(file)
}

#[cfg(unix)]
fn refused(path: &Path, why: &str) -> io::Error {
    let message = format!("its lock {} {why}", path.display());
    io::Error::new(io::ErrorKind::PermissionDenied, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_the_users_own_file_is_no_lock() {
        let folder = super::super::files::temporary_folder("lock-").unwrap();
        let (other, path) = (folder.path().join("other"), folder.path().join("lock"));
        std::fs::write(&other, "precious").unwrap();
        let refusal = |path: &Path| Lock::try_take(path).unwrap_err().to_string();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        assert!(refusal(&path).ends_with("is a link"), "{}", refusal(&path));
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(folder.path().join("nothing"), &path).unwrap();
        assert!(refusal(&path).ends_with("is a link"));
        std::fs::remove_file(&path).unwrap();
        std::fs::hard_link(&other, &path).unwrap();
        assert!(refusal(&path).ends_with("is a hard link"));
        std::fs::remove_file(&path).unwrap();
        let pipe = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(pipe.success() && refusal(&path).ends_with("is not a file"));
        std::fs::remove_file(&path).unwrap();
        let lock = Lock::try_take(&path).unwrap().unwrap();
        lock.leave_note("note").unwrap();
        assert_eq!(lock.note().unwrap(), "note");
        assert_eq!(std::fs::read_to_string(other).unwrap(), "precious");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_lock_that_others_can_read_is_closed_before_a_note_goes_into_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = super::super::files::temporary_folder("lock-").unwrap();
        let path = folder.path().join("lock");
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        let _lock = Lock::try_take(&path).unwrap().unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_note_that_could_not_be_read_again_is_not_left() {
        let folder = super::super::files::temporary_folder("lock-").unwrap();
        let lock = Lock::try_take(&folder.path().join("lock")).unwrap().unwrap();
        lock.leave_note("short").unwrap();
        assert!(lock.leave_note(&"x".repeat(LONGEST_NOTE + 1)).is_err());
        assert_eq!(lock.note().unwrap(), "short");
        lock.leave_note(&"x".repeat(LONGEST_NOTE)).unwrap();
        assert_eq!(lock.note().unwrap().len(), LONGEST_NOTE);
    }
}

//! Advisory locks between processes. The system releases a [`Lock`] when its holder ends, however it ends; a [`LockFile`] is for
//! programs that know no other.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
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
                return Err(timed_out());
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Takes the lock of the file at `path` itself, which is there, may be read-only and may be another program's to replace;
    /// waits as [`Self::take`] does.
    pub fn of_file(path: &Path, patience: Duration) -> io::Result<Self> {
        let start = Instant::now();
        loop {
            let file = File::open(path)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, path)? => return Ok(Self { file }),
                // While this process waited, the file was replaced: this is the lock of one that is gone.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            if start.elapsed() > patience {
                return Err(timed_out());
            }
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

/// A lock that is held for as long as a file exists, as kubectl locks a kubeconfig (client-go, `ModifyConfig`). Nobody releases it
/// for a process that is killed.
#[derive(Debug)]
pub struct LockFile {
    path: PathBuf,
}

impl LockFile {
    /// Makes the file at `path`; where another process has, waits at most `patience` until it is gone: after that it is
    /// [`io::ErrorKind::TimedOut`].
    pub fn create(path: PathBuf, patience: Duration) -> io::Result<Self> {
        let start = Instant::now();
        loop {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(_) => return Ok(Self { path }),
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                Err(_) if start.elapsed() > patience => return Err(timed_out()),
                Err(_) => std::thread::sleep(PAUSE),
            }
        }
    }

    /// Waits until nobody holds the lock at `path`, in the same way.
    pub fn wait(path: &Path, patience: Duration) -> io::Result<()> {
        let start = Instant::now();
        while fs::symlink_metadata(path).is_ok() {
            if start.elapsed() > patience {
                return Err(timed_out());
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn timed_out() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "locked by another process")
}

/// Whether `file` is what is at `path` now.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (mine, there) = (file.metadata()?, fs::metadata(path)?);
    Ok((mine.dev(), mine.ino()) == (there.dev(), there.ino()))
}

/// Opens the lock's own file, or makes it: one that is the user's alone. A note may hold secrets and is written over
/// whatever the file has; so a link, another name of another file, or a file of another user is not a lock.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // Without NONBLOCK a device could keep this process for ever.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    let opened = options.open(path);
    if opened
        .as_ref()
        .is_err_and(|error| error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()))
    {
        return Err(refused(path, "is a link"));
    }
    let file = opened?;
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
    fn a_file_that_is_replaced_has_one_lock_all_the_same() {
        let folder = super::super::files::temporary_folder("lock-").unwrap();
        let (path, next) = (folder.path().join("file"), folder.path().join("next"));
        std::fs::write(&path, "old").unwrap();
        let held = Lock::of_file(&path, Duration::ZERO).unwrap();
        let busy = |path: &Path| Lock::of_file(path, Duration::ZERO).unwrap_err().kind();
        assert_eq!(busy(&path), io::ErrorKind::TimedOut);
        let waiting = {
            let path = path.clone();
            std::thread::spawn(move || Lock::of_file(&path, Duration::from_mins(1)).unwrap())
        };
        std::thread::sleep(Duration::from_millis(50));
        std::fs::write(&next, "new").unwrap();
        std::fs::rename(&next, &path).unwrap();
        drop(held);
        let held = waiting.join().unwrap();
        assert!(is_at(&held.file, &path).unwrap());
        assert_eq!(busy(&path), io::ErrorKind::TimedOut);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn a_lock_file_is_one_processs_and_goes_with_it() {
        let folder = super::super::files::temporary_folder("lock-").unwrap();
        let path = folder.path().join("config.lock");
        let held = LockFile::create(path.clone(), Duration::ZERO).unwrap();
        assert_eq!(LockFile::wait(&path, Duration::ZERO).unwrap_err().kind(), io::ErrorKind::TimedOut);
        let second = LockFile::create(path.clone(), Duration::ZERO).unwrap_err();
        assert_eq!(second.kind(), io::ErrorKind::TimedOut);
        drop(held);
        assert!(LockFile::wait(&path, Duration::ZERO).is_ok());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
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

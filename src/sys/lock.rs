//! Advisory locks between processes. The system releases a lock when its holder ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long until the next look.
const PAUSE: Duration = Duration::from_millis(5);
/// More than any note needs, in bytes.
const LONGEST_NOTE: u64 = 64 * 1024;

/// A held lock; dropping it releases it.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock at `path` if nobody holds it; `None` when somebody does.
    pub fn try_take(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Takes the lock at `path`, waiting for whoever holds it, but not longer than `patience`: then it is
    /// [`io::ErrorKind::TimedOut`].
    pub fn take(path: &Path, patience: Duration) -> io::Result<Self> {
        let start = Instant::now();
        loop {
            if let Some(lock) = Self::try_take(path)? {
                return Ok(lock);
            }
            if start.elapsed() > patience {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "another process holds its lock"));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// What stands in the lock's own file: a note for whoever takes the lock next.
    pub fn note(&self) -> io::Result<String> {
        let mut text = String::new();
        (&self.file).seek(SeekFrom::Start(0))?;
        (&self.file).take(LONGEST_NOTE).read_to_string(&mut text)?;
        Ok(text)
    }

    /// Leaves a note for whoever takes the lock next; an empty one takes it away. It stays when this process
    /// is killed.
    pub fn leave_note(&self, text: &str) -> io::Result<()> {
        // Written before it is cut to its length: a process may be killed at any moment, and a note that is
        // there must be whole. The end of a longer one may stand behind it then.
        (&self.file).seek(SeekFrom::Start(0))?;
        (&self.file).write_all(text.as_bytes())?;
        self.file.set_len(text.len() as u64)
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

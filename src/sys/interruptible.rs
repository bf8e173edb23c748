//! Writing that ends with Ctrl-C although nobody reads: a pipe that is full holds a process in its write, where it looks at
//! no signal.
//!
//! Where a signal ends the process anyway, and for a file or a terminal, a write is a write. A pipe or a socket gets what it has
//! room for, by one call as well where the kernel has that; else it is asked first whether it takes something, and gets no
//! more than it then takes for certain.
//!
//! It must not know what is written.

use super::signals::{self, SIGNALS};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::fd::AsFd;
use rustix::fs::{FileType, fstat};
use std::io::{self, Read as _, Write};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;

/// What a pipe that can be written to takes without a rest (`PIPE_BUF`): 4 KiB on Linux, and 512 bytes by POSIX.
const TAKEN_AT_ONCE: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

/// A signal came while nobody read what was written.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
struct WriteInterrupted;

/// Whether a write failed since a signal came while nobody read.
pub fn was_interrupted(error: &io::Error) -> bool {
    matches!(error.get_ref(), Some(inner) if inner.is::<WriteInterrupted>())
}

/// Fails when a signal has come.
pub(super) fn check() -> io::Result<()> {
    if signals::one_came() { Err(io::Error::other(WriteInterrupted)) } else { Ok(()) }
}

/// Something open, and how it is written to.
#[derive(Debug)]
pub struct Interruptible<F> {
    file: F,
    /// Whether a write can last until somebody reads.
    waits: OnceLock<bool>,
}

impl<F: AsFd> Interruptible<F> {
    /// `file`, to be written to.
    pub fn new(file: F) -> Self {
        Self { file, waits: OnceLock::new() }
    }

    fn waits(&self) -> bool {
        *self.waits.get_or_init(|| {
            let kind = fstat(&self.file).map(|stat| FileType::from_raw_mode(stat.st_mode));
            kind.is_ok_and(|kind| matches!(kind, FileType::Fifo | FileType::Socket))
        })
    }

    /// Writes as much as there is room for. `None` where there is none, and where the kernel does not know such a write:
    /// Linux does for a socket, and since 6.4 for a pipe.
    #[cfg(target_os = "linux")]
    fn write_what_fits(&self, bytes: &[u8]) -> io::Result<Option<usize>> {
        use rustix::io::{Errno, ReadWriteFlags, pwritev2};
        const AT_ITS_END: u64 = u64::MAX;
        match pwritev2(&self.file, &[io::IoSlice::new(bytes)], AT_ITS_END, ReadWriteFlags::NOWAIT) {
            Ok(written) => Ok(Some(written)),
            Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn write_what_fits(&self, _bytes: &[u8]) -> io::Result<Option<usize>> {
        Ok(None)
    }

    /// Waits until something can be written, or a signal comes.
    fn wait(&self) -> io::Result<()> {
        if self.is_ready(PollTimeout::ZERO, None)? {
            return Ok(());
        }
        let waker = waker()?;
        loop {
            // What woke somebody before is no news; a signal after this wakes what is below.
            while matches!((&*waker).read(&mut [0; 64]), Ok(1..)) {}
            check()?;
            if self.is_ready(PollTimeout::NONE, Some(waker))? {
                return Ok(());
            }
        }
    }

    /// Waits until something can be written, a byte can be read from `waker`, or the time is over; says which.
    fn is_ready(&self, timeout: PollTimeout, waker: Option<&UnixStream>) -> io::Result<bool> {
        let mut asked = vec![PollFd::new(self.file.as_fd(), PollFlags::POLLOUT)];
        asked.extend(waker.map(|waker| PollFd::new(waker.as_fd(), PollFlags::POLLIN)));
        match poll(&mut asked, timeout) {
            // Trouble is an answer, too: the write says what it is.
            Ok(_) => Ok(asked[0].any() == Some(true)),
            Err(Errno::EINTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl<F: AsFd> Write for Interruptible<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !signals::are_held_back() || !self.waits() {
            return Ok(rustix::io::write(&self.file, bytes)?);
        }
        if let Some(written) = self.write_what_fits(bytes)? {
            return Ok(written);
        }
        self.wait()?;
        match self.write_what_fits(bytes)? {
            Some(written) => Ok(written),
            None => Ok(rustix::io::write(&self.file, &bytes[..bytes.len().min(TAKEN_AT_ONCE)])?),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What can be read from when a signal has come, from the first time on that somebody waits.
fn waker() -> io::Result<&'static UnixStream> {
    static WAKER: OnceLock<UnixStream> = OnceLock::new();
    if let Some(waker) = WAKER.get() {
        return Ok(waker);
    }
    let (read, write) = UnixStream::pair()?;
    read.set_nonblocking(true)?;
    for signal in SIGNALS {
        signal_hook::low_level::pipe::register(signal, write.try_clone()?)?;
    }
    Ok(WAKER.get_or_init(|| read))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::signals::Interrupts;
    use std::io::pipe;

    #[test]
    fn all_comes_through_a_pipe_that_is_read_slowly() {
        let _interrupts = Interrupts::watch().unwrap();
        let (mut reader, writer) = pipe().unwrap();
        let all: Vec<u8> = (0..300_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        let expected = all.clone();
        let writes = std::thread::spawn(move || Interruptible::new(writer).write_all(&all).unwrap());
        let mut read = Vec::new();
        let mut piece = [0; 7_000];
        while let Ok(length @ 1..) = reader.read(&mut piece) {
            read.extend_from_slice(&piece[..length]);
        }
        writes.join().unwrap();
        assert!(read == expected);
    }

    #[test]
    fn a_pipe_without_a_reader_is_said_to_be_closed() {
        let _interrupts = Interrupts::watch().unwrap();
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let error = Interruptible::new(writer).write(b"x").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}

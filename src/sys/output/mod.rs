//! The file that a user names for writing, as `--output-file` does.
//!
//! * It is under its name only when it is whole, and what was there before stays until then.
//! * It is opened as `>` would open it under the kernel's own protections (`fs.protected_symlinks`, `_regular`,
//!   `_fifos`, `_hardlinks`), whether they are switched on or not, and in every folder in which another user can put
//!   something: a link of another user is not followed, a file or a pipe of another user is not written.
//! * Its folder is held open from the look to the end, so that what is put under its path meanwhile changes nothing.
//!
//! A link of the user's own leads to what is replaced; a device, a pipe and `/dev/stdout` get everything at once.

mod place;
mod unfinished;
use {place::OutputTarget, unfinished::UnnamedFile};

use super::interruptible::Interruptible;
use place::find;

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// A file that comes piece by piece.
#[derive(Debug)]
pub struct OutputFile {
    sink: OutputWriter,
    size: u64,
}

/// Where the pieces go.
#[derive(Debug)]
enum OutputWriter {
    /// To a file without its name yet.
    Unfinished(UnnamedFile),
    /// To something that has no name to be given.
    Stream(Interruptible<File>),
}

impl OutputFile {
    /// Starts to write what will be at `path`.
    pub fn begin(path: &Path) -> io::Result<Self> {
        let sink = match find(path)? {
            OutputTarget::Name(name) => OutputWriter::Unfinished(UnnamedFile::begin(name)?),
            OutputTarget::Stream(file) => OutputWriter::Stream(Interruptible::new(file)),
        };
        Ok(Self { sink, size: 0 })
    }

    /// Adds a piece.
    pub fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        match &mut self.sink {
            OutputWriter::Unfinished(file) => file.write_all(piece)?,
            OutputWriter::Stream(file) => file.write_all(piece)?,
        }
        self.size += piece.len() as u64;
        Ok(())
    }

    /// Forgets what has come; a stream cannot.
    pub fn start_over(&mut self) -> io::Result<()> {
        match &mut self.sink {
            _ if self.size == 0 => Ok(()),
            OutputWriter::Stream(_) => Err(io::Error::other("could not truncate the file")),
            OutputWriter::Unfinished(file) => {
                self.size = 0;
                file.start_over()
            }
        }
    }

    /// Gives it its name, and tells how many bytes it has.
    pub fn finish(self) -> io::Result<u64> {
        match self.sink {
            OutputWriter::Unfinished(file) => file.finish()?,
            OutputWriter::Stream(_) => {}
        }
        Ok(self.size)
    }
}

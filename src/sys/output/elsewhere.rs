//! The same for systems without the calls of Unix: beside its place until it is whole.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

/// What a path leads to.
pub(super) enum Found {
    /// A file, or none yet.
    Name(PathBuf),
    /// A device.
    Stream(File),
}

/// A file without its name.
#[derive(Debug)]
pub(super) struct Unfinished {
    file: tempfile::NamedTempFile,
    place: PathBuf,
}

pub(super) fn find(path: &Path) -> io::Result<Found> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match fs::metadata(&path) {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => fs::OpenOptions::new().write(true).open(&path).map(Found::Stream),
        _ => Ok(Found::Name(path)),
    }
}

impl Unfinished {
    pub(super) fn begin(place: PathBuf) -> io::Result<Self> {
        let folder = place.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        Ok(Self { file: tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?, place })
    }

    pub(super) fn write_all(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file.write_all(piece)
    }

    pub(super) fn start_over(&mut self) -> io::Result<()> {
        self.file.as_file_mut().set_len(0)?;
        self.file.as_file_mut().rewind()
    }

    pub(super) fn finish(self) -> io::Result<()> {
        self.file.persist(&self.place)?;
        Ok(())
    }
}

//! A regular file that stays open, of which parts are read: when another takes its name, it is still this one.

use super::files::{FileFacts, open_regular};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// An open file.
#[derive(Debug)]
pub struct OpenFile {
    file: File,
    size: u64,
}

impl OpenFile {
    /// Opens the regular file at `path`, if it is not larger than `limit` bytes.
    pub fn open(path: &Path, limit: u64) -> io::Result<(Self, FileFacts)> {
        let (file, metadata) = open_regular(path, limit)?;
        let size = metadata.len();
        Ok((Self { file, size }, FileFacts::from(&metadata)))
    }

    /// Its size when it was opened, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// `length` bytes after the first `from`; all of them, or it fails.
    pub fn read_at(&self, from: u64, length: usize) -> io::Result<Vec<u8>> {
        if from.saturating_add(length as u64) > self.size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, from)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::files;

    #[test]
    fn a_part_is_read_whole_or_not_at_all() {
        let folder = files::temporary_folder("open-file-").unwrap();
        let path = folder.path().join("x");
        files::replace(&path, b"0123456789").unwrap();
        let (file, _) = OpenFile::open(&path, 10).unwrap();
        assert_eq!((file.size(), file.read_at(3, 4).unwrap()), (10, b"3456".to_vec()));
        files::replace(&path, b"another").unwrap();
        assert_eq!(file.read_at(8, 2).unwrap(), b"89");
        for (from, length) in [(8, 3), (11, 0), (u64::MAX, 1), (0, usize::MAX)] {
            assert!(file.read_at(from, length).is_err());
        }
        assert!(OpenFile::open(&path, 6).is_err() && OpenFile::open(folder.path(), 6).is_err());
    }
}

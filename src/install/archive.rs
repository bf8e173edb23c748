//! Reading the files of a package: from a folder or an archive, within limits, and nothing that is not a file.

use super::error::InstallError;
use crate::model::CleanText;
use crate::sys::FileFacts;
use crate::sys::archive::{self, UnpackError};
use crate::sys::files::{self, FileKind};
use crate::sys::tree::{self, TreeFile, TreeLimits};
use std::path::Path;

/// The most of a package: what does not fit is refused before it is unpacked as a whole.
pub const LIMITS: TreeLimits = TreeLimits { entries: 2000, bytes: 512 * 1024 * 1024, depth: 16 };
/// The largest archive, in bytes.
pub const LARGEST_ARCHIVE: usize = 256 * 1024 * 1024;

/// The bytes of the archive at `path`; nothing where that is a folder.
pub fn content(path: &Path) -> Result<Option<Vec<u8>>, InstallError> {
    let unreadable = |error| InstallError::Unreadable { path: path.to_owned(), error };
    match FileFacts::from_path(path).map_err(unreadable)?.kind {
        FileKind::Folder => Ok(None),
        FileKind::File => files::read(path, LARGEST_ARCHIVE as u64).map(Some).map_err(unreadable),
        _ => Err(InstallError::NoPackage(CleanText::new(&path.to_string_lossy()))),
    }
}

/// The files in the folder at `path`.
pub fn read(path: &Path) -> Result<Vec<TreeFile>, InstallError> {
    tree::read(path, LIMITS).map_err(|error| InstallError::Unreadable { path: path.to_owned(), error })
}

/// The files in an archive that came from `place`.
pub fn unpack(content: &[u8], place: &str) -> Result<Vec<TreeFile>, InstallError> {
    archive::unpack(content, LIMITS).map(without_top).map_err(|error| refused(error, place))
}

/// The files with these paths, which came one by one.
pub fn collect(parts: Vec<(String, Vec<u8>)>, place: &str) -> Result<Vec<TreeFile>, InstallError> {
    archive::collect(parts, LIMITS).map_err(|error| refused(error, place))
}

fn refused(error: UnpackError, place: &str) -> InstallError {
    let place = CleanText::new(place);
    match error {
        UnpackError::Unknown => InstallError::NoPackage(place),
        UnpackError::Refused(why) => InstallError::UnsafeArchive { place, why: CleanText::new(&why) },
    }
}

/// Archives often hold one folder with everything in it.
fn without_top(mut files: Vec<TreeFile>) -> Vec<TreeFile> {
    let manifest = Path::new(everestctl_protocol::package::FILE);
    if files.iter().any(|file| file.path == manifest) {
        return files;
    }
    let top = files.iter().find(|file| file.path.ends_with(manifest) && file.path.components().count() == 2);
    let Some(top) = top.and_then(|file| file.path.parent().map(Path::to_owned)) else { return files };
    if files.iter().all(|file| file.path.starts_with(&top)) {
        for file in &mut files {
            if let Ok(inner) = file.path.strip_prefix(&top) {
                file.path = inner.to_owned();
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_with_one_folder_in_it_is_that_folder() {
        let file = |path: &str| TreeFile {
            path: path.into(),
            content: b"#!/bin/sh".to_vec(),
            is_executable: path.ends_with("bin/greet"),
        };
        let packed = ["greet-1.0/everestctl-plugin.yaml", "greet-1.0/bin/greet"].map(file);
        let files = unpack(&archive::pack(packed.iter(), 0).unwrap(), "greet.tar.gz").unwrap();
        let names: Vec<_> =
            files.iter().map(|file| (file.path.to_str().unwrap(), file.is_executable)).collect();
        assert_eq!(names, [("bin/greet", true), ("everestctl-plugin.yaml", false)]);
    }
}

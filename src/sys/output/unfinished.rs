//! A file on its way to its name.
//!
//! Where the file system can, it has no name at all until it is whole, and is gone when this process is. Elsewhere it
//! lies beside its place as `.everestctl-unfinished-…`, locked as long as it is written: the next process that writes into that folder
//! removes those that are no longer locked.

use super::place::{Name, open};
use crate::sys::files::{FileFacts, FileKind};
use crate::sys::{acl, owners};
use rustix::fs::{self, AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use std::fs::{File, Permissions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Seek, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

/// A file without its name.
#[derive(Debug)]
pub(super) struct UnnamedFile {
    place: Name,
    file: File,
    /// The name that it has meanwhile.
    beside: Option<String>,
}

/// What a name meanwhile starts with; sixteen hexadecimal digits follow.
const PREFIX: &str = ".everestctl-unfinished-";
const DIGITS: usize = 16;

impl UnnamedFile {
    pub(super) fn begin(place: Name) -> io::Result<Self> {
        sweep(&place.folder);
        // What is saved is the user's own business, as any program would write it; what replaces a file gets that
        // one's permissions in the end, and until then no other user can read it.
        let mode = if place.facts()?.is_some() { 0o600 } else { 0o666 };
        let mode = Mode::from_raw_mode(mode);
        if let Some(file) = nameless(&place.folder, mode)? {
            return Ok(Self { place, file, beside: None });
        }
        loop {
            let name = new_name();
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file: File = match fs::openat(&place.folder, &name, flags, mode) {
                Err(Errno::EXIST) => continue,
                opened => opened?.into(),
            };
            let unfinished = Self { place, file, beside: Some(name) };
            // Another process may take it for a forgotten one until it is locked.
            match unfinished.file.try_lock() {
                Ok(()) if unfinished.file.metadata()?.nlink() == 1 => return Ok(unfinished),
                _ => return Err(io::Error::other("another process removed it immediately; try again")),
            }
        }
    }

    pub(super) fn write_all(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file.write_all(piece)
    }

    pub(super) fn start_over(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()
    }

    /// Gives it its name. What is there now is replaced only if it is the user's.
    pub(super) fn finish(mut self) -> io::Result<()> {
        match self.place.facts()? {
            None => self.take_free_name(),
            Some(found) => {
                self.place.is_replaceable(&found)?;
                self.keep_access(&found)?;
                let beside = self.named_beside()?;
                fs::renameat(&self.place.folder, &beside, &self.place.folder, &self.place.text)?;
                self.beside = None;
                Ok(())
            }
        }
    }

    fn take_free_name(&mut self) -> io::Result<()> {
        let Name { folder, text: name, .. } = &self.place;
        let Some(beside) = &self.beside else {
            return Ok(fs::linkat(CWD, own(&self.file), folder, name, AtFlags::SYMLINK_FOLLOW)?);
        };
        match fs::renameat_with(folder, beside, folder, name, RenameFlags::NOREPLACE) {
            // Not every file system knows how; it was free a moment ago.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                fs::renameat(folder, beside, folder, name)?;
            }
            renamed => renamed?,
        }
        self.beside = None;
        Ok(())
    }

    /// Its name meanwhile, given now if it had none.
    fn named_beside(&mut self) -> io::Result<String> {
        if let Some(name) = &self.beside {
            return Ok(name.clone());
        }
        loop {
            let name = new_name();
            match fs::linkat(CWD, own(&self.file), &self.place.folder, &name, AtFlags::SYMLINK_FOLLOW) {
                Err(Errno::EXIST) => {}
                linked => {
                    linked?;
                    self.beside = Some(name.clone());
                    return Ok(name);
                }
            }
        }
    }

    /// Who may read and write the old file may do so with the new one, and no one else: its permissions, its
    /// group and its list. Not the bits that run it with the owner's rights.
    fn keep_access(&self, old: &FileFacts) -> io::Result<()> {
        let mut mode = old.mode & 0o777;
        if self.file.metadata()?.gid() != old.gid
            && fs::fchown(&self.file, None, Some(fs::Gid::from_raw(old.gid))).is_err()
        {
            // The bits of the group were meant for another group.
            mode &= 0o707;
        }
        let list = self.list_of_old();
        #[cfg(target_os = "linux")]
        let _ = fs::fremovexattr(&self.file, acl::ACCESS);
        let kept = match list {
            Ok(None) => true,
            #[cfg(target_os = "linux")]
            Ok(Some(list)) => fs::fsetxattr(&self.file, acl::ACCESS, &list, fs::XattrFlags::empty()).is_ok(),
            _ => false,
        };
        if !kept {
            // With a list, the group's bits are the most that any entry may allow.
            mode &= 0o707;
        }
        self.file.set_permissions(Permissions::from_mode(mode))
    }

    #[cfg(target_os = "linux")]
    fn list_of_old(&self) -> io::Result<Option<Vec<u8>>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let old = open(&self.place.folder, Path::new(&self.place.text), flags)?;
        let mut list = vec![0_u8; acl::LARGEST];
        match fs::fgetxattr(&old, acl::ACCESS, &mut list) {
            Ok(length) => {
                list.truncate(length);
                Ok(Some(list))
            }
            Err(Errno::NODATA | Errno::NOTSUP) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn list_of_old(&self) -> io::Result<Option<Vec<u8>>> {
        Ok(None)
    }
}

impl Drop for UnnamedFile {
    fn drop(&mut self) {
        if let Some(name) = &self.beside {
            let _ = fs::unlinkat(&self.place.folder, name, AtFlags::empty());
        }
    }
}

/// A file that has no name; `None` where the file system has no such files, or `/proc`, by which it gets one, is
/// not there.
#[cfg(target_os = "linux")]
fn nameless(folder: &File, mode: Mode) -> io::Result<Option<File>> {
    let flags = OFlags::WRONLY | OFlags::TMPFILE | OFlags::CLOEXEC;
    let file: File = match fs::openat(folder, ".", flags, mode) {
        Err(Errno::NOTSUP | Errno::ISDIR | Errno::NOENT | Errno::INVAL) => return Ok(None),
        opened => opened?.into(),
    };
    // It has a name beside its place for a moment when it replaces another file.
    let is_ours = file.try_lock().is_ok();
    let has_way = fs::statat(CWD, own(&file), AtFlags::empty()).is_ok();
    Ok((is_ours && has_way).then_some(file))
}

#[cfg(not(target_os = "linux"))]
fn nameless(_: &File, _: Mode) -> io::Result<Option<File>> {
    Ok(None)
}

/// The path of an open file of this process.
fn own(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

fn new_name() -> String {
    format!("{PREFIX}{:0DIGITS$x}", RandomState::new().build_hasher().finish())
}

/// Removes what killed processes of the user have left in a folder.
fn sweep(folder: &File) {
    let list = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(entries) = open(folder, Path::new("."), list).and_then(|list| Ok(fs::Dir::new(list)?)) else {
        return;
    };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().to_str() else { continue };
        if is_unfinished(name) {
            let _ = remove_forgotten(folder, name);
        }
    }
}

fn is_unfinished(name: &str) -> bool {
    let digits = name.strip_prefix(PREFIX).unwrap_or_default();
    digits.len() == DIGITS && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn remove_forgotten(folder: &File, name: &str) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = open(folder, Path::new(name), flags)?;
    let facts = FileFacts::from(&file.metadata()?);
    // A file of ours has one name.
    let is_ours = facts.kind == FileKind::File && owners::is_me(facts.uid) && facts.names == 1;
    if is_ours && file.try_lock().is_ok() {
        fs::unlinkat(folder, name, AtFlags::empty())?;
    }
    Ok(())
}

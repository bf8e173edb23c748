//! Bounded reads, atomic writes, and facts about files.

use super::{owners, trust};
use crate::model::FileIdentity;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// What kind of thing a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, where it is not followed.
    Link,
    /// A device, a socket, a pipe.
    Other,
}

/// Facts about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// The kind of file.
    pub kind: FileKind,
    /// Its permission bits.
    pub mode: u32,
    /// User ID of the owner.
    pub uid: u32,
    /// ID of the group.
    pub gid: u32,
    /// How many names it has.
    pub names: u64,
    /// What tells it from every other file.
    pub identity: FileIdentity,
}

impl FileFacts {
    /// The facts of what `path` leads to, links followed.
    pub fn from_path(path: &Path) -> io::Result<Self> {
        Ok(Self::from(&rustix::fs::stat(path)?))
    }

    /// The facts of what is under the name `path`, a link as itself.
    pub fn from_name(path: &Path) -> io::Result<Self> {
        Ok(Self::from(&rustix::fs::lstat(path)?))
    }

    /// Whether it belongs to the user and only the user can write it (kubectl CVE-2019-11244).
    pub fn is_private(&self) -> bool {
        owners::is_me(self.uid) && self.mode & 0o022 == 0
    }

    /// Whether its folder protects the files of one user from another (`chmod +t`).
    pub const fn is_sticky(&self) -> bool {
        self.mode & 0o1000 != 0
    }
}

impl From<&fs::Metadata> for FileFacts {
    fn from(metadata: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let nanoseconds =
            |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Self {
            kind: kind(metadata.file_type()),
            mode: metadata.mode() & 0o7777,
            uid: metadata.uid(),
            gid: metadata.gid(),
            names: metadata.nlink(),
            identity: FileIdentity {
                device: metadata.dev(),
                inode: metadata.ino(),
                modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
                changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
                size: metadata.size(),
            },
        }
    }
}

impl From<&rustix::fs::Stat> for FileFacts {
    #[allow(clippy::useless_conversion, reason = "the widths differ from system to system")]
    fn from(stat: &rustix::fs::Stat) -> Self {
        use rustix::fs::FileType;
        let moment = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Self {
            kind: match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => FileKind::File,
                FileType::Directory => FileKind::Folder,
                FileType::Symlink => FileKind::Link,
                _ => FileKind::Other,
            },
            mode: u32::from(stat.st_mode) & 0o7777,
            uid: stat.st_uid,
            gid: stat.st_gid,
            names: stat.st_nlink.into(),
            identity: FileIdentity {
                device: u64::try_from(stat.st_dev).unwrap_or_default(),
                inode: stat.st_ino.into(),
                modified: moment(stat.st_mtime.into(), i64::try_from(stat.st_mtime_nsec).unwrap_or_default()),
                changed: moment(stat.st_ctime.into(), i64::try_from(stat.st_ctime_nsec).unwrap_or_default()),
                size: u64::try_from(stat.st_size).unwrap_or_default(),
            },
        }
    }
}

fn kind(file_type: fs::FileType) -> FileKind {
    if file_type.is_file() {
        FileKind::File
    } else if file_type.is_dir() {
        FileKind::Folder
    } else if file_type.is_symlink() {
        FileKind::Link
    } else {
        FileKind::Other
    }
}

/// The names in a folder, in no order. A name that cannot be read is left out.
pub fn names_in(folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    Ok(fs::read_dir(folder)?.filter_map(|entry| entry.ok().map(|entry| entry.file_name())).collect())
}

/// Reads the whole of a regular file of at most `limit` bytes.
///
/// A larger file, a folder, a pipe or a device is [`io::ErrorKind::InvalidData`].
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    Ok(read_with_facts(path, limit)?.0)
}

/// As [`read`], with what the file was when it was opened.
pub fn read_with_facts(path: &Path, limit: u64) -> io::Result<(Vec<u8>, FileFacts)> {
    read_with(path, limit, |mut file, size| {
        // One byte more, so that the end is seen without another buffer.
        let mut bytes = Vec::with_capacity(size.saturating_add(1));
        file.read_to_end(&mut bytes).map(|_| bytes)
    })
}

/// As [`read`], into a buffer of the caller's: `fill` gets the open file and its size in bytes.
pub fn read_with<T>(
    path: &Path,
    limit: u64,
    fill: impl FnOnce(io::Take<&File>, usize) -> io::Result<T>,
) -> io::Result<(T, FileFacts)> {
    let (file, metadata) = open_regular(path, limit)?;
    let size = usize::try_from(metadata.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    let filled = fill((&file).take(limit), size)?;
    Ok((filled, FileFacts::from(&metadata)))
}

/// Opens a regular file of at most `limit` bytes.
pub(super) fn open_regular(path: &Path, limit: u64) -> io::Result<(File, fs::Metadata)> {
    // A pipe would block the open itself; its facts say what it is without touching it.
    let refuse = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidData, what.to_owned()));
    if FileFacts::from_path(path)?.kind != FileKind::File {
        return refuse("not a regular file");
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.len() > limit {
        return refuse(&format!("larger than {limit} bytes"));
    }
    Ok((file, metadata))
}

/// The first bytes of a file, at most `buffer.len()` of them.
pub fn read_start<'a>(path: &Path, buffer: &'a mut [u8]) -> io::Result<&'a [u8]> {
    let mut file = File::open(path)?;
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(&buffer[..length])
}

/// Makes a folder for the user alone (0700), with its parents. Root makes none where another user decides what its
/// name means.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    trust::root_may_write(&std::path::absolute(folder)?)?;
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A new folder for the user alone (0700) in the system's place for such; it goes when it is dropped.
pub fn temporary_folder(prefix: &str) -> io::Result<tempfile::TempDir> {
    private_folder(prefix).tempdir()
}

/// As [`temporary_folder`], in `place`.
pub fn temporary_folder_in(place: &Path, prefix: &str) -> io::Result<tempfile::TempDir> {
    private_folder(prefix).tempdir_in(place)
}

fn private_folder(prefix: &str) -> tempfile::Builder<'_, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.prefix(prefix);
    builder
}

/// Makes `place` another name for the file `target`.
pub fn link(target: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

/// Makes sure that there is a file at `path`, for the user alone (0600); what is in it stays.
pub fn touch_private(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Replaces the content of `path` atomically: readers see the old or the new content, never a part. The
/// file is for the user alone (0600).
///
/// It is not forced onto the disk: for files that are made anew when they are lost.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mut beside = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
    beside.write_all(content)?;
    beside.persist(path)?;
    Ok(())
}

/// The same for a file that others may read, as far as the user's umask lets them; it is on the disk afterwards.
pub fn replace_public(path: &Path, content: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let mode = fs::Permissions::from_mode(0o644);
    let mut beside = tempfile::Builder::new().prefix(UNFINISHED).permissions(mode).tempfile_in(folder)?;
    beside.write_all(content)?;
    beside.as_file().sync_all()?;
    beside.persist(path)?;
    Ok(())
}

/// A file that is about to be replaced for good: its new content has a place on the disk already, so that
/// what comes next cannot fail for want of space or of a permission.
#[derive(Debug)]
pub struct Replacement {
    file: File,
    beside: PathBuf,
    path: PathBuf,
    done: bool,
}

impl Replacement {
    /// Reserves `room` bytes beside `path`. The caller holds the lock of that file: what another one
    /// left unfinished there when it was killed is removed.
    pub fn prepare(path: &Path, room: usize) -> io::Result<Self> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let mut unfinished = std::ffi::OsString::from(UNFINISHED);
        unfinished.push(name);
        let beside = folder.join(unfinished);
        match fs::remove_file(&beside) {
            Err(error) if !is_absent(&error) => return Err(error),
            _ => {}
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&beside)?;
        let mut replacement = Self { file, beside, path: path.to_owned(), done: false };
        replacement.file.write_all(&vec![b'\n'; room])?;
        replacement.file.sync_data()?;
        Ok(replacement)
    }

    /// The same for a file of other programs: the new one has its mode, and its group where the user may give it. Fails
    /// where the user cannot write the file that is there.
    pub fn as_it_is(self) -> io::Result<Self> {
        use std::os::unix::fs::{PermissionsExt as _, fchown};
        rustix::fs::access(&self.path, rustix::fs::Access::WRITE_OK)?;
        let facts = FileFacts::from_path(&self.path)?;
        let mode = match fchown(&self.file, None, Some(facts.gid)) {
            Ok(()) => facts.mode & 0o777,
            // What its group may do, another group may not.
            Err(_) => facts.mode & 0o707,
        };
        self.file.set_permissions(fs::Permissions::from_mode(mode))?;
        Ok(self)
    }

    /// Puts `content` in the place of the file, onto the disk, in one step.
    pub fn finish(mut self, content: &[u8]) -> io::Result<()> {
        use std::io::Seek;
        self.file.rewind()?;
        self.file.write_all(content)?;
        self.file.set_len(u64::try_from(content.len()).unwrap_or(u64::MAX))?;
        self.file.sync_all()?;
        fs::rename(&self.beside, &self.path)?;
        self.done = true;
        if let Some(folder) = self.path.parent() {
            // The file is there either way; this is about the power going now.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_file(&self.beside);
        }
    }
}

/// Whether the file is not there. A folder on its path that is a file, as with `HOME=/dev/null`, is the same.
pub fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Opens a file to read it bit by bit; unlike [`read`] it takes pipes and devices, too.
pub fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Makes a folder or a file accessible to the user only: `mode` is 0700 or 0600.
pub fn make_private(path: &Path, mode: u32) -> io::Result<()> {
    {
        use std::os::unix::fs::PermissionsExt;
        if FileFacts::from_path(path)?.mode & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
        }
    }
    Ok(())
}

/// Removes the files of a cache `folder` that are not needed: what killed processes left unfinished an hour ago, and
/// what `is_ours` says is of that cache and was not written for a week.
pub fn sweep(folder: &Path, is_ours: impl Fn(&str) -> bool) {
    const HOUR: u64 = 3600;
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let longest = match () {
            () if name.starts_with(UNFINISHED) => HOUR,
            () if is_ours(name) => 7 * 24 * HOUR,
            () => continue,
        };
        if age().is_some_and(|age| age.as_secs() > longest) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// What the name of an unfinished file starts with.
const UNFINISHED: &str = ".new-";

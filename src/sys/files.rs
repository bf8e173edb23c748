//! Bounded reads, atomic writes, and facts about files.

use crate::model::FileIdentity;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

/// What kind of thing a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A device, a socket, a pipe.
    Other,
}

/// Facts about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// What it is.
    pub kind: Kind,
    /// Its permission bits.
    pub mode: u32,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Its identity.
    pub identity: FileIdentity,
}

impl FileFacts {
    /// The facts of what `path` leads to, links followed.
    pub fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|metadata| Self::from(&metadata))
    }

    /// Whether its folder protects the files of one user from another (`chmod +t`).
    pub const fn is_sticky(&self) -> bool {
        self.mode & 0o1000 != 0
    }
}

impl From<&fs::Metadata> for FileFacts {
    #[cfg(unix)]
    fn from(metadata: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let nanoseconds =
            |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Self {
            kind: kind(metadata.file_type()),
            mode: metadata.mode() & 0o7777,
            uid: metadata.uid(),
            gid: metadata.gid(),
            identity: FileIdentity {
                device: metadata.dev(),
                inode: metadata.ino(),
                modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
                changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
                size: metadata.size(),
            },
        }
    }

    #[cfg(not(unix))]
    fn from(metadata: &fs::Metadata) -> Self {
        let modified = metadata
            .modified()
            .ok()
            .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
            .and_then(|elapsed| i64::try_from(elapsed.as_nanos()).ok())
            .unwrap_or_default();
        Self {
            kind: kind(metadata.file_type()),
            mode: 0o755,
            uid: 0,
            gid: 0,
            identity: FileIdentity {
                modified,
                changed: modified,
                size: metadata.len(),
                ..FileIdentity::default()
            },
        }
    }
}

fn kind(file_type: fs::FileType) -> Kind {
    if file_type.is_file() {
        Kind::File
    } else if file_type.is_dir() {
        Kind::Folder
    } else {
        Kind::Other
    }
}

/// How a path leads to its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The path without links.
    pub target: PathBuf,
    /// The links on the way, in files and folders alike, each with the facts of the link itself.
    pub links: Vec<Link>,
}

/// One link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it lies.
    pub path: PathBuf,
    /// The facts of the link, not of what it leads to.
    pub facts: FileFacts,
}

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

/// Follows an absolute path, part by part, as the system does it.
pub fn resolve(path: &Path) -> io::Result<Way> {
    let mut links = Vec::new();
    let mut target = PathBuf::from("/");
    let mut ahead: Vec<std::ffi::OsString> = path.iter().rev().map(ToOwned::to_owned).collect();
    while let Some(part) = ahead.pop() {
        match Path::new(&part).components().next() {
            Some(Component::ParentDir) => {
                target.pop();
                continue;
            }
            Some(Component::Normal(_)) => {}
            Some(Component::RootDir | Component::Prefix(_)) => {
                target = PathBuf::from(&part);
                continue;
            }
            Some(Component::CurDir) | None => continue,
        }
        let here = target.join(&part);
        let metadata = fs::symlink_metadata(&here)?;
        if !metadata.file_type().is_symlink() {
            target = here;
            continue;
        }
        if links.len() == MOST_LINKS {
            return Err(io::Error::other("too many links"));
        }
        ahead.extend(fs::read_link(&here)?.iter().rev().map(ToOwned::to_owned));
        links.push(Link { path: here, facts: FileFacts::from(&metadata) });
    }
    Ok(Way { target, links })
}

/// The names in a folder, in no order. A name that cannot be read is left out.
pub fn names_in(folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    Ok(fs::read_dir(folder)?.filter_map(|entry| entry.ok().map(|entry| entry.file_name())).collect())
}

/// Reads the whole of a regular file of at most `limit` bytes.
///
/// A larger file, a folder, a pipe or a device is [`io::ErrorKind::InvalidData`].
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read_with(path, limit, |mut file, size| {
        bytes.reserve_exact(size.saturating_add(1));
        file.read_to_end(&mut bytes)
    })?;
    Ok(bytes)
}

/// As [`read`], into a buffer of the caller's: `fill` gets the open file and its size in bytes.
pub fn read_with<T>(
    path: &Path,
    limit: u64,
    fill: impl FnOnce(io::Take<&File>, usize) -> io::Result<T>,
) -> io::Result<(T, FileFacts)> {
    // A pipe would block the open itself; its facts say what it is without touching it.
    let refuse = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidData, what.to_owned()));
    if !fs::metadata(path)?.is_file() {
        return refuse("not a regular file");
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    match usize::try_from(metadata.len()) {
        Ok(size) if metadata.len() <= limit => {
            let filled = fill((&file).take(limit), size)?;
            Ok((filled, FileFacts::from(&metadata)))
        }
        _ => refuse(&format!("larger than {limit} bytes")),
    }
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

/// Makes a folder for the user alone (0700), with its parents.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
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
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.prefix(prefix);
    builder
}

/// Makes `place` another name for the file `target`.
pub fn link(target: &Path, place: &Path) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::symlink(target, place);
    #[cfg(not(unix))]
    return fs::hard_link(target, place).or_else(|_| fs::copy(target, place).map(drop));
}

/// Replaces the content of `path` in one step: whoever reads sees the old or the new, never a half. The
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
    /// Reserves `room` bytes beside `path`. Whoever calls it holds the lock of that file: what another one
    /// left unfinished there when it was killed is removed.
    pub fn prepare(path: &Path, room: usize) -> io::Result<Self> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let mut unfinished = std::ffi::OsString::from(UNFINISHED);
        unfinished.push(name);
        let beside = folder.join(unfinished);
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&beside)?;
        let mut replacement = Self { file, beside, path: path.to_owned(), done: false };
        replacement.file.write_all(&vec![b'\n'; room])?;
        replacement.file.sync_data()?;
        Ok(replacement)
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
        #[cfg(unix)]
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

/// Opens a file to read it bit by bit; unlike [`read`] it takes pipes and devices, too.
pub fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// A file that comes piece by piece: it stands under its name only when it is whole.
#[derive(Debug)]
pub struct Download {
    place: Place,
    size: u64,
}

/// Where the pieces go meanwhile.
#[derive(Debug)]
enum Place {
    /// Beside the file, with the mode of the one that it will replace.
    Beside { beside: tempfile::NamedTempFile, path: PathBuf, replaced: Option<fs::Permissions> },
    /// A device or a pipe has no name to be given: it gets everything at once.
    Device(File),
}

impl Download {
    /// Begins beside `path`, or beside what a link of that name leads to.
    pub fn begin(path: &Path) -> io::Result<Self> {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let found = fs::metadata(&path).ok();
        let place = match found.as_ref().map(|found| kind(found.file_type())) {
            Some(Kind::Folder) => return Err(io::ErrorKind::IsADirectory.into()),
            Some(Kind::Other) => Place::Device(fs::OpenOptions::new().write(true).open(&path)?),
            Some(Kind::File) | None => {
                let folder =
                    path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
                let mut builder = tempfile::Builder::new();
                // What is saved is the user's own business: as any program would write it.
                #[cfg(unix)]
                builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
                let beside = builder.prefix(UNFINISHED).tempfile_in(folder)?;
                Place::Beside { beside, path, replaced: found.map(|found| found.permissions()) }
            }
        };
        Ok(Self { place, size: 0 })
    }

    /// Adds a piece.
    pub fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        match &mut self.place {
            Place::Beside { beside, .. } => beside.write_all(piece)?,
            Place::Device(file) => file.write_all(piece)?,
        }
        self.size += piece.len() as u64;
        Ok(())
    }

    /// Forgets what has come; a device cannot.
    pub fn start_over(&mut self) -> io::Result<()> {
        use std::io::Seek;
        if self.size == 0 {
            return Ok(());
        }
        let Place::Beside { beside, .. } = &mut self.place else {
            return Err(io::Error::other("what was written cannot be taken back"));
        };
        beside.as_file_mut().set_len(0)?;
        beside.as_file_mut().rewind()?;
        self.size = 0;
        Ok(())
    }

    /// Gives it its name, and tells how many bytes it has.
    pub fn finish(self) -> io::Result<u64> {
        if let Place::Beside { beside, path, replaced } = self.place {
            if let Some(permissions) = replaced {
                beside.as_file().set_permissions(permissions)?;
            }
            beside.persist(&path)?;
        }
        Ok(self.size)
    }
}

/// Takes a folder or a file away from everybody but the user: `mode` is 0700 or 0600.
pub fn make_private(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if FileFacts::of(path)?.mode & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
        }
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
    Ok(())
}

/// Removes the files of a cache `folder` that nobody misses: what killed processes left unfinished an hour
/// ago, and everything that was not written for a week.
pub fn sweep(folder: &Path) {
    const HOUR: u64 = 3600;
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        let unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
        let longest = if unfinished { HOUR } else { 7 * 24 * HOUR };
        if age().is_some_and(|age| age.as_secs() > longest) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// What the name of an unfinished file begins with.
const UNFINISHED: &str = ".new-";

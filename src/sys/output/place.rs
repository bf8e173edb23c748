//! Where a path that is to be written leads: its folder, held open, and a name in it.
//!
//! Each part is opened in the folder before it and never through a link; a link is read, judged, and walked in its
//! turn. So every answer is about the very folder that is written into.

use crate::sys::files::{FileFacts, FileKind};
use crate::sys::{interruptible, owners, trust};
use rustix::fs::{self, AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// What a path leads to.
pub(super) enum OutputTarget {
    /// A file of the user's, or none yet.
    Name(Name),
    /// Something that is written as it comes.
    Stream(File),
}

/// A name in a folder.
#[derive(Debug)]
pub(super) struct Name {
    /// The folder.
    pub(super) folder: File,
    /// The name.
    pub(super) text: OsString,
    /// How the user would call it.
    pub(super) shown: PathBuf,
}

impl Name {
    /// The facts of what is under the name, a link as itself; `None` for nothing.
    pub(super) fn facts(&self) -> io::Result<Option<FileFacts>> {
        facts(&self.folder, &self.text)
    }

    /// Whether the user may replace what is there: a file of the user, even if another user created this link to it.
    pub(super) fn is_replaceable(&self, found: &FileFacts) -> io::Result<()> {
        match found.kind {
            FileKind::File if owners::is_me(found.uid) => Ok(()),
            FileKind::File => Err(refused(&format!(
                "the file {} belongs to another user (uid {})",
                self.shown.display(),
                found.uid
            ))),
            _ => Err(refused(&format!("{} is no longer a file", self.shown.display()))),
        }
    }
}

/// How a folder is opened: to look up names in it, which takes no right to list them where the system knows that.
#[cfg(target_os = "linux")]
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
const STREAM: OFlags = OFlags::WRONLY.union(OFlags::CLOEXEC).union(OFlags::NOCTTY);

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

/// Follows `path` to what is to be written.
pub(super) fn find(path: &Path) -> io::Result<OutputTarget> {
    let mut links = 0;
    let mut folder = open(CWD, Path::new("."), FOLDER)?;
    let mut shown = PathBuf::new();
    let mut ahead: Vec<OsString> = path.iter().rev().map(ToOwned::to_owned).collect();
    let ends_in_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/");
    while let Some(part) = ahead.pop() {
        match Path::new(&part).components().next() {
            Some(Component::RootDir | Component::Prefix(_)) => {
                folder = open(CWD, Path::new("/"), FOLDER)?;
                shown = PathBuf::from("/");
                continue;
            }
            Some(Component::ParentDir) => {
                folder = open(&folder, Path::new(".."), FOLDER)?;
                shown.push("..");
                continue;
            }
            Some(Component::Normal(_)) => {}
            Some(Component::CurDir) | None => continue,
        }
        let is_last = ahead.is_empty();
        shown.push(&part);
        let name = Name { folder, text: part, shown: shown.clone() };
        match name.facts()? {
            Some(facts) if facts.kind == FileKind::Link => {
                links += 1;
                if links > MOST_LINKS {
                    return Err(io::Error::other("too many links"));
                }
                let containing = || name.folder.metadata().map(|metadata| FileFacts::from(&metadata));
                trust::may_follow(&name.shown, &facts, containing)?;
                if leads_past_names(&name.folder) {
                    if is_last {
                        // As `>` opens it.
                        let file = open(&name.folder, Path::new(&name.text), STREAM.union(OFlags::TRUNC))?;
                        return Ok(OutputTarget::Stream(file));
                    }
                    folder = open(&name.folder, Path::new(&name.text), FOLDER)?;
                    continue;
                }
                let target = fs::readlinkat(&name.folder, &name.text, Vec::new())?;
                if name.facts()? != Some(facts) {
                    return Err(refused(&format!("another process is changing {}", shown.display())));
                }
                let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
                ahead.extend(target.iter().rev().map(ToOwned::to_owned));
                shown.pop();
                folder = name.folder;
            }
            Some(facts) if facts.kind == FileKind::Folder => {
                folder = open(&name.folder, Path::new(&name.text), FOLDER.union(OFlags::NOFOLLOW))?;
            }
            Some(_) | None if !is_last => return Err(Errno::NOENT.into()),
            None if ends_in_folder => return Err(Errno::ISDIR.into()),
            None => return Ok(OutputTarget::Name(name)),
            Some(facts) if facts.kind == FileKind::File => {
                name.is_replaceable(&facts)?;
                return Ok(OutputTarget::Name(name));
            }
            Some(facts) => return stream(&name, &facts).map(OutputTarget::Stream),
        }
    }
    Err(Errno::ISDIR.into())
}

/// Opens a device or a pipe. A device only root can make; a pipe has to be the user's or root's own, or to lie where
/// no other user could have put it.
fn stream(name: &Name, facts: &FileFacts) -> io::Result<File> {
    let closed = || Ok::<_, io::Error>(trust::is_closed(&FileFacts::from(&name.folder.metadata()?)));
    if !owners::is_trusted(facts.uid) && !is_device(name)? && !closed()? {
        let shown = name.shown.display();
        return Err(refused(&format!("the pipe {shown} belongs to another user (uid {})", facts.uid)));
    }
    let file = begin_stream(name)?;
    let opened = FileFacts::from(&file.metadata()?).identity;
    if (opened.device, opened.inode) == (facts.identity.device, facts.identity.inode) {
        Ok(file)
    } else {
        Err(refused(&format!("another process is changing {}", name.shown.display())))
    }
}

/// Opens it. A pipe that nobody reads holds a process in its opening, where it looks at no signal: it is asked again until
/// somebody reads, or a signal comes.
fn begin_stream(name: &Name) -> io::Result<File> {
    /// Between two looks for a reader.
    const REST: Duration = Duration::from_millis(20);
    let flags = STREAM.union(OFlags::NOFOLLOW);
    if !file_type(name)?.is_fifo() {
        return open(&name.folder, Path::new(&name.text), flags);
    }
    loop {
        let opened = fs::openat(&name.folder, &name.text, flags.union(OFlags::NONBLOCK), Mode::empty());
        match opened {
            Ok(file) => {
                fs::fcntl_setfl(&file, OFlags::WRONLY)?;
                return Ok(file.into());
            }
            Err(Errno::NXIO) => interruptible::check()?,
            Err(error) => return Err(error.into()),
        }
        std::thread::sleep(REST);
    }
}

fn is_device(name: &Name) -> io::Result<bool> {
    let file_type = file_type(name)?;
    Ok(file_type.is_char_device() || file_type.is_block_device())
}

fn file_type(name: &Name) -> io::Result<fs::FileType> {
    let stat = fs::statat(&name.folder, &name.text, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(fs::FileType::from_raw_mode(stat.st_mode))
}

/// Whether the links of a folder lead to open files and not to names: those of `/proc`.
fn leads_past_names(folder: &File) -> bool {
    #[cfg(target_os = "linux")]
    return fs::fstatfs(folder).is_ok_and(|system| system.f_type == fs::PROC_SUPER_MAGIC);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = folder;
        false
    }
}

fn facts(folder: &File, name: &OsStr) -> io::Result<Option<FileFacts>> {
    match fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(FileFacts::from(&stat))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn open(folder: impl rustix::fd::AsFd, name: &Path, flags: OFlags) -> io::Result<File> {
    Ok(fs::openat(folder, name, flags, Mode::empty())?.into())
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why.to_owned())
}

//! Whether another user decides what is at a path.
//!
//! A path is walked from `/` down, link by link, and each folder, link and file is judged before the next one is
//! looked at. In a folder that passed, only the user and root can put another thing under a name. So what was
//! found there stays there: the answer still holds when the path is opened or run a moment later, by its name, and
//! a path that others can change has been refused. (Walked from the file up, or with one of the folders left out,
//! there would be a moment between look and use.)
//!
//! It must not know what the path is for.

use super::files::{self, FileFacts, FileKind};
use super::{acl, owners};
use crate::model::quoted;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Judges for one user.
#[derive(Clone, Copy, Debug)]
pub struct TrustPolicy {
    is_me: fn(u32) -> bool,
    is_my_private_group: fn(u32) -> bool,
}

/// What a path leads to, if no other user decides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// The path without links.
    pub target: PathBuf,
    /// The facts of what is there.
    pub facts: FileFacts,
}

/// Why another user decides it.
#[derive(Debug, thiserror::Error)]
#[error("the {what} {} {why}", quoted(&path.to_string_lossy()))]
pub struct Distrust {
    /// `file`, `folder` or `link`.
    pub what: &'static str,
    /// Which one.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: Why,
    /// The command that fixes it, where one does.
    pub mend: Option<String>,
}

/// What is wrong with a file, a folder or a link.
#[derive(Debug, thiserror::Error)]
pub enum Why {
    /// It belongs to another user.
    #[error("belongs to another user (uid {0})")]
    Owner(u32),
    /// Who may write it.
    #[error("is writable by {0}")]
    Writable(&'static str),
    /// It has more than one name, and others may have given it this one.
    #[error("has another hard link, which other users may have created")]
    Names,
    /// It cannot be looked at.
    #[error("could not be examined: {0}")]
    Unreadable(io::Error),
}

impl Distrust {
    /// Whether there is nothing at all at the path.
    pub fn is_absence(&self) -> bool {
        matches!(&self.why, Why::Unreadable(error) if files::is_absent(error))
    }
}

impl From<Distrust> for io::Error {
    fn from(distrust: Distrust) -> Self {
        match distrust.why {
            Why::Unreadable(error) => error,
            _ => Self::new(io::ErrorKind::PermissionDenied, distrust),
        }
    }
}

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

/// A folder on the way.
struct Folder {
    path: PathBuf,
    /// Whether others may put something into it, but not in the place of what belongs to the user or root.
    is_shared: bool,
}

impl TrustPolicy {
    /// For the user who runs this process.
    pub fn for_this_user() -> Self {
        Self { is_me: owners::is_me, is_my_private_group: owners::is_my_private_group }
    }

    /// Judges everything on the way to an absolute path, and what is there.
    pub fn look(&self, path: &Path) -> Result<Trusted, Distrust> {
        let mut links = 0;
        let mut folders: Vec<Folder> = Vec::new();
        let mut found: Option<Trusted> = None;
        let mut ahead: Vec<OsString> = path.iter().rev().map(ToOwned::to_owned).collect();
        while let Some(part) = ahead.pop() {
            match Path::new(&part).components().next() {
                Some(Component::ParentDir) if found.is_none() => {
                    folders.truncate(folders.len().saturating_sub(1).max(1));
                    continue;
                }
                Some(Component::RootDir | Component::Prefix(_)) => {
                    folders.clear();
                    folders.push(self.folder(PathBuf::from(&part))?);
                    found = None;
                    continue;
                }
                Some(Component::Normal(_) | Component::ParentDir) => {}
                Some(Component::CurDir) | None => continue,
            }
            if let Some(file) = found.take() {
                // The path continues after a file.
                return Err(unreadable(file.target, io::ErrorKind::NotADirectory.into()));
            }
            let Some(folder) = folders.last() else { break };
            let here = folder.path.join(&part);
            let facts = look_at(&here)?;
            if folder.is_shared || facts.kind != FileKind::Link {
                self.has_trusted_owner(&here, &facts)?;
            }
            match facts.kind {
                FileKind::Link => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(unreadable(here, io::Error::other("too many links")));
                    }
                    match fs::read_link(&here) {
                        Ok(target) => ahead.extend(target.iter().rev().map(ToOwned::to_owned)),
                        Err(error) => return Err(unreadable(here, error)),
                    }
                }
                FileKind::Folder => {
                    let is_shared = self.is_shared(&here, &facts)?;
                    folders.push(Folder { path: here, is_shared });
                }
                FileKind::File | FileKind::Other => {
                    self.is_not_writable_by_others(&here, &facts)?;
                    found = Some(Trusted { target: here, facts });
                }
            }
        }
        if let Some(found) = found {
            return Ok(found);
        }
        match folders.pop() {
            Some(folder) => {
                let facts = look_at(&folder.path)?;
                Ok(Trusted { target: folder.path, facts })
            }
            None => Err(unreadable(path.to_owned(), io::ErrorKind::InvalidInput.into())),
        }
    }

    /// The rule of the owner: root or the user.
    fn has_trusted_owner(&self, path: &Path, facts: &FileFacts) -> Result<(), Distrust> {
        if facts.uid == 0 || (self.is_me)(facts.uid) {
            return Ok(());
        }
        let (flag, path) = (if facts.kind == FileKind::Link { "-h " } else { "" }, path.to_owned());
        let mend = format!("sudo chown {flag}\"$(id -un)\" {}", quoted(&path.to_string_lossy()));
        Err(Distrust { what: what(facts.kind), path, why: Why::Owner(facts.uid), mend: Some(mend) })
    }

    /// The rule of the permissions: only the owner may write. A group may if it is the user's own.
    fn is_not_writable_by_others(&self, path: &Path, facts: &FileFacts) -> Result<(), Distrust> {
        // Who is in a group is asked only where it decides.
        let (whom, change) = match facts.mode & 0o022 {
            0 => return Ok(()),
            0o002 => ("others", "o-w"),
            0o022 => ("others", "go-w"),
            _ => {
                let is_mine = self.is_my_private_group;
                match acl::lets_others_write(path, self.is_me, is_mine, facts.gid) {
                    Some(false) => return Ok(()),
                    Some(true) => ("others through its access control list", "g-w"),
                    None if is_mine(facts.gid) => return Ok(()),
                    None => ("its group", "g-w"),
                }
            }
        };
        let sudo = if (self.is_me)(facts.uid) || (self.is_me)(0) { "" } else { "sudo " };
        let mend = format!("{sudo}chmod {change} {}", quoted(&path.to_string_lossy()));
        let (what, path) = (what(facts.kind), path.to_owned());
        Err(Distrust { what, path, why: Why::Writable(whom), mend: Some(mend) })
    }

    fn folder(&self, path: PathBuf) -> Result<Folder, Distrust> {
        let facts = look_at(&path)?;
        self.has_trusted_owner(&path, &facts)?;
        let is_shared = self.is_shared(&path, &facts)?;
        Ok(Folder { path, is_shared })
    }

    /// The rule of the sticky bit: in such a folder, what belongs to root or the user cannot be replaced by others.
    fn is_shared(&self, path: &Path, facts: &FileFacts) -> Result<bool, Distrust> {
        if facts.is_sticky() && facts.mode & 0o022 != 0 {
            return Ok(true);
        }
        self.is_not_writable_by_others(path, facts).map(|()| false)
    }
}

/// The facts of what is under a name, a link as itself.
fn look_at(path: &Path) -> Result<FileFacts, Distrust> {
    FileFacts::from_name(path).map_err(|error| unreadable(path.to_owned(), error))
}

fn unreadable(path: PathBuf, error: io::Error) -> Distrust {
    Distrust { what: "file", path, why: Why::Unreadable(error), mend: None }
}

fn what(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Folder => "folder",
        FileKind::Link => "link",
        FileKind::File | FileKind::Other => "file",
    }
}

/// Root makes and changes nothing where another user decides what a name means: it would be done to what that
/// user likes, and what is made would be root's in a place of the user's (`sudo -E`). Whatever is not there yet is
/// judged by the folder that it will be made in.
pub fn root_may_write(path: &Path) -> Result<(), Distrust> {
    if !owners::is_root() {
        return Ok(());
    }
    match TrustPolicy::for_this_user().look(path) {
        Err(distrust) if !distrust.is_absence() => Err(distrust),
        _ => Ok(()),
    }
}

/// Where an absolute path leads, by the links that the user would follow: one of another user, in a folder in
/// which others may put one, leads nowhere. Where the last part is not there yet, it is where it will be.
pub fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut links = 0;
    let mut target = PathBuf::from("/");
    let mut ahead: Vec<OsString> = path.iter().rev().map(ToOwned::to_owned).collect();
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
        let facts = match FileFacts::from_name(&here) {
            Ok(facts) => facts,
            Err(error) if error.kind() == io::ErrorKind::NotFound && ahead.is_empty() => return Ok(here),
            Err(error) => return Err(error),
        };
        if facts.kind != FileKind::Link {
            target = here;
            continue;
        }
        may_follow(&here, &facts, || FileFacts::from_path(&target))?;
        links += 1;
        if links > MOST_LINKS {
            return Err(io::Error::other("too many links"));
        }
        ahead.extend(fs::read_link(&here)?.iter().rev().map(ToOwned::to_owned));
    }
    Ok(target)
}

/// Whether the link `path` may be followed when something is written: it is the user's or root's own, or nobody
/// else could have put it into its folder. (The kernel knows the rule as `fs.protected_symlinks`, for sticky
/// folders only and where it is switched on.)
pub(super) fn may_follow(
    path: &Path,
    link: &FileFacts,
    folder: impl FnOnce() -> io::Result<FileFacts>,
) -> io::Result<()> {
    let is_own = owners::is_trusted(link.uid);
    if (is_own && link.names == 1) || is_closed(&folder()?) {
        return Ok(());
    }
    // Any user can create a hard link to the user's symlink, unless the kernel forbids it.
    let why = if is_own { Why::Names } else { Why::Owner(link.uid) };
    Err(Distrust { what: "link", path: path.to_owned(), why, mend: None }.into())
}

/// Whether only root and the user can put something into a folder.
pub(super) fn is_closed(folder: &FileFacts) -> bool {
    owners::is_trusted(folder.uid) && folder.mode & 0o022 == 0
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::model::FileIdentity;

    const JUDGE: TrustPolicy =
        TrustPolicy { is_me: |uid| uid == 1000, is_my_private_group: |gid| gid == 1000 };

    fn facts(kind: FileKind, mode: u32, uid: u32, gid: u32) -> FileFacts {
        FileFacts { kind, mode, uid, gid, names: 1, identity: FileIdentity::default() }
    }

    fn verdict(mode: u32, uid: u32, gid: u32) -> String {
        let (path, facts) = (Path::new("/p/everestctl-x"), facts(FileKind::File, mode, uid, gid));
        let judged = JUDGE
            .has_trusted_owner(path, &facts)
            .and_then(|()| JUDGE.is_not_writable_by_others(path, &facts));
        match judged {
            Ok(()) => "fine".to_owned(),
            Err(distrust) => format!("{}; {}", distrust.why, distrust.mend.unwrap_or_default()),
        }
    }

    #[test]
    fn owner_and_permissions() {
        for (mode, uid, gid, expected) in [
            (0o755, 1000, 1000, "fine"),
            (0o755, 0, 0, "fine"),
            (0o757, 0, 0, "is writable by others; sudo chmod o-w /p/everestctl-x"),
            (0o757, 1000, 1000, "is writable by others; chmod o-w /p/everestctl-x"),
            (
                0o755,
                1001,
                1000,
                "belongs to another user (uid 1001); sudo chown \"$(id -un)\" /p/everestctl-x",
            ),
        ] {
            assert_eq!(verdict(mode, uid, gid), expected, "{mode:o} {uid} {gid}");
        }
    }

    #[test]
    fn a_group_may_write_when_it_is_the_users_own() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let judged = |gid| {
            JUDGE.is_not_writable_by_others(file.path(), &facts(FileKind::File, 0o775, 1000, gid)).map_err(
                |distrust| format!("{} {}", distrust.why, distrust.mend.unwrap().split(' ').nth(1).unwrap()),
            )
        };
        assert_eq!(judged(1000), Ok(()));
        assert_eq!(judged(50), Err("is writable by its group g-w".to_owned()));
    }

    #[test]
    fn a_sticky_folder_is_shared_and_one_without_the_bit_is_refused() {
        let judged = |mode| JUDGE.is_shared(Path::new("/"), &facts(FileKind::Folder, mode, 0, 0)).ok();
        assert_eq!(judged(0o1777), Some(true));
        assert_eq!(judged(0o755), Some(false));
        assert_eq!(judged(0o777), None);
    }
}

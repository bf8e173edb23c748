//! The state folder: whoever can write it can sign in as anybody, so that nobody but the user may.
//!
//! It must not know what stands in the files.

use crate::model::quoted;
use crate::sys::{FileFacts, files, owners};
use std::io;
use std::path::{Path, PathBuf};

/// The files in it, each with the permissions that nobody else may have.
const FILES: [(&str, u32); 3] =
    [(super::users::FILE, 0o022), (super::keys::FILE, 0o077), (super::sessions::FILE, 0o077)];

/// Something that others can change or read and must not.
#[derive(Debug, thiserror::Error)]
#[error("{} {why}", path.display())]
pub struct OpenToOthers {
    path: PathBuf,
    why: String,
    change: String,
}

impl OpenToOthers {
    /// What the user types to close it.
    pub fn mend(&self) -> String {
        format!("{} {}", self.change, quoted(&self.path.to_string_lossy()))
    }
}

/// Makes the folder if it is missing, and refuses one that others can write, replace, or whose secrets they can read.
pub(super) fn open(folder: &Path) -> io::Result<()> {
    let folder = std::path::absolute(folder)?;
    // What it is made in comes first: others would decide where it leads.
    if let Some(there) = folder.ancestors().find(|place| FileFacts::of(place).is_ok()) {
        check_way(there)?;
    }
    files::make_private_folder(&folder)?;
    check_way(&folder)?;
    for (name, forbidden) in FILES {
        let path = folder.join(name);
        match FileFacts::of(&path) {
            Ok(facts) => {
                check(&path, &facts, forbidden)?;
                check_way(&path)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Every folder on the way, and on that of each link in it.
fn check_way(path: &Path) -> io::Result<()> {
    let way = files::resolve(path)?;
    for link in &way.links {
        check_parents(&link.path, link.facts)?;
    }
    let facts = FileFacts::of(&way.target)?;
    if facts.kind == files::Kind::Folder {
        check(&way.target, &facts, 0o022)?;
    }
    check_parents(&way.target, facts)
}

/// Every folder above `path`; a sticky one protects what belongs to root or the user.
fn check_parents(path: &Path, facts: FileFacts) -> io::Result<()> {
    let is_trusted = |uid: u32| uid == 0 || owners::is_me(uid);
    let mut child = facts;
    for parent in path.ancestors().skip(1) {
        let facts = FileFacts::of(parent)?;
        if !(facts.is_sticky() && is_trusted(facts.uid) && is_trusted(child.uid)) {
            check(parent, &facts, 0o022)?;
        }
        child = facts;
    }
    Ok(())
}

/// Owner and permissions of one of them.
fn check(path: &Path, facts: &FileFacts, forbidden: u32) -> io::Result<()> {
    let open = |why: String, change: String| {
        Err(io::Error::other(OpenToOthers { path: path.to_owned(), why, change }))
    };
    if facts.uid != 0 && !owners::is_me(facts.uid) {
        return open(
            format!("belongs to another user (uid {})", facts.uid),
            "sudo chown \"$(id -un)\"".to_owned(),
        );
    }
    let mut found = facts.mode & forbidden;
    if found & 0o070 != 0 && owners::is_my_private_group(facts.gid) {
        found &= !0o070;
    }
    let sudo = if owners::is_me(facts.uid) || owners::is_me(0) { "" } else { "sudo " };
    let what = if found & 0o022 != 0 { "writable" } else { "readable" };
    match (found & 0o070 != 0, found & 0o007 != 0) {
        (false, false) => Ok(()),
        (group, others) => {
            let whom = if others { "everybody" } else { "its group" };
            let who = match (group, others) {
                (true, true) => "go",
                (true, false) => "g",
                _ => "o",
            };
            let rights = if forbidden == 0o022 { "w" } else { "rwx" };
            open(format!("is {what} by {whom}"), format!("{sudo}chmod {who}-{rights}"))
        }
    }
}

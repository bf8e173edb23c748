//! The state folder: with write access one can sign in as anyone, so only the user may have it.
//!
//! It must not know what is in the files.

use crate::Log;
use everestctl::model::quoted;
use everestctl::sys::files::{self, FileKind};
use everestctl::sys::trust::{TrustPolicy, Why};
use everestctl::sys::{FileFacts, owners};
use std::ffi::OsString;
use std::io;
use std::path::Path;

/// The files in it, each with the permissions that others must not have.
const FILES: [(&str, u32); 3] =
    [(super::users::FILE, 0o022), (super::keys::FILE, 0o077), (super::sessions::FILE, 0o077)];

/// Something that others can change or read and must not.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct OpenToOthers {
    what: String,
    mend: Option<String>,
}

impl OpenToOthers {
    /// What the user types to close it.
    pub fn mend(&self) -> Option<&str> {
        self.mend.as_deref()
    }
}

/// Makes the folder if it is missing, and refuses one that others can replace, or whose files others have made, can change or
/// whose secrets they can read. The user's own folder that is for nothing else is closed to others; `log` says so.
pub(super) fn open(folder: &Path, log: &Log) -> io::Result<()> {
    let folder = std::path::absolute(folder)?;
    close(&folder, log)?;
    // What it is made in comes first: others would decide where it leads.
    if let Some(there) = folder.ancestors().find(|place| FileFacts::from_path(place).is_ok()) {
        check_way(there)?;
    }
    files::make_private_folder(&folder)?;
    check(&folder, 0o022)?;
    for (name, forbidden) in FILES {
        match check(&folder.join(name), forbidden) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
    }
    Ok(())
}

/// Closes the folder itself, if it exists and belongs to the user. What others put into it in the meantime belongs to them,
/// and is refused file by file.
fn close(folder: &Path, log: &Log) -> io::Result<()> {
    let Ok(facts) = FileFacts::from_name(folder) else { return Ok(()) };
    if facts.kind != FileKind::Folder || !owners::is_me(facts.uid) || facts.mode & 0o022 == 0 {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        check_way(parent)?;
    }
    let is_ours = |name: &OsString| FILES.iter().any(|(file, _)| name == file);
    if !files::names_in(folder)?.iter().all(is_ours) {
        return Ok(());
    }
    files::make_private(folder, 0o700)?;
    log.event(&format!(
        "the state folder was writable by others: changed its mode from {:04o} to 0700",
        facts.mode
    ));
    Ok(())
}

/// Checks every folder and link on the way, and the folder itself.
fn check_way(path: &Path) -> io::Result<FileFacts> {
    let looked = TrustPolicy::for_this_user().look(path);
    let trusted = looked.map_err(|distrust| {
        let (what, mend) = (distrust.to_string(), distrust.mend.clone());
        match distrust.why {
            Why::Unreadable(error) => error,
            _ => io::Error::other(OpenToOthers { what, mend }),
        }
    })?;
    Ok(trusted.facts)
}

/// The same, and the permissions of the folder.
fn check(path: &Path, forbidden: u32) -> io::Result<()> {
    let facts = check_way(path)?;
    let mut found = facts.mode & forbidden;
    if found & 0o070 != 0 && owners::is_my_private_group(facts.gid) {
        found &= !0o070;
    }
    if found == 0 {
        return Ok(());
    }
    let shown = quoted(&path.to_string_lossy());
    let (what, rights) = if found & 0o022 != 0 { ("writable", "w") } else { ("readable", "r") };
    let rights = if forbidden == 0o022 { rights } else { "rwx" };
    Err(io::Error::other(OpenToOthers {
        what: format!("{shown} is {what} by others"),
        mend: Some(format!("chmod go-{rights} {shown}")),
    }))
}

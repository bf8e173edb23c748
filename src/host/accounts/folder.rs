//! The state folder: with write access one can sign in as anyone, so only the user may have it.
//!
//! It must not know what is in the files.

use crate::model::quoted;
use crate::sys::trust::{Judge, Why};
use crate::sys::{FileFacts, files, owners};
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

/// Makes the folder if it is missing, and refuses one that others can write, replace, or whose secrets they can read.
pub(super) fn open(folder: &Path) -> io::Result<()> {
    let folder = std::path::absolute(folder)?;
    // What it is made in comes first: others would decide where it leads.
    if let Some(there) = folder.ancestors().find(|place| FileFacts::of(place).is_ok()) {
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

/// Checks every folder and link on the way, and the folder itself.
fn check_way(path: &Path) -> io::Result<FileFacts> {
    let looked = Judge::of_this_user().look(path);
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

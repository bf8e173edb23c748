//! What was found out about a file of this machine, by its identity: a file for each, which can be lost without harm.
//!
//! What is found out, and how, is not known here.

use super::store::{self, Key, Store};
use crate::model::FileIdentity;
use crate::sys::files;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// The largest file, in bytes.
const LARGEST: u64 = 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Record<M> {
    path: Vec<u8>,
    identity: (u64, u64, i64, i64, u64),
    said: M,
}

impl Store {
    /// What is known of the file at `path`, as long as it is the same file; `kind` says what.
    pub fn file_note<M: DeserializeOwned>(
        &self,
        kind: &'static str,
        path: &Path,
        identity: FileIdentity,
    ) -> Option<M> {
        let content = store::read_private(&self.file(key(kind, path), "json"), LARGEST)?;
        let record: Record<M> = serde_json::from_slice(&content).ok()?;
        if record.path != path.as_os_str().as_encoded_bytes() || record.identity != numbers(identity) {
            return None;
        }
        Some(record.said)
    }

    /// Keeps it.
    pub fn keep_file_note(
        &self,
        kind: &'static str,
        path: &Path,
        identity: FileIdentity,
        said: &impl Serialize,
    ) -> io::Result<()> {
        let record =
            Record { path: path.as_os_str().as_encoded_bytes().to_vec(), identity: numbers(identity), said };
        self.make_folder()?;
        files::replace(&self.file(key(kind, path), "json"), &serde_json::to_vec(&record)?)
    }
}

/// What one version of everestctl does not understand, another may.
fn key(kind: &'static str, path: &Path) -> Key {
    Key::new(kind, [env!("CARGO_PKG_VERSION").as_bytes(), path.as_os_str().as_encoded_bytes()])
}

fn numbers(identity: FileIdentity) -> (u64, u64, i64, i64, u64) {
    let FileIdentity { device, inode, modified, changed, size } = identity;
    (device, inode, modified, changed, size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_known_for_the_file_that_was_asked() {
        let folder = files::temporary_folder("notes-").unwrap();
        let store = Store::new(folder.path());
        let path = Path::new("/p/libeverestctl_x.so");
        let identity = FileIdentity { inode: 7, size: 100, ..FileIdentity::default() };
        let known = |path: &Path, identity| store.file_note::<Result<String, u8>>("native", path, identity);
        assert_eq!(known(path, identity), None);
        for said in [Ok("Say hello".to_owned()), Err(7)] {
            store.keep_file_note("native", path, identity, &said).unwrap();
            assert_eq!(known(path, identity), Some(said));
        }
        assert_eq!(known(path, FileIdentity { size: 101, ..identity }), None);
        assert_eq!(known(Path::new("/p/other"), identity), None);
    }
}

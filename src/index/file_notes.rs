//! What was found out about a file of this machine, by its identity: a file for each, which can be lost without harm.
//!
//! What is found out, and how, is not known here.

use super::store::{Key, Store};
use crate::model::FileIdentity;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// The largest file, in bytes.
const LARGEST: u64 = 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Record<M> {
    path: Vec<u8>,
    identity: FileIdentity,
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
        let record: Record<M> = self.json(key(kind, path), LARGEST)?;
        let is_same = record.path == path.as_os_str().as_encoded_bytes() && record.identity == identity;
        is_same.then_some(record.said)
    }

    /// Keeps it.
    pub fn keep_file_note(
        &self,
        kind: &'static str,
        path: &Path,
        identity: FileIdentity,
        said: &impl Serialize,
    ) -> io::Result<()> {
        let record = Record { path: path.as_os_str().as_encoded_bytes().to_vec(), identity, said };
        self.keep_json(key(kind, path), &record)
    }
}

/// What one version of everestctl does not understand, another may.
fn key(kind: &'static str, path: &Path) -> Key {
    Key::new(kind, [env!("CARGO_PKG_VERSION").as_bytes(), path.as_os_str().as_encoded_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::files;

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

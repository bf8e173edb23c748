//! What a container runtime said of an image, with the files that have to stay as they were: a file for each question, which
//! can be lost without harm.
//!
//! It must not know which files they are, nor whether they have changed.

use super::store::{Key, Store};
use crate::model::FileIdentity;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;

/// The largest file, in bytes.
const LARGEST: u64 = 256 * 1024;

/// An image, and what was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its ID.
    pub id: String,
    /// By which digest its registry knows it.
    pub digest: Option<String>,
    /// What it was built for.
    pub architecture: Option<String>,
    /// The list that it is in.
    pub list: (PathBuf, Option<FileIdentity>),
    /// What says where the list is.
    pub configuration: Vec<(PathBuf, Option<FileIdentity>)>,
}

impl Store {
    /// What is known for this question; `None` when it is damaged or not there.
    pub fn image(&self, key: Key) -> Option<Image> {
        self.json(key, LARGEST)
    }

    /// Keeps it.
    pub fn keep_image(&self, key: Key, image: &Image) -> io::Result<()> {
        self.keep_json(key, image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::files;

    #[test]
    fn what_is_kept_is_found_and_what_is_damaged_is_not() {
        let folder = files::temporary_folder("images-").unwrap();
        let store = Store::new(folder.path());
        let key = Key::new("image", [&b"podman"[..], b"a:1"]);
        assert_eq!(store.image(key), None);
        let identity = FileIdentity { device: 1, inode: 2, modified: -3, changed: 4, size: 5 };
        let image = Image {
            id: "sha256:1".to_owned(),
            digest: Some("sha256:2".to_owned()),
            architecture: Some("amd64".to_owned()),
            list: ("/a".into(), Some(identity)),
            configuration: vec![("/b".into(), None)],
        };
        store.keep_image(key, &image).unwrap();
        assert_eq!(store.image(key), Some(image));
        assert_eq!(store.image(Key::new("image", [&b"podman"[..], b"a:2"])), None);
        files::replace(&store.file(key, "json"), b"{").unwrap();
        assert_eq!(store.image(key), None);
    }
}

//! The content store: the files of each package in a folder that is named by their checksum and never changes.

use super::archive;
use super::error::InstallError;
use super::package::{self, Package};
use crate::sys::files;
use crate::sys::tree::{self, TreeFile};
use std::path::{Path, PathBuf};

/// The folder of all packages, inside the data folder.
pub const FOLDER: &str = "store/sha256";
/// The checksums of a package's files, beside them.
const LISTING: &str = ".everestctl-listing";
/// More than any listing, in bytes.
const LARGEST_LISTING: u64 = 1024 * 1024;
/// What nobody refers to stays for this long, in seconds: a change that is under way may be about to.
const GRACE: u64 = 24 * 3600;

/// The content store in the data folder `data`.
#[derive(Clone, Debug)]
pub struct ContentStore {
    folder: PathBuf,
}

impl ContentStore {
    /// The store in the data folder.
    pub fn new(data: &Path) -> Self {
        Self { folder: data.join(FOLDER) }
    }

    /// Keeps the files of a package; gives its digest.
    pub fn keep(&self, package: &Package) -> Result<String, InstallError> {
        let digest = package.digest();
        let mut tree = package.files.clone();
        let listing = package.listing.clone().into_bytes();
        tree.push(TreeFile { path: LISTING.into(), content: listing, is_executable: false });
        tree::write_once(&self.folder.join(&digest), &tree)
            .map_err(|error| InstallError::Unwritable { path: self.folder.clone(), error })?;
        Ok(digest)
    }

    /// The package `digest` as it was kept.
    pub fn read(&self, digest: &str) -> Result<Package, InstallError> {
        let folder = self.folder.join(digest);
        let files = tree::read(&folder, archive::LIMITS)
            .map_err(|error| InstallError::Unreadable { path: folder.clone(), error })?;
        let own = files.into_iter().filter(|file| file.path != Path::new(LISTING)).collect();
        Package::from_files(own, &folder.display().to_string())
    }

    /// The file `path` of the package `digest`, as a link from a generation leads to it.
    pub fn link_to(digest: &str, path: &str) -> PathBuf {
        Path::new("../..").join(FOLDER).join(digest).join(path)
    }

    /// The files of the package `digest` that are not as they were kept; also those that are gone.
    pub fn changed(&self, digest: &str) -> Result<Vec<PathBuf>, InstallError> {
        let folder = self.folder.join(digest);
        let listing_path = folder.join(LISTING);
        let unreadable = |error| InstallError::Unreadable { path: listing_path.clone(), error };
        let listing = files::read(&listing_path, LARGEST_LISTING).map_err(unreadable)?;
        if package::checksum(&listing) != digest {
            return Ok(vec![listing_path]);
        }
        let listing = String::from_utf8_lossy(&listing).into_owned();
        let kept = listing.lines().filter_map(|line| {
            let (sum, rest) = line.split_once(' ')?;
            Some((sum, folder.join(rest.split_once(' ')?.1)))
        });
        let is_same = |sum: &str, path: &Path| {
            files::read(path, u64::MAX).is_ok_and(|content| package::checksum(&content) == sum)
        };
        Ok(kept.filter(|(sum, path)| !is_same(sum, path)).map(|(_, path)| path).collect())
    }

    /// The digest of the package that the real path `path` is of.
    pub fn digest_of<'p>(&self, path: &'p Path) -> Option<&'p str> {
        path.strip_prefix(&self.folder).ok()?.iter().next()?.to_str()
    }

    /// Removes the package `digest`, to be kept anew.
    pub fn forget(&self, digest: &str) -> Result<(), InstallError> {
        let folder = self.folder.join(digest);
        tree::remove(&folder).map_err(|error| InstallError::Unwritable { path: folder, error })
    }

    /// Removes what no generation refers to any more.
    pub fn collect(&self, is_used: impl Fn(&str) -> bool) {
        tree::sweep(&self.folder);
        for name in files::names_in(&self.folder).unwrap_or_default() {
            let path = self.folder.join(&name);
            let is_litter = name.to_str().is_some_and(|name| name.len() == 64 && !is_used(name));
            if is_litter && tree::age(&path).is_some_and(|age| age > GRACE) {
                let _ = tree::remove(&path);
            }
        }
    }
}

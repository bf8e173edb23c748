//! The lockfile: the set of packages that a repository wants, each by its digest. Pure but for reading and writing it.

use super::error::InstallError;
use super::generations::InstalledPackage;
use crate::model::{CleanText, CommandWord};
use crate::sys::files;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Its name.
pub const FILE: &str = "everestctl.lock";
/// The version of its format.
const VERSION: u32 = 1;
/// More than any lockfile, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A lockfile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lockfile {
    /// The version of its format.
    version: u32,
    /// The packages, by the name of their command.
    pub plugins: BTreeMap<String, LockedPackage>,
}

/// One package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPackage {
    /// Its version.
    pub version: String,
    /// Where it comes from. A path inside the folder of the lockfile is relative to it.
    pub source: String,
    /// Where just this is fetched.
    pub exact: String,
    /// The digest of what is fetched there.
    pub digest: String,
    /// What each platform has to fetch.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub platforms: BTreeMap<String, String>,
    /// Who signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
}

impl Lockfile {
    /// The lockfile of these packages, to be written into `folder`; and the names of those that are on this machine only.
    pub fn from_packages(
        packages: &BTreeMap<String, InstalledPackage>,
        folder: &Path,
    ) -> (Self, Vec<String>) {
        let mut elsewhere = Vec::new();
        let mut plugins = BTreeMap::new();
        for (name, package) in packages {
            let Some(digest) = &package.origin else {
                // It was installed before origins were kept.
                elsewhere.push(name.clone());
                continue;
            };
            let mut relative = |place: &str| {
                if let Ok(inside) = Path::new(place).strip_prefix(folder) {
                    return format!("./{}", inside.display());
                }
                if Path::new(place).is_absolute() && !elsewhere.contains(name) {
                    elsewhere.push(name.clone());
                }
                place.to_owned()
            };
            let locked = LockedPackage {
                version: package.version.clone(),
                source: relative(&package.source),
                exact: relative(package.exact.as_ref().unwrap_or(&package.source)),
                digest: digest.clone(),
                platforms: package.platforms.clone(),
                signer: package.signer.clone(),
            };
            plugins.insert(name.clone(), locked);
        }
        (Self { version: VERSION, plugins }, elsewhere)
    }

    /// The lockfile at `path`. Its relative paths are of its folder.
    pub fn read(path: &Path) -> Result<Self, InstallError> {
        let content = files::read(path, LARGEST)
            .map_err(|error| InstallError::Unreadable { path: path.to_owned(), error })?;
        let invalid =
            |why: &str| InstallError::InvalidLockfile { path: path.to_owned(), why: CleanText::new(why) };
        let mut lockfile: Self =
            serde_json::from_slice(&content).map_err(|error| invalid(&error.to_string()))?;
        if lockfile.version != VERSION {
            let why =
                format!("its format has version {}, and this everestctl knows {VERSION}", lockfile.version);
            return Err(invalid(&why));
        }
        let folder = path.parent().unwrap_or(Path::new("/"));
        for (name, package) in &mut lockfile.plugins {
            CommandWord::new(name).map_err(|error| invalid(&format!("`{name}`: {error}")))?;
            for place in [&mut package.source, &mut package.exact] {
                if let Some(inside) = place.strip_prefix("./") {
                    *place = folder.join(inside).display().to_string();
                }
            }
        }
        Ok(lockfile)
    }

    /// Writes it.
    pub fn write(&self, path: &Path) -> Result<(), InstallError> {
        let unwritable = |error| InstallError::Unwritable { path: path.to_owned(), error };
        let mut content = serde_json::to_vec_pretty(self).map_err(|error| unwritable(error.into()))?;
        content.push(b'\n');
        files::replace_public(path, &content).map_err(unwritable)
    }
}

/// Where the lockfile is that the user means: the one named, or that of the current folder.
pub fn place(named: Option<&Path>) -> Result<PathBuf, InstallError> {
    let path = named.unwrap_or(Path::new(FILE));
    std::path::absolute(path).map_err(|error| InstallError::Unreadable { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(source: &str) -> InstalledPackage {
        InstalledPackage {
            version: "1".to_owned(),
            source: source.to_owned(),
            origin: Some(format!("sha256:{}", "ab".repeat(32))),
            exact: None,
            platforms: BTreeMap::new(),
            signer: None,
            key: None,
            identity: None,
            digest: "ab".repeat(32),
            is_pinned: false,
            links: Vec::new(),
        }
    }

    #[test]
    fn what_is_written_is_read_and_paths_go_with_the_repository() {
        let folder = files::temporary_folder("lockfile-").unwrap();
        let inside = folder.path().join("packages/a").display().to_string();
        let packages = [
            ("a".to_owned(), package(&inside)),
            ("b".to_owned(), package("oci://h/b:1")),
            ("c".to_owned(), package("/elsewhere/c")),
        ];
        let (lockfile, elsewhere) = Lockfile::from_packages(&packages.into(), folder.path());
        assert_eq!(elsewhere, ["c"]);
        assert_eq!(lockfile.plugins["a"].source, "./packages/a");
        let path = folder.path().join(FILE);
        lockfile.write(&path).unwrap();
        let read = Lockfile::read(&path).unwrap();
        assert_eq!(read.plugins["a"].source, inside);
        assert_eq!(read.plugins["b"], lockfile.plugins["b"]);
    }

    #[test]
    fn what_is_no_lockfile_is_refused() {
        let folder = files::temporary_folder("lockfile-").unwrap();
        let path = folder.path().join(FILE);
        for (text, why) in [
            ("{", "EOF"),
            (r#"{"version":2,"plugins":{}}"#, "version 2"),
            (
                r#"{"version":1,"plugins":{"../x":{"version":"1","source":"a","exact":"a","digest":"d"}}}"#,
                "../x",
            ),
            (r#"{"version":1,"plugins":{},"more":1}"#, "more"),
        ] {
            files::replace(&path, text.as_bytes()).unwrap();
            let error = Lockfile::read(&path).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert!(matches!(Lockfile::read(&folder.path().join("none")), Err(InstallError::Unreadable { .. })));
    }
}

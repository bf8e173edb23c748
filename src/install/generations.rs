//! Generations: which packages are active, now and before. Each is a folder of links that never changes; `current` leads to one.

use super::error::InstallError;
use super::signer::RequiredIdentity;
use super::store::ContentStore;
use crate::sys::clock::UnixTime;
use crate::sys::files;
use crate::sys::lock::Lock;
use crate::sys::tree;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The link to the active generation, inside the data folder.
pub const CURRENT: &str = "current";
const FOLDER: &str = "generations";
const NOTE: &str = "generation.json";
/// More than any note, in bytes.
const LARGEST_NOTE: u64 = 4 * 1024 * 1024;
/// How many generations stay.
const KEPT: usize = 20;

/// One package that is active.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledPackage {
    /// Its version.
    pub version: String,
    /// Where it came from, as the user wrote it; a path was made absolute.
    pub source: String,
    /// The digest of what came from there: an archive, a registry's manifest, the files of a folder.
    #[serde(default)]
    pub origin: Option<String>,
    /// The source by which just this can be fetched again.
    #[serde(default)]
    pub exact: Option<String>,
    /// What each platform has to fetch.
    #[serde(default)]
    pub platforms: BTreeMap<String, String>,
    /// Who signed it, if that was verified: the fingerprint of a key, or an identity and its issuer.
    #[serde(default)]
    pub signer: Option<String>,
    /// That key: what comes after has to be signed by it, too.
    #[serde(default)]
    pub key: Option<String>,
    /// The same for a signature without a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<RequiredIdentity>,
    /// The digest of its content.
    pub digest: String,
    /// Whether an upgrade leaves it alone.
    #[serde(default)]
    pub is_pinned: bool,
    /// The names of its links, each with its path inside the package.
    pub links: Vec<(String, String)>,
}

/// One generation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// Its number, counted from 1.
    pub number: u64,
    /// When it was made, in milliseconds since 1970.
    pub made: u64,
    /// What was done, as the user reads it.
    pub reason: String,
    /// The active packages, by the name of their command.
    pub packages: BTreeMap<String, InstalledPackage>,
}

/// The generations in a data folder.
#[derive(Clone, Debug)]
pub struct Generations {
    data: PathBuf,
}

impl Generations {
    /// Those in the data folder `data`.
    pub fn new(data: &Path) -> Self {
        Self { data: data.to_owned() }
    }

    /// Waits until no other process changes the set, for `patience` at most.
    pub fn lock(&self, patience: Duration) -> Result<Lock, InstallError> {
        let lock = || {
            files::make_private_folder(&self.data)?;
            Lock::take(&self.data.join("install.lock"), patience)
        };
        lock().map_err(|error| self.unwritable(error))
    }

    /// The active one; an empty one with the number 0 where nothing was ever installed.
    pub fn current(&self) -> Result<Generation, InstallError> {
        let Some(target) = tree::link_target(&self.data.join(CURRENT)) else {
            return Ok(Generation::default());
        };
        let number = target.file_name().and_then(|name| name.to_str()?.parse().ok()).unwrap_or_default();
        self.read(number)
    }

    /// All numbers, in order.
    pub fn numbers(&self) -> Vec<u64> {
        let names = files::names_in(&self.data.join(FOLDER)).unwrap_or_default();
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| name.to_str()?.parse().ok()).collect();
        numbers.sort_unstable();
        numbers
    }

    /// One generation.
    pub fn read(&self, number: u64) -> Result<Generation, InstallError> {
        let damaged = |why: String| InstallError::Damaged { number, why };
        let note = match files::read(&self.folder(number).join(NOTE), LARGEST_NOTE) {
            Ok(note) => note,
            Err(error) if files::is_absent(&error) => return Err(InstallError::NoGeneration(number)),
            Err(error) => return Err(damaged(error.to_string())),
        };
        serde_json::from_slice(&note).map_err(|error| damaged(error.to_string()))
    }

    /// Makes a generation with these packages the active one; gives its number. The caller holds the lock.
    pub fn activate(
        &self,
        packages: BTreeMap<String, InstalledPackage>,
        reason: &str,
        now: UnixTime,
    ) -> Result<u64, InstallError> {
        let number = self.numbers().last().copied().unwrap_or_default() + 1;
        let links = packages.values().flat_map(|package| {
            let to = |(name, path): &(String, String)| {
                (name.clone(), ContentStore::link_to(&package.digest, path))
            };
            package.links.iter().map(to)
        });
        let links: Vec<(String, PathBuf)> = links.collect();
        let generation = Generation { number, made: now.0, reason: reason.to_owned(), packages };
        let note = serde_json::to_vec_pretty(&generation).map_err(|error| self.unwritable(error.into()))?;
        tree::write_links(&self.folder(number), &links, (NOTE, &note))
            .map_err(|error| self.unwritable(error))?;
        self.turn_to(number)?;
        Ok(number)
    }

    /// Makes the generation `number` the active one. The caller holds the lock.
    pub fn turn_to(&self, number: u64) -> Result<(), InstallError> {
        let target = Path::new(FOLDER).join(number.to_string());
        tree::replace_link(&self.data.join(CURRENT), &target).map_err(|error| self.unwritable(error))
    }

    /// Removes old generations, and what only they have used from the store. The caller holds the lock.
    pub fn collect(&self, store: &ContentStore) {
        tree::sweep(&self.data);
        tree::sweep(&self.data.join(FOLDER));
        let Ok(current) = self.current() else { return };
        let numbers = self.numbers();
        let old = numbers.len().saturating_sub(KEPT);
        for number in numbers.iter().take(old).filter(|number| **number != current.number) {
            let _ = tree::remove(&self.folder(*number));
        }
        let mut used = Vec::new();
        for number in self.numbers() {
            // What cannot be read may refer to anything.
            let Ok(generation) = self.read(number) else { return };
            used.extend(generation.packages.into_values().map(|package| package.digest));
        }
        store.collect(|digest| used.iter().any(|other| other == digest));
    }

    fn folder(&self, number: u64) -> PathBuf {
        self.data.join(FOLDER).join(number.to_string())
    }

    fn unwritable(&self, error: io::Error) -> InstallError {
        InstallError::Unwritable { path: self.data.clone(), error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(version: &str) -> InstalledPackage {
        InstalledPackage {
            version: version.to_owned(),
            source: "/p".to_owned(),
            origin: None,
            exact: None,
            platforms: BTreeMap::new(),
            signer: None,
            key: None,
            identity: None,
            digest: version.repeat(64),
            is_pinned: false,
            links: vec![("everestctl-x".to_owned(), "bin/x".to_owned())],
        }
    }

    #[test]
    fn the_set_changes_in_one_step_and_can_be_gone_back_to() {
        let folder = files::temporary_folder("generations-").unwrap();
        let generations = Generations::new(folder.path());
        let _lock = generations.lock(Duration::ZERO).unwrap();
        assert_eq!(generations.current().unwrap(), Generation::default());
        for version in ["1", "2"] {
            let packages = [("x".to_owned(), package(version))].into();
            generations.activate(packages, "install x", UnixTime(7)).unwrap();
        }
        assert_eq!(generations.current().unwrap().number, 2);
        let link = folder.path().join("current/everestctl-x");
        let target = |version: &str| ContentStore::link_to(&version.repeat(64), "bin/x");
        assert_eq!(tree::link_target(&link), Some(target("2")));
        generations.turn_to(1).unwrap();
        assert_eq!(tree::link_target(&link), Some(target("1")));
        assert_eq!(generations.current().unwrap().packages["x"].version, "1");
        assert_eq!(generations.activate(BTreeMap::new(), "remove x", UnixTime(8)).unwrap(), 3);
        assert!(matches!(generations.read(9), Err(InstallError::NoGeneration(9))));
    }

    #[test]
    fn old_generations_go_and_the_active_one_stays() {
        let folder = files::temporary_folder("generations-").unwrap();
        let generations = Generations::new(folder.path());
        for _ in 0..KEPT + 5 {
            generations.activate(BTreeMap::new(), "install", UnixTime(7)).unwrap();
        }
        generations.turn_to(2).unwrap();
        generations.collect(&ContentStore::new(folder.path()));
        let numbers = generations.numbers();
        assert!(numbers.contains(&2) && !numbers.contains(&1), "{numbers:?}");
        assert_eq!(numbers.len(), KEPT + 1);
    }
}

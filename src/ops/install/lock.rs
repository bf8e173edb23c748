//! `plugin lock` and `plugin sync`: the set of installed packages as a repository wants it.

use super::plan::{self, InstallPlan};
use super::{Place, change, fetcher};
use crate::client::registry::reference::Digest;
use crate::error::Failure;
use crate::install::error::InstallError;
use crate::install::generations::InstalledPackage;
use crate::install::lockfile::{self, LockedPackage, Lockfile};
use crate::install::source::PackageSource;
use crate::model::{CleanText, CommandWord, Warning};
use crate::ops::App;
use crate::sys::lock::Lock;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a process waits for the others that do the same, where nothing else is said.
const PATIENCE: Duration = Duration::from_mins(10);

/// Writes the set of installed packages into a lockfile; gives its path, how many packages are in it, and what was left out.
pub fn lock(app: &App, file: Option<&Path>) -> Result<(PathBuf, usize, Vec<Warning>), Failure> {
    let path = lockfile::place(file)?;
    let packages = Place::of(app)?.generations.current()?.packages;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let (lockfile, elsewhere) = Lockfile::from_packages(&packages, folder);
    lockfile.write(&path)?;
    let warnings = elsewhere.into_iter().map(|name| {
        let Some(package) = lockfile.plugins.get(&name) else {
            let message = format!("`{name}` is left out: it is not known what it was fetched from");
            return Warning::general(message).hint(format!("everestctl plugin upgrade --force {name}"));
        };
        let place = CleanText::new(&package.source);
        let message = format!("`{name}` comes from {place}, which other machines do not have");
        Warning::general(message).hint("install it from a registry, from https or from this repository")
    });
    let warnings = warnings.collect();
    Ok((path, lockfile.plugins.len(), warnings))
}

/// What making the machine match a lockfile changes. Its JSON form is an interface.
#[derive(Debug, Default, Serialize)]
pub struct SyncPlan {
    /// Those that come, or come in another version.
    pub install: Vec<SyncRow>,
    /// Those that go.
    pub remove: Vec<String>,
    #[serde(skip)]
    packages: BTreeMap<String, InstalledPackage>,
    #[serde(skip)]
    fetched: Vec<InstallPlan>,
}

/// One package that comes. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct SyncRow {
    /// The name of the command.
    pub name: String,
    /// The version that is installed now.
    pub installed: Option<String>,
    /// The version that the lockfile wants.
    pub version: String,
    /// Where it comes from.
    pub source: String,
}

impl SyncPlan {
    /// Whether the machine matches already.
    pub fn is_empty(&self) -> bool {
        self.install.is_empty() && self.remove.is_empty()
    }
}

/// A synchronization that is under way: no other process changes the set.
pub struct Synchronization {
    place: Place,
    lockfile: PathBuf,
    _lock: Lock,
    /// What it changes.
    pub plan: SyncPlan,
}

/// Finds out what is missing for the lockfile and fetches it. Many processes that do the same at once wait for each other, so
/// that each package is fetched once.
pub fn prepare(app: &App, file: Option<&Path>) -> Result<Synchronization, Failure> {
    let path = lockfile::place(file)?;
    let lockfile = Lockfile::read(&path)?;
    let place = Place::of(app)?;
    let lock = place.generations.lock(app.options.request_timeout.unwrap_or(PATIENCE))?;
    let current = place.generations.current()?.packages;
    let mut plan = SyncPlan {
        remove: current.keys().filter(|name| !lockfile.plugins.contains_key(*name)).cloned().collect(),
        ..SyncPlan::default()
    };
    for (name, locked) in &lockfile.plugins {
        let installed = current.get(name);
        if let Some(package) = installed.filter(|package| is_it(&place, package, locked)) {
            plan.packages.insert(name.clone(), package.clone());
            continue;
        }
        plan.install.push(SyncRow {
            name: name.clone(),
            installed: installed.map(|package| CleanText::new(&package.version).to_string()),
            version: CleanText::new(&locked.version).to_string(),
            source: CleanText::new(&locked.source).to_string(),
        });
        match known_before(&place, name, locked) {
            Some(package) => drop(plan.packages.insert(name.clone(), package)),
            None => plan.fetched.push(fetched(app, &path, name, locked)?),
        }
    }
    Ok(Synchronization { place, lockfile: path, _lock: lock, plan })
}

impl Synchronization {
    /// Makes the machine match; gives the number of the generation, which is the active one if there is nothing to do.
    pub fn carry_out(mut self) -> Result<u64, Failure> {
        if self.plan.is_empty() {
            return Ok(self.place.generations.current()?.number);
        }
        for plan in &self.plan.fetched {
            self.plan.packages.insert(plan.name.clone(), change::keep(&self.place, plan)?);
        }
        let reason = format!("sync {}", self.lockfile.display());
        change::activate(&self.place, self.plan.packages, &reason)
    }
}

fn is_it(place: &Place, package: &InstalledPackage, locked: &LockedPackage) -> bool {
    package.origin.as_ref() == Some(&locked.digest)
        && place.store.changed(&package.digest).is_ok_and(|changed| changed.is_empty())
}

/// The package as an earlier generation had it: no network, no copying.
fn known_before(place: &Place, name: &str, locked: &LockedPackage) -> Option<InstalledPackage> {
    let generations = place.generations.numbers().into_iter().rev();
    let mut packages =
        generations.filter_map(|number| place.generations.read(number).ok()?.packages.remove(name));
    let found = packages.find(|package| is_it(place, package, locked))?;
    Some(InstalledPackage { source: locked.source.clone(), is_pinned: false, ..found })
}

fn fetched(app: &App, lockfile: &Path, name: &str, locked: &LockedPackage) -> Result<InstallPlan, Failure> {
    let invalid = |why: String| InstallError::InvalidLockfile {
        path: lockfile.to_owned(),
        why: CleanText::new(&format!("`{name}`: {why}")),
    };
    let digest = Digest::new(&locked.digest).map_err(|error| invalid(error.to_string()))?;
    let exact = PackageSource::from_kept(&locked.exact)?;
    let plan = plan::read(app, &fetcher(app, None, None)?, &exact, Some(&digest), false)?;
    if CommandWord::new(name).is_ok_and(|name| name != plan.fetched.package.name) {
        return Err(invalid(format!("the package at {exact} is `{}`", plan.name)).into());
    }
    Ok(InstallPlan { source: locked.source.clone(), ..plan })
}

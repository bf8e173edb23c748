//! `plugin install`, `upgrade`, `remove`, `pin`, `rollback`, `history` and `verify`: the set of installed packages.

use super::App;
use crate::app::catalog::CommandCatalog;
use crate::error::Failure;
use crate::install::archive;
use crate::install::error::InstallError;
use crate::install::generations::{Generation, Generations, InstalledPackage};
use crate::install::package::Package;
use crate::install::store::ContentStore;
use crate::model::{CleanText, CommandWord, Warning, reserved};
use crate::resolve::{RunTarget, candidates, choose};
use crate::sys::clock::UnixTime;
use crate::sys::program;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What an installation or an upgrade would change. Its JSON form is an interface.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstallPlan {
    /// The name of the command.
    pub name: String,
    /// The version that is installed now.
    pub installed: Option<String>,
    /// The version that will be.
    pub version: String,
    /// Where it comes from.
    pub source: String,
    /// The digest of its content.
    pub digest: String,
    /// What the plugin does, in its own words.
    pub summary: Option<CleanText>,
    /// Its license.
    pub license: Option<CleanText>,
    /// What the user should know before.
    #[serde(skip)]
    pub warnings: Vec<Warning>,
    #[serde(skip)]
    package: Box<Package>,
    #[serde(skip)]
    is_pinned: bool,
}

/// The data folder's parts.
struct Place {
    generations: Generations,
    store: ContentStore,
}

impl Place {
    fn of(app: &App) -> Result<Self, InstallError> {
        let data = app.folders.data.as_deref().ok_or(InstallError::NoPlace)?;
        Ok(Self { generations: Generations::new(data), store: ContentStore::new(data) })
    }
}

/// What installing the package at `source` would do.
pub fn plan(app: &App, source: &Path, is_pinned: bool) -> Result<InstallPlan, Failure> {
    let current = Place::of(app)?.generations.current()?;
    let source = std::path::absolute(source)
        .map_err(|error| InstallError::Unreadable { path: source.to_owned(), error })?;
    let plan = read(app, &source, is_pinned)?;
    let name = plan.package.name.clone();
    if let Some(installed) = current.packages.get(name.as_str()) {
        let version = CleanText::new(&installed.version);
        return Err(InstallError::Present { name, version }.into());
    }
    Ok(with_neighbours(app, plan))
}

/// What upgrading the installed packages with these names would do, all of them where none is named: each is read again
/// from where it came. Those that are as they are there are left out, unless `is_forced`.
pub fn upgrade_plans(
    app: &App,
    names: &[CommandWord],
    is_forced: bool,
) -> Result<(Vec<InstallPlan>, Vec<Warning>), Failure> {
    let current = Place::of(app)?.generations.current()?;
    let named = chosen(&current, names)?;
    let (mut plans, mut problems) = (Vec::new(), Vec::new());
    for (name, installed) in named {
        if installed.is_pinned && names.is_empty() {
            continue;
        }
        match read(app, Path::new(&installed.source), installed.is_pinned) {
            Ok(plan) if plan.digest == installed.digest && !is_forced => {}
            Ok(plan) if plan.name != *name => {
                let message = format!("{}: the package there is now `{}`", installed.source, plan.name);
                problems.push(Warning::general(CleanText::new(&message).to_string()));
            }
            Ok(plan) => plans.push(InstallPlan { installed: Some(installed.version.clone()), ..plan }),
            Err(failure) if names.is_empty() => {
                problems.push(Warning::general([vec![failure.message], failure.causes].concat().join(": ")));
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok((plans, problems))
}

/// Carries plans out, all in one step; gives the number of the new generation.
pub fn carry_out(app: &App, plans: &[InstallPlan]) -> Result<u64, Failure> {
    let place = Place::of(app)?;
    let _lock = place.generations.lock(app.patience())?;
    let mut packages = place.generations.current()?.packages;
    let mut reasons = Vec::new();
    for plan in plans {
        // What was changed in the store is made anew.
        if place.store.changed(&plan.digest).is_ok_and(|changed| !changed.is_empty()) {
            place.store.forget(&plan.digest)?;
        }
        let digest = place.store.keep(&plan.package)?;
        let installed = InstalledPackage {
            version: plan.version.clone(),
            source: plan.source.clone(),
            digest,
            is_pinned: plan.is_pinned,
            links: plan.package.links(),
        };
        packages.insert(plan.name.clone(), installed);
        let verb = if plan.installed.is_some() { "upgrade" } else { "install" };
        reasons.push(format!("{verb} {} {}", plan.name, plan.version));
    }
    let number = place.generations.activate(packages, &reasons.join(", "), UnixTime::now())?;
    place.generations.collect(&place.store);
    Ok(number)
}

/// Takes packages out of the set; gives the number of the new generation.
pub fn remove(app: &App, names: &[CommandWord]) -> Result<u64, Failure> {
    change(app, names, "remove", |packages, name| drop(packages.remove(name)))
}

/// Makes upgrades of everything leave packages alone, or no longer.
pub fn pin(app: &App, names: &[CommandWord], is_pinned: bool) -> Result<u64, Failure> {
    change(app, names, if is_pinned { "pin" } else { "unpin" }, |packages, name| {
        if let Some(package) = packages.get_mut(name) {
            package.is_pinned = is_pinned;
        }
    })
}

fn change(
    app: &App,
    names: &[CommandWord],
    verb: &str,
    change: impl Fn(&mut BTreeMap<String, InstalledPackage>, &str),
) -> Result<u64, Failure> {
    let place = Place::of(app)?;
    let _lock = place.generations.lock(app.patience())?;
    let current = place.generations.current()?;
    chosen(&current, names)?;
    let mut packages = current.packages;
    for name in names {
        change(&mut packages, name.as_str());
    }
    let words: Vec<&str> = names.iter().map(CommandWord::as_str).collect();
    let number =
        place.generations.activate(packages, &format!("{verb} {}", words.join(" ")), UnixTime::now())?;
    place.generations.collect(&place.store);
    Ok(number)
}

/// Goes back to the generation `number`, or to the one before the active one; gives both numbers, the active one first.
pub fn rollback(app: &App, number: Option<u64>) -> Result<(u64, u64), Failure> {
    let place = Place::of(app)?;
    let _lock = place.generations.lock(app.patience())?;
    let current = place.generations.current()?;
    let numbers = place.generations.numbers();
    let before = || numbers.iter().rev().find(|number| **number < current.number).copied();
    let number = match number {
        Some(number) => number,
        None => before().ok_or(InstallError::NothingBefore)?,
    };
    place.generations.read(number)?;
    place.generations.turn_to(number)?;
    Ok((current.number, number))
}

/// One generation, as it is shown. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct HistoryRow {
    /// Its number.
    pub generation: u64,
    /// Whether it is the active one.
    pub current: bool,
    /// When it was made (RFC 3339).
    pub made: String,
    /// What was done.
    pub reason: String,
    /// The packages in it, with their versions.
    pub packages: BTreeMap<String, String>,
}

/// All generations, the newest first, and those that cannot be read.
pub fn history(app: &App) -> Result<(Vec<HistoryRow>, Vec<Warning>), Failure> {
    let place = Place::of(app)?;
    // A damaged one may be the active one.
    let current = place.generations.current().map_or(0, |generation| generation.number);
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for number in place.generations.numbers().into_iter().rev() {
        match place.generations.read(number) {
            Ok(generation) => rows.push(HistoryRow {
                generation: number,
                current: number == current,
                made: UnixTime(generation.made).to_rfc3339_seconds(),
                reason: CleanText::new(&generation.reason).to_string(),
                packages: generation
                    .packages
                    .into_iter()
                    .map(|(name, package)| (name, CleanText::new(&package.version).to_string()))
                    .collect(),
            }),
            Err(error) => problems.push(Warning::general(error.to_string())),
        }
    }
    Ok((rows, problems))
}

/// The installed plugins whose names start like `typed`, with their versions: for TAB.
pub fn names(app: &App, typed: &str) -> Vec<(String, String)> {
    let current = Place::of(app).and_then(|place| place.generations.current()).unwrap_or_default();
    let version = |package: InstalledPackage| CleanText::new(&package.version).to_string();
    let named = current.packages.into_iter().filter(|(name, _)| name.starts_with(typed));
    named.map(|(name, package)| (name, version(package))).collect()
}

/// The generations whose numbers start like `typed`, the newest first, with what was done: for TAB.
pub fn generations(app: &App, typed: &str) -> Vec<(String, String)> {
    let (rows, _) = history(app).unwrap_or_default();
    let rows = rows.into_iter().map(|row| (row.generation.to_string(), row.reason));
    rows.filter(|(number, _)| number.starts_with(typed)).collect()
}

/// Whether a package is as it was installed. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct VerifyRow {
    /// The name of the command.
    pub name: String,
    /// The version.
    pub version: String,
    /// The digest of what was installed.
    pub digest: String,
    /// The files that are not as they were; nothing where all are.
    pub changed: Vec<PathBuf>,
}

/// Looks at every file of the installed packages with these names, or of all.
pub fn verify(app: &App, names: &[CommandWord]) -> Result<Vec<VerifyRow>, Failure> {
    let place = Place::of(app)?;
    let current = place.generations.current()?;
    let row = |(name, package): (&String, &InstalledPackage)| {
        Ok(VerifyRow {
            name: name.clone(),
            version: package.version.clone(),
            digest: package.digest.clone(),
            changed: place.store.changed(&package.digest)?,
        })
    };
    chosen(&current, names)?.into_iter().map(row).collect()
}

/// The installed packages with these names; all where none is named.
fn chosen<'g>(
    current: &'g Generation,
    names: &[CommandWord],
) -> Result<Vec<(&'g String, &'g InstalledPackage)>, InstallError> {
    if names.is_empty() {
        return Ok(current.packages.iter().collect());
    }
    names
        .iter()
        .map(|name| {
            current.packages.get_key_value(name.as_str()).ok_or_else(|| InstallError::Absent(name.clone()))
        })
        .collect()
}

/// The package at `source`, if this machine can run it and nobody owns its name.
fn read(app: &App, source: &Path, is_pinned: bool) -> Result<InstallPlan, Failure> {
    let package = Package::from_files(archive::read(source)?, source)?;
    if let Some((_, purpose)) = reserved::owner(package.name.as_str()) {
        let owner = format!("the name is reserved by everestctl for {purpose}");
        return Err(InstallError::Taken { name: package.name, owner }.into());
    }
    package.is_met(|name| program::find(name, &app.environment).is_some())?;
    let clean = |text: &Option<String>| text.as_deref().and_then(CleanText::non_empty);
    Ok(InstallPlan {
        name: package.name.to_string(),
        installed: None,
        version: CleanText::new(&package.manifest.version).to_string(),
        source: source.display().to_string(),
        digest: package.digest(),
        summary: clean(&package.manifest.summary),
        license: clean(&package.manifest.license),
        warnings: Vec::new(),
        package: Box::new(package),
        is_pinned,
    })
}

/// The plan with a warning for what has its name already: what comes before it, and what it will come before.
fn with_neighbours(app: &App, mut plan: InstallPlan) -> InstallPlan {
    let catalog = CommandCatalog::new(app);
    let words = [plan.package.name.clone()];
    let name = &plan.name;
    if let Some(RunTarget::Command(command)) = choose(candidates(&words, &catalog)).map(|found| found.target)
    {
        let from = command.source();
        let hint = format!("everestctl plugin which {name}");
        let message = format!("source {from} has a command `{name}` already");
        plan.warnings.push(Warning::general(message).hint(hint));
    }
    plan
}

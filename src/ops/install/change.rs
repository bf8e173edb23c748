//! Changing the set of installed packages, each time in one step.

use super::plan::InstallPlan;
use super::{Place, chosen};
use crate::error::Failure;
use crate::install::error::InstallError;
use crate::install::generations::InstalledPackage;
use crate::model::CommandWord;
use crate::ops::App;
use crate::sys::clock::UnixTime;
use std::collections::BTreeMap;

/// Carries plans out, all in one step; gives the number of the new generation.
pub fn carry_out(app: &App, plans: &[InstallPlan]) -> Result<u64, Failure> {
    let place = Place::of(app)?;
    let _lock = place.generations.lock(app.patience())?;
    let mut packages = place.generations.current()?.packages;
    let mut reasons = Vec::new();
    for plan in plans {
        packages.insert(plan.name.clone(), keep(&place, plan)?);
        let verb = if plan.installed.is_some() { "upgrade" } else { "install" };
        reasons.push(format!("{verb} {} {}", plan.name, plan.version));
    }
    activate(&place, packages, &reasons.join(", "))
}

/// Puts the files of a plan's package into the store. The caller holds the lock.
pub(super) fn keep(place: &Place, plan: &InstallPlan) -> Result<InstalledPackage, InstallError> {
    // What was changed in the store is made anew.
    if place.store.changed(&plan.digest).is_ok_and(|changed| !changed.is_empty()) {
        place.store.forget(&plan.digest)?;
    }
    place.store.keep(&plan.fetched.package)?;
    Ok(plan.to_installed())
}

/// Makes `packages` the active set. The caller holds the lock.
pub(super) fn activate(
    place: &Place,
    packages: BTreeMap<String, InstalledPackage>,
    reason: &str,
) -> Result<u64, Failure> {
    let number = place.generations.activate(packages, reason, UnixTime::now())?;
    place.publish_man_pages();
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
    activate(&place, packages, &format!("{verb} {}", words.join(" ")))
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
    place.publish_man_pages();
    Ok((current.number, number))
}

//! Whether installed packages have something newer at their sources: looked for in the background at most once a day, and said
//! at most once a day.
//!
//! Only registries are asked, for a digest: nobody downloads an archive whom nobody has asked to. It must not know how the user is told.

use super::App;
use crate::index::Store;
use crate::index::newer_packages::{NewerPackage, NewerPackages};
use crate::install::fetch::Fetcher;
use crate::install::generations::{Generation, Generations};
use crate::install::source::PackageSource;
use crate::model::CleanText;
use crate::sys::clock::UnixTime;
use std::collections::BTreeMap;

/// The variable that switches the notice off.
pub const NO_NOTICE: &str = "EVERESTCTL_NO_UPDATE_NOTICE";

/// The same as [`look`], unless that was done today.
pub(super) fn look_when_due(app: &App) {
    let is_due = |store: Store| store.newer_packages().is_due(UnixTime::now());
    if is_wanted(app) && app.store().is_some_and(is_due) {
        look(app);
    }
}

/// Asks the registries of installed packages that may change: those by a tag, and not pinned. What cannot be asked stays as it was.
pub fn look(app: &App) {
    let (Some(store), Some(current)) = (app.store().filter(|_| !app.options.offline), current(app)) else {
        return;
    };
    let mut newer = store.newer_packages();
    let now = UnixTime::now();
    let mut found = BTreeMap::new();
    let fetcher = Fetcher::without_signers(app.transport_elsewhere(), &app.environment);
    for (name, installed) in current.packages.iter().filter(|(_, installed)| !installed.is_pinned) {
        let Ok(source @ PackageSource::Registry(_)) = PackageSource::from_kept(&installed.source) else {
            continue;
        };
        match fetcher.current_digest(&source) {
            Ok(Some((tag, digest))) if Some(digest.to_string()) != installed.origin => {
                let version = Some(tag).filter(|tag| tag != "latest" && *tag != installed.version);
                found.insert(name.clone(), NewerPackage { than: installed.digest.clone(), version });
            }
            Ok(_) => {}
            Err(_) => found.extend(newer.packages.remove_entry(name)),
        }
    }
    newer.look(found, now);
    let _ = store.keep_newer_packages(&newer);
}

/// Remembers what a look at all sources has found, which the user sees now: each package with its version there.
pub fn remember(app: &App, found: impl Iterator<Item = (String, String)>) {
    let (Some(store), Some(current)) = (app.store(), current(app)) else { return };
    let than = |name: &str| current.packages.get(name).map(|installed| installed.digest.clone());
    let found = found.filter_map(|(name, version)| {
        let newer = NewerPackage { than: than(&name)?, version: Some(version) };
        Some((name, newer))
    });
    let mut newer = store.newer_packages();
    let now = UnixTime::now();
    newer.look(found.collect(), now);
    newer.tell(now);
    let _ = store.keep_newer_packages(&newer);
}

/// What the user should know of newer packages, if that is due: each name, and the version at its source. It counts as told.
pub fn untold(app: &App) -> Vec<(CleanText, Option<CleanText>)> {
    let Some(store) = app.store().filter(|_| is_wanted(app)) else { return Vec::new() };
    let mut newer = store.newer_packages();
    let now = UnixTime::now();
    let Some(current) = current(app).filter(|_| newer.may_be_told(now)) else { return Vec::new() };
    let still = still_newer(&newer, &current);
    if !still.is_empty() {
        newer.tell(now);
        // Who cannot write it down would tell it with every command.
        if store.keep_newer_packages(&newer).is_err() {
            return Vec::new();
        }
    }
    still
}

/// What was not upgraded, pinned or removed meanwhile.
fn still_newer(newer: &NewerPackages, current: &Generation) -> Vec<(CleanText, Option<CleanText>)> {
    let packages = newer.packages.iter().filter(|(name, newer)| {
        let installed = current.packages.get(*name);
        installed.is_some_and(|installed| installed.digest == newer.than && !installed.is_pinned)
    });
    let told = packages
        .map(|(name, newer)| (CleanText::new(name), newer.version.as_deref().and_then(CleanText::non_empty)));
    told.collect()
}

fn is_wanted(app: &App) -> bool {
    !app.is_ci() && !app.options.offline && !app.environment.switch(NO_NOTICE)
}

fn current(app: &App) -> Option<Generation> {
    Generations::new(app.folders.data.as_deref()?).current().ok()
}

//! `plugin install`, `upgrade`, `outdated`, `remove`, `pin`, `rollback`, `history`, `verify`, `lock` and `sync`: the set of installed
//! packages.
//!
//! * [`plan`]: what would change, from where;
//! * [`change`]: changing the set, in one step;
//! * [`lock`]: the set as a repository wants it;
//! * [`history`], [`verify`], [`facts`]: what there is.

pub mod change;
pub mod facts;
pub mod history;
pub mod lock;
pub mod plan;
pub mod verify;

use super::App;
use crate::client::signature::VerificationKey;
use crate::error::Failure;
use crate::install::error::InstallError;
use crate::install::fetch::Fetcher;
use crate::install::generations::{Generation, Generations, InstalledPackage};
use crate::install::man_pages;
use crate::install::package::Package;
use crate::install::signer::{RequiredSigner, TrustedSigner};
use crate::install::store::ContentStore;
use crate::model::{CleanText, CommandWord};
use std::path::PathBuf;

/// The data folder's parts.
struct Place {
    data: PathBuf,
    generations: Generations,
    store: ContentStore,
}

impl Place {
    fn of(app: &App) -> Result<Self, InstallError> {
        let data = app.folders.data.as_deref().ok_or(InstallError::NoPlace)?;
        let data = data.to_owned();
        Ok(Self { generations: Generations::new(&data), store: ContentStore::new(&data), data })
    }

    /// Makes `man` find the pages of the active set.
    fn publish_man_pages(&self) {
        if let Ok(current) = self.generations.current() {
            man_pages::publish(&self.data, &current);
        }
    }
}

/// The variable that names a file with the public key of `cosign`.
const KEY: &str = "EVERESTCTL_COSIGN_KEY";

/// What fetches packages on this run, and whose signatures it wants: that of the one `named`, else of the one who has
/// signed the package before, else of one that the policy lists.
pub(super) fn fetcher<'a>(
    app: &'a App,
    named: Option<&RequiredSigner>,
    before: Option<&InstalledPackage>,
) -> Result<Fetcher<'a>, Failure> {
    let policy = app.plugin_policy()?;
    let of_variable = || app.environment.os(KEY).map(|path| RequiredSigner::Key(path.into()));
    let before = before.map(signer_before).transpose()?.flatten();
    let (signers, wants_signature) = match (named.cloned().or_else(of_variable), before) {
        (Some(required), _) => (vec![required.read()?], true),
        (None, Some(signer)) => (vec![signer], true),
        (None, None) => (policy.signers(), policy.wants_signatures()),
    };
    Ok(Fetcher {
        transport: app.transport_elsewhere(),
        environment: &app.environment,
        is_offline: app.options.offline,
        signers,
        wants_signature,
    })
}

/// Who has signed the package that is installed, if that was verified.
fn signer_before(package: &InstalledPackage) -> Result<Option<TrustedSigner>, InstallError> {
    if let Some(required) = &package.identity {
        return required.read().map(Some);
    }
    let key = package.key.as_ref().and_then(|key| VerificationKey::from_base64(key));
    Ok(key.map(|key| TrustedSigner::of_key(format!("the key {}, as before", key.fingerprint()), key)))
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
    let (rows, _) = history::history(app).unwrap_or_default();
    let rows = rows.into_iter().map(|row| (row.generation.to_string(), row.reason));
    rows.filter(|(number, _)| number.starts_with(typed)).collect()
}

/// The installed package `name`, of the active generation or of another one.
pub(super) fn installed(
    app: &App,
    name: &str,
    generation: Option<u64>,
) -> Result<Option<InstalledPackage>, InstallError> {
    let generations = Place::of(app)?.generations;
    let generation = match generation {
        Some(number) => generations.read(number)?,
        None => generations.current()?,
    };
    Ok(generation.packages.get(name).cloned())
}

/// What is kept of an installed package.
pub(super) fn stored(app: &App, installed: &InstalledPackage) -> Result<Package, InstallError> {
    Place::of(app)?.store.read(&installed.digest)
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

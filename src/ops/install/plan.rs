//! What an installation or an upgrade would change, before anything does.

use super::{Place, chosen, fetcher};
use crate::app::catalog::CommandCatalog;
use crate::app::package_updates;
use crate::client::registry::reference::Digest;
use crate::error::Failure;
use crate::install::error::InstallError;
use crate::install::fetch::{FetchedContent, FetchedPackage, Fetcher};
use crate::install::generations::InstalledPackage;
use crate::install::package::Package;
use crate::install::package_surface;
use crate::install::policy::PolicySubject;
use crate::install::signer::{PackageSigner, RequiredSigner};
use crate::install::source::PackageSource;
use crate::model::surface_change::SurfaceDifference;
use crate::model::{CleanText, CommandWord, Warning, reserved};
use crate::ops::App;
use crate::resolve::{RunTarget, candidates, choose};
use crate::sys::program;
use serde::Serialize;

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
    /// The digest of what comes from there.
    pub origin: String,
    /// Who has signed it, if that was verified: the fingerprint of a key, or an identity and its issuer.
    pub signer: Option<String>,
    /// The digest of its content.
    pub digest: String,
    /// What the plugin does, in its own words.
    pub summary: Option<CleanText>,
    /// Its license.
    pub license: Option<CleanText>,
    /// What an upgrade changes for who uses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surface: Option<SurfaceDifference>,
    /// What the user should know before.
    #[serde(skip)]
    pub warnings: Vec<Warning>,
    #[serde(skip)]
    pub(super) fetched: Box<FetchedPackage>,
    #[serde(skip)]
    pub(super) is_pinned: bool,
}

/// What the user wants of an installation.
#[derive(Debug, Default)]
pub struct InstallWishes {
    /// The version, which is a tag of a registry.
    pub version: Option<String>,
    /// The checksum of the archive or of the registry's manifest, with or without `sha256:`.
    pub sha256: Option<String>,
    /// Who has to have signed it.
    pub signer: Option<RequiredSigner>,
    /// Whether upgrades of everything leave it alone.
    pub is_pinned: bool,
}

/// The source that the user has written.
pub fn source(text: &str) -> Result<PackageSource, Failure> {
    Ok(PackageSource::from_argument(text)?)
}

/// What came from a source, before it is known what it is.
#[derive(Debug)]
pub struct Arrival {
    pub(in crate::ops) source: PackageSource,
    pub(in crate::ops) content: FetchedContent,
    is_pinned: bool,
}

/// Fetches what is at `source`, as the policy and `wishes` allow it.
pub fn fetch(app: &App, source: &PackageSource, wishes: &InstallWishes) -> Result<Arrival, Failure> {
    let source = wanted_source(source, wishes.version.as_deref())?;
    let wanted = wishes.sha256.as_deref().map(wanted_digest).transpose()?;
    let fetcher = fetcher(app, wishes.signer.as_ref(), None)?;
    // Nobody is asked for what may not be installed.
    app.plugin_policy()?.check(&of_source(&source))?;
    let content = fetcher.fetch_content(&source, wanted.as_ref())?;
    Ok(Arrival { source, content, is_pinned: wishes.is_pinned })
}

/// What installing the package that has arrived would do.
pub fn plan(app: &App, arrival: Arrival) -> Result<InstallPlan, Failure> {
    let current = Place::of(app)?.generations.current()?;
    let Arrival { source, content, is_pinned } = arrival;
    let fetched = content.into_package()?;
    let plan = judged(app, &source.to_string(), fetched, of_source(&source), is_pinned)?;
    let name = plan.fetched.package.name.clone();
    if let Some(installed) = current.packages.get(name.as_str()) {
        let version = CleanText::new(&installed.version);
        return Err(InstallError::Present { name, version }.into());
    }
    Ok(with_neighbours(app, plan))
}

/// The package at `source`, to be looked at and not to be installed: also where this machine could not run it.
pub(in crate::ops) fn fetched(app: &App, source: &PackageSource) -> Result<Package, Failure> {
    let source = wanted_source(source, None)?;
    app.plugin_policy()?.check(&of_source(&source))?;
    Ok(fetcher(app, None, None)?.fetch(&source, None)?.package)
}

/// What a policy is asked about before anything is known but the source.
pub(in crate::ops) fn of_source(source: &PackageSource) -> PolicySubject {
    let source = source.to_string();
    PolicySubject { name: source.clone(), source: Some(source), ..PolicySubject::default() }
}

/// The source with the version that the user wants; a path is made absolute.
pub(in crate::ops) fn wanted_source(
    source: &PackageSource,
    version: Option<&str>,
) -> Result<PackageSource, InstallError> {
    let refused = |why: &str| InstallError::NoSource {
        given: CleanText::new(&source.to_string()),
        why: why.to_owned(),
    };
    match (source, version) {
        (PackageSource::Path(path), None) => {
            let absolute = std::path::absolute(path);
            let unreadable = |error| InstallError::Unreadable { path: path.clone(), error };
            absolute.map(PackageSource::Path).map_err(unreadable)
        }
        (source, None) => Ok(source.clone()),
        (PackageSource::Registry(reference), Some(version)) => {
            if reference.tag().is_some() || reference.digest().is_some() {
                return Err(refused("it names a version already, and so does --version"));
            }
            reference
                .with_tag(version)
                .map(PackageSource::Registry)
                .map_err(|error| refused(&error.to_string()))
        }
        (_, Some(_)) => {
            Err(refused("--version is for oci:// and for names of the hub; this has one version"))
        }
    }
}

pub(in crate::ops) fn wanted_digest(text: &str) -> Result<Digest, InstallError> {
    let text = text.trim().to_ascii_lowercase();
    let whole = if text.starts_with("sha256:") { text } else { format!("sha256:{text}") };
    Digest::new(&whole)
        .map_err(|error| InstallError::NoSource { given: CleanText::new(&whole), why: error.to_string() })
}

/// What upgrading the installed packages with these names would do, all of them where none is named: each is read again
/// from where it came. Those that are as they are there are left out, unless `is_forced`.
pub fn upgrade_plans(
    app: &App,
    names: &[CommandWord],
    signer: Option<&RequiredSigner>,
    is_forced: bool,
) -> Result<(Vec<InstallPlan>, Vec<Warning>), Failure> {
    let current = Place::of(app)?.generations.current()?;
    let mut wanted = chosen(&current, names)?;
    wanted.retain(|(_, installed)| !installed.is_pinned || !names.is_empty());
    let (mut plans, mut problems) = (Vec::new(), Vec::new());
    for (name, installed) in wanted {
        match newer(app, name, installed, signer, is_forced) {
            Ok(Ok(plan)) => plans.extend(plan),
            Ok(Err(problem)) => problems.push(problem),
            Err(failure) if names.is_empty() => problems.push(of_one(name, failure)),
            Err(failure) => return Err(failure),
        }
    }
    Ok((plans, problems))
}

/// What replaces `installed`, unless it is as it is at its source; or what is wrong there.
fn newer(
    app: &App,
    name: &str,
    installed: &InstalledPackage,
    signer: Option<&RequiredSigner>,
    is_forced: bool,
) -> Result<Result<Option<InstallPlan>, Warning>, Failure> {
    let plan = read_again(app, installed, signer)?;
    if plan.digest == installed.digest && !is_forced {
        return Ok(Ok(None));
    }
    if plan.name != name {
        let message = format!("{}: the package there is now `{}`", installed.source, plan.name);
        return Ok(Err(Warning::general(CleanText::new(&message).to_string())));
    }
    // What is damaged is replaced, and cannot be compared.
    let before = Place::of(app)?.store.read(&installed.digest).ok();
    let after = package_surface::of(&plan.fetched.package);
    let surface = before.map(|before| SurfaceDifference::between(&package_surface::of(&before), &after));
    Ok(Ok(Some(InstallPlan { installed: Some(installed.version.clone()), surface, ..plan })))
}

/// What is wrong with one of several packages.
fn of_one(name: &str, failure: Failure) -> Warning {
    let message = [vec![failure.message], failure.causes].concat().join(": ");
    Warning::general(format!("{name}: {message}"))
}

/// The package that is now where `installed` came from.
fn read_again(
    app: &App,
    installed: &InstalledPackage,
    signer: Option<&RequiredSigner>,
) -> Result<InstallPlan, Failure> {
    let source = PackageSource::from_kept(&installed.source)?;
    read(app, &fetcher(app, signer, Some(installed))?, &source, None, installed.is_pinned)
}

/// An installed plugin that is older than what is at its source. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct OutdatedRow {
    /// The name of the command.
    pub name: String,
    /// The version that is installed.
    pub installed: String,
    /// The version that its source has.
    pub available: String,
    /// Whether an upgrade of everything leaves it alone.
    pub pinned: bool,
    /// Where it comes from.
    pub source: String,
}

/// The installed plugins whose sources have something else than what is installed.
pub fn outdated(app: &App) -> Result<(Vec<OutdatedRow>, Vec<Warning>), Failure> {
    let current = Place::of(app)?.generations.current()?;
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for (name, installed) in &current.packages {
        match newer(app, name, installed, None, false) {
            Ok(Ok(plan)) => rows.extend(plan.map(|plan| OutdatedRow {
                name: name.clone(),
                installed: CleanText::new(&installed.version).to_string(),
                available: plan.version,
                pinned: installed.is_pinned,
                source: plan.source,
            })),
            Ok(Err(problem)) => problems.push(problem),
            Err(failure) => problems.push(of_one(name, failure)),
        }
    }
    if problems.is_empty() {
        let newer = rows.iter().filter(|row| !row.pinned);
        package_updates::remember(app, newer.map(|row| (row.name.clone(), row.available.clone())));
    }
    Ok((rows, problems))
}

/// The package at `source`, if this machine can run it and nobody owns its name. Where `wanted` is known, it is that one or none.
pub(super) fn read(
    app: &App,
    fetcher: &Fetcher<'_>,
    source: &PackageSource,
    wanted: Option<&Digest>,
    is_pinned: bool,
) -> Result<InstallPlan, Failure> {
    let subject = of_source(source);
    // Nobody is asked for what may not be installed.
    app.plugin_policy()?.check(&subject)?;
    let fetched = fetcher.fetch(source, wanted)?;
    judged(app, &source.to_string(), fetched, subject, is_pinned)
}

/// What installing a package out of a bundle would do, which came from `source`; `None` where it is installed already.
pub(in crate::ops) fn of_bundle(
    app: &App,
    source: &str,
    fetched: FetchedPackage,
) -> Result<Option<InstallPlan>, Failure> {
    let subject = PolicySubject {
        name: source.to_owned(),
        source: Some(source.to_owned()),
        ..PolicySubject::default()
    };
    app.plugin_policy()?.check(&subject)?;
    let current = Place::of(app)?.generations.current()?;
    let installed = current.packages.get(fetched.package.name.as_str());
    let is_pinned = installed.is_some_and(|installed| installed.is_pinned);
    let plan = judged(app, source, fetched, subject, is_pinned)?;
    Ok(match installed {
        Some(installed) if installed.digest == plan.digest => None,
        Some(installed) => Some(InstallPlan { installed: Some(installed.version.clone()), ..plan }),
        None => Some(with_neighbours(app, plan)),
    })
}

/// The plan for a package that was fetched, if this machine can run it, nobody owns its name, and the policy allows it.
fn judged(
    app: &App,
    source: &str,
    fetched: FetchedPackage,
    mut subject: PolicySubject,
    is_pinned: bool,
) -> Result<InstallPlan, Failure> {
    let policy = app.plugin_policy()?;
    let package = &fetched.package;
    is_free(package)?;
    subject.name = package.name.to_string();
    subject.way = Some(package.manifest.way.into());
    subject.is_package = true;
    subject.signer = fetched.signer.as_ref().map(ToString::to_string);
    policy.check(&subject)?;
    package.is_met(|name| program::find(name, &app.environment).is_some())?;
    let clean = |text: &Option<String>| text.as_deref().and_then(CleanText::non_empty);
    Ok(InstallPlan {
        name: package.name.to_string(),
        installed: None,
        version: CleanText::new(&package.manifest.version).to_string(),
        source: source.to_owned(),
        origin: fetched.origin.to_string(),
        signer: fetched.signer.as_ref().map(ToString::to_string),
        digest: package.digest(),
        summary: clean(&package.manifest.summary),
        license: clean(&package.manifest.license),
        surface: None,
        warnings: Vec::new(),
        fetched: Box::new(fetched),
        is_pinned,
    })
}

/// Fails if the name is one of everestctl's own.
fn is_free(package: &Package) -> Result<(), InstallError> {
    match reserved::owner(package.name.as_str()) {
        Some((_, purpose)) => {
            let owner = format!("the name is reserved by everestctl for {purpose}");
            Err(InstallError::Taken { name: package.name.clone(), owner })
        }
        None => Ok(()),
    }
}

impl InstallPlan {
    /// The package as it is kept in a generation.
    pub(super) fn to_installed(&self) -> InstalledPackage {
        let platforms = self.fetched.platforms.iter();
        InstalledPackage {
            version: self.version.clone(),
            source: self.source.clone(),
            origin: Some(self.origin.clone()),
            exact: Some(self.fetched.exact.to_string()),
            platforms: platforms.map(|(key, digest)| (key.clone(), digest.to_string())).collect(),
            signer: self.signer.clone(),
            key: self.fetched.signer.as_ref().and_then(PackageSigner::key),
            identity: self.fetched.signer.as_ref().and_then(PackageSigner::required),
            digest: self.digest.clone(),
            is_pinned: self.is_pinned,
            links: self.fetched.package.links(),
        }
    }
}

/// The plan with a warning for what has its name already: what comes before it, and what it will come before.
fn with_neighbours(app: &App, mut plan: InstallPlan) -> InstallPlan {
    let catalog = CommandCatalog::new(app);
    let words = [plan.fetched.package.name.clone()];
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

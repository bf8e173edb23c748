//! `plugin diff`: what tells one version of a plugin from another, for who uses it.
//!
//! A version is a package, a chart, a manifest, an OpenAPI document, a plugin that is installed, now or in an earlier
//! generation, or one of the server as the index knows it.

use super::App;
use super::command_error::LIST_HINT;
use super::install::{self, plan};
use crate::app::catalog::CommandCatalog;
use crate::app::descriptors;
use crate::chart::helm::{Helm, HelmError, HelmValues, ReleaseName};
use crate::chart::surface::BrokenRule;
use crate::chart::{objects, surface};
use crate::error::{ExitCode, Explain, Failure, exit};
use crate::install::error::InstallError;
use crate::install::package_surface;
use crate::install::source::PackageSource;
use crate::model::command_surface::CommandSurface;
use crate::model::surface_change::{ChangeClass, SurfaceDifference};
use crate::model::{CleanText, CommandWord};
use crate::openapi;
use crate::resolve::{RunTarget, candidates, choose};
use crate::sys::FileFacts;
use crate::sys::files::{self, FileKind};
use everestctl_protocol::package;
use std::io;
use std::path::{Path, PathBuf};

/// What a chart's folder has.
const CHART: &str = "Chart.yaml";

/// Why a version cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// There is no file.
    #[error("could not read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// A file is none of the things that describe a plugin.
    #[error("{} is neither an OpenAPI document nor a manifest of a plugin", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What it is not, each time with the reason.
        why: Vec<String>,
    },
    /// The objects of a chart or manifest break a rule.
    #[error("{place}: {why}")]
    Rule {
        /// What they are of.
        place: String,
        /// Which.
        why: BrokenRule,
    },
    /// The chart cannot be rendered.
    #[error(transparent)]
    Helm(#[from] HelmError),
    /// Nothing has this name.
    #[error("nothing is known of the commands of `{0}`")]
    NotKnown(CleanText),
    /// What comes after `@` is no number.
    #[error("`{0}` is not the number of a generation")]
    NoNumber(CleanText),
    /// A plugin that is not installed has nothing to be compared with.
    #[error("`{0}` is not an installed package: name what it is to be compared with")]
    NothingNewer(CleanText),
    /// There are changes of a class that the user does not want.
    #[error("the new version{} has {}", of(name), counted(*count, *class))]
    Denied {
        /// The plugin.
        name: CleanText,
        /// How many.
        count: usize,
        /// What they are.
        class: ChangeClass,
    },
}

fn of(name: &CleanText) -> String {
    if name.as_str().is_empty() { String::new() } else { format!(" of {name}") }
}

fn counted(count: usize, class: ChangeClass) -> String {
    let many = if count == 1 { "" } else { "s" };
    match class {
        ChangeClass::Review => format!("{count} change{many} to review"),
        class => format!("{count} {} change{many}", class.as_str()),
    }
}

impl Explain for DiffError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoNumber(_) | Self::NothingNewer(_) => exit::USAGE,
            Self::NotKnown(_) => exit::NOT_FOUND,
            Self::Helm(error) => error.exit_code(),
            _ => exit::FAILURE,
        }
    }

    fn causes(&self) -> Vec<String> {
        match self {
            Self::Unreadable { error, .. } => vec![error.to_string()],
            Self::Unknown { why, .. } => why.clone(),
            Self::Helm(error) => error.causes(),
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::NotKnown(_) => vec![LIST_HINT.to_owned()],
            Self::NoNumber(_) => vec!["run `everestctl plugin history` to list generations".to_owned()],
            Self::Helm(error) => error.hints(),
            _ => Vec::new(),
        }
    }
}

/// Fails if `difference` has changes of the class `deny` or a worse one.
pub fn check(difference: &SurfaceDifference, deny: Option<ChangeClass>) -> Result<(), DiffError> {
    let Some(class) = deny.filter(|class| difference.reaches(*class)) else { return Ok(()) };
    let class = ChangeClass::ALL.into_iter().find(|worse| difference.count(*worse) > 0).unwrap_or(class);
    Err(DiffError::Denied { name: difference.name.clone(), count: difference.count(class), class })
}

/// What tells `after` from `before`. Without `after`, `before` is an installed package, and compared with what is at its source.
pub fn diff(app: &App, before: &str, after: Option<&str>) -> Result<SurfaceDifference, Failure> {
    let old = version(app, before)?;
    let new = match after {
        Some(after) => version(app, after)?,
        None => at_source(app, before)?,
    };
    Ok(SurfaceDifference::between(&old, &new))
}

/// The package that is now where the installed one of this name came from.
fn at_source(app: &App, name: &str) -> Result<CommandSurface, Failure> {
    let name = name.split('@').next().unwrap_or_default();
    let installed = install::installed(app, name, None)?;
    let installed = installed.ok_or_else(|| DiffError::NothingNewer(CleanText::new(name)))?;
    let fetched = plan::fetched(app, &PackageSource::from_kept(&installed.source)?)?;
    Ok(package_surface::of(&fetched))
}

/// The surface of what the user names.
fn version(app: &App, text: &str) -> Result<CommandSurface, Failure> {
    match PackageSource::from_argument(text)? {
        // No command has a dot in its name.
        PackageSource::Name(name) if name.contains('.') => of_path(app, Path::new(&name)),
        PackageSource::Name(name) => of_name(app, &name),
        PackageSource::Path(path) => of_path(app, &path),
        source => Ok(package_surface::of(&plan::fetched(app, &source)?)),
    }
}

fn of_path(app: &App, path: &Path) -> Result<CommandSurface, Failure> {
    let unreadable = |error| DiffError::Unreadable { path: path.to_owned(), error };
    let facts = FileFacts::from_path(path).map_err(unreadable)?;
    if facts.kind == FileKind::Folder {
        let has = |name: &str| FileFacts::from_path(&path.join(name)).is_ok();
        return if has(CHART) && !has(package::FILE) { of_chart(app, path) } else { of_package(app, path) };
    }
    let content = files::read(path, objects::LARGEST as u64).map_err(unreadable)?;
    match content.as_slice() {
        [0x1f, 0x8b, ..] => match of_package(app, path) {
            // helm packs charts as packages are packed.
            Err(failure) => of_chart(app, path).map_err(|_| failure),
            found => found,
        },
        [b'P', b'K', ..] => of_package(app, path),
        _ => of_text(path, &content).map_err(Failure::from),
    }
}

fn of_package(app: &App, path: &Path) -> Result<CommandSurface, Failure> {
    Ok(package_surface::of(&plan::fetched(app, &PackageSource::Path(path.to_owned()))?))
}

fn of_chart(app: &App, path: &Path) -> Result<CommandSurface, Failure> {
    let helm = Helm::find(&app.environment, &[], "").map_err(DiffError::from)?;
    let release = ReleaseName { name: "compared".to_owned(), namespace: "default".to_owned() };
    let manifest =
        helm.template(&release, path, &HelmValues::default(), None, false).map_err(DiffError::from)?;
    Ok(of_objects(path, &manifest)?)
}

/// A document or a manifest, whichever it can be read as.
fn of_text(path: &Path, content: &[u8]) -> Result<CommandSurface, DiffError> {
    let document = match openapi::read(content) {
        Ok(descriptor) => return Ok(descriptor.surface("")),
        Err(error) => error,
    };
    let text = String::from_utf8_lossy(content);
    match objects::read(&text) {
        Ok(found) if found.iter().any(|object| object.kind() == everestctl_protocol::manifest::KIND) => {
            of_objects(path, &text)
        }
        manifest => {
            let mut why = vec![format!("as a document: {document}")];
            why.extend(manifest.err().map(|error| format!("as a manifest: {error}")));
            Err(DiffError::Unknown { path: path.to_owned(), why })
        }
    }
}

fn of_objects(path: &Path, text: &str) -> Result<CommandSurface, DiffError> {
    let place = path.display().to_string();
    let unknown = |error: objects::NoObjects| DiffError::Unknown {
        path: path.to_owned(),
        why: vec![format!("as a manifest: {error}")],
    };
    let found = objects::read(text).map_err(unknown)?;
    let brings = surface::of(&found).map_err(|why| DiffError::Rule { place, why })?;
    Ok(brings.to_command_surface())
}

/// An installed package, `NAME` or `NAME@GENERATION`, or what the index knows of a server's plugin.
fn of_name(app: &App, text: &str) -> Result<CommandSurface, Failure> {
    let (name, generation) = match text.split_once('@') {
        Some((name, number)) => {
            let number = number.parse().map_err(|_| DiffError::NoNumber(CleanText::new(number)))?;
            (name, Some(number))
        }
        None => (text, None),
    };
    if let Some(installed) = install::installed(app, name, generation)? {
        return Ok(package_surface::of(&install::stored(app, &installed)?));
    }
    if let Some(number) = generation {
        return Err(InstallError::NotIn { name: CleanText::new(name), number }.into());
    }
    let catalog = CommandCatalog::new(app);
    let words = CommandWord::new(name).map(|word| [word]).ok();
    let chosen = words.as_ref().and_then(|words| choose(candidates(words, &catalog)));
    let Some(RunTarget::Command(command)) = chosen.map(|found| found.target) else {
        return Err(DiffError::NotKnown(CleanText::new(name)).into());
    };
    let plugin = command.name().as_str();
    match descriptors::known(app, catalog.names(), plugin) {
        Some(known) => Ok(known.descriptor.surface(plugin)),
        None => Err(DiffError::NotKnown(CleanText::new(name)).into()),
    }
}

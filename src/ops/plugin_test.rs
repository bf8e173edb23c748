//! `plugin test`: how a plugin behaves, found by its folder, its file or its name.

use super::{App, plugin_dev, which};
use crate::app::native_metadata;
use crate::author::conformance::checks::{self, Check};
use crate::author::conformance::declared::Declared;
use crate::author::conformance::local::{self, FoundPlugin, ProcessKind};
use crate::author::conformance::server::{self, FoundServer};
use crate::author::conformance::{ConformanceError, junit};
use crate::discovery::local::sidecar;
use crate::error::{ExitCode, Explain, Failure, exit};
use crate::model::{CleanText, CommandWord, Warning};
use crate::resolve::{RunTarget, candidates, choose};
use crate::sys::files::FileKind;
use crate::sys::{FileFacts, files, process};
use crate::yaml;
use everestctl_protocol::package::{self, ANY_PLATFORM, PackageKind, PackageManifest};
use everestctl_protocol::sidecar::Sidecar;
use serde_json::Value;
use std::path::{Path, PathBuf};

pub use crate::author::conformance::checks::CHECKS;
pub use crate::author::conformance::report::{CheckOutcome, ConformanceReport};
pub use crate::author::conformance::verdict::VerdictKind;

/// More than any manifest, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// What the user wants to be checked.
#[derive(Clone, Debug, Default)]
pub struct PluginTestRequest {
    /// A folder, a file or a name.
    pub target: String,
    /// The checks that are wanted; all, if none is named.
    pub only: Vec<String>,
    /// Where the report goes as JUnit.
    pub junit: Option<PathBuf>,
}

/// A plugin that can be checked, and the folder in which its author says more.
enum TestSubject {
    Local(Box<FoundPlugin>, PathBuf),
    Server(FoundServer),
}

/// Checks; `warn` gets what the user should know of the search.
pub fn test(
    app: &App,
    request: &PluginTestRequest,
    warn: &mut dyn FnMut(Warning),
) -> Result<ConformanceReport, Failure> {
    let only = wanted(&request.only)?;
    let everestctl = process::this_binary_without_links().map_err(ConformanceError::Scratch)?;
    let report = match find(app, &request.target, warn)? {
        TestSubject::Local(found, folder) => {
            let declared = Declared::in_folder(&folder)?;
            local::check(*found, declared, &app.environment, &everestctl, &only)?
        }
        TestSubject::Server(found) => {
            let declared = Declared::in_folder(&found.folder)?;
            server::check(&found, declared, &app.environment, &everestctl, &only)?
        }
    };
    if let Some(path) = &request.junit {
        let written = std::path::absolute(path)
            .and_then(|absolute| files::replace_public(&absolute, junit::junit(&report).as_bytes()));
        written.map_err(|error| ConformanceError::Report { path: path.clone(), error })?;
    }
    Ok(report)
}

/// The checks of these names.
fn wanted(ids: &[String]) -> Result<Vec<&'static Check>, ConformanceError> {
    let of = |id: &String| {
        checks::check(id).ok_or_else(|| ConformanceError::UnknownCheck {
            id: CleanText::new(id),
            meant: checks::most_like(id),
        })
    };
    ids.iter().map(of).collect()
}

/// The ids of checks that begin like `typed`, with what they want.
pub fn ids(typed: &str) -> Vec<(String, String)> {
    let fits = CHECKS.iter().filter(|check| check.id.starts_with(typed));
    fits.map(|check| (check.id.to_owned(), check.wants.to_owned())).collect()
}

fn find(app: &App, target: &str, warn: &mut dyn FnMut(Warning)) -> Result<TestSubject, Failure> {
    let path = Path::new(target);
    match FileFacts::from_path(path).map(|facts| facts.kind) {
        Ok(FileKind::Folder) => Ok(in_folder(app, path)?),
        Ok(FileKind::File) => {
            let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            let folder = absolute.parent().unwrap_or(Path::new("/")).to_owned();
            let file = absolute.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let name = plugin_dev::command_of(&folder, file).ok_or_else(|| none_in(path))?;
            Ok(TestSubject::Local(Box::new(local_plugin(app, absolute.clone(), name, None)), folder))
        }
        _ => by_name(app, target, warn),
    }
}

fn none_in(path: &Path) -> PluginTestError {
    PluginTestError::NoPlugin(CleanText::new(&path.to_string_lossy()))
}

/// The plugin of a folder: a server plugin, what was built there, or a package.
fn in_folder(app: &App, path: &Path) -> Result<TestSubject, PluginTestError> {
    let folder = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if let Ok(content) = files::read(&folder.join("manifest.yaml"), LARGEST) {
        let manifest: Value = yaml::explained(&content).unwrap_or_default();
        let name = manifest.pointer("/metadata/name").and_then(Value::as_str);
        let name = name.map(str::to_owned);
        let name = name.ok_or_else(|| PluginTestError::NoName(CleanText::new(&path.to_string_lossy())))?;
        let has_image = manifest.pointer("/spec/cli/image").is_some_and(Value::is_string);
        if has_image && FileFacts::from_path(&folder.join("host.yaml")).is_err() {
            return Ok(TestSubject::Local(Box::new(image(name, &folder, manifest)), folder));
        }
        return Ok(TestSubject::Server(FoundServer { name, folder }));
    }
    let package = package_in(&folder);
    if let Some(built) = plugin_dev::built(&folder) {
        let package = package.or_else(|| package_in(&built.folder));
        let file = built.folder.join(built.file);
        return Ok(TestSubject::Local(
            Box::new(local_plugin(app, file, built.name, package.as_ref())),
            folder,
        ));
    }
    let package = package.ok_or_else(|| none_in(path))?;
    let file = platform_file(&package).map(|file| folder.join(file)).ok_or_else(|| none_in(path))?;
    if FileFacts::from_path(&file).is_err() {
        return Err(PluginTestError::NotBuilt(CleanText::new(&file.to_string_lossy())));
    }
    let name = package.name.clone();
    let mut found = local_plugin(app, file, name, Some(&package));
    if package.way == PackageKind::Library {
        found.kind = ProcessKind::Library;
    }
    Ok(TestSubject::Local(Box::new(found), folder))
}

/// The image of a manifest.
fn image(name: String, folder: &Path, manifest: Value) -> FoundPlugin {
    let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let words = text("/metadata/annotations/everestctl.openeverest.io~1words").unwrap_or_default();
    let sidecar = Sidecar {
        version: text("/spec/version"),
        words: yaml::explained(words.as_bytes()).unwrap_or_default(),
        ..Sidecar::default()
    };
    let file = folder.join("manifest.yaml");
    FoundPlugin { name, file, kind: ProcessKind::Image, sidecar, manifest: Some(manifest) }
}

fn package_in(folder: &Path) -> Option<PackageManifest> {
    yaml::explained(&files::read(&folder.join(package::FILE), LARGEST).ok()?).ok()
}

/// The file of a package for this platform.
fn platform_file(package: &PackageManifest) -> Option<&str> {
    let here = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    let file = package.platforms.get(&here).or_else(|| package.platforms.get(ANY_PLATFORM))?;
    Some(&file.file)
}

/// What is known of a file: by itself, by its sidecar, or by its package.
fn local_plugin(app: &App, file: PathBuf, name: String, package: Option<&PackageManifest>) -> FoundPlugin {
    let is_library = file.to_string_lossy().ends_with(std::env::consts::DLL_SUFFIX);
    let kind = if is_library { ProcessKind::Library } else { ProcessKind::Executable };
    let said = if is_library {
        native_metadata::read(app, &file).unwrap_or_default()
    } else {
        sidecar::read(&file).0
    };
    let sidecar = match package {
        Some(package) if said == Sidecar::default() => Sidecar {
            summary: package.summary.clone(),
            version: Some(package.version.clone()),
            credentials: package.credentials,
            completion: package.completion,
            words: package.words.clone(),
            ..Sidecar::default()
        },
        _ => said,
    };
    FoundPlugin { name, file, kind, sidecar, manifest: None }
}

/// The plugin that runs by a name.
fn by_name(app: &App, name: &str, warn: &mut dyn FnMut(Warning)) -> Result<TestSubject, Failure> {
    let unknown = || PluginTestError::Unknown(CleanText::new(name));
    let words: Result<Vec<CommandWord>, _> = name.split_whitespace().map(CommandWord::new).collect();
    let words = words.map_err(|_| unknown())?;
    if words.is_empty() {
        return Err(unknown().into());
    }
    let catalog = which::catalog_with(app, &words, warn)?;
    let Some(RunTarget::Command(command)) = choose(candidates(&words, &catalog)).map(|it| it.target) else {
        return Err(unknown().into());
    };
    let Some(file) = command.first().path.clone() else {
        return Err(PluginTestError::Remote(CleanText::new(name)).into());
    };
    let folder = file.parent().unwrap_or(Path::new("/")).to_owned();
    Ok(TestSubject::Local(Box::new(local_plugin(app, file, name.to_owned(), None)), folder))
}

/// Why a plugin is not checked.
#[derive(Debug, thiserror::Error)]
pub enum PluginTestError {
    /// There is none.
    #[error("there is no plugin in {0}")]
    NoPlugin(CleanText),
    /// There is only what it is built from.
    #[error("{0} is not there")]
    NotBuilt(CleanText),
    /// Its manifest does not say what it is called.
    #[error("manifest.yaml in {0} has no metadata.name")]
    NoName(CleanText),
    /// There is no such folder, and no such command.
    #[error("`{0}` is neither a folder nor a plugin on this machine")]
    Unknown(CleanText),
    /// It is somewhere else.
    #[error("`{0}` is no plugin of this machine")]
    Remote(CleanText),
}

impl Explain for PluginTestError {
    fn exit_code(&self) -> ExitCode {
        exit::USAGE
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::NoPlugin(_) => vec![
                "it has a manifest.yaml, an everestctl-plugin.yaml, or a built everestctl-NAME or libeverestctl_NAME: build it first".to_owned(),
                "everestctl plugin new starts one".to_owned(),
            ],
            Self::NotBuilt(_) => vec!["build it first, or correct the path in everestctl-plugin.yaml".to_owned()],
            Self::NoName(_) => vec!["everestctl plugin lint says what is wrong with it".to_owned()],
            Self::Unknown(_) => vec!["everestctl plugin list".to_owned()],
            Self::Remote(_) => {
                vec!["a server plugin is tested from its folder, with manifest.yaml and host.yaml".to_owned()]
            }
        }
    }
}

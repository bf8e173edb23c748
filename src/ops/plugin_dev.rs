//! `plugin dev`: the plugin of a folder, tried while it is written: a server plugin by the development host, a local one first in a shell.
//!
//! It must not know how the host builds and runs a plugin: it becomes the host.

use super::App;
use super::run_command::{TypedLine, run_command};
use crate::error::{ExitCode, Explain, Failure, exit};
use crate::model::{CleanText, Warning, file_stems};
use crate::sys::exec::become_program;
use crate::sys::files::FileKind;
use crate::sys::{FileFacts, files, program};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// Where a project has what it built, below its folder.
const BUILT: [&str; 4] = ["", "bin", "dist/bin", "dist"];

/// What the user wants to try.
#[derive(Clone, Debug)]
pub struct PluginDevRequest {
    /// The folder of the plugin.
    pub folder: PathBuf,
    /// Whether its frontend is shown, by a host that runs until it is interrupted.
    pub ui: bool,
    /// What is run there; the user's shell without it.
    pub command: Vec<OsString>,
    /// Whether a local plugin is built already.
    pub is_built: bool,
}

/// What a folder holds.
#[derive(Debug, PartialEq, Eq)]
pub enum DevPlugin {
    /// A server plugin.
    Server,
    /// A local one that the development host builds.
    ToBuild,
    /// A local one: where its file is, and its name.
    Local {
        /// The folder with the executable or the library.
        folder: PathBuf,
        /// The command, as it is typed.
        name: String,
    },
}

/// What the folder holds.
pub fn look(request: &PluginDevRequest) -> Result<DevPlugin, Failure> {
    if FileFacts::from_path(&request.folder.join("manifest.yaml")).is_ok() {
        return Ok(DevPlugin::Server);
    }
    let has_build = || FileFacts::from_path(&request.folder.join("host.yaml")).is_ok();
    if !request.is_built && !request.ui && has_build() {
        return Ok(DevPlugin::ToBuild);
    }
    match built(&request.folder) {
        Some(_) if request.ui => Err(PluginDevError::NoFrontend.into()),
        Some(BuiltFile { folder, name, .. }) => Ok(DevPlugin::Local { folder, name }),
        None => Err(PluginDevError::NoPlugin(CleanText::new(&request.folder.to_string_lossy())).into()),
    }
}

/// What a project has built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BuiltFile {
    /// The folder that it is in.
    pub(super) folder: PathBuf,
    /// Its name there.
    pub(super) file: String,
    /// The command, as it is typed.
    pub(super) name: String,
}

/// The executable or the library that the project of a folder has built.
pub(super) fn built(folder: &Path) -> Option<BuiltFile> {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let place_of = |below: &&str| if below.is_empty() { folder.clone() } else { folder.join(below) };
    BUILT.iter().map(place_of).find_map(|folder| {
        let mut names: Vec<String> =
            files::names_in(&folder).ok()?.into_iter().filter_map(|name| name.into_string().ok()).collect();
        names.sort();
        let (file, name) =
            names.into_iter().find_map(|file| command_of(&folder, &file).map(|name| (file, name)))?;
        Some(BuiltFile { folder, file, name })
    })
}

/// The command that a file is, as it is typed.
pub(super) fn command_of(place: &Path, file: &str) -> Option<String> {
    let facts = FileFacts::from_path(&place.join(file)).ok().filter(|facts| facts.kind == FileKind::File)?;
    let library = file.strip_suffix(std::env::consts::DLL_SUFFIX);
    let library = library.and_then(|file| file.strip_prefix(std::env::consts::DLL_PREFIX));
    let words: Vec<String> = if let Some(stem) = library.and_then(|file| file.strip_prefix("everestctl_")) {
        // A library is one word.
        vec![file_stems::canonical(stem)]
    } else {
        let stem = file.strip_prefix("everestctl-").filter(|_| facts.mode & 0o100 != 0)?;
        stem.split('-').map(file_stems::canonical).collect()
    };
    Some(words.join(" ")).filter(|name| !name.contains('.'))
}

/// Becomes what tries the plugin; comes back only when that fails.
pub fn run(
    app: &App,
    request: &PluginDevRequest,
    plugin: &DevPlugin,
    warn: &mut dyn FnMut(Warning),
) -> Result<ExitCode, Failure> {
    match plugin {
        DevPlugin::Server => {
            let mut line: Vec<OsString> = vec!["host".into()];
            line.push(if request.ui { "run" } else { "exec" }.into());
            line.extend(["--plugins".into(), request.folder.clone().into_os_string()]);
            if request.ui {
                line.extend(["--ui".into(), "--changes".into()]);
            } else if !request.command.is_empty() {
                line.push("--".into());
                line.extend(request.command.iter().cloned());
            }
            become_host(app, &line, warn)
        }
        DevPlugin::ToBuild => {
            let folder = std::path::absolute(&request.folder).unwrap_or_else(|_| request.folder.clone());
            let mut line: Vec<OsString> = ["host", "exec", "--plugins"].map(OsString::from).to_vec();
            line.push(folder.clone().into_os_string());
            // The host calls this program again, when there is something to try.
            line.extend(["--", "everestctl", "plugin", "dev", "--built"].map(OsString::from));
            line.push(folder.into_os_string());
            line.push("--".into());
            line.extend(request.command.iter().cloned());
            become_host(app, &line, warn)
        }
        DevPlugin::Local { folder, .. } => {
            let shell = [app.environment.os("SHELL").unwrap_or_else(|| OsStr::new("/bin/sh")).to_owned()];
            let words = if request.command.is_empty() { &shell[..] } else { &request.command[..] };
            let (first, arguments) = words.split_first().ok_or(PluginDevError::NoFrontend)?;
            let text = first.to_string_lossy();
            let failed = |error: io::Error| PluginDevError::NotRun { program: CleanText::new(&text), error };
            let found = program::find(&text, &app.environment)
                .ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
            let added = [("EVERESTCTL_PLUGIN_DIR", Some(folder.clone().into_os_string()))];
            Err(failed(become_program(&found, arguments, &added)).into())
        }
    }
}

/// Becomes the development host, with the words of `line`.
fn become_host(app: &App, line: &[OsString], warn: &mut dyn FnMut(Warning)) -> Result<ExitCode, Failure> {
    let flags = (0..app.options.verbose).map(|_| OsString::from("-v"));
    let whole: Vec<OsString> = flags.chain(line.iter().cloned()).collect();
    let arguments = &whole[whole.len() - line.len()..];
    run_command(app, TypedLine { arguments, whole: &whole }, warn).map(|_| exit::SUCCESS)
}

/// Why a plugin is not tried.
#[derive(Debug, thiserror::Error)]
pub enum PluginDevError {
    /// There is none.
    #[error("there is no plugin in {0}")]
    NoPlugin(CleanText),
    /// A local plugin has no frontend.
    #[error("--ui is for server plugins, and this is a local one")]
    NoFrontend,
    /// The shell or the command cannot be run.
    #[error("could not run `{program}`")]
    NotRun {
        /// The command.
        program: CleanText,
        /// Why.
        #[source]
        error: io::Error,
    },
}

impl Explain for PluginDevError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoPlugin(_) => exit::FAILURE,
            Self::NoFrontend => exit::USAGE,
            Self::NotRun { error, .. } if error.kind() == io::ErrorKind::NotFound => exit::NOT_FOUND,
            Self::NotRun { .. } => exit::CANNOT_RUN,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::NoPlugin(_) => vec![
                "it has a manifest.yaml, or a built everestctl-NAME or libeverestctl_NAME: build it first"
                    .to_owned(),
                "everestctl plugin new starts one".to_owned(),
            ],
            Self::NoFrontend | Self::NotRun { .. } => Vec::new(),
        }
    }
}

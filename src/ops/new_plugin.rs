//! `plugin new`: a folder with a plugin that runs, from a template.

use super::App;
use crate::author::template::name::PluginName;
use crate::author::template::project::{self, ProjectRequest};
use crate::error::{ExitCode, Explain, Failure, exit};
use crate::model::CleanText;
use crate::sys::clock::UnixTime;
use crate::sys::{FileFacts, files, tree};
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};

pub use crate::author::template::project::SdkPlace;
pub use crate::author::template::{License, Pipeline, Template};

/// What the user wants to have.
#[derive(Clone, Debug)]
pub struct NewPluginRequest {
    /// The name as it was typed.
    pub name: String,
    /// What it is started from.
    pub template: Template,
    /// The folder; that of the name unless it is said.
    pub folder: Option<PathBuf>,
    /// Whether it brings a frontend.
    pub ui: bool,
    /// Whether it brings a chart.
    pub chart: bool,
    /// Where it is tested and published.
    pub pipeline: Pipeline,
    /// Its license.
    pub license: License,
    /// Where the SDK for Rust is: a folder or the address of a repository.
    pub sdk: Option<String>,
}

/// What was made. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct NewPluginReport {
    /// The name of the plugin.
    pub name: String,
    /// What it was started from.
    pub template: &'static str,
    /// Where it is.
    pub folder: PathBuf,
    /// Its files, sorted.
    pub files: Vec<PathBuf>,
    /// What to type next, with what it does.
    pub next: Vec<NextCommand>,
}

/// A command to type.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct NextCommand {
    /// The command.
    pub command: String,
    /// What it does.
    pub does: &'static str,
}

/// The templates. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct TemplateList {
    /// One for each, the simplest first.
    pub items: Vec<TemplateRow>,
}

/// A template, as it is listed.
#[derive(Debug, Serialize)]
pub struct TemplateRow {
    /// Its name.
    pub name: &'static str,
    /// `local` or `server`.
    pub kind: &'static str,
    /// What it makes.
    pub summary: &'static str,
}

/// All templates.
pub fn templates() -> TemplateList {
    let row = |template: Template| TemplateRow {
        name: template.as_str(),
        kind: if template.is_server() { "server" } else { "local" },
        summary: template.summary(),
    };
    TemplateList { items: Template::ALL.into_iter().map(row).collect() }
}

/// Makes the folder, whole or not at all.
pub fn make(_: &App, request: &NewPluginRequest) -> Result<NewPluginReport, Failure> {
    let name = PluginName::new(&request.name)?;
    let template = request.template;
    let given = [("--ui", request.ui), ("--chart", request.chart)];
    if let Some((flag, _)) = given.into_iter().find(|(_, given)| *given && !template.is_server()) {
        return Err(NewPluginError::ForServers { flag, template }.into());
    }
    let sdk = match (&request.sdk, template.needs_sdk()) {
        (Some(_), false) => return Err(NewPluginError::SdkIsForRust { template }.into()),
        (None, true) => return Err(NewPluginError::NoSdk.into()),
        (Some(sdk), true) => Some(sdk_place(sdk)?),
        (None, false) => None,
    };
    let folder = request.folder.clone().unwrap_or_else(|| PathBuf::from(name.as_str()));
    refuse_what_is_there(&folder)?;
    let project = ProjectRequest {
        name: name.clone(),
        template,
        ui: request.ui,
        chart: request.chart,
        pipeline: request.pipeline,
        license: request.license,
        sdk,
        year: UnixTime::now().to_rfc3339().chars().take(4).collect(),
    };
    let made = project::files(&project)?;
    tree::write_new(&folder, &made).map_err(|error| match error.kind() {
        // Somebody was quicker.
        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            NewPluginError::Occupied(CleanText::new(&folder.to_string_lossy()))
        }
        _ => NewPluginError::NotWritten { folder: CleanText::new(&folder.to_string_lossy()), error },
    })?;
    Ok(NewPluginReport {
        next: next(&name, template, &folder, request.ui),
        name: name.to_string(),
        template: template.as_str(),
        folder,
        files: made.into_iter().map(|file| file.path).collect(),
    })
}

/// Only an empty folder may be there, and no link, wherever it leads.
fn refuse_what_is_there(folder: &Path) -> Result<(), NewPluginError> {
    let shown = || CleanText::new(&folder.to_string_lossy());
    match FileFacts::from_name(folder) {
        Ok(facts) if facts.kind != files::FileKind::Folder => Err(NewPluginError::Occupied(shown())),
        Ok(_) => match files::names_in(folder) {
            Ok(names) if names.is_empty() => Ok(()),
            Ok(_) => Err(NewPluginError::Occupied(shown())),
            Err(error) => Err(NewPluginError::NotWritten { folder: shown(), error }),
        },
        Err(error) if files::is_absent(&error) => Ok(()),
        Err(error) => Err(NewPluginError::NotWritten { folder: shown(), error }),
    }
}

/// An address of a repository, or the folder of the crate.
fn sdk_place(given: &str) -> Result<SdkPlace, NewPluginError> {
    if ["https://", "ssh://", "git@"].iter().any(|start| given.starts_with(start)) {
        return Ok(SdkPlace::Repository(given.to_owned()));
    }
    let folder = std::path::absolute(given).unwrap_or_else(|_| PathBuf::from(given));
    let text = folder.to_str().filter(|_| FileFacts::from_path(&folder.join("Cargo.toml")).is_ok());
    let text = text.ok_or_else(|| NewPluginError::SdkIsNotThere(CleanText::new(given)))?;
    Ok(SdkPlace::Folder(text.to_owned()))
}

/// What to type next.
fn next(name: &PluginName, template: Template, folder: &Path, ui: bool) -> Vec<NextCommand> {
    let step = |command: &str, does: &'static str| NextCommand { command: command.to_owned(), does };
    let folder = folder.to_string_lossy();
    let folder = shell_words::quote(&folder).into_owned();
    let mut steps = vec![step(&format!("cd {folder}"), "")];
    let install = "everestctl plugin install --yes .";
    let build_ui = "npm install --prefix ui && npm run --prefix ui build";
    if ui {
        steps.push(step(build_ui, "build the frontend into ui/dist"));
    }
    match template {
        Template::Shell | Template::Python => {
            steps.extend([step("tests/run", "run its tests"), step(install, "install it from this folder")]);
        }
        Template::C => steps.extend([
            step("make test", "build it and run its tests"),
            step(install, "install it from this folder"),
        ]),
        Template::Rust => steps.extend([
            step("cargo test", "build it and run its tests"),
            step("./package", "build the package"),
            step("everestctl plugin install --yes dist", "install it"),
        ]),
        Template::Fastapi => steps.push(step("./setup", "install FastAPI into .venv")),
        Template::Node => steps.push(step("npm install && npm run build", "build the service")),
        Template::Axum => steps.push(step("cargo build", "build the service")),
        Template::Go => steps.push(step("go build -o service .", "build the service")),
    }
    if template.is_server() {
        steps.push(step("tests/run", "run its tests"));
        steps.push(step("everestctl plugin dev", "a shell with a development host that runs it"));
    }
    steps.push(step(&format!("everestctl {name} --help"), "see its commands"));
    steps
}

/// Why there is no new plugin.
#[derive(Debug, thiserror::Error)]
pub enum NewPluginError {
    /// Something is there.
    #[error("{0} already exists and is not an empty folder")]
    Occupied(CleanText),
    /// The folder could not be made.
    #[error("could not make {folder}")]
    NotWritten {
        /// The folder.
        folder: CleanText,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// A wish that only a server plugin can have.
    #[error("{flag} is for server plugins, and the template `{}` makes a local one", template.as_str())]
    ForServers {
        /// The wish.
        flag: &'static str,
        /// The template.
        template: Template,
    },
    /// The template has no use for an SDK.
    #[error("--sdk is for the template `rust`, and not for `{}`", template.as_str())]
    SdkIsForRust {
        /// The template.
        template: Template,
    },
    /// Nobody said where the SDK is.
    #[error("the template `rust` needs --sdk: the crate everestctl-plugin is not published yet")]
    NoSdk,
    /// There is no SDK.
    #[error("--sdk: there is no Cargo.toml in {0}")]
    SdkIsNotThere(CleanText),
}

impl Explain for NewPluginError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Occupied(_) | Self::NotWritten { .. } => exit::FAILURE,
            _ => exit::USAGE,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Occupied(_) => vec!["name another folder with --dir".to_owned()],
            Self::NotWritten { error, .. } if error.kind() == io::ErrorKind::NotFound => {
                vec!["the folder that it is made in must exist".to_owned()]
            }
            Self::NotWritten { .. } => Vec::new(),
            Self::ForServers { .. } => {
                let servers = Template::ALL.into_iter().filter(|template| template.is_server());
                let names: Vec<&str> = servers.map(Template::as_str).collect();
                vec![format!("templates of server plugins: {}", names.join(", "))]
            }
            Self::SdkIsForRust { .. } => vec!["leave out --sdk".to_owned()],
            Self::NoSdk | Self::SdkIsNotThere(_) => vec![
                "--sdk DIR names the folder plugins/sdk of a checkout of everestctl, --sdk URL its git repository"
                    .to_owned(),
            ],
        }
    }
}

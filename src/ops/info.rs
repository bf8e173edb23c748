//! `plugin info`: everything that is known of one command.

use super::command_error::CommandError;
use super::command_row::{CommandRow, SourceFreshness};
use super::hub::{self, ExtensionReport};
use super::install::facts;
use super::plugin_credentials::{self, CredentialRow};
use super::{App, which, words_below};
use crate::app::catalog::CommandCatalog;
use crate::app::run_context::{RunScope, described};
use crate::app::{connection, descriptors};
use crate::error::{Explain, Failure};
use crate::index::Names;
use crate::model::{CleanText, CommandWord, Via, Warning};
use crate::openapi::{ApiCommand, Argument, ArgumentPlace};
use crate::resolve::{Command, RunTarget, candidates, choose};
use crate::runner::container::{self, ContainerFacts};
use crate::runner::{self, PluginApi, RunContext as _};
use serde::Serialize;

/// Everything that is known of one command. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct InfoReport {
    /// The command.
    #[serde(flatten)]
    pub row: CommandRow,
    /// What it offers, as far as that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offers: Option<Offers>,
    /// What would run, of a command that runs in a container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<ContainerReport>,
    /// Everyone who claims its name.
    pub candidates: Vec<which::Claim>,
    /// What the user should know.
    pub problems: Vec<Warning>,
}

/// What a plugin of a server offers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Offers {
    /// Where that is described.
    pub described_by: String,
    /// The version of the description.
    pub version: Option<CleanText>,
    /// The commands.
    pub commands: Vec<Offered>,
    /// What could not be made into commands.
    pub problems: Vec<CleanText>,
    /// Where the user's token goes, by way of the server.
    pub token_goes_to: String,
    /// What it requires beside that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<CredentialRow>,
}

/// One command that a plugin offers.
#[derive(Debug, Serialize)]
pub struct Offered {
    /// Its words, after the plugin's name.
    pub words: String,
    /// What it does.
    pub summary: CleanText,
    /// Method and path.
    pub route: String,
    /// The cookies that its flags set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<CleanText>,
}

/// The cookies that the flags of `command` set.
fn cookies(command: &ApiCommand) -> Vec<CleanText> {
    let cookie = |argument: &Argument| match &argument.place {
        ArgumentPlace::Cookie(name) => Some(CleanText::new(name)),
        _ => None,
    };
    command.arguments.iter().filter_map(cookie).collect()
}

/// What it offers, of that what the words `below` its name lead to.
fn offers(
    app: &App,
    names: &Names,
    command: &Command,
    below: &[CommandWord],
) -> Result<Option<Offers>, Failure> {
    let name = command.name().as_str();
    let known = match descriptors::known(app, names, name) {
        // The user has named it. What cannot be asked has its state above.
        None if !app.options.offline && descriptors::is_unasked(names, name) => {
            descriptors::load_anew(app, &*app.remote()?, names, command).ok()
        }
        known => known,
    };
    let Some(known) = known else { return Ok(None) };
    let backend = command
        .find(|origin| origin.backend.as_ref())
        .map_or_else(|| "the plugin's backend".to_owned(), CleanText::to_string);
    let credentials = plugin_credentials::of_plugin(&connection::access(app)?, &known)?;
    let PluginApi { descriptor, place, .. } = known;
    let wanted = words_below::led_to(command.name(), &descriptor, below)?;
    Ok(Some(Offers {
        described_by: place,
        credentials,
        commands: descriptor
            .heads()
            .enumerate()
            .filter(|(_, head)| wanted.iter().any(|words| words == head.words()))
            .map(|(number, head)| Offered {
                words: head.words().to_owned(),
                summary: head.summary(),
                route: format!("{} {}", head.method(), head.route()),
                cookies: descriptor.get(number).map(cookies).unwrap_or_default(),
            })
            .collect(),
        version: descriptor.about.version,
        problems: descriptor.about.problems,
        token_goes_to: match app.via() {
            Via::Server => backend,
            Via::Kubernetes => "no backend (the Kubernetes API server keeps your credentials)".to_owned(),
        },
    }))
}

/// What there is to say of a name.
#[derive(Debug)]
pub enum Info {
    /// It is a command.
    Command(Box<InfoReport>),
    /// It is not, but can be installed.
    Extension(Box<ExtensionReport>),
}

/// Describes the command that `words` lead to, from what is known; the sources are asked only for words that are not. A name
/// that no command has is looked for in the catalogs.
pub fn info(app: &App, words: &[CommandWord], warn: &mut dyn FnMut(Warning)) -> Result<Info, Failure> {
    let catalog = which::catalog_with(app, words, warn)?;
    if let [name] = words
        && candidates(words, &catalog).next().is_none()
        && let Some(extension) = hub::known_extension(app, name.as_str())
    {
        return Ok(Info::Extension(Box::new(extension)));
    }
    of_command(app, words, &catalog).map(|report| Info::Command(Box::new(report)))
}

fn of_command(app: &App, words: &[CommandWord], catalog: &CommandCatalog<'_>) -> Result<InfoReport, Failure> {
    let claims = which::claims(app, words, catalog)?.candidates;
    let chosen = choose(candidates(words, catalog));
    let below = chosen.as_ref().and_then(|chosen| words.get(chosen.words..)).unwrap_or_default();
    let command = match chosen.map(|candidate| candidate.target) {
        Some(RunTarget::Command(command)) => command,
        Some(RunTarget::Core { origin: Some(core), .. }) => Command::new(core),
        Some(RunTarget::Bundled { origin: Some(found), .. }) => Command::new(found),
        Some(RunTarget::Bundled { word, origin: None }) => {
            return Err(InfoError::BundledMissing(CommandError::bundled_missing(word)).into());
        }
        Some(RunTarget::Claimed { alias, names }) => {
            return Err(CommandError::Ambiguous { alias, names }.into());
        }
        Some(RunTarget::Kept { word, purpose }) => return Err(InfoError::Reserved { word, purpose }.into()),
        Some(RunTarget::BuiltIn(word)) => return Err(InfoError::BuiltIn(word).into()),
        Some(RunTarget::Core { word, .. }) => return Err(InfoError::CoreMissing(word).into()),
        // `which` has said so already.
        None => return Err(InfoError::NoCommand.into()),
    };
    let mut problems = Vec::new();
    let command = described(app, command, &mut problems);
    let ages = SourceFreshness::from_names(catalog.names(), app);
    let offers =
        if command.source().is_remote() { offers(app, catalog.names(), &command, below)? } else { None };
    let run = RunScope { app, catalog };
    let container = runner::is_container(&command).then(|| container(&run, &command, &mut problems));
    let row = CommandRow::from_command(&command, &ages).with_package(&facts::all(app));
    Ok(InfoReport { row, offers, container: container.flatten(), candidates: claims, problems })
}

/// What would run in a container. A runtime that is not there is no reason to say nothing of the rest.
fn container(run: &RunScope<'_>, command: &Command, problems: &mut Vec<Warning>) -> Option<ContainerReport> {
    let facts = container::facts(run, command);
    let ContainerFacts { runtime, image } = facts
        .map_err(|failure| {
            let problem = Warning::general([vec![failure.message], failure.causes].concat().join(": "));
            problems.push(failure.hints.into_iter().take(1).fold(problem, Warning::hint));
        })
        .ok()?;
    let ran = command.find(|origin| origin.image.clone()).and_then(|name| run.image_that_ran(name.as_str()));
    let (id, digest) = image.map_or((None, None), |image| (Some(image.id), image.digest));
    Some(ContainerReport { runtime, id, digest, ran })
}

/// What would run in a container. Its JSON form is an interface.
#[derive(Debug, Serialize)]
pub struct ContainerReport {
    /// The runtime.
    pub runtime: String,
    /// The ID of the image on this machine; `None` when it is not here.
    pub id: Option<CleanText>,
    /// The digest by which its registry knows it.
    pub digest: Option<CleanText>,
    /// The ID of the image that ran last by this name.
    pub ran: Option<CleanText>,
}

/// Why nothing can be said of a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InfoError {
    /// It is kept for a later version.
    #[error("`{word}` is reserved for {purpose}")]
    Reserved {
        /// The reserved word.
        word: CommandWord,
        /// What it will be for.
        purpose: &'static str,
    },
    /// It is one of everestctl itself.
    #[error("`{0}` is a built-in command, not a plugin")]
    BuiltIn(CommandWord),
    /// The Go CLI has it, and is nowhere.
    #[error("`{0}` is a command of OpenEverest's own CLI, which is not installed")]
    CoreMissing(CommandWord),
    /// The program of a bundled plugin is nowhere.
    #[error("{0}")]
    BundledMissing(CommandError),
    /// Nobody has it.
    #[error("no such command")]
    NoCommand,
}

impl Explain for InfoError {
    fn causes(&self) -> Vec<String> {
        match self {
            Self::BundledMissing(error) => error.causes(),
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::BuiltIn(word) => vec![format!("everestctl {word} --help")],
            Self::CoreMissing(word) => vec![format!("everestctl {word}")],
            Self::BundledMissing(error) => error.hints(),
            Self::Reserved { .. } | Self::NoCommand => Vec::new(),
        }
    }
}

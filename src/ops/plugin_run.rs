//! `plugin run`: one command, from the source and in the way that the user names.

use super::App;
use super::command_error::CommandError;
use super::run_command::hidden_by_server;
use crate::app::catalog::CommandCatalog;
use crate::app::refresh::{self, Trigger};
use crate::app::run_context::RunScope;
use crate::error::{ExitCode, Explain, Failure, exit};
use crate::model::{CommandWord, Source, Warning, Way};
use crate::resolve::{Candidate, Command, RunTarget, candidates, choose};
use crate::runner::container::error::ContainerError;
use crate::runner::container::options::ContainerOptions;
use crate::runner::{self, LoadStep, NextStep};
use std::ffi::OsString;

/// What to run.
#[derive(Clone, Debug)]
pub struct PluginRunRequest {
    /// Name of the command.
    pub name: CommandWord,
    /// Only from this source.
    pub source: Option<Source>,
    /// Only in this way.
    pub way: Option<Way>,
    /// Arguments, passed on unchanged.
    pub arguments: Vec<OsString>,
}

/// What is left to do when no process has become the plugin.
#[derive(Debug)]
pub enum PluginRunOutcome {
    /// A command whose plugin declares its arguments: the command line parses them.
    Declared(Box<Command>),
    /// It has run, and this is its exit code.
    Ended(ExitCode),
    /// This process is one for a library now.
    Load(Box<LoadStep>),
    /// The user is asked whether another image than before may run.
    AcceptImage(Box<ContainerError>),
}

/// Runs it. Comes back when that fails, or with a command of a server's plugin, whose arguments the command
/// line parses. Reserved words have no meaning here: whoever names a source
/// means a plugin.
///
/// An unknown name may be new on the server: the index is refreshed once.
pub fn run(
    app: &App,
    request: &PluginRunRequest,
    warn: &mut dyn FnMut(Warning),
) -> Result<PluginRunOutcome, Failure> {
    if app.options.no_plugins {
        return Err(CommandError::PluginsDisabled(request.name.clone()).into());
    }
    let words = std::slice::from_ref(&request.name);
    let wanted = |candidate: &Candidate| match &candidate.target {
        RunTarget::Command(command) => {
            request.source.is_none_or(|source| command.origins().any(|origin| origin.source == source))
                && request.way.is_none_or(|way| command.way() == Some(way))
        }
        RunTarget::Claimed { .. } => request.source.is_none_or(Source::is_remote) && request.way.is_none(),
        RunTarget::BuiltIn(_)
        | RunTarget::Bundled { .. }
        | RunTarget::Kept { .. }
        | RunTarget::Core { .. } => false,
    };
    let mut catalog = CommandCatalog::new(app);
    let mut found = choose(candidates(words, &catalog).filter(wanted));
    if found.is_none() && request.source.is_none_or(Source::is_remote) {
        let remote = app.remote()?;
        let refreshed = refresh::refresh(app, &remote, &[Source::Server, Source::Cluster], Trigger::Unknown);
        refreshed.problems.into_iter().for_each(&mut *warn);
        catalog = CommandCatalog::with_names(app, refreshed.names);
        found = choose(candidates(words, &catalog).filter(wanted));
    }
    match found.map(|candidate| candidate.target) {
        Some(RunTarget::Command(command)) => {
            let run = RunScope { app, catalog: &catalog };
            if app.options.container != ContainerOptions::default() && !runner::is_container(&command) {
                return Err(WithoutEffect::Container(request.name.clone()).into());
            }
            if app.options.in_process && !runner::is_native(&command) {
                return Err(WithoutEffect::InProcess(request.name.clone()).into());
            }
            match runner::run(&run, &command, &request.arguments, warn)? {
                NextStep::Parse => Ok(PluginRunOutcome::Declared(Box::new(command))),
                NextStep::Ended(code) => Ok(PluginRunOutcome::Ended(code)),
                NextStep::AcceptImage(change) => Ok(PluginRunOutcome::AcceptImage(change)),
                NextStep::Load(step) => Ok(PluginRunOutcome::Load(step)),
            }
        }
        Some(RunTarget::Claimed { alias, names }) => Err(CommandError::Ambiguous { alias, names }.into()),
        _ => {
            let is_of_server = request.source.is_none_or(|source| source == Source::Server)
                && request.way.is_none_or(|way| way == Way::Proxy);
            let hidden = || hidden_by_server(app, catalog.names(), words[0].as_str());
            let no_match = || NoMatch { name: request.name.clone(), from: request.source, way: request.way };
            Err(is_of_server.then(hidden).flatten().unwrap_or_else(|| no_match().into()))
        }
    }
}

/// The plugin of a server that has this name, whatever else has it.
pub fn on_server(app: &App, name: &CommandWord, warn: &mut dyn FnMut(Warning)) -> Result<Command, Failure> {
    let request =
        PluginRunRequest { name: name.clone(), source: None, way: Some(Way::Proxy), arguments: Vec::new() };
    match run(app, &request, warn)? {
        PluginRunOutcome::Declared(command) => Ok(*command),
        PluginRunOutcome::AcceptImage(change) => Err((*change).into()),
        // What is a request only is not run before its arguments are parsed.
        PluginRunOutcome::Ended(_) | PluginRunOutcome::Load(_) => {
            Err(NoMatch { name: name.clone(), from: None, way: Some(Way::Proxy) }.into())
        }
    }
}

/// Flags of one way, and a command that runs in another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WithoutEffect {
    /// Those of containers.
    #[error("`{0}` does not run in a container: its flags have no effect")]
    Container(CommandWord),
    /// That of native libraries.
    #[error("`{0}` is not a native library: --in-process has no effect")]
    InProcess(CommandWord),
}

impl Explain for WithoutEffect {
    fn exit_code(&self) -> ExitCode {
        exit::USAGE
    }

    fn hints(&self) -> Vec<String> {
        let (Self::Container(name) | Self::InProcess(name)) = self;
        vec![format!("everestctl plugin info {name}")]
    }
}

/// No command is what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no command `{name}`{}{}", of_source(*from), of_way(*way))]
pub struct NoMatch {
    name: CommandWord,
    from: Option<Source>,
    way: Option<Way>,
}

impl Explain for NoMatch {
    fn exit_code(&self) -> ExitCode {
        exit::USAGE
    }

    fn hints(&self) -> Vec<String> {
        vec![format!("everestctl plugin which {}", self.name)]
    }
}

fn of_source(source: Option<Source>) -> String {
    source.map(|source| format!(" from source {source}")).unwrap_or_default()
}

fn of_way(way: Option<Way>) -> String {
    way.map(|way| format!(" that runs as {way}")).unwrap_or_default()
}

//! Running what the user typed: `everestctl WORDS…`.

use super::command_error::CommandError;
use super::not_found::{self, Obstacle, Unknown};
use super::{App, alias};
use crate::app::catalog::CommandCatalog;
use crate::app::refresh::{self, Trigger};
use crate::app::remote_identity::{self, RemoteIdentity};
use crate::app::run_context::RunScope;
use crate::error::{ExitCode, Failure};
use crate::index::Names;
use crate::model::reserved::{self, Owner};
use crate::model::{CleanText, CommandWord, Source, Warning, file_stems, quoted};
use crate::resolve::{Candidate, Command, RunTarget, candidates, choose};
use crate::runner::container::error::ContainerError;
use crate::runner::{self, LoadStep, NextStep, exec};
use std::ffi::OsString;

/// What is left to do when no plugin was run.
#[derive(Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// The word is one of this binary's own.
    BuiltIn,
    /// A command whose plugin declares its arguments: the command line parses them.
    Declared {
        /// The plugin.
        command: Box<Command>,
        /// How many of the arguments are its name.
        words: usize,
    },
    /// The word is an alias of the user's: these are the arguments that it expands to, with those after it.
    Alias(Vec<OsString>),
    /// The user is asked whether another image than before may run.
    AcceptImage(Box<ContainerError>),
    /// The plugin has run, and this is its exit code.
    Ended(ExitCode),
    /// This process is one for a library now.
    Load(Box<LoadStep>),
    /// Nobody knows the words.
    Unknown(Box<Unknown>),
    /// The words only start longer commands: these.
    Group {
        /// What was typed.
        path: String,
        /// The names that start with it.
        names: Vec<String>,
        /// Whether the user asked for help, or forgot a word.
        asked_for_help: bool,
    },
}

/// What the user typed.
#[derive(Clone, Copy, Debug)]
pub struct TypedLine<'a> {
    /// From the first word on.
    pub arguments: &'a [OsString],
    /// The whole command line, for the Go CLI.
    pub whole: &'a [OsString],
}

/// Runs the command that was typed; on success this process has become the plugin and does not come back.
/// `warn` gets what the user should know beside that.
pub fn run_command(
    app: &App,
    typed: TypedLine<'_>,
    warn: &mut dyn FnMut(Warning),
) -> Result<RunOutcome, Failure> {
    let arguments = typed.arguments;
    let words = leading_words(arguments);
    let Some(first) = words.first() else {
        return Ok(RunOutcome::Unknown(Box::new(no_word(app, typed))));
    };
    if app.options.no_plugins {
        match reserved::owner(first.as_str()) {
            Some((Owner::BuiltIn, _)) => return Ok(RunOutcome::BuiltIn),
            // It ships with this binary, and nobody can put another in its place.
            Some((Owner::Bundled, _)) => {}
            _ => return Err(CommandError::PluginsDisabled(first.clone()).into()),
        }
    }
    let catalog = CommandCatalog::new(app);
    if let Some(candidate) = choose(candidates(&words, &catalog)) {
        return start(RunScope { app, catalog: &catalog }, candidate, typed, warn);
    }
    if let Some(expanded) = alias::expand(app, first, &arguments[1..])? {
        return Ok(RunOutcome::Alias(expanded));
    }
    not_known(app, &catalog, &words, typed, warn)
}

/// The words that `arguments` start with; the first thing that is not a word ends them.
pub fn leading_words(arguments: &[OsString]) -> Vec<CommandWord> {
    arguments
        .iter()
        .take(file_stems::MOST_WORDS)
        .map_while(|argument| argument.to_str().and_then(|text| CommandWord::new(text).ok()))
        .collect()
}

fn start(
    run: RunScope<'_>,
    candidate: Candidate,
    typed: TypedLine<'_>,
    warn: &mut dyn FnMut(Warning),
) -> Result<RunOutcome, Failure> {
    let Candidate { target, words } = candidate;
    match target {
        RunTarget::BuiltIn(_) => Ok(RunOutcome::BuiltIn),
        RunTarget::Bundled { word, origin } => {
            let origin = origin.ok_or_else(|| CommandError::bundled_missing(word))?;
            let flags = &typed.whole[..typed.whole.len() - typed.arguments.len()];
            let rest = typed.arguments.get(words..).unwrap_or_default();
            exec::become_bundled(&origin, flags, rest).map(|never| match never {})
        }
        RunTarget::Kept { word, purpose } => Err(CommandError::NotInThisVersion { word, purpose }.into()),
        RunTarget::Core { origin: Some(core), .. } => {
            exec::become_core(&run, &core, typed.whole, warn).map(|never| match never {})
        }
        RunTarget::Core { word, purpose, origin: None } => {
            Err(CommandError::CoreMissing { word, purpose }.into())
        }
        RunTarget::Claimed { alias, names } => Err(CommandError::Ambiguous { alias, names }.into()),
        RunTarget::Command(command) => {
            if command.source().is_remote() {
                refresh::keep_fresh(run.app);
            }
            let rest = typed.arguments.get(words..).unwrap_or_default();
            match runner::run(&run, &command, rest, warn)? {
                NextStep::Parse => Ok(RunOutcome::Declared { command: Box::new(command), words }),
                NextStep::Ended(code) => Ok(RunOutcome::Ended(code)),
                NextStep::AcceptImage(change) => Ok(RunOutcome::AcceptImage(change)),
                NextStep::Load(step) => Ok(RunOutcome::Load(step)),
            }
        }
    }
}

/// The words are unknown: they may be new on the server, the start of a longer local command, or misspelt.
fn not_known(
    app: &App,
    catalog: &CommandCatalog<'_>,
    words: &[CommandWord],
    typed: TypedLine<'_>,
    warn: &mut dyn FnMut(Warning),
) -> Result<RunOutcome, Failure> {
    let remote = app.remote()?;
    let (newer, mut problems) = newer(app, catalog)?;
    if let Some(newer) = &newer
        && let Some(candidate) = choose(candidates(words, newer))
    {
        return start(RunScope { app, catalog: newer }, candidate, typed, warn);
    }
    let local = remote_identity::origins(remote_identity::local_names(app));
    let path = words.iter().map(CommandWord::as_str).collect::<Vec<_>>();
    let runnable = local.iter().filter(|origin| not_found::runs(origin)).map(|origin| origin.name.as_str());
    if let Some((path, names)) = longer_names(&path, &runnable) {
        let asked_for_help = typed.arguments.iter().any(|argument| argument == "--help" || argument == "-h");
        return Ok(RunOutcome::Group { path, names, asked_for_help });
    }
    let catalog = newer.as_ref().unwrap_or(catalog);
    refresh::start_in_background(app, &remote, catalog.names());
    let obstacle = obstacle(app, &remote, catalog.names(), &problems);
    // What is said as the error need not be said as a warning.
    problems.retain(|problem| problem.source != Some(Source::Server) || obstacle.is_none());
    problems.into_iter().for_each(&mut *warn);
    if obstacle.is_none() {
        refresh::paused(app, &remote, catalog.names()).into_iter().for_each(warn);
    }
    Ok(RunOutcome::Unknown(Box::new(Unknown::new(app, &path, &local, catalog).behind(obstacle))))
}

/// Why `word`, which nobody here has, may be a command all the same: those of the server's plugins are not known.
pub(super) fn hidden_by_server(app: &App, names: &Names, word: &str) -> Option<Failure> {
    obstacle(app, &*app.remote().ok()?, names, &[])?.failure_of(word)
}

/// Why the commands of the server's plugins are not known, if they are not.
fn obstacle(app: &App, remote: &RemoteIdentity, names: &Names, problems: &[Warning]) -> Option<Obstacle> {
    if app.options.offline {
        return None;
    }
    let server = remote.target.server.clone();
    // Who works with a cluster alone has nothing to sign in to.
    let has_cluster = app.options.kubeconfig.is_some() || app.kubernetes_server().is_some();
    if server.is_none() && has_cluster {
        return None;
    }
    if remote.target.token.is_none() {
        return Some(Obstacle::NotSignedIn(server));
    }
    let section = names.sections.get(&Source::Server)?;
    section.failed?;
    let problem = problems.iter().find(|problem| problem.source == Some(Source::Server));
    let failure = section.failure.as_ref();
    let message = problem.map(|problem| &problem.message).or(failure.map(|failure| &failure.message))?;
    let sign_in = failure.is_some_and(|failure| failure.sign_in);
    let again = || match &server {
        Some(server) if sign_in => format!("everestctl auth login --server {}", quoted(server)),
        _ => "is the server running? `everestctl plugin refresh` tries again".to_owned(),
    };
    let hint = problem.and_then(|problem| problem.hint.clone()).unwrap_or_else(again);
    Some(Obstacle::NoAnswer { message: message.clone(), hint: Some(hint), sign_in })
}

/// What the sources say now, where they may be asked for words that are unknown, and what the user should know.
pub(super) fn newer<'a>(
    app: &'a App,
    catalog: &CommandCatalog<'_>,
) -> Result<(Option<CommandCatalog<'a>>, Vec<Warning>), Failure> {
    let remote = app.remote()?;
    if !refresh::is_due(app, &remote, catalog.names(), Trigger::Unknown) {
        return Ok((None, remote.problems.clone()));
    }
    let sources = [Source::Server, Source::Cluster];
    let refreshed = refresh::refresh(app, &remote, &sources, Trigger::Unknown);
    Ok((Some(CommandCatalog::with_names(app, refreshed.names)), refreshed.problems))
}

/// The names that go on where the longest possible start of `words` ends: kubectl calls such words
/// unknown, though commands below them are there.
fn longer_names<'a>(
    words: &[&str],
    names: &(impl Iterator<Item = &'a str> + Clone),
) -> Option<(String, Vec<String>)> {
    (1..=words.len()).rev().find_map(|count| {
        let beginning = format!("{}-", words[..count].join("-"));
        let mut found: Vec<String> =
            names.clone().filter(|name| name.starts_with(&beginning)).map(str::to_owned).collect();
        found.sort();
        found.dedup();
        (!found.is_empty()).then(|| (words[..count].join(" "), found))
    })
}

/// What was typed cannot be a name: says why, and which names are near.
fn no_word(app: &App, typed: TypedLine<'_>) -> Unknown {
    let text = typed.arguments.first().map(|argument| argument.to_string_lossy()).unwrap_or_default();
    let why = CommandWord::new(&text).err().map(|error| error.to_string());
    let local = remote_identity::origins(remote_identity::local_names(app));
    Unknown::new(app, &[CleanText::new(&text).as_str()], &local, &CommandCatalog::new(app))
        .because(why.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_the_first_thing_that_is_none() {
        let arguments: Vec<OsString> = ["bench", "run", "--", "x"].map(OsString::from).to_vec();
        assert_eq!(leading_words(&arguments).len(), 2);
        assert!(leading_words(&["".into()]).is_empty());
    }

    #[test]
    fn words_that_only_begin_commands() {
        let names = ["a-b-c", "a-b-d", "x"];
        let group = longer_names(&["a-b"], &names.into_iter()).unwrap();
        assert_eq!(group, ("a-b".to_owned(), vec!["a-b-c".to_owned(), "a-b-d".to_owned()]));
        assert_eq!(longer_names(&["a", "zzz"], &names.into_iter()).unwrap().0, "a");
        assert_eq!(longer_names(&["x"], &names.into_iter()), None);
    }
}

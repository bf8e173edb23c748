//! What completion knows: names of commands and contexts from the index and the config file, and the answers of
//! local plugins that complete their own arguments.
//!
//! Uses no network, and a failure means no candidates.

use super::completion_values::{self, ValuesQuery};
use super::run_command::leading_words;
use super::{App, alias, index_fill, plugin_credentials};
use crate::app::catalog::CommandCatalog;
use crate::app::run_context::RunScope;
use crate::app::{descriptors, remote_identity};
use crate::model::reserved::{self, Owner};
use crate::model::{CleanText, CommandWord, OriginState, Source, bundled};
use crate::resolve::{Command, RunTarget, candidates, choose};
use crate::runner::RunContext as _;
use crate::runner::completion::CompletionResult;
use crate::runner::{self, Manual};
use crate::sys::files::{self, FileFacts, FileKind};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The shells, each with its script as it lies in `completions/`.
pub const SCRIPTS: [(&str, &str); 5] = [
    ("bash", include_str!("../../completions/everestctl.bash")),
    ("zsh", include_str!("../../completions/_everestctl")),
    ("fish", include_str!("../../completions/everestctl.fish")),
    ("powershell", include_str!("../../completions/everestctl.ps1")),
    ("elvish", include_str!("../../completions/everestctl.elv")),
];

/// The script for a shell.
pub fn script(shell: &str) -> Option<&'static str> {
    SCRIPTS.iter().find(|(name, _)| *name == shell).map(|(_, script)| *script)
}

/// The maximum number of candidates.
const MOST: usize = 5000;

/// The user's aliases that begin like `typed`, with what they stand for.
pub fn aliases(app: &App, typed: &str) -> Vec<(String, String)> {
    alias::all(app).into_iter().filter(|(name, _)| name.starts_with(typed)).collect()
}

/// What may follow the words of a plugin's command, and how many of them are its name.
pub fn of_plugin(
    app: &App,
    words: &[OsString],
    current: &OsStr,
) -> Option<(Command, usize, CompletionResult)> {
    let mut catalog = CommandCatalog::new(app);
    let mut found = find(app, &catalog, words);
    let is_asked = found.as_ref().is_none_or(|(command, _)| {
        command.source().is_remote() && descriptors::is_unasked(catalog.names(), command.name().as_str())
    });
    if is_asked && index_fill::wait_for_plugin(app, words) {
        catalog = CommandCatalog::new(app);
        found = find(app, &catalog, words);
    }
    let (command, count) = found?;
    let runner = runner::of(command.way()?);
    let context = RunScope { app, catalog: &catalog };
    // What may not run is not started for TAB.
    context.is_allowed(&command).ok()?;
    let typed = &words[count..];
    let mut completion = runner.complete(&context, &command, typed, current)?;
    if let CompletionResult::Answer(answer) = &mut completion
        && typed.is_empty()
    {
        answer.values.extend(longer_names(app, words, current));
    }
    Some((command, count, completion))
}

/// What a manual page of the command that `words` lead to is made of, and how many of them are its name. Asks nobody.
pub fn manual(app: &App, words: &[OsString]) -> Option<(Manual, usize)> {
    let catalog = CommandCatalog::new(app);
    let (command, count) = find(app, &catalog, words)?;
    let runner = runner::of(command.way()?);
    Some((runner.manual(&RunScope { app, catalog: &catalog }, command)?, count))
}

/// The command that the words lead to, and how many of them are its name. Asks nobody.
fn find(app: &App, catalog: &CommandCatalog<'_>, words: &[OsString]) -> Option<(Command, usize)> {
    let is_bundled =
        words.first().and_then(|word| word.to_str()).is_some_and(|word| bundled::find(word).is_some());
    if app.options.no_plugins && !is_bundled {
        return None;
    }
    let candidate = choose(candidates(&leading_words(words), catalog))?;
    let command = match candidate.target {
        RunTarget::Command(command) => command,
        RunTarget::Bundled { origin, .. } => Command::new(origin?),
        _ => return None,
    };
    matches!(command.state(), OriginState::Ready).then_some((command, candidate.words))
}

/// The names of commands that start like `typed`.
pub fn names(app: &App, typed: &OsStr) -> Vec<(String, String)> {
    let typed = typed.to_string_lossy();
    let local = remote_identity::local_names(app);
    let begins = |name: &str| name.starts_with(typed.as_ref()) && reserved::owner(name).is_none();
    let mut found: Vec<(String, String)> = local
        .origins()
        .filter(|origin| matches!(origin.state, OriginState::Ready))
        .filter(|origin| origin.way.is_some())
        .flat_map(|origin| {
            let description = origin.description.as_ref().map(CleanText::to_string).unwrap_or_default();
            // The first word of a longer name; what follows it is completed next.
            let own = origin.word().map(|word| word.to_string());
            let aliases = origin.aliases.iter().map(ToString::to_string);
            own.into_iter().chain(aliases).map(move |name| (name, description.clone()))
        })
        .filter(|(name, _)| begins(name))
        .take(MOST)
        .collect();
    index_fill::for_each_runnable(app, |entry| {
        for name in std::iter::once(entry.name).chain(entry.aliases).filter(|name| begins(name)) {
            if found.len() < MOST {
                let description = entry.description.map(|text| CleanText::new(text).to_string());
                found.push((name.to_owned(), description.unwrap_or_default()));
            }
        }
    });
    if local.origins().any(|origin| origin.source == Source::Local && origin.name.as_str() == "core") {
        let core = reserved::words_of(Owner::Core).filter(|word| word.starts_with(typed.as_ref()));
        found.extend(core.map(|word| (word.to_owned(), "OpenEverest's own CLI".to_owned())));
    }
    let aliases = alias::all(app).into_iter();
    found.extend(aliases.filter(|(name, _)| name.starts_with(typed.as_ref())));
    found.sort();
    found.dedup_by(|second, first| second.0 == first.0);
    found
}

/// The files and folders that `typed` may go on to, a path; hidden ones where a dot is typed.
pub fn files(typed: &str) -> Vec<String> {
    let (folder, beginning) = typed.rfind('/').map_or(("", typed), |end| typed.split_at(end + 1));
    let place = Path::new(if folder.is_empty() { "." } else { folder });
    let mut found: Vec<String> = files::names_in(place)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.starts_with(beginning) && (beginning.starts_with('.') || !name.starts_with('.')))
        .take(MOST)
        .map(|name| {
            let is_folder =
                FileFacts::from_path(&place.join(&name)).is_ok_and(|facts| facts.kind == FileKind::Folder);
            format!("{folder}{name}{}", if is_folder { "/" } else { "" })
        })
        .collect();
    found.sort();
    found
}

/// The next words of local names that start with the words that are typed.
fn longer_names(app: &App, words: &[OsString], typed: &OsStr) -> Vec<(String, String)> {
    let typed = typed.to_string_lossy();
    let words: Option<Vec<&str>> = words.iter().map(|word| word.to_str()).collect();
    let beginning = format!("{}-", words.unwrap_or_default().join("-"));
    let mut found: Vec<(String, String)> = remote_identity::local_names(app)
        .origins()
        .filter(|origin| origin.source == Source::Local && matches!(origin.state, OriginState::Ready))
        .filter_map(|origin| {
            let next = origin.name.as_str().strip_prefix(&beginning)?.split('-').next()?.to_owned();
            let description = origin.description.as_ref().map(CleanText::to_string).unwrap_or_default();
            next.starts_with(typed.as_ref()).then_some((next, description))
        })
        .collect();
    found.sort();
    found.dedup_by(|second, first| second.0 == first.0);
    found
}

/// The words that an alias and what follows it stand for; `None` when the first is not an alias, or has a place for an
/// argument that is not there yet.
pub fn expanded(app: &App, words: &[OsString]) -> Option<Vec<OsString>> {
    let (first, rest) = words.split_first()?;
    let name = CommandWord::new(first.to_str()?).ok()?;
    if choose(candidates(std::slice::from_ref(&name), &CommandCatalog::new(app))).is_some() {
        return None;
    }
    alias::expand(app, &name, rest).ok().flatten()
}

/// The namespaces that the server and the contexts name.
pub fn namespaces(app: &App, typed: &str) -> Vec<(String, String)> {
    let query = ValuesQuery::of_server(app, "/clusters/{cluster}/namespaces", "/*");
    let mut found = query.map(|query| completion_values::known(app, &query)).unwrap_or_default();
    if let Some(namespace) = app.target().ok().and_then(|(target, _)| target.namespace) {
        found.push((namespace, "of this context".to_owned()));
    }
    found.retain(|(name, _)| name.starts_with(typed));
    found.sort();
    found.dedup_by(|second, first| second.0 == first.0);
    found
}

/// The paths of the plugin in `before`, `plugin api NAME METHOD`, that have this method.
pub fn paths(app: &App, before: &[OsString], typed: &str) -> Vec<(String, String)> {
    let words: Vec<&str> = before.iter().filter_map(|word| word.to_str()).collect();
    let Some(at) = words.iter().position(|word| *word == "api") else { return Vec::new() };
    let (Some(name), Some(method)) = (words.get(at + 1), words.get(at + 2)) else { return Vec::new() };
    let plugin = [OsString::from(name)];
    index_fill::wait_for_plugin(app, &plugin);
    let catalog = CommandCatalog::new(app);
    let Some((command, _)) = find(app, &catalog, &plugin) else { return Vec::new() };
    let Some(known) = (RunScope { app, catalog: &catalog }).known(&command) else { return Vec::new() };
    let of_method = known.descriptor.heads().filter(|head| head.method() == *method);
    let mut found: Vec<(String, String)> =
        of_method.map(|head| (head.route().to_owned(), head.summary().to_string())).collect();
    found.retain(|(path, _)| path.starts_with(typed));
    found.sort();
    found.dedup_by(|second, first| second.0 == first.0);
    found
}

/// The types of events of a server.
const EVENT_TYPES: [&str; 18] = [
    "backup.completed",
    "backup.failed",
    "backup.started",
    "instance.created",
    "instance.deleted",
    "namespace.added",
    "namespace.removed",
    "plugin.disabled",
    "plugin.enabled",
    "plugin.installed",
    "plugin.uninstalled",
    "restore.completed",
    "restore.failed",
    "restore.started",
    "settings.updated",
    "user.login",
    "user.login-failed",
    "user.logout",
];

/// The types of events that a server sends (reference, section 6).
pub fn event_types(typed: &str) -> Vec<(String, String)> {
    let types = EVENT_TYPES.into_iter().filter(|name| name.starts_with(typed));
    types.map(|name| (name.to_owned(), String::new())).collect()
}

/// The plugins that have credentials of their own.
pub fn credential_plugins(app: &App, typed: &str) -> Vec<(String, String)> {
    let Ok(remote) = app.remote() else { return Vec::new() };
    let names = remote.names(app.store().as_ref());
    let found = plugin_credentials::plugins(app, &names).into_iter();
    found.filter(|name| name.starts_with(typed)).map(|name| (name, String::new())).collect()
}

/// The credentials of the plugin in `before`, `auth plugin NAME`, that start like `typed`, with where they are sent.
pub fn schemes(app: &App, before: &[OsString], typed: &str) -> Vec<(String, String)> {
    let words = before.iter().filter_map(|word| word.to_str());
    let plugins: Vec<CommandWord> = words
        .skip_while(|word| *word != "plugin")
        .skip(1)
        .filter_map(|word| CommandWord::new(word).ok())
        .collect();
    let Some(plugin) = plugins.first() else { return Vec::new() };
    let rows = plugin_credentials::list(app, Some(plugin)).unwrap_or_default().into_iter();
    let rows = rows.filter(|row| row.variable.is_some() || row.sent_in.is_none());
    rows.filter(|row| row.scheme.starts_with(typed))
        .map(|row| (row.scheme, row.sent_in.unwrap_or_default()))
        .collect()
}

/// The names of contexts that start like `typed`.
pub fn contexts(app: &App, typed: &str) -> Vec<(String, String)> {
    let config = app.config();
    let context = |context: crate::config::Context<'_>| {
        (
            context.name.to_owned(),
            context.server.map(|server| CleanText::new(server).to_string()).unwrap_or_default(),
        )
    };
    config.contexts().filter(|context| context.name.starts_with(typed)).map(context).collect()
}

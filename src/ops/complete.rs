//! What completion knows: names of commands and contexts from the index and the config file, and the answers of
//! local plugins that complete their own arguments.
//!
//! Nobody is asked over the network, and a failure is no answer.

use super::run_command::leading_words;
use super::{World, alias};
use crate::app::descriptors::{self, Known};
use crate::app::known;
use crate::app::landscape::Landscape;
use crate::discovery::local::{Finder, sidecar};
use crate::discovery::overlays;
use crate::model::reserved::{self, Owner};
use crate::model::{CommandWord, Line, Source, State};
use crate::resolve::{Command, Target, candidates, choose};
use crate::sys::files::{self, FileFacts, Kind};
use crate::sys::process;
use everestctl_protocol::sidecar::Completion;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

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

/// The shell may offer file names when there is nothing else.
pub const DEFAULT: u8 = 0;
/// It must not.
pub const NO_FILES: u8 = 4;
/// It must not put a blank behind the value.
pub const NO_SPACE: u8 = 2;
/// How long a plugin may think about its answer.
const PATIENCE: Duration = Duration::from_millis(200);
/// More than anybody looks through.
const MOST: usize = 5000;

/// Values with their descriptions, and what the shell shall do with them, in the numbers of cobra.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The values.
    pub values: Vec<(String, String)>,
    /// Cobra's directive.
    pub directive: u8,
}

impl Default for Answer {
    /// Nothing is known.
    fn default() -> Self {
        Self { values: Vec::new(), directive: NO_FILES }
    }
}

/// The command that the words lead to.
#[derive(Debug)]
pub struct Found {
    /// It.
    pub command: Command,
    /// How many of the words are its name.
    pub words: usize,
    /// What it offers, if it is a plugin of a server of which that is known.
    pub known: Option<Known>,
}

/// Finds it, without asking anybody.
pub fn find(world: &World, words: &[OsString]) -> Option<Found> {
    if world.options.no_plugins {
        return None;
    }
    let landscape = Landscape::new(world);
    let candidate = choose(candidates(&leading_words(words), &landscape))?;
    let Target::Command(command) = candidate.target else { return None };
    if !matches!(command.state(), State::Ready) {
        return None;
    }
    let remote = command.source().is_remote();
    let name = command.name().as_str();
    let known = remote.then(|| descriptors::known(world, landscape.names(), name)).flatten();
    // One that was never asked may be one that we have an overlay for.
    let known = known.or_else(|| {
        let version = command.find(|origin| origin.version.as_ref()).map(Line::as_str);
        let descriptor = overlays::of(name, version).filter(|_| remote)?;
        Some(Known { descriptor: Box::new(descriptor), place: String::new() })
    });
    Some(Found { command, words: candidate.words, known })
}

/// The names of commands that begin like `typed`.
pub fn names(world: &World, typed: &OsStr) -> Vec<(String, String)> {
    let typed = typed.to_string_lossy();
    let local = known::local_names(world);
    let begins = |name: &str| name.starts_with(typed.as_ref()) && reserved::owner(name).is_none();
    let mut found: Vec<(String, String)> = local
        .origins()
        .filter(|origin| matches!(origin.state, State::Ready))
        .filter(|origin| origin.way.is_some_and(|way| way.missing_in_this_build().is_none()))
        .flat_map(|origin| {
            let description = origin.description.as_ref().map(Line::to_string).unwrap_or_default();
            // The first word of a longer name; what follows it is completed behind it.
            let own = origin.word().map(|word| word.to_string());
            let aliases = origin.aliases.iter().map(ToString::to_string);
            own.into_iter().chain(aliases).map(move |name| (name, description.clone()))
        })
        .filter(|(name, _)| begins(name))
        .take(MOST)
        .collect();
    if let Ok(remote) = world.remote() {
        remote.for_each_runnable(world.store().as_ref(), |entry| {
            for name in std::iter::once(entry.name).chain(entry.aliases).filter(|name| begins(name)) {
                if found.len() < MOST {
                    let description = entry.description.map(|text| Line::new(text).to_string());
                    found.push((name.to_owned(), description.unwrap_or_default()));
                }
            }
        });
    }
    if Finder::new(&world.local_folders()).find(vec!["core".to_owned()]).next().is_some() {
        let core = reserved::words_of(Owner::Core).filter(|word| word.starts_with(typed.as_ref()));
        found.extend(core.map(|word| (word.to_owned(), "OpenEverest's own CLI".to_owned())));
    }
    let aliases = alias::all(world).into_iter();
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
            let is_folder = FileFacts::of(&place.join(&name)).is_ok_and(|facts| facts.kind == Kind::Folder);
            format!("{folder}{name}{}", if is_folder { "/" } else { "" })
        })
        .collect();
    found.sort();
    found
}

/// The next words of local names that begin with the words that are typed.
pub fn longer_names(world: &World, words: &[OsString], typed: &OsStr) -> Vec<(String, String)> {
    let typed = typed.to_string_lossy();
    let words: Option<Vec<&str>> = words.iter().map(|word| word.to_str()).collect();
    let beginning = format!("{}-", words.unwrap_or_default().join("-"));
    let mut found: Vec<(String, String)> = known::local_names(world)
        .origins()
        .filter(|origin| origin.source == Source::Local && matches!(origin.state, State::Ready))
        .filter_map(|origin| {
            let next = origin.name.as_str().strip_prefix(&beginning)?.split('-').next()?.to_owned();
            let description = origin.description.as_ref().map(Line::to_string).unwrap_or_default();
            next.starts_with(typed.as_ref()).then_some((next, description))
        })
        .collect();
    found.sort();
    found.dedup_by(|second, first| second.0 == first.0);
    found
}

/// The words that an alias and what follows it stand for; `None` when the first is no alias, or has a place for an
/// argument that is not there yet.
pub fn expanded(world: &World, words: &[OsString]) -> Option<Vec<OsString>> {
    let (first, rest) = words.split_first()?;
    let name = CommandWord::new(first.to_str()?).ok()?;
    if choose(candidates(std::slice::from_ref(&name), &Landscape::new(world))).is_some() {
        return None;
    }
    alias::expand(world, &name, rest).ok().flatten()
}

/// The names of contexts that begin like `typed`.
pub fn contexts(world: &World, typed: &str) -> Vec<(String, String)> {
    let config = world.config();
    let context = |context: crate::config::Context<'_>| {
        (
            context.name.to_owned(),
            context.server.map(|server| Line::new(server).to_string()).unwrap_or_default(),
        )
    };
    config.contexts().filter(|context| context.name.starts_with(typed)).map(context).collect()
}

/// What a local plugin says of its own arguments, in the protocol that its sidecar names; else the shell may
/// offer file names.
pub fn by_plugin(world: &World, command: &Command, typed: &[OsString], current: &OsStr) -> Answer {
    let files = Answer { values: Vec::new(), directive: DEFAULT };
    let Some(path) = &command.first().path else { return files };
    let Ok(Some(sidecar)) = sidecar::read(path) else { return files };
    let words = || typed.iter().map(OsString::as_os_str).chain([current]).map(OsStr::to_owned);
    let answer = match sidecar.completion {
        Completion::None => None,
        Completion::Cobra => {
            let arguments: Vec<OsString> =
                std::iter::once(OsString::from("__complete")).chain(words()).collect();
            run(world, path, &arguments, None).map(|text| cobra(&text))
        }
        Completion::Companion => companion(world, command)
            .and_then(|path| run(world, &path, &words().collect::<Vec<_>>(), None))
            .map(|text| cobra(&text)),
        Completion::Clap => {
            // What clap's own script for fish says: `VALUE<TAB>DESCRIPTION` comes back.
            let name = path.file_name().unwrap_or_default().to_owned();
            let arguments: Vec<OsString> = [OsString::from("--"), name].into_iter().chain(words()).collect();
            run(world, path, &arguments, Some(("COMPLETE", "fish".into())))
                .map(|text| Answer { values: values(&text), directive: NO_FILES })
        }
        Completion::Words => Some(of_sidecar(&sidecar.words, typed, &current.to_string_lossy())),
    };
    answer.unwrap_or(files)
}

/// The words of a sidecar that may follow what is typed; flags once a dash says that one is wanted.
fn of_sidecar(lines: &BTreeMap<String, Option<String>>, typed: &[OsString], current: &str) -> Answer {
    let typed: Vec<Cow<'_, str>> = typed.iter().map(|word| word.to_string_lossy()).collect();
    let is_word = |word: &&str| !word.starts_with('-');
    let path: Vec<&str> = typed.iter().map(AsRef::as_ref).filter(is_word).collect();
    let mut found = Vec::new();
    for (line, description) in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some((last, before)) = words.split_last() else { continue };
        let fits = last.starts_with(current) && is_word(last) != current.starts_with('-');
        let is_given = !is_word(last) && typed.iter().any(|word| word == last);
        if fits && !is_given && before == path {
            found.push(((*last).to_owned(), description.clone().unwrap_or_default()));
        }
    }
    let directive = if found.is_empty() { DEFAULT } else { NO_FILES };
    found.truncate(MOST);
    Answer { values: found, directive }
}

fn run(world: &World, path: &Path, arguments: &[OsString], more: Option<(&str, OsString)>) -> Option<String> {
    let environment = world.environment.changed(more, &[]);
    let output = process::answer_of_file(path, arguments, &environment, PATIENCE).ok()?;
    Some(String::from_utf8_lossy(&output).into_owned())
}

/// The executable `everestctl_complete-NAME`, from the same folders and by the same rules as commands.
fn companion(world: &World, command: &Command) -> Option<PathBuf> {
    let name = command.name();
    let folders = world.local_folders();
    let origin = Finder::companions(&folders).find(vec![name.as_str().to_owned()]).next()?;
    matches!(origin.state, State::Ready).then_some(origin.path)?
}

/// An answer in cobra's form; what is no directive at the end is a value.
fn cobra(text: &str) -> Answer {
    let directive = text
        .lines()
        .last()
        .and_then(|line| line.strip_prefix(':'))
        .and_then(|number| number.parse::<u32>().ok());
    let mut values = values(text);
    match directive {
        Some(number) => {
            values.pop();
            // 1 is cobra's word for an error; 16 and more are about kinds of files, which the shell has.
            let directive =
                if number & 1 == 1 { DEFAULT } else { u8::try_from(number & 0b110).unwrap_or(NO_FILES) };
            Answer { values, directive }
        }
        None => Answer { values, directive: NO_FILES },
    }
}

fn values(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter(|line| !line.is_empty())
        .take(MOST)
        .map(|line| line.split_once('\t').unwrap_or((line, "")))
        .map(|(value, description)| (value.to_owned(), description.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cobras_answers_are_understood() {
        let answer = cobra("--all\tEverything\nx\n:4\n");
        assert_eq!(
            answer.values,
            [("--all".to_owned(), "Everything".to_owned()), ("x".to_owned(), String::new())]
        );
        assert_eq!(answer.directive, NO_FILES);
        assert_eq!(cobra(":0\n"), Answer { values: Vec::new(), directive: 0 });
        assert_eq!(cobra(":1\n").directive, DEFAULT);
        assert_eq!(cobra("a\nb").values.len(), 2);
    }
}

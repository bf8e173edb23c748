//! TAB: candidates for the word at the cursor, in cobra's protocol, for our own scripts and for every
//! tool that knows it: `everestctl __complete WORDS…` prints a line `VALUE<TAB>DESCRIPTION` for each, and at the end
//! a line `:NUMBER` that says what the shell shall do with them. Our own scripts ask in another way ([`shells`]), by
//! which each value comes back as its shell has to have it.
//!
//! Here: whose tree it is, the names of commands and contexts, the answers of local plugins.
//!
//! Uses no network, prints nothing on standard error, and a failure means no candidates.

mod bash;
mod listing;
mod quote;
mod reading;
mod shells;

use super::clap_cursor::{self, CursorTarget, walk};
use super::completer::Completer;
use super::plugin_command::{self, TreeDetail, command_group};
use super::program::CommandLine;
use super::scan;
use crate::model::CleanText;
use crate::ops::{App, Options, complete};
use crate::runner::PluginApi;
use crate::runner::completion::{CompletionResult, Completions, DEFAULT, NO_FILES, NO_SPACE};
use crate::sys::Environment;
use crate::term::Streams;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;

/// The commands of cobra's completion protocol, with and without descriptions.
const COBRA: [&str; 2] = ["__complete", "__completeNoDesc"];

/// Answers, if this is such a question.
pub(super) fn answer(
    streams: &mut Streams,
    program: &CommandLine,
    environment: &Environment,
    arguments: &[OsString],
) -> Option<()> {
    let (first, words) = arguments.split_first()?;
    let text = if first == shells::WORD {
        shells::answer(words, |before, current| {
            let line: Vec<OsString> =
                before.iter().chain([&current.to_owned()]).map(OsString::from).collect();
            of_words(program, environment, &line, 0)
        })
    } else {
        let described = first == COBRA[0];
        if !described && first != COBRA[1] {
            return None;
        }
        cobra(&of_words(program, environment, words, 0).unwrap_or_default(), described)
    };
    // A shell that has gone needs no answer.
    let _ = streams.data(&text);
    let _ = streams.flush();
    Some(())
}

/// Answers for a program with a tree of its own, whose words are behind `before`, if this is such a question.
pub(super) fn answer_of(
    streams: &mut Streams,
    environment: &Environment,
    mut tree: clap::Command,
    before: &[OsString],
    arguments: &[OsString],
) -> Option<()> {
    let (first, words) = arguments.split_first()?;
    let described = first == COBRA[0];
    if !described && first != COBRA[1] {
        return None;
    }
    let (current, typed) = words.split_last()?;
    let app = App::new(environment.clone(), Options::default()).ok()?;
    let before = [before, typed].concat();
    tree.build();
    let answer = values(&app, walk(&tree, &before, current), &before, current);
    let _ = streams.data(&cobra(&answer, described));
    let _ = streams.flush();
    Some(())
}

/// In cobra's protocol, where the caller quotes the values.
fn cobra(answer: &Completions, described: bool) -> String {
    let mut text = String::new();
    for (value, description) in answer.values.iter().filter(|(value, _)| quote::can_be_typed(value)) {
        text.push_str(value);
        if described && !description.is_empty() {
            text.push('\t');
            text.push_str(CleanText::new(description).as_str());
        }
        text.push('\n');
    }
    let _ = writeln!(text, ":{}", answer.directive);
    text
}

/// An alias may lead to another.
const MOST_ALIASES: usize = 4;

/// `depth` aliases have led here.
fn of_words(
    program: &CommandLine,
    environment: &Environment,
    words: &[OsString],
    depth: usize,
) -> Option<Completions> {
    let (current, before) = words.split_last()?;
    match scan::scan(before) {
        scan::Scan::Word { options, word } if !super::is_own_word(&before[word]) => {
            let app = App::new(environment.clone(), *options).ok()?;
            if let Some(expanded) = complete::expanded(&app, &before[word..]) {
                let line = [&before[..word], &expanded, std::slice::from_ref(current)].concat();
                return if depth < MOST_ALIASES {
                    of_words(program, environment, &line, depth + 1)
                } else {
                    None
                };
            }
            of_plugin(&app, &before[word..], current)
        }
        scan::Scan::Word { options, .. } => of_own(program, environment, *options, before, current),
        _ => of_own(program, environment, Options::default(), before, current),
    }
}

/// Behind the name of a plugin's command.
fn of_plugin(app: &App, words: &[OsString], current: &OsStr) -> Option<Completions> {
    let (command, count, completion) = complete::of_plugin(app, words, current)?;
    match completion {
        CompletionResult::Answer(answer) => Some(answer),
        CompletionResult::Declared(known) => {
            Some(of_declared(app, command.name().as_str(), &known, &words[count..], current))
        }
    }
}

/// Among the arguments that a plugin declares.
fn of_declared(app: &App, name: &str, known: &PluginApi, typed: &[OsString], current: &OsStr) -> Completions {
    let typed = &*plugin_command::in_own_words(&known.descriptor, typed, true);
    // Below a word nothing is offered that stands beside it.
    let first = typed.first().and_then(|word| word.to_str());
    let only_typed = first.is_some_and(|word| known.descriptor.has_first_word(word));
    let detail = TreeDetail { only_typed, ..TreeDetail::default() };
    let mut tree = command_group::tree(name, known, typed, detail);
    tree.build();
    let wanted = walk(&tree, typed, current);
    let argument = wanted.argument().map(|argument| argument.get_id().to_string());
    let (typed_value, prefix) = wanted.typed(current);
    let whole = wanted.whole(typed);
    let takes_value = argument.is_some();
    let mut answer = values(app, wanted, typed, current);
    if let Some(argument) = argument.filter(|_| answer.values.is_empty()) {
        answer.values =
            plugin_command::values(app, name, &known.descriptor, tree, whole, &argument, &typed_value)
                .into_iter()
                .map(|(value, description)| (format!("{prefix}{value}"), description))
                .collect();
    }
    if takes_value && prefix.is_empty() {
        // What a plugin answers is data: it does not put an option into the line.
        answer.values.retain(|(value, _)| !value.starts_with('-'));
    }
    answer
}

/// Before there is a name, or after one of our own.
fn of_own(
    program: &CommandLine,
    environment: &Environment,
    options: Options,
    before: &[OsString],
    current: &OsStr,
) -> Option<Completions> {
    // After these words the words of a command come, as they are typed themselves.
    if let Some(at) = before_a_command(before) {
        let line = [&before[at..], &[current.to_owned()]].concat();
        return of_words(program, environment, &line, MOST_ALIASES - 1);
    }
    let app = App::new(environment.clone(), options).ok()?;
    let mut tree = match scan::scan(before) {
        scan::Scan::Word { word, .. } => program.shown_along(before[word].to_str()),
        _ if before.is_empty() => program.shown_along(None),
        _ => program.with_global_options(),
    };
    tree.build();
    let wanted = walk(&tree, before, current);
    let is_first = matches!(wanted, CursorTarget::Word { depth: 0, values: 0, .. });
    let mut answer = values(&app, wanted, before, current);
    if is_first && !current.to_string_lossy().starts_with('-') && !app.options.no_plugins {
        answer.values.extend(complete::names(&app, current));
        answer.values.sort();
        answer.values.dedup_by(|second, first| second.0 == first.0);
    }
    Some(answer)
}

/// Where the words of a command start after `help`, `plugin which`, `plugin info` and `plugin run`; for the last three only
/// after its name, which is a plugin's.
fn before_a_command(before: &[OsString]) -> Option<usize> {
    let words: Vec<&str> = before.iter().map(|word| word.to_str()).collect::<Option<_>>()?;
    match words.as_slice() {
        ["help", rest @ ..] if rest.iter().all(|word| !word.starts_with('-')) => Some(1),
        ["plugin" | "plugins" | "extension", "which" | "info" | "run", name, ..]
            if !name.starts_with('-') =>
        {
            Some(2)
        }
        _ => None,
    }
}

/// What a clap tree, the config file and the index say.
fn values(app: &App, wanted: CursorTarget<'_>, before: &[OsString], current: &OsStr) -> Completions {
    let current = current.to_string_lossy();
    match wanted {
        CursorTarget::Flags(here) => {
            Completions { values: clap_cursor::flags(here, &current), directive: NO_FILES }
        }
        CursorTarget::Value { argument, prefix, typed } => {
            of_argument(app, argument, before, &typed, &prefix)
        }
        CursorTarget::Word { here, values, argument, .. } => {
            let found = if values == 0 { clap_cursor::subcommands(here, &current) } else { Vec::new() };
            let Some(argument) = argument else { return Completions { values: found, directive: NO_FILES } };
            let mut answer = of_argument(app, argument, before, &current, "");
            answer.values.extend(found);
            answer
        }
        CursorTarget::Nothing => Completions { values: Vec::new(), directive: NO_FILES },
    }
}

/// The values of one argument. `prefix` is before each: `--flag=`.
fn of_argument(
    app: &App,
    argument: &clap::Arg,
    before: &[OsString],
    typed: &str,
    prefix: &str,
) -> Completions {
    // The values of a list that are typed already stay.
    let (kept, typed) = match argument.get_value_delimiter().and_then(|mark| typed.rfind(mark)) {
        Some(at) => typed.split_at(at + 1),
        None => ("", typed),
    };
    let prefix = &format!("{prefix}{kept}");
    let mut found = clap_cursor::possible_values(argument, typed);
    if let Some(completer) = argument.get::<Completer>() {
        found.extend(completer.values(app, before, typed));
    }
    for (value, _) in &mut found {
        value.insert_str(0, prefix);
    }
    // A shell knows no file whose name starts so.
    if let Some(file) = typed.strip_prefix('@').filter(|_| found.is_empty()) {
        let values: Vec<_> = complete::files(file)
            .into_iter()
            .map(|file| (format!("{prefix}@{file}"), String::new()))
            .collect();
        let is_folder = values.iter().any(|(file, _)| file.ends_with('/'));
        return Completions { values, directive: if is_folder { NO_FILES | NO_SPACE } else { NO_FILES } };
    }
    let directive = if found.is_empty() && clap_cursor::takes_file(argument) { DEFAULT } else { NO_FILES };
    Completions { values: found, directive }
}

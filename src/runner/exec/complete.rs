//! What a local plugin says of its own arguments, in the protocol that its sidecar names.
//!
//! A failure is no answer.

use crate::model::{Command, OriginPlace, bundled};
use crate::runner::RunContext;
use crate::runner::completion::{Completions, DEFAULT, NO_FILES};
use crate::sys::process;
use everestctl_protocol::sidecar::{Completion, Sidecar};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

/// How long a plugin may think about its answer.
const PATIENCE: Duration = Duration::from_millis(200);
/// The maximum number of candidates.
const MOST: usize = 5000;

/// What a local plugin says of its own arguments, in the protocol that its sidecar names; else the shell may
/// offer file names.
pub fn by_plugin(
    context: &dyn RunContext,
    command: &Command,
    typed: &[OsString],
    current: &OsStr,
) -> Completions {
    let files = Completions { values: Vec::new(), directive: DEFAULT };
    let Some(path) = &command.first().path else { return files };
    let name = command.name().as_str();
    let sidecar = match bundled::find(name).filter(|_| command.first().place == OriginPlace::Bundled) {
        Some(bundled) => Sidecar { completion: bundled.completion, ..Sidecar::default() },
        None => context.sidecar(path),
    };
    let words = || typed.iter().map(OsString::as_os_str).chain([current]).map(OsStr::to_owned);
    let answer = match sidecar.completion {
        Completion::None => None,
        Completion::Cobra => {
            let arguments: Vec<OsString> =
                std::iter::once(OsString::from("__complete")).chain(words()).collect();
            run(context, path, &arguments, None).map(|text| cobra(&text))
        }
        Completion::Companion => context
            .completer(name)
            .and_then(|path| run(context, &path, &words().collect::<Vec<_>>(), None))
            .map(|text| cobra(&text)),
        Completion::Clap => {
            // What clap's own script for fish says: `VALUE<TAB>DESCRIPTION` comes back.
            let name = path.file_name().unwrap_or_default().to_owned();
            let arguments: Vec<OsString> = [OsString::from("--"), name].into_iter().chain(words()).collect();
            run(context, path, &arguments, Some(("COMPLETE", "fish".into())))
                .map(|text| Completions { values: values(&text), directive: NO_FILES })
        }
        Completion::Words => Some(of_sidecar(&sidecar.words, typed, &current.to_string_lossy())),
    };
    answer.unwrap_or(files)
}

/// The words of a sidecar that may follow what is typed; flags once a dash says that one is wanted. After a flag that
/// takes a value, its values.
fn of_sidecar(lines: &BTreeMap<String, Option<String>>, typed: &[OsString], current: &str) -> Completions {
    let lines: Vec<SidecarLine<'_>> =
        lines.iter().filter_map(|(line, text)| SidecarLine::new(line, text.as_deref())).collect();
    let typed: Vec<Cow<'_, str>> = typed.iter().map(|word| word.to_string_lossy()).collect();
    let mut path: Vec<&str> = Vec::new();
    let mut flags: Vec<&str> = Vec::new();
    let mut words = typed.iter().map(AsRef::<str>::as_ref);
    while let Some(word) = words.next() {
        if is_word(word) {
            path.push(word);
            continue;
        }
        flags.push(word);
        let values =
            lines.iter().find(|line| line.before == path && line.last == word).and_then(|line| line.values);
        if let Some(values) = values
            && words.next().is_none()
        {
            let fitting = choices(values).filter(|value| value.starts_with(current));
            let values = fitting.map(|value| (value.to_owned(), String::new())).collect();
            return Completions { values, directive: NO_FILES };
        }
    }
    let mut found: Vec<(String, String)> = lines
        .iter()
        .filter(|line| line.last.starts_with(current) && is_word(line.last) != current.starts_with('-'))
        .filter(|line| !flags.contains(&line.last) && line.before == path)
        .map(|line| (line.last.to_owned(), line.description.to_owned()))
        .collect();
    let directive = if found.is_empty() { DEFAULT } else { NO_FILES };
    found.truncate(MOST);
    Completions { values: found, directive }
}

/// One line of a sidecar's words.
struct SidecarLine<'l> {
    before: Vec<&'l str>,
    last: &'l str,
    /// What stands in `<…>` after a flag: its values with `|` between them, or a name for them in upper case.
    values: Option<&'l str>,
    description: &'l str,
}

impl<'l> SidecarLine<'l> {
    fn new(line: &'l str, description: Option<&'l str>) -> Option<Self> {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let inside = |word: &&'l str| word.strip_prefix('<').and_then(|word| word.strip_suffix('>'));
        let values = words.last().and_then(inside);
        if values.is_some() {
            words.pop();
        }
        let last = words.pop()?;
        Some(Self { before: words, last, values, description: description.unwrap_or_default() })
    }
}

fn is_word(word: &str) -> bool {
    !word.starts_with('-')
}

/// The values in `a|b`; none in `DURATION`, which only says what a value is.
fn choices(values: &str) -> impl Iterator<Item = &str> {
    let are_named = !values.contains(|character: char| character.is_ascii_lowercase() || character == '|');
    values.split('|').filter(move |value| !are_named && !value.is_empty())
}

fn run(
    context: &dyn RunContext,
    path: &Path,
    arguments: &[OsString],
    more: Option<(&str, OsString)>,
) -> Option<String> {
    let environment = context.environment().changed(more, &[]);
    let output = process::answer_of_file(path, arguments, &environment, PATIENCE).ok()?;
    Some(String::from_utf8_lossy(&output).into_owned())
}

/// An answer in cobra's form; what is not a directive at the end is a value.
fn cobra(text: &str) -> Completions {
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
            Completions { values, directive }
        }
        None => Completions { values, directive: NO_FILES },
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
    fn a_flag_of_a_sidecar_may_take_values() {
        let lines = [
            ("run", "Start a run"),
            ("run --since <1h|24h>", "Only newer ones"),
            ("run --until <TIME>", "Only older ones"),
            ("run --fast", "Skip the slow checks"),
            ("run all", "Everything"),
        ];
        let lines = lines.map(|(line, text)| (line.to_owned(), Some(text.to_owned()))).into();
        let offered = |typed: &str, current: &str| {
            let typed: Vec<OsString> = typed.split_whitespace().map(OsString::from).collect();
            let found = of_sidecar(&lines, &typed, current);
            (found.values.into_iter().map(|(value, _)| value).collect::<Vec<_>>().join(" "), found.directive)
        };
        let words = |text: &str| (text.to_owned(), NO_FILES);
        assert_eq!(offered("run", "--"), words("--fast --since --until"));
        assert_eq!(offered("run --since", ""), words("1h 24h"));
        assert_eq!(offered("run --since", "2"), words("24h"));
        // A value that the sidecar does not know is not one of its words.
        assert_eq!(offered("run --until", ""), words(""));
        assert_eq!(offered("run --since yesterday", ""), words("all"));
        assert_eq!(offered("run --since 1h --fast", "-"), words("--until"));
        assert_eq!(offered("", ""), words("run"));
    }

    #[test]
    fn cobras_answers_are_understood() {
        let answer = cobra("--all\tEverything\nx\n:4\n");
        assert_eq!(
            answer.values,
            [("--all".to_owned(), "Everything".to_owned()), ("x".to_owned(), String::new())]
        );
        assert_eq!(answer.directive, NO_FILES);
        assert_eq!(cobra(":0\n"), Completions { values: Vec::new(), directive: 0 });
        assert_eq!(cobra(":1\n").directive, DEFAULT);
        assert_eq!(cobra("a\nb").values.len(), 2);
    }
}

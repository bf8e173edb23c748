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
        None => match context.sidecar(path) {
            Ok(Some(sidecar)) => sidecar,
            _ => return files,
        },
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

/// The words of a sidecar that may follow what is typed; flags once a dash says that one is wanted.
fn of_sidecar(lines: &BTreeMap<String, Option<String>>, typed: &[OsString], current: &str) -> Completions {
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
    Completions { values: found, directive }
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

//! What was typed for a command: read from clap, with the secrets that were not typed.

use super::matches_many;
use crate::cli::user_file::{self, TypedValue, UserFile};
use crate::error::{Failure, exit};
use crate::model::quoted;
use crate::openapi::{ApiCommand, Argument, ArgumentForm, UsageError, ValueKind};
use crate::ops::App;
use crate::runner::proxy::invocation::refused;
use crate::runner::proxy::{ParsedArguments, PluginConnection, request};
use crate::term::Streams;
use crate::term::prompt::{self, PromptError};
use clap::ArgMatches;
use zeroize::Zeroizing;

/// What was typed, by the names of the arguments.
pub(super) fn read(command: &ApiCommand, matches: &ArgMatches) -> Result<ParsedArguments<UserFile>, Failure> {
    let (mut values, mut files) = (Vec::new(), Vec::new());
    for argument in command.arguments.iter().filter(|argument| argument.is_typed()) {
        let name = argument.name.as_str().to_owned();
        if !argument.takes_file() {
            let texts = matches_many(matches, &name).into_iter();
            values.extend(texts.map(|text| (name.clone(), Zeroizing::new(text.to_owned()))));
            continue;
        }
        if let Some(text) = from_files(argument, matches)? {
            values.push((name, text));
            continue;
        }
        for value in user_file::typed(matches, &name) {
            match (value, &argument.kind) {
                (TypedValue::File(file), ValueKind::File) => files.push((name.clone(), file)),
                (TypedValue::Text(text), ValueKind::File) => return Err(no_file(argument, &text)),
                (TypedValue::File(file), ValueKind::Base64) => {
                    values.push((name.clone(), Zeroizing::new(request::base64(&file)?)));
                }
                (TypedValue::File(file), ValueKind::Base64Url) => {
                    let text =
                        request::base64(&file)?.trim_end_matches('=').replace('+', "-").replace('/', "_");
                    values.push((name.clone(), Zeroizing::new(text)));
                }
                (TypedValue::File(file), _) => {
                    values.push((name.clone(), Zeroizing::new(request::text(&file)?)));
                }
                (TypedValue::Text(text), _) => values.push((name.clone(), Zeroizing::new(text))),
            }
        }
    }
    Ok(ParsedArguments { values, files })
}

/// What is in the files that the flag of `argument` names, or on standard input where that is where it comes from.
fn from_files(argument: &Argument, matches: &ArgMatches) -> Result<Option<Zeroizing<String>>, Failure> {
    let flag = argument.file.as_ref().map(|flag| flag.name.as_str());
    let named = flag.map(|flag| matches_many(matches, flag)).unwrap_or_default();
    if !named.is_empty() {
        let texts = named.iter().map(|name| request::text(&UserFile::of_flag(name)));
        return Ok(Some(Zeroizing::new(texts.collect::<Result<Vec<_>, _>>()?.join("\n"))));
    }
    let is_given = !matches_many(matches, argument.name.as_str()).is_empty()
        || !matches_many(matches, super::clap_tree::BODY).is_empty();
    if !argument.stdin || is_given || Streams::input_is_terminal() {
        return Ok(None);
    }
    // Nothing on it is nothing given.
    let text = request::text(&UserFile::of_flag("-"))?;
    Ok(Some(Zeroizing::new(text)).filter(|text| !text.trim().is_empty()))
}

/// Gets the secrets among what is missing: from the variable that the plugin names, or from the terminal.
pub(super) fn ask_for_secrets(
    streams: &mut Streams,
    app: &App,
    command: &ApiCommand,
    missing: Vec<String>,
    plugin: &PluginConnection,
    given: &mut ParsedArguments<UserFile>,
) -> Result<(), Failure> {
    let before = given.values.len();
    let secrets =
        command.arguments.iter().filter(|argument| argument.secret && missing.contains(&argument.shown()));
    for argument in secrets {
        let variable = argument.environment.as_ref();
        let variable = variable.and_then(|name| Some((name, app.environment.text(name.as_str())?)));
        let value = match variable {
            Some((name, value)) => {
                streams.note(&format!("{} is set by the variable {name}", argument.shown()));
                Zeroizing::new(value.to_owned())
            }
            None => match prompt::secret(streams, argument.name.as_str()) {
                Ok(value) => value,
                Err(PromptError::NoTerminal) => continue,
                Err(PromptError::Ended) => {
                    return Err(Failure::new(exit::INTERRUPTED, "nothing entered; nothing sent"));
                }
            },
        };
        given.values.push((argument.name.as_str().to_owned(), value));
    }
    if given.values.len() > before {
        return Ok(());
    }
    Err(refused(plugin, command, &UsageError::Missing(missing).to_string()))
}

/// The failure for a text where a file is needed.
fn no_file(argument: &Argument, text: &str) -> Failure {
    let shown = argument.shown();
    let typed = |value: &str| match argument.form {
        ArgumentForm::Positional => value.to_owned(),
        _ => format!("{shown} {value}"),
    };
    // `file:` and the like are not names of files, and one of a document would have no place here.
    Failure::new(exit::USAGE, format!("{shown} takes a file: expected @FILE, got {}", quoted(text)))
        .hint(if text.is_empty() { typed("@FILE") } else { typed(&quoted(&format!("@{text}"))) })
        .hint(format!("{} reads standard input", typed("-")))
}

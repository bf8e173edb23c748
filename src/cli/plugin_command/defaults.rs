//! The database instance and the database that nobody has typed: those of the environment or of the context.
//!
//! Only these two have defaults, as the namespace and the cluster do: every plugin for databases has them. For any other
//! flag an alias says visibly what it stands for.

use crate::cli::user_file::UserFile;
use crate::model::CleanText;
use crate::openapi::{ApiCommand, ArgumentForm};
use crate::ops::App;
use crate::runner::proxy::ParsedArguments;
use crate::term::Streams;

const INSTANCE: &str = "instance";
const DATABASE: &str = "database";

/// What is added to what was typed: the names of arguments with their values, and who said each. An instance fills only an
/// argument that has to be there, so that no list becomes shorter by it; a database is that of the default instance.
pub(super) fn missing<'t>(
    app: &App,
    command: &ApiCommand,
    typed: impl Fn(&str) -> Option<&'t str>,
) -> Vec<(&'static str, String, String)> {
    let Ok((target, _)) = app.target() else { return Vec::new() };
    let flag = |name: &str| command.argument(name).filter(|argument| argument.form == ArgumentForm::Flag);
    let Some(argument) = flag(INSTANCE) else { return Vec::new() };
    let Some(instance) = target.instance.clone() else { return Vec::new() };
    let said =
        |said: Option<crate::config::ValueSource>| said.map(|said| said.to_string()).unwrap_or_default();
    let mut added = Vec::new();
    let is_default = match typed(INSTANCE) {
        Some(typed) => typed == instance,
        None if argument.is_required() => {
            added.push((INSTANCE, instance, said(target.said.instance)));
            true
        }
        None => false,
    };
    if let Some(database) =
        target.database.filter(|_| is_default && flag(DATABASE).is_some() && typed(DATABASE).is_none())
    {
        added.push((DATABASE, database, said(target.said.database)));
    }
    added
}

/// What `-v` says of it.
pub(super) fn note(added: &[(&'static str, String, String)]) -> Option<String> {
    let flags: Vec<String> = added
        .iter()
        .map(|(name, value, said)| format!("--{name} {} (from {said})", CleanText::new(value)))
        .collect();
    (!flags.is_empty()).then(|| flags.join(", "))
}

/// What was typed, and what the context or the environment has for what was not.
pub(super) fn with_defaults(
    streams: &mut Streams,
    app: &App,
    command: &ApiCommand,
    mut given: ParsedArguments<UserFile>,
) -> ParsedArguments<UserFile> {
    let added = missing(app, command, |name| given.value(name));
    if let Some(text) = note(&added) {
        streams.note(&text);
    }
    for (name, value, _) in &added {
        given.set(name, value);
    }
    given
}

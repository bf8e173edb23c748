//! TAB for values that only the server knows: what is typed already goes into the question.

use super::clap_tree;
use crate::cli::globals;
use crate::openapi::{self, ApiCommand, Complete, GivenBody, Input, LazyDescriptor, ValueKind};
use crate::ops::App;
use crate::ops::completion_values::{self, ValuesQuery};
use crate::sys::clock;
use clap::ArgMatches;
use std::convert::Infallible;
use std::ffi::OsString;

/// The argument whose values OpenEverest itself knows, where a document says nothing of them.
const INSTANCE: &str = "instance";

/// The values of `argument` that start with `begins`, for a command of `plugin` that `typed` leads to; none where the description names no
/// way to find them.
pub(in crate::cli) fn values(
    app: &App,
    plugin: &str,
    descriptor: &LazyDescriptor,
    tree: clap::Command,
    typed: &[OsString],
    argument: &str,
    begins: &str,
) -> Vec<(String, String)> {
    let program = std::iter::once(OsString::from(plugin));
    // What is not finished is not right yet either.
    let Ok(matches) = tree.ignore_errors(true).try_get_matches_from(program.chain(typed.iter().cloned()))
    else {
        return Vec::new();
    };
    let (words, leaf) = clap_tree::typed(&matches);
    let Some((command, _)) = descriptor.find(&words) else { return Vec::new() };
    let Some(argument) = command.argument(argument) else { return Vec::new() };
    let Some(app) = with_options(app, leaf) else { return Vec::new() };
    let Some(complete) = &argument.complete else {
        let is_instance = argument.name.as_str() == INSTANCE
            && matches!(argument.kind, ValueKind::Text | ValueKind::Length { .. });
        let mut found = if is_instance { completion_values::instances(&app) } else { Vec::new() };
        found.retain(|(value, _)| value.starts_with(begins));
        return found;
    };
    let Some(questions) = questions(&app, plugin, descriptor, command, complete, leaf) else {
        return Vec::new();
    };
    let takes_file = argument.takes_file();
    let mut found = Vec::new();
    for question in &questions {
        found = completion_values::known(&app, question);
        let is_silent = found.is_empty();
        found.retain(|(value, _)| value.starts_with(begins));
        // Who has not answered is not waited for again.
        if is_silent || !found.is_empty() {
            break;
        }
    }
    if takes_file {
        // What a plugin answers is data: it does not put the name of a file into the line.
        found.retain(|(value, _)| !value.starts_with('@') && value != "-");
    }
    found
}

/// The same run with the options given after the name.
fn with_options(app: &App, matches: &ArgMatches) -> Option<App> {
    let mut options = app.options.clone();
    globals::apply(&mut options, matches).ok()?;
    Some(app.with_options(options))
}

/// The request; `None` if it needs arguments that are not typed yet.
fn questions(
    app: &App,
    plugin: &str,
    descriptor: &LazyDescriptor,
    command: &ApiCommand,
    complete: &Complete,
    matches: &ArgMatches,
) -> Option<Vec<ValuesQuery>> {
    let words: Vec<&str> = complete.command.as_slice().iter().map(AsRef::as_ref).collect();
    let (other, _) = descriptor.find(&words)?;
    // No credential is sent for a TAB, and without it there is no answer.
    if !other.security.is_empty() && other.security.iter().all(|set| !set.is_empty()) {
        return None;
    }
    // All that both have under one name, unless the description names some.
    let passed_on = |name: &str| {
        complete.with.is_empty() || complete.with.iter().any(|argument| argument.as_str() == name)
    };
    let typed = |name: &str| super::matches_one(matches, name).map(String::as_str);
    let added = super::defaults::missing(app, command, typed);
    let values = other
        .arguments
        .iter()
        .filter(|argument| argument.is_typed() && !argument.takes_file() && passed_on(argument.name.as_str()))
        .filter_map(|argument| {
            let name = argument.name.as_str();
            let own = command.argument(name)?;
            // A secret is not sent for a TAB.
            let usual =
                || added.iter().find(|(other, ..)| *other == name).map(|(_, value, _)| value.as_str());
            let value = typed(name).or_else(usual).filter(|_| !own.is_private())?;
            Some((name, value))
        })
        .collect();
    let (target, _) = app.target().ok()?;
    let input = Input::<Infallible> {
        values,
        files: Vec::new(),
        sets: Vec::new(),
        body: GivenBody::None,
        namespace: target.namespace.as_deref(),
        cluster: target.cluster.as_deref(),
        now: clock::now(),
        is_unchecked: false,
    };
    let request = openapi::request(other, &input).ok()?;
    Some(ValuesQuery::all(plugin, complete, &request))
}

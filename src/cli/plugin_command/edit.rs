//! `everestctl NAME … edit`: what the server has, changed in an editor or by flags, shown as a difference, and sent back if
//! nobody else has changed it meanwhile. What was written in an editor is kept when it could not be sent.
//!
//! It must not know how a request is made.

use super::clap_tree;
use super::confirmation::confirm;
use super::edit_text::{self, EditedText};
use super::editor::{self, EditorFile};
use crate::cli::user_file::{self, TypedValue, UserFile};
use crate::error::{Failure, exit};
use crate::model::CleanText;
use crate::openapi::{self, ApiCommand, ArgumentPlace, ExactJson, Method};
use crate::ops::App;
use crate::runner::proxy::invocation::refused;
use crate::runner::proxy::{
    Invocation, InvocationOptions, ParsedArguments, PluginConnection, WholeBody, current, request,
};
use crate::term::Streams;
use clap::ArgMatches;

/// What was typed for a command that changes something.
pub(super) struct TypedChange {
    pub(super) given: ParsedArguments<UserFile>,
    pub(super) sets: Vec<String>,
    pub(super) body: Option<WholeBody<UserFile>>,
    /// The version that is changed, where it is known.
    pub(super) version: Option<String>,
}

/// A command that edits what another command of the plugin reads.
pub(super) struct EditCommand<'a> {
    pub(super) app: &'a App,
    pub(super) plugin: &'a PluginConnection,
    pub(super) command: &'a ApiCommand,
    pub(super) matches: &'a ArgMatches,
    pub(super) options: &'a InvocationOptions,
}

impl EditCommand<'_> {
    /// What is to be sent, and where it was written if that was in an editor; `None` where nothing is changed.
    pub(super) fn run(
        &self,
        streams: &mut Streams,
        typed: TypedChange,
    ) -> Result<Option<(TypedChange, Option<EditorFile>)>, Failure> {
        let Self { app, plugin, command, matches, .. } = *self;
        let read = command.edits.as_ref().and_then(|words| plugin.known.descriptor.command(words));
        let Some(read) = read else {
            return Err(Failure::new(
                exit::FAILURE,
                "the command that reads what is to be edited is missing",
            ));
        };
        let is_said = is_said_by_flags(command, &typed) || typed.body.is_some();
        let patch = patch(matches)?;
        if patch.is_none() && !is_said {
            check_editor(app)?;
        }
        let current = current::fetch(plugin, read, &typed.given)?;
        let before = openapi::writable(command, read, current.value);
        let path_only = without_body(command, typed.given.clone());
        let mut written = None;
        let after = if let Some(patch) = patch {
            openapi::merged(&before, &patch)
        } else if is_said {
            self.by_flags(&before, typed)?
        } else {
            let text = EditedText::new(&before, &format!("{} {}", plugin.typed, read.words));
            let file = open_editor(app, &text)?;
            match edited(&file, &text) {
                Ok(Some(after)) => {
                    written = Some(file);
                    after
                }
                Ok(None) => {
                    streams.remark("the file is empty: nothing sent");
                    return Ok(None);
                }
                Err(failure) => return Err(kept(failure, Some(file))),
            }
        };
        let changes = openapi::changes(&before, &after);
        if changes.is_empty() {
            streams.remark("nothing changed: nothing sent");
            return Ok(None);
        }
        streams.message(&edit_text::shown(&changes));
        let question = CleanText::new(&format!("send this change by `{} {}`?", plugin.typed, command.words));
        if let Err(failure) = confirm(streams, Some(question), matches) {
            return Err(kept(failure, written));
        }
        let body = openapi::body_of_change(command, &before, &after).to_string();
        let body = Some(WholeBody::Text(body));
        let change = TypedChange { given: path_only, sets: Vec::new(), body, version: current.version };
        Ok(Some((change, written)))
    }

    /// `before` with what the flags say.
    fn by_flags(&self, before: &ExactJson, typed: TypedChange) -> Result<ExactJson, Failure> {
        let Self { plugin, command, options, .. } = *self;
        let TypedChange { given, sets, body, .. } = typed;
        let body = body.unwrap_or_else(|| WholeBody::Text(before.to_string()));
        let invocation = Invocation::new(plugin, command, given, Some(body), sets, options)?;
        let made = invocation.json_body().map_err(|error| refused(plugin, command, &error.to_string()))?;
        made.ok_or_else(|| refused(plugin, command, "nothing to change"))
    }
}

/// What was typed for a command that replaces a thing, with what the thing has beside it: what is not mentioned stays.
pub(super) fn completed(
    plugin: &PluginConnection,
    command: &ApiCommand,
    typed: TypedChange,
) -> Result<TypedChange, Failure> {
    let left_out = left_out(command, &typed);
    if typed.body.is_some() || !openapi::replaces(command) || !is_said_by_flags(command, &typed) {
        return Ok(typed);
    }
    if left_out.is_empty() && typed.sets.is_empty() {
        return Ok(typed);
    }
    let descriptor = &plugin.known.descriptor;
    let read = descriptor.heads().find(|head| head.requests(Method::Get, command.route.as_str()));
    let Some(read) = read.and_then(|head| descriptor.get(head.number)) else {
        let what = "this command replaces everything, and only a part of it was given";
        return Err(refused(plugin, command, what)
            .hint("pass everything with --body @FILE; --body-template prints an example"));
    };
    let current = current::fetch(plugin, read, &typed.given)?;
    let value = openapi::writable(command, read, current.value).to_string();
    Ok(TypedChange { body: Some(WholeBody::Text(value)), version: current.version, ..typed })
}

/// The properties that were not given.
fn left_out<'c>(command: &'c ApiCommand, typed: &TypedChange) -> Vec<&'c str> {
    let is_given = |name: &str| typed.given.values.iter().any(|(given, _)| given == name);
    let typed = command.arguments.iter().filter(|argument| argument.is_typed());
    let names = typed.filter(|argument| matches!(argument.place, ArgumentPlace::Body(_)));
    names.map(|argument| argument.name.as_str()).filter(|name| !is_given(name)).collect()
}

/// What was typed without what is in the body.
fn without_body(command: &ApiCommand, mut given: ParsedArguments<UserFile>) -> ParsedArguments<UserFile> {
    given.values.retain(|(name, _)| !is_in_body(command, name));
    given
}

/// Whether the change is said by flags.
fn is_said_by_flags(command: &ApiCommand, typed: &TypedChange) -> bool {
    !typed.sets.is_empty() || typed.given.values.iter().any(|(name, _)| is_in_body(command, name))
}

fn is_in_body(command: &ApiCommand, name: &str) -> bool {
    command.argument(name).is_some_and(|argument| matches!(argument.place, ArgumentPlace::Body(_)))
}

/// What `--patch` says.
fn patch(matches: &ArgMatches) -> Result<Option<ExactJson>, Failure> {
    let Some(typed) = user_file::typed(matches, clap_tree::PATCH).pop() else { return Ok(None) };
    let text = match typed {
        TypedValue::Text(text) => text,
        TypedValue::File(file) => request::text(&file)?,
    };
    match ExactJson::read(&text) {
        Some(patch @ ExactJson::Object(_)) => Ok(Some(patch)),
        _ => Err(Failure::new(exit::USAGE, "--patch: expected a JSON object")
            .hint("for example --patch '{\"name\": \"new\", \"old\": null}', where null removes")),
    }
}

fn failed(error: &std::io::Error) -> Failure {
    Failure::new(exit::FAILURE, format!("could not edit: {error}"))
}

/// Whether there is an editor to ask, before anything is sent.
fn check_editor(app: &App) -> Result<(), Failure> {
    if editor::named(&app.environment).is_some() || (!app.is_ci() && Streams::input_is_terminal()) {
        return Ok(());
    }
    Err(Failure::new(exit::USAGE, "nothing to change, and no terminal for an editor")
        .hint("pass the change by flags, --set PATH=VALUE or --patch JSON")
        .hint("EDITOR names the editor"))
}

/// Lets the user edit `text`; the file has it then.
fn open_editor(app: &App, text: &EditedText) -> Result<EditorFile, Failure> {
    let file = EditorFile::new(text.file_name(), text.as_str()).map_err(|error| failed(&error))?;
    if !file.edit(&app.environment).map_err(|error| failed(&error))? {
        let editor = CleanText::new(editor::usual(&app.environment));
        let failure = Failure::new(exit::FAILURE, format!("editor `{editor}` failed: nothing sent"));
        return Err(kept(failure, Some(file)));
    }
    Ok(file)
}

/// What is in an edited file; `None` when it is empty.
fn edited(file: &EditorFile, text: &EditedText) -> Result<Option<ExactJson>, Failure> {
    text.read(&file.read().map_err(|error| failed(&error))?)
}

/// The failure with the place where the text of the user is kept, if there is one.
pub(super) fn kept(failure: Failure, written: Option<EditorFile>) -> Failure {
    match written {
        Some(file) => failure.hint(format!("your text is kept in {}", file.keep().display())),
        None => failure,
    }
}

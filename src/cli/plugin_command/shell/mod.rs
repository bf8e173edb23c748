//! A shell for a plugin that declares one (`x-cli-shell`): statements in one session, words of the shell, a history.
//!
//! * `interpreter`: what was typed, piece by piece;
//! * `verbs`: what every shell can do;
//! * `assistant`: what is known of a text while it is typed;
//! * `files`: the history, and statements that were saved.
//!
//! What a statement is, which words there are and what they run, the document says. It must not know any language.

mod assistant;
mod files;
mod interpreter;
mod verbs;

use super::PluginCommandLine;
use super::show::OutputOptions;
use crate::cli::CommandResult;
use crate::cli::user_file::UserFile;
use crate::error::{Failure, exit};
use crate::model::CleanText;
use crate::openapi::{ApiCommand, ArgumentForm, Shell};
use crate::ops::{App, plugin_command};
use crate::runner::proxy::shell_session::{ShellSession, made};
use crate::runner::proxy::{ParsedArguments, PluginConnection, request};
use crate::sys::signals::{self, Interrupts};
use crate::sys::terminal::TerminalModes;
use crate::term::Streams;
use crate::term::line_editor::{Assistant, EditorLine, LineEditor};
use assistant::ShellAssistant;
use clap::ArgMatches;
use serde_json::Value;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

/// Runs the shell that `command` opens a session of.
pub(super) fn run(
    streams: &mut Streams,
    app: &App,
    typed: PluginCommandLine,
    shell: &Shell,
) -> CommandResult {
    let PluginCommandLine { plugin, command, matches, .. } = typed;
    let given =
        super::defaults::with_defaults(streams, app, &command, super::arguments::read(&command, &matches)?);
    let arguments = ParsedArguments::<Infallible> { values: given.values, files: Vec::new() };
    let plugin = plugin_command::reached(app, plugin)?;
    let wishes = OutputOptions {
        jq: super::matches_one(&matches, super::clap_tree::JQ).cloned(),
        no_headers: matches.get_flag(super::clap_tree::NO_HEADERS),
        ..OutputOptions::default()
    };
    // Nothing is opened for what cannot be sent.
    made(&plugin, &command, &arguments)?;
    let session = ShellSession::open(&plugin, &command, shell, &arguments)?;
    let mut running = RunningShell {
        app,
        plugin: &plugin,
        command: &command,
        shell,
        state: state_of(shell, session.opened()),
        session: Some(session),
        arguments,
        wishes,
        variables: BTreeMap::new(),
        shows_times: false,
        last: String::new(),
        start: String::new(),
        stale: true,
        assistant: Arc::new(ShellAssistant::new(shell)),
        interrupts: watched()?,
    };
    let ended = if streams.has_terminals() && streams.is_terminal() {
        interactive(streams, &mut running)
    } else {
        batch(streams, &mut running)
    };
    if let Some(session) = running.session.take() {
        session.close();
    }
    ended
}

/// A shell that runs.
struct RunningShell<'s> {
    app: &'s App,
    plugin: &'s PluginConnection,
    command: &'s ApiCommand,
    shell: &'s Shell,
    session: Option<ShellSession<'s>>,
    /// What the session was opened with.
    arguments: ParsedArguments<Infallible>,
    /// The state of the session, in the plugin's word.
    state: String,
    wishes: OutputOptions,
    variables: BTreeMap<String, String>,
    shows_times: bool,
    /// The statement that ran last.
    last: String,
    /// What the next text starts with.
    start: String,
    /// What is offered may be old.
    stale: bool,
    assistant: Arc<ShellAssistant>,
    interrupts: Interrupts,
}

/// What becomes of a shell after a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    GoesOn,
    /// A statement has failed.
    Failed,
    Ends,
}

impl RunningShell<'_> {
    /// What the session was opened as.
    fn opened(&self) -> Value {
        self.session.as_ref().map(|session| session.opened().clone()).unwrap_or_default()
    }

    fn prompt(&self) -> (String, String) {
        let prompt = &self.shell.prompt;
        let opened = self.opened();
        let name = prompt.name.as_ref().and_then(|place| place.find(&opened)).and_then(Value::as_str);
        let name = CleanText::new(name.unwrap_or(&self.plugin.name));
        let state = prompt.states.iter().find(|(state, _)| state.as_str() == self.state);
        let state = state.map(|(_, shown)| shown.as_str()).unwrap_or_default();
        let powerful =
            prompt.powerful.as_ref().and_then(|place| place.find(&opened)) == Some(&Value::Bool(true));
        let mark = if powerful { '#' } else { '>' };
        (format!("{name}={state}{mark} "), format!("{name}-{state}{mark} "))
    }
}

fn state_of(shell: &Shell, value: &Value) -> String {
    let state = shell.prompt.state.as_ref().and_then(|place| place.find(value)?.as_str());
    state.unwrap_or_default().to_owned()
}

/// Reads statements from the terminal.
fn interactive(streams: &mut Streams, running: &mut RunningShell<'_>) -> CommandResult {
    let assistant: Arc<dyn Assistant> = Arc::clone(&running.assistant) as Arc<dyn Assistant>;
    let history = files::history(running.app, &running.plugin.name);
    if history.is_none() {
        streams.warning("the history cannot be saved");
    }
    let mut editor =
        LineEditor::new(&assistant, history.as_deref(), streams.out_color(), running.interrupts.flag());
    welcome(streams, running);
    // What is typed while a statement runs is the next one.
    let _modes = TerminalModes::keeping_keys();
    loop {
        running.interrupts.forget();
        running.refresh();
        let _ = streams.flush();
        let (prompt, more) = running.prompt();
        let start = std::mem::take(&mut running.start);
        let typed = editor.read(&prompt, &more, &start);
        editor.save();
        match typed
            .map_err(|error| Failure::new(exit::FAILURE, format!("could not read the terminal: {error}")))?
        {
            EditorLine::Text(text) => {
                running.interrupts.forget();
                if running.interpret(streams, &text)? == Flow::Ends {
                    return Ok(exit::SUCCESS);
                }
            }
            EditorLine::Dropped => {}
            EditorLine::End => return Ok(exit::SUCCESS),
        }
    }
}

fn welcome(streams: &mut Streams, running: &RunningShell<'_>) {
    let typed =
        |name: &str| running.command.argument(name).is_some_and(|one| one.is_typed() && !one.is_private());
    let place: Vec<String> = running
        .arguments
        .values
        .iter()
        .filter(|(name, value)| typed(name) && !matches!(value.as_str(), "true" | "false"))
        .map(|(name, value)| format!("{name} {}", CleanText::new(value)))
        .collect();
    let help = running.shell.words.iter().find(|word| verbs::is_help(word));
    let help = help.map(|word| format!("; type {} for help", word.word)).unwrap_or_default();
    streams.remark(&format!("connected to {}{help}", place.join(", ")));
}

/// Runs what is on standard input, up to the first failure.
fn batch(streams: &mut Streams, running: &mut RunningShell<'_>) -> CommandResult {
    let text = request::text(&UserFile::of_flag("-"))?;
    let flow = running.interpret_all(streams, &text)?;
    let _ = streams.flush();
    Ok(if flow == Flow::Failed { exit::FAILURE } else { exit::SUCCESS })
}

/// The arguments of `command` that a session was opened with, by their names: `\dt` looks where the session is.
fn inherited(
    command: &ApiCommand,
    given: &mut ParsedArguments<UserFile>,
    opened: &ParsedArguments<Infallible>,
    matches: &ArgMatches,
) {
    for (name, value) in &opened.values {
        let takes = command.argument(name).is_some_and(|argument| argument.form == ArgumentForm::Flag);
        if takes && given.value(name).is_none() && super::matches_many(matches, name).is_empty() {
            given.set(name, value);
        }
    }
}

/// Ctrl-C cancels a statement; without its terminal the shell ends.
fn watched() -> Result<Interrupts, Failure> {
    let watched = signals::end_with_terminal().and_then(|()| Interrupts::watch());
    watched.map_err(|error| Failure::of(&error))
}

//! What was typed in a shell, piece by piece: statements go to the session, words to what they stand for.

use super::{Flow, RunningShell, inherited, state_of};
use crate::cli::plugin_command::TreeDetail;
use crate::cli::plugin_command::{clap_tree, command_group, run, show};
use crate::error::{Failure, FailureKind};
use crate::model::{CleanText, Warning};
use crate::openapi::shell::{ShellAction, fitting};
use crate::openapi::statements::{Typed, first, is_blank};
use crate::openapi::{self, ApiCommand, JsonAnswer};
use crate::runner::proxy::shell_session::{Refusal, ShellSession, StatementFailure, made};
use crate::runner::proxy::values;
use crate::term::Streams;
use serde_json::Value;
use std::ffi::OsString;
use std::time::Instant;

impl RunningShell<'_> {
    /// Works on a text up to the first failure. What has no end yet is what the next text starts with.
    pub(super) fn interpret(&mut self, streams: &mut Streams, text: &str) -> Result<Flow, Failure> {
        let shell = self.shell;
        let mut left = text;
        loop {
            let (typed, after) = first(&shell.syntax, left, &|word| shell.has_word(word));
            let flow = match typed {
                Typed::Statement(statement) => self.statement(streams, statement)?,
                Typed::Word { before, word, rest } => self.word(streams, before, word, rest)?,
                Typed::Rest(rest) => {
                    if !is_blank(&shell.syntax, rest) {
                        rest.trim_start().clone_into(&mut self.start);
                    }
                    return Ok(Flow::GoesOn);
                }
            };
            if flow != Flow::GoesOn {
                return Ok(flow);
            }
            left = after;
        }
    }

    /// The same for the whole of a file: its last statement needs no end.
    pub(super) fn interpret_all(&mut self, streams: &mut Streams, text: &str) -> Result<Flow, Failure> {
        let flow = self.interpret(streams, text)?;
        let rest = std::mem::take(&mut self.start);
        if flow != Flow::GoesOn || rest.is_empty() { Ok(flow) } else { self.statement(streams, &rest) }
    }

    /// Runs a statement and shows its results.
    pub(super) fn statement(&mut self, streams: &mut Streams, statement: &str) -> Result<Flow, Failure> {
        if is_blank(&self.shell.syntax, statement.trim_end_matches(self.shell.syntax.end.as_str())) {
            return Ok(Flow::GoesOn);
        }
        statement.clone_into(&mut self.last);
        let (app, wishes) = (self.app, &self.wishes);
        let mut shows = |command: &ApiCommand, answer: &JsonAnswer<'_>| {
            show::json(streams, app, command, wishes, None, answer)?;
            let _ = streams.flush();
            for warning in command.answer.warnings(|_| None, answer.value().ok()) {
                streams.problem(&Warning::general(warning.to_string()));
            }
            Ok(())
        };
        let begun = Instant::now();
        let ran = ran(
            &mut self.state,
            &mut self.stale,
            self.shell,
            self.session.as_ref(),
            statement,
            &self.variables,
            &mut shows,
        );
        let flow = self.conclude(streams, ran, statement)?;
        if self.shows_times {
            streams.remark(&format!("Time: {:.3} ms", begun.elapsed().as_secs_f64() * 1000.0));
        }
        Ok(flow)
    }

    /// Runs a statement, and gives the values of its results instead of showing them.
    pub(super) fn values(
        &mut self,
        streams: &mut Streams,
        statement: &str,
    ) -> Result<Option<Vec<Value>>, Failure> {
        let mut all = Vec::new();
        let mut keeps = |_: &ApiCommand, answer: &JsonAnswer<'_>| {
            all.push(answer.value().cloned().unwrap_or_default());
            Ok(())
        };
        let ran = ran(
            &mut self.state,
            &mut self.stale,
            self.shell,
            self.session.as_ref(),
            statement,
            &self.variables,
            &mut keeps,
        );
        let flow = self.conclude(streams, ran, statement)?;
        Ok(Some(all).filter(|_| flow == Flow::GoesOn))
    }

    /// Says why a statement has failed, and opens another session where this one is gone.
    fn conclude(
        &mut self,
        streams: &mut Streams,
        ran: Result<(), StatementFailure>,
        statement: &str,
    ) -> Result<Flow, Failure> {
        let _ = streams.flush();
        match ran {
            Ok(()) => return Ok(Flow::GoesOn),
            Err(StatementFailure::Refused(refusal)) if refusal.is_gone && self.is_gone() => {
                return self.reopen(streams, Some(statement));
            }
            Err(StatementFailure::Refused(refusal)) => say(streams, &refusal),
            Err(StatementFailure::Interrupted) => streams.remark("canceled"),
            Err(StatementFailure::Other(failure)) if failure.kind == FailureKind::OutputClosed => {
                return Err(failure);
            }
            Err(StatementFailure::Other(failure)) => streams.failure(&failure),
        }
        // What failed in a transaction has left it in another state.
        if let Some(now) = self.session.as_ref().and_then(ShellSession::state) {
            self.state = state_of(self.shell, &now);
        }
        Ok(Flow::Failed)
    }

    fn is_gone(&self) -> bool {
        self.session.as_ref().and_then(ShellSession::state).is_none()
    }

    /// Opens another session in the place of the present one. A statement that was not run in a transaction is run again.
    pub(super) fn reopen(&mut self, streams: &mut Streams, statement: Option<&str>) -> Result<Flow, Failure> {
        let was_at_rest = !self.shell.prompt.states.iter().any(|(state, _)| state.as_str() == self.state);
        if let Some(session) = self.session.take() {
            session.close();
        }
        let session = match ShellSession::open(self.plugin, self.command, self.shell, &self.arguments) {
            Ok(session) => session,
            Err(failure) => {
                streams.failure(&failure);
                return Ok(Flow::Failed);
            }
        };
        self.state = state_of(self.shell, session.opened());
        self.session = Some(session);
        self.stale = true;
        let Some(statement) = statement else { return Ok(Flow::GoesOn) };
        if was_at_rest {
            streams.warning("the session had ended: opened a new one, with its default settings");
            return self.statement(streams, statement);
        }
        streams.warning("the session had ended, and its open transaction was rolled back: opened a new one");
        Ok(Flow::Failed)
    }

    /// Does what a word stands for: of those with the same name, the first that what follows it fits.
    fn word(&mut self, streams: &mut Streams, before: &str, word: &str, rest: &str) -> Result<Flow, Failure> {
        let shell = self.shell;
        let rest = rest.trim_end_matches(shell.syntax.end.as_str()).trim_end();
        let mut known = shell.words.iter().filter(|one| one.word.as_str() == word).peekable();
        if known.peek().is_none() {
            streams.warning(&format!("`{}` is not a command of this shell", CleanText::new(word)));
            return Ok(Flow::Failed);
        }
        for one in known {
            match &one.does {
                ShellAction::Own(verb) => return self.verb(streams, *verb, before, rest),
                ShellAction::Reopen(argument) => {
                    if !rest.is_empty() {
                        let old = self.arguments.clone();
                        self.arguments.set(argument.as_str(), rest);
                        let flow = self.reopen(streams, None)?;
                        if flow == Flow::Failed {
                            self.arguments = old;
                            return self.reopen(streams, None).map(|_| Flow::Failed);
                        }
                    }
                    return Ok(Flow::GoesOn);
                }
                ShellAction::Command { template, pattern } => {
                    let Some(found) = fitting(pattern.as_str(), rest) else { continue };
                    let filled = |part: &CleanText| {
                        found.iter().fold(part.as_str().to_owned(), |text, (name, value)| {
                            text.replace(&format!("{{{name}}}"), value)
                        })
                    };
                    return self.command(streams, &template.iter().map(filled).collect::<Vec<_>>());
                }
            }
        }
        streams.warning(&format!("{word}: unexpected argument `{}`", CleanText::new(rest)));
        Ok(Flow::Failed)
    }

    /// Runs another command of the plugin, where the session is.
    fn command(&mut self, streams: &mut Streams, words: &[String]) -> Result<Flow, Failure> {
        let known = &self.plugin.known;
        let arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
        let tree = command_group::tree(&self.plugin.name, known, &arguments, TreeDetail::default());
        let typed = std::iter::once(self.plugin.name.clone()).chain(words.iter().cloned());
        let ran = match tree.try_get_matches_from(typed) {
            Err(error) => {
                let line = error.to_string();
                Err(Failure::new(
                    crate::error::exit::USAGE,
                    line.lines().next().unwrap_or_default().trim_start_matches("error: "),
                ))
            }
            Ok(matches) => {
                let (words, leaf) = clap_tree::typed(&matches);
                let mut options = self.app.options.clone();
                crate::cli::globals::apply(&mut options, leaf)?;
                let app = self.app.with_options(options);
                match known.descriptor.find(&words) {
                    None => return Ok(Flow::Failed),
                    Some((command, _)) => crate::cli::plugin_command::arguments::read(command, leaf)
                        .and_then(|mut given| {
                            inherited(command, &mut given, &self.arguments, leaf);
                            run::on(streams, &app, self.plugin, command, leaf, given)
                        }),
                }
            }
        };
        let _ = streams.flush();
        match ran {
            Ok(_) => Ok(Flow::GoesOn),
            Err(failure) if failure.kind == FailureKind::OutputClosed => Err(failure),
            Err(failure) => {
                streams.failure(&failure);
                Ok(Flow::Failed)
            }
        }
    }

    /// Asks for what is offered, where it may have changed.
    pub(super) fn refresh(&mut self) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        let mut all = Vec::new();
        for complete in &self.shell.complete {
            let Some(command) = self.plugin.known.descriptor.command(&complete.command) else { continue };
            let mut arguments = self.arguments.clone();
            arguments.values.retain(|(name, _)| complete.with.iter().any(|one| one.as_str() == name));
            let pointers =
                values::Pointers { values: complete.values.clone(), describe: complete.describe.clone() };
            let Ok(call) = made(self.plugin, command, &arguments) else { continue };
            let target = if call.query.is_empty() {
                call.path.clone()
            } else {
                format!("{}?{}", call.path, call.query)
            };
            // What cannot be asked is not offered.
            all.extend(values::ask(self.plugin, &target, &pointers).unwrap_or_default());
        }
        self.assistant.offer(all);
    }
}

/// Runs a statement, and gives each result to `each` with what it says of the session.
fn ran(
    state: &mut String,
    stale: &mut bool,
    shell: &openapi::Shell,
    session: Option<&ShellSession<'_>>,
    statement: &str,
    variables: &std::collections::BTreeMap<String, String>,
    each: &mut dyn FnMut(&ApiCommand, &JsonAnswer<'_>) -> Result<(), Failure>,
) -> Result<(), StatementFailure> {
    let Some(session) = session else {
        return Err(Failure::new(crate::error::exit::FAILURE, "there is no session").into());
    };
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    session.run(statement, &variables, &mut |command, line| {
        let answer = JsonAnswer::new(line.as_bytes());
        let value = answer.value().unwrap_or(&Value::Null);
        *state = state_of(shell, value);
        // A result without rows has changed something, perhaps what is offered.
        let rows = command.answer.columns_from.as_ref().and_then(|place| place.find(value)?.as_array());
        *stale |= rows.is_none_or(Vec::is_empty);
        each(command, &answer)
    })
}

/// Shows what a plugin says of a statement, as it says it.
fn say(streams: &mut Streams, refusal: &Refusal) {
    let detail = refusal.detail.as_deref().unwrap_or_default();
    let hint = refusal.hint.as_ref().map(CleanText::as_str);
    streams.refusal(refusal.message.as_str(), detail, hint);
}

//! What every shell can do, whatever its plugin is: times, variables, files, an editor.

use super::{Flow, RunningShell, files};
use crate::cli::plugin_command::editor::{self, EditorFile};
use crate::cli::user_file::UserFile;
use crate::cli::write;
use crate::error::{Failure, exit};
use crate::model::CleanText;
use crate::openapi::shell::{ShellAction, ShellVerb, ShellWord};
use crate::openapi::statements::is_whole;
use crate::runner::proxy::request;
use crate::term::Streams;
use serde_json::Value;
use std::time::{Duration, Instant};

/// How often a statement is watched, unless it is said.
const WATCH: f64 = 2.0;

/// Whether `word` lists the words.
pub(super) fn is_help(word: &ShellWord) -> bool {
    word.does == ShellAction::Own(ShellVerb::Help)
}

impl RunningShell<'_> {
    /// Does what a word of every shell stands for. `before` is the statement before it on its line.
    pub(super) fn verb(
        &mut self,
        streams: &mut Streams,
        verb: ShellVerb,
        before: &str,
        rest: &str,
    ) -> Result<Flow, Failure> {
        let statement = if before.is_empty() { self.last.clone() } else { before.to_owned() };
        match verb {
            ShellVerb::Quit => return Ok(Flow::Ends),
            ShellVerb::Run => return self.statement(streams, &statement),
            ShellVerb::RunIntoVariables => return self.set_from_row(streams, &statement, rest),
            ShellVerb::Watch => return self.watch(streams, &statement, rest),
            ShellVerb::Expanded => {
                self.wishes.is_vertical = match rest {
                    "on" => Some(true),
                    "off" => Some(false),
                    "auto" => None,
                    _ => Some(self.wishes.is_vertical != Some(true)),
                };
                let shown = self.wishes.is_vertical.map_or("auto", |on| if on { "on" } else { "off" });
                streams.remark(&format!("rows as lines: {shown}"));
            }
            ShellVerb::Timing => {
                self.shows_times = match rest {
                    "on" => true,
                    "off" => false,
                    _ => !self.shows_times,
                };
                streams.remark(&format!("timing: {}", if self.shows_times { "on" } else { "off" }));
            }
            ShellVerb::Edit => return self.edit(streams, &statement),
            ShellVerb::Print => {
                write(streams, &format!("{}\n", streams.safe_text(&statement)))?;
                before.clone_into(&mut self.start);
            }
            ShellVerb::Reset => self.last.clear(),
            ShellVerb::Include => return self.include(streams, rest),
            ShellVerb::Save => return Ok(self.save(streams, &statement, rest)),
            ShellVerb::Saved => return self.saved(streams, rest),
            ShellVerb::Set => match rest.split_once(char::is_whitespace) {
                Some((name, value)) => {
                    self.variables.insert(name.to_owned(), unquoted(value.trim()).to_owned());
                }
                None if rest.is_empty() => {
                    for (name, value) in &self.variables {
                        write(streams, &format!("{name} = {}\n", streams.safe_text(value)))?;
                    }
                }
                None => {
                    self.variables.insert(rest.to_owned(), String::new());
                }
            },
            ShellVerb::Unset => {
                self.variables.remove(rest);
            }
            ShellVerb::Echo => write(streams, &format!("{}\n", streams.safe_text(unquoted(rest))))?,
            ShellVerb::Help => self.help(streams)?,
        }
        Ok(Flow::GoesOn)
    }

    fn help(&self, streams: &mut Streams) -> Result<(), Failure> {
        let usage = |word: &ShellWord| match &word.does {
            ShellAction::Command { pattern, .. } => {
                format!("{} {}", word.word, pattern.as_str().replace(['{', '}'], "").to_uppercase())
            }
            ShellAction::Reopen(argument) => format!("{} {}", word.word, argument.as_str().to_uppercase()),
            ShellAction::Own(_) => word.word.to_string(),
        };
        let width =
            self.shell.words.iter().map(|word| usage(word).trim_end().len()).max().unwrap_or_default();
        let mut text = String::new();
        for word in &self.shell.words {
            let usage = usage(word);
            let line = format!("{:width$}  {}\n", usage.trim_end(), word.summary);
            text.push_str(&line);
        }
        let end = format!("Statements end with `{}`.\n", CleanText::new(&self.shell.syntax.end));
        text.push_str(&end);
        crate::cli::output::long(streams, &self.app.environment, &text)
    }

    /// Makes variables of the columns of the only row.
    fn set_from_row(
        &mut self,
        streams: &mut Streams,
        statement: &str,
        prefix: &str,
    ) -> Result<Flow, Failure> {
        let Some(results) = self.values(streams, statement)? else { return Ok(Flow::Failed) };
        let place = self
            .plugin
            .known
            .descriptor
            .command(&self.shell.run.command)
            .and_then(|run| run.answer.rows.clone());
        let rows =
            results.last().and_then(|result| place?.find(result)?.as_array().cloned()).unwrap_or_default();
        let [Value::Object(row)] = rows.as_slice() else {
            streams.warning(&format!("expected one row, got {}: no variables set", rows.len()));
            return Ok(Flow::Failed);
        };
        for (name, value) in row {
            let name = format!("{prefix}{name}");
            match value {
                Value::Null => drop(self.variables.remove(&name)),
                Value::String(text) => drop(self.variables.insert(name, text.clone())),
                other => drop(self.variables.insert(name, other.to_string())),
            }
        }
        Ok(Flow::GoesOn)
    }

    /// Runs a statement again and again, until Ctrl-C.
    fn watch(&mut self, streams: &mut Streams, statement: &str, rest: &str) -> Result<Flow, Failure> {
        let seconds = if rest.is_empty() { Some(WATCH) } else { rest.parse().ok() };
        let pause = seconds
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .filter(|pause| !pause.is_zero());
        let Some(pause) = pause else {
            streams.warning(&format!("`{}` is not a number of seconds", CleanText::new(rest)));
            return Ok(Flow::Failed);
        };
        loop {
            let flow = self.statement(streams, statement)?;
            if flow != Flow::GoesOn {
                return Ok(flow);
            }
            let until = Instant::now() + pause;
            while Instant::now() < until {
                if self.interrupts.came() {
                    return Ok(Flow::GoesOn);
                }
                std::thread::sleep(Duration::from_millis(50).min(pause));
            }
        }
    }

    /// Opens the user's editor for a statement. What comes back runs where it is whole.
    fn edit(&mut self, streams: &mut Streams, statement: &str) -> Result<Flow, Failure> {
        let failed = |error: &std::io::Error| {
            Failure::new(exit::FAILURE, format!("could not edit the statement: {error}"))
        };
        let environment = &self.app.environment;
        let file =
            EditorFile::new("statement.sql", &format!("{statement}\n")).map_err(|error| failed(&error))?;
        if !file.edit(environment).map_err(|error| failed(&error))? {
            let editor = CleanText::new(editor::usual(environment));
            streams.warning(&format!("`{editor}` failed: the statement is unchanged"));
            return Ok(Flow::Failed);
        }
        let text = file.read().map_err(|error| failed(&error))?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let shell = self.shell;
        if is_whole(&shell.syntax, &text, &|word| shell.has_word(word)) {
            write(streams, &streams.safe_text(&text))?;
            return self.interpret(streams, &text);
        }
        text.trim_end().clone_into(&mut self.start);
        Ok(Flow::GoesOn)
    }

    /// Runs the statements of a file that the user names.
    fn include(&mut self, streams: &mut Streams, name: &str) -> Result<Flow, Failure> {
        match request::text(&UserFile::of_flag(unquoted(name))) {
            Ok(text) => self.interpret_all(streams, &text),
            Err(failure) => {
                streams.failure(&failure);
                Ok(Flow::Failed)
            }
        }
    }

    fn save(&self, streams: &mut Streams, statement: &str, name: &str) -> Flow {
        match files::save(self.app, &self.plugin.name, name, statement) {
            Ok(()) => {
                streams.remark(&format!("saved statement `{}`", CleanText::new(name)));
                Flow::GoesOn
            }
            Err(failure) => {
                streams.failure(&failure);
                Flow::Failed
            }
        }
    }

    fn saved(&mut self, streams: &mut Streams, name: &str) -> Result<Flow, Failure> {
        if name.is_empty() {
            let names = files::saved(self.app, &self.plugin.name);
            if names.is_empty() {
                streams.remark("no saved statements");
            }
            names.iter().try_for_each(|name| write(streams, &format!("{name}\n")))?;
            return Ok(Flow::GoesOn);
        }
        match files::read(self.app, &self.plugin.name, name) {
            Ok(statement) => self.interpret_all(streams, &statement),
            Err(failure) => {
                streams.failure(&failure);
                Ok(Flow::Failed)
            }
        }
    }
}

/// A value without the quotes around it.
fn unquoted(text: &str) -> &str {
    text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(text)
}

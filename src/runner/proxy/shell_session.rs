//! A session of a shell: opened by one request, which is held as long as the shell lives, so that it ends with it; its
//! statements are requests of their own.
//!
//! It must not know how a shell looks, nor what a statement means.

use super::arguments::{ParsedArguments, RequestContext, TypedBody};
use super::connection::{PluginConnection, ResponseStream};
use super::error::RequestError;
use super::request;
use super::shell_error::ShellError;
use crate::client::line_splitter::{LineSplitter, TooLong};
use crate::client::plugin_request::PluginRequest;
use crate::client::{ClientError, Deadline, StopReason};
use crate::error::Failure;
use crate::model::{CleanText, limits};
use crate::openapi::shell::{Shell, ShellOperation};
use crate::openapi::{self, ApiCommand, ArgumentName};
use crate::sys::clock;
use crate::sys::signals::Interrupts;
use serde_json::Value;
use std::cell::RefCell;
use std::convert::Infallible;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// After so long the request that holds the session is looked at before a statement is sent.
const LOOK_AFTER: Duration = Duration::from_secs(10);
/// How long a look takes.
const GLANCE: Duration = Duration::from_millis(5);
/// How long it may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

/// A session that is open.
pub struct ShellSession<'p> {
    plugin: &'p PluginConnection,
    shell: &'p Shell,
    id: String,
    opened: Value,
    held: RefCell<Option<ResponseStream<'p>>>,
    seen: RefCell<Instant>,
}

/// Why a statement has no result.
#[derive(Debug)]
pub enum StatementFailure {
    /// The plugin says so.
    Refused(Box<Refusal>),
    /// The user has stopped it.
    Interrupted,
    /// Anything else.
    Other(Failure),
}

/// What a plugin says of a statement that it does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What happened.
    pub message: CleanText,
    /// More about it, in lines.
    pub detail: Option<String>,
    /// What to do.
    pub hint: Option<CleanText>,
    /// The session is not there any more.
    pub is_gone: bool,
}

impl From<Failure> for StatementFailure {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

impl<'p> ShellSession<'p> {
    /// Opens one by `call`, the request of `command`.
    pub fn open(
        plugin: &'p PluginConnection,
        command: &'p ApiCommand,
        shell: &'p Shell,
        arguments: &ParsedArguments<Infallible>,
    ) -> Result<Self, Failure> {
        let mut arguments = arguments.clone();
        for (name, value) in &shell.open {
            arguments.set(name.as_str(), value);
        }
        let call = PluginRequest { timeout: None, ..made(plugin, command, &arguments)? };
        let interrupts = Interrupts::watch().map_err(|error| Failure::of(&error))?;
        let explain = |trouble| plugin.explain_for(command, &call, trouble);
        let mut held = plugin.begin(&call, Deadline::interrupt(&interrupts)).map_err(explain)?;
        let mut first = None;
        let mut lines = LineSplitter::new(limits::COMPLETION);
        while first.is_none() {
            let piece =
                held.chunk(Deadline::interrupt(&interrupts)).map_err(|trouble| plugin.explain(trouble))?;
            let Some(piece) = piece else {
                // An answer that is no stream has no line end.
                first = Some(lines.rest().to_vec());
                break;
            };
            lines
                .feed(&piece, &mut |line| {
                    if !line.trim_ascii().is_empty() {
                        first.get_or_insert_with(|| line.to_vec());
                    }
                    Ok(())
                })
                .map_err(|TooLong| ShellError::NoSession)?;
        }
        let opened: Value =
            serde_json::from_slice(&first.unwrap_or_default()).map_err(|_| ShellError::NoSession)?;
        let id = match shell.session.find(&opened) {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => return Err(ShellError::NoSession.into()),
        };
        let held = RefCell::new(Some(held));
        Ok(Self { plugin, shell, id, opened, held, seen: RefCell::new(Instant::now()) })
    }

    /// What the answer that opened it says.
    pub fn opened(&self) -> &Value {
        &self.opened
    }

    /// Runs statements, and gives each of their results.
    pub fn run(
        &self,
        statement: &str,
        variables: &[(String, String)],
        each: &mut dyn FnMut(&ApiCommand, &str) -> Result<(), Failure>,
    ) -> Result<(), StatementFailure> {
        let interrupts = Interrupts::watch().map_err(|error| Failure::of(&error))?;
        self.look();
        let (command, mut arguments) = self.operation(&self.shell.run)?;
        let mut put = |name: &ArgumentName, value: String| {
            arguments.values.push((name.as_str().to_owned(), Zeroizing::new(value)));
        };
        if let Some(name) = &self.shell.run.statement {
            put(name, statement.to_owned());
        }
        if let Some(name) = &self.shell.run.variables {
            for (variable, value) in variables {
                put(name, format!("{variable}={value}"));
            }
        }
        let call = PluginRequest { timeout: None, ..made(self.plugin, command, &arguments)? };
        let wait = Deadline::interrupt(&interrupts);
        let mut answer =
            self.plugin.begin(&call, wait).map_err(|trouble| self.failure(command, &call, trouble))?;
        let mut lines = LineSplitter::new(limits::SHOWN);
        let mut failed = None;
        loop {
            let piece = answer.chunk(wait).map_err(|trouble| self.failure(command, &call, trouble))?;
            let Some(piece) = piece else { break };
            let fed = lines.feed(&piece, &mut |line| {
                let line = String::from_utf8_lossy(line);
                // What an answer that breaks off says last is said by its error.
                if failed.is_none() && !line.trim().is_empty() && !line.starts_with("{\"error\":") {
                    failed = each(command, &line).err();
                }
                Ok(())
            });
            fed.map_err(|TooLong| Failure::from(ShellError::TooLarge))?;
            if let Some(failure) = failed.take() {
                return Err(failure.into());
            }
        }
        let rest = String::from_utf8_lossy(lines.rest()).into_owned();
        if !rest.trim().is_empty() {
            each(command, &rest)?;
        }
        Ok(())
    }

    /// What the plugin says of the session now; nothing where it does not say.
    pub fn state(&self) -> Option<Value> {
        let (command, arguments) = self.operation(self.shell.state.as_ref()?).ok()?;
        let call = made(self.plugin, command, &arguments).ok()?;
        let until = Instant::now() + GOODBYE;
        let mut answer = self.plugin.begin(&call, Deadline::NEVER.or_at(until)).ok()?;
        let body = answer.json(limits::COMPLETION, Deadline::NEVER.or_at(until)).ok()?;
        serde_json::from_slice(&body).ok()
    }

    /// Ends it. Where that cannot be said, it ends with the request that holds it.
    pub fn close(self) {
        if let Some(Ok((command, arguments))) = self.shell.close.as_ref().map(|close| self.operation(close))
            && let Ok(call) = made(self.plugin, command, &arguments)
        {
            let until = Instant::now() + GOODBYE;
            let _ = self.plugin.begin(&call, Deadline::NEVER.or_at(until));
        }
        self.held.take();
    }

    /// Reads what has come of the request that holds the session, and so lets the connections be looked at: one that was
    /// closed meanwhile is not used again.
    fn look(&self) {
        if self.seen.borrow().elapsed() > LOOK_AFTER {
            let mut held = self.held.borrow_mut();
            let soon = Deadline::NEVER.or_at(Instant::now() + GLANCE);
            let is_over = held
                .as_mut()
                .is_some_and(|held| !matches!(held.chunk(soon), Ok(Some(_)) | Err(RequestError::Stopped(_))));
            if is_over {
                held.take();
            }
        }
        self.seen.replace(Instant::now());
    }

    fn operation(
        &self,
        operation: &ShellOperation,
    ) -> Result<(&'p ApiCommand, ParsedArguments<Infallible>), Failure> {
        let command = self.plugin.known.descriptor.command(&operation.command);
        let command = command.ok_or_else(|| ShellError::NoCommand {
            plugin: self.plugin.name.clone(),
            command: operation.command.clone(),
        })?;
        let mut arguments = ParsedArguments { values: Vec::new(), files: Vec::new() };
        arguments.set(operation.session.as_str(), &self.id);
        for (name, value) in &operation.set {
            arguments.set(name.as_str(), value);
        }
        Ok((command, arguments))
    }

    fn failure(&self, command: &ApiCommand, call: &PluginRequest, trouble: RequestError) -> StatementFailure {
        match trouble {
            RequestError::Stopped(StopReason::Interrupted) => StatementFailure::Interrupted,
            RequestError::Client(ClientError::Status { status, message: Some(message), more })
                if !matches!(status, 401 | 429) =>
            {
                StatementFailure::Refused(Box::new(Refusal {
                    message,
                    detail: more.detail,
                    hint: more.hint,
                    is_gone: status == 404,
                }))
            }
            RequestError::BrokenOff { words: Some(words), .. } => {
                StatementFailure::Refused(Box::new(Refusal {
                    message: words.message,
                    detail: words.more.detail,
                    hint: words.more.hint,
                    is_gone: false,
                }))
            }
            trouble => StatementFailure::Other(self.plugin.explain_for(command, call, trouble)),
        }
    }
}

/// The request that `command` makes of `arguments`.
pub fn made(
    plugin: &PluginConnection,
    command: &ApiCommand,
    arguments: &ParsedArguments<Infallible>,
) -> Result<PluginRequest, Failure> {
    let filled = plugin.access().filled.clone();
    let (namespace, cluster) = (filled.namespace, filled.cluster);
    let (sets, body, now) = (Vec::new(), TypedBody::None, clock::now());
    let context = RequestContext { sets, body, namespace, cluster, now, is_unchecked: false };
    let request = openapi::request(command, &context.input(arguments));
    let request = request.map_err(|error| super::invocation::refused(plugin, command, &error.to_string()))?;
    request::call(plugin, command, request, None)
}

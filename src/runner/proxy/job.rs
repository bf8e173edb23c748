//! What was started by a command with `x-cli-wait`: the requests that look at it and stop it, and how the user would
//! type them.
//!
//! It must not know how long the caller waits.

use super::connection::PluginConnection;
use super::error::RequestError;
use super::job_error::JobError;
use super::plugin_credentials;
use super::request;
use crate::client::ClientError;
use crate::client::plugin_request::PluginRequest;
use crate::error::Failure;
use crate::model::{CleanText, below, quoted};
use crate::openapi::{
    self, ApiCommand, ArgumentForm, ArgumentName, ArgumentPlace, FilledFlag, Input, OperationRequest,
    UsageError, Wait, Words,
};
use crate::sys::clock;
use serde_json::Value;

/// What was started.
pub struct Job<'a> {
    /// Whose job it is.
    pub plugin: &'a PluginConnection,
    /// How to wait for it.
    pub wait: &'a Wait,
    /// What was typed, by the names of the arguments, without secrets.
    pub values: Vec<(&'a str, &'a str)>,
}

/// A request that polls the job.
pub(super) struct PollRequest<'a> {
    pub(super) poll: &'a ApiCommand,
    pub(super) call: PluginRequest,
    pub(super) id: Option<String>,
    /// How the user would look.
    pub(super) again: String,
}

impl<'a> Job<'a> {
    /// A command of the plugin.
    pub(super) fn command(&self, words: &Words) -> Option<&'a ApiCommand> {
        self.plugin.known.descriptor.command(words)
    }

    /// The command that polls the job.
    pub(super) fn poll(&self) -> Result<&'a ApiCommand, Failure> {
        Ok(self.command(&self.wait.poll).ok_or(JobError::NoPoll)?)
    }

    /// The command that waits for it, started by whom ever.
    pub(super) fn attaching(&self) -> Option<&'a ApiCommand> {
        let descriptor = &self.plugin.known.descriptor;
        let attaching = descriptor.heads().filter(|head| head.attaches());
        let mut attaching = attaching.filter_map(|head| descriptor.get(head.number));
        attaching.find(|command| command.wait.as_ref().is_some_and(|wait| wait.poll == self.wait.poll))
    }

    /// The request of a command that takes the id, with what both commands were given.
    pub(super) fn by_id(
        &self,
        command: &ApiCommand,
        argument: Option<&ArgumentName>,
        id: Option<&str>,
    ) -> Result<PluginRequest, Failure> {
        let request = self.request(command, argument, id).map_err(JobError::NoRequest)?;
        request::call(self.plugin, command, request, None)
    }

    fn request(
        &self,
        command: &ApiCommand,
        argument: Option<&ArgumentName>,
        id: Option<&str>,
    ) -> Result<OperationRequest, UsageError> {
        let filled = &self.plugin.access().filled;
        let values = self.values(command, argument, id);
        let (namespace, cluster) = (filled.namespace.as_deref(), filled.cluster.as_deref());
        openapi::request(command, &Input { values, namespace, cluster, ..Input::at(clock::now()) })
    }

    /// Whether the credentials of the plugin's own that polling requires are known: what cannot be looked at is not started.
    pub(super) fn check_credentials(&self) -> Result<(), Failure> {
        let poll = self.poll()?;
        if poll.security.is_empty() {
            return Ok(());
        }
        // Any ID will do; where none does, the request is checked when it is made.
        let Ok(request) = self.request(poll, self.wait.argument.as_ref(), Some("0")) else { return Ok(()) };
        self.plugin.check_credentials(&request::call(self.plugin, poll, request, None)?)
    }

    fn values<'v>(
        &'v self,
        command: &ApiCommand,
        argument: Option<&'v ArgumentName>,
        id: Option<&'v str>,
    ) -> Vec<(&'v str, &'v str)> {
        let mut values = self.values.clone();
        values.retain(|(name, _)| command.argument(name).is_some());
        if let (Some(argument), Some(id)) = (argument, id) {
            values.retain(|(name, _)| *name != argument.as_str());
            values.push((argument.as_str(), id));
        }
        values
    }

    /// The request that looks again, the command that it belongs to, and how the user would type it. `location` is
    /// where the answer says that it is.
    pub(super) fn look(
        &self,
        started: &Value,
        location: Result<Option<(String, String)>, ClientError>,
    ) -> Result<PollRequest<'a>, Failure> {
        let wait = self.wait;
        let poll = self.poll()?;
        let id = wait.id.as_ref().and_then(|pointer| pointer.find(started)).map(plain);
        let id = id.filter(|id| !id.is_empty());
        let location = match (&id, location) {
            (None, location) => location.map_err(|error| {
                let Failure { message, .. } = self.plugin.explain(RequestError::Client(error));
                Failure { causes: vec![message], ..Failure::from(JobError::NoPlace) }
            })?,
            (Some(_), _) => None,
        };
        let (call, again) = match (&id, location) {
            (None, Some((path, query))) => {
                let place = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
                let again = format!("everestctl plugin api {} {}", self.plugin.name, quoted(&place));
                let credentials = plugin_credentials::of(self.plugin, poll, &|_| false)?;
                (PluginRequest { query, credentials, ..PluginRequest::get(&path) }, again)
            }
            (id, _) => {
                let argument = wait.argument.as_ref();
                let place =
                    argument.and_then(|name| poll.argument(name.as_str())).map(|argument| &argument.place);
                if let (Some(id), Some(ArgumentPlace::Path(_))) = (id, place)
                    && !below::is_segment(id)
                {
                    return Err(JobError::UnusableId(id.clone()).into());
                }
                (self.by_id(poll, argument, id.as_deref())?, self.typed(poll, argument, id.as_deref()))
            }
        };
        Ok(PollRequest { poll, call, id, again })
    }

    /// How the user would type a command that takes the id.
    pub(super) fn typed(
        &self,
        command: &ApiCommand,
        argument: Option<&ArgumentName>,
        id: Option<&str>,
    ) -> String {
        let mut words = vec!["everestctl".to_owned(), self.plugin.typed.clone(), command.words.to_string()];
        let mut after_flags = Vec::new();
        let values = self.values(command, argument, id);
        for argument in &command.arguments {
            let own = values.iter().filter(|(name, _)| *name == argument.name.as_str());
            for (_, value) in own.filter(|_| !argument.is_private()) {
                let value = quoted(CleanText::new(value).as_str());
                match argument.form {
                    // An id of the plugin's must not become an option when the line is typed.
                    ArgumentForm::Positional if value.trim_start_matches('\'').starts_with('-') => {
                        after_flags.push(value);
                    }
                    ArgumentForm::Positional => words.push(value),
                    _ => words.push(format!("--{}={value}", argument.name)),
                }
            }
        }
        let fills = |context: FilledFlag| {
            command.arguments.iter().any(|argument| argument.form == ArgumentForm::Filled(context))
        };
        let flags = &self.plugin.access().flags;
        if let Some(namespace) = flags.namespace.as_ref().filter(|_| fills(FilledFlag::Namespace)) {
            words.push(format!("-n {}", quoted(namespace)));
        }
        for (name, value) in [("cluster", &flags.cluster), ("context", &flags.context)] {
            words.extend(value.as_ref().map(|value| format!("--{name} {}", quoted(value))));
        }
        if !after_flags.is_empty() {
            words.push("--".to_owned());
            words.append(&mut after_flags);
        }
        words.join(" ")
    }
}

/// A value in one line, a text without its quotes.
pub(super) fn plain(value: &Value) -> String {
    CleanText::new(&value.as_str().map_or_else(|| value.to_string(), str::to_owned)).to_string()
}

//! What the user reads when an answer has not come, or not whole.

use super::connection::PluginConnection;
use super::credential_error::CredentialError;
use super::error::RequestError;
use super::plugin_error::{MAY_HAVE_ARRIVED, PluginError};
use crate::client::ClientError;
use crate::client::StopReason;
use crate::client::plugin_request::PluginRequest;
use crate::client::server_failure::{of_cluster, of_server};
use crate::client::trailing_error::TrailingError;
use crate::error::{Failure, ForeignWords, Interrupted, exit};
use crate::model::CleanText;
use crate::openapi::{ApiCommand, Method};

impl PluginConnection {
    /// What the user reads of trouble.
    pub fn explain(&self, trouble: RequestError) -> Failure {
        match trouble {
            RequestError::Client(error) => self.failure(&error),
            RequestError::BrokenOff { error, came, words } => {
                self.broken_off(&error, came, words.map(|words| *words))
            }
            RequestError::Failure(failure) => failure,
            RequestError::Stopped(StopReason::Interrupted) => Interrupted.into(),
            RequestError::Stopped(StopReason::TimedOut) => {
                PluginError::TimedOut { plugin: self.name.clone() }.into()
            }
        }
    }

    /// The same for the `call` of a command: if it changes something and its outcome is unknown,
    /// then how to look, by the list of what it makes.
    pub fn explain_for(&self, command: &ApiCommand, call: &PluginRequest, trouble: RequestError) -> Failure {
        let is_changed = matches!(trouble.status(), Some(409 | 412))
            && call.headers.iter().any(|(name, _)| name == super::invocation::IF_MATCH);
        if is_changed {
            let failure = self.explain(trouble);
            return failure.hint("it was changed after it was read: run the command again");
        }
        if let RequestError::Client(error @ ClientError::Status { status: 401 | 403, .. }) = &trouble
            && let Some(failure) = self.refused_credential(call, error)
        {
            return failure;
        }
        let stopped = match &trouble {
            RequestError::Stopped(StopReason::Interrupted) => Some("interrupted before the response arrived"),
            RequestError::Stopped(StopReason::TimedOut) => Some("timed out waiting for a response"),
            RequestError::Client(
                ClientError::OutcomeUnknown(_) | ClientError::Status { status: 502..=504, message: None, .. },
            ) => None,
            _ => return self.explain(trouble),
        };
        let is_silent = trouble.status().is_some();
        let mut failure = self.explain(trouble);
        if call.safe {
            return failure;
        }
        if is_silent {
            // It is not known whether the backend was not running, or stopped in the middle of the request.
            return failure.hint(MAY_HAVE_ARRIVED);
        }
        if let Some(why) = stopped {
            let (plugin, exit_code) = (self.name.clone(), failure.exit_code);
            failure = PluginError::OutcomeUnknown { plugin, why, exit_code, cause: None }.into();
        }
        let mut others = self.known.descriptor.heads();
        match others.find(|other| other.requests(Method::Get, command.route.as_str())) {
            Some(list) => failure.hint(format!("everestctl {} {}", self.name, list.words())),
            None => failure,
        }
    }

    /// What the user reads when the backend refuses a request that had credentials of the plugin's own; `None` where there
    /// were none, or the server itself refused it.
    fn refused_credential(&self, call: &PluginRequest, error: &ClientError) -> Option<Failure> {
        let ClientError::Status { status, message, more } = error else { return None };
        let is_of_proxy = message.as_ref().is_some_and(|text| text.as_str() == "insufficient permissions");
        let first = call.credentials.first().filter(|_| !is_of_proxy)?;
        let names: Vec<String> =
            call.credentials.iter().map(|credential| format!("`{}`", credential.scheme)).collect();
        let check = if first.is_from_environment {
            format!("check the value of {}", first.variable)
        } else {
            let schemes = &self.known.descriptor.about.schemes;
            super::credential_source::how_to_store(&self.typed, &first.scheme, schemes)
        };
        let mut failure = Failure::from(CredentialError::Refused {
            plugin: self.name.clone(),
            names,
            answer: error.to_string(),
            check,
            // The server refuses a session in the same words.
            may_be_session: *status == 401 && !self.is_through_kubernetes(),
        });
        let hint = more.hint.as_ref().map(CleanText::to_string);
        failure.said = self.said(more.detail.clone().into_iter().chain(hint), &more.body);
        Some(failure)
    }

    /// What the user reads when an answer ends before its end.
    fn broken_off(&self, error: &ClientError, came: u64, words: Option<TrailingError>) -> Failure {
        let cause = words.is_none().then(|| error.to_string());
        let mut failure = Failure::from(PluginError::BrokenOff { plugin: self.name.clone(), came, cause });
        if let Some(TrailingError { message, more }) = words {
            let more = more.detail.into_iter().chain(more.hint.map(|hint| hint.to_string()));
            failure.said = self.said(std::iter::once(message.to_string()).chain(more), "");
        }
        failure
    }

    /// What is different where the API server of a cluster passes requests on; `None` for what is not.
    fn of_kubernetes(&self, error: &ClientError) -> Option<Failure> {
        match error {
            // Its own words are not the backend's, and its credentials are those of the kubeconfig.
            ClientError::RefusedByKubernetes { .. } | ClientError::NoCluster { .. } => {
                Some(of_cluster(self.server(), error))
            }
            ClientError::NotThroughKubernetes(_) => {
                let plugin = self.name.clone();
                Some(PluginError::NotThroughKubernetes { plugin, error: Box::new(error.clone()) }.into())
            }
            _ => None,
        }
    }

    /// What its backend says beside a status, and the body in which it stood.
    fn said(&self, texts: impl Iterator<Item = String>, whole: &str) -> Option<Box<ForeignWords>> {
        let (texts, whole): (Vec<String>, _) = (texts.collect(), whole.to_owned());
        let says_something = !texts.is_empty() || !whole.is_empty();
        says_something.then(|| Box::new(ForeignWords { by: format!("plugin {}", self.name), texts, whole }))
    }

    /// What the user reads when the host or the backend says no.
    fn failure(&self, error: &ClientError) -> Failure {
        let server = self.server();
        let name = &self.name;
        if self.is_through_kubernetes()
            && let Some(failure) = self.of_kubernetes(error)
        {
            return failure;
        }
        if matches!(error, ClientError::NoServer) {
            return PluginError::NoServer(name.clone()).into();
        }
        if error.wants_sign_in() && !self.is_through_kubernetes() {
            return of_server(server, error);
        }
        match error {
            ClientError::Status { .. } if self.is_the_server() => of_server(server, error),
            ClientError::Status { status, message, more } => {
                let says_more = !more.body.trim().is_empty();
                let hints = self.hints_for(*status, message.as_ref(), says_more);
                let mut failure = Failure::from(self.refused(error, hints));
                let hint = more.hint.as_ref().map(CleanText::to_string);
                failure.said = self.said(more.detail.clone().into_iter().chain(hint), &more.body);
                failure
            }
            ClientError::OutcomeUnknown(cause) => {
                let why = "the connection was lost before the response arrived";
                let (plugin, cause) = (name.clone(), Some(cause.to_string()));
                PluginError::OutcomeUnknown { plugin, why, exit_code: exit::FAILURE, cause }.into()
            }
            ClientError::NotFollowed { .. } | ClientError::Excess(_) | ClientError::Circles
                if !self.is_the_server() =>
            {
                self.refused(error, Vec::new()).into()
            }
            error => of_server(server, error),
        }
    }

    fn refused(&self, error: &ClientError, hints: Vec<String>) -> PluginError {
        PluginError::Refused { plugin: self.name.clone(), error: Box::new(error.clone()), hints }
    }

    /// What to do about a status, by what came with it.
    fn hints_for(&self, status: u16, message: Option<&CleanText>, says_more: bool) -> Vec<String> {
        let name = &self.name;
        let hint = match status {
            401 | 403 if self.is_through_kubernetes() => {
                "through Kubernetes its backend does not learn who you are: `--via server` tells it"
                    .to_owned()
            }
            403 if message.is_some_and(|text| text.as_str() == "insufficient permissions") => {
                let cluster = CleanText::new(self.cluster());
                format!(
                    "ask for the grant `plugins, use, {cluster}/{name}` (older servers: `plugin/{name}, use, *`)"
                )
            }
            404 if message.is_some_and(|text| text.as_str().starts_with("plugin ")) => {
                return vec![format!("everestctl plugin which {name}"), "everestctl plugin list".to_owned()];
            }
            409 => "its current state does not allow this: check it first".to_owned(),
            429 => "rate limit exceeded: try again later".to_owned(),
            502..=504 if message.is_none() => {
                format!("the backend of `{name}` is not running: see `everestctl plugin info {name}`")
            }
            _ if message.is_none() && says_more => "pass -v to see the body of the response".to_owned(),
            _ => return Vec::new(),
        };
        vec![hint]
    }
}

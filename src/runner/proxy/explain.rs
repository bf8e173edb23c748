//! What the user reads when an answer has not come, or not whole.

use super::connection::PluginConnection;
use super::error::RequestError;
use crate::client::StopReason;
use crate::client::plugin_request::PluginRequest;
use crate::client::server_failure::of_server;
use crate::client::trailing_error::TrailingError;
use crate::client::{ClientError, NetworkError};
use crate::error::{Failure, ForeignWords, exit};
use crate::model::CleanText;
use crate::openapi::{ApiCommand, Method};

const MAY_HAVE_ARRIVED: &str = "it may have been carried out: check before you run it again";

impl PluginConnection {
    /// What the user reads of trouble.
    pub fn explain(&self, trouble: RequestError) -> Failure {
        match trouble {
            RequestError::Client(error) => self.failure(&error),
            RequestError::BrokenOff { error, came, words } => {
                self.broken_off(&error, came, words.map(|words| *words))
            }
            RequestError::Failure(failure) => failure,
            RequestError::Stopped(StopReason::Interrupted) => Failure::new(exit::INTERRUPTED, "interrupted"),
            RequestError::Stopped(StopReason::TimedOut) => {
                Failure::new(exit::TIMED_OUT, format!("`{}`: {}", self.name, NetworkError::TimedOut))
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
            failure.message = format!("`{}`: outcome unknown: {why}", self.name);
            failure.hints = vec![MAY_HAVE_ARRIVED.to_owned()];
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
        let what = if names.len() == 1 { "credential" } else { "credentials" };
        let message = format!("`{}` refused its {what} {}", self.name, names.join(" and "));
        let mut failure = Failure::new(exit::SIGN_IN, message);
        failure.causes.push(format!("the plugin {error}"));
        let hint = more.hint.as_ref().map(CleanText::to_string);
        failure.said = self.said(more.detail.clone().into_iter().chain(hint), &more.body);
        failure = failure.hint(if first.is_from_environment {
            format!("check the value of {}", first.variable)
        } else {
            let schemes = &self.known.descriptor.about.schemes;
            super::credential_source::how_to_store(&self.typed, &first.scheme, schemes)
        });
        if *status == 401 && !self.is_through_kubernetes() {
            // The server refuses a session in the same words.
            failure = failure.hint("is your session valid? `everestctl auth status` checks it");
        }
        Some(failure)
    }

    /// What the user reads when an answer ends before its end.
    fn broken_off(&self, error: &ClientError, came: u64, words: Option<TrailingError>) -> Failure {
        let message = format!("`{}`: incomplete response: stopped after {came} bytes", self.name);
        let mut failure = Failure::new(exit::FAILURE, message);
        match words {
            None => failure.causes.push(error.to_string()),
            Some(TrailingError { message, more }) => {
                let more = more.detail.into_iter().chain(more.hint.map(|hint| hint.to_string()));
                failure.said = self.said(std::iter::once(message.to_string()).chain(more), "");
            }
        }
        failure
    }

    /// What is different where the API server of a cluster passes requests on; `None` for what is not.
    fn of_kubernetes(&self, error: &ClientError) -> Option<Failure> {
        let server = CleanText::new(self.server());
        let name = &self.name;
        match error {
            // Its own words are not the backend's, and its credentials are those of the kubeconfig.
            ClientError::RefusedByKubernetes { .. } | ClientError::NoCluster { .. } => {
                let code = if error.wants_sign_in() { exit::SIGN_IN } else { exit::FAILURE };
                let failure = Failure::new(code, format!("{server}: {error}"));
                Some(match error.hint() {
                    Some(hint) => failure.hint(hint),
                    None => failure,
                })
            }
            ClientError::NotThroughKubernetes(_) => {
                let failure = Failure::new(exit::USAGE, format!("`{name}`: {error}"));
                Some(error.hint().into_iter().fold(failure, Failure::hint))
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
            return Failure::new(
                exit::SIGN_IN,
                format!("`{name}` needs an OpenEverest server, and none is configured"),
            )
            .hint("everestctl auth login --server URL");
        }
        if error.wants_sign_in() && !self.is_through_kubernetes() {
            return of_server(server, error);
        }
        match error {
            ClientError::Status { .. } if self.is_the_server() => of_server(server, error),
            ClientError::Status { status, message, more } => {
                let text = message.as_ref().map(CleanText::as_str).unwrap_or_default();
                let mut failure = Failure::new(exit::FAILURE, format!("`{name}`: {error}"));
                let hint = more.hint.as_ref().map(CleanText::to_string);
                failure.said = self.said(more.detail.clone().into_iter().chain(hint), &more.body);
                match status {
                    401 | 403 if self.is_through_kubernetes() => {
                        failure = failure.hint(
                            "through Kubernetes its backend does not learn who you are: `--via server` tells it",
                        );
                    }
                    403 if text == "insufficient permissions" => {
                        let cluster = CleanText::new(self.cluster());
                        failure = failure.hint(format!(
                            "ask for the grant `plugins, use, {cluster}/{name}` (older servers: `plugin/{name}, use, *`)"
                        ));
                    }
                    404 if text.starts_with("plugin ") => {
                        failure = failure
                            .hint(format!("everestctl plugin which {name}"))
                            .hint("everestctl plugin list");
                    }
                    409 => failure = failure.hint("its current state does not allow this: check it first"),
                    429 => {
                        failure = failure.hint("rate limit exceeded: try again later");
                    }
                    502..=504 if message.is_none() => {
                        failure = failure.hint(format!(
                            "the backend of `{name}` is not running: see `everestctl plugin info {name}`"
                        ));
                    }
                    _ if message.is_none() && !more.body.trim().is_empty() => {
                        failure = failure.hint("pass -v to see the body of the response");
                    }
                    _ => {}
                }
                failure
            }
            ClientError::OutcomeUnknown(cause) => {
                let mut failure = Failure::new(
                    exit::FAILURE,
                    format!("`{name}`: outcome unknown: the connection was lost before the response arrived"),
                );
                failure.causes.push(cause.to_string());
                failure.hint(MAY_HAVE_ARRIVED)
            }
            ClientError::NotFollowed { .. } | ClientError::Excess(_) | ClientError::Circles
                if !self.is_the_server() =>
            {
                Failure::new(exit::FAILURE, format!("`{name}`: {error}"))
            }
            error => of_server(server, error),
        }
    }
}

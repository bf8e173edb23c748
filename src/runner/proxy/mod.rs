//! The way `proxy`: requests to a plugin's backend through the API server's proxy, made out of what was typed by what the
//! plugin's OpenAPI document says.
//!
//! * [`invocation`]: one command with everything that was typed for it, from the request to its end;
//! * [`options`]: what the flags of this program say of it;
//! * [`arguments`]: the values of its arguments;
//! * [`connection`]: a plugin, and what it sends piece by piece; [`error`]: why it does not; [`explain`]: in words. The other
//!   modules have their errors beside them, as `job_error`;
//! * [`plugin_credentials`]: the plugin's own credentials that a command requires; [`credential_source`]: who knows them;
//! * [`current`]: a thing as it is before it is changed;
//! * [`request`]: a request with bodies from files; [`curl`]: the same as a line of curl;
//! * [`response`]: what is done with a response as it comes;
//! * [`pages`]: lists that come page by page; [`page_steps`], [`same_route`]: where the next one is; [`cycle_detector`]: whether they go in circles;
//! * [`streaming`], [`follow`]: streams, through lost connections;
//! * [`job`], [`wait`]: what was started, until it has come to its end;
//! * [`shell_session`]: a session that outlives a request;
//! * [`download`], [`upload`]: large bodies in both directions;
//! * [`api`]: any request at all; [`events`]: the server's own stream; [`values`]: values for TAB.
//!
//! It must not know how anything is shown.

pub mod api;
mod api_error;
pub mod arguments;
pub mod connection;
mod connection_error;
mod credential_error;
pub mod credential_source;
pub mod curl;
pub mod current;
pub mod cycle_detector;
pub mod download;
mod download_error;
pub mod error;
pub mod events;
pub mod explain;
pub mod follow;
mod headers;
mod input_error;
pub mod invocation;
pub mod job;
mod job_error;
mod list_error;
pub mod options;
pub mod page_steps;
pub mod pages;
pub mod plugin_credentials;
mod plugin_error;
pub mod request;
pub mod response;
pub mod same_route;
mod shell_error;
pub mod shell_session;
mod stream_error;
pub mod streaming;
pub mod upload;
pub mod values;
pub mod wait;
pub mod watch;

use super::completion::CompletionResult;
use super::{Manual, NextStep, RunContext, Runner};
use crate::error::Failure;
use crate::model::{Command, Warning};
pub use arguments::ParsedArguments;
pub use connection::{PluginConnection, ServerAccess};
pub use credential_source::{CredentialOrigin, CredentialSource, FoundCredential};
pub use invocation::{Invocation, WholeBody};
pub use options::{InvocationOptions, OutputShape, RowLimit, WaitOptions};
pub use request::NamedFile;
use std::ffi::{OsStr, OsString};

/// The runner of this way.
pub struct ProxyRunner;

impl Runner for ProxyRunner {
    /// Whether it can be reached is known when it is asked.
    fn check(&self, _command: &Command) -> Result<(), Failure> {
        Ok(())
    }

    fn run(
        &self,
        _context: &dyn RunContext,
        _command: &Command,
        _arguments: &[OsString],
        _warn: &mut dyn FnMut(Warning),
    ) -> Result<NextStep, Failure> {
        Ok(NextStep::Parse)
    }

    fn complete(
        &self,
        context: &dyn RunContext,
        command: &Command,
        _typed: &[OsString],
        _current: &OsStr,
    ) -> Option<CompletionResult> {
        context.known(command).map(CompletionResult::Declared)
    }

    fn manual(&self, context: &dyn RunContext, command: Command) -> Option<Manual> {
        let known = context.known(&command)?;
        Some(Manual::Declared(Box::new(command), known))
    }
}

//! What the process of a native library does for it: a token and requests, with the session of the user.
//!
//! What is to be used is in the environment, as for an executable that calls everestctl back.

use super::{App, Options, auth, plugin_api};
use crate::error::{ExitCode, Explain, Failure, exit};
use crate::model::{CleanText, CommandWord};
use crate::runner::native::services::{HostRequest, HostResponse, HostServices};
use crate::runner::proxy::PluginConnection;
use crate::runner::proxy::api::{self, ApiOutput, ApiRequest, WholeResponse};
use crate::sys::Environment;
use zeroize::Zeroizing;

/// Shows how far a plugin is: its words, how much is done, and of how much.
pub type Progress = Box<dyn FnMut(&str, u64, Option<u64>) + Send>;

/// The services of one run.
pub struct ChildServices {
    environment: Environment,
    plugin: String,
    progress: Progress,
    app: Option<App>,
}

impl ChildServices {
    /// Those for `plugin`. Nothing is read before it is asked for.
    pub fn new(environment: Environment, plugin: &str, progress: Progress) -> Self {
        Self { environment, plugin: plugin.to_owned(), progress, app: None }
    }

    fn app(&mut self) -> Result<&App, Failure> {
        if self.app.is_none() {
            self.app = Some(App::new(self.environment.clone(), Options::default())?);
        }
        self.app.as_ref().ok_or_else(Failure::output_closed)
    }
}

impl HostServices for ChildServices {
    fn token(&mut self) -> Result<Zeroizing<String>, Failure> {
        auth::token(self.app()?)
    }

    fn request(&mut self, request: HostRequest) -> Result<HostResponse, Failure> {
        let name = if request.plugin.is_empty() { self.plugin.clone() } else { request.plugin.clone() };
        let word = CommandWord::new(&name).map_err(|_| NotAPluginName(CleanText::new(&name)))?;
        let plugin = plugin_api::open(self.app()?, &word, &mut |_| {})?;
        exchange(&plugin, request)
    }

    fn request_server(&mut self, request: HostRequest) -> Result<HostResponse, Failure> {
        let path = plugin_api::below_server(&request.path)?;
        exchange(&plugin_api::open_server(self.app()?)?, HostRequest { path, ..request })
    }

    fn progress(&mut self, message: &str, done: u64, total: Option<u64>) {
        (self.progress)(CleanText::new(message).as_str(), done, total);
    }
}

fn exchange(connection: &PluginConnection, request: HostRequest) -> Result<HostResponse, Failure> {
    let asked = ApiRequest {
        first: request.method,
        path: Some(request.path),
        raw_field: Vec::new(),
        field: Vec::new(),
        header: request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect(),
        input: None,
        paginate: false,
        include: false,
        output: ApiOutput::Bytes,
    };
    let WholeResponse { status, headers, body } = api::exchange(connection, &asked, request.body)?;
    Ok(HostResponse { status, headers, body })
}

/// What a library asks for is no name of a plugin.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not the name of a plugin")]
struct NotAPluginName(CleanText);

impl Explain for NotAPluginName {
    fn exit_code(&self) -> ExitCode {
        exit::USAGE
    }
}

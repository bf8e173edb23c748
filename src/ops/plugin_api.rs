//! `plugin api`: any request to a plugin's backend, described or not, and to the OpenEverest API itself.

use super::{App, plugin_run};
use crate::app::connection;
use crate::error::{ExitCode, Explain, Failure, exit};
use crate::model::{CommandWord, Warning, quoted};
use crate::runner::proxy::PluginConnection;

/// What the user types before the path of the server's own API.
const SERVER: &str = "plugin api --server";
/// Where all of that API is.
const BASE: &str = "/v1";

/// The plugin of a server that has this name, whatever it offers and whatever else has its name.
pub fn open(
    app: &App,
    name: &CommandWord,
    warn: &mut dyn FnMut(Warning),
) -> Result<PluginConnection, Failure> {
    let command = plugin_run::on_server(app, name, warn)?;
    connection::bare(app, &command)
}

/// The server itself.
pub fn open_server(app: &App) -> Result<PluginConnection, Failure> {
    connection::of_server(app, SERVER)
}

/// What is below the base of the server's API in a path of it.
pub fn below_server(path: &str) -> Result<String, NotOfServer> {
    let below = path.strip_prefix(BASE).filter(|below| below.starts_with('/'));
    below.map(str::to_owned).ok_or_else(|| NotOfServer(path.to_owned()))
}

/// It is no path of the server's API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is no path of the OpenEverest API: it begins with {BASE}/", quoted(.0))]
pub struct NotOfServer(String);

impl Explain for NotOfServer {
    fn exit_code(&self) -> ExitCode {
        exit::USAGE
    }
}

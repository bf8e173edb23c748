//! `plugin api`: any request to a plugin's backend, described or not.

use super::{App, plugin_run};
use crate::app::connection;
use crate::error::Failure;
use crate::model::{CommandWord, Warning};
use crate::runner::proxy::PluginConnection;

/// The plugin of a server that has this name, whatever it offers and whatever else has its name.
pub fn open(
    app: &App,
    name: &CommandWord,
    warn: &mut dyn FnMut(Warning),
) -> Result<PluginConnection, Failure> {
    let command = plugin_run::on_server(app, name, warn)?;
    connection::bare(app, &command)
}

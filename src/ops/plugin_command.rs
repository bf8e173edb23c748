//! A command that a plugin declares: whom it goes to.

use super::App;
use crate::app::connection;
use crate::error::Failure;
use crate::model::Command;
use crate::runner::proxy::PluginConnection;

/// The plugin that `command` is, with what it offers; that is asked when it is not known.
pub fn open(app: &App, command: &Command) -> Result<PluginConnection, Failure> {
    connection::open(app, command)
}

/// The same plugin, of which the index has something damaged: it is asked.
pub fn open_anew(app: &App, command: &Command) -> Result<PluginConnection, Failure> {
    connection::open_anew(app, command)
}

/// The same plugin, as the flags after its name want it reached.
pub fn reached(app: &App, plugin: PluginConnection) -> Result<PluginConnection, Failure> {
    Ok(plugin.reached(connection::access(app)?))
}

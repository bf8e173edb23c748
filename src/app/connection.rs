//! Plugins of a server as the runner talks to them: what this run knows of the server, passed on.
//!
//! It must not know what is sent.

use super::App;
use super::descriptors;
use super::plugin_credentials::UserCredentials;
use super::run_error::RunError;
use crate::discovery::overlays;
use crate::error::Failure;
use crate::index::Names;
use crate::model::{Command, Via};
use crate::runner::PluginApi;
use crate::runner::proxy::connection::{Filled, Flags};
use crate::runner::proxy::{PluginConnection, ServerAccess};
use std::sync::Arc;

/// The plugin that `command` is, with what it offers; that is asked when it is not known.
pub fn open(app: &App, command: &Command) -> Result<PluginConnection, Failure> {
    let remote = app.remote()?;
    let names = remote.names(app.store().as_ref());
    let known = descriptors::load(app, &remote, &names, command)?;
    connected(app, command, known, &names)
}

/// The same without what the index has of it, which is damaged.
pub fn open_anew(app: &App, command: &Command) -> Result<PluginConnection, Failure> {
    let remote = app.remote()?;
    let names = remote.names(app.store().as_ref());
    let known = descriptors::load_anew(app, &remote, &names, command)?;
    connected(app, command, known, &names)
}

fn connected(
    app: &App,
    command: &Command,
    known: PluginApi,
    names: &Names,
) -> Result<PluginConnection, Failure> {
    Ok(PluginConnection::new(command, known, descriptors::family(names), access(app)?))
}

/// The plugin that `command` is, whatever it offers.
pub fn bare(app: &App, command: &Command) -> Result<PluginConnection, Failure> {
    let names = app.remote()?.names(app.store().as_ref());
    Ok(PluginConnection::bare(command, descriptors::family(&names), access(app)?))
}

/// The server itself, by the overlay for its own API; `name` is what the user types.
pub fn of_server(app: &App, name: &str) -> Result<PluginConnection, Failure> {
    let descriptor = overlays::for_host().filter(|descriptor| !descriptor.commands.is_empty());
    let descriptor = descriptor.ok_or(RunError::NoDescriptionOfEvents)?;
    // The API server of a cluster has nothing like it.
    Ok(PluginConnection::of_server(name, descriptor, by(app, Via::Server)?))
}

/// What this run knows of the server that plugins are reached through. Asks nobody.
pub fn access(app: &App) -> Result<ServerAccess, Failure> {
    by(app, app.via())
}

/// The same in this way.
fn by(app: &App, via: Via) -> Result<ServerAccess, Failure> {
    let (target, _) = app.target()?;
    let wishes = &app.options.wishes;
    let server = match via {
        Via::Server => target.server.clone(),
        Via::Kubernetes => app.kubernetes_server().map(|server| server.to_string()),
    };
    let server = server.unwrap_or_default();
    Ok(ServerAccess {
        endpoint: app.endpoint(&target, via),
        credentials: Arc::new(UserCredentials::new(app, &server)),
        server,
        cluster: target.cluster().to_owned(),
        filled: Filled { namespace: target.namespace, cluster: target.cluster },
        flags: Flags {
            namespace: wishes.namespace.clone(),
            cluster: wishes.cluster.clone(),
            context: wishes.context.clone(),
        },
        offline: app.options.offline,
        request_timeout: app.options.request_timeout,
    })
}

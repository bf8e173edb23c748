//! What the help of the program lists beside its own commands: those that can run now, by where they come from.
//!
//! From memory only: no server is asked, and no plugin is run.

use super::App;
use super::{alias, index_fill};
use crate::app::remote_identity;
use crate::model::{CleanText, OriginState, reserved};
use crate::resolve::{RemoteCommands, catalogue};
use std::collections::BTreeMap;

/// A command in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandSummary {
    /// What is typed.
    pub name: String,
    /// What it does.
    pub summary: String,
}

/// The commands that are not built in.
#[derive(Debug, Default)]
pub struct Overview {
    /// Executables and libraries of this machine.
    pub local: Vec<CommandSummary>,
    /// Plugins of the server or the cluster.
    pub server: Vec<CommandSummary>,
    /// The user's own names.
    pub aliases: Vec<CommandSummary>,
    /// The context that `server` is of.
    pub context: Option<String>,
}

/// What can run now.
pub fn overview(app: &App) -> Overview {
    let aliases = alias::list(app).unwrap_or_default();
    let aliases = aliases.into_iter().filter(|row| row.shadowed_by.is_none());
    let aliases = aliases.map(|row| CommandSummary { name: row.name, summary: row.command }).collect();
    let mut overview = Overview { aliases, ..Overview::default() };
    if app.options.no_plugins {
        return overview;
    }
    let local =
        catalogue(remote_identity::origins(remote_identity::local_names(app)), RemoteCommands::default());
    for entry in local.into_iter().filter(|entry| entry.shadowed.is_none()) {
        let command = entry.command;
        if matches!(command.state(), OriginState::Ready) && command.way().is_some() {
            let summary = command.find(|origin| origin.description.as_ref()).map(CleanText::to_string);
            let item =
                CommandSummary { name: command.name().to_string(), summary: summary.unwrap_or_default() };
            overview.local.push(item);
        }
    }
    let Ok(remote) = app.remote() else { return overview };
    // A plugin that several sources have is one command, and what is local hides it.
    let mut server = BTreeMap::new();
    let is_local = |name: &str| overview.local.binary_search_by(|item| item.name.as_str().cmp(name)).is_ok();
    index_fill::for_each_runnable(app, |entry| {
        if reserved::owner(entry.name).is_none() && !is_local(entry.name) {
            let summary: &mut String = server.entry(entry.name.to_owned()).or_default();
            if let Some(description) = entry.description.filter(|_| summary.is_empty()) {
                *summary = CleanText::new(description).to_string();
            }
        }
    });
    overview.server = server.into_iter().map(|(name, summary)| CommandSummary { name, summary }).collect();
    overview.context.clone_from(&remote.target.context);
    overview
}

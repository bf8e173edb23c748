//! What the help of the program lists beside its own commands: those that can run now, by where they come from.
//!
//! From memory only: no server is asked, and no plugin is run.

use super::World;
use super::alias;
use crate::app::known;
use crate::model::{Line, State, reserved};
use crate::resolve::{Remotes, catalogue};
use std::collections::BTreeMap;

/// A command in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What is typed.
    pub name: String,
    /// What it does.
    pub summary: String,
}

/// The commands that are not built in.
#[derive(Debug, Default)]
pub struct Overview {
    /// Executables and libraries of this machine.
    pub local: Vec<Item>,
    /// Plugins of the server or the cluster.
    pub server: Vec<Item>,
    /// The user's own names.
    pub aliases: Vec<Item>,
    /// The context that `server` is of.
    pub context: Option<String>,
}

/// What can run now.
pub fn overview(world: &World) -> Overview {
    let aliases = alias::list(world).unwrap_or_default();
    let aliases = aliases.into_iter().filter(|row| row.shadowed_by.is_none());
    let aliases = aliases.map(|row| Item { name: row.name, summary: row.command }).collect();
    let mut overview = Overview { aliases, ..Overview::default() };
    if world.options.no_plugins {
        return overview;
    }
    let local = catalogue(known::origins(known::local_names(world)), Remotes::default());
    for entry in local.into_iter().filter(|entry| entry.shadowed.is_none()) {
        let command = entry.command;
        let runs = matches!(command.state(), State::Ready)
            && command.way().is_some_and(|way| way.missing_in_this_build().is_none());
        if runs {
            let summary = command.find(|origin| origin.description.as_ref()).map(Line::to_string);
            let item = Item { name: command.name().to_string(), summary: summary.unwrap_or_default() };
            overview.local.push(item);
        }
    }
    let Ok(remote) = world.remote() else { return overview };
    // A plugin that several sources have is one command, and what is local hides it.
    let mut server = BTreeMap::new();
    let is_local = |name: &str| overview.local.binary_search_by(|item| item.name.as_str().cmp(name)).is_ok();
    remote.for_each_runnable(world.store().as_ref(), |entry| {
        if reserved::owner(entry.name).is_none() && !is_local(entry.name) {
            let summary: &mut String = server.entry(entry.name.to_owned()).or_default();
            if let Some(description) = entry.description.filter(|_| summary.is_empty()) {
                *summary = Line::new(description).to_string();
            }
        }
    });
    overview.server = server.into_iter().map(|(name, summary)| Item { name, summary }).collect();
    overview.context.clone_from(&remote.target.context);
    overview
}

//! What the help of the program lists beside its own commands: those that can run now, by where they come from.
//!
//! From memory only: no server is asked, and no plugin is run.

use super::World;
use super::alias;
use super::known::{self, Remote};
use crate::model::{CommandWord, Line, Source, State};
use crate::resolve::{Remotes, catalogue};

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
    let remote = Remote::of(world).ok();
    let names = remote.as_ref().map(|remote| remote.names(world.store().as_ref())).unwrap_or_default();
    overview.context = remote.and_then(|remote| remote.target.context);
    let known = catalogue(known::origins(known::local_names(world)), Remotes::new(known::origins(names)));
    for entry in known.into_iter().filter(|entry| entry.shadowed.is_none()) {
        let command = entry.command;
        let runs = matches!(command.state(), State::Ready)
            && command.way().is_some_and(|way| way.missing_in_this_build().is_none())
            && CommandWord::new(command.name().as_str()).is_ok();
        if !runs {
            continue;
        }
        let summary = command.find(|origin| origin.description.as_ref()).map(Line::to_string);
        let item = Item { name: command.name().to_string(), summary: summary.unwrap_or_default() };
        match command.source() {
            Source::Local | Source::Native => overview.local.push(item),
            Source::Server | Source::Cluster => overview.server.push(item),
        }
    }
    overview
}

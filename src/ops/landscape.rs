//! The world as the resolver sees it: the file system for local names, the index for remote ones, and
//! nothing before it is asked for.

use super::World;
use super::known::Remote;
use crate::discovery::local::{Finder, LocalFolders};
use crate::discovery::native;
use crate::index::Names;
use crate::model::{CommandWord, Origin};
use crate::resolve::{Remotes, View};
use std::cell::OnceCell;

/// The view of one world.
#[derive(Debug)]
pub struct Landscape<'a> {
    world: &'a World,
    folders: LocalFolders,
    names: OnceCell<Names>,
    remotes: OnceCell<Remotes>,
}

impl<'a> Landscape<'a> {
    /// Looks at `world`; nothing is read yet.
    pub fn new(world: &'a World) -> Self {
        Self { world, folders: world.local_folders(), names: OnceCell::new(), remotes: OnceCell::new() }
    }

    /// The same with what was just learnt of the remote sources.
    pub fn with_names(world: &'a World, names: Names) -> Self {
        let landscape = Self::new(world);
        let _ = landscape.names.set(names);
        landscape
    }

    /// What is known of the remote sources.
    pub fn names(&self) -> &Names {
        self.names.get_or_init(|| {
            // Without a usable context there is no server, and what is local still runs.
            Remote::of(self.world).map(|remote| remote.names(self.world.store().as_ref())).unwrap_or_default()
        })
    }
}

impl View for Landscape<'_> {
    fn local<'a>(&'a self, stems: Vec<String>) -> Box<dyn Iterator<Item = Origin> + 'a> {
        // One finder for all questions would be a field that borrows its neighbour; it is free to make.
        Box::new(Finder::new(&self.folders).find(stems))
    }

    fn native(&self, name: &CommandWord) -> Option<Origin> {
        native::find(self.folders.plugins.as_deref(), name)
    }

    fn remotes(&self) -> &Remotes {
        self.remotes.get_or_init(|| Remotes::new(self.names().origins().cloned()))
    }
}

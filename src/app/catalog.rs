//! The commands as the resolver sees them: the file system for local names, the index for remote ones, and
//! nothing before it is asked for.

use super::App;
use crate::discovery::local::{Finder, LocalFolders, bundled};
use crate::discovery::native;
use crate::index::Names;
use crate::model::{CommandWord, Origin};
use crate::resolve::{CommandSource, RemoteCommands};
use std::cell::OnceCell;

/// The commands of one run.
#[derive(Debug)]
pub struct CommandCatalog<'a> {
    app: &'a App,
    folders: LocalFolders,
    known: OnceCell<(Names, RemoteCommands)>,
}

impl<'a> CommandCatalog<'a> {
    /// Creates the view; nothing is read yet.
    pub fn new(app: &'a App) -> Self {
        Self { app, folders: app.local_folders(), known: OnceCell::new() }
    }

    /// The same with a fresh index of the remote sources.
    pub fn with_names(app: &'a App, names: Names) -> Self {
        Self { known: OnceCell::from(sorted(names)), ..Self::new(app) }
    }

    /// When the remote sources answered; what they answered is in the remotes.
    pub fn names(&self) -> &Names {
        &self.known().0
    }

    fn known(&self) -> &(Names, RemoteCommands) {
        self.known.get_or_init(|| {
            // Without a usable context there is no server, and what is local still runs.
            let remote = self.app.remote();
            sorted(remote.map(|remote| remote.names(self.app.store().as_ref())).unwrap_or_default())
        })
    }
}

fn sorted(mut names: Names) -> (Names, RemoteCommands) {
    let remotes = RemoteCommands::new(names.take_origins());
    (names, remotes)
}

impl CommandSource for CommandCatalog<'_> {
    fn local<'a>(&'a self, stems: Vec<String>) -> Box<dyn Iterator<Item = Origin> + 'a> {
        // One finder for all questions would be a field that borrows its neighbour; it is free to make.
        Box::new(Finder::new(&self.folders).find(stems))
    }

    fn bundled(&self, word: &CommandWord) -> Option<Origin> {
        bundled::find(word.as_str())
    }

    fn native(&self, name: &CommandWord) -> Option<Origin> {
        native::find(&self.folders, name)
    }

    fn remotes(&self) -> &RemoteCommands {
        &self.known().1
    }
}

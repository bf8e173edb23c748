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
    /// What the remote sources said just now; `None` where what is known of them is to be looked up.
    fresh: Option<(Names, RemoteCommands)>,
    /// What is known of them as far as the first word that was looked up may mean it: the rest of a long list costs nothing then.
    near: OnceCell<(CommandWord, Names, RemoteCommands)>,
    known: OnceCell<(Names, RemoteCommands)>,
}

impl<'a> CommandCatalog<'a> {
    /// Creates the view; nothing is read yet.
    pub fn new(app: &'a App) -> Self {
        Self { app, folders: app.local_folders(), fresh: None, near: OnceCell::new(), known: OnceCell::new() }
    }

    /// The same with a fresh index of the remote sources.
    pub fn with_names(app: &'a App, names: Names) -> Self {
        Self { fresh: Some(sorted(names)), ..Self::new(app) }
    }

    /// When the remote sources answered, and what was asked of their plugins; not what they answered.
    pub fn names(&self) -> &Names {
        match (&self.fresh, self.near.get()) {
            (Some((names, _)), _) | (None, Some((_, names, _))) => names,
            (None, None) => &self.known().0,
        }
    }

    /// Calls `each` with the name of every command that is known of the remote sources, and its aliases; but for those that cannot be
    /// commands at all. In no order, and one may come twice.
    pub fn for_each_remote_name(&self, mut each: impl FnMut(&str, &mut dyn Iterator<Item = &str>)) {
        if let Some((_, remotes)) = &self.fresh {
            for command in remotes.commands().filter(|command| !command.state().is_broken()) {
                each(command.name().as_str(), &mut command.aliases().into_iter().map(CommandWord::as_str));
            }
        } else if let (Ok(remote), Some(store)) = (self.app.remote(), self.app.store()) {
            remote.for_each_name(&store, |entry| {
                if !entry.is_broken {
                    each(entry.name, &mut entry.aliases.iter().copied());
                }
            });
        }
    }

    fn known(&self) -> &(Names, RemoteCommands) {
        self.known.get_or_init(|| {
            // Without a usable context there is no server, and what is local still runs.
            let remote = self.app.remote();
            sorted(remote.map(|remote| remote.names(self.app.store().as_ref())).unwrap_or_default())
        })
    }

    fn near(&self, word: &CommandWord) -> &(CommandWord, Names, RemoteCommands) {
        self.near.get_or_init(|| {
            let remote = self.app.remote();
            let names = remote.map(|remote| remote.names_for(self.app.store().as_ref(), word));
            let (names, remotes) = sorted(names.unwrap_or_default());
            (word.clone(), names, remotes)
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

    fn remotes_for(&self, word: &CommandWord) -> &RemoteCommands {
        if let Some((_, remotes)) = &self.fresh {
            return remotes;
        }
        match self.near(word) {
            (first, _, remotes) if first == word => remotes,
            _ => &self.known().1,
        }
    }
}

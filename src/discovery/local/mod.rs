//! The source `local`: executables `everestctl-NAME` in the plugin folder, then on PATH.
//!
//! * [`Finder`] answers for one name with a few `stat`s: dispatch;
//! * [`scan()`] lists everything: `plugin list`, help, suggestions;
//! * [`bundled`] finds the programs of bundled plugins, beside this binary;
//! * `rules` judges one file, one function for each rule, the same for both;
//! * [`sidecar`] reads what a plugin says of itself. No executable is ever run to learn about it.

pub mod bundled;
mod finder;
pub(super) mod rules;
mod scan;
pub mod sidecar;

pub use finder::Finder;
pub use scan::scan;

use crate::model::OriginPlace;
use std::path::{Path, PathBuf};

/// What the file name of every local plugin starts with.
pub const PREFIX: &str = "everestctl-";

/// The folders that hold local plugins.
#[derive(Clone, Debug, Default)]
pub struct LocalFolders {
    /// The plugin folder.
    pub plugins: Option<PathBuf>,
    /// The set of installed packages.
    pub installed: Option<PathBuf>,
    /// The folders of PATH.
    pub path: Vec<PathBuf>,
}

impl LocalFolders {
    /// The folders that are everestctl's own, in order of precedence.
    pub fn own_places(&self) -> impl Iterator<Item = (OriginPlace, &Path)> {
        self.places().filter(|(place, _)| !matches!(place, OriginPlace::Path(_)))
    }

    /// The folders in order of precedence.
    pub fn places(&self) -> impl Iterator<Item = (OriginPlace, &Path)> {
        let plugins = self.plugins.iter().map(|folder| (OriginPlace::PluginFolder, folder.as_path()));
        let installed = self.installed.iter().map(|folder| (OriginPlace::Installed, folder.as_path()));
        let path =
            (0_u32..).zip(&self.path).map(|(number, folder)| (OriginPlace::Path(number), folder.as_path()));
        plugins.chain(installed).chain(path)
    }
}

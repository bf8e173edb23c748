//! Where everestctl keeps its files: design section 7, on every platform through `dirs`.

use super::Environment;
use crate::error::{ExitCode, Explain, exit};
use crate::model::quoted;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The variable that moves all folders.
pub const HOME: &str = "EVERESTCTL_HOME";
/// The variable that moves the plugin folder.
pub const PLUGIN_DIR: &str = "EVERESTCTL_PLUGIN_DIR";
/// The variable that moves the cache.
pub const CACHE_DIR: &str = "EVERESTCTL_CACHE_DIR";
/// The system's variable for what ends with the user's session.
const RUNTIME_DIR: &str = "XDG_RUNTIME_DIR";
/// The variable that names the config file shared with the Go CLI.
pub const CONFIG_FILE: &str = "EVEREST_CONFIG";

/// Where everestctl keeps its files. A place is `None` when the system names no home for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders {
    /// The config file shared with the Go CLI.
    pub config_file: Option<PathBuf>,
    /// Whether its folder is for that file alone, and not one that the user named.
    pub owns_config_folder: bool,
    /// The folder of local plugins.
    pub plugins: Option<PathBuf>,
    /// What is installed.
    pub data: Option<PathBuf>,
    /// What can be deleted at any time without loss.
    pub cache: Option<PathBuf>,
    /// What programs remember of a user's work: the histories of shells.
    pub state: Option<PathBuf>,
    /// What is for as long as the user is there.
    pub runtime: Option<PathBuf>,
}

/// A variable names a folder by a path that depends on where the user stands.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} must be an absolute path, not `{}`", path.display())]
pub struct RelativeFolder {
    variable: &'static str,
    path: PathBuf,
}

impl Explain for RelativeFolder {
    fn exit_code(&self) -> ExitCode {
        exit::USAGE
    }

    fn hints(&self) -> Vec<String> {
        vec![format!("export {}=\"$PWD\"/{}", self.variable, quoted(&self.path.to_string_lossy()))]
    }
}

impl Folders {
    /// The folders as the environment and the platform have them.
    pub fn new(environment: &Environment) -> Result<Self, RelativeFolder> {
        let home = absolute(environment, HOME)?;
        let under_home = |name: &str| home.as_ref().map(|home| home.join(name));
        Ok(Self {
            config_file: environment
                .os(CONFIG_FILE)
                .map(PathBuf::from)
                .or_else(|| under_home("config/config.yaml"))
                .or_else(|| Some(usable(dirs::config_dir())?.join("everest/config.yaml"))),
            owns_config_folder: environment.os(CONFIG_FILE).is_none(),
            plugins: absolute(environment, PLUGIN_DIR)?
                .or_else(|| under_home("plugins"))
                .or_else(|| Some(usable(dirs::data_dir())?.join("everestctl/plugins"))),
            data: under_home("data").or_else(|| Some(usable(dirs::data_dir())?.join("everestctl"))),
            cache: absolute(environment, CACHE_DIR)?
                .or_else(|| under_home("cache"))
                .or_else(|| Some(usable(dirs::cache_dir())?.join("everestctl"))),
            state: under_home("state").or_else(|| {
                let folder = dirs::state_dir().or_else(dirs::data_dir);
                Some(usable(folder)?.join("everestctl"))
            }),
            runtime: environment
                .os(RUNTIME_DIR)
                .and_then(|folder| Some(usable(Some(folder.into()))?.join("everestctl"))),
        })
    }

    /// Where what lasts as long as a process can be, the best first.
    pub fn for_a_run(&self) -> impl Iterator<Item = PathBuf> + use<> {
        let in_cache = self.cache.as_ref().map(|cache| cache.join("run"));
        self.runtime.clone().into_iter().chain(in_cache)
    }
}

/// The folders of PATH in order: the empty and the relative ones would mean the current directory and
/// are left out, and so is a folder that is listed twice.
pub fn of_path(path: Option<&OsStr>) -> Vec<PathBuf> {
    let mut seen = BTreeSet::new();
    let folders = path.map(std::env::split_paths).into_iter().flatten();
    folders.filter(|folder| folder.is_absolute() && seen.insert(folder.clone())).collect()
}

/// The value of PATH with `folder` in front.
pub fn with_first(folder: &Path, path: Option<&OsStr>) -> std::io::Result<std::ffi::OsString> {
    let rest = path.map(std::env::split_paths).into_iter().flatten();
    std::env::join_paths(std::iter::once(folder.to_owned()).chain(rest)).map_err(std::io::Error::other)
}

/// Where kubectl looks: the files of `KUBECONFIG`, else `~/.kube/config`.
pub fn kubeconfig_files(environment: &Environment) -> Vec<PathBuf> {
    let named: Vec<PathBuf> = environment
        .os("KUBECONFIG")
        .map(std::env::split_paths)
        .into_iter()
        .flatten()
        .filter(|path| path != Path::new(""))
        .collect();
    if named.is_empty() {
        usable(dirs::home_dir()).map(|home| home.join(".kube/config")).into_iter().collect()
    } else {
        named
    }
}

/// A relative HOME would make a home of the current directory.
fn usable(folder: Option<PathBuf>) -> Option<PathBuf> {
    folder.filter(|folder| folder.is_absolute())
}

fn absolute(environment: &Environment, variable: &'static str) -> Result<Option<PathBuf>, RelativeFolder> {
    let Some(path) = environment.os(variable).map(PathBuf::from) else { return Ok(None) };
    if path.is_absolute() { Ok(Some(path)) } else { Err(RelativeFolder { variable, path }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_variable_moves_all_and_each_its_own() {
        let environment =
            Environment::from_iter([(HOME, "/e"), (CACHE_DIR, "/c"), (CONFIG_FILE, "relative.yaml")]);
        let folders = Folders::new(&environment).unwrap();
        assert_eq!(folders.plugins.as_deref(), Some(Path::new("/e/plugins")));
        assert_eq!(folders.cache.as_deref(), Some(Path::new("/c")));
        assert_eq!(folders.config_file.as_deref(), Some(Path::new("relative.yaml")));
    }

    #[test]
    fn a_relative_folder_is_refused() {
        let error = Folders::new(&Environment::from_iter([(PLUGIN_DIR, "plugins")])).unwrap_err();
        assert_eq!(error.to_string(), "EVERESTCTL_PLUGIN_DIR must be an absolute path, not `plugins`");
    }

    #[test]
    fn the_current_directory_is_never_a_folder_of_path() {
        let folders = of_path(Some(OsStr::new(":/a:.:b/c:/a::/d:")));
        assert_eq!(folders, [PathBuf::from("/a"), PathBuf::from("/d")]);
    }
}

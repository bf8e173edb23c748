//! Manifests in folders: `DIR/NAME/manifest.yaml`, or `DIR/manifest.yaml` where DIR is the folder of one plugin, each
//! with a `host.yaml` beside it.

use super::frontend_files::FrontendFiles;
use super::host_file;
use super::manifest;
use super::registry::{Registry, ServedPlugin};
use crate::Log;
use crate::backends::sources::is_built;
use crate::backends::{Backends, Launch};
use everestctl::sys::files;
use everestctl::yaml;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

const LARGEST: u64 = 1024 * 1024;
const MANIFEST: &str = "manifest.yaml";
/// How long a change may go on before it is read: editors and `kubectl` write in several steps.
const SETTLE: Duration = Duration::from_millis(100);

/// Folders of manifests that are watched for changes.
pub struct ManifestFolders {
    places: Vec<PathBuf>,
    registry: Arc<Registry>,
    backends: Arc<Backends>,
    log: Log,
    /// What was said of each folder; only what is new is said again.
    said: BTreeMap<PathBuf, BTreeSet<String>>,
    /// The folders outside of `places` that sources of backends are in.
    outside: BTreeSet<PathBuf>,
}

impl ManifestFolders {
    /// Watches `places`.
    pub fn new(places: Vec<PathBuf>, registry: Arc<Registry>, backends: Arc<Backends>, log: Log) -> Self {
        Self { places, registry, backends, log, said: BTreeMap::new(), outside: BTreeSet::new() }
    }

    /// Reads everything once, and again whenever something changes, until the host ends.
    pub fn start(mut self) -> io::Result<()> {
        if self.places.is_empty() {
            return Ok(());
        }
        let changed = Arc::new(Notify::new());
        let (tell, places) = (Arc::clone(&changed), self.places.clone());
        let mut watcher: RecommendedWatcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                // Reading a file, which the host does too, is not a change.
                let matters = |event: notify::Event| {
                    !event.kind.is_access() && !event.paths.iter().all(|path| is_noise(path, &places))
                };
                if event.map_or(true, matters) {
                    tell.notify_one();
                }
            })
            .map_err(io::Error::other)?;
        for folder in &self.places {
            watcher.watch(folder, RecursiveMode::Recursive).map_err(|error| {
                io::Error::other(format!("could not watch folder {}: {error}", folder.display()))
            })?;
        }
        self.load_all(&mut watcher);
        tokio::spawn(async move {
            loop {
                changed.notified().await;
                tokio::time::sleep(SETTLE).await;
                self.load_all(&mut watcher);
            }
        });
        Ok(())
    }

    fn load_all(&mut self, watcher: &mut RecommendedWatcher) {
        for folder in self.places.clone() {
            let outside = self.load(&folder);
            for place in outside {
                if self.outside.insert(place.clone())
                    && watcher.watch(&place, RecursiveMode::NonRecursive).is_err()
                {
                    self.log.trouble(&format!("could not watch folder {}", place.display()));
                }
            }
        }
    }

    /// Reads the manifests of one folder. One that is wrong is reported and left out. Gives the folders elsewhere that
    /// sources of its backends are in.
    fn load(&mut self, folder: &Path) -> BTreeSet<PathBuf> {
        let mut plugins = BTreeMap::new();
        let mut launches = BTreeMap::new();
        let mut problems = BTreeSet::new();
        let mut names = files::names_in(folder).unwrap_or_default();
        names.sort();
        // The folder of one plugin is taken as what it is.
        let insides =
            std::iter::once(folder.to_owned()).chain(names.into_iter().map(|name| folder.join(name)));
        for inside in insides {
            match read(&inside) {
                Ok(Some((plugin, launch))) => {
                    let name = plugin.manifest.name().to_owned();
                    launches.extend(launch.map(|launch| (name.clone(), launch)));
                    plugins.insert(name, plugin);
                }
                Ok(None) => {}
                Err(why) => {
                    problems.insert(format!("skipped {}: {why}", inside.join(MANIFEST).display()));
                }
            }
        }
        if plugins.is_empty() && problems.is_empty() {
            problems.insert(format!("no plugins in {0}: expected {0}/NAME/{MANIFEST}", folder.display()));
        }
        let before = self.said.insert(folder.to_owned(), problems.clone()).unwrap_or_default();
        problems.difference(&before).for_each(|problem| self.log.trouble(problem));
        let elsewhere = |path: &Path| !self.places.iter().any(|place| path.starts_with(place));
        let sources = launches.values().flat_map(|launch: &Launch| launch.sources.folders());
        let sources = sources.filter(|path| elsewhere(path)).map(Path::to_owned).collect();
        let origin = folder.display().to_string();
        self.backends.keep(&origin, launches);
        self.registry.replace(&origin, plugins);
        sources
    }
}

/// Whether a change at `path` is of no interest: inside what a plugin builds, fetches or caches.
fn is_noise(path: &Path, places: &[PathBuf]) -> bool {
    let below = places.iter().find_map(|place| path.strip_prefix(place).ok());
    below.is_some_and(|below| {
        let inner = below.components().skip(1);
        inner.filter_map(|part| part.as_os_str().to_str()).any(is_built)
    })
}

/// The plugin in the folder `inside`; `None` when there is no manifest.
fn read(inside: &Path) -> Result<Option<(ServedPlugin, Option<Launch>)>, String> {
    let content = match files::read(&inside.join(MANIFEST), LARGEST) {
        Ok(content) => content,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(error.to_string()),
    };
    let value = yaml::explained(&content).map_err(|error| error.to_string())?;
    let manifest = manifest::read(&value)?;
    let host = host_file::read(inside)?;
    let credentials = host_file::credentials(&host, inside)?;
    let frontend = host.frontend.as_ref().map(|folder| FrontendFiles::new(inside.join(folder)));
    let (target, launch) = host_file::target(&manifest, host, inside)?;
    Ok(Some((ServedPlugin { manifest, target, credentials, frontend }, launch)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plugin_builds_or_caches_is_noise_and_its_own_name_is_none() {
        let places = [PathBuf::from("/p")];
        for (path, expected) in [
            ("/p/snake/__pycache__/server.pyc", true),
            ("/p/snake/.git/index", true),
            ("/p/snake/web/node_modules/x/index.js", true),
            ("/p/snake/server.py", false),
            ("/p/build/manifest.yaml", false),
            ("/elsewhere/target/debug/snake", false),
        ] {
            assert_eq!(is_noise(Path::new(path), &places), expected, "{path}");
        }
    }
}

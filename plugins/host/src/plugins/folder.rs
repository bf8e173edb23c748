//! Manifests in folders: `DIR/NAME/manifest.yaml`, or `DIR/manifest.yaml` where DIR is the folder of one plugin, each
//! with a `host.yaml` beside it.

use super::frontend_files::FrontendFiles;
use super::host_file;
use super::manifest;
use super::registry::{Registry, ServedPlugin};
use crate::Log;
use crate::backends::sources::is_built;
use crate::backends::{Backends, Launch};
use everestctl::sys::files::{self, FileFacts};
use everestctl::yaml;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

const LARGEST: u64 = 1024 * 1024;
const MANIFEST: &str = "manifest.yaml";
const HOST_FILE: &str = "host.yaml";
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
    /// The folders that sources of backends are in, by the place whose backends they are.
    sources: Arc<Mutex<BTreeMap<PathBuf, BTreeSet<PathBuf>>>>,
}

impl ManifestFolders {
    /// Watches `places`.
    pub fn new(places: Vec<PathBuf>, registry: Arc<Registry>, backends: Arc<Backends>, log: Log) -> Self {
        Self { places, registry, backends, log, said: BTreeMap::new(), sources: Arc::default() }
    }

    /// Reads everything once, and again whenever something changes, until the host ends.
    pub fn start(mut self) -> io::Result<()> {
        if self.places.is_empty() {
            return Ok(());
        }
        let changed = Arc::new(Notify::new());
        let (tell, sources) = (Arc::clone(&changed), Arc::clone(&self.sources));
        // The folder of one plugin, or one of such folders.
        let holds_a_plugin = |place: &PathBuf| {
            [MANIFEST, HOST_FILE].iter().any(|name| FileFacts::from_path(&place.join(name)).is_ok())
        };
        let places: Vec<_> =
            self.places.iter().map(|place| (place.clone(), usize::from(!holds_a_plugin(place)))).collect();
        let mut watcher: RecommendedWatcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                let is_source = |path: &Path| {
                    let sources = sources.lock().unwrap_or_else(PoisonError::into_inner);
                    path.parent()
                        .is_some_and(|folder| sources.values().any(|of_place| of_place.contains(folder)))
                };
                // Reading a file, which the host does too, is not a change.
                let matters = |event: notify::Event| {
                    !event.kind.is_access()
                        && !event.paths.iter().all(|path| is_noise(path, &places) && !is_source(path))
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
        let before = self.sources_elsewhere();
        for folder in self.places.clone() {
            self.load(&folder);
        }
        let now = self.sources_elsewhere();
        for folder in before.difference(&now) {
            // One that has gone is watched no more.
            let _ = watcher.unwatch(folder);
        }
        for folder in now.difference(&before) {
            if watcher.watch(folder, RecursiveMode::NonRecursive).is_err() {
                self.log.trouble(&format!("could not watch folder {}", folder.display()));
            }
        }
    }

    /// The folders of sources that no watched place holds.
    fn sources_elsewhere(&self) -> BTreeSet<PathBuf> {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let is_elsewhere = |folder: &&PathBuf| !self.places.iter().any(|place| folder.starts_with(place));
        sources.values().flatten().filter(is_elsewhere).cloned().collect()
    }

    /// Reads the manifests of one folder. One that is wrong is reported and left out.
    fn load(&mut self, folder: &Path) {
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
                Ok(FolderOf::ServerPlugin(plugin, launch)) => {
                    let name = plugin.manifest.name().to_owned();
                    launches.extend(launch.map(|launch| (name.clone(), *launch)));
                    plugins.insert(name, *plugin);
                }
                Ok(FolderOf::LocalPlugin(launch)) => {
                    let name = inside.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    launches.insert(name, *launch);
                }
                Ok(FolderOf::Others) => {}
                Err(why) => {
                    problems.insert(format!("skipped {}: {why}", inside.join(MANIFEST).display()));
                }
            }
        }
        if plugins.is_empty() && launches.is_empty() && problems.is_empty() {
            problems.insert(format!("no plugins in {0}: expected {0}/NAME/{MANIFEST}", folder.display()));
        }
        let before = self.said.insert(folder.to_owned(), problems.clone()).unwrap_or_default();
        problems.difference(&before).for_each(|problem| self.log.trouble(problem));
        let sources = launches.values().flat_map(|launch: &Launch| launch.sources.folders());
        let sources = sources.map(Path::to_owned).collect();
        self.sources.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned(), sources);
        let origin = folder.display().to_string();
        self.backends.keep(&origin, launches);
        self.registry.replace(&origin, plugins);
    }
}

/// Whether a change at `path` is of no interest: inside what a plugin builds, fetches or caches. Each place has the number of
/// names from there to the folder of a plugin.
fn is_noise(path: &Path, places: &[(PathBuf, usize)]) -> bool {
    let below = places.iter().find_map(|(place, depth)| Some((path.strip_prefix(place).ok()?, *depth)));
    below.is_some_and(|(below, depth)| {
        let inner = below.components().skip(depth);
        inner.filter_map(|part| part.as_os_str().to_str()).any(is_built)
    })
}

/// What a folder holds.
enum FolderOf {
    /// A server plugin, and the command to start for it.
    ServerPlugin(Box<ServedPlugin>, Option<Box<Launch>>),
    /// A local plugin, which is built here.
    LocalPlugin(Box<Launch>),
    /// Nothing of a plugin's.
    Others,
}

/// What the folder `inside` holds.
fn read(inside: &Path) -> Result<FolderOf, String> {
    let content = match files::read(&inside.join(MANIFEST), LARGEST) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(FolderOf::Others),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let build = host_file::local_build(&host_file::read(inside)?, inside)?;
            return Ok(build.map_or(FolderOf::Others, |launch| FolderOf::LocalPlugin(Box::new(launch))));
        }
        Err(error) => return Err(error.to_string()),
    };
    let value = yaml::explained(&content).map_err(|error| error.to_string())?;
    let manifest = manifest::read(&value)?;
    let host = host_file::read(inside)?;
    let credentials = host_file::credentials(&host, inside)?;
    let frontend = host.frontend.as_ref().map(|folder| FrontendFiles::new(inside.join(folder)));
    let (target, launch) = host_file::target(&manifest, host, inside)?;
    let plugin = ServedPlugin { manifest, target, credentials, frontend };
    Ok(FolderOf::ServerPlugin(Box::new(plugin), launch.map(Box::new)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plugin_builds_or_caches_is_noise_and_its_own_name_is_none() {
        let places = [(PathBuf::from("/p"), 1), (PathBuf::from("/one"), 0)];
        for (path, expected) in [
            ("/p/snake/__pycache__/server.pyc", true),
            ("/p/snake/.git/index", true),
            ("/p/snake/web/node_modules/x/index.js", true),
            ("/p/snake/server.py", false),
            ("/p/build/manifest.yaml", false),
            ("/elsewhere/target/debug/snake", false),
            ("/one/target/debug/snake", true),
            ("/one/server.py", false),
        ] {
            assert_eq!(is_noise(Path::new(path), &places), expected, "{path}");
        }
    }
}

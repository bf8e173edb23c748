//! Manifests in folders: `DIR/NAME/manifest.yaml`, with a `host.yaml` beside it that says where the backend
//! is on this machine.
//!
//! ```yaml
//! url: http://127.0.0.1:9000            # a backend that runs already, or:
//! command: [python3, server.py]         # one that the host starts here, with EVEREST_API_URL
//! listen: port                          # how it gets its socket: socket, unix or port (default port)
//! readiness: /healthz                   # the path that answers when it is ready (default /healthz)
//! environment: { LOG_LEVEL: debug }     # further variables
//! inherit: [DATABASE_URL]               # variables of the user's that it gets, beside PATH and the like
//! credentialsFile: token.txt            # a secret that goes out instead of the caller's credentials
//! ```

use super::manifest::{self, Manifest};
use super::registry::{ProxyTarget, Registry, ServedPlugin};
use crate::backends::{Backends, Launch, Listen, environment};
use crate::state::Log;
use axum::http::HeaderValue;
use everestctl::sys::files;
use everestctl::yaml;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

const LARGEST: u64 = 1024 * 1024;
/// How long a change may go on before it is read: editors and `kubectl` write in several steps.
const SETTLE: Duration = Duration::from_millis(100);

/// What `host.yaml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct HostFile {
    /// A backend that runs already.
    pub url: Option<String>,
    /// The words of a command that the host starts.
    pub command: Option<Vec<String>>,
    /// The path that answers when the command is ready.
    pub readiness: Option<String>,
    /// How the command gets its socket.
    pub listen: Option<Listen>,
    /// Further variables for the command.
    pub environment: BTreeMap<String, String>,
    /// Variables of the user's that it gets.
    pub inherit: Vec<String>,
    /// A file with a secret that goes out instead of the caller's credentials.
    pub credentials_file: Option<PathBuf>,
}

/// Folders of manifests that are watched for changes.
pub struct ManifestFolders {
    places: Vec<PathBuf>,
    registry: Arc<Registry>,
    backends: Arc<Backends>,
    log: Log,
}

impl ManifestFolders {
    /// Watches `places`.
    pub fn new(places: Vec<PathBuf>, registry: Arc<Registry>, backends: Arc<Backends>, log: Log) -> Self {
        Self { places, registry, backends, log }
    }

    /// Reads everything once, and again whenever something changes, until the host ends.
    pub fn start(self) -> io::Result<()> {
        for folder in &self.places {
            self.load(folder);
        }
        if self.places.is_empty() {
            return Ok(());
        }
        let changed = Arc::new(Notify::new());
        let tell = Arc::clone(&changed);
        let mut watcher: RecommendedWatcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                // Reading a file, which the host does too, is not a change.
                if event.map_or(true, |event| !event.kind.is_access()) {
                    tell.notify_one();
                }
            })
            .map_err(io::Error::other)?;
        for folder in &self.places {
            watcher.watch(folder, RecursiveMode::Recursive).map_err(|error| {
                io::Error::other(format!("could not watch folder {}: {error}", folder.display()))
            })?;
        }
        tokio::spawn(async move {
            // The watcher stops when it is dropped.
            let _watcher = watcher;
            loop {
                changed.notified().await;
                tokio::time::sleep(SETTLE).await;
                for folder in &self.places {
                    self.load(folder);
                }
            }
        });
        Ok(())
    }

    /// Reads the manifests of one folder. One that is wrong is reported and left out.
    fn load(&self, folder: &Path) {
        let mut plugins = BTreeMap::new();
        let mut launches = BTreeMap::new();
        let mut names = files::names_in(folder).unwrap_or_default();
        names.sort();
        for name in names {
            let inside = folder.join(name);
            let path = inside.join("manifest.yaml");
            match read(&inside, &path) {
                Ok(Some((plugin, launch))) => {
                    let name = plugin.manifest.name().to_owned();
                    launches.extend(launch.map(|launch| (name.clone(), launch)));
                    plugins.insert(name, plugin);
                }
                Ok(None) => {}
                Err(why) => (self.log)(&format!("skipped {}: {why}", path.display())),
            }
        }
        let origin = folder.display().to_string();
        self.backends.keep(&origin, launches);
        self.registry.replace(&origin, plugins);
    }
}

/// The plugin in the folder `inside`; `None` when there is no manifest.
fn read(inside: &Path, path: &Path) -> Result<Option<(ServedPlugin, Option<Launch>)>, String> {
    let content = match files::read(path, LARGEST) {
        Ok(content) => content,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(error.to_string()),
    };
    let value = yaml::from_slice(&content).map_err(|error| error.to_string())?;
    let manifest = manifest::read(&value)?;
    let host = match files::read(&inside.join("host.yaml"), LARGEST) {
        Ok(content) => yaml::from_slice(&content).map_err(|error| format!("host.yaml: {error}"))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => HostFile::default(),
        Err(error) => return Err(format!("host.yaml: {error}")),
    };
    let credentials = match &host.credentials_file {
        Some(file) => {
            let content = files::read(&inside.join(file), 64 * 1024)
                .map_err(|error| format!("credentialsFile: {error}"))?;
            Some(bearer(&content)?)
        }
        None => None,
    };
    let (target, launch) = target(&manifest, host, inside)?;
    Ok(Some((ServedPlugin { manifest, target, credentials }, launch)))
}

/// The secret of a file as it goes out. A file that holds anything else is refused: without its secret a request would go out
/// with the caller's own token.
fn bearer(content: &[u8]) -> Result<HeaderValue, String> {
    let secret = content.trim_ascii();
    let value = [b"Bearer ", secret].concat();
    let is_one_word = !secret.is_empty() && secret.iter().all(u8::is_ascii_graphic);
    let value = is_one_word.then(|| HeaderValue::from_bytes(&value).ok()).flatten();
    let mut value =
        value.ok_or("credentialsFile: must contain one secret, a word of printable ASCII characters")?;
    value.set_sensitive(true);
    Ok(value)
}

fn target(
    manifest: &Manifest,
    host: HostFile,
    inside: &Path,
) -> Result<(ProxyTarget, Option<Launch>), String> {
    let uri = |text: &str| {
        text.parse::<http::Uri>().map_err(|error| format!("`{text}` is not a valid URL: {error}"))
    };
    let Some(backend) = &manifest.spec.backend else { return Ok((ProxyTarget::None, None)) };
    if let Some(url) = &backend.external_url {
        return Ok((ProxyTarget::Url(uri(url)?), None));
    }
    match (host.url, host.command) {
        (Some(_), Some(_)) => Err("host.yaml: only one of url and command is allowed".to_owned()),
        (_, None) if host.listen.is_some() || !host.inherit.is_empty() => {
            Err("host.yaml: listen and inherit are for a command, and there is none".to_owned())
        }
        (Some(url), None) => Ok((ProxyTarget::Url(uri(&url)?), None)),
        (None, Some(command)) if command.is_empty() => Err("host.yaml: the command is empty".to_owned()),
        (None, Some(command)) => {
            let listen = host.listen.unwrap_or_default();
            let texts = command.iter().chain(host.environment.values());
            let wrong = texts.filter_map(|text| listen.refuse(text));
            let wrong = wrong.chain(host.inherit.iter().filter_map(|name| environment::refuse(name)));
            if let Some(why) = wrong.into_iter().next() {
                return Err(format!("host.yaml: {why}"));
            }
            let launch = Launch {
                command,
                folder: inside.to_owned(),
                readiness: host.readiness.unwrap_or_else(|| "/healthz".to_owned()),
                listen,
                environment: host.environment,
                inherit: host.inherit,
            };
            Ok((ProxyTarget::Command, Some(launch)))
        }
        (None, None) => Ok((ProxyTarget::Unresolved("no host.yaml next to the manifest".to_owned()), None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_word_or_refused() {
        for content in ["secret", "secret\n", "  a.b-c_d==\r\n"] {
            let value = bearer(content.as_bytes()).unwrap();
            assert_eq!(value, format!("Bearer {}", content.trim()));
            assert!(!format!("{value:?}").contains(content.trim()));
        }
        let wrong: [&[u8]; 8] =
            [b"", b"\n", b"a\n# rotate in May", b"a b", b"a\x01b", b"\xef\xbb\xbfa", "ü".as_bytes(), b"\xff"];
        for content in wrong {
            assert!(bearer(content).unwrap_err().contains("one secret"), "{content:?}");
        }
    }
}

//! What a runtime said of an image, and as long as it would say the same: starting it to ask costs more than anything else
//! that comes before a container.
//!
//! Only podman can be known to say the same: its images are listed in one file, which is replaced whenever one of them
//! changes, and where that file is depends on its configuration. docker and nerdctl ask a daemon. It must not know where
//! this is kept.

use super::runtime::{ContainerRuntime, LocalImage, is_id};
use crate::model::FileIdentity;
use crate::sys::files::{self, FileFacts};
use crate::sys::{Environment, process};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A file that was looked at, and what it was; `None` where there was none.
pub type WatchedFile = (PathBuf, Option<FileIdentity>);

/// What was said of an image, and what has to stay as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageLookup {
    /// The image.
    pub image: LocalImage,
    /// The list of the images.
    pub list: WatchedFile,
    /// The configuration by which the list was found.
    pub configuration: Vec<WatchedFile>,
}

/// The variables that change what podman finds.
const VARIABLES: [&str; 11] = [
    "HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "CONTAINERS_CONF",
    "CONTAINERS_CONF_OVERRIDE",
    "CONTAINERS_STORAGE_CONF",
    "CONTAINERS_REGISTRIES_CONF",
    "STORAGE_DRIVER",
    "STORAGE_OPTS",
    "CONTAINER_HOST",
];
/// The files of its configuration, in each of its folders. Beside each may be a folder with more of it: `NAME.d`.
const FILES: [&str; 3] = ["containers.conf", "storage.conf", "registries.conf"];
/// How long it may take to say where its images are.
const PATIENCE: Duration = Duration::from_secs(10);

/// What tells the question for `image` from others; `None` where an answer cannot be known to stay.
pub(super) fn question(runtime: &ContainerRuntime<'_>, image: &str) -> Option<Vec<Vec<u8>>> {
    if runtime.name != "podman" {
        return None;
    }
    let mut parts = vec![runtime.path.as_os_str().as_encoded_bytes().to_vec(), image.as_bytes().to_vec()];
    parts.extend(VARIABLES.iter().map(|name| {
        runtime.environment().os(name).map(|value| value.as_encoded_bytes().to_vec()).unwrap_or_default()
    }));
    Some(parts)
}

impl ImageLookup {
    /// Whether the runtime would say the same now.
    pub(super) fn holds(&self) -> bool {
        // It was kept in a file: nothing but an ID may become an argument of the runtime.
        is_id(self.image.id.as_str()) && is_unchanged(&self.list) && self.knows_the_list()
    }

    /// Whether its list of images is still this file.
    fn knows_the_list(&self) -> bool {
        self.configuration.iter().all(is_unchanged)
    }

    /// Asks the runtime with `ask`, and what has to stay as it is for the answer; `before` is the last one.
    pub(super) fn make<E>(
        runtime: &ContainerRuntime<'_>,
        before: Option<Self>,
        ask: impl Fn() -> Result<Option<LocalImage>, E>,
    ) -> Result<(Option<LocalImage>, Option<Self>), E> {
        // The list is looked at before the runtime is asked: what changes meanwhile is seen the next time.
        if let Some(Self { list, configuration, .. }) = before.filter(Self::knows_the_list) {
            let list = watched(&list.0);
            let image = ask()?;
            let lookup = image.clone().map(|image| Self { image, list, configuration });
            return Ok((image, lookup));
        }
        let Some(first) = ask()? else { return Ok((None, None)) };
        let configuration = configuration(runtime);
        let list = list_of_images(runtime).map(|place| watched(&place));
        let Some(list) = list.filter(|(_, identity)| identity.is_some()) else {
            return Ok((Some(first), None));
        };
        let image = ask()?;
        let lookup = image.clone().map(|image| Self { image, list, configuration });
        Ok((image, lookup))
    }
}

fn watched(path: &Path) -> WatchedFile {
    (path.to_owned(), FileFacts::from_path(path).ok().map(|facts| facts.identity))
}

fn is_unchanged((path, before): &WatchedFile) -> bool {
    watched(path).1 == *before
}

/// The program and everything by which it finds its images.
fn configuration(runtime: &ContainerRuntime<'_>) -> Vec<WatchedFile> {
    let environment: &Environment = runtime.environment();
    let own = environment.os("XDG_CONFIG_HOME").map(PathBuf::from);
    let own = own.or_else(|| Some(Path::new(environment.os("HOME")?).join(".config")));
    let folders = ["/usr/share/containers", "/etc/containers"].map(PathBuf::from).into_iter();
    let folders = folders.chain(own.map(|folder| folder.join("containers")));
    let mut paths = vec![runtime.path.clone()];
    for folder in folders {
        for name in FILES {
            let more = folder.join(format!("{name}.d"));
            let names = files::names_in(&more).unwrap_or_default();
            paths.extend(names.into_iter().map(|name| more.join(name)));
            paths.extend([folder.join(name), more]);
        }
    }
    let named = VARIABLES.iter().filter(|name| name.starts_with("CONTAINERS_"));
    paths.extend(named.filter_map(|name| environment.os(name)).map(PathBuf::from));
    paths.iter().map(|path| watched(path)).collect()
}

/// Where podman lists its images, as far as that is one file of this machine.
fn list_of_images(runtime: &ContainerRuntime<'_>) -> Option<PathBuf> {
    let arguments = ["info", "--format=json"];
    let answer = process::answer_of_file(&runtime.path, &arguments, runtime.environment(), PATIENCE).ok()?;
    place_of_list(&answer)
}

/// The same by what `podman info` says.
fn place_of_list(answer: &[u8]) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Info {
        host: Host,
        store: Store,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Host {
        service_is_remote: bool,
    }
    #[derive(Deserialize)]
    struct Store {
        #[serde(rename = "graphDriverName")]
        driver: String,
        #[serde(rename = "graphRoot")]
        root: PathBuf,
        #[serde(rename = "graphOptions")]
        options: serde_json::Map<String, serde_json::Value>,
    }
    let Info { host, store } = serde_json::from_slice(answer).ok()?;
    // A further store of images has a list of its own.
    let has_further = store.options.keys().any(|option| option.to_ascii_lowercase().contains("imagestore"));
    if host.service_is_remote || has_further || store.driver.contains('/') {
        return None;
    }
    let folder = format!("{}-images", store.driver);
    Some(store.root.join(folder).join("images.json")).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(remote: bool, options: &str) -> Option<PathBuf> {
        let text = format!(
            r#"{{"host": {{"serviceIsRemote": {remote}}}, "store": {{"graphDriverName": "overlay",
                "graphRoot": "/var/lib/containers/storage", "graphOptions": {options}}}}}"#
        );
        place_of_list(text.as_bytes())
    }

    #[test]
    fn the_list_of_images_is_a_file_of_this_machine_or_none() {
        let expected = Path::new("/var/lib/containers/storage/overlay-images/images.json");
        assert_eq!(info(false, "{}").as_deref(), Some(expected));
        assert_eq!(info(false, r#"{"overlay.mountopt": "nodev"}"#).as_deref(), Some(expected));
        assert_eq!(info(true, "{}"), None);
        assert_eq!(info(false, r#"{"overlay.imagestore": "/usr/lib/containers/storage"}"#), None);
        assert_eq!(info(false, r#"{"overlay.additionalImageStores": {}}"#), None);
        assert_eq!(place_of_list(b"{}"), None);
    }

    #[test]
    fn an_answer_holds_as_long_as_its_files_do() {
        let folder = files::temporary_folder("images-").unwrap();
        let (list, settings) = (folder.path().join("images.json"), folder.path().join("storage.conf"));
        files::replace(&list, b"[]").unwrap();
        let id = crate::model::CleanText::new("sha256:0123456789abcdef");
        let image = LocalImage { id, digest: None, architecture: None };
        let lookup = ImageLookup { image, list: watched(&list), configuration: vec![watched(&settings)] };
        assert!(lookup.holds());
        files::replace(&settings, b"").unwrap();
        assert!(!lookup.holds(), "a file that was not there");
        let lookup = ImageLookup { configuration: vec![watched(&settings)], ..lookup };
        assert!(lookup.holds());
        files::replace(&list, b"[]").unwrap();
        assert!(!lookup.holds() && lookup.knows_the_list());
        let mut other = ImageLookup { list: watched(&list), ..lookup };
        assert!(other.holds());
        other.image.id = crate::model::CleanText::new("--privileged");
        assert!(!other.holds());
    }
}

//! What an author has to pack: the package of a local plugin, or the chart of a server plugin. Nothing is guessed where a folder has both.

use super::lint::subjects::{self, SubjectKind};
use super::pack::{self, PackError, PackedArchive};
use crate::chart::archive::{self, ChartArchive};
use crate::install::archive::LARGEST_ARCHIVE;
use crate::model::CleanText;
use crate::sys::{FileFacts, files};
use everestctl_protocol::package;
use std::path::{Path, PathBuf};

/// The folder that a server plugin has its chart in.
const CHART: &str = "chart";
/// What a server plugin calls its manifest.
const MANIFEST: &str = "manifest.yaml";

/// What there is to pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packable {
    /// A package, by its folder.
    Package(PathBuf),
    /// A chart, by its folder.
    Chart(PathBuf),
}

/// What is to be packed of `path`: a folder with a package, with a chart or with a chart in `chart/`, or the file that describes one of them.
pub fn find(path: &Path) -> Result<Packable, PackError> {
    if let Some(named) = named(path) {
        return Ok(named);
    }
    let inside = path.join(CHART);
    let chart = [path, &inside].into_iter().find(|folder| archive::is_folder(folder));
    let manifest = path.join(package::FILE);
    let shown = |path: &Path| CleanText::new(&path.to_string_lossy());
    match (FileFacts::from_path(&manifest).is_ok(), chart) {
        (true, Some(chart)) => Err(PackError::Both {
            folder: shown(path),
            package: shown(&manifest),
            chart: shown(&chart.join(archive::FILE)),
        }),
        (false, Some(chart)) => Ok(Packable::Chart(chart.to_owned())),
        (false, None) if is_server_plugin(path) => Err(PackError::NoChart(shown(path))),
        // It is said of a package what is missing in it.
        (_, None) => Ok(Packable::Package(path.to_owned())),
    }
}

/// What `path` is the description of, by its name.
pub fn named(path: &Path) -> Option<Packable> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match path.file_name()?.to_str()? {
        package::FILE => Some(Packable::Package(folder.to_owned())),
        archive::FILE => Some(Packable::Chart(folder.to_owned())),
        _ => None,
    }
}

fn is_server_plugin(folder: &Path) -> bool {
    let found = subjects::find(&folder.join(MANIFEST)).unwrap_or_default();
    found.iter().any(|subject| subject.kind == SubjectKind::Manifest)
}

/// A plugin in one file.
#[derive(Debug)]
pub enum PackedPlugin {
    /// The package of a local plugin.
    Package(Box<PackedArchive>),
    /// The chart of a server plugin, and what lies in its folder and is not in it.
    Chart(ChartArchive, Vec<String>),
}

impl PackedPlugin {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Package(packed) => &packed.manifest.name,
            Self::Chart(chart, _) => &chart.description.name,
        }
    }

    /// Its version.
    pub fn version(&self) -> &str {
        match self {
            Self::Package(packed) => &packed.manifest.version,
            Self::Chart(chart, _) => &chart.description.version,
        }
    }

    /// Its bytes.
    pub fn content(&self) -> &[u8] {
        match self {
            Self::Package(packed) => &packed.content,
            Self::Chart(chart, _) => &chart.content,
        }
    }

    /// What its file is called unless somebody says otherwise.
    pub fn file_name(&self) -> Result<String, PackError> {
        match self {
            Self::Package(packed) => pack::file_name(&packed.manifest),
            Self::Chart(chart, _) => Ok(chart.description.file_name()),
        }
    }

    /// The paths of its files, sorted.
    pub fn paths(&self) -> &[PathBuf] {
        match self {
            Self::Package(packed) => &packed.paths,
            Self::Chart(chart, _) => &chart.paths,
        }
    }

    /// What lies in its folder and is not in it: the first names.
    pub fn left_out(&self) -> &[String] {
        match self {
            Self::Package(packed) => &packed.left_out,
            Self::Chart(_, left_out) => left_out,
        }
    }
}

/// Packs what `path` names. `modified` is the time that each file gets, in seconds since 1970.
pub fn pack(path: &Path, modified: u64) -> Result<PackedPlugin, PackError> {
    match find(path)? {
        Packable::Package(folder) => pack::pack(&folder, modified).map(Box::new).map(PackedPlugin::Package),
        Packable::Chart(folder) => {
            let chart = archive::pack(&folder, modified)?;
            let left_out = pack::left_out(&folder, &chart.paths);
            Ok(PackedPlugin::Chart(chart, left_out))
        }
    }
}

/// What was packed into the file at `path`.
pub fn read(path: &Path) -> Result<PackedPlugin, PackError> {
    let content = files::read(path, LARGEST_ARCHIVE as u64).unwrap_or_default();
    match chart(&content, &path.display().to_string())? {
        Some(chart) => Ok(PackedPlugin::Chart(chart, Vec::new())),
        // It is said of a package what is wrong with it.
        None => pack::read(path).map(Box::new).map(PackedPlugin::Package),
    }
}

/// The chart whose archive is `content`, which came from `place`; nothing if it is something else.
pub fn chart(content: &[u8], place: &str) -> Result<Option<ChartArchive>, PackError> {
    if !archive::is_one(content) {
        return Ok(None);
    }
    let chart = archive::read(content.to_vec(), place)?;
    if chart.paths.iter().any(|path| path == Path::new(package::FILE)) {
        return Err(PackError::Ambiguous(CleanText::new(place)));
    }
    Ok(Some(chart))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Explain as _;

    const PLUGIN: &str =
        "apiVersion: extensions.openeverest.io/v1alpha1\nkind: Plugin\nmetadata: {name: x}\n";

    /// A folder with these files.
    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = files::temporary_folder("packable-").unwrap();
        for name in names {
            let path = folder.path().join(name);
            files::make_private_folder(path.parent().unwrap()).unwrap();
            files::replace(&path, PLUGIN.as_bytes()).unwrap();
        }
        folder
    }

    #[test]
    fn a_folder_is_one_thing_or_its_author_says_which() {
        let chart = |folder: &Path| Ok(Packable::Chart(folder.to_owned()));
        let package = |folder: &Path| Ok(Packable::Package(folder.to_owned()));
        let found = |path: &Path| find(path).map_err(|error| error.to_string());
        let server = folder(&["manifest.yaml", "chart/Chart.yaml"]);
        assert_eq!(found(server.path()), chart(&server.path().join("chart")));
        assert_eq!(found(&server.path().join("chart")), chart(&server.path().join("chart")));
        let local = folder(&[package::FILE, "bin/x"]);
        assert_eq!(found(local.path()), package(local.path()));
        let both = folder(&[package::FILE, "chart/Chart.yaml"]);
        let refused = find(both.path()).unwrap_err();
        assert!(refused.to_string().ends_with(" has both a package and a chart"), "{refused}");
        let place = both.path().display();
        assert_eq!(
            refused.hints(),
            [
                format!("pass {place}/everestctl-plugin.yaml for the package"),
                format!("pass {place}/chart/Chart.yaml for the chart"),
            ]
        );
        assert_eq!(found(&both.path().join(package::FILE)), package(both.path()));
        assert_eq!(found(&both.path().join("chart/Chart.yaml")), chart(&both.path().join("chart")));
        let bare = folder(&["manifest.yaml"]);
        assert!(matches!(find(bare.path()), Err(PackError::NoChart(_))));
        let empty = folder(&[]);
        assert_eq!(found(empty.path()), package(empty.path()));
        assert_eq!(found(Path::new("Chart.yaml")), chart(Path::new(".")));
    }
}

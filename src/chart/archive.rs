//! A chart in one file, as `helm package` makes it and helm reads it: what `.helmignore` leaves of its folder, in a folder with the name of
//! the chart. But for its text helm packs nothing twice to the same bytes; here, the same files are the same bytes, and helm is not needed.
//!
//! It must not know what a chart makes.

use super::ignore::{self, ChartIgnore, InvalidIgnore};
use crate::error::{ExitCode, Explain, exit};
use crate::model::CleanText;
use crate::sys::archive;
use crate::sys::tree::{self, TreeFile, TreeLimits};
use crate::sys::{FileFacts, files};
use crate::yaml;
use everestctl_protocol::package;
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};

/// The file that makes a folder a chart.
pub const FILE: &str = "Chart.yaml";
/// The largest chart as a file, in bytes.
pub const LARGEST: usize = 64 * 1024 * 1024;
/// As much as helm unpacks.
const LIMITS: TreeLimits = TreeLimits { entries: 5000, bytes: 100 * 1024 * 1024, depth: 16 };
/// More than any description or list of what is left out, in bytes.
const LARGEST_TEXT: u64 = 1024 * 1024;
/// What lies beside a chart because it was packed there before, or as something else. Charts that it needs are in `charts/`.
const BESIDE: &[&str] = &[".tgz", ".tar.gz", ".zip", ".prov", ".sig", package::FILE];

/// Why there is no chart in one file.
#[derive(Debug, thiserror::Error)]
pub enum ChartArchiveError {
    /// It is no chart.
    #[error("`{0}` has no {FILE}")]
    Absent(CleanText),
    /// It cannot be read.
    #[error("could not read {}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// What it leaves out cannot be understood.
    #[error("{} is invalid: {why}", path.display())]
    Ignore {
        /// The file.
        path: PathBuf,
        /// Why.
        why: InvalidIgnore,
    },
    /// What it says of itself cannot be used.
    #[error("{FILE} in `{place}` is invalid: {why}")]
    Description {
        /// The chart.
        place: CleanText,
        /// Why.
        why: CleanText,
    },
    /// An archive holds what no chart may hold.
    #[error("`{place}` is refused: {why}")]
    Unsafe {
        /// The archive.
        place: CleanText,
        /// What.
        why: CleanText,
    },
    /// The archive could not be made.
    #[error("could not make the archive")]
    NotMade(#[source] io::Error),
}

impl Explain for ChartArchiveError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Absent(_) => exit::USAGE,
            _ => exit::FAILURE,
        }
    }

    fn causes(&self) -> Vec<String> {
        match self {
            Self::Unreadable { error, .. } | Self::NotMade(error) => vec![error.to_string()],
            _ => Vec::new(),
        }
    }
}

/// A chart in one file.
#[derive(Debug)]
pub struct ChartArchive {
    /// Its bytes.
    pub content: Vec<u8>,
    /// What it says of itself.
    pub description: ChartDescription,
    /// The paths of its files inside its folder, sorted.
    pub paths: Vec<PathBuf>,
}

/// What a chart says of itself.
#[derive(Clone, Debug)]
pub struct ChartDescription {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// All of it.
    pub value: Value,
}

impl ChartDescription {
    /// The description in `text`, of the chart at `place`.
    fn read(text: &[u8], place: &str) -> Result<Self, ChartArchiveError> {
        let invalid = |why: &str| ChartArchiveError::Description {
            place: CleanText::new(place),
            why: CleanText::new(why),
        };
        let value: Value = yaml::from_slice_as_go(text).map_err(|error| invalid(&error.to_string()))?;
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        if !matches!(text("apiVersion"), "v1" | "v2") {
            return Err(invalid("apiVersion: expected v1 or v2"));
        }
        let name = text("name");
        let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | '-');
        // It is the name of a folder and of a file.
        if name.is_empty() || name.len() > 200 || name.starts_with('.') || !name.chars().all(is_plain) {
            return Err(invalid("name: expected letters, digits, `.`, `_` and `-`"));
        }
        let version = text("version");
        if semver::Version::parse(version.strip_prefix('v').unwrap_or(version)).is_err() {
            return Err(invalid("version: expected a semantic version such as 1.2.0"));
        }
        Ok(Self { name: name.to_owned(), version: version.to_owned(), value })
    }

    /// What its file is called, as helm calls it.
    pub fn file_name(&self) -> String {
        format!("{}-{}.tgz", self.name, self.version)
    }

    /// Its version as a tag of a registry: helm writes `_` for the `+` that none can have.
    pub fn tag(&self) -> String {
        self.version.replace('+', "_")
    }
}

/// Packs the chart in `folder`. `modified` is the time that each file gets, in seconds since 1970.
pub fn pack(folder: &Path, modified: u64) -> Result<ChartArchive, ChartArchiveError> {
    let place = folder.display().to_string();
    let unreadable = |path: PathBuf| move |error| ChartArchiveError::Unreadable { path, error };
    let path = folder.join(FILE);
    let text = match files::read(&path, LARGEST_TEXT) {
        Err(error) if files::is_absent(&error) => {
            return Err(ChartArchiveError::Absent(CleanText::new(&place)));
        }
        read => read.map_err(unreadable(path))?,
    };
    let description = ChartDescription::read(&text, &place)?;
    let ignored = ignored(folder)?;
    let is_wanted = |path: &Path, is_folder: bool| {
        let path = path.to_string_lossy();
        let is_beside = !path.contains('/') && !is_folder && BESIDE.iter().any(|end| path.ends_with(end));
        !is_beside && !ignored.leaves_out(&path, is_folder)
    };
    let mut tree = tree::read_wanted(folder, LIMITS, is_wanted).map_err(unreadable(folder.to_owned()))?;
    for file in &mut tree {
        file.path = Path::new(&description.name).join(&file.path);
        // helm runs none of them.
        file.is_executable = false;
    }
    let content = archive::pack(tree.iter(), modified).map_err(ChartArchiveError::NotMade)?;
    read(content, &place)
}

fn ignored(folder: &Path) -> Result<ChartIgnore, ChartArchiveError> {
    let path = folder.join(ignore::FILE);
    let text = match files::read(&path, LARGEST_TEXT) {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(error) if files::is_absent(&error) => String::new(),
        Err(error) => return Err(ChartArchiveError::Unreadable { path, error }),
    };
    ChartIgnore::new(&text).map_err(|why| ChartArchiveError::Ignore { path, why })
}

/// The chart in the archive `content`, which came from `place`.
pub fn read(content: Vec<u8>, place: &str) -> Result<ChartArchive, ChartArchiveError> {
    let refused =
        |why: &str| ChartArchiveError::Unsafe { place: CleanText::new(place), why: CleanText::new(why) };
    if content.len() > LARGEST {
        return Err(refused(&format!("it has more than {} MiB", LARGEST >> 20)));
    }
    let files = archive::unpack(&content, LIMITS).map_err(|error| refused(&error.to_string()))?;
    let absent = || ChartArchiveError::Absent(CleanText::new(place));
    let top = top(&files).ok_or_else(absent)?.to_owned();
    let text = files.iter().find(|file| file.path == top.join(FILE)).ok_or_else(absent)?;
    let description = ChartDescription::read(&text.content, place)?;
    let inside = |file: &TreeFile| file.path.strip_prefix(&top).unwrap_or(&file.path).to_owned();
    let mut paths: Vec<PathBuf> = files.iter().map(inside).collect();
    paths.sort();
    Ok(ChartArchive { content, description, paths })
}

/// Whether the folder at `path` is that of a chart.
pub fn is_folder(path: &Path) -> bool {
    FileFacts::from_path(&path.join(FILE)).is_ok()
}

/// Whether `content` is the archive of a chart.
pub fn is_one(content: &[u8]) -> bool {
    content.starts_with(&[0x1f, 0x8b])
        && archive::unpack(content, LIMITS).is_ok_and(|files| top(&files).is_some())
}

/// The one folder that everything is in, if it is that of a chart.
fn top(files: &[TreeFile]) -> Option<&Path> {
    let is_description = |file: &&TreeFile| file.path.ends_with(FILE) && file.path.components().count() == 2;
    let top = files.iter().find(is_description)?.path.parent()?;
    files.iter().all(|file| file.path.starts_with(top)).then_some(top)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    const DESCRIPTION: &str = "apiVersion: v2\nname: gauge\nversion: 1.0.0+x\nappVersion: 1.0.0\n";

    fn folder(description: &str) -> tempfile::TempDir {
        let folder = files::temporary_folder("chart-").unwrap();
        fs::create_dir(folder.path().join("templates")).unwrap();
        let write =
            |name: &str, text: &str| files::replace(&folder.path().join(name), text.as_bytes()).unwrap();
        write(FILE, description);
        write("values.yaml", "port: 1\n");
        write("templates/plugin.yaml", "kind: Plugin\n");
        write("templates/.plugin.yaml.swp", "x");
        folder
    }

    #[test]
    fn the_same_chart_has_the_same_bytes() {
        let (one, other) = (folder(DESCRIPTION), folder(DESCRIPTION));
        fs::set_permissions(other.path().join("values.yaml"), fs::Permissions::from_mode(0o700)).unwrap();
        for beside in ["gauge-0.9.0.tgz", package::FILE] {
            files::replace(&other.path().join(beside), b"x").unwrap();
        }
        let packed = pack(one.path(), 0).unwrap();
        assert_eq!(packed.content, pack(other.path(), 0).unwrap().content);
        assert_ne!(packed.content, pack(one.path(), 1).unwrap().content);
        let paths: Vec<_> = packed.paths.iter().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(paths, [FILE, "templates/plugin.yaml", "values.yaml"]);
        assert_eq!(packed.description.file_name(), "gauge-1.0.0+x.tgz");
        assert_eq!(packed.description.tag(), "1.0.0_x");
        assert!(is_one(&packed.content));
        assert_eq!(read(packed.content, "gauge.tgz").unwrap().description.value["appVersion"], "1.0.0");
    }

    #[test]
    fn what_the_chart_leaves_out_is_not_packed_and_not_even_read() {
        let folder = folder(DESCRIPTION);
        let path = |name: &str| folder.path().join(name);
        files::replace(&path(ignore::FILE), b"# ours\n*.md\n/out/\n.helmignore\n").unwrap();
        files::replace(&path("README.md"), b"x").unwrap();
        symlink("/etc", path("out")).unwrap();
        // A rule for folders is none for a link, which no archive has.
        let refused = pack(folder.path(), 0).unwrap_err();
        assert!(refused.causes()[0].contains("out is neither a file nor a folder"), "{:?}", refused.causes());
        files::replace(&path(ignore::FILE), b"*.md\n/out\n.helmignore\n").unwrap();
        assert_eq!(pack(folder.path(), 0).unwrap().paths.len(), 3);
        files::replace(&path(ignore::FILE), b"a\n**\n").unwrap();
        let refused = pack(folder.path(), 0).unwrap_err().to_string();
        assert!(
            refused.ends_with(".helmignore is invalid: line 2: `**` has `**`, which helm does not support"),
            "{refused}"
        );
    }

    #[test]
    fn what_helm_would_not_take_is_refused() {
        for (from, to, why) in [
            ("apiVersion: v2", "apiVersion: v3", "apiVersion: expected v1 or v2"),
            ("name: gauge", "name: ../gauge", "name: expected"),
            ("name: gauge", "name: .gauge", "name: expected"),
            ("version: 1.0.0+x", "version: 1", "version: expected a semantic version"),
            ("name: gauge", "name: [", "is invalid"),
        ] {
            let error = pack(folder(&DESCRIPTION.replace(from, to)).path(), 0).unwrap_err().to_string();
            assert!(error.contains(why), "{why}: {error}");
        }
        let empty = files::temporary_folder("chart-").unwrap();
        assert!(matches!(pack(empty.path(), 0), Err(ChartArchiveError::Absent(_))));
    }

    #[test]
    fn an_archive_of_something_else_is_no_chart() {
        let file = |path: &str| TreeFile {
            path: path.into(),
            content: DESCRIPTION.as_bytes().to_vec(),
            is_executable: false,
        };
        for (paths, expected) in [
            (&["gauge/Chart.yaml"][..], true),
            (&["gauge/Chart.yaml", "gauge/charts/x/Chart.yaml"], true),
            (&["Chart.yaml"], false),
            (&["a/b/Chart.yaml"], false),
            // A package may have a chart among its files.
            (&["everestctl-plugin.yaml", "chart/Chart.yaml"], false),
            (&["gauge/Chart.yaml", "other/x"], false),
        ] {
            let files: Vec<TreeFile> = paths.iter().map(|path| file(path)).collect();
            let content = archive::pack(files.iter(), 0).unwrap();
            assert_eq!(is_one(&content), expected, "{paths:?}");
            assert_eq!(read(content, "x.tgz").is_ok(), expected, "{paths:?}");
        }
        assert!(!is_one(b"PK") && !is_one(b""));
        assert!(read(b"no archive".to_vec(), "x.tgz").unwrap_err().to_string().contains("x.tgz"));
    }
}

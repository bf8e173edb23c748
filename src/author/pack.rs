//! The archive of a package: the same input gives the same bytes, whoever packs it, whenever and wherever.
//!
//! What goes in is named by the manifest, never everything that lies in the folder: that has keys and `.env` files, too. The archive
//! is then read by the reader of [`crate::install`], for each platform, so that what is refused there is refused here, in the same words.

use crate::chart::archive::ChartArchiveError;
use crate::error::{ExitCode, Explain, exit};
use crate::install::archive;
use crate::install::error::InstallError;
use crate::install::package::{Package, checksum};
use crate::model::{CleanText, reserved};
use crate::sys::FileFacts;
use crate::sys::files::{self, FileKind};
use crate::sys::tree::{self, TreeFile, is_inside};
use crate::yaml;
use everestctl_protocol::package::{ANY_PLATFORM, FILE, PackageManifest};
use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

/// What belongs into every package that has it, by how its name starts, in capitals.
const ALWAYS: &[&str] = &["LICENSE", "LICENCE", "NOTICE", "README", "CHANGELOG"];
/// More than any manifest, in bytes.
const LARGEST_MANIFEST: u64 = 1024 * 1024;

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// It would not be installed.
    #[error(transparent)]
    Unfit(#[from] InstallError),
    /// The chart cannot be packed.
    #[error(transparent)]
    Chart(#[from] ChartArchiveError),
    /// It is two things.
    #[error("{folder} has both a package and a chart")]
    Both {
        /// The folder.
        folder: CleanText,
        /// The manifest of the package.
        package: CleanText,
        /// The description of the chart.
        chart: CleanText,
    },
    /// An archive is two things.
    #[error("`{0}` has both everestctl-plugin.yaml and Chart.yaml")]
    Ambiguous(CleanText),
    /// It is a server plugin, and has nothing to pack.
    #[error("{0} is a server plugin without a chart")]
    NoChart(CleanText),
    /// A path of the manifest leads out of the folder.
    #[error("{key}: `{path}` is outside of the package")]
    Outside {
        /// The key of the manifest.
        key: String,
        /// The path.
        path: CleanText,
    },
    /// A file of the manifest is missing.
    #[error("{key}: `{path}` is not there")]
    Absent {
        /// The key of the manifest.
        key: String,
        /// The path.
        path: CleanText,
    },
    /// A file of the manifest cannot be packed.
    #[error("{key}: `{path}` is neither a file nor a folder")]
    NoFile {
        /// The key of the manifest.
        key: String,
        /// The path.
        path: CleanText,
    },
    /// The version cannot be in the name of a file.
    #[error("version `{0}` cannot be in the name of a file")]
    UnusableVersion(CleanText),
    /// `SOURCE_DATE_EPOCH` is no time.
    #[error("SOURCE_DATE_EPOCH is not a number of seconds")]
    Epoch,
    /// The archive could not be made.
    #[error("could not make the archive")]
    NotMade(#[source] io::Error),
    /// Another file is in the way.
    #[error("{} already exists and is different", .0.display())]
    Occupied(PathBuf),
    /// The archive could not be written.
    #[error("could not write {}", path.display())]
    NotWritten {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
}

impl Explain for PackError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Unfit(error) => error.exit_code(),
            Self::Chart(error) => error.exit_code(),
            Self::Both { .. } | Self::NoChart(_) | Self::UnusableVersion(_) | Self::Epoch => exit::USAGE,
            _ => exit::FAILURE,
        }
    }

    fn causes(&self) -> Vec<String> {
        match self {
            Self::Unfit(error) => error.causes(),
            Self::Chart(error) => error.causes(),
            Self::NotMade(error) | Self::NotWritten { error, .. } => vec![error.to_string()],
            _ => Vec::new(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Unfit(error @ InstallError::WrongChecksum { .. }) => {
                let mut hints = error.hints();
                hints.push("leave `sha256` out: it is filled in here".to_owned());
                hints
            }
            Self::Unfit(error) => error.hints(),
            Self::Chart(error) => error.hints(),
            Self::Both { package, chart, .. } => {
                vec![format!("pass {package} for the package"), format!("pass {chart} for the chart")]
            }
            Self::Ambiguous(_) => vec!["`everestctl plugin pack` makes an archive of one of them".to_owned()],
            Self::NoChart(_) => vec![
                "pass the folder with Chart.yaml; `everestctl plugin new --chart` makes a plugin with one"
                    .to_owned(),
            ],
            Self::Absent { key, .. } if key.starts_with("platforms") => {
                vec!["build it first, or correct the path".to_owned()]
            }
            Self::UnusableVersion(_) => vec!["use -f FILE.tar.gz".to_owned()],
            Self::Occupied(_) => vec!["use --force to replace it".to_owned()],
            _ => Vec::new(),
        }
    }
}

/// An archive that was made.
#[derive(Debug)]
pub struct PackedArchive {
    /// Its bytes.
    pub content: Vec<u8>,
    /// What the package says of itself.
    pub manifest: PackageManifest,
    /// The paths of its files, sorted.
    pub paths: Vec<PathBuf>,
    /// What lies in the folder and is not in the archive: the first names.
    pub left_out: Vec<String>,
}

/// Packs the package in `folder`. `modified` is the time that each file gets, in seconds since 1970.
pub fn pack(folder: &Path, modified: u64) -> Result<PackedArchive, PackError> {
    let place = folder.display().to_string();
    let text = files::read(&folder.join(FILE), LARGEST_MANIFEST).map_err(|error| {
        if files::is_absent(&error) {
            InstallError::NoManifest(CleanText::new(&place))
        } else {
            InstallError::Unreadable { path: folder.join(FILE), error }
        }
    })?;
    let manifest = read_manifest(&text, &place)?;
    let mut content = chosen(folder, &manifest)?;
    let (manifest, text) = with_checksums(manifest, text, &content);
    content.insert(PathBuf::from(FILE), TreeFile { path: FILE.into(), content: text, is_executable: false });
    // As the installer has it: what runs can run, whatever the folder's file system knows of that.
    for platform in manifest.platforms.values() {
        if let Some(file) = content.get_mut(Path::new(&platform.file)) {
            file.is_executable |= manifest.way == everestctl_protocol::package::PackageKind::Executable;
        }
    }
    let archive = crate::sys::archive::pack(content.values(), modified).map_err(PackError::NotMade)?;
    check(&archive, &manifest, &place)?;
    let paths: Vec<PathBuf> = content.into_keys().collect();
    let left_out = left_out(folder, &paths);
    Ok(PackedArchive { content: archive, manifest, paths, left_out })
}

/// The archive at `path`, if it could be installed on each of the platforms that it names.
pub fn read(path: &Path) -> Result<PackedArchive, PackError> {
    let place = path.display().to_string();
    // A folder is packed first.
    let content = archive::content(path)?.ok_or_else(|| InstallError::NoArchive(CleanText::new(&place)))?;
    let files = archive::unpack(&content, &place)?;
    let absent = || InstallError::NoManifest(CleanText::new(&place));
    let text = files.iter().find(|file| file.path == Path::new(FILE)).ok_or_else(absent)?;
    let manifest = read_manifest(&text.content, &place)?;
    check(&content, &manifest, &place)?;
    let paths = files.into_iter().map(|file| file.path).collect();
    Ok(PackedArchive { content, manifest, paths, left_out: Vec::new() })
}

fn read_manifest(text: &[u8], place: &str) -> Result<PackageManifest, PackError> {
    Ok(yaml::explained(text).map_err(|error| InstallError::InvalidManifest {
        place: CleanText::new(place),
        why: CleanText::new(&error.to_string()),
    })?)
}

/// What the archive of this package is called unless somebody says otherwise.
pub fn file_name(manifest: &PackageManifest) -> Result<String, PackError> {
    let version = &manifest.version;
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '_' | '-' | '+');
    if version.is_empty() || version.len() > 100 || version.starts_with('.') || !version.chars().all(is_plain)
    {
        return Err(PackError::UnusableVersion(CleanText::new(version)));
    }
    Ok(format!("{}-{version}.tar.gz", manifest.name))
}

/// Writes an archive; gives whether it was not there already. Another file of that name stays, unless `replaces`.
pub fn write(path: &Path, content: &[u8], replaces: bool) -> Result<bool, PackError> {
    match files::read(path, archive::LARGEST_ARCHIVE as u64) {
        Ok(there) if there == content => return Ok(false),
        Err(error) if files::is_absent(&error) => {}
        _ if replaces => {}
        _ => return Err(PackError::Occupied(path.to_owned())),
    }
    let absolute = std::path::absolute(path);
    let written = absolute.and_then(|path| files::replace_public(&path, content));
    written.map(|()| true).map_err(|error| PackError::NotWritten { path: path.to_owned(), error })
}

/// Fails if the archive could not be installed on one of the platforms that it names.
fn check(archive: &[u8], manifest: &PackageManifest, place: &str) -> Result<(), PackError> {
    if archive.len() > archive::LARGEST_ARCHIVE {
        let why = format!("it has more than {} MiB", archive::LARGEST_ARCHIVE >> 20);
        return Err(
            InstallError::UnsafeArchive { place: CleanText::new(place), why: CleanText::new(&why) }.into()
        );
    }
    let files = archive::unpack(archive, place)?;
    for platform in manifest.platforms.keys() {
        let machine = platform.split_once('-').unwrap_or((ANY_PLATFORM, ANY_PLATFORM));
        let package = Package::for_machine(files.clone(), place, machine)?;
        if let Some((_, purpose)) = reserved::owner(package.name.as_str()) {
            let owner = format!("the name is reserved by everestctl for {purpose}");
            return Err(InstallError::Taken { name: package.name, owner }.into());
        }
    }
    if manifest.platforms.is_empty() {
        Package::from_files(files, place)?;
    }
    Ok(())
}

/// The files that the manifest names, by their paths.
fn chosen(folder: &Path, manifest: &PackageManifest) -> Result<BTreeMap<PathBuf, TreeFile>, PackError> {
    let mut named: Vec<(String, &str)> = Vec::new();
    for (platform, file) in &manifest.platforms {
        named.push((format!("platforms.{}.file", CleanText::new(platform)), &file.file));
    }
    named.extend(manifest.man.iter().map(|page| ("man".to_owned(), page.as_str())));
    named.extend(manifest.files.iter().map(|path| ("files".to_owned(), path.as_str())));
    let always: Vec<String> = names(folder)
        .into_iter()
        .filter(|name| ALWAYS.iter().any(|start| name.to_ascii_uppercase().starts_with(start)))
        .collect();
    named.extend(always.iter().map(|name| (name.clone(), name.as_str())));
    let mut content = BTreeMap::new();
    for (key, path) in named {
        for file in of_path(folder, &key, path)? {
            content.insert(file.path.clone(), file);
        }
    }
    Ok(content)
}

/// The file `path`, or all files below it. No link is followed on the way.
fn of_path(folder: &Path, key: &str, path: &str) -> Result<Vec<TreeFile>, PackError> {
    let shown = || CleanText::new(path);
    let relative: PathBuf =
        Path::new(path).components().filter(|part| !matches!(part, Component::CurDir)).collect();
    if !is_inside(&relative) {
        return Err(PackError::Outside { key: key.to_owned(), path: shown() });
    }
    let mut whole = folder.to_owned();
    let mut facts = None;
    for part in relative.components() {
        whole.push(part);
        let found = FileFacts::from_name(&whole).map_err(|error| {
            if files::is_absent(&error) || error.kind() == io::ErrorKind::NotADirectory {
                PackError::Absent { key: key.to_owned(), path: shown() }
            } else {
                InstallError::Unreadable { path: whole.clone(), error }.into()
            }
        })?;
        if matches!(found.kind, FileKind::Link | FileKind::Other) {
            return Err(PackError::NoFile { key: key.to_owned(), path: shown() });
        }
        facts = Some(found);
    }
    let unreadable = |error| InstallError::Unreadable { path: whole.clone(), error };
    if facts.is_some_and(|facts| facts.kind == FileKind::Folder) {
        let mut found = tree::read(&whole, archive::LIMITS).map_err(unreadable)?;
        for file in &mut found {
            file.path = relative.join(&file.path);
        }
        return Ok(found);
    }
    let content = files::read(&whole, archive::LIMITS.bytes).map_err(unreadable)?;
    let is_executable = facts.is_some_and(|facts| facts.mode & 0o100 != 0);
    Ok(vec![TreeFile { path: relative, content, is_executable }])
}

/// The manifest with the checksum of each file, and its text: the author's own where nothing is missing in it.
fn with_checksums(
    mut manifest: PackageManifest,
    text: Vec<u8>,
    content: &BTreeMap<PathBuf, TreeFile>,
) -> (PackageManifest, Vec<u8>) {
    if manifest.platforms.values().all(|platform| platform.sha256.is_some()) {
        return (manifest, text);
    }
    for platform in manifest.platforms.values_mut() {
        let path = Path::new(&platform.file);
        let path: PathBuf = path.components().filter(|part| !matches!(part, Component::CurDir)).collect();
        if let (None, Some(file)) = (&platform.sha256, content.get(&path)) {
            platform.sha256 = Some(checksum(&file.content));
        }
    }
    let text = yaml::written(&manifest).map_or(text, String::into_bytes);
    (manifest, text)
}

/// The names in the folder that an author may miss in the archive, sorted.
pub(super) fn left_out(folder: &Path, packed: &[PathBuf]) -> Vec<String> {
    let is_packed = |name: &String| packed.iter().any(|path| path.starts_with(name));
    let is_archive = |name: &str| [".tar.gz", ".tgz", ".zip", ".sig"].iter().any(|end| name.ends_with(end));
    let is_hidden = |name: &String| name.starts_with('.');
    let mut left: Vec<String> = names(folder)
        .into_iter()
        .filter(|name| !is_packed(name) && !is_hidden(name) && !is_archive(name))
        .map(|name| CleanText::new(&name).to_string())
        .collect();
    left.sort();
    left
}

fn names(folder: &Path) -> Vec<String> {
    let names = files::names_in(folder).unwrap_or_default();
    names.into_iter().filter_map(|name| name.into_string().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    const GREET: &str =
        "name: greet\nversion: 1.0\n# said to everybody\nplatforms:\n  any: {file: bin/greet}\n";

    fn folder(manifest: &str) -> tempfile::TempDir {
        let folder = files::temporary_folder("pack-").unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        files::replace(&folder.path().join("bin/greet"), b"#!/bin/sh\n").unwrap();
        files::replace(&folder.path().join(FILE), manifest.as_bytes()).unwrap();
        folder
    }

    #[test]
    fn the_same_input_has_the_same_bytes() {
        let (one, other) = (folder(GREET), folder(GREET));
        fs::set_permissions(other.path().join("bin/greet"), fs::Permissions::from_mode(0o600)).unwrap();
        files::replace(&other.path().join("secret.env"), b"TOKEN=1").unwrap();
        let packed = pack(one.path(), 0).unwrap();
        let again = pack(other.path(), 0).unwrap();
        assert_eq!(packed.content, again.content);
        assert_eq!((packed.left_out.len(), again.left_out), (0, vec!["secret.env".to_owned()]));
        assert_ne!(packed.content, pack(one.path(), 1).unwrap().content);
        assert_eq!(file_name(&packed.manifest).unwrap(), "greet-1.0.tar.gz");
        let sum = packed.manifest.platforms["any"].sha256.clone().unwrap();
        // With the checksum in it, the author's text stays as it is, with its comments.
        let complete = GREET.replace("bin/greet}", &format!("bin/greet, sha256: {sum}}}"));
        let files = archive::unpack(&pack(folder(&complete).path(), 0).unwrap().content, "x").unwrap();
        let manifest = files.iter().find(|file| file.path == Path::new(FILE)).unwrap();
        assert_eq!(manifest.content, complete.as_bytes());
    }

    #[test]
    fn what_would_not_be_installed_is_not_packed() {
        for (from, to, why) in [
            ("name: greet", "name: Greet", "name: "),
            ("name: greet", "name: doctor", "the name is reserved"),
            ("bin/greet", "bin/none", "platforms.any.file: `bin/none` is not there"),
            ("bin/greet", "../greet", "platforms.any.file: `../greet` is outside of the package"),
            ("bin/greet", "/bin/sh", "is outside of the package"),
            ("bin/greet", "bin/greet, sha256: 00", "has another checksum than its manifest says"),
            ("name: greet", "name: greet\nfiles: [link]", "files: `link` is neither a file nor a folder"),
            ("name: greet", "name: greet\nfiles: [out/passwd]", "files: `out/passwd` is neither"),
            ("name: greet", "name: greet\nman: no.1", "man: `no.1` is not there"),
            ("name: greet", "nmae: greet", "did you mean `name`?"),
            ("  any: {file: bin/greet}", "  {}", "has no file for"),
        ] {
            let folder = folder(&GREET.replace(from, to));
            std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).unwrap();
            std::os::unix::fs::symlink("/etc", folder.path().join("out")).unwrap();
            let error = pack(folder.path(), 0).unwrap_err().to_string();
            assert!(error.contains(why), "{why}: {error}");
        }
        let absent = files::temporary_folder("pack-").unwrap();
        assert!(matches!(pack(absent.path(), 0), Err(PackError::Unfit(InstallError::NoManifest(_)))));
    }

    #[test]
    fn another_file_is_never_replaced_unasked() {
        let folder = folder(GREET);
        let path = folder.path().join("x.tar.gz");
        assert!(write(&path, b"one", false).unwrap());
        assert!(!write(&path, b"one", false).unwrap());
        assert!(matches!(write(&path, b"two", false), Err(PackError::Occupied(_))));
        assert!(write(&path, b"two", true).unwrap());
    }
}

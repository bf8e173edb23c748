//! The scans that are kept: a file for each, in a folder of the user alone.
//!
//! A file is written whole under a name that nothing else has, so that scans that run at once do not lose each other's. What two newer
//! scans have looked at anew is deleted: nothing reads it any more.

use crate::scan::Scan;
use everestctl_plugin::{Context, Error, text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// The name of the plugin, as that of its folder.
const NAME: &str = "discovery";
/// The version of the files; another one is not read.
const VERSION: u32 = 1;
/// The largest file, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;
/// The most scans that are kept.
const MOST: usize = 200;
/// How many scans of a place are read again: the last one, and the one that it is compared with.
const WANTED: u32 = 2;

/// The folder.
pub(crate) struct Store {
    folder: PathBuf,
}

/// A file.
#[derive(Serialize, Deserialize)]
struct StoredFile<T> {
    version: u32,
    scan: T,
}

/// What is kept, oldest first, and what there is to say about it.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) scans: Vec<Scan>,
    pub(crate) remarks: Vec<String>,
}

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
enum UnreadableFile {
    #[error("{0}")]
    System(#[from] io::Error),
    #[error("it is larger than 64 MiB")]
    TooLarge,
    #[error("it is not as this plugin writes it")]
    Form,
    #[error("it is of version {0} of the files, and this plugin reads version {VERSION}")]
    Version(u32),
}

impl Store {
    /// That of the user.
    pub(crate) fn of(context: &Context) -> Result<Self, Error> {
        let folder = context.data_folder(NAME);
        let folder = folder.ok_or_else(|| {
            Error::new("there is no folder to keep scans in")
                .hint("set HOME, or EVERESTCTL_HOME to a folder of yours")
        })?;
        Ok(Self { folder: folder.join("scans") })
    }

    /// Keeps a scan.
    pub(crate) fn save(&self, scan: &Scan) -> Result<(), Error> {
        let failed = |error: io::Error| {
            Error::new(format!("could not keep the scan in {}", self.folder.display())).because(error)
        };
        let mut bytes = serde_json::to_vec(&StoredFile { version: VERSION, scan })
            .map_err(|error| failed(io::Error::other(error)))?;
        bytes.push(b'\n');
        if bytes.len() as u64 > LARGEST {
            return Err(failed(io::Error::other("it is larger than 64 MiB")));
        }
        self.write(scan, &bytes).map_err(failed)?;
        self.tidy();
        Ok(())
    }

    fn write(&self, scan: &Scan, bytes: &[u8]) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        // Only its owner may read a new file.
        let mut file = tempfile::Builder::new().prefix(".unfinished-").tempfile_in(&self.folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        let mut time = u128::try_from(scan.at.as_nanosecond()).unwrap_or_default();
        loop {
            let path = self.folder.join(format!("{time:020}-{}.json", scan.source.word()));
            match file.persist_noclobber(path) {
                Ok(_) => return Ok(()),
                // Another scan of the same moment.
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                    file = error.file;
                    time += 1;
                }
                Err(error) => return Err(error.error),
            }
        }
    }

    /// Everything that is kept. A file that cannot be read spoils only itself.
    pub(crate) fn read(&self) -> Result<Kept, Error> {
        let names = self.names().map_err(|error| {
            Error::new(format!("could not read the scans in {}", self.folder.display())).because(error)
        })?;
        let mut kept = Kept::default();
        for name in names {
            match read(&self.folder.join(&name)) {
                Ok(scan) => kept.scans.push(scan),
                // Another process may just have tidied up.
                Err(UnreadableFile::System(error)) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    let path = self.folder.join(&name);
                    kept.remarks.push(format!(
                        "left out: {}: {error}",
                        text::one_line(&path.display().to_string(), 240)
                    ));
                }
            }
        }
        Ok(kept)
    }

    /// The names of the files, the oldest scan first.
    #[expect(clippy::disallowed_methods, reason = "the plugin's own folder")]
    fn names(&self) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| is_scan(name)).collect();
        names.sort();
        Ok(names)
    }

    /// Deletes what nothing reads any more. That it fails is no failure of a scan.
    #[expect(clippy::disallowed_methods, reason = "the plugin's own files")]
    fn tidy(&self) {
        let Ok(names) = self.names() else { return };
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        for (newer, name) in names.iter().rev().enumerate() {
            let path = self.folder.join(name);
            let Ok(scan) = read(&path) else { continue };
            let mut is_wanted = false;
            for place in scan.places {
                let count = seen.entry(place).or_default();
                is_wanted |= *count < WANTED;
                *count += 1;
            }
            if newer >= MOST || (newer > 0 && !is_wanted) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// Digits, `-`, a source, `.json`.
fn is_scan(name: &str) -> bool {
    let time = name.strip_suffix(".json").and_then(|name| name.split_once('-')).map(|(time, _)| time);
    time.is_some_and(|time| time.len() == 20 && time.bytes().all(|byte| byte.is_ascii_digit()))
}

#[expect(clippy::disallowed_methods, reason = "a file of the plugin's own, with a limit")]
fn read(path: &Path) -> Result<Scan, UnreadableFile> {
    /// What any version has.
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(UnreadableFile::TooLarge);
    }
    let Version { version } = serde_json::from_slice(&bytes).map_err(|_| UnreadableFile::Form)?;
    if version != VERSION {
        return Err(UnreadableFile::Version(version));
    }
    let written: StoredFile<Scan> = serde_json::from_slice(&bytes).map_err(|_| UnreadableFile::Form)?;
    Ok(written.scan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{Database, Kind, Source};
    use std::os::unix::fs::PermissionsExt as _;

    fn scan(places: &[&str]) -> Scan {
        let databases = places.iter().map(|place| {
            Database::new(Source::Postgres, (*place).to_owned(), Kind::Server, place, "postgresql")
        });
        Scan::now(
            Source::Postgres,
            places.iter().map(|place| (*place).to_owned()).collect(),
            databases.collect(),
            Vec::new(),
        )
    }

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store { folder: folder.path().join("a/scans") };
        (folder, store)
    }

    #[test]
    fn a_scan_is_read_again_and_is_nobody_elses() {
        let (_folder, store) = store();
        assert!(store.read().unwrap().scans.is_empty());
        let one = scan(&["postgres/a:1"]);
        store.save(&one).unwrap();
        // Of the same moment.
        store.save(&one).unwrap();
        let kept = store.read().unwrap();
        assert_eq!((kept.scans, kept.remarks.len()), (vec![one.clone(), one], 0));
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&store.folder), 0o700);
        for name in store.names().unwrap() {
            assert_eq!(mode(&store.folder.join(name)), 0o600);
        }
    }

    #[test]
    fn only_what_can_be_compared_is_kept() {
        let (_folder, store) = store();
        for places in [&["a"][..], &["a", "b"], &["a"], &["a"], &["c"]] {
            store.save(&scan(places)).unwrap();
        }
        let kept: Vec<_> =
            store.read().unwrap().scans.into_iter().map(|scan| scan.places.join(" ")).collect();
        assert_eq!(kept, ["a b", "a", "a", "c"]);
    }

    #[test]
    fn scans_at_once_are_all_kept() {
        let (_folder, store) = store();
        std::thread::scope(|scope| {
            for number in 0..16 {
                let store = &store;
                scope.spawn(move || store.save(&scan(&[&format!("postgres/db{number}:1")])).unwrap());
            }
        });
        assert_eq!(store.read().unwrap().scans.len(), 16);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "files of the test")]
    fn a_file_that_is_broken_spoils_only_itself() {
        let (_folder, store) = store();
        store.save(&scan(&["a"])).unwrap();
        for (time, content) in
            [(1, "{"), (2, "{\"version\": 9}"), (3, "{\"version\": 1, \"scan\": {\"hunter2\": 1}}")]
        {
            fs::write(store.folder.join(format!("{time:020}-postgres.json")), content).unwrap();
        }
        fs::write(store.folder.join("notes.txt"), "x").unwrap();
        let kept = store.read().unwrap();
        assert_eq!((kept.scans.len(), kept.remarks.len()), (1, 3), "{:?}", kept.remarks);
        assert!(
            kept.remarks[1].contains("version 9") && !kept.remarks[2].contains("hunter2"),
            "{:?}",
            kept.remarks
        );
    }
}

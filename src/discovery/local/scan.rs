//! Listing every local plugin.

use super::{LocalFolders, PREFIX, bundled, rules, sidecar};
use crate::model::{
    CleanText, FileIdentity, Origin, OriginPlace, OriginState, ReportOutcome, Source, SourceReport,
    Validators, Warning, Way, file_stems,
};
use crate::sys::FileFacts;
use crate::sys::files::{self, FileKind};
use std::io;
use std::path::{Path, PathBuf};

/// Lists the plugins of all folders. The folders, files and sidecars that were read are the validators.
pub fn scan(folders: &LocalFolders) -> SourceReport {
    let mut scan = FolderScan { origins: Vec::new(), problems: Vec::new(), watched: Vec::new() };
    let mut seen: Vec<FileIdentity> = Vec::new();
    for (place, folder) in folders.places() {
        let facts = FileFacts::from_path(folder).ok().filter(|facts| facts.kind == FileKind::Folder);
        scan.watched.push((folder.to_owned(), facts.map(|facts| facts.identity)));
        let Some(FileFacts { identity, .. }) = facts else { continue };
        // /bin is often /usr/bin: the rule of duplicates is that the same folder counts once.
        if !seen.iter().any(|other| (other.device, other.inode) == (identity.device, identity.inode)) {
            seen.push(identity);
            scan.folder(place, folder);
        }
    }
    let FolderScan { origins, problems, watched, .. } = scan;
    let validators = Validators { watched, ..Validators::default() };
    SourceReport { source: Source::Local, outcome: ReportOutcome::Complete { origins, validators }, problems }
}

struct FolderScan {
    origins: Vec<Origin>,
    problems: Vec<Warning>,
    watched: Vec<(PathBuf, Option<FileIdentity>)>,
}

impl FolderScan {
    fn folder(&mut self, place: OriginPlace, folder: &Path) {
        let mut names = match files::names_in(folder) {
            Ok(names) => names,
            // PATH often names folders that are not for this user.
            Err(error)
                if place != OriginPlace::PluginFolder && error.kind() == io::ErrorKind::PermissionDenied =>
            {
                return;
            }
            Err(error) => {
                let message = format!("could not list folder {}: {error}", rules::quoted(folder));
                self.problems.push(Warning::new(Source::Local, message));
                return;
            }
        };
        names.retain(|name| name.as_encoded_bytes().starts_with(PREFIX.as_bytes()));
        names.sort();
        for name in names {
            self.file(place, folder.join(name));
        }
    }

    fn file(&mut self, place: OriginPlace, path: PathBuf) {
        let Some(stem) = stem(&path) else { return };
        let Ok(facts) = FileFacts::from_path(&path) else { return };
        if facts.kind != FileKind::File || bundled::is_program(&stem, &facts) {
            return;
        }
        let (name, state) = match rules::has_valid_name(&stem) {
            Ok(word) => (CleanText::new(word.as_str()), rules::state(&path, &facts)),
            // Notes and backups that happen to start like a plugin are none.
            Err(_) if facts.mode & 0o111 == 0 => return,
            Err(state) => (CleanText::new(&file_stems::canonical(&stem)), state),
        };
        self.watched.push((path.clone(), Some(facts.identity)));
        let mut origin = Origin::new(name, Source::Local, Some(Way::Exec), place);
        if matches!(state, OriginState::Ready) {
            let beside = sidecar::path_for(&path);
            self.watched
                .push((beside.clone(), FileFacts::from_path(&beside).ok().map(|facts| facts.identity)));
            let (found, problems) = sidecar::read(&path);
            sidecar::describe(&mut origin, found);
            self.problems.extend(problems);
        }
        origin.state = state;
        origin.path = Some(path);
        self.origins.push(origin);
    }
}

/// What stands between the prefix and the system's suffix for executables; `None` for a sidecar.
fn stem(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy();
    let stem = name.strip_prefix(PREFIX)?;
    if path.extension().is_some_and(|extension| extension == "yaml") {
        return None;
    }
    Some(stem.strip_suffix(std::env::consts::EXE_SUFFIX).unwrap_or(stem).to_owned())
}

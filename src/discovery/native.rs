//! The source `native`: libraries `libeverestctl_NAME.so` (`.dylib`, `.dll`) in the plugin folder.
//!
//! They are found by name, judged by the rules of local files, and not loaded here.

use super::local::{LocalFolders, rules};
use crate::model::{
    CleanText, CommandWord, Origin, OriginPlace, ReportOutcome, Source, SourceReport, Validators, Way,
    file_stems,
};
use crate::sys::FileFacts;
use crate::sys::files::{self, FileKind};
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};

/// Lists the libraries in everestctl's own folders.
pub fn scan(folders: &LocalFolders) -> SourceReport {
    let mut origins: Vec<Origin> = Vec::new();
    let mut watched = Vec::new();
    let identity = |path: &Path| FileFacts::from_path(path).ok().map(|facts| facts.identity);
    for (place, folder) in folders.own_places() {
        watched.push((folder.to_owned(), identity(folder)));
        let mut names = files::names_in(folder).unwrap_or_default();
        names.sort();
        origins.extend(names.iter().filter_map(|name| origin(place, &folder.join(name))));
    }
    watched.extend(
        origins.iter().filter_map(|origin| origin.path.clone()).map(|path| (path.clone(), identity(&path))),
    );
    SourceReport {
        source: Source::Native,
        outcome: ReportOutcome::Complete {
            origins,
            validators: Validators { watched, ..Validators::default() },
        },
        problems: Vec::new(),
    }
}

/// The library of this name in everestctl's own folders.
pub fn find(folders: &LocalFolders, name: &CommandWord) -> Option<Origin> {
    let stems = file_stems::stems(std::slice::from_ref(name));
    folders
        .own_places()
        .find_map(|(place, folder)| stems.iter().find_map(|stem| origin(place, &path_for(folder, stem))))
}

fn path_for(folder: &Path, stem: &str) -> PathBuf {
    folder.join(format!("{DLL_PREFIX}everestctl_{stem}{DLL_SUFFIX}"))
}

fn origin(place: OriginPlace, path: &Path) -> Option<Origin> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_prefix(DLL_PREFIX)?.strip_prefix("everestctl_")?.strip_suffix(DLL_SUFFIX)?;
    let word = CommandWord::new(&file_stems::canonical(stem)).ok()?;
    FileFacts::from_path(path).ok().filter(|facts| facts.kind == FileKind::File)?;
    let mut origin = Origin::new(CleanText::new(word.as_str()), Source::Native, Some(Way::Native), place);
    origin.state = rules::state_of_library(path);
    origin.path = Some(path.to_owned());
    Some(origin)
}

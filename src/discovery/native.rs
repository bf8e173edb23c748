//! The source `native`: libraries `libeverestctl_NAME.so` (`.dylib`, `.dll`) in the plugin folder.
//!
//! They are found by name, judged by the rules of local files, and not loaded here.

use super::local::rules;
use crate::model::{
    CleanText, CommandWord, Origin, OriginPlace, ReportOutcome, Source, SourceReport, Validators, Way,
    file_stems,
};
use crate::sys::FileFacts;
use crate::sys::files::{self, FileKind};
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};

/// Lists the libraries in the plugin folder.
pub fn scan(plugins: Option<&Path>) -> SourceReport {
    let Some(folder) = plugins else { return SourceReport::not_configured(Source::Native) };
    let mut names = files::names_in(folder).unwrap_or_default();
    names.sort();
    let origins: Vec<Origin> = names.iter().filter_map(|name| origin(&folder.join(name))).collect();
    let identity = |path: &Path| FileFacts::from_path(path).ok().map(|facts| facts.identity);
    let watched = origins.iter().filter_map(|origin| origin.path.clone());
    let watched = watched.chain([folder.to_owned()]).map(|path| (path.clone(), identity(&path))).collect();
    SourceReport {
        source: Source::Native,
        outcome: ReportOutcome::Complete {
            origins,
            validators: Validators { watched, ..Validators::default() },
        },
        problems: Vec::new(),
    }
}

/// The library of this name in the plugin folder.
pub fn find(plugins: Option<&Path>, name: &CommandWord) -> Option<Origin> {
    file_stems::stems(std::slice::from_ref(name)).iter().find_map(|stem| origin(&path_for(plugins?, stem)))
}

fn path_for(folder: &Path, stem: &str) -> PathBuf {
    folder.join(format!("{DLL_PREFIX}everestctl_{stem}{DLL_SUFFIX}"))
}

fn origin(path: &Path) -> Option<Origin> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_prefix(DLL_PREFIX)?.strip_prefix("everestctl_")?.strip_suffix(DLL_SUFFIX)?;
    let word = CommandWord::new(&file_stems::canonical(stem)).ok()?;
    FileFacts::from_path(path).ok().filter(|facts| facts.kind == FileKind::File)?;
    let mut origin = Origin::new(
        CleanText::new(word.as_str()),
        Source::Native,
        Some(Way::Native),
        OriginPlace::PluginFolder,
    );
    origin.state = rules::state_of_library(path);
    origin.path = Some(path.to_owned());
    Some(origin)
}

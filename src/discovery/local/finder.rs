//! Finding the executables for one name with a few `stat`s.

use super::{LocalFolders, PREFIX, bundled, rules};
use crate::model::{CleanText, Origin, OriginPlace, Source, Way, file_stems};
use crate::sys::FileFacts;
use crate::sys::files::FileKind;
use std::path::Path;
use std::rc::Rc;

/// Finds local executables by name, without listing a folder.
#[derive(Debug)]
pub struct Finder<'a> {
    folders: &'a LocalFolders,
    prefix: &'static str,
}

impl<'a> Finder<'a> {
    /// Looks into these folders.
    pub fn new(folders: &'a LocalFolders) -> Self {
        Self { folders, prefix: PREFIX }
    }

    /// Looks for the executables that complete the arguments of others, `everestctl_complete-NAME`.
    pub fn companions(folders: &'a LocalFolders) -> Self {
        Self { folders, prefix: COMPANION }
    }

    /// The executables whose names have one of `stems`: place by place, and in each the stems as given. The
    /// file system is asked for one file after the other, only as long as more are needed.
    pub fn find(self, stems: Vec<String>) -> impl Iterator<Item = Origin> + 'a {
        let stems = Rc::new(stems);
        let prefix = self.prefix;
        self.folders.places().flat_map(move |(place, folder)| {
            let stems = Rc::clone(&stems);
            (0..stems.len()).filter_map(move |number| look(place, folder, prefix, &stems[number]))
        })
    }
}

/// What the name of a companion starts with.
const COMPANION: &str = "everestctl_complete-";

fn look(place: OriginPlace, folder: &Path, prefix: &str, stem: &str) -> Option<Origin> {
    let path = folder.join(format!("{prefix}{stem}{}", std::env::consts::EXE_SUFFIX));
    let facts = FileFacts::from_path(&path).ok().filter(|facts| facts.kind == FileKind::File)?;
    if prefix == PREFIX && bundled::is_program(stem, &facts) {
        return None;
    }
    let name = CleanText::new(&file_stems::canonical(stem));
    let mut origin = Origin::new(name, Source::Local, Some(Way::Exec), place);
    origin.state = rules::state(&path, &facts);
    origin.path = Some(path);
    Some(origin)
}

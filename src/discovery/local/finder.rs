//! Finding the executables for one name with a few `stat`s.

use super::{LocalFolders, PREFIX, rules::Judge};
use crate::model::{Line, Origin, Place, Source, Way, spelling};
use crate::sys::FileFacts;
use crate::sys::files::Kind;
use std::path::Path;

/// Finds local executables by name, without listing a folder.
#[derive(Debug)]
pub struct Finder<'a> {
    folders: &'a LocalFolders,
    judge: Judge,
}

impl<'a> Finder<'a> {
    /// Looks into these folders.
    pub fn new(folders: &'a LocalFolders) -> Self {
        Self { folders, judge: Judge::of_this_user() }
    }

    /// The executables whose names have one of `stems`: place by place, and in each the stems as given.
    /// Nothing is asked of the file system before the iterator is.
    pub fn find(self, stems: Vec<String>) -> impl Iterator<Item = Origin> + 'a {
        self.folders.places().flat_map(move |(place, folder)| {
            stems.iter().filter_map(|stem| self.look(place, folder, stem)).collect::<Vec<_>>()
        })
    }

    fn look(&self, place: Place, folder: &Path, stem: &str) -> Option<Origin> {
        let path = folder.join(format!("{PREFIX}{stem}{}", std::env::consts::EXE_SUFFIX));
        let facts = FileFacts::of(&path).ok().filter(|facts| facts.kind == Kind::File)?;
        let name = Line::new(&spelling::canonical(stem));
        let mut origin = Origin::new(name, Source::Local, Some(Way::Exec), place);
        origin.state = self.judge.state(place, &path, &facts);
        origin.path = Some(path);
        Some(origin)
    }
}

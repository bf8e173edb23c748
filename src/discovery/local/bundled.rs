//! Where the programs of bundled plugins are: beside this binary, or in `../libexec/everestctl` of its folder. They are
//! looked for nowhere else, and never in a folder that others can write.

use super::{PREFIX, rules};
use crate::model::{CleanText, Origin, OriginPlace, OriginState, Source, Way, bundled};
use crate::sys::files::FileKind;
use crate::sys::trust::TrustPolicy;
use crate::sys::{FileFacts, process};
use std::path::{Path, PathBuf};

/// Below the folder above that of the binary: where systems keep programs that nobody calls by their names.
const LIBEXEC: &str = "libexec/everestctl";

/// The files that the program of the bundled plugin `word` may be, in order of precedence.
pub fn places(word: &str) -> Vec<PathBuf> {
    let Ok(binary) = process::this_binary_without_links() else { return Vec::new() };
    around(&binary, word)
}

fn around(binary: &Path, word: &str) -> Vec<PathBuf> {
    let name = format!("{PREFIX}{word}{}", std::env::consts::EXE_SUFFIX);
    let Some(folder) = binary.parent() else { return Vec::new() };
    let libexec = folder.parent().map(|above| above.join(LIBEXEC));
    [Some(folder.to_owned()), libexec].into_iter().flatten().map(|folder| folder.join(&name)).collect()
}

/// The program of the bundled plugin `word`; `None` when it is not installed.
///
/// One that may not run does not fall back to the next place.
pub fn find(word: &str) -> Option<Origin> {
    places(word).into_iter().find_map(|path| look(word, path))
}

/// Whether a file that might be the plugin `stem` is the program of a bundled plugin: PATH often has the folder of this
/// binary, and what is found there is no second claim to the word.
pub(super) fn is_program(stem: &str, facts: &FileFacts) -> bool {
    let program = || FileFacts::from_path(&find(stem)?.path?).ok();
    bundled::find(stem).is_some() && program().is_some_and(|program| program.identity == facts.identity)
}

fn look(word: &str, path: PathBuf) -> Option<Origin> {
    let state = match TrustPolicy::for_this_user().look(&path) {
        Ok(found) if found.facts.kind != FileKind::File => return None,
        Ok(found) if !rules::is_executable(&found.facts) => OriginState::NotExecutable,
        Ok(_) => OriginState::Ready,
        Err(distrust) if distrust.is_absence() => return None,
        Err(distrust) => rules::invalid(distrust),
    };
    let mut origin = Origin::new(CleanText::new(word), Source::Local, Some(Way::Exec), OriginPlace::Bundled);
    origin.state = state;
    origin.path = Some(path);
    Some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_places_around_the_binary() {
        let name = format!("everestctl-host{}", std::env::consts::EXE_SUFFIX);
        let expected = [Path::new("/opt/bin").join(&name), Path::new("/opt/libexec/everestctl").join(&name)];
        assert_eq!(around(Path::new("/opt/bin/everestctl"), "host"), expected);
    }
}

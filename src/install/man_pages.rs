//! Man pages of installed packages, where `man` looks: `man/man1` beside the data folder (`~/.local/share/man/man1`). They are links
//! through `current`, so that a rollback changes them, too.

use super::generations::{CURRENT, Generation};
use crate::sys::files;
use crate::sys::tree;
use std::path::Path;

/// Makes the pages of `generation` those that `man` finds. What somebody else has put there stays, and what cannot be
/// written is missing: `everestctl help --man` needs none of it.
pub fn publish(data: &Path, generation: &Generation) {
    let (Some(parent), Some(name)) = (data.parent(), data.file_name()) else { return };
    let folder = parent.join("man/man1");
    let through = Path::new("../..").join(name).join(CURRENT);
    let links = generation.packages.values().flat_map(|package| &package.links);
    let pages: Vec<&str> = links
        .map(|(link, _)| link.as_str())
        .filter(|link| Path::new(link).extension() == Some("1".as_ref()))
        .collect();
    for old in files::names_in(&folder).unwrap_or_default() {
        let place = folder.join(&old);
        let is_ours = tree::link_target(&place).is_some_and(|target| target == through.join(&old));
        if is_ours && !pages.iter().any(|page| *page == old) {
            let _ = tree::remove_link(&place);
        }
    }
    if pages.is_empty() || files::make_private_folder(&folder).is_err() {
        return;
    }
    for page in pages {
        // One that is there already is ours, or is not to be touched.
        let _ = files::link(&through.join(page), &folder.join(page));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::generations::InstalledPackage;

    #[test]
    fn pages_come_and_go_with_the_set_and_those_of_others_stay() {
        let folder = files::temporary_folder("man-pages-").unwrap();
        let data = folder.path().join("everestctl");
        let man = folder.path().join("man/man1");
        let set = |names: &[&str]| {
            let package = |name: &&str| {
                let links = vec![(format!("everestctl-{name}.1"), "man/x.1".to_owned())];
                ((*name).to_owned(), InstalledPackage { links, ..InstalledPackage::default() })
            };
            Generation { packages: names.iter().map(package).collect(), ..Generation::default() }
        };
        files::make_private_folder(&man).unwrap();
        files::replace(&man.join("everestctl-theirs.1"), b"theirs").unwrap();
        publish(&data, &set(&["greet", "theirs"]));
        let target = tree::link_target(&man.join("everestctl-greet.1")).unwrap();
        assert_eq!(target, Path::new("../../everestctl/current/everestctl-greet.1"));
        publish(&data, &set(&[]));
        assert_eq!(files::names_in(&man).unwrap(), ["everestctl-theirs.1"]);
    }
}

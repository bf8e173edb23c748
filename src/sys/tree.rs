//! Trees of files: read within limits, written whole, and put into their place in one step.
//!
//! It must not know what the files are for.

use super::files::{self, FileKind};
use super::{FileFacts, trust};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};

/// One file of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeFile {
    /// Its path inside the tree.
    pub path: PathBuf,
    /// What is in it.
    pub content: Vec<u8>,
    /// Whether its owner may run it.
    pub is_executable: bool,
}

/// How much of a tree is read.
#[derive(Clone, Copy, Debug)]
pub struct TreeLimits {
    /// The most files and folders.
    pub entries: usize,
    /// The most bytes in all files.
    pub bytes: u64,
    /// The most folders in each other.
    pub depth: usize,
}

/// Whether a path leads to something below where it starts.
pub fn is_inside(path: &Path) -> bool {
    path.components().next().is_some() && path.components().all(|part| matches!(part, Component::Normal(_)))
}

/// Reads all files below `folder`; what is no file and no folder is an error, and so is a link.
pub fn read(folder: &Path, limits: TreeLimits) -> io::Result<Vec<TreeFile>> {
    read_wanted(folder, limits, |_, _| true)
}

/// Reads the files below `folder` that `is_wanted`: it gets each path inside the folder, and whether that is a folder, of which nothing is
/// looked at if it is not.
pub fn read_wanted(
    folder: &Path,
    limits: TreeLimits,
    is_wanted: impl Fn(&Path, bool) -> bool,
) -> io::Result<Vec<TreeFile>> {
    let mut found = Vec::new();
    let (mut entries, mut left) = (0, limits.bytes);
    let mut open = vec![(PathBuf::new(), 0)];
    while let Some((below, depth)) = open.pop() {
        let mut names = files::names_in(&folder.join(&below))?;
        names.sort();
        for name in names {
            entries += 1;
            if entries > limits.entries || depth > limits.depth {
                return Err(io::Error::new(io::ErrorKind::QuotaExceeded, "too many files or folders"));
            }
            let path = below.join(name);
            let facts = FileFacts::from_name(&folder.join(&path))?;
            if !is_wanted(&path, facts.kind == FileKind::Folder) {
                continue;
            }
            match facts.kind {
                FileKind::Folder => open.push((path, depth + 1)),
                FileKind::File => {
                    let content = files::read(&folder.join(&path), left)?;
                    left = left.saturating_sub(content.len() as u64);
                    found.push(TreeFile { path, content, is_executable: facts.mode & 0o100 != 0 });
                }
                FileKind::Link | FileKind::Other => {
                    let what = format!("{} is neither a file nor a folder", path.display());
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
                }
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

/// Makes the folder `place` with these files, which nobody changes afterwards; everything is on the disk before it is there. One
/// that is there already stays.
pub fn write_once(place: &Path, tree: &[TreeFile]) -> io::Result<()> {
    if FileFacts::from_name(place).is_ok() {
        return Ok(());
    }
    let parent = place.parent().ok_or(io::ErrorKind::InvalidInput)?;
    files::make_private_folder(parent)?;
    let unfinished = files::temporary_folder_in(parent, UNFINISHED)?;
    for file in tree {
        let path = unfinished.path().join(&file.path);
        if let Some(folder) = path.parent() {
            files::make_private_folder(folder)?;
        }
        let mode = if file.is_executable { 0o500 } else { 0o400 };
        let mut made = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
        made.write_all(&file.content)?;
        made.sync_all()?;
    }
    settle(unfinished, place)
}

/// Makes the folder `place` with these files, which are the user's from then on. It must not be there, or be an empty folder; a link is refused
/// wherever it leads.
pub fn write_new(place: &Path, tree: &[TreeFile]) -> io::Result<()> {
    let parent = place.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    trust::root_may_write(&std::path::absolute(place)?)?;
    // Nobody else enters what is unfinished; the folder inside has the usual rights of the user.
    let unfinished = files::temporary_folder_in(parent, UNFINISHED)?;
    let folder = unfinished.path().join("whole");
    fs::create_dir(&folder)?;
    for file in tree {
        let path = folder.join(&file.path);
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new().recursive(true).create(folder)?;
        }
        let mode = if file.is_executable { 0o777 } else { 0o666 };
        let mut made = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
        made.write_all(&file.content)?;
        made.sync_all()?;
    }
    // It replaces an empty folder, and fails on everything else that is there.
    fs::rename(&folder, place)?;
    sync_folder(Some(parent));
    Ok(())
}

/// Makes the folder `place` with these links, each a name and where it leads, and a file that says what they are.
pub fn write_links(place: &Path, links: &[(String, PathBuf)], note: (&str, &[u8])) -> io::Result<()> {
    let parent = place.parent().ok_or(io::ErrorKind::InvalidInput)?;
    files::make_private_folder(parent)?;
    let unfinished = files::temporary_folder_in(parent, UNFINISHED)?;
    for (name, target) in links {
        files::link(target, &unfinished.path().join(name))?;
    }
    let mut made = fs::OpenOptions::new();
    let mut made = made.write(true).create_new(true).mode(0o600).open(unfinished.path().join(note.0))?;
    made.write_all(note.1)?;
    made.sync_all()?;
    settle(unfinished, place)
}

/// What the name of an unfinished folder starts with.
const UNFINISHED: &str = ".unfinished-";

fn settle(unfinished: tempfile::TempDir, place: &Path) -> io::Result<()> {
    match fs::rename(unfinished.path(), place) {
        Ok(()) => {
            // It has another name now.
            let _ = unfinished.keep();
            sync_folder(place.parent());
            Ok(())
        }
        // Another process was quicker, with the same content.
        Err(_) if FileFacts::from_name(place).is_ok() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes the link `place` lead to `target`, in one step.
pub fn replace_link(place: &Path, target: &Path) -> io::Result<()> {
    let parent = place.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let beside = files::temporary_folder_in(parent, UNFINISHED)?;
    let link = beside.path().join("link");
    files::link(target, &link)?;
    fs::rename(&link, place)?;
    sync_folder(Some(parent));
    Ok(())
}

/// Where the link `place` leads; `None` where there is none.
pub fn link_target(place: &Path) -> Option<PathBuf> {
    fs::read_link(place).ok()
}

/// Removes a link, and never what it leads to.
pub fn remove_link(place: &Path) -> io::Result<()> {
    fs::remove_file(place)
}

/// Removes a folder with everything in it.
pub fn remove(folder: &Path) -> io::Result<()> {
    trust::root_may_write(folder).map_err(io::Error::from)?;
    // What is in an immutable folder is removed by the rights on its folders.
    fs::remove_dir_all(folder)
}

/// Removes what killed processes left unfinished in `folder`. The caller holds the lock of all who write there.
pub fn sweep(folder: &Path) {
    for name in files::names_in(folder).unwrap_or_default() {
        if name.to_str().is_some_and(|name| name.starts_with(UNFINISHED)) {
            let _ = fs::remove_dir_all(folder.join(&name));
        }
    }
}

/// How long ago `path` was changed, in seconds.
pub fn age(path: &Path) -> Option<u64> {
    fs::symlink_metadata(path).ok()?.modified().ok()?.elapsed().ok().map(|age| age.as_secs())
}

/// The names in a folder are there either way; this is about the power going now.
fn sync_folder(folder: Option<&Path>) {
    if let Some(folder) = folder {
        let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: TreeLimits = TreeLimits { entries: 10, bytes: 100, depth: 3 };

    fn file(path: &str, content: &str) -> TreeFile {
        TreeFile { path: path.into(), content: content.into(), is_executable: path.starts_with("bin/") }
    }

    #[test]
    fn what_was_written_is_read_and_never_changed() {
        let folder = files::temporary_folder("tree-").unwrap();
        let place = folder.path().join("store/one");
        let tree = [file("a", "1"), file("bin/b", "2")];
        write_once(&place, &tree).unwrap();
        assert_eq!(read(&place, LIMITS).unwrap(), tree);
        write_once(&place, &[file("a", "other")]).unwrap();
        assert_eq!(read(&place, LIMITS).unwrap(), tree);
        assert_eq!(FileFacts::from_path(&place.join("bin/b")).unwrap().mode & 0o777, 0o500);
        assert_eq!(files::names_in(place.parent().unwrap()).unwrap().len(), 1);
        remove(&place).unwrap();
    }

    #[test]
    fn a_tree_that_is_too_large_or_has_links_is_not_read() {
        let folder = files::temporary_folder("tree-").unwrap();
        write_once(&folder.path().join("t"), &[file("a", &"x".repeat(101))]).unwrap();
        assert!(read(folder.path(), LIMITS).is_err());
        let many: Vec<TreeFile> = (0..11).map(|number| file(&format!("f{number}"), "")).collect();
        write_once(&folder.path().join("many"), &many).unwrap();
        assert!(read(&folder.path().join("many"), LIMITS).is_err());
        let linked = folder.path().join("linked");
        write_links(&linked, &[("x".to_owned(), "/etc/passwd".into())], ("note", b"")).unwrap();
        assert!(read(&linked, LIMITS).is_err());
    }

    #[test]
    fn what_is_not_wanted_is_not_even_looked_at() {
        let folder = files::temporary_folder("tree-").unwrap();
        let all = [file("a", "1"), file("large", &"x".repeat(101)), file("out/b", &"x".repeat(101))];
        write_once(&folder.path().join("t"), &all).unwrap();
        let wanted = |path: &Path, is_folder: bool| {
            assert_eq!(is_folder, path == Path::new("out"), "{path:?}");
            path == Path::new("a")
        };
        assert_eq!(read_wanted(&folder.path().join("t"), LIMITS, wanted).unwrap(), all[..1]);
    }

    #[test]
    fn a_link_is_replaced_in_one_step() {
        let folder = files::temporary_folder("tree-").unwrap();
        let place = folder.path().join("current");
        assert_eq!(link_target(&place), None);
        for target in ["generations/1", "generations/2"] {
            replace_link(&place, Path::new(target)).unwrap();
            assert_eq!(link_target(&place).as_deref(), Some(Path::new(target)));
        }
        assert_eq!(files::names_in(folder.path()).unwrap().len(), 1);
    }
}

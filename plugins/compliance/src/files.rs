//! The files that the user names, and those in the folders that they name: within bounds, and each that is left out is
//! told.

use crate::finding::Unchecked;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// The largest file, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;
/// The most files, and the most bytes of them together.
const MOST: usize = 20_000;
const MOST_BYTES: u64 = 512 * 1024 * 1024;
/// The deepest folder below one that was named.
const DEEPEST: usize = 64;
/// Folders that are not gone into, unless they are named: what others have written, or what is made of the rest.
const LEFT_OUT: &[&str] = &[".git", ".hg", ".svn", "node_modules", "target", ".venv", "__pycache__"];

/// A text file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TextFile {
    /// As the user would type it.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The text files among `named` and below, in order, and what could not be read.
pub(crate) fn read(named: &[PathBuf]) -> (Vec<TextFile>, Vec<Unchecked>) {
    let mut walk = Walk::default();
    for path in named {
        walk.named(path);
    }
    (walk.files, walk.unchecked)
}

#[derive(Default)]
struct Walk {
    files: Vec<TextFile>,
    unchecked: Vec<Unchecked>,
    bytes: u64,
    /// The limit was reached, which is said once.
    is_full: bool,
}

#[expect(clippy::disallowed_methods, reason = "here files are read, each with a limit")]
impl Walk {
    fn named(&mut self, path: &Path) {
        // A link that the user names is what they mean; one in a folder may lead anywhere.
        match fs::metadata(path) {
            Ok(facts) if facts.is_dir() => self.folder(path, 0),
            Ok(facts) if facts.is_file() => self.file(path, true),
            Ok(_) => self.leave(path, "it is neither a file nor a folder"),
            Err(error) => self.leave(path, &error.to_string()),
        }
    }

    fn folder(&mut self, path: &Path, depth: usize) {
        if depth > DEEPEST {
            return self.leave(path, "the folder is too deep");
        }
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return self.leave(path, &error.to_string()),
        };
        let mut entries: Vec<fs::DirEntry> = entries.flatten().take(MOST).collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let Ok(kind) = entry.file_type() else { continue };
            let left_out = entry.file_name().to_str().is_some_and(|name| LEFT_OUT.contains(&name));
            if kind.is_dir() && !left_out {
                self.folder(&entry.path(), depth + 1);
            } else if kind.is_file() {
                self.file(&entry.path(), false);
            }
            if self.is_full {
                return;
            }
        }
    }

    fn file(&mut self, path: &Path, named: bool) {
        if self.files.len() >= MOST || self.bytes >= MOST_BYTES {
            self.is_full = true;
            return self.leave(path, "there are too many files: this one and those after it were left out");
        }
        match content(path) {
            Ok(Some(text)) => {
                self.bytes += text.len() as u64;
                self.files.push(TextFile { path: shown(path), text });
            }
            // Pictures and programs have no lines.
            Ok(None) if named => self.leave(path, "it is not text"),
            Ok(None) => {}
            Err(error) => self.leave(path, &error.to_string()),
        }
    }

    fn leave(&mut self, path: &Path, why: &str) {
        let place = shown(path);
        self.unchecked.push(Unchecked::whole(&place, why));
    }
}

/// A path without the folder that everybody is in: a file has one name in reports, and in baselines.
fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

/// A file's text; nothing if it is none.
#[expect(clippy::disallowed_methods, reason = "here files are read, each with a limit")]
fn content(path: &Path) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.iter().take(8192).any(|byte| *byte == 0) {
        return Ok(None);
    }
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other(format!("it is larger than {} MiB", LARGEST / 1024 / 1024)));
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_read_in_order_and_what_is_left_out_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("b/.git")).unwrap();
        for (name, content) in
            [("b/two", "2"), ("a", "1"), ("b/.git/config", "x"), ("binary", "\0\0"), ("c", "3")]
        {
            fs::write(root.join(name), content).unwrap();
        }
        std::os::unix::fs::symlink("/etc/passwd", root.join("link")).unwrap();
        fs::write(root.join("large"), vec![b'x'; 5 * 1024 * 1024]).unwrap();
        let (files, unchecked) = read(&[root.to_owned(), root.join("binary"), root.join("none")]);
        assert_eq!(files.iter().map(|file| file.text.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
        let why: Vec<&str> = unchecked.iter().map(|left| left.why.as_str()).collect();
        assert_eq!(
            why,
            ["it is larger than 4 MiB", "it is not text", "No such file or directory (os error 2)"]
        );
    }

    #[test]
    fn a_file_has_one_name() {
        assert_eq!([shown(Path::new("./a/b.yaml")), shown(Path::new("a/b.yaml"))], ["a/b.yaml", "a/b.yaml"]);
        assert_eq!(shown(Path::new("/a")), "/a");
    }
}

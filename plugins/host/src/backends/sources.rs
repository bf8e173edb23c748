//! The files that a backend is made of: when one of them changes, it is started again.
//!
//! By default these are the files of code in the plugin's folder and those that the command names. What a backend
//! writes there (data, logs, caches) must not start it again and again: only `watch` in `host.yaml` adds other files.

use everestctl::model::FileIdentity;
use everestctl::sys::files::{self, FileFacts, FileKind};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Folders of what is built, fetched or cached.
const BUILT: &[&str] = &[
    "__pycache__",
    "bin",
    "build",
    "coverage",
    "dist",
    "env",
    "node_modules",
    "obj",
    "target",
    "vendor",
    "venv",
];
/// What the names of code end with.
const CODE: &[&str] = &[
    "c", "cc", "cjs", "clj", "cpp", "cs", "ex", "exs", "go", "h", "java", "js", "jsx", "kt", "lua", "mjs",
    "php", "pl", "py", "rb", "rs", "scala", "sh", "swift", "ts", "tsx",
];
/// Further files that a build reads.
const BUILT_FROM: &[&str] = &[
    "Cargo.toml",
    "Makefile",
    "go.mod",
    "openapi.json",
    "openapi.yaml",
    "package.json",
    "pyproject.toml",
    "tsconfig.json",
];
/// At most this many files are looked at, and this deep.
const MOST: usize = 5000;
const DEEPEST: usize = 12;

/// The files, and what tells one state of each from another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceFiles(BTreeMap<PathBuf, FileIdentity>);

impl SourceFiles {
    /// Those of the backend in `folder`: what `watch` names, or the usual ones. Of one that the host builds, the files that
    /// the command names are none: the build writes them.
    pub fn of(folder: &Path, command: &[String], watch: Option<&[PathBuf]>, is_built: bool) -> Self {
        let mut found = Self::default();
        if let Some(places) = watch {
            for place in places {
                found.add(&folder.join(place), 0, &|_| true);
            }
            return found;
        }
        found.add(folder, 0, &|path| is_code(path) || (is_built && is_read_by_builds(path)));
        let named = if is_built { &[] } else { command };
        for word in named.iter().map(Path::new).filter(|word| word.is_relative()) {
            found.add_file(&folder.join(word));
        }
        found
    }

    fn add(&mut self, place: &Path, depth: usize, wanted: &dyn Fn(&Path) -> bool) {
        let Ok(facts) = FileFacts::from_name(place) else { return };
        if facts.kind != FileKind::Folder {
            return self.add_file(place);
        }
        if depth > DEEPEST {
            return;
        }
        for name in files::names_in(place).unwrap_or_default() {
            let inside = place.join(&name);
            let is_folder = FileFacts::from_name(&inside).is_ok_and(|facts| facts.kind == FileKind::Folder);
            if is_folder && !is_built(&name.to_string_lossy()) {
                self.add(&inside, depth + 1, wanted);
            } else if !is_folder && wanted(&inside) {
                self.add_file(&inside);
            }
        }
    }

    fn add_file(&mut self, path: &Path) {
        let facts = FileFacts::from_path(path).ok().filter(|facts| facts.kind == FileKind::File);
        if let Some(facts) = facts.filter(|_| self.0.len() < MOST) {
            self.0.insert(without_climbing(path), facts.identity);
        }
    }

    /// The first file that differs from what it was `before`, by its name in `folder`.
    pub fn changed(&self, before: &Self, folder: &Path) -> Option<String> {
        let is_same = |path: &&PathBuf| self.0.get(*path) == before.0.get(*path);
        let path = self.0.keys().chain(before.0.keys()).find(|path| !is_same(path))?;
        Some(path.strip_prefix(folder).unwrap_or(path).display().to_string())
    }

    /// The folders that they are in.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.0.keys().filter_map(|path| path.parent())
    }
}

/// The same path without `..`, so that where it lies can be told from its text.
fn without_climbing(path: &Path) -> PathBuf {
    let mut found = PathBuf::new();
    for part in path.components() {
        if part != Component::ParentDir
            || !matches!(found.components().next_back(), Some(Component::Normal(_)))
        {
            found.push(part);
        } else {
            found.pop();
        }
    }
    found
}

/// Whether a folder of this name holds what is built, fetched or cached, or is hidden.
pub fn is_built(name: &str) -> bool {
    name.starts_with('.') || BUILT.contains(&name)
}

fn is_code(path: &Path) -> bool {
    path.extension().is_some_and(|end| CODE.iter().any(|code| end == *code))
}

fn is_read_by_builds(path: &Path) -> bool {
    path.file_name().is_some_and(|name| BUILT_FROM.iter().any(|file| name == *file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(found: &SourceFiles, folder: &Path) -> Vec<String> {
        let name = |path: &PathBuf| path.strip_prefix(folder).unwrap().display().to_string();
        found.0.keys().map(name).collect()
    }

    #[test]
    fn a_path_is_told_without_climbing() {
        for (path, expected) in [
            ("plugins/sql/../../target/plugin-sql", "target/plugin-sql"),
            ("/p/a/../b", "/p/b"),
            ("../x", "../x"),
            ("a/../../x", "../x"),
        ] {
            assert_eq!(without_climbing(Path::new(path)), Path::new(expected), "{path}");
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a folder of the test's own")]
    fn code_counts_and_what_is_written_or_built_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        for path in ["src", "__pycache__", ".git", "node_modules/x", "data"] {
            std::fs::create_dir_all(place(path)).unwrap();
        }
        for path in [
            "server.py",
            "src/api.py",
            "snake.db",
            "server.log",
            "data/state.json",
            "__pycache__/server.py",
            ".git/hook.py",
            "node_modules/x/index.js",
            "start",
            "Makefile",
        ] {
            files::replace(&place(path), b"x").unwrap();
        }
        let command = ["./start".to_owned(), "server:app".to_owned()];
        let usual = SourceFiles::of(folder.path(), &command, None, false);
        assert_eq!(names(&usual, folder.path()), ["server.py", "src/api.py", "start"]);
        let named =
            SourceFiles::of(folder.path(), &command, Some(&["data".into(), "server.py".into()]), false);
        assert_eq!(names(&named, folder.path()), ["data/state.json", "server.py"]);
        let built = SourceFiles::of(folder.path(), &command, None, true);
        assert_eq!(names(&built, folder.path()), ["Makefile", "server.py", "src/api.py"]);

        files::replace(&place("snake.db"), b"y").unwrap();
        let again = SourceFiles::of(folder.path(), &command, None, false);
        assert_eq!(again.changed(&usual, folder.path()), None);
        files::replace(&place("src/api.py"), b"y").unwrap();
        let again = SourceFiles::of(folder.path(), &command, None, false);
        assert_eq!(again.changed(&usual, folder.path()).as_deref(), Some("src/api.py"));
    }
}

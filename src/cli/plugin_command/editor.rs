//! A text in the user's editor, in a file of its own.
//!
//! It must not know what the text is.

use crate::sys::terminal::TerminalModes;
use crate::sys::{Environment, files, process};
use std::io;
use std::path::PathBuf;

/// The largest text that comes back from an editor, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

/// The user's editor, where they have named one.
pub(super) fn named(environment: &Environment) -> Option<&str> {
    environment.text("VISUAL").or_else(|| environment.text("EDITOR"))
}

/// The same, or the one that every system has.
pub(super) fn usual(environment: &Environment) -> &str {
    named(environment).unwrap_or("vi")
}

/// A file for an editor. Its folder goes with it unless it is kept.
pub(super) struct EditorFile {
    folder: tempfile::TempDir,
    name: &'static str,
}

impl EditorFile {
    /// A file that has `text`.
    pub(super) fn new(name: &'static str, text: &str) -> io::Result<Self> {
        let file = Self { folder: files::temporary_folder("everestctl-edit-")?, name };
        files::replace(&file.path(), text.as_bytes())?;
        Ok(file)
    }

    /// Lets the user edit it; whether the editor says that it went well.
    pub(super) fn edit(&self, environment: &Environment) -> io::Result<bool> {
        let _modes = TerminalModes::reading_lines();
        process::edit(usual(environment), &self.path(), environment)
    }

    /// What is in it.
    pub(super) fn read(&self) -> io::Result<Vec<u8>> {
        files::read(&self.path(), LARGEST)
    }

    /// Where the text is from now on.
    pub(super) fn keep(self) -> PathBuf {
        self.folder.keep().join(self.name)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }
}

//! What is known of one plugin's commands: its own file, named by what is in it, and opened only when that
//! plugin is run, completed or explained.
//!
//! The names file remembers which one belongs to which plugin.

use super::store::Store;
use crate::model::CommandWord;
use crate::sys::clock::UnixTime;
use crate::sys::files;
use std::io;
use xxhash_rust::xxh3::xxh3_64;

/// The largest details file, in bytes: a description of 4 MiB has shrunk by then.
const LARGEST: u64 = 16 * 1024 * 1024;
/// What such a file starts with. A new form of what follows needs a new number.
const FIRST_LINE: &[u8] = b"everestctl details 2\n";

/// What was found when a plugin was asked what it offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Described {
    /// The details file; `None` when the plugin describes nothing.
    pub details: Option<u64>,
    /// Where the description was found, in words; empty when nowhere.
    pub place: String,
    /// The `ETag` of the description.
    pub etag: Option<String>,
    /// The plugin's version at that time.
    pub version: Option<String>,
    /// When that was.
    pub asked: UnixTime,
    /// Further names that the description gives the plugin's command.
    pub aliases: Vec<CommandWord>,
    /// Whether the backend requires a token, and none was sent.
    pub refused: bool,
    /// Why it could not be asked the last time.
    pub failed: Option<String>,
}

impl Store {
    /// Keeps what is known of a plugin's commands, and gives the name of it.
    pub fn keep_details(&self, content: &[u8]) -> io::Result<u64> {
        let number = xxh3_64(content);
        self.make_folder()?;
        files::replace(&self.details_file(number), &[FIRST_LINE, content].concat())?;
        Ok(number)
    }

    /// What was kept under this name; `None` when it is damaged or not there, and so has to be asked again.
    pub fn details(&self, number: u64) -> Option<Vec<u8>> {
        let mut content = super::store::read_private(&self.details_file(number), LARGEST)?;
        content.drain(..FIRST_LINE.len().min(content.len())).eq(FIRST_LINE.iter().copied()).then_some(())?;
        (xxh3_64(&content) == number).then_some(content)
    }

    fn details_file(&self, number: u64) -> std::path::PathBuf {
        self.folder().join(format!("details-{number:016x}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_comes_back_and_what_was_damaged_does_not() {
        let folder = files::temporary_folder("details-").unwrap();
        let store = Store::new(folder.path());
        let number = store.keep_details(b"{}").unwrap();
        assert_eq!(store.details(number).as_deref(), Some(&b"{}"[..]));
        for damaged in [&b""[..], b"{}", b"everestctl details 2\n[]", b"everestctl details 9\n{}"] {
            files::replace(&store.details_file(number), damaged).unwrap();
            assert_eq!(store.details(number), None, "{damaged:?}");
        }
    }
}

//! The names files in the cache folder: private, replaced in one step, rebuilt at any doubt.

use super::{NameRecord, Names, format};
use crate::sys::FileFacts;
use crate::sys::files::{self, FileKind};
use crate::sys::lock::Lock;
use rkyv::util::AlignedVec;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64;

/// The largest names file that is read, in bytes: a hundred times the usual.
const LARGEST: u64 = 32 * 1024 * 1024;

/// What a names file is for: an identity of the remote sources, or a set of local folders.
///
/// Only a checksum of it is kept, so that nothing of a token that went into it can come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    kind: &'static str,
    number: u64,
}

impl Key {
    /// The key of `kind` made of all `parts`, in order.
    pub fn new<'a>(kind: &'static str, parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut text = Vec::new();
        for part in parts {
            text.extend_from_slice(&part.len().to_le_bytes());
            text.extend_from_slice(part);
        }
        Self { kind, number: xxh3_64(&text) }
    }

    /// The key of `kind` for something that belongs to what this key is for.
    #[must_use]
    pub fn below<'a>(self, kind: &'static str, parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let number = self.number.to_le_bytes();
        let mut all: Vec<&[u8]> = vec![&number];
        for part in parts {
            all.push(part);
        }
        Self::new(kind, all)
    }
}

/// How long another process may hold the lock of a names file: it writes it in a moment.
const PATIENCE: Duration = Duration::from_secs(2);

/// The folder of the names files.
///
/// Clones share what one of them has read: a run reads each file once, but for what it changes itself.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    read: Arc<Mutex<Vec<(Key, NamesFile)>>>,
}

/// A names file as it is; `None` when there is none that can be used.
type NamesFile = Option<Arc<AlignedVec>>;

impl Store {
    /// The store in the cache folder.
    pub fn new(cache: &Path) -> Self {
        Self { folder: cache.join("index"), read: Arc::default() }
    }

    /// What is known for `key`; `None` when nothing is, or when the file is damaged, of another version or
    /// not the user's own.
    pub fn load(&self, key: Key) -> Option<Names> {
        format::decode(&*self.content(key)?, key.number)
    }

    /// The same with those origins alone that decide what `word` means: quicker where there are many.
    pub fn load_for(&self, key: Key, word: &str) -> Option<Names> {
        format::decode_for(&*self.content(key)?, key.number, word)
    }

    /// The same as [`Self::load`] as it is now, whatever this run has read before.
    pub fn load_now(&self, key: Key) -> Option<Names> {
        self.loaded().retain(|(read, _)| *read != key);
        self.load(key)
    }

    /// Calls `each` with every entry that is known for `key`, without making more of it.
    pub fn for_each_entry(&self, key: Key, each: impl FnMut(NameRecord<'_>)) -> Option<()> {
        format::for_each_entry(&*self.content(key)?, key.number, each)
    }

    /// Changes what is known for `key`, one process after the other and atomically for readers, and
    /// gives it changed. When it cannot be kept, the change still happens to what is given.
    pub fn update(&self, key: Key, change: impl FnOnce(&mut Names)) -> (Names, io::Result<()>) {
        let lock = self.make_folder().and_then(|()| Lock::take(&self.file(key, "lock"), PATIENCE));
        // As it is now, and not as this run has read it; what follows is read anew.
        self.loaded().retain(|(read, _)| *read != key);
        let names = self.content_now(key).and_then(|content| format::decode(&content, key.number));
        let mut names = names.unwrap_or_default();
        change(&mut names);
        let kept = lock.and_then(|_held| {
            let content = format::encode(&names, key.number).ok_or(io::ErrorKind::InvalidData)?;
            files::replace(&self.file(key, "names"), &content)
        });
        (names, kept)
    }

    /// Takes the right to refresh `key` in the background; `None` when another process has it.
    pub fn single_flight(&self, key: Key) -> io::Result<Option<Lock>> {
        self.make_folder()?;
        files::sweep(&self.folder, is_ours);
        Lock::try_take(&self.file(key, "refresh"))
    }

    /// What a small file in JSON, of `largest` bytes at most, says; `None` when it is damaged or not there.
    pub(super) fn json<T: DeserializeOwned>(&self, key: Key, largest: u64) -> Option<T> {
        serde_json::from_slice(&read_private(&self.file(key, "json"), largest)?).ok()
    }

    /// Replaces what such a file says.
    pub(super) fn keep_json(&self, key: Key, value: &impl Serialize) -> io::Result<()> {
        self.make_folder()?;
        files::replace(&self.file(key, "json"), &serde_json::to_vec(value)?)
    }

    pub(super) fn file(&self, key: Key, extension: &str) -> PathBuf {
        self.folder.join(format!("{}-{:016x}.{extension}", key.kind, key.number))
    }

    fn content(&self, key: Key) -> NamesFile {
        if let Some((_, content)) = self.loaded().iter().find(|(read, _)| *read == key) {
            return content.clone();
        }
        let content = self.content_now(key).map(Arc::new);
        self.loaded().push((key, content.clone()));
        content
    }

    fn loaded(&self) -> MutexGuard<'_, Vec<(Key, NamesFile)>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn content_now(&self, key: Key) -> Option<AlignedVec> {
        let mut content = AlignedVec::new();
        let fill = |mut file: io::Take<&std::fs::File>, size: usize| {
            content.reserve(size);
            content.extend_from_reader(&mut file)
        };
        let (_, facts) = files::read_with(&self.file(key, "names"), LARGEST, fill).ok()?;
        facts.is_private().then_some(content)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder. It is a folder and no link: what is in it is swept.
    pub(super) fn make_folder(&self) -> io::Result<()> {
        files::make_private_folder(&self.folder)?;
        let facts = FileFacts::from_name(&self.folder)?;
        if facts.kind == FileKind::Folder && facts.is_private() {
            return Ok(());
        }
        let folder = self.folder.display();
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!("the folder {folder} does not belong to the user"),
        ))
    }
}

/// Whether a name is one that this folder's files have.
fn is_ours(name: &str) -> bool {
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let Some((_, number)) = stem.rsplit_once('-') else { return false };
    matches!(extension, "names" | "lock" | "refresh" | "json")
        && number.len() == 16
        && number.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The small file of this name, if it is the user's own.
fn read_private(file: &Path, limit: u64) -> Option<Vec<u8>> {
    let (content, facts) = files::read_with_facts(file, limit).ok()?;
    facts.is_private().then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_index_are_swept() {
        for name in
            ["local-0123456789abcdef.names", "details-0123456789abcdef.json", "x-0123456789abcdef.lock"]
        {
            assert!(is_ours(name), "{name}");
        }
        for name in
            ["notes.json", "a-1.json", "a-0123456789abcdeg.json", "a-0123456789abcdef.txt", "names", ""]
        {
            assert!(!is_ours(name), "{name}");
        }
    }
}

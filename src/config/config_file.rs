//! The config file as a thing that several processes change: a lock around read, change and write.
//!
//! * The lock is `config.yaml.lock`, beside the file that the path finally leads to, so that every link to one
//!   file means one lock.
//! * A change is in the file whole or not at all; the file is the user's alone (0600), its folder too (0700)
//!   where the folder is ours.
//! * While a session is renewed, the lock's file says so, and holds what the server has given until it stands
//!   in the file. Who is killed in that moment leaves the note behind: the next command takes the session out
//!   of it, or, when the answer had not come yet, can say what happened.

use super::client_config::{ClientConfig, ConfigError, LARGEST, text};
use super::locked_file;
use super::plugin_credentials::CredentialsFile;
use crate::sys::clock::UnixTime;
use crate::sys::files::{self, Replacement};
use crate::sys::lock::Lock;
use crate::yaml::YamlError;
use crate::yaml::edit::{self, Edit};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64;
use zeroize::Zeroizing;

/// How much larger a change can make the file, in bytes: tokens are a few hundred each.
const ROOM: usize = 64 * 1024;

/// Where the file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile {
    path: PathBuf,
    /// Whether its folder contains only files of this program.
    owns_folder: bool,
    kind: ConfigFileKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ConfigFileKind {
    Shared,
    Own,
}

impl ConfigFile {
    /// The file shared with the Go CLI.
    pub fn shared(path: PathBuf, owns_folder: bool) -> Self {
        Self { path, owns_folder, kind: ConfigFileKind::Shared }
    }

    /// The file `everestctl.yaml` beside it, of which the Go CLI knows nothing.
    #[must_use]
    pub fn own_beside(&self) -> Self {
        Self { path: self.path.with_file_name("everestctl.yaml"), kind: ConfigFileKind::Own, ..self.clone() }
    }

    /// Its path, as it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it now, without waiting for the lock.
    pub fn read(&self) -> Result<ClientConfig, ConfigError> {
        ClientConfig::read(&self.path)
    }

    /// Its unchanged text, including secrets; empty when there is no file.
    pub fn text(&self) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
        text(&self.path)
    }

    /// Whether this user may change it at all: root does not where it is another user's (`sudo -E`).
    pub fn is_mine_to_write(&self) -> Result<(), ConfigError> {
        locked_file::is_mine_to_write(&self.path)
    }

    /// The file of plugins' credentials beside it.
    #[must_use]
    pub fn credentials_beside(&self) -> CredentialsFile {
        CredentialsFile::beside(&self.path, self.owns_folder)
    }

    /// Takes the lock, waiting at most `patience` for another process.
    pub fn lock(&self, patience: Duration) -> Result<LockedConfig<'_>, ConfigError> {
        let (target, lock) = locked_file::lock(&self.path, self.owns_folder, patience)?;
        Ok(LockedConfig { file: self, target, lock })
    }

    /// One change under the lock.
    pub fn change(
        &self,
        patience: Duration,
        edits: impl FnOnce(&ClientConfig) -> Vec<Edit>,
    ) -> Result<(), ConfigError> {
        let held = self.lock(patience)?;
        let edits = edits(&held.read()?);
        held.prepare()?.finish(&edits)
    }
}

/// The file, while this process alone changes it.
#[derive(Debug)]
pub struct LockedConfig<'a> {
    file: &'a ConfigFile,
    /// Where the path leads in the end.
    target: PathBuf,
    lock: Lock,
}

impl LockedConfig<'_> {
    /// What it says now.
    pub fn read(&self) -> Result<ClientConfig, ConfigError> {
        ClientConfig::read(&self.target)
    }

    /// Reserves everything that a change needs, before anything happens that cannot be undone.
    pub fn prepare(&self) -> Result<PendingWrite<'_>, ConfigError> {
        let unwritable = |error| ConfigError::Unwritable(self.file.path.clone(), error);
        let before = text(&self.target)?;
        let replacement = Replacement::prepare(&self.target, before.len() + ROOM).map_err(unwritable)?;
        Ok(PendingWrite { held: self, replacement })
    }

    /// Notes that the session with this refresh token is being renewed, and what was given for it as soon as
    /// it is known.
    pub fn note_renewal(&self, refresh: &str, renewed: Option<Renewed>) -> io::Result<()> {
        let pid = std::process::id();
        let note = Note { since: UnixTime::now().0, pid, token: fingerprint(refresh), renewed };
        let text = Zeroizing::new(serde_json::to_string(&note).unwrap_or_default());
        self.lock.leave_note(&text)
    }

    /// Notes that it is over.
    pub fn end_renewal(&self) -> io::Result<()> {
        self.lock.leave_note("")
    }

    /// Whether a process started to renew the session with this refresh token and never came to its end.
    pub fn interrupted_renewal(&self, refresh: &str) -> Option<InterruptedRenewal> {
        let text = Zeroizing::new(self.lock.note().ok()?);
        // Behind it may be the end of a longer one.
        let note: Note = serde_json::Deserializer::from_str(&text).into_iter().next()?.ok()?;
        (note.token == fingerprint(refresh)).then_some(InterruptedRenewal {
            since: UnixTime(note.since),
            pid: note.pid,
            renewed: note.renewed,
        })
    }
}

/// A change that is sure to find its place.
#[derive(Debug)]
pub struct PendingWrite<'a> {
    held: &'a LockedConfig<'a>,
    replacement: Replacement,
}

impl PendingWrite<'_> {
    /// Makes it.
    pub fn finish(self, edits: &[Edit]) -> Result<(), ConfigError> {
        let path = &self.held.file.path;
        let unwritable = |error| ConfigError::Unwritable(path.clone(), error);
        let damaged = |error| ConfigError::Damaged(path.clone(), error);
        let before = text(&self.held.target)?;
        let before = std::str::from_utf8(&before).map_err(|_| damaged(YamlError::NotText))?;
        let start = start(self.held.file.kind);
        let after = Zeroizing::new(edit::apply(before, edits, &start).map_err(damaged)?);
        if after.as_str() == before {
            // Nothing changes but who may read it.
            return match files::make_private(&self.held.target, 0o600) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unwritable(error)),
                _ => Ok(()),
            };
        }
        // What is written must be readable again: a file too large or damaged is not a session of any server.
        if after.len() > LARGEST {
            return Err(ConfigError::TooLarge(path.clone()));
        }
        ClientConfig::from_text(after.as_bytes()).map_err(damaged)?;
        self.replacement.finish(after.as_bytes()).map_err(unwritable)
    }
}

/// A renewal that never came to its end.
pub struct InterruptedRenewal {
    /// When it started.
    pub since: UnixTime,
    /// In which process.
    pub pid: u32,
    /// What the server had given by then.
    pub renewed: Option<Renewed>,
}

/// What a server has given for a refresh token.
#[derive(Clone, Deserialize, Serialize)]
pub struct Renewed {
    /// The access token.
    pub access: Zeroizing<String>,
    /// The next refresh token.
    pub refresh: Zeroizing<String>,
    /// When the access token expires, in milliseconds since 1970.
    pub expires: u64,
}

/// What is in the lock's file while a session is renewed. Of the old token only a number that does not
/// lead back to it.
#[derive(Deserialize, Serialize)]
struct Note {
    since: u64,
    pid: u32,
    token: u64,
    renewed: Option<Renewed>,
}

fn fingerprint(token: &str) -> u64 {
    xxh3_64(token.as_bytes())
}

/// What a new file starts with.
fn start(kind: ConfigFileKind) -> Map<String, Value> {
    let start = match kind {
        ConfigFileKind::Shared => {
            json!({"apiVersion": "config.openeverest.io/v1alpha1", "kind": "ClientConfig"})
        }
        ConfigFileKind::Own => {
            json!({"apiVersion": "everestctl.openeverest.io/v1alpha1", "kind": "Preferences"})
        }
    };
    match start {
        Value::Object(start) => start,
        _ => Map::new(),
    }
}

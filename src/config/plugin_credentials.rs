//! `everestctl-credentials.json`, beside the config file: credentials of plugins' own that the user has stored, each bound to
//! a server, a cluster of it, a plugin and a scheme of the plugin's document.
//!
//! It is a file of its own, since the Go CLI drops what it does not know and `everestctl.yaml` is for people to edit. Like
//! the config file it is the user's alone (0600), changed under a lock, and whole or not at all. It must not know what a
//! plugin is, nor what is in a document.

use super::client_config::{ConfigError, LARGEST, text};
use super::locked_file;
use crate::sys::files::Replacement;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroizing;

/// What one credential is bound to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct CredentialKey {
    /// The address of the server.
    pub server: String,
    /// The cluster.
    pub cluster: String,
    /// The plugin.
    pub plugin: String,
    /// What its document calls it.
    pub scheme: String,
}

/// The file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialsFile {
    path: PathBuf,
    /// Whether its folder contains only files of this program.
    owns_folder: bool,
}

/// What is in it.
#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
pub struct StoredCredentials {
    credentials: Vec<StoredCredential>,
}

#[derive(Deserialize, Serialize)]
struct StoredCredential {
    #[serde(flatten)]
    key: CredentialKey,
    value: Zeroizing<String>,
}

impl std::fmt::Debug for StoredCredentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.keys()).finish()
    }
}

impl StoredCredentials {
    /// Everything that one is stored for.
    pub fn keys(&self) -> impl Iterator<Item = &CredentialKey> {
        self.credentials.iter().map(|stored| &stored.key)
    }

    /// What is stored for exactly this.
    pub fn value(&self, key: &CredentialKey) -> Option<&Zeroizing<String>> {
        self.credentials.iter().find(|stored| stored.key == *key).map(|stored| &stored.value)
    }

    /// Stores one, in place of another.
    pub fn set(&mut self, key: CredentialKey, value: Zeroizing<String>) {
        self.remove(|other| *other == key);
        self.credentials.push(StoredCredential { key, value });
    }

    /// Removes those that are `meant`, and gives what they were for.
    pub fn remove(&mut self, meant: impl Fn(&CredentialKey) -> bool) -> Vec<CredentialKey> {
        let (removed, kept) =
            std::mem::take(&mut self.credentials).into_iter().partition(|stored| meant(&stored.key));
        self.credentials = kept;
        let removed: Vec<StoredCredential> = removed;
        removed.into_iter().map(|stored| stored.key).collect()
    }
}

impl CredentialsFile {
    /// The one beside the config file.
    pub(super) fn beside(config: &Path, owns_folder: bool) -> Self {
        Self { path: config.with_file_name("everestctl-credentials.json"), owns_folder }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it, without waiting for the lock; a file that is not there is an empty one.
    pub fn read(&self) -> Result<StoredCredentials, ConfigError> {
        self.read_at(&self.path)
    }

    /// Changes it under its lock, waiting at most `patience` for another process. A change that changes nothing writes
    /// nothing.
    pub fn change<T>(
        &self,
        patience: Duration,
        change: impl FnOnce(&mut StoredCredentials) -> T,
    ) -> Result<T, ConfigError> {
        let unwritable = |error| ConfigError::Unwritable(self.path.clone(), error);
        let (target, _lock) = locked_file::lock(&self.path, self.owns_folder, patience)?;
        let mut stored = self.read_at(&target)?;
        let before = self.written(&stored)?;
        let changed = change(&mut stored);
        let after = self.written(&stored)?;
        if *before != *after {
            let replacement = Replacement::prepare(&target, after.len()).map_err(unwritable)?;
            replacement.finish(&after).map_err(unwritable)?;
        }
        Ok(changed)
    }

    fn read_at(&self, path: &Path) -> Result<StoredCredentials, ConfigError> {
        let content = text(path)?;
        if content.trim_ascii().is_empty() {
            return Ok(StoredCredentials::default());
        }
        // What the reader says may hold a value.
        serde_json::from_slice(&content).map_err(|error| ConfigError::DamagedCredentials {
            path: self.path.clone(),
            line: error.line(),
            column: error.column(),
        })
    }

    fn written(&self, stored: &StoredCredentials) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
        let unwritable = |error| ConfigError::Unwritable(self.path.clone(), io::Error::other(error));
        let mut content = Zeroizing::new(serde_json::to_vec_pretty(stored).map_err(unwritable)?);
        content.push(b'\n');
        // What is written must be readable again.
        if content.len() > LARGEST {
            Err(ConfigError::TooManyCredentials(self.path.clone()))
        } else {
            Ok(content)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::files;
    use crate::sys::lock::Lock;

    fn key(server: &str, plugin: &str) -> CredentialKey {
        CredentialKey {
            server: server.to_owned(),
            cluster: "main".to_owned(),
            plugin: plugin.to_owned(),
            scheme: "key".to_owned(),
        }
    }

    fn file() -> (tempfile::TempDir, CredentialsFile) {
        let folder = files::temporary_folder("credentials-").unwrap();
        let file = CredentialsFile::beside(&folder.path().join("config.yaml"), false);
        (folder, file)
    }

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[test]
    fn one_is_found_by_everything_that_it_is_bound_to_and_by_nothing_less() {
        let (_folder, file) = file();
        let own = key("https://one.example", "shop");
        file.change(Duration::ZERO, |stored| stored.set(own.clone(), secret("first"))).unwrap();
        file.change(Duration::ZERO, |stored| stored.set(own.clone(), secret("sesame"))).unwrap();
        let stored = file.read().unwrap();
        assert_eq!(stored.value(&own).map(|value| value.as_str()), Some("sesame"));
        assert_eq!(stored.keys().count(), 1);
        for other in [
            key("https://two.example", "shop"),
            key("https://one.example", "shop2"),
            CredentialKey { cluster: "other".to_owned(), ..own.clone() },
            CredentialKey { scheme: "key2".to_owned(), ..own.clone() },
        ] {
            assert!(stored.value(&other).is_none(), "{other:?}");
        }
        assert!(!format!("{stored:?}").contains("sesame"));
        let removed =
            file.change(Duration::ZERO, |stored| stored.remove(|key| key.plugin == "shop")).unwrap();
        assert_eq!(removed, [own]);
        assert_eq!(file.read().unwrap().keys().count(), 0);
    }

    #[test]
    fn it_is_the_users_alone_and_its_lock_too() {
        let (_folder, file) = file();
        file.change(Duration::ZERO, |stored| stored.set(key("a", "b"), secret("sesame"))).unwrap();
        let lock = file.path().with_file_name("everestctl-credentials.json.lock");
        for path in [file.path(), &lock] {
            assert_eq!(files::FileFacts::from_path(path).unwrap().mode & 0o777, 0o600, "{}", path.display());
        }
        let _held = Lock::try_take(&lock).unwrap().unwrap();
        let refused = file.change(Duration::ZERO, |stored| stored.set(key("a", "c"), secret("x")));
        assert!(matches!(refused, Err(ConfigError::Locked(_))));
        assert_eq!(file.read().unwrap().keys().count(), 1);
    }

    #[test]
    fn a_damaged_file_is_named_by_its_place_and_never_quoted_and_stays() {
        let (_folder, file) = file();
        for content in
            ["sesame", r#"{"credentials": "sesame"}"#, r#"{"credentials": [{"value": "sesame"}]}"#, "[sesame"]
        {
            files::replace(file.path(), content.as_bytes()).unwrap();
            let read = file.read().unwrap_err();
            let changed = file.change(Duration::ZERO, |stored| stored.remove(|_| true)).unwrap_err();
            for error in [read, changed] {
                assert!(
                    error.to_string().contains("line 1") && !format!("{error:?}{error}").contains("sesame"),
                    "{error}"
                );
            }
            assert_eq!(files::read(file.path(), 100).unwrap(), content.as_bytes());
        }
    }
}

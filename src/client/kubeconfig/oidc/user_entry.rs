//! The entry of a user in a kubeconfig file, which other processes change, too.
//!
//! * Where a token is renewed, everestctl holds a lock on the kubeconfig itself, which ends with the process and does not stop kubectl.
//! * kubectl's lock, `FILE.lock`, is taken for the write only. kubectl takes it after it has renewed a token and does not wait
//!   for it: if it were held for longer, kubectl could not store what it has.
//! * The file is replaced in one step; its mode, comments and order stay.
//!
//! It must not know how a token is renewed.

use super::OidcTokens;
use crate::client::kubeconfig::LARGEST_KUBECONFIG;
use crate::client::kubeconfig::entries::{Entries, KubeconfigUser, Named};
use crate::sys::files::{self, FileFacts, Replacement};
use crate::sys::lock::{Lock, LockFile};
use crate::sys::trust;
use crate::yaml::edit::{self, ConfigList, Edit};
use crate::yaml::{self, YamlError};
use serde_json::Map;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use zeroize::Zeroizing;

/// How long another program may be changing the file.
const BRIEFLY: Duration = Duration::from_secs(3);
/// How much larger new tokens can make the file, in bytes.
const ROOM: usize = 64 * 1024;
/// Where the tokens are in the entry.
const ID_TOKEN: &[&str] = &["auth-provider", "config", "id-token"];
const REFRESH_TOKEN: &[&str] = &["auth-provider", "config", "refresh-token"];

/// Why tokens are not stored.
#[derive(Debug, thiserror::Error)]
pub(super) enum EntryError {
    /// Another program changes the file, or did not come to its end.
    #[error("{} exists", .0.display())]
    Locked(PathBuf),
    /// The file cannot be written.
    #[error("{0}")]
    Unwritable(#[from] io::Error),
    /// The file cannot be changed. Nothing of it is quoted.
    #[error("{0}")]
    Damaged(#[from] YamlError),
}

/// Where the tokens of a user stand.
pub(super) struct UserEntry {
    file: PathBuf,
    user: String,
}

/// A place for new tokens that is sure to be there.
pub(super) struct PendingTokens<'a> {
    entry: &'a UserEntry,
    replacement: Replacement,
}

impl UserEntry {
    /// Where `user` is from.
    pub(super) fn of(user: &Named<KubeconfigUser>) -> Self {
        Self { file: user.file.clone(), user: user.name.clone() }
    }

    /// Makes this process the only one of everestctl that renews a token of this file, waiting at most `patience`.
    /// Without a lock where the file system has none.
    pub(super) fn claim(&self, patience: Duration) -> io::Result<Option<Lock>> {
        match Lock::of_file(&self.file, patience) {
            Ok(lock) => Ok(Some(lock)),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// The tokens as they stand in the file now; `None` where it cannot be read, or the user is gone.
    pub(super) fn tokens(&self) -> Option<OidcTokens> {
        let text = Zeroizing::new(files::read(&self.file, LARGEST_KUBECONFIG).ok()?);
        self.tokens_in(&text)
    }

    fn tokens_in(&self, text: &[u8]) -> Option<OidcTokens> {
        let entries: Entries = yaml::from_slice_as_go::<Option<Entries>>(text).ok()??;
        let user = entries.users.into_iter().find(|user| user.name == self.user)?;
        user.value.auth_provider.as_ref().map(OidcTokens::of)
    }

    /// Makes sure that new tokens can be stored.
    pub(super) fn prepare(&self) -> Result<PendingTokens<'_>, EntryError> {
        let target = trust::follow(&std::path::absolute(&self.file)?)?;
        trust::root_may_write(&target).map_err(io::Error::from)?;
        let size = usize::try_from(FileFacts::from_path(&target)?.identity.size).unwrap_or(usize::MAX);
        let replacement = Replacement::prepare(&target, size.saturating_add(ROOM))?.as_it_is()?;
        LockFile::wait(&self.lock(), BRIEFLY).map_err(|error| self.cannot_lock(error))?;
        Ok(PendingTokens { entry: self, replacement })
    }

    /// kubectl's lock, which is beside the name that the user has for the file.
    fn lock(&self) -> PathBuf {
        let mut name = self.file.file_name().unwrap_or_default().to_owned();
        name.push(".lock");
        self.file.with_file_name(name)
    }

    fn cannot_lock(&self, error: io::Error) -> EntryError {
        match error.kind() {
            io::ErrorKind::TimedOut => EntryError::Locked(self.lock()),
            _ => error.into(),
        }
    }
}

impl PendingTokens<'_> {
    /// Stores `tokens`, unless the file no longer has the refresh token `spent` that they were given for: then somebody
    /// has signed in meanwhile.
    pub(super) fn store(self, spent: &str, tokens: &OidcTokens) -> Result<(), EntryError> {
        let Self { entry, replacement } = self;
        let _kubectl = LockFile::create(entry.lock(), BRIEFLY).map_err(|error| entry.cannot_lock(error))?;
        let before = Zeroizing::new(files::read(&entry.file, LARGEST_KUBECONFIG)?);
        let is_ours = |found: OidcTokens| found.refresh.is_some_and(|refresh| refresh.as_str() == spent);
        if !entry.tokens_in(&before).is_some_and(is_ours) {
            return Ok(());
        }
        let after = Zeroizing::new(changed(&before, &entry.user, spent, tokens)?);
        // A file that others could not read any more would be worse than a token that is lost.
        if entry.tokens_in(after.as_bytes()).as_ref() != Some(tokens) {
            return Err(YamlError::Somewhere.into());
        }
        Ok(replacement.finish(after.as_bytes())?)
    }
}

/// The text of a kubeconfig with these tokens of `user`, whose refresh token is `old` there.
fn changed(text: &[u8], user: &str, old: &str, tokens: &OidcTokens) -> Result<String, YamlError> {
    let text = std::str::from_utf8(text).map_err(|_| YamlError::NotText)?;
    let set = |path, token: &str| Edit::SetInside {
        list: ConfigList::Users,
        name: user.to_owned(),
        path,
        value: token.to_owned(),
    };
    let id = tokens.id.as_ref().map(|id| set(ID_TOKEN, id));
    let refresh = tokens.refresh.as_ref().filter(|refresh| refresh.as_str() != old);
    let edits = [id, refresh.map(|refresh| set(REFRESH_TOKEN, refresh))];
    edit::apply(text, &edits.into_iter().flatten().collect::<Vec<_>>(), &Map::new())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at files")]
mod tests {
    use super::*;
    use crate::sys::files::temporary_folder;
    use std::path::Path;

    const FILE: &str = "apiVersion: v1\nkind: Config # as kubectl writes it\nusers:\n- name: u\n  user:\n    auth-provider:\n      \
        config:\n        client-id: c # mine\n        id-token: a.b.c\n        refresh-token: old\n      name: oidc\n\
        - name: v\n  user: {token: t}\nclusters: []\n";

    fn tokens(id: &str, refresh: &str) -> OidcTokens {
        OidcTokens { id: Some(id.to_owned().into()), refresh: Some(refresh.to_owned().into()) }
    }

    fn entry(path: &Path) -> UserEntry {
        UserEntry { file: path.to_owned(), user: "u".to_owned() }
    }

    #[test]
    fn tokens_change_and_nothing_else_does() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = temporary_folder("oidc-").unwrap();
        let (path, link) = (folder.path().join("config"), folder.path().join("link"));
        std::fs::write(&path, FILE).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink("config", &link).unwrap();
        let entry = entry(&link);
        assert!(entry.tokens() == Some(tokens("a.b.c", "old")));
        entry.prepare().unwrap().store("old", &tokens("d.e.f", "new")).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, FILE.replace("a.b.c", "d.e.f").replace("old", "new"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn who_signs_in_meanwhile_keeps_their_tokens() {
        let folder = temporary_folder("oidc-").unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, FILE).unwrap();
        let entry = entry(&path);
        let place = entry.prepare().unwrap();
        let theirs = FILE.replace("old", "theirs");
        std::fs::write(&path, &theirs).unwrap();
        place.store("old", &tokens("d.e.f", "new")).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), theirs);
    }

    #[test]
    fn the_lock_of_kubectl_is_waited_for_and_named() {
        let folder = temporary_folder("oidc-").unwrap();
        let (path, lock) = (folder.path().join("config"), folder.path().join("config.lock"));
        std::fs::write(&path, FILE).unwrap();
        std::fs::write(&lock, "").unwrap();
        let entry = entry(&path);
        assert!(matches!(entry.prepare(), Err(EntryError::Locked(found)) if found == lock));
        std::fs::remove_file(&lock).unwrap();
        // It is held while the file is written only: kubectl does not wait.
        let place = entry.prepare().unwrap();
        assert!(!lock.exists());
        place.store("old", &tokens("d.e.f", "new")).unwrap();
        assert!(!lock.exists() && entry.tokens() == Some(tokens("d.e.f", "new")));
    }
}

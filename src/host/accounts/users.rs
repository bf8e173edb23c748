//! Names and password hashes: `users.yaml` in the state folder, or one administrator in memory.
//!
//! ```yaml
//! users:
//!   admin: { passwordHash: "$argon2id$…" }
//!   dana: { passwordHash: "$argon2id$…" }
//! ```

use super::keys;
use crate::config::yaml;
use crate::sys::files;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Semaphore;

const FILE: &str = "users.yaml";
/// How many passwords are hashed side by side: each takes a core and 19 MiB for a while.
const SIDE_BY_SIDE: usize = 2;

/// The users.
#[derive(Debug)]
pub struct Users {
    hashes: BTreeMap<String, String>,
    /// The hash of no password: an unknown user takes as long as a wrong password.
    nobody: String,
    turns: Arc<Semaphore>,
}

#[derive(Default, Deserialize, Serialize)]
struct File {
    users: BTreeMap<String, User>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct User {
    password_hash: String,
}

impl Users {
    /// Reads the users of the state folder, or makes an administrator, whose password it gives.
    pub(super) async fn open(state: Option<&Path>) -> io::Result<(Self, Option<String>)> {
        let file = state.map(|folder| folder.join(FILE));
        let known = match file.as_deref().map(|path| files::read(path, 1024 * 1024)) {
            Some(Ok(content)) => {
                let damaged = |error| io::Error::other(format!("{FILE} is damaged: {error}"));
                Some(yaml::from_slice::<File>(&content).map_err(damaged)?)
            }
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => None,
        };
        let nobody = || keys::random_hex::<16>();
        let (known, password) = if let Some(known) = known {
            (known, None)
        } else {
            let password = keys::random_hex::<12>();
            let user = User { password_hash: hash(password.clone()).await? };
            let made = File { users: [("admin".to_owned(), user)].into() };
            if let Some(path) = &file {
                files::replace(path, serde_yaml::to_string(&made).map_err(io::Error::other)?.as_bytes())?;
            }
            (made, Some(password))
        };
        let hashes: BTreeMap<String, String> =
            known.users.into_iter().map(|(name, user)| (name, user.password_hash)).collect();
        // The costs of the first hash are those that an unknown user has to take too.
        let nobody = match hashes.values().next() {
            Some(hash) => hash.clone(),
            None => hash(nobody()).await?,
        };
        Ok((Self { hashes, nobody, turns: Arc::new(Semaphore::new(SIDE_BY_SIDE)) }, password))
    }

    /// Whether this is the user's password. Works off the asynchronous threads, two at a time.
    pub(super) async fn verify(&self, user: &str, password: &str) -> bool {
        let known = self.hashes.get(user);
        let hash = known.unwrap_or(&self.nobody).clone();
        let password = password.to_owned();
        let Ok(_turn) = Arc::clone(&self.turns).acquire_owned().await else { return false };
        let matches = tokio::task::spawn_blocking(move || {
            Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok()
        });
        matches.await.unwrap_or(false) && known.is_some()
    }
}

async fn hash(password: String) -> io::Result<String> {
    let hashed = tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
    });
    hashed.await.map_err(io::Error::other)?.map_err(|error| io::Error::other(error.to_string()))
}

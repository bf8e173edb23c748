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
use std::sync::{Arc, OnceLock};
use tokio::sync::Semaphore;

const FILE: &str = "users.yaml";
/// How many passwords are hashed side by side: each takes a core and 19 MiB for a while.
const SIDE_BY_SIDE: usize = 2;

/// The users. Whoever asks before the first password is hashed waits for that: it takes longer than all the
/// rest of starting.
#[derive(Debug)]
pub struct Users {
    known: Arc<OnceLock<Known>>,
    turns: Arc<Semaphore>,
}

/// Without anybody in it when even hashing fails: then nobody can sign in.
#[derive(Debug, Default)]
struct Known {
    hashes: BTreeMap<String, String>,
    /// The hash of no password: an unknown user takes as long as a wrong password.
    nobody: String,
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
    pub(super) fn open(state: Option<&Path>) -> io::Result<(Self, Option<String>)> {
        let users = Self { known: Arc::default(), turns: Arc::new(Semaphore::new(SIDE_BY_SIDE)) };
        let Some(path) = state.map(|folder| folder.join(FILE)) else {
            let password = keys::random_hex::<12>();
            let (known, hashed) = (Arc::clone(&users.known), password.clone());
            std::thread::spawn(move || {
                known.set(administrator(&hashed).and_then(Known::of).unwrap_or_default())
            });
            return Ok((users, Some(password)));
        };
        let (file, password) = match files::read(&path, 1024 * 1024) {
            Ok(content) => {
                let damaged = |error| io::Error::other(format!("{FILE} is damaged: {error}"));
                (yaml::from_slice::<File>(&content).map_err(damaged)?, None)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let password = keys::random_hex::<12>();
                let made = administrator(&password)?;
                let text = serde_yaml::to_string(&made).map_err(io::Error::other)?;
                // Before anybody is told the password.
                files::replace(&path, text.as_bytes())?;
                (made, Some(password))
            }
            Err(error) => return Err(error),
        };
        let _ = users.known.set(Known::of(file)?);
        Ok((users, password))
    }

    /// Whether this is the user's password. Works off the asynchronous threads, two at a time.
    pub(super) async fn verify(&self, user: &str, password: &str) -> bool {
        let (known, user, password) = (Arc::clone(&self.known), user.to_owned(), password.to_owned());
        let Ok(_turn) = Arc::clone(&self.turns).acquire_owned().await else { return false };
        let matches = tokio::task::spawn_blocking(move || {
            let known = known.wait();
            let hash = known.hashes.get(&user);
            let expected = hash.unwrap_or(&known.nobody).as_str();
            Argon2::default().verify_password(password.as_bytes(), expected).is_ok() && hash.is_some()
        });
        matches.await.unwrap_or(false)
    }
}

impl Known {
    fn of(file: File) -> io::Result<Self> {
        let hashes: BTreeMap<String, String> =
            file.users.into_iter().map(|(name, user)| (name, user.password_hash)).collect();
        // The costs of the first hash are those that an unknown user has to take too.
        let nobody = match hashes.values().next() {
            Some(hash) => hash.clone(),
            None => hash(&keys::random_hex::<16>())?,
        };
        Ok(Self { hashes, nobody })
    }
}

/// A file with one user, `admin`.
fn administrator(password: &str) -> io::Result<File> {
    let user = User { password_hash: hash(password)? };
    Ok(File { users: [("admin".to_owned(), user)].into() })
}

fn hash(password: &str) -> io::Result<String> {
    let hashed = Argon2::default().hash_password(password.as_bytes());
    hashed.map(|hash| hash.to_string()).map_err(|error| io::Error::other(error.to_string()))
}
